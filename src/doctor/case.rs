//! What all parts go by: the file's thing that this machine is, and whether it runs.

use super::by_hand::by_hand;
use super::unit::{Account, Unit, variable};
use super::{Findings, Patient, files};
use crate::runtime::Report;
use crate::system::{Root, state_place};
use crate::thing::Class;
use crate::topology::{ResourcePlan, ThingPlan, Topology};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The unit of the thing.
pub(super) const SERVICE: &str = "mqtt-thing.service";
/// The unit of the runner.
pub(super) const RUNNER: &str = "mqtt-thing-runner.service";

/// The patient, as far as all parts must know it.
pub(super) struct Case<'a> {
    pub(super) patient: &'a Patient,
    /// The file, if it is right.
    pub(super) topology: Option<Topology>,
    /// The thing of it that this machine is, if that is known.
    pub(super) plan: Option<ThingPlan>,
    /// What the running thing told, if one runs.
    pub(super) running: Option<Report>,
    /// Else the number of the process that somebody started by hand, if one runs.
    pub(super) by_hand: Option<u32>,
    /// The service's unit, if it is installed.
    pub(super) unit: Option<Unit>,
    /// Who the thing runs as.
    pub(super) account: Account,
    /// Whether the service's variables say which thing this is.
    pub(super) named_by_file: bool,
    /// The runner's unit, if the thing's own has jobs run there.
    pub(super) runner: Option<Unit>,
}

impl<'a> Case<'a> {
    /// Looks at it, and tells what is wrong with the file.
    pub(super) fn of(patient: &'a Patient, findings: &mut Findings) -> Self {
        let root = &patient.root;
        let unit = Unit::find(root, SERVICE);
        let account = Account::of(root, unit.as_ref());
        let runner = unit
            .as_ref()
            .filter(|unit| unit.sets("MQTT_THING_RUNNER"))
            .and_then(|_| Unit::find(root, RUNNER));
        let by_file = variable(root, "MQTT_THING_THING");
        let named_by_file = by_file.is_some();
        let named = patient.thing.clone().or(by_file);
        let topology = files::topology(patient, findings);
        let plan = topology
            .as_ref()
            .and_then(|topology| files::this_thing(patient, topology, named.as_deref(), findings));
        let name = plan.as_ref().map(|plan| plan.name.clone()).or(named);
        let running = Patient {
            thing: name,
            ..patient.clone()
        };
        let (name, running) = (&running.thing, running.running());
        let by_hand = match running {
            Some(_) => None,
            None => by_hand(root, &patient.file, name.as_deref()),
        };
        Self {
            patient,
            running,
            by_hand,
            topology,
            plan,
            unit,
            account,
            named_by_file,
            runner,
        }
    }

    /// The number of its process, if it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        let told = self.running.as_ref().map(|report| report.pid);
        told.or(self.by_hand)
    }

    /// Where everything is found.
    pub(super) const fn root(&self) -> &Root {
        &self.patient.root
    }

    /// Where a path of the file lies: an absolute one under the root, another beside the file.
    pub(super) fn place(&self, path: &Path) -> PathBuf {
        match path.strip_prefix("/") {
            Ok(below) => self.root().path("/").join(below),
            Err(_) => {
                let folder = self.patient.file.parent().unwrap_or(Path::new(""));
                let place = folder.join(path);
                // as commands take it anywhere
                std::path::absolute(&place).unwrap_or(place)
            }
        }
    }

    /// Who jobs run as.
    pub(super) fn jobs_account(&self) -> Account {
        match &self.runner {
            Some(runner) => Account::of(self.root(), Some(runner)),
            None => self.account.clone(),
        }
    }

    /// Where the thing keeps its state: the service's place, or else that of who runs it by hand.
    pub(super) fn state(&self) -> Option<PathBuf> {
        if self.unit.is_some() {
            return Some(self.root().path("/var/lib/mqtt-thing"));
        }
        let home = self.account.home.as_deref();
        let variable = |name: &str| match (name, home) {
            ("HOME", Some(home)) => Some(home.into()),
            (_, Some(_)) => None,
            (name, None) => std::env::var_os(name),
        };
        Some(self.place(&state_place(variable).ok()?))
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
