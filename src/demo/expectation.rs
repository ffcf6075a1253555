//! What every output of a lab has to do, worked out from the plan alone.
//!
//! This repeats on purpose, in other words, what `thing/follow.rs` and the kinds do: a script that asked the engine
//! what the engine should do would prove nothing. Everybody is taken to be online.

use super::Station;
use crate::board::Port;
use crate::model::{Topic, Value, ValueKind};
use crate::resources::PortUse;
use crate::thing::Combine;
use std::collections::BTreeMap;

/// The outputs of a lab, and what was heard so far.
#[derive(Debug, Clone)]
pub struct Expectation {
    outputs: Vec<Expected>,
    heard: BTreeMap<Topic, Heard>,
    count: u64,
}

/// One output.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The thing.
    pub station: usize,
    /// Its place among the thing's resources.
    pub resource: usize,
    /// The socket.
    pub port: Port,
    /// Where its state is told.
    pub topic: Topic,
    value: ValueKind,
    sources: Vec<(Topic, ValueKind)>,
    combine: Combine,
    /// Above the lower end of its range.
    above: i64,
}

/// A number above the lower end of a range, the length of the range, and how late it came.
#[derive(Debug, Clone, Copy)]
struct Heard {
    above: i64,
    span: i64,
    order: u64,
}

const fn span(value: ValueKind) -> i64 {
    match value {
        ValueKind::Integer { min, max } => max - min,
        _ => 1,
    }
}

const fn lower(value: ValueKind) -> i64 {
    match value {
        ValueKind::Integer { min, .. } => min,
        _ => 0,
    }
}

/// The nearest whole number; ranges of ports lie far below 2^53.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
fn share(above: i64, of: i64, to: i64) -> i64 {
    (above as f64 * to as f64 / of.max(1) as f64).round() as i64
}

impl Expected {
    /// How much of the time its pin is high, of 255.
    #[must_use]
    pub fn duty(&self) -> u8 {
        u8::try_from(share(self.above, span(self.value), 255)).unwrap_or(u8::MAX)
    }

    /// What it says of itself.
    #[must_use]
    pub fn said(&self) -> String {
        match self.value {
            ValueKind::Integer { min, .. } => Value::Integer(min + self.above),
            _ => Value::Bool(self.above > 0),
        }
        .encode()
    }

    /// Whether it is dimmed rather than switched.
    #[must_use]
    pub const fn is_dimmed(&self) -> bool {
        matches!(self.value, ValueKind::Integer { .. })
    }

    fn wanted(&self, heard: &BTreeMap<Topic, Heard>) -> Option<i64> {
        let all = self.sources.iter().map(|(topic, _)| heard.get(topic));
        let scaled = |heard: &Heard| share(heard.above, heard.span, span(self.value));
        all.clone().any(|heard| heard.is_some()).then_some(())?;
        match self.combine {
            Combine::Last => all.flatten().max_by_key(|heard| heard.order).map(scaled),
            // who has not spoken yet counts as at rest
            Combine::Any => all.map(|heard| heard.map_or(0, scaled)).max(),
            Combine::All => all.map(|heard| heard.map_or(0, scaled)).min(),
        }
    }
}

impl Expectation {
    /// All outputs at rest, nothing heard.
    #[must_use]
    pub fn new(stations: &[Station]) -> Self {
        let mut outputs = Vec::new();
        for (station, place) in stations.iter().enumerate() {
            for (resource, spec) in place.specs.iter().enumerate() {
                let value = spec.value();
                // what it shows is the level or the pulse width of its pin
                let visible = matches!(value, ValueKind::Bool | ValueKind::Integer { .. })
                    && spec.kind.port == PortUse::Digital;
                let (Some(_), Some(port), true) = (spec.kind.can_follow, spec.port, visible) else {
                    continue;
                };
                let mut sources: Vec<_> = spec
                    .sources
                    .iter()
                    .map(|source| (source.topic.clone(), source.value))
                    .collect();
                if sources.is_empty() {
                    sources.push((spec.set_topic(), value));
                }
                outputs.push(Expected {
                    station,
                    resource,
                    port,
                    topic: spec.topic(),
                    value,
                    sources,
                    combine: spec.combine,
                    above: 0,
                });
            }
        }
        Self {
            outputs,
            heard: BTreeMap::new(),
            count: 0,
        }
    }

