//! A thing of a topology with a simulated board instead of a Pi.

use super::Who;
use crate::board::Port;
use crate::board::sim::{Pins, SimGrovePi, Timing};
use crate::model::{Topic, TopicError, ValueKind};
use crate::resources::Spec;
use crate::topology::{Address, Topology};
use thiserror::Error;

/// The names that its things get could not be used.
#[derive(Debug, Error)]
pub enum StationError {
    /// The prefix gives no topic.
    #[error("the prefix `{prefix}` cannot stand before an address: {source}")]
    Prefix {
        /// The prefix.
        prefix: String,
        /// Why not.
        source: TopicError,
    },
    /// A slash would put the thing's topics on other levels.
    #[error("the prefix `{0}` holds a slash; it is the beginning of one level of a topic")]
    Slash(String),
}

/// A thing and the board under it.
#[derive(Clone)]
pub struct Station {
    /// Its name in the topology.
    pub name: String,
    /// What its topics begin with.
    pub id: Topic,
    /// Whether the file leaves the id to the Pi, so that one was made up here.
    pub made_up: bool,
    /// Its resources.
    pub specs: Vec<Spec>,
    /// Its board.
    pub board: SimGrovePi,
    /// Its board's bench.
    pub pins: Pins,
}

impl Station {
    /// Whether anything of it is on the board.
    #[must_use]
    pub fn needs_board(&self) -> bool {
        self.specs.iter().any(|spec| spec.kind.needs_board())
    }

    /// Itself, by name.
    #[must_use]
    pub fn thing(&self) -> Who {
        Who::Thing {
            thing: self.name.clone(),
        }
    }

    /// One of its resources, by name.
    #[must_use]
    pub fn who(&self, resource: usize) -> Who {
        match self.specs.get(resource) {
            Some(spec) => Who::Resource {
                thing: self.name.clone(),
                resource: spec.name.clone(),
            },
            None => self.thing(),
        }
    }

    /// The port of one of its resources.
    #[must_use]
    pub fn port(&self, resource: usize) -> Option<Port> {
        self.specs.get(resource).and_then(|spec| spec.port)
    }
}

/// The stations of a topology, in its order. An id that a Pi would find out when it runs is made up, from addresses
/// that are kept for examples (RFC 5737). Each id begins with `prefix`.
///
/// # Errors
/// The prefix holds what a level of a topic cannot hold.
pub fn stations(
    topology: &Topology,
    prefix: &str,
    timing: Timing,
) -> Result<Vec<Station>, StationError> {
    if prefix.contains('/') {
        return Err(StationError::Slash(prefix.to_owned()));
    }
    let fixed: Vec<&Topic> = topology
        .things
        .iter()
        .filter_map(|plan| match &plan.address {
            Address::Fixed(id) => Some(id),
            _ => None,
        })
        .collect();
    let mut spare = (1..=254)
        .map(|n| format!("192.0.2.{n}"))
        .chain((1_u32..).map(|n| format!("thing{n}")))
        .filter(|id| fixed.iter().all(|fixed| fixed.as_str() != id));
    let prefixed = |text: &str| {
        Topic::new(format!("{prefix}{text}")).map_err(|source| StationError::Prefix {
            prefix: prefix.to_owned(),
            source,
        })
    };
    let mut stations = Vec::new();
    for plan in &topology.things {
        let (own, made_up) = match &plan.address {
            Address::Fixed(id) => (id.clone(), false),
            _ => {
                let spare = spare.next().expect("there is always a next number");
                (
                    Topic::new(spare).expect("letters and digits are a topic"),
                    true,
                )
            }
        };
        let mut specs = plan.specs(&own);
        for spec in &mut specs {
            spec.id = prefixed(spec.id.as_str())?;
            // no real building hears what was made up here
            spec.room = spec.room.as_ref().and_then(|room| room.prefixed(prefix));
            for source in &mut spec.sources {
                let topics = std::iter::once(&mut source.topic).chain(&mut source.presence);
                for topic in topics {
                    let first = topic.as_str().split('/').next().unwrap_or_default();
                    if first == own.as_str() || fixed.iter().any(|id| id.as_str() == first) {
                        *topic = prefixed(topic.as_str())?;
                    }
                }
            }
        }
        let board = SimGrovePi::new(timing);
        furnish(&board.pins(), &specs);
        stations.push(Station {
            name: plan.name.clone(),
            id: prefixed(own.as_str())?,
            made_up,
            specs,
            pins: board.pins(),
            board,
        });
    }
    Ok(stations)
}

/// Puts a room around the board: modules that measure it find something to measure.
fn furnish(pins: &Pins, specs: &[Spec]) {
    pins.attach_lcd();
    for port in Port::ALL {
        pins.set_climate(port, Some([21.5, 45.0]));
        pins.set_distance(port, Some(120));
    }
    for spec in specs {
        let analog = spec.port.and_then(|port| port.analog().ok());
        if let (Some(port), ValueKind::Decimal) = (analog, spec.value()) {
            pins.set_analog(port, 512);
        }
    }
}

/// On how many topics the broker will keep something of these things.
#[must_use]
pub fn retained_topics(stations: &[Station]) -> usize {
    let of = |station: &Station| {
        let kept = |spec: &Spec| spec.channels().iter().filter(|it| it.retain).count();
        let specs = station.specs.iter();
        let resources = specs.map(|spec| kept(spec) + usize::from(spec.kind.needs_board()));
        2 + resources.sum::<usize>()
    };
    stations.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology;

    const LAB: &str = r#"
        [broker]
        url = "mqtt://localhost"
        [things.one]
        address = "10.0.0.1"
        [things.one.resources]
        button0 = { kind = "button", port = "D3" }
        [things.two]
        interface = "eth0"
        [things.two.resources]
        button1 = { kind = "button", port = "D3" }
        led0 = { kind = "led", port = "D4", follows = ["one/button0", "two/button1", "9.9.9.9/sensors/button0"] }
    "#;

    fn topics(prefix: &str) -> Vec<String> {
        let topology = topology::parse(LAB).unwrap();
        let stations = stations(&topology, prefix, Timing::None).unwrap();
        let sources = stations[1].specs[1].sources.iter();
        let mut topics = vec![stations[0].id.to_string(), stations[1].id.to_string()];
        topics.extend(sources.map(|source| source.topic.to_string()));
        topics
    }

    #[test]
    fn an_address_that_only_a_pi_knows_is_made_up() {
        let ours = ["10.0.0.1", "192.0.2.1"];
        let sources = [
            "10.0.0.1/sensors/button0",
            "192.0.2.1/sensors/button1",
            "9.9.9.9/sensors/button0",
        ];
        assert_eq!(topics(""), [&ours[..], &sources[..]].concat());
    }

    #[test]
    fn a_prefix_moves_our_things_and_leaves_strangers() {
        let ours = ["demo-10.0.0.1", "demo-192.0.2.1"];
        let sources = [
            "demo-10.0.0.1/sensors/button0",
            "demo-192.0.2.1/sensors/button1",
            "9.9.9.9/sensors/button0",
        ];
        assert_eq!(topics("demo-"), [&ours[..], &sources[..]].concat());
    }

    #[test]
    fn a_prefix_that_is_no_level_is_refused() {
        let topology = topology::parse(LAB).unwrap();
        for prefix in ["a/", "+", "\n"] {
            assert!(
                stations(&topology, prefix, Timing::None).is_err(),
                "{prefix:?}"
            );
        }
    }
}
