//! Beside a thing that runs: its account is not touched, and its report tells.

use super::house::{House, ID, account, acl_without, password};
use super::rival;
use crate::matrix::broker;
use crate::patient::{FILE, Patient, Said, THING};
use crate::support::{LIMIT, Observer, Target};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Instant;

/// The patient's thing, which runs until dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _already_dead = self.0.kill();
        let _status = self.0.wait();
    }
}

/// Starts the patient's thing, with its report where the doctor looks.
fn run(patient: &Patient, password: &str) -> Running {
    let reports = patient.path("/run/mqtt-thing");
    fs::create_dir_all(&reports).unwrap();
    let state = patient.path("/var/lib/mqtt-thing");
    let file = patient.path(FILE);
    let binary = Path::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    let child = patient
        .bus
        .command(Target::Host, binary)
        .args(["run", file.to_str().unwrap(), "--thing", THING])
        .env("RUNTIME_DIRECTORY", &reports)
        .env("STATE_DIRECTORY", &state)
        // its file is the service's user's, who is somebody else
        .env("MQTT_THING_PASSWORD", password)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // that the doctor sees it among the processes of the patient
    let pid = child.id();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    patient.put(&format!("/proc/{pid}/stat"), &stat);
    crate::support::wait_for("the thing's report", || report(patient));
    Running(child)
}

fn report(patient: &Patient) -> Option<Value> {
    let path = patient.path(&format!("/run/mqtt-thing/{THING}.json"));
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Asks the doctor again and again until it finds that.
fn until(patient: &Patient, rule: &str) -> Said {
    let began = Instant::now();
    loop {
        let said = patient.doctor();
        if said.rules().iter().any(|found| found == rule) {
            return said;
        }
        assert!(began.elapsed() < LIMIT, "no {rule}: {:#}", said.json);
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

fn finding<'a>(said: &'a Said, rule: &str) -> &'a Value {
    let mut findings = said.json["findings"].as_array().unwrap().iter();
    findings.find(|finding| finding["rule"] == rule).unwrap()
}

fn wait_online(patient: &Patient) {
    crate::support::wait_for("the thing to be heard", || {
        let report = report(patient)?;
        (report["session"]["heard_itself"] == true).then_some(())
    });
}

#[test]
fn a_thing_whose_account_is_its_client_id_is_not_thrown_out() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    let line = password(&patient, "wonderland\n");
    let more = "use_username_as_clientid true";
    let house = House::open(|folder| account(folder, &acl_without(""), more)).unwrap();
    let back = house.back;
    house.of(&mut patient, "mqtt", line);
    let observer = Observer::at(back, "#");
    let _running = run(&patient, "wonderland");
    wait_online(&patient);
    for _ in 0..3 {
        let said = patient.doctor();
        assert_eq!(said.json["running"], true, "{:#}", said.json);
        assert_broker_well(&said);
    }
    let status = format!("{ID}/status");
    assert_eq!(observer.texts(&status), ["online"]);
    assert_eq!(report(&patient).unwrap()["connections"], 1);
}

/// Other parts may have something to say of a thing that no service runs.
fn assert_broker_well(said: &Said) {
    let rules = said.rules();
    let ours = |rule: &&String| {
        [
            "broker",
            "acl",
            "tls",
            "duplicate",
            "retained",
            "follows",
            "old",
        ]
        .iter()
        .any(|front| rule.starts_with(front))
    };
    assert_eq!(rules.iter().find(ours), None, "{:#}", said.json);
}

#[test]
fn its_report_tells_that_the_broker_refuses_it() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    let line = password(&patient, "looking-glass\n");
    let house = House::open(|folder| account(folder, "", "")).unwrap();
    house.of(&mut patient, "mqtt", line);
    let _running = run(&patient, "looking-glass");
    let said = until(&patient, "broker-refused-login");
    let cause = &finding(&said, "broker-refused-login")["cause"];
    assert!(cause.as_str().unwrap().contains(ID), "{cause}");
}

#[test]
fn its_report_tells_that_its_own_word_does_not_come_back() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    let line = password(&patient, "wonderland\n");
    let acl = acl_without("status");
    let house = House::open(|folder| account(folder, &acl, "")).unwrap();
    house.of(&mut patient, "mqtt", line);
    let _running = run(&patient, "wonderland");
    let said = until(&patient, "acl-denies-publish");
    let cures = finding(&said, "acl-denies-publish")["cures"].to_string();
    assert!(
        cures.contains(&format!("user {ID}`: topic readwrite {ID}/status")),
        "{cures}"
    );
}

#[test]
fn its_report_tells_of_a_rival() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    let house = House::open(|_| "allow_anonymous true".to_owned()).unwrap();
    let port = house.door;
    house.of(&mut patient, "mqtt", "");
    let _running = run(&patient, "");
    wait_online(&patient);
    let _rival = rival(port, "");
    until(&patient, "duplicate-client-id");
}
