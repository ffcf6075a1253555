//! Output while the broker is away, output without end: spooled whole up to the cap, with memory flat (proof 4).

use crate::bench::{ANYTHING, Bench, WAIT, spooled};
use crate::support::peak_kib;
use std::io::Read;

#[test]
fn output_of_50_mb_while_the_broker_is_down_is_spooled_to_the_byte() {
    let Some(mut bench) = Bench::start() else {
        return;
    };
    bench.answer("warm", "true");
    let before = peak_kib(bench.sut.child.id());
    let job = "head -c 50000000 /dev/urandom | tee copy; : > ended";
    bench.command("a", &format!("{WAIT}; {job}"));
    bench.there("began");
    bench.mosquitto.kill();
    bench.touch("go");
    bench.there("ended");
    bench.mosquitto.restart();
    bench.observer.wait_subscribed(2);
    // whoever is in doubt asks again, under the same id: the answer may have been told before the witness was back
    bench.command("a", &format!("{WAIT}; {job}"));
    let answer = bench.answer_of("a");
    assert_eq!(answer["status"], "succeeded", "{}", answer["reason"]);
    assert_eq!(answer["output_bytes"], 50_000_000);
    assert_eq!(answer["truncated"], true);
    let files = spooled(&bench.sut.folder.path().join("state"));
    assert_eq!(files.len(), 1, "{files:?}");
    let spooled = std::fs::read(&files[0]).unwrap();
    let copy = std::fs::read(bench.sut.folder.path().join("copy")).unwrap();
    assert!(copy.len() == 50_000_000 && spooled == copy);
    let peak = peak_kib(bench.sut.child.id());
    println!("most memory: {before} KiB at first, {peak} KiB with 50 MB of output");
    assert!(peak < before + 4_000, "{before} KiB, {peak} KiB");
    // a build without optimisation is larger by itself
    assert!(cfg!(debug_assertions) || peak < 20_000, "{peak} KiB");
}

#[test]
fn a_gigabyte_neither_kills_the_job_nor_fills_the_disk_past_the_cap() {
    let Some(bench) = Bench::start() else { return };
    bench.answer("first", "true");
    let before = peak_kib(bench.sut.child.id());
    let answer = bench.answer("a", "yes | head -c 1G");
    assert_eq!(answer["status"], "succeeded", "{}", answer["reason"]);
    assert_eq!(answer["output_bytes"], 1_u64 << 30);
    let output = answer["output"].as_str().unwrap();
    assert!(output.starts_with("y\ny\n") && output.ends_with("y\ny\n"));
    assert!(output.contains(&format!(
        "[{} bytes are missing here]",
        (1 << 30) - (128 << 10)
    )));
    let files = spooled(&bench.sut.folder.path().join("state"));
    let bytes: u64 = files
        .iter()
        .map(|file| file.metadata().unwrap().len())
        .sum();
    assert_eq!(bytes, 64 << 20, "the cap of a stream");
    let peak = peak_kib(bench.sut.child.id());
    println!("most memory: {before} KiB at first, {peak} KiB with 1 GiB of output");
    assert!(peak < before + 4_000, "{before} KiB, {peak} KiB");
    // a build without optimisation is larger by itself
    assert!(cfg!(debug_assertions) || peak < 20_000, "{peak} KiB");
}

#[test]
fn the_spool_as_a_whole_is_capped_and_lets_go_of_the_oldest() {
    let config = "[sut]\nspool_mib = 1\nspool_total_mib = 3\n";
    let Some(bench) = Bench::with(ANYTHING, config) else {
        return;
    };
    for n in 0..6 {
        let answer = bench.answer(&n.to_string(), &format!("yes {n} | head -c 1200000"));
        assert_eq!(answer["status"], "succeeded");
    }
    let files = spooled(&bench.sut.folder.path().join("state"));
    let bytes: u64 = files
        .iter()
        .map(|file| file.metadata().unwrap().len())
        .sum();
    assert!((1 << 20..=3 << 20).contains(&bytes), "{bytes} in {files:?}");
    let mut last = Vec::new();
    let newest = files
        .iter()
        .max_by_key(|file| file.metadata().unwrap().modified().unwrap());
    std::fs::File::open(newest.unwrap())
        .unwrap()
        .read_to_end(&mut last)
        .unwrap();
    assert!(last.starts_with(b"5\n5\n"), "the newest is there");
}

#[test]
fn up_to_twice_64_kib_are_told_whole_and_never_spooled() {
    let Some(bench) = Bench::start() else { return };
    let answer = bench.answer("a", "yes | head -c 131072; printf '\\377' >&2");
    assert_eq!(
        (
            answer["truncated"].as_bool(),
            answer["output_bytes"].as_u64()
        ),
        (Some(false), Some(131_072))
    );
    assert_eq!(answer["output"].as_str().unwrap(), "y\n".repeat(65_536));
    assert!(
        answer["error"]
            .as_str()
            .unwrap()
            .starts_with("\u{fffd}\n[error: 1 bytes")
    );
    assert_eq!(spooled(&bench.sut.folder.path().join("state")).len(), 0);
}
