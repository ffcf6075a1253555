//! The figures of the governor's roles: the real binary with a real Mosquitto on loopback (its defaults and
//! `set_tcp_nodelay true`), and a plain Python counterpart in the same run. Nothing is asserted about times.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, unreachable_pub)]

mod apart;
mod arguments;
#[path = "../../tests/tls/certificates.rs"]
#[allow(dead_code)]
mod certificates;
#[path = "../support/command_line.rs"]
mod command_line;
#[path = "../support/entrance.rs"]
#[allow(dead_code)]
mod entrance;
mod fleet;
mod lab;
#[path = "../../tests/tls/listener.rs"]
#[allow(dead_code)]
mod listener;
#[path = "../thing/machine.rs"]
mod machine;
#[path = "../thing/process.rs"]
#[allow(dead_code)]
mod process;
#[path = "../thing/python.rs"]
mod python;
mod report;
#[path = "../thing/samples.rs"]
#[allow(dead_code)]
mod samples;
#[path = "../../tests/support/mod.rs"]
mod support;
mod sut;
mod wire;

use arguments::Arguments;
use fleet::Whose;
use lab::{Lab, Program};
use machine::{Machine, Noise};
use process::Memory;
use report::{Figure, Report};
use samples::Samples;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const SYNCED: Program = Program::Ours { sync: true };
const LEFT: Program = Program::Ours { sync: false };

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(text) => {
            println!("{text}");
            let wrong = text.starts_with("unknown") || text.contains("needs a value");
            return ExitCode::from(if wrong { 2 } else { 0 });
        }
    };
    let (binary, state) = (arguments.binary.clone(), arguments.state.clone());
    let lab = match Lab::start(binary, state, arguments.tls) {
        Ok(lab) => lab,
        Err(skipped) => {
            println!("{skipped}");
            return ExitCode::SUCCESS;
        }
    };
    let report = Bench::new(&arguments, lab).measure();
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).unwrap());
    } else {
        report.print();
    }
    ExitCode::SUCCESS
}

/// A word for `--only`, and what is measured then.
type Part<'a> = (&'static str, fn(&mut Bench<'a>));

struct Bench<'a> {
    arguments: &'a Arguments,
    lab: Lab,
    report: Report,
    began: Instant,
}

impl<'a> Bench<'a> {
    fn new(arguments: &'a Arguments, lab: Lab) -> Self {
        let report = Report {
            quick: arguments.extent.quick,
            machine: Machine::new(),
            ..Report::default()
        };
        Self {
            arguments,
            lab,
            report,
            began: Instant::now(),
        }
    }

    fn measure(mut self) -> Report {
        let look = Duration::from_secs(if self.arguments.extent.quick { 1 } else { 3 });
        self.report.machine.before = Noise::listen(look);
        if cfg!(feature = "demo") {
            self.note("mqtt-thing has the demo's broker in it: cargo bench --no-default-features leaves it out");
        }
        if self.arguments.tls {
            self.note("ours over TLS; the counterpart and the measuring end over plain TCP");
        }
        if let Err(why) = &self.lab.python {
            let note = format!("the counterpart was {why}");
            self.note(&note);
        }
        let parts: [Part<'a>; 8] = [
            ("round-trip", Self::round_trips),
            ("queued", Self::queued),
            ("output", Self::output),
            ("runner", Self::runner),
            ("idle", Self::idle),
            ("waiting", Self::waiting),
            ("few", Self::few),
            ("many", Self::many),
        ];
        for (name, measure) in parts {
            if self.arguments.wants(name) {
                eprintln!("{name}, after {:.0} s", self.began.elapsed().as_secs_f64());
                measure(&mut self);
            }
        }
        drop(self.lab);
        self.report.machine.after = Noise::listen(look);
        eprintln!("done after {:.0} s", self.began.elapsed().as_secs_f64());
        self.report
    }

    fn note(&mut self, text: &str) {
        self.report.notes.push(text.to_owned());
    }

    fn add(&mut self, figures: impl IntoIterator<Item = Figure>) {
        self.report.figures.extend(figures);
    }

