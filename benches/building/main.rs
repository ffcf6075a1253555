//! A building of ten thousand sensors and the alarm over it: the real binary with a real Mosquitto on loopback, and a
//! plain Python counterpart in the same run. Nothing is asserted about times.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, unreachable_pub)]

mod arguments;
#[path = "../support/command_line.rs"]
mod command_line;
mod lab;
#[path = "../thing/machine.rs"]
mod machine;
#[path = "../thing/process.rs"]
#[allow(dead_code)]
mod process;
#[path = "../thing/python.rs"]
mod python;
#[path = "../governor/report.rs"]
#[allow(dead_code)]
mod report;
#[path = "../thing/samples.rs"]
#[allow(dead_code)]
mod samples;
#[path = "../../tests/support/mod.rs"]
mod support;
#[path = "../governor/wire.rs"]
#[allow(dead_code)]
mod wire;

use arguments::Arguments;
use lab::{Cost, Lab, Run, Whose};
use machine::{Machine, Noise};
use report::{Figure, Report};
use std::process::ExitCode;
use std::time::Duration;

/// A thousand messages a second of ten thousand sensors.
const USUAL: (u32, u32) = (5, 15);
/// Without a pause.
const FASTEST: (u32, u32) = (0, 0);

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(text) => {
            println!("{text}");
            let wrong = text.starts_with("unknown") || text.contains("needs a value");
            return ExitCode::from(if wrong { 2 } else { 0 });
        }
    };
    let Some(lab) = Lab::start(arguments.binary.clone()) else {
        println!("nothing to measure with");
        return ExitCode::SUCCESS;
    };
    let report = measure(&arguments, &lab);
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).unwrap());
    } else {
        report.print();
    }
    ExitCode::SUCCESS
}

fn measure(arguments: &Arguments, lab: &Lab) -> Report {
    let extent = arguments.extent;
    let look = Duration::from_secs(if extent.quick { 1 } else { 3 });
    let mut report = Report {
        quick: extent.quick,
        machine: Machine::new(),
        ..Report::default()
    };
    report.machine.before = Noise::listen(look);
    if let Err(why) = &lab.python {
        report.notes.push(format!("the counterpart was {why}"));
    }
    let sensors = extent.floors * 400;
    for (word, every, name) in [
        ("usual", USUAL, "each every 5 to 15 s"),
        ("fastest", FASTEST, "without a pause"),
    ] {
        if !arguments.wants(word) {
            continue;
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..extent.rounds {
            eprintln!("{word}, round {}", round + 1);
            // in turn, so that both meet the same noise
            ours.push(lab.run(Whose::Ours, extent, every));
            if lab.python.is_ok() {
                theirs.push(lab.run(Whose::Counterpart, extent, every));
            }
        }
        let figures = figures(&format!("{sensors} sensors, {name}"), &ours, &theirs);
        report.figures.extend(figures);
    }
    report.machine.after = Noise::listen(look);
    report
}

/// What is taken of a run.
type Of<T> = fn(&Run) -> T;

/// The best of the rounds: whoever else wants the machine only makes it worse. Memory is that of the last.
fn figures(name: &str, ours: &[Run], theirs: &[Run]) -> Vec<Figure> {
    let most = |runs: &[Run], of: Of<f64>| runs.iter().map(of).reduce(f64::max);
    let least = |runs: &[Run], of: Of<f64>| runs.iter().map(of).reduce(f64::min);
    let per_s = |run: &Run| run.per_s;
    let rate = format!("{name}: messages");
    let mut figures =
        vec![Figure::new(rate, "/s", most(ours, per_s), most(theirs, per_s)).more_is_better()];
    let programs: [(&str, Of<Cost>); 2] = [
        ("simulator", |run| run.simulator),
        ("alarm", |run| run.alarm),
    ];
    let each: [Of<f64>; 2] = [|run| run.simulator.each_us, |run| run.alarm.each_us];
    for ((program, cost), each) in programs.into_iter().zip(each) {
        let name = format!("  {program}, processor time of a message");
        figures.push(Figure::new(
            name,
            "us",
            least(ours, each),
            least(theirs, each),
        ));
        for (nth, when) in ["at the beginning", "in the middle", "at the end"]
            .into_iter()
            .enumerate()
        {
            let of = |runs: &[Run]| runs.last().map(|run| cost(run).memory_mib[nth]);
            let name = format!("  {program}, own memory {when}");
            figures.push(Figure::new(name, "MiB", of(ours), of(theirs)));
        }
    }
    figures
}
