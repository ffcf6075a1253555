//! The figures of `docs/figures.md`: the real binary on simulated boards with real bus timing, with a real Mosquitto
//! on loopback, and a plain Python counterpart in the same run. Nothing is asserted about times.
//!
//! The boards are in this process; `tests/preload` puts them behind `/dev/i2c-1` of the processes that are measured.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, unreachable_pub)]

mod arguments;
mod bare;
#[path = "../../tests/tls/certificates.rs"]
#[allow(dead_code)]
mod certificates;
#[path = "../support/command_line.rs"]
mod command_line;
#[path = "../support/entrance.rs"]
#[allow(dead_code)]
mod entrance;
mod figures;
mod lab;
#[path = "../../tests/tls/listener.rs"]
#[allow(dead_code)]
mod listener;
mod machine;
mod presses;
mod process;
mod python;
mod report;
mod samples;
mod scale;
#[path = "../../tests/support/mod.rs"]
mod support;

use arguments::Arguments;
use figures::{Load, Measured};
use lab::{Lab, Program};
use machine::{Machine, Noise};
use report::Report;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const BY_DEFAULT: Program = Program::Ours {
    every_ms: 10,
    buttons: 1,
};
const FASTEST: Program = Program::Ours {
    every_ms: 1,
    buttons: 1,
};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, what] = &words[..] {
        if word == bare::WORD {
            bare::run(what);
        }
    }
    let arguments = match arguments::parse(words.into_iter()) {
        Ok(arguments) => arguments,
        Err(text) => {
            println!("{text}");
            let wrong = text.starts_with("unknown") || text.contains("needs a value");
            return ExitCode::from(if wrong { 2 } else { 0 });
        }
    };
    let report = match measure(&arguments) {
        Ok(report) => report,
        Err(skipped) => {
            println!("{skipped}");
            return ExitCode::SUCCESS;
        }
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).unwrap());
    } else {
        report.print();
    }
    ExitCode::SUCCESS
}

fn measure(arguments: &Arguments) -> Result<Report, String> {
    let (extent, began) = (&arguments.extent, Instant::now());
    let mut report = Report {
        quick: extent.quick,
        machine: Machine::new(),
        ..Report::default()
    };
    let look = Duration::from_secs(if extent.quick { 1 } else { 3 });
    report.machine.before = Noise::listen(look);
    let lab = Lab::start(arguments.binary.clone(), arguments.tls)?;
    let part = |name: &str, what: &str| {
        let wanted = arguments.wants(name);
        if wanted {
            eprintln!("{what}, after {:.0} s", began.elapsed().as_secs_f64());
        }
        wanted
    };
    if cfg!(feature = "demo") {
        let note = "mqtt-thing has the demo's broker in it and takes some 2 MB more than on a Pi: \
                    cargo bench --no-default-features leaves it out";
        report.notes.push(note.to_owned());
    }
    if arguments.tls {
        let note = "ours over TLS; the counterpart over plain TCP";
        report.notes.push(note.to_owned());
    }
    let ours = part("latency", "mqtt-thing")
        .then(|| Measured::measure(&lab, BY_DEFAULT, &Load::ours(extent)));
    let fastest = part("fastest", "mqtt-thing with every_ms = 1")
        .then(|| Measured::measure(&lab, FASTEST, &Load::fastest(extent)));
    if let Some(why) = lab.no_counterpart() {
        report.notes.push(format!("the counterpart was {why}"));
    }
    let theirs = (lab.no_counterpart().is_none() && part("counterpart", "the counterpart"))
        .then(|| Measured::measure(&lab, Program::Counterpart, &Load::counterpart(extent)));
    report.figures = figures::by_default(ours.as_ref(), theirs.as_ref(), lab::armv7_binary());
    if let Some(fastest) = &fastest {
        report.figures.extend(figures::at_the_fastest(fastest));
    }
    for (name, measured) in [
        ("mqtt-thing", &ours),
        ("every_ms = 1", &fastest),
        ("the counterpart", &theirs),
    ] {
        let Some(followed) = measured.as_ref().map(|measured| &measured.followed) else {
            continue;
        };
        let (edges, lost) = (followed.samples().len(), followed.lost);
        report.notes.push(format!(
            "{name}: {edges} edges timed, {lost} never seen by the LED"
        ));
    }
    if part("resources", "from 1 to 10 resources") {
        report.resources = scale::resources(&lab, extent);
    }
    if part("things", "from 1 to 100 things") {
        report.things = scale::things(&lab, extent);
    }
    drop(lab);
    report.machine.after = Noise::listen(look);
    eprintln!("done after {:.0} s", began.elapsed().as_secs_f64());
    Ok(report)
}
