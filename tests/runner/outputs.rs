//! Large outputs: the runner spools them where the thing may not look, and they are brought over.

use crate::lab::{ANYTHING, GOVERNOR_COMMANDS, GOVERNOR_RESPONSES, Lab, files};
use crate::support::{Next, peak_kib, wait_for};
use serde_json::Value as Json;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Up to so much a stream is whole in a governor's answer.
const WHOLE: usize = 16 << 20;

/// The first bytes of what `seq 1 ..` writes.
fn numbers(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 16);
    for n in 1.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&format!("{n}\n"));
    }
    text.truncate(bytes);
    text
}

fn seq(bytes: usize) -> String {
    format!("seq 1 90000000 | head -c {bytes}")
}

/// The output in a governor's answer of any size.
fn output(lab: &Lab, command: &str) -> String {
    let next = Next::on(&lab.mosquitto, GOVERNOR_RESPONSES);
    let command = format!("c1|{command}");
    lab.mosquitto
        .publish(GOVERNOR_COMMANDS, command.as_bytes(), false);
    let answer = String::from_utf8(next.payload()).unwrap();
    let (_, rest) = answer.split_once("\nOutput: ").unwrap();
    let (output, _error) = rest.rsplit_once("\nError: ").unwrap();
    output.to_owned()
}

fn spool_of(thing: &crate::process::Process) -> PathBuf {
    let state = thing.folder.path().join("state");
    state.join("executors/pi/executor0/spool")
}

#[test]
fn a_governors_answer_is_whole_and_the_runners_spool_is_empty_afterwards() {
    let Some((lab, runner, thing)) = Lab::start(ANYTHING) else {
        return;
    };
    let before = (peak_kib(thing.child.id()), peak_kib(runner.0.child.id()));
    for bytes in [200_000, WHOLE] {
        let output = output(&lab, &seq(bytes));
        assert!(output == numbers(bytes), "{} of {bytes}", output.len());
    }
    wait_for("the runner's spool to be empty", || {
        runner.spooled().is_empty().then_some(())
    });
    // 20 MB: more than an answer has whole; the record names a file that has all of it
    let answer = lab.answer("a", &format!("{}; seq 1 100000 >&2", seq(20_000_000)));
    let spool = files(&spool_of(&thing));
    let whole = spool.iter().map(|file| std::fs::read(file).unwrap());
    let mut whole: Vec<Vec<u8>> = whole.collect();
    whole.sort_by_key(Vec::len);
    let (errors, outputs) = (&whole[1], whole.last().unwrap());
    assert!(
        *outputs == numbers(20_000_000).into_bytes(),
        "{}",
        outputs.len()
    );
    assert!(errors.ends_with(b"\n100000\n") && errors.starts_with(b"1\n2\n"));
    assert_eq!(answer["status"], "succeeded");
    for file in spool {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    wait_for("the runner's spool to be empty", || {
        runner.spooled().is_empty().then_some(())
    });
    let after = (peak_kib(thing.child.id()), peak_kib(runner.0.child.id()));
    println!("most memory in KiB, thing and runner: {before:?}, then {after:?}");
    assert!(after.1 < before.1 + 4_000, "{before:?} {after:?}");
}

#[test]
fn what_a_cap_cuts_is_cut_and_said_as_without_a_runner() {
    let keys = format!("{ANYTHING}, spool_mib = 1");
    let Some((lab, runner, thing)) = Lab::start(&keys) else {
        return;
    };
    let answer = lab.answer("a", &seq(3_000_000));
    let spooled: Json = answer["output_spooled"].clone();
    println!("{answer:#}");
    let files = files(&spool_of(&thing));
    assert_eq!(files.len(), 1, "{spooled}");
    assert_eq!(files[0].metadata().unwrap().len(), 1 << 20);
    wait_for("the runner's spool to be empty", || {
        runner.spooled().is_empty().then_some(())
    });
}

#[test]
fn what_the_thing_cannot_spool_is_noted_and_the_answer_comes() {
    let Some((lab, runner, thing)) = Lab::start(ANYTHING) else {
        return;
    };
    // a file in the place of its spool
    std::fs::create_dir_all(spool_of(&thing).parent().unwrap()).unwrap();
    std::fs::write(spool_of(&thing), "in the way").unwrap();
    let answer = lab.answer("a", &seq(300_000));
    assert_eq!(answer["status"], "succeeded");
    let reason = answer["reason"].as_str().unwrap();
    assert!(
        reason.contains("standard output was not spooled: "),
        "{reason}"
    );
    wait_for("the runner's spool to be empty", || {
        runner.spooled().is_empty().then_some(())
    });
}
