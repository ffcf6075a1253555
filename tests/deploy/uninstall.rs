//! Taken away again: nothing is left; or the package's own is back.

use crate::deployment::Deployment;
use crate::lab::{ID, Lab};
use crate::program;
use crate::support::Observer;
use std::fs;

#[test]
fn after_uninstall_and_purge_every_file_is_as_it_was() {
    let Some(lab) = Lab::new() else { return };
    fs::write(
        lab.host.inside("/etc/default/mqtt-thing"),
        "# a line of the owner\n",
    )
    .unwrap();
    let before = lab.host.everything();
    let lab = lab.deployed();
    lab.deploy(&program::newer()).run().assert(0, &["upgraded"]);

    let observer = Observer::start(&lab.mosquitto, &format!("{ID}/status"));
    let outcome = Deployment::to(&lab.host).with(&["--uninstall"]).run();
    outcome.assert(0, &["removed", "/etc/mqtt-thing and users stay"]);
    // its end was a clean one
    observer.wait_for(&format!("{ID}/status"), "offline");
    assert_eq!(lab.host.main_pid(), "0");
    assert!(lab.host.inside("/etc/mqtt-thing/topology.toml").exists());
    let default = fs::read_to_string(lab.host.inside("/etc/default/mqtt-thing")).unwrap();
    assert_eq!(default, "# a line of the owner\n");
    assert!(lab.host.inside("/var/lib/mqtt-thing").exists());
    Deployment::to(&lab.host)
        .with(&["--uninstall"])
        .run()
        .assert(0, &["not there: nothing of it is here"]);

    // and from here to nothing at all
    lab.deploy(&program::ours()).run().assert(0, &["installed"]);
    let outcome = Deployment::to(&lab.host)
        .with(&["--uninstall", "--purge"])
        .run();
    outcome.assert(0, &["removed", "nothing of it is left"]);
    // the account programs' own copies of the files before
    let counts = |path: &str| !path.ends_with('-') && !path.ends_with(".lock");
    lab.host.assert_as(&before, counts);
}

#[test]
fn what_an_uninstall_has_left_is_purged_later() {
    let Some(lab) = Lab::new() else { return };
    let before = lab.host.everything();
    let lab = lab.deployed();
    let uninstall = |words: &[&str], says: &str| {
        let outcome = Deployment::to(&lab.host).with(&["--uninstall"]).with(words);
        outcome.run().assert(0, &[says]);
    };
    uninstall(&[], "--purge removes them");
    uninstall(&["--purge"], "removed: nothing of it is left");
    // the account programs' own copies of the files before
    let counts = |path: &str| !path.ends_with('-') && !path.ends_with(".lock");
    lab.host.assert_as(&before, counts);
    uninstall(&["--purge"], "not there: nothing of it is here");
}

#[test]
fn what_deploy_did_not_put_there_is_not_purged() {
    let Some(lab) = Lab::new() else { return };
    let unit = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/deploy/systemd/mqtt-thing.service"
    );
    let place = lab.host.inside("/etc/systemd/system/mqtt-thing.service");
    fs::copy(unit, place).unwrap();
    fs::create_dir_all(lab.host.inside("/etc/mqtt-thing")).unwrap();
    let before = lab.host.everything();
    Deployment::to(&lab.host)
        .with(&["--uninstall", "--purge"])
        .run()
        .assert(0, &["not there: nothing of it is here"]);
    lab.host.assert_as(&before, |_| true);
}

#[test]
fn a_package_of_ours_is_overridden_and_back_in_charge_afterwards() {
    let covers = [(
        "/usr/bin/dpkg-query",
        "#!/bin/sh\ncase \"$*\" in *Status*) echo installed ;; *) echo 0.1.0-1 ;; esac\n",
    )];
    let Some(host) = crate::host::Host::start_with(&covers, None) else {
        return;
    };
    let Some(lab) = Lab::on(host) else { return };
    // as the package would have left it: its units in a folder of the system, its program, its users, its topology
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/systemd");
    let units = lab.host.inside("/usr/local/lib/systemd/system");
    fs::create_dir_all(&units).unwrap();
    for unit in ["mqtt-thing.service", "mqtt-thing-runner.service"] {
        let text = fs::read_to_string(format!("{root}/{unit}")).unwrap();
        fs::write(
            units.join(unit),
            text.replace("/usr/bin/mqtt-thing", "/opt-mqtt-thing"),
        )
        .unwrap();
    }
    let real = lab.host.inside("/usr/local/sbin/mqtt-thing-of-the-package");
    fs::copy(program::ours(), &real).unwrap();
    let unit = units.join("mqtt-thing.service");
    let text = fs::read_to_string(&unit).unwrap().replace(
        "/opt-mqtt-thing",
        "/usr/local/sbin/mqtt-thing-of-the-package",
    );
    fs::write(&unit, text).unwrap();
    fs::create_dir_all(lab.host.inside("/etc/mqtt-thing")).unwrap();
    fs::copy(
        lab.folder().join("lab.toml"),
        lab.host.inside("/etc/mqtt-thing/topology.toml"),
    )
    .unwrap();
    fs::write(
        lab.host.inside("/etc/default/mqtt-thing"),
        "MQTT_THING_THING=inner\n",
    )
    .unwrap();
    fs::copy(
        format!("{root}/mqtt-thing.sysusers.conf"),
        lab.host.inside("/etc/sysusers.d/package.conf"),
    )
    .unwrap();
    let began = lab
        .host
        .run("systemd-sysusers && systemctl enable --now mqtt-thing");
    assert!(began.status.success(), "{began:?}");
    let program_of = || {
        lab.host
            .says("readlink /proc/$(systemctl show -p MainPID --value mqtt-thing)/exe")
    };
    let of_the_package = program_of();

    lab.deploy(&program::ours()).run().assert(
        0,
        &[
            "the package mqtt-thing 0.1.0-1 is installed",
            "upgraded: online",
        ],
    );
    assert!(program_of().contains("/releases/"), "{}", program_of());
    lab.assert_works();

    let outcome = Deployment::to(&lab.host)
        .with(&["--uninstall", "--purge"])
        .run();
    outcome.assert(
        0,
        &[
            "removed",
            "the package's own is back in charge",
            "apt purge",
        ],
    );
    assert_eq!(program_of(), of_the_package);
    let health = lab
        .host
        .run("/usr/local/sbin/mqtt-thing-of-the-package health --wait 20");
    assert!(health.status.success(), "{health:?}");
    assert!(
        lab.host
            .run("systemctl is-enabled mqtt-thing")
            .status
            .success()
    );
}
