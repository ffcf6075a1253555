//! Compares rules that are about the same sensors: each stands for itself, so that two may say the same, or together
//! more than is meant.

use super::rule::Read;
use crate::building::Limit;
use crate::model::Mistake;
use crate::topology::findings::{Findings, Rule};
use crate::topology::section::Placed;
use std::collections::HashMap;

/// What an earlier rule says about some sensors.
#[derive(Default)]
struct Earlier {
    above: Option<f64>,
    below: Option<f64>,
}

pub(super) fn compare(rules: &[Read], findings: &mut Findings<'_>) {
    let mut known: HashMap<String, Earlier> = HashMap::new();
    for rule in rules {
        let scope = rule.scope.filter().to_string();
        let earlier = known.entry(scope).or_default();
        if let Some(Placed { value, place }) = &rule.above {
            let message = match (earlier.above, earlier.below) {
                (Some(other), _) => Some(again(Limit::Above(other), *value)),
                (None, Some(least)) if *value <= least => Some(crossed(Limit::Below(least))),
                _ => None,
            };
            told(message, place, findings);
        }
        if let Some(Placed { value, place }) = &rule.below {
            let message = match (earlier.below, earlier.above) {
                (Some(other), _) => Some(again(Limit::Below(other), *value)),
                (None, Some(most)) if most <= *value => Some(crossed(Limit::Above(most))),
                _ => None,
            };
            told(message, place, findings);
        }
        let value = |limit: &Option<Placed<f64>>| limit.as_ref().map(|limit| limit.value);
        earlier.above = earlier.above.or(value(&rule.above));
        earlier.below = earlier.below.or(value(&rule.below));
    }
}

#[allow(clippy::float_cmp)] // what is written twice is the same to the bit
fn again(other: Limit, value: f64) -> String {
    match other.value() == value {
        true => format!("a rule before this one is about the same sensors {other}, too"),
        false => format!("a rule before this one is about the same sensors {other}; both count"),
    }
}

fn crossed(other: Limit) -> String {
    format!("with the rule before this one that is {other}, every value is an alarm")
}

fn told(message: Option<String>, place: &crate::model::Place, findings: &mut Findings<'_>) {
    if let Some(message) = message {
        findings.warn(Rule::RulesBeside, Mistake::new(place.clone(), message));
    }
}
