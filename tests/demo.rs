//! The demo as people run it: the real binary, its exit code, its lines, and what others saw meanwhile.

mod support;

use serde_json::Value as Json;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use support::{LIMIT, Mosquitto, Observer, free_port};

fn demo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command
        .arg("demo")
        .args(arguments)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    demo(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json_lines(output: &Output) -> Vec<Json> {
    text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn events<'a>(lines: &'a [Json], event: &str) -> Vec<&'a Json> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

/// What was said on a topic, without what was only said again.
fn changes(witness: &Observer, topic: &str) -> Vec<String> {
    let mut texts = witness.texts(topic);
    texts.dedup();
    texts
}

/// Waits until the witness has seen everything that was published before.
fn catch_up(mosquitto: &Mosquitto, witness: &Observer) {
    mosquitto.publish("marker", b"caught up", false);
    witness.wait_for("marker", "caught up");
}

/// Everything that the broker keeps. What is kept comes before what is published after subscribing.
fn kept(mosquitto: &Mosquitto) -> Vec<String> {
    let late = Observer::start(mosquitto, "#");
    mosquitto.publish("marker", b"here", false);
    late.wait_for("marker", "here");
    late.seen()
        .into_iter()
        .filter(|seen| seen.retained)
        .map(|seen| seen.topic)
        .collect()
}

const SLOW: &str = r#"
[broker]
url = "mqtt://localhost"
[things.one]
address = "10.0.0.1"
[things.one.resources]
light0 = { kind = "light", port = "A0", at_most_every_ms = 60000 }
led0 = { kind = "led", port = "D4", follows = "old/sensors/button0" }
"#;

fn file(folder: &Path, text: &str) -> String {
    let path = folder.join("lab.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn the_script_passes_through_mosquitto_and_a_witness_saw_the_same() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let witness = Observer::start(&mosquitto, "#");
    let output = run(&["--script", "--json", "--broker", &mosquitto.url()]);
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    catch_up(&mosquitto, &witness);

    // by hand, from the file and the wire contract: started, pressed, released, turned, pressed again, stopped, cleared
    let pressed = ["False", "True", "False", "True", "False", ""];
    let turned = ["0", "256", "512", "768", "1023", "0", "1023", "0", ""];
    assert_eq!(
        changes(&witness, "172.16.32.157/sensors/button0"),
        ["False", "True", "False", "True", ""]
    );
    assert_eq!(
        changes(&witness, "172.16.32.157/sensors/rotary0"),
        [&turned[..7], &[""]].concat()
    );
    assert_eq!(changes(&witness, "172.16.32.157/actuators/led0"), pressed);
    assert_eq!(changes(&witness, "172.16.32.117/actuators/led0"), pressed);
    assert_eq!(changes(&witness, "172.16.32.117/actuators/led1"), turned);
    assert_eq!(
        changes(&witness, "172.16.32.117/status"),
        ["online", "offline", ""]
    );

    // and whatever the script says that it saw, the witness saw, in that order
    let lines = json_lines(&output);
    let mut witnessed = witness.seen().into_iter();
    let mut on_topic = std::collections::BTreeMap::new();
    for seen in witnessed.by_ref() {
        on_topic
            .entry(seen.topic.clone())
            .or_insert_with(Vec::new)
            .push(seen.text());
    }
    for message in events(&lines, "message") {
        let (topic, payload) = (
            message["topic"].as_str().unwrap(),
            message["seen"].as_str().unwrap(),
        );
        let left = on_topic.get_mut(topic).unwrap();
        let at = left.iter().position(|text| text == payload);
        left.drain(
            ..at.unwrap_or_else(|| panic!("the witness did not see {payload} on {topic} then")),
        );
    }
    assert_eq!(kept(&mosquitto), Vec::<String>::new());
}

#[test]
fn without_a_broker_it_brings_one_along_and_every_line_is_json() {
    let output = run(&["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    let lines = json_lines(&output);
    let broker = &lines[0];
    assert_eq!(
        (&broker["event"], &broker["embedded"]),
        (&Json::from("broker"), &Json::from(true))
    );
    assert!(
        broker["join"]
            .as_str()
            .unwrap()
            .starts_with("mosquitto_sub -h 127.0.0.1 -p "),
        "{broker}"
    );
    for check in lines.iter().filter(|line| !line["ok"].is_null()) {
        assert_eq!(check["ok"], true, "{check}");
    }
    // three LEDs, two of which follow the button: 3 presses and releases, and 6 positions of the knob
    let outputs = events(&lines, "output");
    let measured: Vec<f64> = outputs
        .iter()
        .filter_map(|line| line["latency_ms"].as_f64())
        .collect();
    assert_eq!(measured.len(), 3 * 2 + 6);
    assert!(
        measured.iter().all(|ms| (0.3..10_000.0).contains(ms)),
        "{measured:?}"
    );
    let dimmed: Vec<u64> = outputs
        .iter()
        .filter(|line| line["resource"] == "led1")
        .map(|line| line["seen"].as_u64().unwrap())
        .collect();
    assert_eq!(dimmed, [0, 64, 128, 191, 255, 0, 255, 0]);
    let end = lines.last().unwrap();
    assert_eq!(
        (&end["event"], &end["failed"]),
        (&Json::from("end"), &Json::from(0))
    );
}

#[test]
fn into_a_pipe_it_is_a_script_for_people() {
    let output = run(&[]);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}");
    for line in [
        "  2  inner/button0 (D3) pressed",
        "  9  inner/button0 (D3) pressed",
        " 11  lab told to stop",
    ] {
        assert!(
            shown.lines().any(|shown| shown == line),
            "no `{line}` in\n{shown}"
        );
    }
    assert!(
        shown
            .lines()
            .last()
            .unwrap()
            .starts_with("every output did what it should: 11 steps, 48 checks, 0 failed; ")
    );
    assert!(!shown.contains('\x1b'), "{shown}");
}

#[test]
fn lines_that_could_not_be_written_are_a_failure() {
    let full = || {
        Stdio::from(
            std::fs::File::options()
                .write(true)
                .open("/dev/full")
                .unwrap(),
        )
    };
    let output = demo(&["--script"]).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("cannot write to standard output"), "{said}");
}

#[test]
fn anybodys_file_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let lab = r#"
        [broker]
        url = "mqtt://127.0.0.1:1"
        [things.one]
        interface = "eth0"
        [things.one.resources]
        clock0 = { kind = "clock", every_ms = 100 }
        clock1 = { kind = "clock", every_ms = 60000 }
        button0 = { kind = "button", port = "D2" }
        button1 = { kind = "button", port = "A2" }
        knob = { kind = "rotary", port = "A0" }
        relay0 = { kind = "relay", port = "D7" }
        led0 = { kind = "led", port = "D3", follows = ["one/button0", "one/button1"], combine = "all" }
        led1 = { kind = "led", port = "D5", follows = ["one/button0", "one/knob"], combine = "last" }
        led2 = { kind = "led", port = "D4", follows = { topic = "172.16.32.99/sensors/button0", stale_after_s = 60 } }
    "#;
    let output = run(&["--script", "--topology", &file(folder.path(), lab)]);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(
        shown.contains("thing one: simulated Pi 192.0.2.1, made up"),
        "{shown}"
    );
    assert!(
        shown.contains("note: one/clock1 is not waited for: it speaks too seldom"),
        "{shown}"
    );
    assert!(
        shown.contains("172.16.32.99/sensors/button0 says True"),
        "{shown}"
    );
}

#[test]
fn every_example_file_passes() {
    for entry in std::fs::read_dir("resources").unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let output = run(&["--script", "--topology", &path.display().to_string()]);
            assert!(
                output.status.success(),
                "{}: {}",
                path.display(),
                text(&output.stdout)
            );
        }
    }
}

