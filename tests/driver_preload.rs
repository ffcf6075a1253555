//! The preload library, and the real bus of rppal on it: a child of this test process, or a small C program of each
//! architecture, opens `/dev/i2c-1` and finds the simulated board.
#![allow(clippy::unwrap_used)]

mod support;

use mqtt_thing::board::sim::{Fault, Output, Timing};
use mqtt_thing::board::{Board, PinMode, Port, rpi};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use support::preload::{SimBus, Target, compile};

fn a_c_program_finds_the_board(target: Target) {
    if let Some(package) = target.missing_package() {
        return support::skipped(package);
    }
    let bus = SimBus::start(Timing::None);
    let pins = bus.pins();
    pins.set_digital(Port::D3, true);
    let probe = compile(target, "probe.c", "probe", &[]);
    let output = bus.command(target, &probe).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "eff0009 01 01\n");
    assert!(pins.output(Port::D4).is_on());
    assert_eq!((pins.counts().writes, pins.counts().reads), (2, 1));
    pins.assert_no_violations();

    bus.refuse_to_open(13);
    let output = bus.command(target, &probe).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "open: Permission denied\n"
    );
}

#[test]
fn a_c_program_of_this_machine_finds_the_board() {
    a_c_program_finds_the_board(Target::Host);
}

#[test]
fn a_c_program_for_armv7_finds_the_board() {
    a_c_program_finds_the_board(Target::Armv7);
}

#[test]
fn a_c_program_for_aarch64_finds_the_board() {
    a_c_program_finds_the_board(Target::Aarch64);
}

/// Set in the child processes.
const CHILD: &str = "MQTT_THING_TEST_CHILD";

/// Not a test: what the child processes below run. It does what its standard input says and answers each line.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let reset_gpio = std::env::var("RESET_GPIO").ok();
    let mut board = match rpi::open(1, reset_gpio.map(|gpio| gpio.parse().unwrap())) {
        Ok(board) => board,
        Err(error) => return println!("> {error}"),
    };
    println!("> opened");
    for line in std::io::stdin().lines() {
        let answer = match line.unwrap().as_str() {
            "version" => board.firmware_version().map(|found| found.to_string()),
            "read D3" => board
                .digital_read(Port::D3.digital())
                .map(|level| level.to_string()),
            "read A0" => board
                .analog_read(Port::A0.analog().unwrap())
                .map(|value| value.to_string()),
            "light D5" => board
                .pin_mode(Port::D5.digital(), PinMode::Output)
                .and_then(|()| board.pwm_write(Port::D5.pwm().unwrap(), 99))
                .map(|()| "lit".to_owned()),
            "write to 3e" => board
                .write_to(0x3e, &[0x80, 0x01])
                .map(|()| "written".to_owned()),
            other => panic!("{other}"),
        };
        println!("> {}", answer.unwrap_or_else(|error| error.to_string()));
    }
}

/// A process with the real bus.
struct Pi {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Pi {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .args(["--exact", "child", "--nocapture", "--quiet"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// The next answer; what the test harness prints is no answer.
    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "the child ended");
            if let Some(answer) = line.strip_prefix("> ") {
                return answer.trim_end().to_owned();
            }
        }
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.input, "{question}").unwrap();
        self.answer()
    }
}

impl Drop for Pi {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bus and a process on it, unless there is no C compiler.
fn bench() -> Option<(SimBus, Pi)> {
    if let Some(package) = Target::Host.missing_package() {
        support::skipped(package);
        return None;
    }
    let bus = SimBus::start(Timing::Bus);
    let pi = Pi::start(bus.command(Target::Host, &std::env::current_exe().unwrap()));
    Some((bus, pi))
}

#[test]
fn the_driver_on_rppals_bus_reads_and_lights() {
    let Some((bus, mut pi)) = bench() else { return };
    let pins = bus.pins();
    assert_eq!(pi.answer(), "opened");
    assert_eq!(pins.counts().writes, 0, "nothing is sent at opening");
    assert_eq!(pi.ask("version"), "1.4.0");
    pins.set_digital(Port::D3, true);
    assert_eq!(pi.ask("read D3"), "true");
    pins.set_analog(Port::A0.analog().unwrap(), 777);
    assert_eq!(pi.ask("read A0"), "777");
    assert_eq!(pi.ask("light D5"), "lit");
    let lit = Output {
        mode: PinMode::Output,
        duty: 99,
    };
    assert_eq!(pins.output(Port::D5), lit);
    pins.attach(0x3e);
    assert_eq!(pi.ask("write to 3e"), "written");
    assert_eq!(pi.ask("read D3"), "true", "the board is addressed again");
    pins.assert_no_violations();
}

#[test]
fn the_kernels_errors_arrive_with_their_number() {
    let Some((bus, mut pi)) = bench() else { return };
    assert_eq!(pi.answer(), "opened");
    assert_eq!(pi.ask("version"), "1.4.0");
    let pins = bus.pins();
    pins.plan_faults(Fault::Nak, 4);
    assert_eq!(
        pi.ask("read D3"),
        "the I2C bus failed on command 01 03 00 00: Remote I/O error (os error 121)"
    );
    assert_eq!(pi.ask("version"), "1.4.0");
    pins.plan_faults(Fault::Eio, 3);
    assert_eq!(pi.ask("read D3"), "false");
}

#[test]
fn a_handle_that_went_bad_is_replaced() {
    let Some((bus, mut pi)) = bench() else { return };
    assert_eq!(pi.answer(), "opened");
    assert_eq!(pi.ask("version"), "1.4.0");
    bus.invalidate_handles();
    assert_eq!(pi.ask("read D3"), "false");
    bus.refuse_to_open(2);
    bus.invalidate_handles();
    assert_eq!(
        pi.ask("read D3"),
        "the I2C bus failed on command 01 03 00 00: No such file or directory (os error 2)"
    );
    bus.refuse_to_open(0);
    assert_eq!(pi.ask("read D3"), "false");
    bus.pins().assert_no_violations();
}

#[test]
fn a_bus_that_cannot_be_opened_says_what_to_do() {
    if let Some(package) = Target::Host.missing_package() {
        return support::skipped(package);
    }
    let bus = SimBus::start(Timing::None);
    for (errno, expected) in [
        (2, "/dev/i2c-1 does not exist: enable I2C with"),
        (
            13,
            "no permission for /dev/i2c-1: add the user to the group i2c",
        ),
        (
            5,
            "/dev/i2c-1 cannot be used as an I2C bus: Input/output error",
        ),
    ] {
        bus.refuse_to_open(errno);
        let mut pi = Pi::start(bus.command(Target::Host, &std::env::current_exe().unwrap()));
        let said = pi.answer();
        assert!(said.starts_with(expected), "{said}");
    }

    bus.refuse_to_open(0);
    let mut command = bus.command(Target::Host, &std::env::current_exe().unwrap());
    command.env("RESET_GPIO", "8");
    assert_eq!(
        Pi::start(command).answer(),
        "the reset line GPIO 8 (BCM number) cannot be used: Unknown Raspberry Pi model"
    );
}
