//! The confusion matrix: which seeded fault is found as what. Right is what stands on its diagonal alone.

use crate::ROWS;
use crate::patient::Patient;
use crate::support::{Mosquitto, Target, skipped};
use std::collections::BTreeMap;

/// A fault.
pub(crate) struct Row {
    /// What is wrong, in a few words.
    pub(crate) fault: &'static str,
    /// The rule that must find it, and no other must find anything.
    pub(crate) rule: &'static str,
    /// Puts it into a healthy machine; `false` if it cannot be here, which it says itself.
    pub(crate) seed: fn(&mut Patient) -> bool,
}

/// A row as a constant.
pub(crate) const fn row(
    fault: &'static str,
    rule: &'static str,
    seed: fn(&mut Patient) -> bool,
) -> Row {
    Row { fault, rule, seed }
}

/// A broker that everybody may use, if this machine can have a patient at all; else says that a test is skipped.
pub(crate) fn broker() -> Option<Mosquitto> {
    let missing = Target::Host.missing_package();
    missing.into_iter().for_each(skipped);
    missing.is_none().then(Mosquitto::start).flatten()
}

#[test]
fn a_healthy_machine_has_no_findings() {
    let Some(broker) = broker() else { return };
    let said = Patient::healthy(&broker).doctor();
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    assert_eq!(said.code, Some(0));
    assert_eq!(said.json["thing"], "inner");
    assert_eq!(said.json["running"], false);
    let skipped = &said.json["not_looked_at"];
    assert_eq!(skipped[0]["part"], "service", "{skipped}");
    assert_eq!(skipped[1], serde_json::Value::Null, "{skipped}");
}

#[test]
fn a_healthy_machine_whose_thing_runs_has_no_findings_either() {
    let Some(broker) = broker() else { return };
    let patient = Patient::healthy(&broker);
    patient.running(|_| {});
    let said = patient.doctor();
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    assert_eq!(said.json["running"], true);
    assert_eq!(said.json["not_looked_at"], serde_json::json!([]));
    assert_eq!(patient.bus.pins().counts().writes, 0);
}

#[test]
fn each_seeded_fault_yields_its_own_finding_and_no_other() {
    let Some(broker) = broker() else { return };
    let rows = || ROWS.iter().copied().flatten();
    let mut found: Vec<(&Row, Vec<String>)> = Vec::new();
    let mut wrong = Vec::new();
    for row in rows() {
        let mut patient = Patient::healthy(&broker);
        if !(row.seed)(&mut patient) {
            continue;
        }
        let said = patient.doctor();
        let rules = said.rules();
        let note = said.json["findings"][0]["severity"] == "note";
        if rules != [row.rule] || said.code != Some(i32::from(!note)) {
            let (fault, rule, json) = (row.fault, row.rule, &said.json);
            wrong.push(format!("{fault} ({rule}) gave {rules:?}: {json:#}"));
        }
        println!("{}: {}", row.fault, said.json["findings"][0]["cause"]);
        found.push((row, rules));
    }
    print(&found);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Faults one under the other, rules beside each other.
fn print(found: &[(&Row, Vec<String>)]) {
    let mut columns: Vec<&str> = Vec::new();
    let expected = found.iter().map(|(row, _)| row.rule);
    let others = found
        .iter()
        .flat_map(|(_, rules)| rules.iter().map(String::as_str));
    for rule in expected.chain(others) {
        if !columns.contains(&rule) {
            columns.push(rule);
        }
    }
    println!(
        "\n{} faults, {} rules; columns:",
        found.len(),
        columns.len()
    );
    for (nth, rule) in columns.iter().enumerate() {
        println!("  {:>2} {rule}", nth + 1);
    }
    let heads: String = (1..=columns.len()).map(|nth| format!("{nth:>3}")).collect();
    println!("{:<54}{heads}", "");
    for (row, rules) in found {
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for rule in rules {
            *counted.entry(rule).or_default() += 1;
        }
        let cells: String = columns
            .iter()
            .map(|rule| match counted.get(rule) {
                None => "  .".to_owned(),
                Some(count) => format!("{count:>3}"),
            })
            .collect();
        println!("{:<54}{cells}", row.fault);
    }
}
