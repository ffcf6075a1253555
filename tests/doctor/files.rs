//! Faults of the files.

use crate::matrix::{Row, row};
use crate::patient::{FILE, Patient, THING, VARIABLES};
use mqtt_thing::store::{Audit, AuditOptions};
use std::fs;

/// Nobody's number.
const STRANGER: u32 = 64_990;
const FOLDER: &str = "/var/lib/mqtt-thing/executors/inner";

/// A file that only root can give away.
fn foreign(patient: &Patient, absolute: &str) -> bool {
    let given = patient.own(absolute, STRANGER, STRANGER);
    if !given {
        println!("skipped: giving a file to another user needs root");
    }
    given
}

fn password(patient: &Patient, mode: u32) -> &'static str {
    const PASSWORD: &str = "/etc/mqtt-thing/password";
    patient.put(PASSWORD, "wonderland\n");
    patient.mode(PASSWORD, mode);
    patient.ours(PASSWORD);
    patient.topology("password_file = \"password\"", "");
    PASSWORD
}

fn kept(patient: &Patient, name: &str) -> String {
    patient.folder(FOLDER, 0o700);
    patient.ours(FOLDER);
    let path = format!("{FOLDER}/{name}");
    patient.put(&path, "");
    patient.ours(&path);
    path
}

pub(crate) const ROWS: &[Row] = &[
    row("no topology file", "topology-missing", |patient| {
        patient.remove(FILE);
        true
    }),
    row(
        "a topology with two mistakes",
        "topology-broken",
        |patient| {
            patient.topology(
                "",
                "a = { kind = \"buton\" }\nb = { kind = \"led\", port = \"D9\" }",
            );
            true
        },
    ),
    row(
        "the service is told a thing that there is not",
        "not-in-topology",
        |patient| {
            patient.put(VARIABLES, "MQTT_THING_THING=inmer\n");
            true
        },
    ),
    row(
        "no thing has this machine's address",
        "not-in-topology",
        |patient| {
            patient.put(VARIABLES, "#MQTT_THING_THING=\n");
            true
        },
    ),
    row(
        "a password that others may read",
        "secret-readable",
        |patient| {
            password(patient, 0o644);
            true
        },
    ),
    row("a password of another user", "secret-foreign", |patient| {
        let password = password(patient, 0o600);
        foreign(patient, password)
    }),
    row(
        "trusted keys that others may write",
        "trusted-keys-refused",
        |patient| {
            patient.put("/etc/mqtt-thing/trusted-keys", "# nobody yet\n");
            patient.mode("/etc/mqtt-thing/trusted-keys", 0o666);
            true
        },
    ),
    row(
        "trusted keys that are none",
        "trusted-keys-refused",
        |patient| {
            patient.put(
                "/etc/mqtt-thing/trusted-keys",
                "# alice\nssh-rsa AAAA alice\n",
            );
            true
        },
    ),
    row(
        "trusted keys beside the governor's topics",
        "trusted-keys-governor",
        |patient| {
            patient.put("/etc/mqtt-thing/trusted-keys", "# nobody yet\n");
            patient.edit(
                FILE,
                "kind = \"executor\"",
                "kind = \"executor\", governor = true",
            );
            true
        },
    ),
    row(
        "an allowed program that is not installed",
        "policy-program-missing",
        |patient| {
            patient.remove("/usr/bin/stress-ng");
            true
        },
    ),
    row(
        "an allowed program that may not be run",
        "policy-program-forbidden",
        |patient| {
            patient.mode("/usr/bin/stress-ng", 0o644);
            true
        },
    ),
    row(
        "an allowed program that anybody could replace",
        "policy-program-writable",
        |patient| {
            patient.mode("/usr/bin/stress-ng", 0o777);
            true
        },
    ),
    row(
        "two things with jobs and no word which it is",
        "runner-thing-unset",
        |patient| {
            let text = fs::read_to_string(patient.path(FILE)).unwrap();
            let outer = "[things.outer]\naddress = \"10.77.0.2\"\n[things.outer.resources]\n\
                     jobs = { kind = \"executor\", allow = [\"stress-ng\"] }\n";
            patient.put(FILE, &format!("{text}{outer}"));
            patient.put(VARIABLES, "");
            patient.options = ["--thing", THING].map(str::to_owned).into();
            true
        },
    ),
    row(
        "a state folder that was made by root",
        "state-foreign",
        |patient| foreign(patient, "/var/lib/mqtt-thing/executors"),
    ),
    row(
        "a state folder that the thing may not write to",
        "state-foreign",
        |patient| {
            if crate::patient::is_root() {
                return patient.own("/var/lib/mqtt-thing", 0, 0);
            }
            patient.mode("/var/lib/mqtt-thing", 0o500);
            true
        },
    ),
    row(
        "a state folder that others may look into",
        "state-open",
        |patient| {
            patient.mode("/var/lib/mqtt-thing", 0o755);
            true
        },
    ),
    row("a journal that has grown", "journal-growing", |patient| {
        let journal = kept(patient, "journal.db");
        let file = fs::File::options()
            .write(true)
            .open(patient.path(&journal))
            .unwrap();
        // of holes
        file.set_len(300 << 20).unwrap();
        true
    }),
    row(
        "a journal that was found damaged",
        "journal-damaged",
        |patient| {
            kept(patient, "journal.db.damaged-1700000000");
            true
        },
    ),
    row(
        "answers that the broker does not take",
        "answers-waiting",
        |patient| {
            patient.running(|report| report["health"]["executors"]["undelivered"] = 5000.into());
            true
        },
    ),
    row(
        "a line of the audit log that was changed",
        "audit-log-damaged",
        |patient| {
            let log = kept(patient, "audit.log");
            patient.remove(&log);
            let audit = Audit::open(&patient.path(FOLDER), AuditOptions::default(), |_| {});
            drop(audit.unwrap());
            let text = fs::read_to_string(patient.path(&log)).unwrap();
            assert!(text.lines().count() >= 2, "{text}");
            patient.put(
                &log,
                &text.replacen("mqtt-thing", "mqtt-think", 1).replacen(
                    env!("CARGO_PKG_VERSION"),
                    "9.9.9",
                    1,
                ),
            );
            patient.ours(&log);
            patient.ours(&format!("{FOLDER}/audit.lock"));
            true
        },
    ),
];

#[test]
fn each_finding_of_a_topology_has_its_place_and_the_command_that_tells_the_others() {
    let Some(broker) = crate::matrix::broker() else {
        return;
    };
    let patient = Patient::healthy(&broker);
    patient.topology(
        "",
        "a = { kind = \"buton\" }\nb = { kind = \"led\", port = \"D9\" }",
    );
    let said = patient.doctor();
    let finding = &said.json["findings"][0];
    let cause = finding["cause"].as_str().unwrap();
    let file = patient.path(FILE).display().to_string();
    assert!(cause.starts_with(&format!("{file}:11:14: ")), "{cause}");
    assert!(
        cause.contains("buton") && cause.contains("1 more mistake"),
        "{cause}"
    );
    assert_eq!(
        finding["cures"][0]["run"],
        format!("mqtt-thing check {file}")
    );
    assert_eq!(said.json["thing"], serde_json::Value::Null);
}
