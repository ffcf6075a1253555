//! The steps of a script, derived from what a lab has.

use super::{Expectation, Input, Station, Who};
use crate::model::{Topic, Value, ValueKind};
use crate::thing::Class;
use std::time::Duration;

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Wait for a message that comes by itself.
    Listen {
        who: Who,
        topic: Topic,
        every: Duration,
    },
    /// Move an input.
    Move { input: usize, value: Value },
}

/// Each input alone; then, where an output has several sources, all of them on one by one and off one by one; at the
/// end every input on, so that there is something to put to rest.
pub(super) fn steps(stations: &[Station], inputs: &[Input], lab: &Expectation) -> Vec<Step> {
    let mut steps: Vec<Step> = stations.iter().flat_map(listen).collect();
    let to = |input: usize, value: Value| Step::Move { input, value };
    for (index, input) in inputs.iter().enumerate() {
        steps.extend(positions(input).into_iter().map(|value| to(index, value)));
    }
    let mut done: Vec<Vec<usize>> = Vec::new();
    for output in 0..lab.outputs().len() {
        let sources: Vec<usize> = (0..inputs.len())
            .filter(|index| lab.follows(output, &inputs[*index].topic))
            .collect();
        if sources.len() < 2 || done.contains(&sources) {
            continue;
        }
        steps.extend(
            sources
                .iter()
                .map(|index| to(*index, inputs[*index].high())),
        );
        steps.extend(sources.iter().map(|index| to(*index, inputs[*index].low())));
        done.push(sources);
    }
    steps.extend(
        inputs
            .iter()
            .enumerate()
            .map(|(index, input)| to(index, input.high())),
    );
    steps
}

/// What a script neither moves nor checks, and why.
#[must_use]
pub fn left_out(stations: &[Station]) -> Vec<String> {
    let inputs = super::inputs(stations);
    let lab = Expectation::new(stations);
    let mut sentences = Vec::new();
    for (index, station) in stations.iter().enumerate() {
        for (resource, spec) in station.specs.iter().enumerate() {
            let place = (index, resource);
            let moved = inputs
                .iter()
                .any(|input| (input.station, input.resource) == (Some(index), Some(resource)));
            let checked = lab
                .outputs()
                .iter()
                .any(|output| (output.station, output.resource) == place);
            let who = station.who(resource);
            if spec.asked_on().is_some() {
                sentences.push(format!("{who} is left out: nobody asks it"));
            } else if spec.kind.class == Class::Stuff {
                if spec.duration("every_ms") > LONGEST_BEAT {
                    sentences.push(format!("{who} is not waited for: it speaks too seldom"));
                }
            } else if !moved && !checked {
                let kind = spec.kind.name;
                sentences.push(format!(
                    "{who} is not checked: nothing moves or shows a {kind} here"
                ));
            }
        }
    }
    sentences
}

/// The longest beat that is waited for.
const LONGEST_BEAT: Duration = Duration::from_secs(10);

fn listen(station: &Station) -> impl Iterator<Item = Step> + '_ {
    let beats = station
        .specs
        .iter()
        .enumerate()
        .filter(|(_, spec)| spec.kind.class == Class::Stuff && spec.asked_on().is_none());
    beats
        .filter(|(_, spec)| spec.duration("every_ms") <= LONGEST_BEAT)
        .map(|(resource, spec)| Step::Listen {
            who: station.who(resource),
            topic: spec.channel().topic,
            every: spec.duration("every_ms"),
        })
}

/// Where an input is moved to, from rest and back. Each step is large enough to be said.
fn positions(input: &Input) -> Vec<Value> {
    let mut positions = Vec::new();
    if let ValueKind::Integer { min, max } = input.value {
        let length = max - min + 1;
        let parts = if input.smallest_step < length / 4 {
            4
        } else {
            2
        };
        let between = (1..parts).map(|part| min + length * part / parts);
        positions.extend(
            between
                .filter(|n| (min + 1..max).contains(n))
                .map(Value::Integer),
        );
        positions.dedup();
    }
    positions.extend([input.high(), input.low()]);
    positions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::sim::Timing;
    use crate::demo::{SCENARIO, inputs, stations};
    use crate::topology;

    fn told(file: &str) -> Vec<String> {
        let stations = stations(&topology::parse(file).unwrap(), "", Timing::None).unwrap();
        let inputs = inputs(&stations);
        let steps = steps(&stations, &inputs, &Expectation::new(&stations));
        let told = |step: &Step| match step {
            Step::Listen { who, .. } => format!("listen to {who}"),
            Step::Move { input, value } => {
                format!("{} {}", inputs[*input].who, inputs[*input].action(value))
            }
        };
        steps.iter().map(told).collect()
    }

    #[test]
    fn the_scenario_is_pressed_turned_and_pressed_again() {
        let expected = [
            "inner/button0 pressed",
            "inner/button0 released",
            "inner/rotary0 turned to 256",
            "inner/rotary0 turned to 512",
            "inner/rotary0 turned to 768",
            "inner/rotary0 turned to 1023",
            "inner/rotary0 turned to 0",
            "inner/button0 pressed",
            "inner/rotary0 turned to 1023",
        ];
        assert_eq!(told(SCENARIO), expected);
    }

    #[test]
    fn strangers_sets_beats_and_several_sources_have_steps() {
        let file = r#"
            [broker]
            url = "mqtt://localhost"
            [things.t]
            address = "t"
            [things.t.resources]
            clock0 = { kind = "clock" }
            knob = { kind = "rotary", port = "A0", dead_band = 400 }
            relay0 = { kind = "relay", port = "D7" }
            button0 = { kind = "button", port = "D2" }
            led0 = { kind = "led", port = "D4", follows = ["t/button0", { topic = "old/sensors/button0", stale_after_s = 60 }], combine = "all" }
        "#;
        let expected = [
            "listen to t/clock0",
            "t/knob turned to 512",
            "t/knob turned to 1023",
            "t/knob turned to 0",
            "t/relay0 says True",
            "t/relay0 says False",
            "t/button0 pressed",
            "t/button0 released",
            "old/sensors/button0 says True",
            "old/sensors/button0 says False",
            "t/button0 pressed",
            "old/sensors/button0 says True",
            "t/button0 released",
            "old/sensors/button0 says False",
            "t/knob turned to 1023",
            "t/relay0 says True",
            "t/button0 pressed",
            "old/sensors/button0 says True",
        ];
        assert_eq!(told(file), expected);
    }
}
