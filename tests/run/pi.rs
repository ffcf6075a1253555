//! A Pi: a process of the real binary with a simulated board, its log, and what it told its service manager.

use crate::support::{LIMIT, Lines, SimBus, Target, skipped};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::{Pins, Timing};
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const INNER: &str = "10.77.0.1";
pub(crate) const OUTER: &str = "10.77.0.2";

/// Two Pis: a button and a knob here; there LEDs that do each of the three things when these are lost.
pub(crate) const LAB: &str = r#"
[things.inner]
address = "10.77.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
rotary0 = { kind = "rotary", port = "A0" }
led9 = { kind = "led", port = "D4", follows = "inner/button0" }

[things.outer]
address = "10.77.0.2"
[things.outer.resources]
rest0 = { kind = "led", port = "D4", follows = "inner/button0" }
hold0 = { kind = "led", port = "D2", follows = "inner/button0", on_source_lost = "hold" }
value0 = { kind = "led", port = "D5", follows = "inner/rotary0", on_source_lost = 512 }
"#;

/// Whether the machine can show a simulated board to a process; if not, says that the test is skipped.
pub(crate) fn can_run() -> bool {
    let missing = Target::Host.missing_package();
    missing.into_iter().for_each(skipped);
    missing.is_none()
}

/// A folder with a topology file.
pub(crate) struct File {
    folder: TempDir,
}

impl File {
    /// A whole file.
    pub(crate) fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lab.toml"), text).unwrap();
        Self { folder }
    }

    /// Things at a broker, with a keep-alive in seconds.
    pub(crate) fn lab(broker: &str, keep_alive_s: u16, things: &str) -> Self {
        Self::of(&format!(
            "[broker]\nurl = \"{broker}\"\nkeep_alive_s = {keep_alive_s}\n{things}"
        ))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("lab.toml")
    }
}

/// A Pi that is not switched on yet.
pub(crate) struct Ready {
    pub(crate) bus: SimBus,
    pub(crate) command: Command,
    folder: TempDir,
    told: Receiver<Told>,
}

/// What the service manager was told, and when.
pub(crate) type Told = (Instant, String);

/// `mqtt-thing run FILE`, and `--thing NAME` unless the name is empty.
pub(crate) fn prepare(file: &File, thing: &str) -> Ready {
    let bus = SimBus::start(Timing::Bus);
    let mut command = bus.command(Target::Host, Path::new(env!("CARGO_BIN_EXE_mqtt-thing")));
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("lab.toml");
    std::fs::copy(file.path(), &own).unwrap();
    command.arg("run").arg(own);
    if !thing.is_empty() {
        command.args(["--thing", thing]);
    }
    for name in [
        "RUST_LOG",
        "JOURNAL_STREAM",
        "MQTT_THING_BROKER",
        "WATCHDOG_USEC",
    ] {
        command.env_remove(name);
    }
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    command.env("NOTIFY_SOCKET", &path);
    let (teller, told) = channel();
    // ends with the test process
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length) = socket.recv(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if teller.send((Instant::now(), text)).is_err() {
                return;
            }
        }
    });
    Ready {
        bus,
        command,
        folder,
        told,
    }
}

impl Ready {
    pub(crate) fn start(mut self) -> Pi {
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Lines::collect(child.stderr.take().unwrap());
        Pi {
            pins: self.bus.pins(),
            bus: self.bus,
            child,
            log,
            told: self.told,
            _folder: self.folder,
        }
    }
}

/// A Pi that runs. Its process is killed when this is dropped.
pub(crate) struct Pi {
    pub(crate) pins: Pins,
    #[allow(dead_code, reason = "holds the device open")]
    pub(crate) bus: SimBus,
    child: Child,
    pub(crate) log: Lines,
    pub(crate) told: Receiver<Told>,
    _folder: TempDir,
}

impl Pi {
    pub(crate) fn start(file: &File, thing: &str) -> Self {
        prepare(file, thing).start()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    pub(crate) fn press(&self, pressed: bool) {
        self.pins.set_digital(Port::D3, pressed);
    }

    pub(crate) fn turn(&self, counts: u16) {
        self.pins.set_analog(Port::A0.analog().unwrap(), counts);
    }

    /// Waits until a LED has that duty (255 is fully lit); returns when it changed last.
    pub(crate) fn wait_duty(&self, port: Port, duty: u8) -> Instant {
        let seen = self
            .pins
            .wait_output(port, LIMIT, |output| output.duty == duty);
        if let Err(output) = seen {
            panic!(
                "{port} is {output:?} instead of duty {duty}; the log:\n{}",
                self.said()
            );
        }
        // what never changed is as it should be since before we asked
        self.pins.changed_at(port).unwrap_or_else(Instant::now)
    }

    /// Waits for a line of the log that holds `text`.
    pub(crate) fn wait_log(&self, text: &str) -> String {
        let find = |lines: &[(Instant, String)]| {
            let mut texts = lines.iter().map(|(_, line)| line);
            texts.find(|line| line.contains(text)).cloned()
        };
        let found = self.log.wait(LIMIT, find);
        found.unwrap_or_else(|| panic!("no `{text}` in the log:\n{}", self.said()))
    }

    pub(crate) fn said(&self) -> String {
        self.log.all().join("\n")
    }

    /// Waits until its service manager was told something that holds `text`, and returns when and what.
    pub(crate) fn wait_told(&self, text: &str) -> Told {
        let until = Instant::now() + LIMIT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.told.recv_timeout(left) {
                Ok(told) if told.1.contains(text) => return told,
                Ok(_) => {}
                Err(_) => panic!(
                    "the service manager was never told {text}; the log:\n{}",
                    self.said()
                ),
            }
        }
    }

    /// Waits for the end of the process, and says how long that took.
    pub(crate) fn wait_end(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        while began.elapsed() < LIMIT {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, began.elapsed());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("it did not end; the log:\n{}", self.said());
    }
}

impl Drop for Pi {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}
