//! Reads what an actuator follows, as it is written; who is meant is found out later, when all things are known.

use super::findings::{Findings, Rule, some};
use super::section::{Item, Placed, Section, a, shown};
use crate::model::{Color, Mistake, Place, Topic, Value, ValueKind};
use crate::resources::{KINDS, Kind};
use crate::thing::Combine;
use std::time::Duration;
use toml::de::DeValue;

/// `follows`, `combine` and `on_source_lost` of one resource, as written.
#[derive(Debug, Default)]
pub(super) struct Wiring<'t> {
    pub(super) sources: Vec<WrittenSource<'t>>,
    pub(super) combine: Combine,
    pub(super) on_lost: WrittenLost,
}

/// `on_source_lost`, as written.
#[derive(Debug, Default)]
pub(super) enum WrittenLost {
    #[default]
    Rest,
    Hold,
    Value(Placed<LostValue>),
}

/// A value in the file that an actuator shall show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LostValue {
    Bool(bool),
    Integer(i64),
    Color(Color),
}

/// One source, as written.
#[derive(Debug)]
pub(super) struct WrittenSource<'t> {
    pub(super) text: &'t str,
    /// Where its text stands, with the quotes.
    pub(super) place: Place,
    pub(super) meaning: Meaning<'t>,
    pub(super) stale_after: Option<Placed<Duration>>,
    pub(super) range: Option<Placed<(i64, i64)>>,
}

/// What the text of a source says.
#[derive(Debug)]
pub(super) enum Meaning<'t> {
    Resource {
        thing: &'t str,
        resource: &'t str,
    },
    Topic(Topic),
    /// No slash, so no thing.
    Alone,
}

/// The longest time that a silent source may be believed: a week.
const LONGEST_STALE_S: i64 = 7 * 24 * 3600;

/// Reads the three keys.
pub(super) fn read<'t>(
    kind: &Kind,
    section: &mut Section<'t>,
    findings: &mut Findings<'_>,
) -> Wiring<'t> {
    if kind.can_follow.is_none() {
        refuse_all(kind, section, findings);
        return Wiring::default();
    }
    let follows = section.take("follows");
    let combine = section.take("combine");
    let lost = section.take("on_source_lost");
    let (sources, written) = match &follows {
        Some(item) => sources(item, findings),
        None => (Vec::new(), 0),
    };
    let alone = combine.as_ref().filter(|_| written < 2);
    if let Some(item) = alone {
        let mistake = Mistake::new(
            item.key.place.clone(),
            "`combine` has nothing to combine here",
        )
        .help("it is for several sources, as in follows = [\"inner/button0\", \"outer/button1\"]");
        findings.refuse(Rule::CombineAlone, mistake);
    }
    if let (Some(item), None) = (&lost, &follows) {
        let mistake = Mistake::new(
            item.key.place.clone(),
            "`on_source_lost` without `follows` never happens",
        )
        .help("say what it follows, or leave it out");
        findings.refuse(Rule::LostAlone, mistake);
    }
    Wiring {
        sources,
        combine: combine
            .and_then(|item| combined(&item, findings))
            .unwrap_or_default(),
        on_lost: lost
            .and_then(|item| on_lost(&item, findings))
            .unwrap_or_default(),
    }
}

/// A sensor follows nothing.
fn refuse_all(kind: &Kind, section: &mut Section<'_>, findings: &mut Findings<'_>) {
    let able = KINDS.iter().filter(|kind| kind.can_follow.is_some());
    let able: Vec<&str> = able.map(|kind| kind.name).collect();
    for key in ["follows", "combine", "on_source_lost"] {
        if let Some(item) = section.take_misplaced(key) {
            let message = format!("{} cannot follow anything", a(kind.name));
            let help = format!("`{key}` is for {}", some(&able));
            let mistake = Mistake::new(item.key.place, message).help(help);
            findings.refuse(Rule::FollowsOnOthers, mistake);
        }
    }
}

