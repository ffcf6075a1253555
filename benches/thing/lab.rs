//! What is measured, set up: a broker, simulated boards in this process, and real processes on them.

use crate::entrance::{self, Entrance};
use crate::presses::Wire;
use crate::process::Process;
use crate::python::python;
use crate::samples::Samples;
use crate::support::{LIMIT, Mosquitto, Observer, SimBus, Target};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Timing;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The sockets in the order in which buttons are put on them.
pub const SOCKETS: [Port; 10] = [
    Port::D3,
    Port::D2,
    Port::D4,
    Port::D5,
    Port::D6,
    Port::D7,
    Port::D8,
    Port::A0,
    Port::A1,
    Port::A2,
];

const INNER: &str = "10.0.0.1";
const OUTER: &str = "10.0.0.2";

/// Errors, and that it is there: what the broker logs of each packet would be measured, too.
const QUIET: &str = "log_type none\nlog_type error\nlog_type information";

/// What runs on the boards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `mqtt-thing run`, with that many buttons on the first board.
    Ours { every_ms: u32, buttons: usize },
    /// `benches/counterpart/thing.py`, with one.
    Counterpart,
}

pub struct Lab {
    pub broker: Mosquitto,
    /// Where ours go in; the counterpart and the observer take the plain one.
    entrance: Entrance,
    binary: PathBuf,
    python: Result<PathBuf, String>,
    folder: TempDir,
}

/// A thing with buttons and one with a LED that follows the first of them.
pub struct Pair {
    pub inner: SimBus,
    pub wire: Wire,
    pub sensor: Process,
    pub actuator: Process,
    _outer: SimBus,
}

impl Lab {
    /// Starts the broker. `Err` says what is missing.
    pub fn start(binary: PathBuf, tls: bool) -> Result<Self, String> {
        if let Some(package) = Target::Host.missing_package() {
            return Err(format!("skipped: install {package}"));
        }
        let folder = TempDir::new().unwrap();
        let (broker, entrance) =
            entrance::start(QUIET, folder.path(), tls).ok_or("nothing to measure with")?;
        Ok(Self {
            broker,
            entrance,
            binary,
            python: python(),
            folder,
        })
    }

    /// Why there is no counterpart, if there is none.
    pub fn no_counterpart(&self) -> Option<&str> {
        self.python.as_ref().err().map(String::as_str)
    }

    /// Starts both things and waits until the LED follows.
    pub fn pair(&self, program: Program) -> Pair {
        let (inner, outer) = (SimBus::start(Timing::Bus), SimBus::start(Timing::Bus));
        let sensor = self.run(program, &inner, Role::Sensor);
        let actuator = self.run(program, &outer, Role::Actuator);
        let wire = Wire::new((inner.pins(), SOCKETS[0]), (outer.pins(), Port::D4));
        wire.settle();
        Pair {
            inner,
            wire,
            sensor,
            actuator,
            _outer: outer,
        }
    }

    /// How long it takes from starting the process with the button to its first message of any kind, and to its
    /// first value, as `mosquitto_sub` sees them.
    pub fn starts(&self, program: Program, times: usize) -> (Samples, Samples) {
        let observer = Observer::start(&self.broker, &format!("{INNER}/#"));
        let (mut first, mut value) = (Vec::new(), Vec::new());
        for _ in 0..times {
            let bus = SimBus::start(Timing::Bus);
            let process = self.run(program, &bus, Role::Sensor);
            let spawned = process.spawned;
            let found = observer.wait_where("a value", |seen| {
                seen.at > spawned && seen.topic.ends_with("/button0")
            });
            value.push(found.at - spawned);
            // the last word of the process before may come late
            let any = observer.wait_where("a message", |seen| {
                seen.at > spawned && seen.payload != b"offline"
            });
            first.push(any.at - spawned);
            process.stop();
        }
        (Samples::of(first), Samples::of(value))
    }

    fn run(&self, program: Program, bus: &SimBus, role: Role) -> Process {
        match program {
            Program::Ours { every_ms, buttons } => {
                self.thing(bus, &pair(every_ms, buttons), role.name())
            }
            Program::Counterpart => self.counterpart(bus, role),
        }
    }

