//! What a runner of its own costs: the same thing with its jobs in its own process, and in another one, in turn.

use crate::arguments::Extent;
use crate::lab::{Lab, Program};
use crate::report::Figure;
use crate::samples::Samples;
use crate::sut::{self, peak_kib};

const fn thing(sync: bool, runner: bool) -> Program {
    Program::Thing { sync, runner }
}

const PLACES: [(bool, &str); 2] = [
    (false, "jobs in the thing's process"),
    (true, "with a runner of its own"),
];

/// All of it.
pub fn figures(lab: &Lab, extent: &Extent) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (sync, journal) in [(false, "not synced"), (true, "synced")] {
        let mut trips = [Vec::new(), Vec::new()];
        let mut queued = [0_f64; 2];
        for _ in 0..extent.rounds {
            for (nth, (runner, _)) in PLACES.into_iter().enumerate() {
                let program = thing(sync, runner);
                trips[nth].extend(sut::round_trips(lab, program, extent.round_trips));
                queued[nth] = queued[nth].max(sut::queued(lab, program, extent.queued));
            }
        }
        let trips: [Samples; 2] = trips.map(Samples::of);
        for percent in [50.0, 99.0] {
            for (samples, (_, place)) in trips.iter().zip(PLACES) {
                let name = format!("round trip, {journal}, {place}, p{percent}");
                figures.push(Figure::new(
                    name,
                    "ms",
                    Some(samples.percentile(percent)),
                    None,
                ));
            }
        }
        for (rate, (_, place)) in queued.into_iter().zip(PLACES) {
            let name = format!("{} queued, {journal}, {place}", extent.queued);
            figures.push(Figure::new(name, "/s", Some(rate), None).more_is_better());
        }
    }
    for bytes in extent.outputs {
        for (runner, place) in PLACES {
            let output = sut::output(lab, thing(true, runner), bytes);
            let mb = bytes as f64 / 1e6;
            let name = format!("{mb:.0} MB of output, {place}");
            figures.push(Figure::new(name, "s", Some(output.seconds), None));
            let name = "  the thing, peak resident";
            figures.push(Figure::new(name, "MB", Some(output.peak_mb), None));
        }
    }
    figures.push(Figure::new(
        "an idle runner, peak resident",
        "MB",
        Some(idle(lab)),
        None,
    ));
    figures
}

/// The memory of a runner after a command.
fn idle(lab: &Lab) -> f64 {
    let mut asked = lab.sut(thing(true, true));
    asked.command("true");
    asked.answer();
    let runner = asked.runner.take().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", runner.id()));
    asked.process.stop();
    runner.stop();
    peak_kib(&status.unwrap_or_default()) * 1024.0 / 1e6
}
