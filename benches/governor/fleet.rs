//! What is measured of an operator: waiting, few clients, many. The clients are simulated, so that nobody measures
//! processes of theirs.

use crate::lab::{ACKNOWLEDGMENT, COMMANDS, Lab, REGISTRATION, RESPONSES};
use crate::process::{Process, Rate, usage};
use crate::support::LIMIT;
use crate::sut::peak_kib;
use crate::wire::Wire;
use serde_json::Value as Json;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

/// The commands that each client walks.
const STEPS: [&str; 3] = ["true", "echo a", "echo b"];
/// The wait for registrations, in seconds.
const WAIT_S: u64 = 3;

/// Whose operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Ours,
    Counterparts,
}

/// Simulated clients that are connected.
struct Fleet {
    process: Process,
    kib_a_client: f64,
}

impl Fleet {
    fn start(lab: &Lab, clients: usize, face: &str) -> Self {
        let mut command = lab.ours("sim-fleet");
        command.args(["--json", "--clients", &clients.to_string(), face]);
        let process = lab.process(command, "fleet");
        let said = lab.wait_said("fleet", r#""event":"connected""#);
        let event = said
            .lines()
            .find(|line| line.contains(r#""event":"connected""#));
        let event: Json = serde_json::from_str(event.unwrap_or_default()).unwrap_or_default();
        let kib_a_client = event["kib_a_client"].as_f64().unwrap_or(f64::NAN);
        Self {
            process,
            kib_a_client,
        }
    }
}

fn operator(lab: &Lab, whose: Whose, wait_s: u64) -> Command {
    match whose {
        Whose::Ours => {
            let steps = STEPS.map(|step| format!("{step:?}")).join(", ");
            let text = format!(
                "registration_timeout_s = {wait_s}\npatience_s = 100\n[[pipelines]]\nsteps = [{steps}]\n"
            );
            fs::write(lab.folder().join("pipelines.toml"), text).unwrap();
            let mut command = lab.ours("operator");
            command.args(["pipelines.toml", "--json"]);
            command.arg("--store").arg(lab.folder().join("runs.db"));
            command
        }
        Whose::Counterparts => {
            let mut command = lab.counterpart(&["operator", "--wait", &wait_s.to_string()]);
            command.args(STEPS);
            command
        }
    }
}

/// What an operator takes of a core while it waits for registrations.
pub fn waiting(lab: &Lab, whose: Whose, during: Duration) -> Rate {
    let mut wire = Wire::connect(lab.broker.port(), &[ACKNOWLEDGMENT]);
    let process = lab.process(operator(lab, whose, 3600), "operator");
    // nobody hears a registration before it subscribes
    while wire.next(Duration::from_millis(200)).is_none() {
        wire.publish(REGISTRATION, b"bench");
    }
    std::thread::sleep(Duration::from_millis(500));
    let before = process.usage();
    std::thread::sleep(during);
    before.until(process.usage())
}

/// Seconds from the first command on the governor's topic to the last answer.
pub fn few(lab: &Lab, whose: Whose, clients: usize) -> f64 {
    let mut wire = Wire::connect(lab.broker.port(), &[COMMANDS, RESPONSES]);
    let fleet = Fleet::start(lab, clients, "--old");
    let process = lab.process(operator(lab, whose, WAIT_S), "operator");
    let (mut first, mut answers) = (None, 0);
    let last = loop {
        let heard = wire.next(LIMIT).expect("all are answered");
        match heard.topic == COMMANDS {
            true => drop(first.get_or_insert(heard.at)),
            false => answers += 1,
        }
        if answers == clients * STEPS.len() {
            break heard.at;
        }
    };
    process.stop();
    fleet.process.stop();
    (last - first.unwrap_or(last)).as_secs_f64()
}

/// How it went with many clients.
pub struct Many {
    /// From the end of the wait to the last answer, as the operator tells it.
    pub seconds: f64,
    pub succeeded: bool,
    /// The operator's peak, in all.
    pub peak_mb: f64,
    /// CPU time, each from its start or the walk's to the walk's end.
    pub operator_s: f64,
    pub fleet_s: f64,
    pub broker_s: f64,
    /// Resident memory of a simulated client.
    pub kib_a_client: f64,
}

/// Ours with many clients on one kind of topics.
pub fn many(lab: &Lab, clients: usize, face: &str) -> Many {
    let fleet = Fleet::start(lab, clients, face);
    let cpu = || (fleet.process.usage().cpu, usage(lab.broker.pid()).cpu);
    let before = cpu();
    let process = lab.process(operator(lab, Whose::Ours, WAIT_S), "operator");
    let (mut status, mut used) = (String::new(), Duration::ZERO);
    let began = Instant::now();
    // its last figures are those just before it ends
    let said = loop {
        let now = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
        if now.contains("VmHWM") {
            (status, used) = (now, process.usage().cpu);
        }
        let said = fs::read_to_string(lab.log("operator")).unwrap_or_default();
        if said.contains(r#""event":"summary""#) {
            break said;
        }
        assert!(
            began.elapsed() < LIMIT * 10,
            "the operator never ended; it said\n{said:.2000}"
        );
        std::thread::sleep(Duration::from_millis(20));
    };
    let after = cpu();
    process.stop();
    let kib_a_client = fleet.kib_a_client;
    fleet.process.stop();
    let events: Vec<Json> = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let event = |name: &str| events.iter().find(|event| event["event"] == name);
    let at = |name: &str| event(name).and_then(|event| event["at"].as_f64());
    let seconds = at("walked")
        .zip(at("begun"))
        .map(|(ended, began)| ended - began);
    Many {
        seconds: seconds.unwrap_or(f64::NAN),
        succeeded: event("summary").is_some_and(|event| event["succeeded"] == true),
        peak_mb: peak_kib(&status) * 1024.0 / 1e6,
        operator_s: used.as_secs_f64(),
        fleet_s: (after.0 - before.0).as_secs_f64(),
        broker_s: (after.1 - before.1).as_secs_f64(),
        kib_a_client,
    }
}