#[test]
fn a_file_that_cannot_be_used_is_told_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let missing = run(&["--topology", "/nowhere/lab.toml"]);
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(
        text(&missing.stderr),
        "mqtt-thing: there is no file /nowhere/lab.toml\n"
    );
    let wrong = file(folder.path(), &SLOW.replace("D4", "D9"));
    let mistaken = run(&["--script", "--topology", &wrong]);
    assert_eq!(
        (mistaken.status.code(), text(&mistaken.stdout)),
        (Some(2), String::new())
    );
    assert!(
        text(&mistaken.stderr).starts_with(&format!("{wrong}:8:")),
        "{}",
        text(&mistaken.stderr)
    );
    let prefix = run(&["--prefix", "a/b"]);
    assert_eq!(prefix.status.code(), Some(2));
    // the broker that is brought along would panic
    let dollar = run(&["--script", "--prefix", "$"]);
    assert_eq!(dollar.status.code(), Some(1));
    assert!(text(&dollar.stderr).contains("takes no id with `$`, as in `$172.16.32.157`"));
}

#[test]
fn a_broker_that_is_not_there_is_given_up() {
    let began = Instant::now();
    let url = format!("mqtt://127.0.0.1:{}", free_port());
    let output = run(&["--script", "--broker", &url]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(
        told.contains(&format!(
            "mqtt-thing: no broker answers at {url} within 5 s"
        )),
        "{told}"
    );
    assert!(began.elapsed() < LIMIT);
}

#[test]
fn a_real_thing_of_the_same_name_is_left_in_peace() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish("172.16.32.157/status", b"online", true);
    let output = run(&["--script", "--broker", &mosquitto.url()]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(
        told.contains("172.16.32.157 is online on mqtt://127.0.0.1"),
        "{told}"
    );
    assert_eq!(kept(&mosquitto), ["172.16.32.157/status"]);

    let output = run(&[
        "--script",
        "--broker",
        &mosquitto.url(),
        "--prefix",
        "demo-",
    ]);
    assert!(output.status.success(), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("thing inner: simulated Pi demo-172.16.32.157"));
    assert_eq!(kept(&mosquitto), ["172.16.32.157/status"]);
}

/// A child that dies with its test.
struct Playing(Child);

impl Drop for Playing {
    fn drop(&mut self) {
        let _already_dead = self.0.kill();
        let _status = self.0.wait();
    }
}

#[test]
fn told_to_stop_it_puts_outputs_to_rest_and_leaves_nothing_behind() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let witness = Observer::start(&mosquitto, "#");
    let folder = tempfile::tempdir().unwrap();
    let lab = file(folder.path(), SLOW);
    let mut command = demo(&["--script", "--broker", &mosquitto.url(), "--topology", &lab]);
    let mut playing = Playing(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(playing.0.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("light0 (A0) turned to 256")));
    mosquitto.publish("old/sensors/button0", b"True", false);
    witness.wait_for("10.0.0.1/actuators/led0", "True");

    let began = Instant::now();
    let pid = rustix::process::Pid::from_child(&playing.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = playing.0.wait().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    catch_up(&mosquitto, &witness);
    assert_eq!(
        changes(&witness, "10.0.0.1/actuators/led0"),
        ["False", "True", "False", ""]
    );
    assert_eq!(
        changes(&witness, "10.0.0.1/status"),
        ["online", "offline", ""]
    );
    assert_eq!(kept(&mosquitto), Vec::<String>::new());
}
