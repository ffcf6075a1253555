//! What `mqtt-thing broker init` says of what it finds: leftovers, passwords of one's own, folders of others.

use crate::lab::{LAB, Lab};
use crate::support::mosquitto::publish;
use crate::support::{mqtt_thing, well};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn place(topology: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().unwrap();
    let (file, set_up) = (folder.path().join("lab.toml"), folder.path().join("set-up"));
    std::fs::write(&file, topology).unwrap();
    (folder, file, set_up)
}

fn init(topology: &Path, set_up: &Path, options: &[&str]) -> std::process::Output {
    let (topology, set_up) = (topology.to_str().unwrap(), set_up.to_str().unwrap());
    mqtt_thing(
        &[
            &["broker", "init", "--topology", topology],
            options,
            &[set_up],
        ]
        .concat(),
    )
}

fn complaint(output: &std::process::Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_a_killed_call_left_behind_is_removed_and_said() {
    let (folder, file, set_up) = place(LAB);
    well(&init(&file, &set_up, &[]));
    // no process has so high a number
    let gone = folder.path().join(".set-up.4294967295.new");
    let at_work = format!(".set-up.{}.new", std::process::id());
    let at_work = folder.path().join(at_work);
    let other = folder.path().join(".other.4294967295.new");
    for left in [&gone, &at_work, &other] {
        std::fs::create_dir_all(left.join("ca")).unwrap();
        std::fs::write(left.join("ca/ca.key"), "secret").unwrap();
    }
    let output = init(&file, &set_up, &["--again"]);
    well(&output);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains(&format!("removed {}, which", gone.display())),
        "{said}"
    );
    assert!(!gone.exists() && at_work.exists() && other.exists());
}

#[test]
fn another_password_is_said_and_installed() {
    let (_folder, file, set_up) = place(LAB);
    well(&init(&file, &set_up, &[]));
    let password = set_up.join("clients/pi-2.lab/password");
    std::fs::write(&password, "one of my own\n").unwrap();
    let told = well(&init(&file, &set_up, &["--again"]));
    assert!(told.contains("\n  another password: pi-2.lab; "), "{told}");
    assert!(told.contains("\nTo the broker's machine"), "{told}");
    assert!(told.contains("\nTo the thing `outer`"), "{told}");
    assert!(!told.contains("one of my own"), "{told}");
    let told = well(&init(&file, &set_up, &["--again"]));
    assert!(told.contains("nothing has changed"), "{told}");
}

#[test]
fn the_open_broker_is_not_written_beside_anything() {
    let (_folder, file, set_up) = place(LAB);
    well(&init(&file, &set_up, &[]));
    let said = complaint(&mqtt_thing(&[
        "broker",
        "init",
        "--open",
        set_up.to_str().unwrap(),
    ]));
    assert!(said.contains("is there already and is no empty folder"));
    assert!(!set_up.join("mosquitto.conf").exists());
}

#[test]
fn a_folder_that_is_no_set_up_and_one_that_is_broken_are_said_so() {
    let (_folder, file, set_up) = place(LAB);
    std::fs::create_dir(&set_up).unwrap();
    std::fs::write(set_up.join("notes.txt"), "mine").unwrap();
    let said = complaint(&init(&file, &set_up, &[]));
    assert!(!said.contains("--again"), "{said}");
    assert!(said.contains("is no empty folder"), "{said}");
    std::fs::write(set_up.join("set-up.json"), "\n").unwrap();
    let said = complaint(&init(&file, &set_up, &["--again"]));
    assert!(
        said.contains("set-up.json: it is empty; put it back from a copy"),
        "{said}"
    );
    std::fs::write(set_up.join("set-up.json"), "{").unwrap();
    let said = complaint(&init(&file, &set_up, &["--again"]));
    assert!(said.contains("it is not what was written: EOF"), "{said}");
}

#[test]
fn the_port_of_the_topology_is_the_one_for_things() {
    let (_folder, file, set_up) =
        place(&LAB.replace("mqtt://broker.lab", "mqtts://broker.lab:8884"));
    well(&init(&file, &set_up, &[]));
    let config = std::fs::read_to_string(set_up.join("broker/mosquitto.conf")).unwrap();
    let ports: Vec<&str> = config
        .lines()
        .filter(|line| line.starts_with("listener"))
        .collect();
    assert_eq!(ports, ["listener 8884", "listener 8883"]);
    let output = init(&file, &set_up, &["--again", "--things-port", "9000"]);
    well(&output);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("port 8884") && said.contains("port 9000"),
        "{said}"
    );
}

