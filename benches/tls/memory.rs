//! What a session takes of the memory, on both sides, and what a process that idles does.

use crate::entrance::{Doors, Entrance};
use crate::process::{Memory, Process};
use crate::support::{LIMIT, Mosquitto, Observer, SimBus, Target};
use crate::{QUIET, client};
use mqtt_thing::board::sim::Timing;
use mqtt_thing::mqtt::Access;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The word by which this program only holds sessions.
pub const WORD: &str = "--hold";

/// In KiB, of one more session.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    pub ours: f64,
    pub broker: f64,
}

/// Holds sessions as the words say: how many, scheme, port, files.
pub fn hold(words: &[String]) -> ! {
    let file = |at: usize| words.get(at).map(PathBuf::from);
    let entrance = Entrance {
        scheme: if words[1] == "mqtt" { "mqtt" } else { "mqtts" },
        port: words[2].parse().unwrap(),
        access: Access {
            ca_file: file(3),
            cert_file: file(4),
            key_file: file(5),
            ..Access::default()
        },
    };
    client::hold(&entrance.endpoint(), words[0].parse().unwrap())
}

/// What one more session takes, by many against one, on a broker that saw nobody before.
pub fn session(of: fn(&Doors) -> &Entrance, newest: Option<&str>, many: usize) -> Option<Session> {
    let folder = TempDir::new().unwrap();
    let doors = Doors::open(QUIET, folder.path(), newest)?;
    let entrance = of(&doors);
    let one = held(entrance, &doors.broker, folder.path(), 1);
    let all = held(entrance, &doors.broker, folder.path(), many);
    let each = |all: Memory, one: Memory| {
        (all.anonymous as f64 - one.anonymous as f64) / (many as f64 - 1.0)
    };
    Some(Session {
        ours: each(all.0, one.0),
        broker: each(all.1, one.1),
    })
}

fn held(entrance: &Entrance, broker: &Mosquitto, folder: &Path, count: usize) -> (Memory, Memory) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([WORD, &count.to_string(), entrance.scheme]);
    command.arg(entrance.port.to_string());
    let access = &entrance.access;
    let files = [&access.ca_file, &access.cert_file, &access.key_file];
    command.args(files.into_iter().flatten());
    let log = folder.join("held.log");
    let process = Process::start(command, &log);
    wait("sessions that are held", || {
        std::fs::read_to_string(&log)
            .unwrap_or_default()
            .contains(client::HOLDING)
    });
    (process.memory(), crate::process::memory(broker.pid()))
}

/// `mqtt-thing sut`, connected and idle.
pub fn sut(binary: &Path, doors: &Doors, entrance: &Entrance, folder: &Path) -> Memory {
    let observer = Observer::start(&doors.broker, "clients/registration");
    let state = TempDir::new_in(folder).unwrap();
    let mut command = Command::new(binary);
    command.arg("sut").args(entrance.arguments());
    command.args(["--client-id", "c1", "--allow", "true", "--no-sync"]);
    command.arg("--state").arg(state.path()).current_dir(folder);
    idle(command, folder, || {
        observer.seen().iter().any(|seen| seen.payload == b"c1")
    })
}

/// `mqtt-thing run` with a button on a simulated board, connected and idle. `None` without what the preload needs.
pub fn run(binary: &Path, doors: &Doors, entrance: &Entrance, folder: &Path) -> Option<Memory> {
    if Target::Host.missing_package().is_some() {
        return None;
    }
    let observer = Observer::start(&doors.broker, "+/status");
    let bus = SimBus::start(Timing::Bus);
    let file = folder.join("topology.toml");
    let things = "[things.inner]\naddress = \"10.0.0.1\"\n[things.inner.resources]\n\
                  button0 = { kind = \"button\", port = \"D3\" }\n";
    std::fs::write(&file, format!("{}\n{things}", entrance.table())).unwrap();
    let mut command = bus.command(Target::Host, binary);
    command.arg("run").arg(&file).args(["--thing", "inner"]);
    let online = || observer.seen().iter().any(|seen| seen.payload == b"online");
    Some(idle(command, folder, online))
}

fn idle(mut command: Command, folder: &Path, connected: impl FnMut() -> bool) -> Memory {
    for name in ["RUST_LOG", "MQTT_THING_BROKER", "MQTT_BROKER", "CLIENT_ID"] {
        command.env_remove(name);
    }
    let process = Process::start(command, &folder.join("idle.log"));
    wait("a process that connects", connected);
    // what follows the start passes
    std::thread::sleep(Duration::from_secs(1));
    let memory = process.memory();
    process.stop();
    memory
}

fn wait(name: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < LIMIT * 2, "waited for {name}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
