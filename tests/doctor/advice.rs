//! What is advised does mend it, and says it once.

use crate::broker::house::{House, account, password};
use crate::matrix::broker;
use crate::patient::{FILE, Patient, THING, UNIT, VARIABLES, is_root};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// The first finding of that rule, after a look with these options and variables, in a folder of its own.
fn finding(patient: &Patient, rule: &str, change: impl FnOnce(&mut Command)) -> Value {
    let mut command = patient.command(&["--json"]);
    change(&mut command);
    let output = command.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = said["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["rule"] == rule);
    found
        .unwrap_or_else(|| panic!("no {rule}: {said:#}"))
        .clone()
}

fn cures(finding: &Value) -> String {
    finding["cures"].to_string()
}

#[test]
fn a_secret_that_is_not_there_is_to_be_brought_and_not_to_be_given_away() {
    let Some(mosquitto) = broker() else { return };
    let patient = Patient::healthy(&mosquitto);
    patient.remove(UNIT);
    patient.topology("password_file = \"nofile\"", "");
    let folder = tempfile::tempdir().unwrap();
    fs::copy(patient.path(FILE), folder.path().join("c5.toml")).unwrap();
    let told = finding(&patient, "secret-unreadable", |command| {
        command
            .args(["--topology", "c5.toml"])
            .current_dir(folder.path());
    });
    let whole = folder.path().canonicalize().unwrap().join("nofile");
    let cause = told["cause"].as_str().unwrap();
    assert!(cause.starts_with(whole.to_str().unwrap()), "{told}");
    let cures = cures(&told);
    assert!(
        cures.contains("broker init") && !cures.contains("chown"),
        "{cures}"
    );
}

#[test]
fn who_called_sudo_is_known_by_number_where_no_file_has_the_name() {
    let Some(mosquitto) = broker() else { return };
    let patient = Patient::healthy(&mosquitto);
    if !is_root() {
        return println!("skipped: giving a file to another user needs root");
    }
    patient.remove(UNIT);
    password(&patient, "wonderland\n");
    patient.own("/etc/mqtt-thing/password", 64_990, 64_990);
    patient.own("/dev/i2c-1", 0, 64_991);
    patient.own("/var/lib/mqtt-thing", 64_990, 64_990);
    patient.topology("password_file = \"password\"", "");
    let mut command = patient.command(&["--json"]);
    let output = command
        .env("SUDO_USER", "somebody")
        .env("SUDO_UID", "64990")
        .env("SUDO_GID", "64991")
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["findings"], serde_json::json!([]), "{said:#}");
}

#[test]
fn a_name_that_was_said_is_mended_where_it_was_said() {
    let Some(mosquitto) = broker() else { return };
    let patient = Patient::healthy(&mosquitto);
    let told = finding(&patient, "not-in-topology", |command| {
        command.args(["--thing", "nix"]);
    });
    let cause = told["cause"].as_str().unwrap();
    assert!(cause.starts_with("--thing says"), "{cause}");
    assert!(!cures(&told).contains(VARIABLES), "{told}");
    assert!(cures(&told).contains(&format!(
        "give --thing a name that there is, or leave it out: {THING}"
    )));

    let told = finding(&patient, "not-in-topology", |command| {
        command.env("MQTT_THING_THING", "nix");
    });
    let cause = told["cause"].as_str().unwrap();
    assert!(
        cause.starts_with("MQTT_THING_THING in the environment says"),
        "{cause}"
    );
    assert!(!cures(&told).contains(VARIABLES), "{told}");
    assert!(cures(&told).contains("unset it"), "{told}");

    patient.put(VARIABLES, "MQTT_THING_THING=nix\n");
    let told = finding(&patient, "not-in-topology", |_| {});
    let expected = format!("echo MQTT_THING_THING={THING} | sudo tee -a {VARIABLES}");
    assert_eq!(told["cures"][0]["run"], expected);
}

