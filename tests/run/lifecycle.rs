//! From start to end: what is not there yet, what is wrong for good, and what the log looks like.

use crate::pi::{File, INNER, LAB, Pi, can_run, prepare};
use crate::support::{Mosquitto, Observer, free_port};
use mqtt_thing::board::Port;
use rustix::process::Signal;
use std::process::Command;

const RUNNABLE: &str = env!("CARGO_BIN_EXE_mqtt-thing");

fn ends_with_0(pi: &mut Pi) {
    pi.signal(Signal::TERM);
    let (status, _) = pi.wait_end();
    assert_eq!(status.code(), Some(0), "{}", pi.said());
}

#[test]
fn a_broker_that_is_absent_at_start_is_waited_for_and_found() {
    let Some(mut mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    mosquitto.kill();
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let pi = Pi::start(&file, "inner");
    pi.wait_log("cannot connect");
    pi.press(true);
    mosquitto.restart();
    let observer = Observer::start(&mosquitto, "#");
    observer.wait_for(&format!("{INNER}/status"), "online");
    pi.wait_duty(Port::D4, 255);
    observer.wait_for(&format!("{INNER}/actuators/led9"), "True");
}

#[test]
fn an_address_that_is_not_there_is_said_and_waited_for_with_outputs_at_rest() {
    if !can_run() {
        return;
    }
    // of a network that is reserved for documentation (RFC 5737)
    let things = r#"
[things.far]
address = "203.0.113.254"
[things.far.resources]
button0 = { kind = "button", port = "D3" }
led0 = { kind = "led", port = "D4", follows = "far/button0" }
"#;
    let file = File::lab("mqtt://127.0.0.1:1", 10, things);
    let mut pi = Pi::start(&file, "");
    let line = pi.wait_log("no address of the file (203.0.113.254) is one of this machine's (");
    assert!(line.contains("--thing NAME"), "{line}");
    let told = pi.wait_told("STATUS=").1;
    assert!(told.contains("waiting for an address"), "{told}");
    let rests = |output: mqtt_thing::board::sim::Output| {
        output.mode == mqtt_thing::board::PinMode::Output && !output.is_on()
    };
    let output = pi.pins.wait_output(Port::D4, crate::support::LIMIT, rests);
    assert!(output.is_ok(), "{output:?}; {}", pi.said());
    ends_with_0(&mut pi);
    assert!(!pi.said().contains("starting"), "{}", pi.said());
}

#[test]
fn which_of_two_things_it_is_is_waited_for_with_the_outputs_of_both_at_rest() {
    if !can_run() {
        return;
    }
    let things = r#"
[things.far]
address = "203.0.113.254"
[things.far.resources]
led0 = { kind = "led", port = "D4" }
led1 = { kind = "led", port = "D2" }
[things.late]
interface = "not0"
[things.late.resources]
button0 = { kind = "button", port = "D2" }
led0 = { kind = "led", port = "D4", follows = "late/button0" }
"#;
    let file = File::lab("mqtt://127.0.0.1:1", 10, things);
    let mut pi = Pi::start(&file, "");
    pi.wait_log("no address of the file (203.0.113.254, address of not0) is one of this");
    pi.wait_log("not put to rest before it is known which thing this is: far/led1 on D2");
    let rests = |output: mqtt_thing::board::sim::Output| {
        output.mode == mqtt_thing::board::PinMode::Output && !output.is_on()
    };
    let output = pi.pins.wait_output(Port::D4, crate::support::LIMIT, rests);
    assert!(output.is_ok(), "{output:?}; {}", pi.said());
    ends_with_0(&mut pi);
    let other = pi.pins.output(Port::D2);
    assert_ne!(other.mode, mqtt_thing::board::PinMode::Output, "{other:?}");
    assert!(!pi.said().contains("starting"), "{}", pi.said());
}

#[test]
fn it_can_be_stopped_while_it_waits_for_an_address_and_the_bus_is_stuck() {
    if !can_run() {
        return;
    }
    let things = "[things.far]\naddress = \"203.0.113.254\"\n[things.far.resources]\nbutton0 = { kind = \"button\", port = \"D3\" }\n";
    let file = File::lab("mqtt://127.0.0.1:1", 10, things);
    let ready = prepare(&file, "");
    let pins = ready.bus.pins();
    pins.set_bus_timeout(std::time::Duration::from_secs(3600));
    pins.plan_faults(mqtt_thing::board::sim::Fault::TimedOut, 1);
    let mut pi = ready.start();
    pi.wait_log("no address of the file");
    crate::support::wait_for("the transfer that sticks", || {
        (pins.counts().writes > 0).then_some(())
    });
    ends_with_0(&mut pi);
}

#[test]
fn a_bus_that_is_not_there_yet_is_no_reason_to_stop_waiting_for_an_address() {
    if !can_run() {
        return;
    }
    let things = "[things.far]\naddress = \"203.0.113.254\"\n[things.far.resources]\nbutton0 = { kind = \"button\", port = \"D3\" }\n";
    let file = File::lab("mqtt://127.0.0.1:1", 10, things);
    let ready = prepare(&file, "");
    ready.bus.refuse_to_open(2);
    let mut pi = ready.start();
    pi.wait_log("outputs are not at rest while it waits: /dev/i2c-1 does not exist");
    ends_with_0(&mut pi);
}

/// Runs to its end, which comes by itself: the exit code and standard error.
fn outcome(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(RUNNABLE)
        .env_remove("RUST_LOG")
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

#[test]
fn a_thing_that_the_file_does_not_have_is_refused_with_the_names_that_it_has() {
    let file = File::lab("mqtt://127.0.0.1:1", 10, LAB);
    let path = file.path().display().to_string();
    let (code, said) = outcome(&["run", &path, "--thing", "iner"]);
    assert_eq!(code, Some(2));
    assert_eq!(
        said,
        format!("mqtt-thing: {path}: there is no thing `iner` in the file; it has inner, outer\n")
    );
}

#[test]
fn a_file_with_mistakes_is_refused_with_all_of_them_at_once() {
    let text = "[broker]\nurl = \"http://x\"\n[things.a]\naddress = \"10.0.0.1\"\n[things.a.resources]\n\
                b = { kind = \"buton\", port = \"D3\" }\nc = { kind = \"button\", port = \"D9\" }\n";
    let file = File::of(text);
    let path = file.path().display().to_string();
    let (code, said) = outcome(&["run", &path]);
    assert_eq!(code, Some(2), "{said}");
    for place in ["lab.toml:2:", "lab.toml:6:", "lab.toml:7:"] {
        assert!(said.contains(place), "{place} is not in\n{said}");
    }
    assert!(!said.contains('\u{1b}'), "colour in a pipe:\n{said}");
    let (code, said) = outcome(&["run", "/nowhere/lab.toml"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("/nowhere/lab.toml"), "{said}");
}

#[test]
fn a_bus_that_cannot_be_opened_ends_it_with_advice() {
    if !can_run() {
        return;
    }
    let file = File::lab("mqtt://127.0.0.1:1", 10, LAB);
    for (errno, advice) in [
        (2, "mqtt-thing: /dev/i2c-1 does not exist: enable I2C with"),
        (
            13,
            "mqtt-thing: no permission for /dev/i2c-1: add the user to the group i2c",
        ),
    ] {
        let ready = prepare(&file, "inner");
        ready.bus.refuse_to_open(errno);
        let mut pi = ready.start();
        let (status, _) = pi.wait_end();
        assert_eq!(status.code(), Some(1), "{}", pi.said());
        pi.wait_log(advice);
    }
    let ready = prepare(&file, "inner");
    ready.bus.refuse_to_open(95);
    let mut pi = ready.start();
    pi.wait_end();
    let line = pi.wait_log("cannot be used as an I2C bus");
    assert_eq!(line.matches("os error 95").count(), 1, "{line}");
}

#[test]
fn the_broker_of_the_command_line_goes_before_the_environments_and_that_before_the_files() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let nobody = format!("mqtt://127.0.0.1:{}", free_port());
    let file = File::lab(&nobody, 10, LAB);
    let observer = Observer::start(&mosquitto, "#");
    let mut ready = prepare(&file, "");
    ready.command.env("MQTT_THING_BROKER", mosquitto.url());
    ready.command.env("MQTT_THING_THING", "outer");
    let pi = ready.start();
    observer.wait_for("10.77.0.2/status", "online");
    drop(pi);
    let mut ready = prepare(&file, "inner");
    ready.command.env("MQTT_THING_BROKER", &nobody);
    ready.command.args(["--broker", &mosquitto.url()]);
    let _pi = ready.start();
    observer.wait_for("10.77.0.1/status", "online");
}

#[test]
fn the_log_in_a_pipe_has_no_colours_and_as_much_as_was_asked_for() {
    if !can_run() {
        return;
    }
    let file = File::lab(&format!("mqtt://127.0.0.1:{}", free_port()), 10, LAB);
    let run = |level: &str, filter: Option<&str>, until: &str| {
        let mut ready = prepare(&file, "inner");
        if !level.is_empty() {
            ready.command.arg(level);
        }
        if let Some(filter) = filter {
            ready.command.env("RUST_LOG", filter);
        }
        let mut pi = ready.start();
        pi.wait_told("READY=1");
        if !until.is_empty() {
            pi.wait_log(until);
        }
        ends_with_0(&mut pi);
        assert!(!pi.said().contains('\u{1b}'), "{}", pi.said());
        pi.said()
    };
    let usual = run("", None, "the board answers");
    assert!(
        usual.contains(" INFO ") && usual.contains("stopping"),
        "{usual}"
    );
    assert!(
        !usual.contains("DEBUG") && !usual.contains("TRACE"),
        "{usual}"
    );
    let quiet = run("-q", None, "WARN cannot connect");
    assert!(!quiet.contains(" INFO "), "{quiet}");
    let more = run("-vvv", None, "cannot connect");
    assert!(
        more.contains(
            "TRACE mqtt_thing::board::grovepi: transfer request=01 03 00 00 reply=[1, 0]"
        ),
        "{more}"
    );
    let less = run("-vv", None, "cannot connect");
    assert!(!less.contains("TRACE mqtt_thing::board"), "{less}");
    let chosen = run("", Some("mqtt_thing::mqtt=warn"), "cannot connect");
    assert!(!chosen.contains("the board answers"), "{chosen}");
    let wrong = run("", Some("=,=nonsense"), "");
    assert!(wrong.contains("RUST_LOG is not understood"), "{wrong}");
}

#[test]
fn an_environment_variable_that_is_set_to_nothing_counts_as_not_set() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let observer = Observer::start(&mosquitto, "#");
    let mut ready = prepare(&file, "inner");
    for name in ["BROKER", "THING", "TOPOLOGY", "BUS"] {
        ready.command.env(format!("MQTT_THING_{name}"), "");
    }
    let _pi = ready.start();
    observer.wait_for(&format!("{INNER}/status"), "online");
}

#[test]
fn the_first_health_is_said_soon_after_connecting_and_nothing_is_dropped_for_it() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let led = "[things.a]\naddress = \"10.77.0.1\"\n[things.a.resources]\nled0 = { kind = \"led\", port = \"D4\" }\n";
    let file = File::lab(&mosquitto.url(), 10, led);
    let observer = Observer::start(&mosquitto, "+/health");
    let _pi = Pi::start(&file, "a");
    let health = observer.wait_where("health", |_| true).text();
    assert!(health.contains("\"dropped_messages\":0,"), "{health}");
    assert!(health.contains("\"connects\":1,"), "{health}");
}

#[test]
fn twice_verbose_it_logs_every_message_with_what_an_outsider_wrote_escaped() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let mut ready = prepare(&file, "inner");
    ready.command.arg("-vv");
    let pi = ready.start();
    pi.wait_log(&format!(
        "published {INNER}/status \"online\" AtLeastOnce retained"
    ));
    let set = format!("{INNER}/actuators/led9/set");
    let observer = Observer::start(&mosquitto, "#");
    observer.wait_for(&format!("{INNER}/status"), "online");
    mosquitto.publish(&set, b"\x1b[2Jx", false);
    pi.wait_log(&format!("received {set} \"\\u{{1b}}[2Jx\" AtLeastOnce"));
    assert!(!pi.said().contains('\u{1b}'), "{}", pi.said());
}
