//! What TLS costs beside plain TCP: our session and a real Mosquitto on loopback, with all entrances in turn in the
//! same run. Nothing is asserted about times.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, unreachable_pub)]

mod arguments;
#[path = "../../tests/tls/certificates.rs"]
#[allow(dead_code)]
mod certificates;
mod client;
#[path = "../support/command_line.rs"]
mod command_line;
#[path = "../support/entrance.rs"]
#[allow(dead_code)]
mod entrance;
#[path = "../../tests/tls/listener.rs"]
#[allow(dead_code)]
mod listener;
#[path = "../thing/machine.rs"]
mod machine;
mod memory;
#[path = "../thing/process.rs"]
#[allow(dead_code)]
mod process;
mod relay;
mod report;
#[path = "../thing/samples.rs"]
#[allow(dead_code)]
mod samples;
mod steady;
#[path = "../../tests/support/mod.rs"]
mod support;

use arguments::Arguments;
use entrance::{Doors, Entrance};
use machine::{Machine, Noise};
use process::usage;
use relay::Relay;
use report::{Figure, Report, Rounds};
use samples::Samples;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use steady::{LOADS, Order};
use tempfile::TempDir;

/// Errors, and that it is there: what the broker logs of each packet would be measured, too.
const QUIET: &str = "log_type none\nlog_type error\nlog_type information";
/// How far away the broker is for counting round trips.
const ONE_WAY: Duration = Duration::from_millis(50);

/// How the broker is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Plain,
    Tls13,
    Tls12,
    /// TLS 1.3 with a certificate of the client.
    Mutual,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::Plain, Self::Tls13, Self::Tls12, Self::Mutual];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "TCP",
            Self::Tls13 => "TLS 1.3",
            Self::Tls12 => "TLS 1.2",
            Self::Mutual => "mTLS 1.3",
        }
    }

    /// The newest version that the broker speaks.
    const fn newest(self) -> Option<&'static str> {
        match self {
            Self::Tls12 => Some("TLSv1.2"),
            _ => None,
        }
    }

    fn entrance(self) -> fn(&Doors) -> &Entrance {
        match self {
            Self::Plain => |doors| &doors.plain,
            Self::Tls13 | Self::Tls12 => |doors| &doors.tls,
            Self::Mutual => |doors| &doors.mutual,
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == memory::WORD) {
        memory::hold(&words[1..]);
    }
    let arguments = match arguments::parse(words.into_iter()) {
        Ok(arguments) => arguments,
        Err(text) => {
            println!("{text}");
            let wrong = text.starts_with("unknown") || text.contains("needs a value");
            return ExitCode::from(if wrong { 2 } else { 0 });
        }
    };
    let Some(report) = Bench::start(&arguments).map(Bench::measure) else {
        println!("nothing to measure with");
        return ExitCode::SUCCESS;
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).unwrap());
    } else {
        report.print();
    }
    ExitCode::SUCCESS
}

struct Bench<'a> {
    arguments: &'a Arguments,
    folder: TempDir,
    /// One broker for all but TLS 1.2, which OpenSSL can be held to in a whole process only.
    doors: Doors,
    older: Doors,
    rounds: Rounds,
    report: Report,
    _folders: [TempDir; 2],
}

