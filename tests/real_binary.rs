//! The real binary on the real bus of rppal: two processes, each with a simulated board behind its `/dev/i2c-1`, and a
//! real Mosquitto between them. A press there lights a LED there.
//!
//! For this machine always; for a Pi, under emulation, when `MQTT_THING_ARMV7_BIN` or `MQTT_THING_AARCH64_BIN` names a
//! binary that was built for it (`deploy/build.sh`).
#![allow(clippy::unwrap_used)]

mod support;

use mqtt_thing::board::sim::{Fault, Output, Pins, Timing};
use mqtt_thing::board::{PinMode, Port};
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use support::{LIMIT, Mosquitto, Observer, SimBus, Target, wait_for};

const TOPOLOGY: &str = r#"
[things.inner]
address = "172.16.32.157"

[things.inner.resources]
button0 = { kind = "button", port = "D3" }
rotary0 = { kind = "rotary", port = "A0" }

[things.outer]
address = "172.16.32.117"

[things.outer.resources]
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
led1 = { kind = "led", port = "D5", follows = "inner/rotary0" }
relay0 = { kind = "relay", port = "D8", follows = "inner/button0" }
"#;

/// A Pi: a process of the real binary with a board of its own. Killed when dropped.
struct Pi {
    process: Child,
    bus: SimBus,
}

impl Pi {
    fn start(target: Target, binary: &Path, arguments: &[&str]) -> Self {
        let bus = SimBus::start(Timing::Bus);
        let process = command(&bus, target, binary)
            .args(arguments)
            .spawn()
            .unwrap();
        Self { process, bus }
    }

    fn pins(&self) -> Pins {
        self.bus.pins()
    }

    /// Tells it to stop, and waits until it has.
    fn terminate(&mut self) -> ExitStatus {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        wait_for("the process to end", || self.process.try_wait().unwrap())
    }
}

impl Drop for Pi {
    fn drop(&mut self) {
        let _already_dead = self.process.kill();
        let _status = self.process.wait();
    }
}