    /// The same of the counterpart, if there is one.
    fn theirs<T>(&self, measure: impl FnOnce(&Lab) -> T) -> Option<T> {
        self.lab.python.is_ok().then(|| measure(&self.lab))
    }

    fn round_trips(&mut self) {
        let times = self.arguments.extent.round_trips;
        let (mut left, mut synced, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        // in turn, so that all of them meet the same noise
        for _ in 0..self.arguments.extent.rounds {
            let of = |lab: &Lab, program| sut::round_trips(lab, program, times);
            left.extend(of(&self.lab, LEFT));
            synced.extend(of(&self.lab, SYNCED));
            let its = self.theirs(|lab| of(lab, Program::Counterpart));
            theirs.extend(its.unwrap_or_default());
        }
        let (left, synced) = (Samples::of(left), Samples::of(synced));
        let theirs = (!theirs.is_empty()).then(|| Samples::of(theirs));
        for (name, ours, targets) in [
            (
                "round trip of `true`, --no-sync",
                left,
                [Some(1.2), Some(3.0)],
            ),
            ("round trip of `true`, journal synced", synced, [None, None]),
        ] {
            for (percent, target) in [50.0, 99.0].into_iter().zip(targets) {
                let its = theirs.as_ref().map(|its| its.percentile(percent));
                let name = format!("{name}, p{percent}");
                let mut figure = Figure::new(name, "ms", Some(ours.percentile(percent)), its);
                figure.target = target;
                figure.original = Some(if percent < 99.0 { "1.3-1.5" } else { "5.7-6.1" });
                self.report.figures.push(figure);
            }
        }
    }

    fn queued(&mut self) {
        let times = self.arguments.extent.queued;
        let (mut left, mut synced, mut theirs) = (0_f64, 0_f64, None);
        // the best of a few, in turn: whoever else wants the machine only makes it less
        for _ in 0..self.arguments.extent.rounds {
            let of = |lab: &Lab, program| sut::queued(lab, program, times);
            left = left.max(of(&self.lab, LEFT));
            synced = synced.max(of(&self.lab, SYNCED));
            let its = self.theirs(|lab| of(lab, Program::Counterpart));
            theirs = its.map(|its| its.max(theirs.unwrap_or(0.0)));
        }
        let row = |name: &str, ours| {
            let name = format!("{times} queued `true`, {name}");
            let figure = Figure::new(name, "/s", Some(ours), theirs).more_is_better();
            figure.original("626-701")
        };
        let rows = [
            row("--no-sync", left).target(1000.0),
            row("journal synced", synced),
        ];
        self.add(rows);
    }

    fn output(&mut self) {
        for bytes in self.arguments.extent.outputs {
            self.one_output(bytes);
        }
    }

    fn one_output(&mut self, bytes: usize) {
        let ours = sut::output(&self.lab, SYNCED, bytes);
        let theirs = self.theirs(|lab| sut::output(lab, Program::Counterpart, bytes));
        let mb = bytes as f64 / 1e6;
        let row = |what: &str, unit, read: fn(&sut::Output) -> f64| {
            let name = format!("{mb:.0} MB of output, {what}");
            Figure::new(name, unit, Some(read(&ours)), theirs.as_ref().map(read))
        };
        let mut rows = [
            row("until answered", "s", |output| output.seconds),
            row("peak resident", "MB", |output| output.peak_mb),
            row("size of the answer", "MB", |output| {
                output.answer as f64 / 1e6
            }),
        ];
        if bytes == 100_000_000 {
            (rows[0].target, rows[0].original) = (Some(0.5), Some("2-3"));
            (rows[1].target, rows[1].original) = (Some(20.0), Some("550-660"));
        }
        self.add(rows);
    }

    fn runner(&mut self) {
        if self.lab.has("runner") {
            let figures = apart::figures(&self.lab, &self.arguments.extent);
            self.add(figures);
        } else {
            self.note("a runner of its own: not measured: this binary has none");
        }
    }

    fn idle(&mut self) {
        let extent = &self.arguments.extent;
        let ours = sut::idle(&self.lab, SYNCED, extent);
        let theirs = self.theirs(|lab| sut::idle(lab, Program::Counterpart, extent));
        let row = |name: &str, unit, read: fn(&sut::Idle) -> f64| {
            Figure::new(name, unit, Some(read(&ours)), theirs.as_ref().map(read))
        };
        let rows = [
            row("idle SUT, resident", "MB", |idle| resident_mb(&idle.memory))
                .target(6.0)
                .original("22.6"),
            row("  of it written itself", "MB", |idle| {
                mb(idle.memory.anonymous)
            }),
            row("  resident after 100 commands", "MB", |idle| {
                resident_mb(&idle.worked)
            }),
            row("idle SUT, CPU of a core", "%", |idle| idle.rate.cpu_percent),
            row("  threads going to sleep", "/s", |idle| {
                idle.rate.sleeps_per_s
            }),
        ];
        self.add(rows);
    }

    /// Whether there is an operator of ours; if not, it is noted.
    fn has_operator(&mut self, what: &str) -> bool {
        let there = self.lab.has("operator");
        if !there {
            let note = format!("{what}: not measured: no operator");
            self.note(&note);
        }
        there
    }

    fn waiting(&mut self) {
        let during = self.arguments.extent.idle;
        let cpu = |lab: &Lab, whose| fleet::waiting(lab, whose, during).cpu_percent;
        let ours = self
            .has_operator("an operator that waits")
            .then(|| cpu(&self.lab, Whose::Ours));
        let theirs = self.theirs(|lab| cpu(lab, Whose::Counterparts));
        let row = Figure::new("operator waiting, CPU of a core", "%", ours, theirs);
        self.add([row.target(0.1).original("73-85")]);
    }

    fn few(&mut self) {
        let clients = self.arguments.extent.few;
        let name = format!("{clients} clients x 3 commands, after the wait");
        let of = |lab: &Lab, whose| fleet::few(lab, whose, clients);
        let ours = self.has_operator(&name).then(|| of(&self.lab, Whose::Ours));
        let theirs = self.theirs(|lab| of(lab, Whose::Counterparts));
        self.add([Figure::new(name, "s", ours, theirs)
            .target(0.5)
            .original("59")]);
    }

    fn many(&mut self) {
        let extent = &self.arguments.extent;
        for (topics, face, clients) in [
            ("own topics", "--own", extent.many),
            ("shared topic", "--old", extent.many_shared),
        ] {
            let name = format!("{clients} clients x 3, {topics}");
            if !self.has_operator(&name) {
                continue;
            }
            let many = fleet::many(&self.lab, clients, face);
            if !many.succeeded {
                let note = format!("{name}: not every step succeeded");
                self.note(&note);
            }
            let each = clients as f64;
            // a second a command and client
            let theirs = Some(each * 3.0);
            let mut whole = Figure::new(name, "s", Some(many.seconds), theirs);
            if face == "--own" {
                whole = whole.target(5.0).original("3000");
            }
            let row =
                |name: &str, unit, ours| Figure::new(format!("  {name}"), unit, Some(ours), None);
            let rows = [
                whole,
                row("operator, peak resident", "MB", many.peak_mb),
                row(
                    "operator, peak resident a client",
                    "KiB",
                    many.peak_mb * 1e6 / 1024.0 / each,
                ),
                row(
                    "operator, CPU time a client",
                    "ms",
                    many.operator_s * 1e3 / each,
                ),
                row(
                    "broker, CPU time a client",
                    "ms",
                    many.broker_s * 1e3 / each,
                ),
                row(
                    "simulated client, CPU time",
                    "ms",
                    many.fleet_s * 1e3 / each,
                ),
                row("simulated client, resident", "KiB", many.kib_a_client),
            ];
            self.add(rows);
        }
        self.note(
            "the counterpart's time for many clients is computed: a second a command and client",
        );
    }
}

fn mb(kib: u64) -> f64 {
    kib as f64 * 1024.0 / 1e6
}

fn resident_mb(memory: &Memory) -> f64 {
    mb(memory.resident)
}