#[test]
fn a_prover_is_let_everywhere_loudly_and_stays() {
    let (_folder, file, set_up) = place(LAB);
    let output = init(&file, &set_up, &["--prover"]);
    well(&output);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("WARNING"), "{said}");
    let acl = std::fs::read_to_string(set_up.join("broker/acl")).unwrap();
    assert!(acl.contains("\nuser prover\n"), "{acl}");
    assert!(acl.contains("\ntopic readwrite #\n"), "{acl}");
    assert!(acl.contains("\ntopic read $SYS/#\n"), "{acl}");
    let people = std::fs::read_to_string(set_up.join("broker/passwords-people")).unwrap();
    assert!(people.contains("\nprover:$7$"), "{people}");
    let readme = std::fs::read_to_string(set_up.join("README.txt")).unwrap();
    assert!(readme.contains("clients/prover/"), "{readme}");
    let told = well(&init(&file, &set_up, &["--again"]));
    assert!(told.contains("nothing has changed"), "{told}");
    well(&init(&file, &set_up, &["--again", "--no-prover"]));
    assert!(!set_up.join("clients/prover").exists());
}

#[test]
fn the_list_of_trusted_keys_is_the_pis_and_not_looked_for_where_the_set_up_is_made() {
    let executor = "[things.inner.resources.e]\nkind = \"executor\"\nallow = [\"uptime\"]\n";
    let lab = format!(
        "[broker]\nurl = \"mqtts://localhost\"\n[things.inner]\naddress = \"10.0.0.1\"\n{executor}\
         trusted_keys = \"/nowhere/trusted-keys\"\n"
    );
    let (_folder, file, set_up) = place(&lab);
    let made = init(&file, &set_up, &[]);
    well(&made);
    let told = String::from_utf8_lossy(&made.stderr);
    assert!(!told.contains("trusted"), "{told}");
}

/// Without the thing `inner`, and what follows it.
fn without_inner(lab: &str) -> String {
    let (before, rest) = lab.split_once("[things.inner]").unwrap();
    let rest = rest.split_once("[things.outer]").unwrap().1;
    let text = format!("{before}[things.outer]{rest}");
    let text = text.replace(", follows = \"inner/rotary0\"", "");
    text.replace("\"inner/button0\", ", "")
}

#[test]
fn a_thing_that_goes_is_to_be_taken_back_from_home_assistant_first_and_the_command_for_it_works() {
    let Some(lab) = Lab::new(LAB) else { return };
    let announcement =
        br#"{"origin":{"name":"mqtt-thing"},"device":{"identifiers":["mqtt_thing-inner"],"name":"inner"},"components":{}}"#;
    let topic = "homeassistant/device/mqtt_thing-inner/config";
    publish(lab.back, topic, announcement, true);
    std::fs::write(&lab.topology, without_inner(LAB)).unwrap();
    let output = init(&lab.topology, &lab.set_up, &["--again"]);
    well(&output);
    let said = String::from_utf8(output.stderr).unwrap();
    let (warning, command) = said.trim_end().split_once("\n  mqtt-thing ").unwrap();
    assert_eq!(
        warning,
        "mqtt-thing: warning: once the broker has these rights, nobody can take mqtt_thing-inner back from Home \
         Assistant. Before that:"
    );
    let command = command.replace("broker.lab", "localhost");
    let words: Vec<&str> = command.split(' ').collect();
    let observer = command.replace("homeassistant", "observer");
    let observer: Vec<&str> = observer.split(' ').collect();
    let observed = mqtt_thing(&observer);
    assert_eq!(observed.status.code(), Some(1), "{observed:?}");
    assert_eq!(well(&mqtt_thing(&words)), "forgotten: mqtt_thing-inner\n");
    let mut witness = lab.witness();
    witness.subscribe(&[topic]);
    witness.settle();
    assert_eq!(witness.take(), []);
    // and once is enough
    let output = init(&lab.topology, &lab.set_up, &["--again"]);
    well(&output);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn names_that_change_are_told_as_well_and_rights_that_stay_are_not() {
    let (_folder, file, set_up) = place(LAB);
    well(&init(&file, &set_up, &[]));
    let again = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let output = init(&file, &set_up, &["--again"]);
        well(&output);
        String::from_utf8(output.stderr).unwrap()
    };
    // its things may still take that back themselves
    assert_eq!(
        again(&LAB.replace("discovery = true", "discovery = false")),
        ""
    );
    let said = again(&LAB.replace("discovery = true", "discovery = true\nlab = \"north\""));
    assert!(
        said.contains("take mqtt_thing-inner, mqtt_thing-outer back"),
        "{said}"
    );
    assert!(said.contains("--topology THE-FILE-AS-IT-WAS inner outer --broker mqtts://broker.lab:8884 --username homeassistant"), "{said}");
    let with = "discovery = true\nlab = \"north\"\nprefix = \"home\"";
    let said = again(&LAB.replace("discovery = true", with));
    assert!(
        said.contains("mqtt_thing-north-inner, mqtt_thing-north-outer back"),
        "{said}"
    );
    assert!(said.contains("THE-FILE-AS-IT-WAS inner outer"), "{said}");
    let said = again(&LAB.replace("[home_assistant]\ndiscovery = true\n", ""));
    assert!(
        said.contains("mqtt_thing-north-inner, mqtt_thing-north-outer back"),
        "{said}"
    );
    assert!(
        said.ends_with("--username homeassistant --password-file FILE\n"),
        "{said}"
    );
}
