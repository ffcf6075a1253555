//! What is allowed, but hardly meant. Few, so that people read them.

use super::findings::{Findings, Rule};
use super::resource::WrittenResource;
use super::section::{Item, shown};
use crate::model::Mistake;
use crate::resources::{Kind, PortUse};

/// The shortest press of a quick finger, in milliseconds.
const SHORT_PRESS: i64 = 50;

/// Two presses of a quick finger follow each other after so many milliseconds.
const NEXT_PRESS: i64 = 200;

/// Looks at one setting of a resource.
pub(super) fn setting(
    kind: &Kind,
    key: &str,
    value: i64,
    item: &Item<'_>,
    findings: &mut Findings<'_>,
) {
    match (kind.name, key) {
        ("button", "every_ms") if value > SHORT_PRESS => {
            let message = format!("a press shorter than {value} ms can be missed");
            let mistake = item.mistake(message).help("10 is usual");
            findings.warn(Rule::ButtonSlow, mistake);
        }
        ("button", "debounce_ms") if value > NEXT_PRESS => {
            let message = format!("a second press within {value} ms of the first can be missed");
            let mistake = item.mistake(message).help("20 is usual");
            findings.warn(Rule::DebounceLong, mistake);
        }
        _ => {}
    }
}

/// Who is read more often than this, in milliseconds, is meant to catch what is short.
const QUICK: i64 = 100;

/// Looks at who holds the board, and who on the same board would miss something meanwhile.
pub(super) fn slow_ones(resources: &[WrittenResource<'_>], findings: &mut Findings<'_>) {
    // who counts by interrupts misses nothing
    let is_quick = |resource: &&WrittenResource<'_>| {
        let polled = resource.kind.is_some_and(|kind| {
            kind.holds_board.is_none() && matches!(kind.port, PortUse::Digital | PortUse::Analog)
        });
        polled && beat(resource).is_some_and(|every| every < QUICK)
    };
    let Some(quick) = resources.iter().find(is_quick) else {
        return;
    };
    for resource in resources {
        let holds = resource.kind.and_then(|kind| kind.holds_board);
        let (Some(holds), Some(every)) = (holds, beat(resource)) else {
            continue;
        };
        let quick = shown(quick.name.value);
        let message = format!(
            "each {every} ms this holds the board for {} ms, in which `{quick}` is not read",
            holds.as_millis()
        );
        let help = "what begins and ends meanwhile is missed; put one of them on another Pi, or give this a larger every_ms";
        let mistake = Mistake::new(resource.name.place.clone(), message).help(help);
        findings.warn(Rule::HoldsBoard, mistake);
    }
}

/// How often it is read, in milliseconds.
fn beat(resource: &WrittenResource<'_>) -> Option<i64> {
    let key = resource
        .kind?
        .keys
        .iter()
        .find(|key| key.name == "every_ms")?;
    let written = resource.settings.get(key.name);
    Some(written.copied().unwrap_or(key.default))
}
