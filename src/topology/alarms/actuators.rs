//! Reads which actuators are on while an alarm stands.

use crate::building::{Siren, SirenError, SirenSet};
use crate::model::{Topic, Value, escaped, nearest};
use crate::thing::Class;
use crate::topology::findings::{Findings, Rule, listed};
use crate::topology::plan::{Address, ThingPlan, Topology};
use crate::topology::section::{Item, Section, a};
use thiserror::Error;
use toml::de::DeValue;

/// Why something is no actuator that an alarm could drive.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ActuatorError {
    /// It is no name of one.
    #[error(transparent)]
    Name(#[from] SirenError),
    /// The lab has no such thing.
    #[error("there is no thing `{found}`")]
    NoThing {
        /// What was found, escaped.
        found: String,
        /// What may have been meant, or what there is.
        help: String,
    },
    /// The thing has no such resource.
    #[error("thing `{thing}` has no resource `{found}`")]
    NoResource {
        /// The thing.
        thing: String,
        /// What was found, escaped.
        found: String,
        /// What may have been meant, or what there is.
        help: String,
    },
    /// It is something else.
    #[error("`{name}` is {kind}, which cannot be on or off; an alarm drives an actuator")]
    Unfit {
        /// Its name.
        name: String,
        /// What it is, with its article.
        kind: String,
    },
    /// Nobody knows its topics beforehand.
    #[error("the thing `{thing}` has the {address}, so its topics are not known beforehand")]
    NoAddress {
        /// The thing.
        thing: String,
        /// Where its address comes from.
        address: String,
    },
}

impl ActuatorError {
    /// What to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoThing { help, .. } | Self::NoResource { help, .. } => Some(help.clone()),
            Self::NoAddress { .. } => Some("give it one: address = \"172.16.32.157\"".to_owned()),
            Self::Name(_) | Self::Unfit { .. } => None,
        }
    }
}

/// The actuator of that name: `outer/buzzer0` in the words of a lab, else an id and a name, or a topic.
///
/// # Errors
/// It is none, or none that can be on and off.
pub fn siren(text: &str, lab: Option<&Topology>) -> Result<Siren, ActuatorError> {
    let named = lab.zip(text.split_once('/'));
    match named {
        Some((lab, (thing, resource))) if !resource.contains('/') => inside(thing, resource, lab),
        _ => Ok(text.parse()?),
    }
}

fn help<'n>(found: &str, known: impl Iterator<Item = &'n str> + Clone, all: &str) -> String {
    match nearest(found, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{all}: {}", listed(known)),
    }
}

fn inside(thing: &str, resource: &str, lab: &Topology) -> Result<Siren, ActuatorError> {
    let is_it = |plan: &&ThingPlan| {
        let by_address = matches!(&plan.address, Address::Fixed(id) if id.as_str() == thing);
        plan.name == thing || by_address
    };
    let Some(plan) = lab.things.iter().find(is_it) else {
        let names = lab.things.iter().map(|plan| plan.name.as_str());
        return Err(ActuatorError::NoThing {
            found: escaped(thing.as_bytes(), 64),
            help: help(thing, names, "the things"),
        });
    };
    let Some(its) = plan.resources.iter().find(|its| its.name == resource) else {
        let names = plan.resources.iter().map(|its| its.name.as_str());
        return Err(ActuatorError::NoResource {
            thing: plan.name.clone(),
            found: escaped(resource.as_bytes(), 64),
            help: help(resource, names, "its resources"),
        });
    };
    let name = format!("{}/{}", plan.name, its.name);
    let anywhere = Topic::new("id").expect("a word is a topic");
    let takes = its.spec(&anywhere).value();
    let switches = match Value::decode(takes, b"True") {
        Ok(value) => !matches!(value, Value::Text(_)),
        Err(_) => false,
    };
    if its.kind.class != Class::Actuators || !switches {
        let kind = a(its.kind.name);
        return Err(ActuatorError::Unfit { name, kind });
    }
    match &plan.address {
        Address::Fixed(id) => Ok(Siren::of(id.as_str(), &its.name, &name)?),
        address => Err(ActuatorError::NoAddress {
            thing: plan.name.clone(),
            address: address.to_string(),
        }),
    }
}

/// Those of a file, each once.
pub(super) struct Actuators<'l> {
    lab: Option<&'l Topology>,
    pub(super) sirens: Vec<Siren>,
}

impl<'l> Actuators<'l> {
    pub(super) const fn new(lab: Option<&'l Topology>) -> Self {
        Self {
            lab,
            sirens: Vec::new(),
        }
    }

    /// Reads the key `actuators` of a table, as places in the list.
    pub(super) fn read(
        &mut self,
        section: &mut Section<'_>,
        findings: &mut Findings<'_>,
    ) -> SirenSet {
        let Some(item) = section.take("actuators") else {
            return SirenSet::default();
        };
        let DeValue::Array(elements) = item.value() else {
            let message = format!("`actuators` is {}; it takes a list", item.is());
            let help = "write actuators = [\"10.0.0.2/buzzer0\"]";
            findings.refuse(Rule::ActuatorsNoList, item.mistake(message).help(help));
            return SirenSet::default();
        };
        let elements = elements.iter().map(|element| item.element(element));
        elements.fold(SirenSet::default(), |set, element| {
            match self.one(&element, findings) {
                Some(place) => set.with(place),
                None => set,
            }
        })
    }

    fn one(&mut self, item: &Item<'_>, findings: &mut Findings<'_>) -> Option<usize> {
        let siren = match siren(item.text(findings)?, self.lab) {
            Ok(siren) => siren,
            Err(error) => {
                let mut mistake = item.mistake(error.to_string());
                mistake.help = error.help();
                findings.refuse(Rule::ActuatorBad, mistake);
                return None;
            }
        };
        let known = self
            .sirens
            .iter()
            .position(|known| known.set() == siren.set());
        if known.is_none() && self.sirens.len() == SirenSet::MOST {
            let message = format!("there are more than {} actuators", SirenSet::MOST);
            findings.refuse(Rule::ActuatorBad, item.mistake(message));
            return None;
        }
        known.or_else(|| {
            self.sirens.push(siren);
            Some(self.sirens.len() - 1)
        })
    }
}