    /// `mqtt-thing run` as one thing of a topology, whose `[broker]` is put in front.
    pub fn thing(&self, bus: &SimBus, things: &str, name: &str) -> Process {
        let file = self.folder.path().join("topology.toml");
        let text = format!("{}\n{things}", self.entrance.table());
        // others may be reading the same text from it
        if std::fs::read_to_string(&file).ok().as_ref() != Some(&text) {
            std::fs::write(&file, text).unwrap();
        }
        let mut command = bus.command(Target::Host, &self.binary);
        command.arg("run").arg(&file).args(["--thing", name]);
        for name in ["RUST_LOG", "MQTT_THING_BROKER", "NOTIFY_SOCKET"] {
            command.env_remove(name);
        }
        self.start_process(command, name)
    }

    fn counterpart(&self, bus: &SimBus, role: Role) -> Process {
        let python = self.python.as_ref().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/counterpart/thing.py");
        let mut command = bus.command(Target::Host, python);
        command.arg(script);
        command.args(["--port", &self.broker.port().to_string(), "--id"]);
        match role {
            Role::Sensor => command.args([INNER, "--button", "3"]),
            Role::Actuator => command
                .args([OUTER, "--led", "4", "--follow"])
                .arg(button()),
        };
        self.start_process(command, role.name())
    }

    fn start_process(&self, command: Command, name: &str) -> Process {
        Process::start(command, &self.folder.path().join(format!("{name}.log")))
    }
}

impl Pair {
    pub fn stop(self) {
        self.actuator.stop();
        self.sensor.stop();
    }
}

#[derive(Debug, Clone, Copy)]
enum Role {
    Sensor,
    Actuator,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Sensor => "inner",
            Self::Actuator => "outer",
        }
    }
}

fn button() -> String {
    format!("{INNER}/sensors/button0")
}

/// Buttons on one thing, a LED that follows the first on the other.
fn pair(every_ms: u32, buttons: usize) -> String {
    let mut text = format!("[things.inner]\naddress = \"{INNER}\"\n[things.inner.resources]\n");
    for (number, port) in SOCKETS.iter().take(buttons).enumerate() {
        let line = format!(
            "button{number} = {{ kind = \"button\", port = \"{port}\", every_ms = {every_ms} }}"
        );
        writeln!(text, "{line}").unwrap();
    }
    write!(
        text,
        "\n[things.outer]\naddress = \"{OUTER}\"\n[things.outer.resources]\n\
         led0 = {{ kind = \"led\", port = \"D4\", follows = \"inner/button0\" }}\n"
    )
    .unwrap();
    text
}

/// A ring of things: each has a button, and a LED that follows the next one's.
pub fn ring(things: usize) -> String {
    let mut text = String::new();
    for number in 0..things {
        let next = (number + 1) % things;
        write!(
            text,
            "[things.t{number}]\naddress = \"10.1.0.{number}\"\n[things.t{number}.resources]\n\
             button0 = {{ kind = \"button\", port = \"D3\" }}\n\
             led0 = {{ kind = \"led\", port = \"D4\", follows = \"t{next}/button0\" }}\n\n"
        )
        .unwrap();
    }
    text
}

/// The Pi's binary, if it was built: its size in bytes.
pub fn armv7_binary() -> Option<u64> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let built = target.join("armv7-unknown-linux-gnueabihf/release/mqtt-thing");
    let path = std::env::var_os("MQTT_THING_ARMV7_BIN").map_or(built, PathBuf::from);
    Some(std::fs::metadata(path).ok()?.len())
}

/// Waits until `mosquitto_sub` has seen that many things come up.
pub fn wait_online(observer: &Observer, things: usize) {
    let began = Instant::now();
    let online = || {
        observer
            .seen()
            .iter()
            .filter(|seen| seen.payload == b"online")
            .count()
    };
    while online() < things {
        assert!(began.elapsed() < LIMIT * 2, "not all things came up");
        std::thread::sleep(Duration::from_millis(100));
    }
}