/// The binary on a bus, with nothing of this process's environment that could change what it does.
fn command(bus: &SimBus, target: Target, binary: &Path) -> Command {
    let mut command = bus.command(target, binary);
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| {
            name.starts_with("MQTT_THING_") && name != "MQTT_THING_TEST_I2C" || name == "RUST_LOG"
        });
        if ours {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Waits until a port does what is wanted, and returns when it began to.
fn wait_output(pins: &Pins, port: Port, what: &str, wanted: impl Fn(Output) -> bool) -> Instant {
    match pins.wait_output(port, LIMIT, wanted) {
        Ok(_) => pins.changed_at(port).unwrap(),
        Err(last) => panic!("{port} was never {what}; it is {last:?}"),
    }
}

fn a_press_there_lights_a_led_here(target: Target) {
    let binary = match target.binary() {
        Ok(binary) => binary,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lab.toml");
    std::fs::write(
        &file,
        format!("[broker]\nurl = \"{}\"\n{TOPOLOGY}", mosquitto.url()),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let witness = Observer::start(&mosquitto, "#");

    let mut outer = Pi::start(target, &binary, &["run", file, "--thing", "outer"]);
    let inner = Pi::start(target, &binary, &["run", file, "--thing", "inner"]);
    let (here, there) = (outer.pins(), inner.pins());
    witness.wait_for("172.16.32.117/status", "online");
    witness.wait_for("172.16.32.157/sensors/button0", "False");

    // A press, and back.
    there.set_digital(Port::D3, true);
    wait_output(&here, Port::D4, "on", Output::is_on);
    wait_output(&here, Port::D8, "on", Output::is_on);
    witness.wait_for("172.16.32.157/sensors/button0", "True");
    there.set_digital(Port::D3, false);
    wait_output(&here, Port::D4, "off", |output| !output.is_on());

    // The knob dims.
    there.set_analog(Port::A0.analog().unwrap(), 512);
    wait_output(&here, Port::D5, "half on", |output| {
        (120..=135).contains(&output.duty)
    });

    // How long it takes.
    let mut delays: Vec<Duration> = (0..20)
        .map(|turn| {
            let press = turn % 2 == 0;
            let pressed = Instant::now();
            there.set_digital(Port::D3, press);
            let lit = wait_output(&here, Port::D4, "switched", |output| {
                output.is_on() == press
            });
            // Longer than a contact bounces, so that the next edge is one.
            std::thread::sleep(Duration::from_millis(30));
            lit - pressed
        })
        .collect();
    delays.sort_unstable();
    println!(
        "{target:?}: edge to LED {:?} to {:?}",
        delays[0], delays[19]
    );

    // A bad bus on both sides.
    let bad =
        [Fault::Nak, Fault::Eio, Fault::Ones, Fault::LostWithError].map(|fault| (fault, 0.03));
    here.random_faults(1, &bad);
    there.random_faults(2, &bad);
    for press in [true, false].repeat(10) {
        there.set_digital(Port::D3, press);
        wait_output(&here, Port::D4, "switched", |output| {
            output.is_on() == press
        });
        wait_output(&here, Port::D8, "switched", |output| {
            output.is_on() == press
        });
    }
    here.clear_faults();
    there.clear_faults();

    // A reset that nobody saw.
    there.set_digital(Port::D3, true);
    wait_output(&here, Port::D8, "on", Output::is_on);
    here.reset_board();
    assert_eq!(here.output(Port::D8).mode, PinMode::Input);
    wait_output(&here, Port::D8, "on again", Output::is_on);

    // The board goes away with its modes and outputs, and comes back.
    here.unplug();
    witness.wait_for("172.16.32.117/actuators/relay0/availability", "offline");
    here.plug_in();
    wait_output(&here, Port::D4, "on again", Output::is_on);
    wait_output(&here, Port::D8, "on again", Output::is_on);

    // Told to stop, it leaves its outputs at rest and says so.
    let status = outer.terminate();
    assert!(status.success(), "{status}");
    assert!(!here.output(Port::D4).is_on() && !here.output(Port::D8).is_on());
    witness.wait_for("172.16.32.117/status", "offline");
    here.assert_no_violations();
    there.assert_no_violations();
}

#[test]
fn a_press_there_lights_a_led_here_on_this_machine() {
    a_press_there_lights_a_led_here(Target::Host);
}

#[test]
fn a_press_there_lights_a_led_here_on_armv7() {
    a_press_there_lights_a_led_here(Target::Armv7);
}

#[test]
fn a_press_there_lights_a_led_here_on_aarch64() {
    a_press_there_lights_a_led_here(Target::Aarch64);
}

fn probe_finds_the_board(target: Target) {
    let binary = match target.binary() {
        Ok(binary) => binary,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let bus = SimBus::start(Timing::None);
    bus.pins().set_digital(Port::D3, true);
    let probe = |arguments: &[&str]| {
        let output = command(&bus, target, &binary)
            .arg("probe")
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, said, _) = probe(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.starts_with("a GrovePi answers on I2C bus 1, firmware 1.4.0\n"),
        "{said}"
    );
    assert!(said.contains("\nD3    high "), "{said}");
    bus.pins().unplug();
    let (code, said, _) = probe(&[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("Remote I/O error (os error 121)"), "{said}");
    let (code, said, _) = probe(&["--json"]);
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(found["errors_percent"], 100.0, "{said}");
    bus.refuse_to_open(2);
    let (code, said, complaint) = probe(&["--json"]);
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, complaint.as_str()), (Some(1), ""));
    let error = found["error"].as_str().unwrap();
    assert!(error.starts_with("/dev/i2c-1 does not exist"), "{error}");
    let (code, _, complaint) = probe(&[]);
    assert_eq!(code, Some(1));
    assert!(
        complaint.contains("/dev/i2c-1 does not exist: enable I2C"),
        "{complaint}"
    );
    bus.pins().assert_no_violations();
}

#[test]
fn probe_finds_the_board_on_this_machine() {
    probe_finds_the_board(Target::Host);
}

#[test]
fn probe_finds_the_board_on_armv7() {
    probe_finds_the_board(Target::Armv7);
}

#[test]
fn probe_finds_the_board_on_aarch64() {
    probe_finds_the_board(Target::Aarch64);
}
