//! The topology file, and which thing of it this machine is.

use crate::doctor::unit::VARIABLES;
use crate::doctor::{Cure, Findings, Patient, Severity};
use crate::model::{Mistake, shell_path, shell_word};
use crate::runtime::{Choose, choose, has_address};
use crate::system::local_addresses;
use crate::topology::{self, Address, Lines, LoadError, ThingPlan, Topology};
use std::env;
use std::path::Path;

/// The file, if it is right.
pub(in crate::doctor) fn topology(patient: &Patient, findings: &mut Findings) -> Option<Topology> {
    let file = &patient.file;
    let text = match topology::load(file) {
        Ok(text) => text,
        Err(error) => {
            unreadable(patient, &error, findings);
            return None;
        }
    };
    match topology::parse(&text) {
        Ok(topology) => Some(topology),
        Err(mistakes) => {
            broken(file, &text, &mistakes, findings);
            None
        }
    }
}

fn unreadable(patient: &Patient, error: &LoadError, findings: &mut Findings) {
    let file = &patient.file;
    let shown = shell_path(file);
    let cures = match error {
        LoadError::Missing(_) => {
            let write = "write one, beginning with an example of the project; `mqtt-thing kinds` shows what a line of it can be";
            let cures = match *file == patient.root.path(topology::FILE) {
                true => vec![
                    Cure::advise(write),
                    Cure::run(format!("sudo install -D -m 644 topology.toml {shown}")),
                ],
                false => vec![
                    Cure::advise(
                        "see whether the name is right, and whether the folder is that in which the file lies",
                    ),
                    Cure::advise(format!("or {write}")),
                ],
            };
            findings.tell(
                "topology-missing",
                Severity::Broken,
                error.to_string(),
                cures,
            );
            return;
        }
        LoadError::Forbidden(_) => Cure::run(format!("sudo chmod 644 {shown}")),
        _ => Cure::run(format!("mqtt-thing check {shown}")),
    };
    findings.tell(
        "topology-broken",
        Severity::Broken,
        error.to_string(),
        [cures],
    );
}

fn broken(file: &Path, text: &str, mistakes: &[Mistake], findings: &mut Findings) {
    let shown = file.display();
    let first = mistakes.first().map_or_else(String::new, |mistake| {
        let (line, column) = Lines::new(text).position(mistake.place.start);
        format!("{shown}:{line}:{column}: {}", mistake.message)
    });
    let more = match mistakes.len() {
        0 | 1 => String::new(),
        2 => ", and 1 more mistake".to_owned(),
        all => format!(", and {} more mistakes", all - 1),
    };
    let cures = [Cure::run(format!("mqtt-thing check {}", shell_path(file)))];
    findings.tell("topology-broken", Severity::Broken, first + &more, cures);
}

/// The thing of the file that this machine is, as the service itself would choose it. `named` is on the command line or
/// in the service's variables.
pub(in crate::doctor) fn this_thing(
    patient: &Patient,
    topology: &Topology,
    named: Option<&str>,
    findings: &mut Findings,
) -> Option<ThingPlan> {
    let local = local_addresses().unwrap_or_default();
    let there = |address: &Address| has_address(address, &patient.root);
    match choose(&topology.things, named, &local, there) {
        Ok(plan) => Some(plan.clone()),
        Err(error) => {
            let (cause, cures) = no_thing(patient, &error);
            findings.tell("not-in-topology", Severity::Broken, cause, cures);
            None
        }
    }
}

/// Why no thing of the file is meant, and what mends that.
fn no_thing(patient: &Patient, error: &Choose) -> (String, Vec<Cure>) {
    let file = patient.file.display();
    let say = |name: &str| {
        Cure::run(format!(
            "echo MQTT_THING_THING={} | sudo tee -a {VARIABLES}",
            shell_word(name)
        ))
    };
    let edit = Cure::run(format!("sudoedit {}", shell_path(&patient.file)));
    match error {
        Choose::Unknown { wanted, known } => {
            let names = known.join(", ");
            // what is said goes before the service's variables, so that these would mend nothing
            let (place, mut cures) = match patient.thing {
                Some(_) if env::var("MQTT_THING_THING").is_ok_and(|said| said == *wanted) => (
                    "MQTT_THING_THING in the environment".to_owned(),
                    vec![Cure::advise(format!(
                        "set MQTT_THING_THING to a name that there is, or unset it: {names}"
                    ))],
                ),
                Some(_) => (
                    "--thing".to_owned(),
                    vec![Cure::advise(format!(
                        "give --thing a name that there is, or leave it out: {names}"
                    ))],
                ),
                None => (
                    format!(
                        "MQTT_THING_THING in {}",
                        patient.root.path(VARIABLES).display()
                    ),
                    known.iter().map(|name| say(name)).collect(),
                ),
            };
            cures.push(edit);
            let cause = format!(
                "{place} says that this is `{wanted}`, and {file} has no such thing: it has {names}"
            );
            (cause, cures)
        }
        Choose::Ambiguous(names) => {
            let cause = format!(
                "this machine could be any of {} in {file}",
                names.join(", ")
            );
            (cause, names.iter().map(|name| say(name)).collect())
        }
        Choose::NotYet { wanted, found } => {
            let cause = format!(
                "no thing in {file} has an address of this machine: the file has {}, the machine {}",
                wanted.join(", "),
                found.join(", ")
            );
            let cures = vec![
                edit,
                Cure::advise(
                    "or give this machine its address of the file, or say which thing it is: \
                     `MQTT_THING_THING=NAME` in /etc/default/mqtt-thing",
                ),
            ];
            (cause, cures)
        }
    }
}