    /// Somebody says `value`, which is of that kind. Returns which outputs change, and those that follow them.
    pub fn hear(&mut self, topic: &Topic, kind: ValueKind, value: &Value) -> Vec<usize> {
        let above = match value {
            Value::Bool(true) => span(kind),
            Value::Integer(n) => n - lower(kind),
            _ => 0,
        };
        let mut changed = Vec::new();
        let mut news = vec![(topic.clone(), above, span(kind))];
        // a file without circles comes to rest after as many rounds as it has outputs
        for _ in 0..=self.outputs.len() {
            for (topic, above, span) in std::mem::take(&mut news) {
                self.count += 1;
                let order = self.count;
                self.heard.insert(topic, Heard { above, span, order });
            }
            for (index, output) in self.outputs.iter_mut().enumerate() {
                if let Some(wanted) = output
                    .wanted(&self.heard)
                    .filter(|wanted| *wanted != output.above)
                {
                    output.above = wanted;
                    changed.push(index);
                    news.push((output.topic.clone(), wanted, span(output.value)));
                }
            }
            if news.is_empty() {
                break;
            }
        }
        changed.sort_unstable();
        changed.dedup();
        changed
    }

    /// Every output.
    #[must_use]
    pub fn outputs(&self) -> &[Expected] {
        &self.outputs
    }

    /// Whether an output follows this topic, itself or through others.
    #[must_use]
    pub fn follows(&self, output: usize, topic: &Topic) -> bool {
        let mut reached = vec![topic.clone()];
        for _ in 0..=self.outputs.len() {
            for other in &self.outputs {
                let by = other
                    .sources
                    .iter()
                    .any(|(source, _)| reached.contains(source));
                if by && !reached.contains(&other.topic) {
                    reached.push(other.topic.clone());
                }
            }
        }
        self.outputs
            .get(output)
            .is_some_and(|output| reached.contains(&output.topic))
    }

    /// The topics that an output follows directly.
    pub fn sources(&self, output: usize) -> impl Iterator<Item = &Topic> {
        self.outputs
            .get(output)
            .into_iter()
            .flat_map(|output| output.sources.iter().map(|(topic, _)| topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::sim::Timing;
    use crate::demo::{inputs, stations};
    use crate::topology;

    const LAB: &str = r#"
        [broker]
        url = "mqtt://localhost"
        [things.t]
        address = "t"
        [things.t.resources]
        a = { kind = "button", port = "D2" }
        b = { kind = "button", port = "D8" }
        knob = { kind = "rotary", port = "A0" }
        any = { kind = "led", port = "D3", follows = ["t/a", "t/b"] }
        all = { kind = "led", port = "D4", follows = ["t/a", "t/b"], combine = "all" }
        last = { kind = "led", port = "D5", follows = ["t/a", "t/knob"], combine = "last" }
        behind = { kind = "led", port = "D7", follows = "t/all" }
        alone = { kind = "relay", port = "A1" }
    "#;

    fn duties(lab: &Expectation) -> Vec<u8> {
        lab.outputs().iter().map(Expected::duty).collect()
    }

    #[test]
    fn outputs_follow_as_the_file_says() {
        let stations = stations(&topology::parse(LAB).unwrap(), "", Timing::None).unwrap();
        let inputs = inputs(&stations);
        let mut lab = Expectation::new(&stations);
        let mut hear = |name: &str, value: Value| {
            let input = inputs
                .iter()
                .find(|input| input.who.to_string() == name)
                .unwrap();
            let changed = lab.hear(&input.topic, input.value, &value);
            (changed, duties(&lab))
        };
        assert_eq!(
            hear("t/a", Value::Bool(true)),
            (vec![0, 2], vec![255, 0, 255, 0, 0])
        );
        assert_eq!(
            hear("t/knob", Value::Integer(512)),
            (vec![2], vec![255, 0, 128, 0, 0])
        );
        assert_eq!(
            hear("t/b", Value::Bool(true)),
            (vec![1, 3], vec![255, 255, 128, 255, 0])
        );
        assert_eq!(
            hear("t/a", Value::Bool(false)),
            (vec![1, 2, 3], vec![255, 0, 0, 0, 0])
        );
        assert_eq!(
            hear("t/alone", Value::Bool(true)),
            (vec![4], vec![255, 0, 0, 0, 255])
        );
        assert_eq!(lab.outputs()[2].said(), "0");
        assert!(lab.follows(3, &Topic::new("t/sensors/a").unwrap()));
        assert!(!lab.follows(3, &Topic::new("t/sensors/knob").unwrap()));
    }
}
