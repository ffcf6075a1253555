//! A simulator and an alarm, ours or the counterpart, on one broker; and what they use.

use crate::arguments::Extent;
use crate::process::{Process, Usage};
use crate::python::python;
use crate::support::{LIMIT, Mosquitto};
use crate::wire::Wire;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Errors, and that it is there: what the broker logs of each packet would be measured, too. It counts for us.
const QUIET: &str =
    "log_type none\nlog_type error\nlog_type information\nsys_interval 1\nmax_queued_messages 0";
/// How many messages clients published so far, every second.
const RECEIVED: &str = "$SYS/broker/publish/messages/received";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Ours,
    Counterpart,
}

pub struct Lab {
    broker: Mosquitto,
    binary: PathBuf,
    pub python: Result<PathBuf, String>,
    folder: TempDir,
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub per_s: f64,
    pub simulator: Cost,
    pub alarm: Cost,
}

/// Of one program.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Processor time of a message, in microseconds.
    pub each_us: f64,
    /// MiB that it wrote itself, at the beginning, in the middle and at the end.
    pub memory_mib: [f64; 3],
}

impl Lab {
    pub fn start(binary: PathBuf) -> Option<Self> {
        Some(Self {
            broker: Mosquitto::start_with(QUIET)?,
            binary,
            python: python(),
            folder: TempDir::new().unwrap(),
        })
    }

    /// Runs both programs, each sensor with a pause between these many seconds.
    pub fn run(&self, whose: Whose, extent: Extent, every: (u32, u32)) -> Run {
        let alarm = self.process(self.alarm(whose), "alarm");
        self.wait_said(
            "alarm",
            if whose == Whose::Ours {
                "subscribed"
            } else {
                "watching"
            },
        );
        let simulator = self.process(self.simulator(whose, extent.floors, every), "simulator");
        let mut counter = Wire::connect(self.broker.port(), &[RECEIVED]);
        std::thread::sleep(extent.warm_up);
        let both = [&simulator, &alarm];
        let memory = || both.map(|process| process.memory().anonymous as f64 / 1024.0);
        let began = Reading::take(&mut counter, both);
        let mut memories = vec![memory()];
        for _ in 0..2 {
            std::thread::sleep(extent.measured / 2);
            memories.push(memory());
        }
        let ended = Reading::take(&mut counter, both);
        simulator.stop();
        alarm.stop();
        let messages = (ended.messages - began.messages) as f64;
        let cost = |place: usize| Cost {
            each_us: (ended.usage[place].cpu - began.usage[place].cpu).as_secs_f64() * 1e6
                / messages,
            memory_mib: [0, 1, 2].map(|nth| memories[nth][place]),
        };
        Run {
            per_s: messages / (ended.at - began.at).as_secs_f64(),
            simulator: cost(0),
            alarm: cost(1),
        }
    }

    fn ours(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("building").args(arguments);
        command.args(["--broker", &self.broker.url()]);
        for name in ["RUST_LOG", "MQTT_THING_BROKER"] {
            command.env_remove(name);
        }
        command
    }

    fn counterpart(&self, arguments: &[&str]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/counterpart/building.py");
        let mut command = Command::new(self.python.as_ref().unwrap());
        command.arg(script).args(arguments);
        command.args(["--port", &self.broker.port().to_string()]);
        command
    }

    fn alarm(&self, whose: Whose) -> Command {
        match whose {
            Whose::Ours => {
                let limits = ["TEMP=30", "HUM=70", "LUX=800", "VIBR=2.5"];
                let limits = limits.iter().flat_map(|limit| ["--above", limit]);
                let arguments: Vec<&str> = std::iter::once("alarm").chain(limits).collect();
                self.ours(&arguments)
            }
            Whose::Counterpart => self.counterpart(&["alarm"]),
        }
    }

    fn simulator(&self, whose: Whose, floors: u32, (least, most): (u32, u32)) -> Command {
        let (floors, least, most) = (floors.to_string(), least.to_string(), most.to_string());
        match whose {
            Whose::Ours => {
                let every = format!("{least}..{most}");
                let shape = ["--floors", &floors, "--rooms", "25", "--every", &every];
                self.ours(&[&["simulate", "--building", "house"], &shape[..]].concat())
            }
            Whose::Counterpart => {
                let shape = [
                    "--floors", &floors, "--rooms", "25", "--every", &least, &most,
                ];
                self.counterpart(&[&["simulate"], &shape[..]].concat())
            }
        }
    }

    fn process(&self, command: Command, name: &str) -> Process {
        Process::start(command, &self.log(name))
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    fn wait_said(&self, name: &str, text: &str) {
        let began = Instant::now();
        loop {
            let said = std::fs::read_to_string(self.log(name)).unwrap_or_default();
            if said.contains(text) {
                return;
            }
            assert!(began.elapsed() < LIMIT, "{name} never said {text}:\n{said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What both have used when the broker had so many messages.
struct Reading {
    at: Instant,
    messages: u64,
    usage: [Usage; 2],
}

impl Reading {
    fn take(counter: &mut Wire, both: [&Process; 2]) -> Self {
        // what came meanwhile is old
        while counter.next(Duration::from_millis(1)).is_some() {}
        let heard = counter.next(LIMIT).expect("the broker counts");
        let messages = String::from_utf8(heard.payload).unwrap().parse().unwrap();
        Self {
            at: heard.at,
            messages,
            usage: both.map(Process::usage),
        }
    }
}