#[test]
fn commands_take_any_path_as_one_word() {
    let Some(mosquitto) = broker() else { return };
    let patient = Patient::healthy(&mosquitto);
    let folder = "/etc/Bob's lab; exit 3";
    patient.topology("password_file = \"pass word\"", "");
    let file = format!("{folder}/a b.toml");
    patient.put(&file, &fs::read_to_string(patient.path(FILE)).unwrap());
    let secret = format!("{folder}/pass word");
    patient.put(&secret, "wonderland\n");
    patient.mode(&secret, 0o644);
    patient.ours(&secret);
    let told = finding(&patient, "secret-readable", |command| {
        command.arg("--topology").arg(patient.path(&file));
    });
    // it is the thing's already
    assert_eq!(told["cures"].as_array().unwrap().len(), 1, "{told}");
    let command = told["cures"][0]["run"].as_str().unwrap();
    let unprivileged = command.strip_prefix("sudo ").unwrap();
    let done = Command::new("sh").args(["-c", unprivileged]).status();
    assert!(done.unwrap().success(), "{command}");
    let mut look = patient.command(&["--json", "--topology"]);
    let output = look.arg(patient.path(&file)).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["findings"], serde_json::json!([]), "{said:#}");
}

#[test]
fn a_secret_that_others_may_read_and_that_is_another_users_is_given_to_the_thing() {
    let Some(mosquitto) = broker() else { return };
    let patient = Patient::healthy(&mosquitto);
    password(&patient, "wonderland\n");
    patient.mode("/etc/mqtt-thing/password", 0o644);
    if !patient.own("/etc/mqtt-thing/password", 0, 0) {
        return println!("skipped: giving a file to another user needs root");
    }
    patient.topology("password_file = \"password\"", "");
    let told = finding(&patient, "secret-readable", |_| {});
    let cures = cures(&told);
    assert!(
        cures.contains("chmod 600") && cures.contains("chown mqtt-thing:"),
        "{cures}"
    );
}

#[test]
fn a_name_that_a_person_mistyped_is_not_to_be_installed() {
    let Some(mosquitto) = broker() else { return };
    let patient = Patient::healthy(&mosquitto);
    let told = finding(&patient, "topology-missing", |command| {
        command.args(["--topology", "nofile.toml"]);
    });
    assert!(!cures(&told).contains("install"), "{told}");
    let first = told["cures"][0]["do"].as_str().unwrap();
    assert!(first.contains("whether the name is right"), "{told}");

    patient.remove(FILE);
    let told = finding(&patient, "topology-missing", |_| {});
    assert!(told["cures"][0]["do"].is_string(), "{told}");
    let second = told["cures"][1]["run"].as_str().unwrap();
    assert!(second.starts_with("sudo install "), "{told}");
}

#[test]
fn what_mends_a_missing_program_is_said_once() {
    let Some(mosquitto) = broker() else { return };
    let patient = Patient::healthy(&mosquitto);
    patient.edit(FILE, "stress-ng --cpu 1", "burn-it --cpu 1");
    let told = finding(&patient, "policy-program-missing", |_| {});
    assert_eq!(
        told.to_string().matches("absolute path").count(),
        1,
        "{told}"
    );
    assert!(
        cures(&told).contains("apt-file search bin/burn-it"),
        "{told}"
    );
}

#[test]
fn a_wrong_password_is_to_be_put_where_the_file_names_it() {
    let Some(mosquitto) = broker() else { return };
    let mut patient = Patient::healthy(&mosquitto);
    password(&patient, "looking-glass\n");
    fs::rename(
        patient.path("/etc/mqtt-thing/password"),
        patient.path("/etc/mqtt-thing/word"),
    )
    .unwrap();
    let Some(house) = House::open(|folder| account(folder, "", "")) else {
        return;
    };
    house.of(&mut patient, "mqtt", "password_file = \"word\"");
    let file = patient.path("/etc/mqtt-thing/word").display().to_string();
    let told = finding(&patient, "broker-refused-login", |_| {});
    let first = told["cures"][0]["do"].as_str().unwrap();
    assert!(first.ends_with(&file), "{told}");

    for empty in ["", "\n"] {
        fs::write(&file, empty).unwrap();
        let told = finding(&patient, "secret-unreadable", |_| {});
        let cause = told["cause"].as_str().unwrap();
        assert!(cause.starts_with(&format!("{file} is empty")), "{cause}");
    }
}
