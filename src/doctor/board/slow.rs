//! A sensor that holds the whole board while it measures, beside something that must be read often.
//!
//! How long that is, each kind tells: [`Kind::holds_board`](crate::resources::Kind::holds_board).

use crate::doctor::{Cure, Findings, Severity};
use crate::topology::ResourcePlan;
use std::time::Duration;

/// A press of a finger lasts longer; who holds the board for less costs none.
const PRESS: Duration = Duration::from_millis(50);

/// A resource, as far as that goes.
#[derive(Debug, Clone)]
pub(super) struct Hold {
    name: String,
    /// How long one reading of it holds the board, if that is long.
    holds: Option<Duration>,
    /// Whether somebody moves it and expects something at once.
    quick: bool,
}

impl Hold {
    pub(super) fn of(resource: &ResourcePlan) -> Self {
        Self {
            name: resource.name.clone(),
            holds: resource.kind.holds_board,
            quick: matches!(resource.kind.name, "button" | "rotary"),
        }
    }
}

pub(super) fn judge(resources: &[Hold], findings: &mut Findings) {
    let quick: Vec<&str> = resources
        .iter()
        .filter(|resource| resource.quick)
        .map(|resource| resource.name.as_str())
        .collect();
    for slow in resources {
        let Some(held) = slow
            .holds
            .filter(|held| *held >= PRESS && !quick.is_empty())
        else {
            continue;
        };
        let cause = format!(
            "{} holds the board for {} ms at each reading, and {} on the same board cannot be read meanwhile: short presses are \
             lost",
            slow.name,
            held.as_millis(),
            quick.join(", ")
        );
        let cures = [
            Cure::advise("put it on another Pi's board"),
            Cure::advise("or read it less often: a larger `every_ms` in the file"),
        ];
        findings.tell("slow-sensor", Severity::Warning, cause, cures);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::tests::rules;

    #[test]
    fn a_slow_sensor_is_told_only_beside_something_quick() {
        let made = |name: &str, holds_ms: Option<u64>, quick| Hold {
            name: name.to_owned(),
            holds: holds_ms.map(Duration::from_millis),
            quick,
        };
        let told = |resources: &[Hold]| rules(|findings| judge(resources, findings));
        let (slow, button) = (made("dht0", Some(270), false), made("button0", None, true));
        assert_eq!(told(&[slow.clone(), button.clone()]), ["slow-sensor"]);
        assert_eq!(told(&[slow, made("led0", None, false)]), [""; 0]);
        assert_eq!(told(&[made("light0", Some(2), false), button]), [""; 0]);
    }
}
