//! One file for the whole lab: from text to a plan, or to all its mistakes at once.
//!
//! ```text
//! text -> syntax  (TOML with places)  -> broker, home, thing, resource, follows  (each reads its table, as written)
//!      -> targets (who is meant)      -> order (circles)                   -> wiring (what fits)  -> plan
//! ```
//! What follows from a plan: `rights`, for a broker's access list, and `discovery`, for Home Assistant.
//!
//! Beside it, by the same means, `governor`: the governor's `config.ini`, `pipelines`: what an operator is to have
//! done, `alarms`: when something in a building is an alarm, and `answers`: how a simulated fleet answers.
//!
//! Kinds are read through their rows in [`KINDS`](crate::resources::KINDS), so a new kind needs nothing here. Each way
//! to be wrong is a rule in `findings.rs` with a test of its own. Source: the wire contract, section 1.

mod access;
mod address;
mod advice;
pub mod alarms;
pub mod answers;
mod any_file;
mod broker;
mod buildings;
pub mod discovery;
mod environment;
mod executor;
mod executor_keys;
mod findings;
mod follows;
pub mod governor;
mod governor_face;
mod home;
mod lines;
mod load;
mod order;
pub mod pipelines;
mod plan;
mod report;
mod resource;
pub mod rights;
mod room;
mod section;
mod syntax;
mod targets;
mod thing;
mod unsigned;
mod wiring;

#[cfg(test)]
mod tests;

pub use any_file::{AnyFile, check_any};
pub use home::HomeAssistant;
pub use lines::Lines;
pub use load::{FILE, LoadError, load};
pub use plan::{Address, Broker, ResourcePlan, SourcePlan, ThingPlan, Topology};
pub use report::{report, report_warnings};

use crate::model::Mistake;
use findings::{Findings, Rule};
use section::Section;

/// Reads a topology.
///
/// # Errors
/// All mistakes of the text, in its order. Broken TOML hides the rest; anything else hides nothing.
///
/// ```
/// let text = r#"
///     [broker]
///     url = "mqtt://172.16.32.5"
///     [things.inner]
///     address = "172.16.32.157"
///     [things.inner.resources]
///     button0 = { kind = "button", port = "D3" }
///     led0 = { kind = "led", port = "D4", follows = "inner/button0" }
/// "#;
/// let topology = mqtt_thing::topology::parse(text).unwrap();
/// assert_eq!(topology.things[0].resources[1].sources[0].name, "inner/button0");
/// ```
pub fn parse(text: &str) -> Result<Topology, Vec<Mistake>> {
    let mut findings = Findings::new(text);
    let topology = read(text, &mut findings);
    let (mistakes, warnings) = findings.sorted();
    match topology {
        Some(topology) if mistakes.is_empty() => Ok(Topology {
            warnings,
            ..topology
        }),
        _ => Err(mistakes),
    }
}

fn read<'t>(text: &'t str, findings: &mut Findings<'t>) -> Option<Topology> {
    if text.len() > load::LARGEST {
        findings.refuse(Rule::TooLarge, load::too_large(text));
        return None;
    }
    let table = syntax::read(text, findings)?;
    let mut top = Section::new("the file", 0..0, Rule::UnknownKeyInFile, table.get_ref());
    let broker = broker::read(&mut top, findings);
    let home = home::read(&mut top, findings);
    let buildings = buildings::read(&mut top, findings);
    let things = thing::read(&mut top, findings);
    top.finish(|_| None, findings);
    address::are_used_once(&things, findings);
    governor_face::names_are_used_once(&things, findings);
    room::are_used_once(&things, findings);
    let plans = wiring::plans(&things, findings);
    let things = things
        .into_iter()
        .zip(plans)
        .map(|(thing, resources)| {
            Some(ThingPlan {
                name: thing.name.to_owned(),
                address: thing.address?.value,
                bus: thing.bus,
                reset_gpio: thing.reset_gpio,
                resources,
                home: home.clone().unwrap_or_default(),
            })
        })
        .collect::<Option<Vec<ThingPlan>>>()?;
    Some(Topology {
        broker: broker?,
        things,
        buildings,
        warnings: Vec::new(),
    })
}