fn combined(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Combine> {
    let known = [
        ("any", Combine::Any),
        ("all", Combine::All),
        ("last", Combine::Last),
    ];
    let word = item.text(findings)?;
    let found = known.into_iter().find(|(name, _)| *name == word);
    if found.is_none() {
        let message = format!("`combine` cannot be `{}`", shown(word));
        let help = "\"any\": on when any is on; \"all\": on when all are on; \"last\": the latest message wins";
        findings.refuse(Rule::CombineUnknown, item.mistake(message).help(help));
    }
    found.map(|(_, combine)| combine)
}

fn on_lost(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<WrittenLost> {
    let value = |value| {
        Some(WrittenLost::Value(Placed {
            value,
            place: item.place.clone(),
        }))
    };
    let found = match item.value() {
        DeValue::Boolean(on) => return value(LostValue::Bool(*on)),
        DeValue::Integer(written) => {
            // a number that no i64 holds fits no actuator either
            let number = i64::from_str_radix(written.as_str(), written.radix());
            return value(LostValue::Integer(number.unwrap_or(i64::MAX)));
        }
        DeValue::String(word) if word == "rest" => return Some(WrittenLost::Rest),
        DeValue::String(word) if word == "hold" => return Some(WrittenLost::Hold),
        DeValue::String(word) => match Value::decode(ValueKind::Color, word.as_bytes()) {
            Ok(Value::Color(color)) if word.starts_with('#') => {
                return value(LostValue::Color(color));
            }
            _ => format!("`{}`", shown(word)),
        },
        _ => item.is().to_owned(),
    };
    let message = format!("`on_source_lost` cannot be {found}");
    let help = "\"rest\": as at start; \"hold\": what it said last; or a value: true, false, a number for a dimmed LED, \"#rrggbb\" for a coloured one";
    findings.refuse(Rule::LostUnknown, item.mistake(message).help(help));
    None
}

/// The sources that can be read, and how many are written.
fn sources<'t>(item: &Item<'t>, findings: &mut Findings<'_>) -> (Vec<WrittenSource<'t>>, usize) {
    let DeValue::Array(list) = item.value() else {
        return (source(item, findings).into_iter().collect(), 1);
    };
    if list.iter().next().is_none() {
        let mistake = item
            .mistake("`follows` is an empty list")
            .help("name what it follows, or leave `follows` out");
        findings.refuse(Rule::FollowsEmpty, mistake);
    }
    let sources: Vec<_> = list
        .iter()
        .filter_map(|value| source(&item.element(value), findings))
        .collect();
    (sources, list.iter().count())
}

fn source<'t>(item: &Item<'t>, findings: &mut Findings<'_>) -> Option<WrittenSource<'t>> {
    match item.value() {
        DeValue::String(text) => plain(text, item, findings),
        DeValue::Table(_) => detailed(item, findings),
        _ => {
            let message = format!("a source cannot be {}", item.is());
            let help =
                "write \"thing/resource\", or { topic = \"some/topic\", stale_after_s = 60 }";
            findings.refuse(Rule::FollowsNoSource, item.mistake(message).help(help));
            None
        }
    }
}

/// `thing/resource` has exactly one slash; what has more is a topic.
fn plain<'t>(
    text: &'t str,
    item: &Item<'t>,
    findings: &mut Findings<'_>,
) -> Option<WrittenSource<'t>> {
    let meaning = match text.split_once('/') {
        None => Meaning::Alone,
        Some((_, rest)) if rest.contains('/') => Meaning::Topic(topic(text, item, findings)?),
        Some((thing, resource)) if !thing.is_empty() && !resource.is_empty() => {
            Meaning::Resource { thing, resource }
        }
        Some(_) => {
            let message = format!("`{}` lacks a name beside its slash", shown(text));
            let help = "write \"thing/resource\"";
            findings.refuse(Rule::FollowsHalf, item.mistake(message).help(help));
            return None;
        }
    };
    Some(WrittenSource {
        text,
        place: item.place.clone(),
        meaning,
        stale_after: None,
        range: None,
    })
}

fn topic(text: &str, item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Topic> {
    Topic::new(text)
        .map_err(|error| findings.refuse(Rule::TopicBad, item.mistake(error.to_string())))
        .ok()
}

fn detailed<'t>(item: &Item<'t>, findings: &mut Findings<'_>) -> Option<WrittenSource<'t>> {
    let mut section = item.section("a source", Rule::SourceKeysUnknown, findings)?;
    section.place = item.place.start..item.place.start + 1;
    let (by_topic, by_name) = (section.take("topic"), section.take("source"));
    let stale_after = section
        .take("stale_after_s")
        .and_then(|item| stale_after(&item, findings));
    let range = section
        .take("range")
        .and_then(|item| range(&item, findings));
    let found = match (by_topic, by_name) {
        (Some(_), Some(item)) => {
            let mistake =
                Mistake::new(item.key.place, "a source has `topic` or `source`, not both");
            findings.refuse(Rule::SourceBoth, mistake);
            None
        }
        (None, None) => {
            let mistake = Mistake::new(section.place.clone(), "this source has no `topic`")
                .help("write { topic = \"some/topic\" }, or { source = \"thing/resource\" }");
            section.missing("topic", Rule::SourceNeither, mistake, findings);
            None
        }
        (Some(item), None) => item.text(findings).and_then(|text| {
            Some(WrittenSource {
                text,
                place: item.place.clone(),
                meaning: Meaning::Topic(topic(text, &item, findings)?),
                stale_after: None,
                range: None,
            })
        }),
        (None, Some(item)) => item
            .text(findings)
            .and_then(|text| plain(text, &item, findings)),
    };
    section.finish(|_| None, findings);
    Some(WrittenSource {
        stale_after,
        range,
        ..found?
    })
}

fn stale_after(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Placed<Duration>> {
    let about = "so many seconds without a message, and the source counts as lost";
    let seconds = item.integer((1, LONGEST_STALE_S), Rule::StaleRange, about, findings)?;
    Some(Placed {
        value: Duration::from_secs(seconds.unsigned_abs()),
        place: item.place.clone(),
    })
}

fn range(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Placed<(i64, i64)>> {
    // far more than any sensor says, and safe to scale
    const END: i64 = 1_000_000_000_000;
    let number = |value: &DeValue<'_>| {
        let written = value.as_integer()?;
        let number = i64::from_str_radix(written.as_str(), written.radix()).ok()?;
        (-END..=END).contains(&number).then_some(number)
    };
    let ends: Option<Vec<i64>> = item
        .value()
        .as_array()
        .and_then(|list| list.iter().map(|value| number(value.get_ref())).collect());
    match ends.as_deref() {
        Some([min, max]) if min < max => {
            return Some(Placed {
                value: (*min, *max),
                place: item.place.clone(),
            });
        }
        Some([min, max]) => {
            let message = format!("the range from {min} to {max} holds nothing to scale");
            let help = "the smaller number comes first, as in [0, 1023]";
            findings.refuse(Rule::RangeEmpty, item.mistake(message).help(help));
        }
        _ => {
            let help =
                "write the smallest and the largest whole number that comes, as in [0, 1023]";
            let mistake = item.mistake("`range` is no pair of numbers").help(help);
            findings.refuse(Rule::RangeNoPair, mistake);
        }
    }
    None
}
