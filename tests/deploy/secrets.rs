//! What `broker init` made for a host goes there, with its owner, comes back with the version before it, and is told nowhere.

use crate::deployment::Deployment;
use crate::host::Host;
use crate::lab::{ID, Lab, topology};
use crate::program;
use crate::support::{Mosquitto, skipped};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

const RIGHT: &str = "correct-horse-battery";
const WRONG: &str = "wrong-donkey-socket";

#[test]
fn a_password_goes_along_and_a_wrong_one_is_taken_back_with_everything_else() {
    let folder = tempfile::TempDir::new().unwrap();
    let passwords = folder.path().join("passwords");
    let made = Command::new("mosquitto_passwd")
        .args(["-b", "-c"])
        .arg(&passwords)
        .args([ID, RIGHT])
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        return skipped("mosquitto");
    }
    fs::set_permissions(
        &passwords,
        std::os::unix::fs::PermissionsExt::from_mode(0o644),
    )
    .unwrap();
    fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let Some(host) = Host::start() else { return };
    let lines = format!(
        "password_file {}\nallow_anonymous false",
        passwords.display()
    );
    let Some(mosquitto) = Mosquitto::start_with(&lines) else {
        return;
    };
    let Some(lab) = Lab::on(host) else { return };
    let text = topology(mosquitto.port()).replace(
        "\n[things.inner]\n",
        "password_file = \"/etc/mqtt-thing/password\"\n\n[things.inner]\n",
    );
    let file = lab.write("closed.toml", &text);
    // one folder as `broker init` makes it, found by the host's name; one that is the client's itself
    let (right, wrong) = (lab.folder().join("set-up"), lab.folder().join("wrong"));
    for (path, password) in [
        (right.join("clients/machine"), RIGHT),
        (wrong.clone(), WRONG),
    ] {
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("password"), format!("{password}\n")).unwrap();
    }
    let deploy = |secrets: &std::path::Path| {
        lab.deploy_file(&program::ours(), &file)
            .option("--secrets", secrets)
    };

    let outcome = deploy(&right).run().assert(0, &["installed: online"]);
    assert!(!outcome.text.contains(RIGHT));
    let place = lab.host.inside("/etc/mqtt-thing/password");
    let about = place.metadata().unwrap();
    assert_eq!(about.mode() & 0o7777, 0o600);
    assert_eq!(about.uid().to_string(), lab.host.says("id -u mqtt-thing"));
    let pid = lab.host.main_pid();
    deploy(&right).run().assert(0, &["already there: online"]);
    assert_eq!(lab.host.main_pid(), pid);

    let outcome = deploy(&wrong).with(&["--wait", "8"]).run();
    let outcome = outcome.assert(
        1,
        &[
            "rolled back",
            "running, but not online",
            "the one before is back, online",
        ],
    );
    assert!(!outcome.text.contains(WRONG));
    assert_eq!(fs::read_to_string(&place).unwrap(), format!("{RIGHT}\n"));
    assert_eq!(place.metadata().unwrap().uid(), about.uid());

    // and nowhere else on the host is one of them
    let found = lab.host.says(&format!(
        "grep -rlE '{RIGHT}|{WRONG}' /etc /usr/local /var /home /tmp /run /root 2>/dev/null"
    ));
    assert_eq!(found, "/etc/mqtt-thing/password");
}

/// A set-up with these clients, each with the password that is its name.
fn set_up(lab: &Lab, clients: &[&str]) -> PathBuf {
    let folder = lab.folder().join("set-up");
    for client in clients {
        let its = folder.join("clients").join(client);
        fs::create_dir_all(&its).unwrap();
        fs::write(its.join("password"), client).unwrap();
    }
    folder
}

#[test]
fn secrets_that_are_not_there_for_a_host_are_named() {
    let Some(lab) = Lab::new() else { return };
    let folder = set_up(&lab, &["10.1.1.1", "operator"]);
    let outcome = lab
        .deploy(&program::ours())
        .option("--secrets", &folder)
        .run();
    outcome.assert(
        1,
        &[
            &format!("set-up/clients has none of {ID} "),
            " machine; it has 10.1.1.1 operator",
            "set-up/clients/NAME",
            "no secrets for it; nothing was touched",
        ],
    );
}

#[test]
fn a_client_is_found_by_the_id_of_the_thing_that_is_named_or_remembered() {
    let Some(lab) = Lab::new() else { return };
    let folder = set_up(&lab, &["10.9.8.6", ID]);
    let its = folder.join("clients").join(ID);
    fs::write(its.join("notes.txt"), "not from broker init").unwrap();
    let deployed = || fs::read_to_string(lab.host.inside("/etc/mqtt-thing/password"));
    lab.deploy(&program::ours())
        .option("--secrets", &folder)
        .run()
        .assert(0, &["installed: online"]);
    assert_eq!(deployed().unwrap(), ID);
    assert!(!lab.host.inside("/etc/mqtt-thing/notes.txt").exists());

    fs::write(its.join("password"), "another").unwrap();
    Deployment::to(&lab.host)
        .option("--binary", program::ours())
        .option("--topology", lab.folder().join("lab.toml"))
        .option("--secrets", &folder)
        .run()
        .assert(0, &["upgraded: online"]);
    assert_eq!(deployed().unwrap(), "another");
}

#[test]
fn a_host_cannot_ask_for_another_folder_by_what_it_calls_itself() {
    let covers = [("/usr/bin/hostname", "#!/bin/sh\necho '../mine *'\n")];
    let Some(host) = Host::start_with(&covers, None) else {
        return;
    };
    let Some(lab) = Lab::on(host) else { return };
    let folder = set_up(&lab, &["operator", "../mine"]);
    let outcome = lab
        .deploy(&program::ours())
        .option("--secrets", &folder)
        .run();
    let says = format!("clients has none of {ID} machine; it has operator");
    outcome.assert(1, &[&says]);
}
