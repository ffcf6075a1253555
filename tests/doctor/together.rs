//! Two faults at once: each has its finding, in one run.

use crate::broker::house::ca;
use crate::matrix::broker;
use crate::patient::{Patient, Said};
use crate::support::free_port;

/// The part that could not be looked at, and why.
fn not_looked_at<'a>(said: &'a Said, part: &str) -> Option<&'a str> {
    let mut skipped = said.json["not_looked_at"].as_array()?.iter();
    skipped.find(|skipped| skipped["part"] == part)?["reason"].as_str()
}

#[test]
fn a_bad_secret_does_not_hide_that_the_way_to_the_broker_is_wrong() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    let line = "password_file = \"password\"";
    let found = |patient: &Patient, both: &[&str]| {
        let said = patient.doctor();
        assert_eq!(said.rules(), both, "{:#}", said.json);
        let reason = not_looked_at(&said, "broker").unwrap();
        assert!(reason.contains("account"), "{reason}");
    };
    patient.topology(line, "");
    found(&patient, &["secret-unreadable"]);
    let well = std::mem::replace(
        &mut patient.broker,
        format!("mqtt://127.0.0.1:{}", free_port()),
    );
    patient.topology(line, "");
    found(&patient, &["secret-unreadable", "broker-unreachable"]);
    patient.put("/etc/mqtt-thing/password", "wonderland\n");
    patient.ours("/etc/mqtt-thing/password");
    patient.mode("/etc/mqtt-thing/password", 0o644);
    found(&patient, &["secret-readable", "broker-unreachable"]);
    patient.broker = "mqtt://no-such-host.invalid".to_owned();
    patient.topology(line, "");
    found(&patient, &["secret-readable", "broker-name-unknown"]);
    // with TLS: as far as its end, or without a CA as far as TCP
    let (_, trusted) = ca(&patient);
    patient.broker = well.replace("mqtt:", "mqtts:");
    patient.topology(&format!("{trusted}\n{line}"), "");
    found(&patient, &["secret-readable", "tls-spoken-to-plain-port"]);
    patient.broker = format!("mqtts://127.0.0.1:{}", free_port());
    patient.topology("ca_file = \"nothing.crt\"", "");
    found(&patient, &["secret-unreadable", "broker-unreachable"]);
    patient.broker = "ws://127.0.0.1:1".to_owned();
    patient.topology(line, "");
    let said = patient.doctor();
    assert_eq!(said.rules(), ["secret-readable"]);
    assert!(
        said.json.to_string().contains("WebSocket"),
        "{:#}",
        said.json
    );
}