/// A word for `--only`, and what a round of it measures.
type Part<'a> = (&'static str, fn(&mut Bench<'a>, Way));

impl<'a> Bench<'a> {
    fn start(arguments: &'a Arguments) -> Option<Self> {
        let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
        let report = Report {
            quick: arguments.extent.quick,
            machine: Machine::new(),
            ..Report::default()
        };
        Some(Self {
            arguments,
            folder: TempDir::new().unwrap(),
            doors: Doors::open(QUIET, folders[0].path(), None)?,
            older: Doors::open(QUIET, folders[1].path(), Way::Tls12.newest())?,
            rounds: Rounds::default(),
            report,
            _folders: folders,
        })
    }

    fn measure(mut self) -> Report {
        let extent = self.arguments.extent;
        let look = Duration::from_secs(if extent.quick { 1 } else { 3 });
        self.report.machine.before = Noise::listen(look);
        if cfg!(feature = "demo") {
            let note = "mqtt-thing has the demo's broker in it: cargo bench --no-default-features leaves it out";
            self.report.notes.push(note.to_owned());
        }
        let parts: [(Part<'a>, usize); 5] = [
            (("distance", Self::distance), 1),
            (("connect", Self::connect), extent.rounds),
            (("steady", Self::steady), extent.rounds),
            (("sessions", Self::sessions), 1),
            (("idle", Self::idle), extent.starts),
        ];
        let began = Instant::now();
        for ((name, part), rounds) in parts {
            if !self.arguments.wants(name) {
                continue;
            }
            eprintln!("{name}, after {:.0} s", began.elapsed().as_secs_f64());
            for _ in 0..rounds {
                // in turn, so that all of them meet the same noise
                for way in Way::ALL {
                    part(&mut self, way);
                }
            }
            let figures: Vec<Figure> = std::mem::take(&mut self.rounds).figures().collect();
            self.report.figures.extend(figures);
        }
        self.report.machine.after = Noise::listen(look);
        eprintln!("done after {:.0} s", began.elapsed().as_secs_f64());
        self.report
    }

    /// Where that way leads in, and to which process.
    fn at(&self, way: Way) -> (Entrance, u32) {
        let doors = match way {
            Way::Tls12 => &self.older,
            _ => &self.doors,
        };
        (way.entrance()(doors).clone(), doors.broker.pid())
    }

    /// Round trips from nothing to the CONNACK: what a longer way adds, by the length of the way. TCP's own handshake
    /// is not among them, since it ends at the relay.
    fn distance(&mut self, way: Way) {
        let (entrance, _) = self.at(way);
        // the first of those that connect again is anew, too
        let times = self.arguments.extent.from_afar + 1;
        let near_and_far = [Duration::ZERO, ONE_WAY].map(|one_way| {
            let relay = Relay::to(entrance.port, one_way);
            let entrance = entrance.through(relay.port());
            let anew = (0..times).map(|_| entrance.endpoint()).collect();
            let again = vec![entrance.endpoint(); times];
            [anew, again].map(|all| client::connect(all, Some(relay.meter())))
        });
        let round_trip = 2.0 * ONE_WAY.as_secs_f64() * 1e3;
        for (nth, name) in ["", " again"].into_iter().enumerate() {
            // the shortest: no noise makes a way shorter
            let [near, far] = [0, 1].map(|at: usize| {
                let times = near_and_far[at][nth].times.iter().copied();
                times.skip(1).min().unwrap_or_default().as_secs_f64() * 1e3
            });
            let trips = (far - near) / round_trip;
            let mut note = |what: &str, unit, number| {
                let name = format!("connect{name}: {what}");
                self.rounds.note(&name, unit, way, number);
            };
            note("round trips beside TCP's", "", trips);
            let bytes = near_and_far[0][nth].bytes;
            note("bytes up until CONNACK", "", bytes.up as f64);
            note("bytes down until CONNACK", "", bytes.down as f64);
        }
    }

    fn connect(&mut self, way: Way) {
        let (entrance, broker) = self.at(way);
        let times = self.arguments.extent.connects;
        let anew = (0..times).map(|_| entrance.endpoint()).collect();
        // the first of these is anew, too, and leaves what the others are shortened by
        let again = vec![entrance.endpoint(); times + 1];
        for (name, endpoints) in [("connect", anew), ("connect again", again)] {
            let count = endpoints.len() as f64;
            let before = usage(broker).cpu;
            let made = client::connect(endpoints, None);
            let theirs = (usage(broker).cpu - before).as_secs_f64() * 1e6 / count;
            let p50 = Samples::of(made.times).percentile(50.0);
            let ours = made.cpu.as_secs_f64() * 1e6;
            self.rounds
                .note(&format!("{name}: to CONNACK, p50"), "ms", way, p50);
            self.rounds
                .note(&format!("{name} and leave: CPU, ours"), "us", way, ours);
            self.rounds
                .note(&format!("{name} and leave: CPU, broker"), "us", way, theirs);
        }
    }

    fn steady(&mut self, way: Way) {
        let (entrance, broker) = self.at(way);
        let extent = self.arguments.extent;
        for (nth, load) in LOADS.into_iter().enumerate() {
            for (order, word, count) in [
                (Order::Sequence, "in sequence", extent.in_sequence[nth]),
                (Order::Bulk, "in bulk", extent.in_bulk[nth]),
            ] {
                let wire = steady::wire(&entrance, load, order, count.min(500));
                let cost = steady::cost(&entrance, broker, load, order, count);
                let mut note = |what: &str, unit, number| {
                    let name = format!("{} {word}: {what}", load.name);
                    self.rounds.note(&name, unit, way, number);
                };
                note("bytes of the wire", "", wire);
                note("messages a second", "/s", cost.per_s);
                note("CPU a message, ours", "us", cost.ours_us);
                note("CPU a message, broker", "us", cost.broker_us);
            }
        }
    }

    fn sessions(&mut self, way: Way) {
        let many = self.arguments.extent.held;
        if let Some(session) = memory::session(way.entrance(), way.newest(), many) {
            for (name, kib) in [("ours", session.ours), ("broker", session.broker)] {
                let name = format!("memory of one more session, {name}");
                self.rounds.note(&name, "KiB", way, kib);
            }
        }
    }

    fn idle(&mut self, way: Way) {
        let doors = match way {
            Way::Tls12 => &self.older,
            _ => &self.doors,
        };
        let (entrance, folder) = (way.entrance()(doors), self.folder.path());
        let binary = &self.arguments.binary;
        let sut = memory::sut(binary, doors, entrance, folder);
        let run = memory::run(binary, doors, entrance, folder);
        for (name, memory) in [("sut", Some(sut)), ("run", run)] {
            let Some(memory) = memory else { continue };
            let mb = |kib: u64| kib as f64 * 1024.0 / 1e6;
            let mut note = |what: &str, number| {
                let name = format!("idle `{name}`: {what}");
                self.rounds.note(&name, "MB", way, number);
            };
            note("resident", mb(memory.resident));
            note("written itself", mb(memory.anonymous));
        }
    }
}
