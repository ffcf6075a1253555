//! What is well is found to be well, and nothing on the broker is another than before.

use super::house::{House, ID, account, acl_without, kept, ours, password};
use crate::live::Live;
use crate::matrix::broker;
use crate::patient::{FILE, Patient, is_root};
use crate::support::{Observer, broker_init};
use serde_json::Value;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

#[test]
#[cfg(feature = "broker-tools")]
fn a_set_up_of_broker_init_has_no_findings_and_is_as_it_was() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    let folder = tempfile::tempdir().unwrap();
    let file = patient.path(FILE);
    let mut tries = 0;
    let made = Live::with_ports(|[things, people, back]| {
        tries += 1;
        let set_up = folder.path().join(format!("set-up-{tries}"));
        broker_init(&file, &set_up, things, people);
        let written = fs::read_to_string(set_up.join("broker/mosquitto.conf")).unwrap();
        let config = folder.path().join("mosquitto.conf");
        let text = format!(
            "user root\nlog_type all\n{written}listener {back} 127.0.0.1\nallow_anonymous true\n"
        );
        fs::write(&config, text).unwrap();
        (config, set_up)
    });
    let Some((_live, [things, _, back], set_up)) = made else {
        return;
    };
    for name in ["password", "client.crt", "client.key"] {
        let path = format!("/etc/mqtt-thing/{name}");
        let text = fs::read_to_string(set_up.join(format!("clients/{ID}/{name}"))).unwrap();
        patient.put(&path, &text);
        ours(&patient, &path);
    }
    let text = fs::read_to_string(set_up.join("ca/ca.crt")).unwrap();
    patient.put("/etc/mqtt-thing/ca.crt", &text);
    patient.broker = format!("mqtts://localhost:{things}");
    patient.topology(
        "password_file = \"/etc/mqtt-thing/password\"\nca_file = \"/etc/mqtt-thing/ca.crt\"\n\
         cert_file = \"/etc/mqtt-thing/client.crt\"\nkey_file = \"/etc/mqtt-thing/client.key\"",
        "",
    );
    for (topic, payload) in [
        ("10.77.0.1/status", "offline"),
        ("10.77.0.1/sensors/button0", "False"),
        ("10.77.0.1/actuators/led0", "True"),
    ] {
        crate::support::mosquitto::publish(back, topic, payload.as_bytes(), true);
    }
    let before = kept(back);
    let observer = Observer::at(back, "#");
    let said = patient.doctor();
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    assert_eq!(said.code, Some(0));
    assert_eq!(kept(back), before);
    let live = observer.seen().into_iter().filter(|seen| !seen.retained);
    let live: Vec<(String, String)> = live
        .filter(|seen| !seen.topic.starts_with("end/"))
        .map(|seen| (seen.topic.clone(), seen.text()))
        .collect();
    // it is true, and is all that anybody hears
    assert_eq!(
        live,
        [("10.77.0.1/status".to_owned(), "offline".to_owned())]
    );
}

#[test]
fn a_broker_with_an_account_and_a_whole_acl_has_no_findings() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    let line = password(&patient, "wonderland\n");
    // it closes the connection of whoever has more than two publishes open
    let few = "max_inflight_messages 2";
    let house = House::open(|folder| account(folder, &acl_without(""), few)).unwrap();
    house.of(&mut patient, "mqtt", line);
    let said = patient.doctor();
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
}

#[test]
fn the_account_may_have_its_secrets_from_systemd() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    patient.put("/etc/credstore/mqtt-thing.password", "wonderland\n");
    patient.mode("/etc/credstore/mqtt-thing.password", 0o600);
    let house = House::open(|folder| account(folder, "", "")).unwrap();
    house.of(&mut patient, "mqtt", "");
    let said = patient.doctor();
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    patient.remove("/etc/credstore/mqtt-thing.password");
    assert_eq!(patient.doctor().rules(), ["broker-refused-login"]);
}

#[test]
fn what_clears_junk_clears_it_when_it_is_typed() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    let house = House::open(|_| "allow_anonymous true".to_owned()).unwrap();
    house.keeps("10.77.0.1/sensors/it's `old` $HOME", "True");
    house.keeps("10.77.0.1/sensors/button0", "True");
    let before = house.kept();
    let back = house.back;
    house.of(&mut patient, "mqtt", "");
    let said = patient.doctor();
    assert_eq!(said.rules(), ["retained-junk"], "{:#}", said.json);
    assert_eq!(kept(back), before);
    let command = said.json["findings"][0]["cures"][0]["run"].as_str();
    let done = Command::new("sh").arg("-c").arg(command.unwrap()).status();
    assert!(done.unwrap().success());
    assert_eq!(kept(back), ["10.77.0.1/sensors/button0 True"]);
    assert_eq!(patient.doctor().rules(), [""; 0]);
}

#[test]
fn who_may_not_read_the_secrets_is_told_so_and_still_learns_whether_the_broker_is_there() {
    if !is_root() {
        return;
    }
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    let line = password(&patient, "wonderland\n");
    patient.mode("/", 0o755);
    let house = House::open(|folder| account(folder, "", "")).unwrap();
    house.of(&mut patient, "mqtt", line);
    let asked = |patient: &Patient| {
        let mut command = patient.command(&["--json"]);
        let output = command.uid(65_534).gid(65_534).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let rules = |json: &Value| {
        let findings = json["findings"].as_array().unwrap().iter();
        let broker = findings.filter(|finding| finding["rule"].to_string().contains("broker"));
        broker.count()
    };
    let json = asked(&patient);
    let skipped = json["not_looked_at"].as_array().unwrap();
    let broker = skipped.iter().find(|its| its["part"] == "broker").unwrap();
    let reason = broker["reason"].as_str().unwrap();
    assert!(
        reason.contains("/etc/mqtt-thing/password") && reason.ends_with("run it with sudo"),
        "{reason}"
    );
    assert_eq!(rules(&json), 0, "{json:#}");
    patient.broker = format!("mqtt://127.0.0.1:{}", crate::support::free_port());
    patient.topology(line, "");
    assert_eq!(rules(&asked(&patient)), 1);
}
