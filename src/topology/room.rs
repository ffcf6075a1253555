//! Reads `room`: where in a building a sensor says its values as well.

use super::findings::{Findings, Rule, listed};
use super::section::{Item, Placed, Section, a, shown};
use super::thing::WrittenThing;
use crate::building::{PlaceError, Quantity, ROOM_PARTS, RoomPlace};
use crate::model::Mistake;
use crate::resources::{Elsewhere, KINDS, Kind};
use std::collections::HashMap;

/// What a kind measures of a room.
const fn quantities(kind: &Kind) -> &'static [Quantity] {
    match kind.elsewhere {
        Some(Elsewhere::Room(quantities)) => quantities,
        _ => &[],
    }
}

/// Reads the key.
pub(super) fn read(
    kind: &Kind,
    section: &mut Section<'_>,
    findings: &mut Findings<'_>,
) -> Option<Placed<RoomPlace>> {
    if quantities(kind).is_empty() {
        if let Some(item) = section.take_misplaced("room") {
            let able = KINDS.iter().filter(|kind| !quantities(kind).is_empty());
            let able = listed(able.map(|kind| kind.name));
            let message = format!("{} measures nothing of a room", a(kind.name));
            let mistake = Mistake::new(item.key.place, message);
            findings.refuse(
                Rule::RoomOnOthers,
                mistake.help(format!("`room` is for {able}")),
            );
        }
        return None;
    }
    let item = section.take("room")?;
    let text = item.text(findings)?;
    match text.parse() {
        Ok(room) => Some(Placed {
            value: room,
            place: item.place,
        }),
        Err(error) => {
            refuse(&item, text, error, findings);
            None
        }
    }
}

/// How a room is written.
const FORM: &str = "write building, floor, wing and room, as in room = \"house/P_7/S/4\"";

fn refuse(item: &Item<'_>, text: &str, error: PlaceError, findings: &mut Findings<'_>) {
    let mistake = match error {
        PlaceError::Part { part, found } => {
            let before = ROOM_PARTS.iter().take_while(|its| **its != part).count();
            let start = text.split('/').take(before).map(|level| level.len() + 1);
            let len = text.split('/').nth(before).map_or(0, str::len);
            let place = findings.part(&item.place, text, start.sum(), len);
            let help = format!("allowed is {}", part.allowed());
            Mistake::new(place, format!("`{found}` is no {part}")).help(help)
        }
        PlaceError::RoomLevels { .. } | PlaceError::Levels { .. } | PlaceError::InTopic { .. } => {
            let help = match text.rsplit_once('/') {
                // what its sensors measure follows from their kind
                Some((room, last))
                    if last.parse::<Quantity>().is_ok() && room.parse::<RoomPlace>().is_ok() =>
                {
                    format!(
                        "leave `/{}` out: the kind tells what it measures",
                        shown(last)
                    )
                }
                _ => FORM.to_owned(),
            };
            item.mistake(format!("`{}` is no room of a building", shown(text)))
                .help(help)
        }
    };
    findings.refuse(Rule::RoomBad, mistake);
}

/// Two sensors on one topic would contradict each other.
pub(super) fn are_used_once(things: &[WrittenThing<'_>], findings: &mut Findings<'_>) {
    let mut taken: HashMap<(&RoomPlace, Quantity), String> = HashMap::new();
    for thing in things {
        for resource in &thing.resources {
            let (Some(kind), Some(room)) = (resource.kind, &resource.room) else {
                continue;
            };
            let name = format!("{}/{}", thing.name, resource.name.value);
            let mut others = quantities(kind).iter();
            let other = others.find_map(|quantity| {
                let known = taken.get(&(&room.value, *quantity))?;
                Some((known.clone(), *quantity))
            });
            match other {
                Some((other, quantity)) => {
                    let topic = room.value.place(quantity).topic();
                    let (topic, other) = (shown(topic.as_str()), shown(&other));
                    let message = format!("`{topic}` is said by `{other}` already");
                    let help = "two sensors on one topic would contradict each other; leave `room` out at one of them";
                    let mistake = Mistake::new(room.place.clone(), message).help(help);
                    findings.refuse(Rule::RoomTwice, mistake);
                }
                None => taken.extend(
                    quantities(kind)
                        .iter()
                        .map(|quantity| ((&room.value, *quantity), name.clone())),
                ),
            }
        }
    }
}
