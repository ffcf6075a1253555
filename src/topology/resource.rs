//! Reads one resource: what its kind's row in the table of kinds allows, and nothing else.

use super::executor;
use super::findings::{Findings, Rule, listed, some};
use super::follows::{self, Wiring};
use super::governor_face;
use super::room;
use super::section::{Item, Placed, Section, a, shown};
use super::thing;
use super::unsigned;
use crate::board::Port;
use crate::building::RoomPlace;
use crate::fleet::{ExecutorSettings, GovernorFace};
use crate::model::{Mistake, QoS};
use crate::resources::{self, KINDS, Kind, PortUse};
use crate::thing::Class;
use std::collections::BTreeMap;

/// A resource as it is written.
pub(super) struct WrittenResource<'t> {
    pub(super) name: Placed<&'t str>,
    /// `None` after a mistake.
    pub(super) kind: Option<&'static Kind>,
    pub(super) port: Option<Placed<Port>>,
    pub(super) settings: BTreeMap<String, i64>,
    pub(super) wiring: Wiring<'t>,
    pub(super) retain: bool,
    pub(super) qos: QoS,
    pub(super) room: Option<Placed<RoomPlace>>,
    /// For an executor: what it may run, without the governor's face.
    pub(super) executor: Option<ExecutorSettings>,
    pub(super) governor: Option<Placed<GovernorFace>>,
}

/// Reads it. It stays in the list of its thing even with mistakes, so that who follows it is not blamed.
pub(super) fn read<'t>(item: &Item<'t>, findings: &mut Findings<'_>) -> WrittenResource<'t> {
    thing::name(&item.key, "resource", Rule::ResourceName, findings);
    let mut written = WrittenResource {
        name: item.key.clone(),
        kind: None,
        port: None,
        settings: BTreeMap::new(),
        wiring: Wiring::default(),
        retain: true,
        qos: QoS::AtLeastOnce,
        room: None,
        executor: None,
        governor: None,
    };
    let Some(mut section) = item.section("a resource", Rule::UnknownKeyInResource, findings) else {
        return written;
    };
    let Some(kind) = kind(&mut section, findings) else {
        // whatever the kind is meant to be, its port has to be one of the board
        if let Some(item) = section.take("port") {
            let help = format!("there are {}", listed(Port::ALL.map(Port::name)));
            existing(&item, help, findings);
        }
        return written;
    };
    section.what = a(kind.name);
    written.kind = Some(kind);
    written.port = port(kind, &mut section, findings);
    for key in kind.keys {
        let Some(item) = section.take(key.name) else {
            continue;
        };
        let about = format!("{}; {} when left out", key.summary, key.default);
        let range = (key.min, key.max);
        let value = item.integer(range, Rule::SettingRange, &about, findings);
        let one_of = |value: &i64| key.one_of.is_empty() || key.one_of.contains(value);
        if let Some(value) = value.filter(|value| !one_of(value)) {
            let message = format!("`{}` is {value}; allowed is {}", key.name, key.allowed());
            findings.refuse(Rule::SettingRange, item.mistake(message).help(about));
        } else if let Some(value) = value {
            super::advice::setting(kind, key.name, value, &item, findings);
            written.settings.insert(key.name.to_owned(), value);
        }
    }
    if kind.class == Class::Executors {
        let face = governor_face::read(&mut section, findings);
        let settings = executor::read(&mut section, findings);
        written.governor = face.map(|(face, unsigned)| {
            if settings.trusted_keys.is_some()
                && !unsigned.as_ref().is_some_and(unsigned::Written::is_said)
            {
                unsigned::refuse_without(&face.place, findings);
            }
            if let Some(unsigned) = unsigned {
                unsigned.compare(&settings.allow, findings);
            }
            face
        });
        written.executor = Some(settings);
    }
    said(kind, &mut section, &mut written, findings);
    written.room = room::read(kind, &mut section, findings);
    written.wiring = follows::read(kind, &mut section, findings);
    section.finish(meant, findings);
    written
}

/// What may be meant by a key that a kind does not have.
fn meant(key: &str) -> Option<String> {
    match key {
        "pin" | "socket" => return Some("did you mean `port`?".to_owned()),
        "type" => return Some("did you mean `kind`?".to_owned()),
        _ => {}
    }
    let has_it = |kind: &&Kind| kind.keys.iter().any(|known| known.name == key);
    let names: Vec<&str> = KINDS.iter().filter(has_it).map(|kind| kind.name).collect();
    (!names.is_empty()).then(|| format!("`{key}` is a setting of {}", some(&names)))
}

