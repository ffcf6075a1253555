//! What all parts go by: the file's thing that this machine is, and whether it runs.

use super::unit::{Account, Unit, variable};
use super::{Findings, Patient, files};
use crate::runtime::Report;
use crate::system::Root;
use crate::thing::Class;
use crate::topology::{ResourcePlan, ThingPlan, Topology};
use std::time::{SystemTime, UNIX_EPOCH};

/// The unit of the thing.
pub(super) const SERVICE: &str = "mqtt-thing.service";

/// The patient, as far as all parts must know it.
pub(super) struct Case<'a> {
    pub(super) patient: &'a Patient,
    /// The file, if it is right.
    pub(super) topology: Option<Topology>,
    /// The thing of it that this machine is, if that is known.
    pub(super) plan: Option<ThingPlan>,
    /// What the running thing told, if one runs.
    pub(super) running: Option<Report>,
    /// The service's unit, if it is installed.
    pub(super) unit: Option<Unit>,
    /// Who the thing runs as.
    pub(super) account: Account,
}

impl<'a> Case<'a> {
    /// Looks at it, and tells what is wrong with the file.
    pub(super) fn of(patient: &'a Patient, findings: &mut Findings) -> Self {
        let root = &patient.root;
        let unit = Unit::find(root, SERVICE);
        let account = Account::of(root, unit.as_ref());
        let named = patient.thing.clone();
        let named = named.or_else(|| variable(root, "MQTT_THING_THING"));
        let topology = files::topology(patient, findings);
        let plan = topology
            .as_ref()
            .and_then(|topology| files::this_thing(patient, topology, named.as_deref(), findings));
        let name = plan.as_ref().map(|plan| plan.name.clone()).or(named);
        let running = Patient {
            thing: name,
            ..patient.clone()
        };
        Self {
            patient,
            running: running.running(),
            topology,
            plan,
            unit,
            account,
        }
    }

    /// Where everything is found.
    pub(super) const fn root(&self) -> &Root {
        &self.patient.root
    }

    /// The executors of this thing.
    pub(super) fn executors(&self) -> impl Iterator<Item = &ResourcePlan> {
        let resources = self.plan.iter().flat_map(|plan| &plan.resources);
        resources.filter(|resource| resource.kind.class == Class::Executors)
    }

    /// The name of this thing, if it is known.
    pub(super) fn name(&self) -> Option<String> {
        let running = self.running.as_ref().map(|report| report.name.clone());
        running.or_else(|| Some(self.plan.as_ref()?.name.clone()))
    }
}

/// Unix seconds now; before 1970 they are 0.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