/// Where all kinds are told.
const ALL: &str = "`mqtt-thing kinds` shows what there is";

fn kind(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<&'static Kind> {
    let names = || KINDS.iter().map(|kind| kind.name);
    let Some(item) = section.take("kind") else {
        let help = format!("write kind = \"button\"; {ALL}");
        let mistake = Mistake::new(section.place.clone(), "this resource has no `kind`").help(help);
        section.missing("kind", Rule::KindMissing, mistake, findings);
        return None;
    };
    let name = item.text(findings)?;
    let found = resources::kind(name);
    if found.is_none() {
        let help = match findings.nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => ALL.to_owned(),
        };
        let message = format!("there is no kind `{}`", shown(name));
        findings.refuse(Rule::KindUnknown, item.mistake(message).help(help));
    }
    found
}

fn port(
    kind: &Kind,
    section: &mut Section<'_>,
    findings: &mut Findings<'_>,
) -> Option<Placed<Port>> {
    let fitting = || listed(kind.port.ports().map(Port::name));
    if matches!(kind.port, PortUse::None | PortUse::Bus) {
        if let Some(item) = section.take_misplaced("port") {
            let message = format!("{} needs no port", a(kind.name));
            let help = match kind.port {
                PortUse::Bus => "it is plugged into any I2C socket; leave it out",
                _ => "leave it out",
            };
            let mistake = Mistake::new(item.key.place, message).help(help);
            findings.refuse(Rule::PortNotNeeded, mistake);
        }
        return None;
    }
    let Some(item) = section.take("port") else {
        let message = format!("this {} has no `port`", kind.name);
        let help = format!("the socket that it is plugged into: {}", fitting());
        let mistake = Mistake::new(section.place.clone(), message).help(help);
        section.missing("port", Rule::PortMissing, mistake, findings);
        return None;
    };
    let help = format!("{} fits into {}", a(kind.name), fitting());
    let port = existing(&item, help, findings)?;
    if kind.port.ports().all(|fits| fits != port) {
        let message = format!("{} does not work in port {port}", a(kind.name));
        let help = format!("it fits into {}", fitting());
        findings.refuse(Rule::PortUnfit, item.mistake(message).help(help));
        return None;
    }
    Some(Placed {
        value: port,
        place: item.place,
    })
}

/// A port that the board has.
fn existing(item: &Item<'_>, help: String, findings: &mut Findings<'_>) -> Option<Port> {
    let text = item.text(findings)?;
    let port = text.parse().ok();
    if port.is_none() {
        let message = format!("the board has no port `{}`", shown(text));
        findings.refuse(Rule::PortUnknown, item.mistake(message).help(help));
    }
    port
}

/// `retain` and `qos`: how a sensor says its values.
fn said(
    kind: &Kind,
    section: &mut Section<'_>,
    written: &mut WrittenResource<'_>,
    findings: &mut Findings<'_>,
) {
    if kind.class != Class::Sensors {
        for (key, rule) in [("retain", Rule::RetainOnOthers), ("qos", Rule::QosOnOthers)] {
            if let Some(item) = section.take_misplaced(key) {
                let message = format!("{} has no `{key}`", a(kind.name));
                let mistake = Mistake::new(item.key.place, message);
                findings.refuse(rule, mistake.help("it is for sensors; leave it out"));
            }
        }
        return;
    }
    if let Some(item) = section.take("retain") {
        written.retain = item.boolean(findings).unwrap_or(true);
    }
    if let Some(item) = section.take("qos") {
        written.qos = match qos(&item, findings) {
            Some(0) => QoS::AtMostOnce,
            _ => QoS::AtLeastOnce,
        };
    }
}

fn qos(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<i64> {
    let about = "0 is at most once, 1 is at least once; 1 when left out";
    if item.value().as_integer().is_some_and(|n| n.as_str() == "2") {
        let mistake = item.mistake("QoS 2 is not offered").help(
            "1 is as safe here: a value that comes twice changes nothing, and values are said again at each connect",
        );
        findings.refuse(Rule::QosTwo, mistake);
        return None;
    }
    item.integer((0, 1), Rule::QosRange, about, findings)
}
