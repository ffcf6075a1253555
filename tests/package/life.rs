//! A package's life on a machine: dpkg, the maintainer scripts, systemd and the program are the real ones.

use super::Architecture::{Armhf, Host};
use super::support::Machine;
use super::{dpkg_deb, said};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const THING: &str = "mqtt-thing.service";
const RUNNER: &str = "mqtt-thing-runner.service";

/// A thing without a board; its broker is not there, which is no reason not to run.
const TOPOLOGY: &str = r#"
[broker]
url = "mqtt://127.0.0.1:1883"
[things.inner]
address = "192.0.2.1"
[things.inner.resources]
e0 = { kind = "executor", allow = ["date"] }
"#;

/// Boots a machine with packages in `/packages`.
fn machine(packages: &[(&str, &Path)]) -> Option<Machine> {
    let files = TempDir::new().unwrap();
    std::fs::set_permissions(files.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let put = |place: &str, bytes: &[u8], mode: u32| {
        let path = files.path().join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    };
    for (name, package) in packages {
        put(
            &format!("packages/{name}"),
            &std::fs::read(package).unwrap(),
            0o644,
        );
    }
    // this system may forbid packages to start services; that one may not
    put("usr/sbin/policy-rc.d", b"#!/bin/sh\nexit 0\n", 0o755);
    let machine = Machine::boot(files.path())?;
    // as after a start: what comes with a package later is not picked up by that
    machine.run(&["systemctl", "start", "sysinit.target"]);
    Some(machine)
}

/// The same package as a later version, with a unit that says so.
fn later(package: &Path, folder: &Path) -> std::path::PathBuf {
    let tree = folder.join("tree");
    dpkg_deb("--raw-extract", package, &[tree.to_str().unwrap()]);
    let rewrite = |place: &str, from: &str, to: &str| {
        let path = tree.join(place);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{place}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    };
    let version = format!("Version: {}-1", env!("CARGO_PKG_VERSION"));
    rewrite("DEBIAN/control", &version, "Version: 99.0-1");
    let unit = "usr/lib/systemd/system/mqtt-thing.service";
    rewrite(unit, "Description=", "Description=Later ");
    let built = folder.join("later.deb");
    said(
        Command::new("dpkg-deb")
            .args(["--root-owner-group", "-Znone", "--build"])
            .arg(&tree)
            .arg(&built),
    );
    built
}

/// Files that have our name, without the pages that `man` keeps as it showed them.
fn ours(machine: &Machine) -> String {
    let find = "find /etc /lib/systemd /run /usr/bin /usr/lib /usr/share /var -xdev \
                ( -name *mqtt-thing* -o -name *mqtt_thing* ) -not -path /var/cache/man/*";
    machine.run(&find.split_whitespace().collect::<Vec<_>>())
}

fn state(machine: &Machine) -> String {
    machine.property(THING, "ActiveState")
}

#[test]
fn a_package_is_installed_upgraded_removed_and_purged_and_leaves_nothing() {
    let Some(package) = Host.package() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let new = later(&package, folder.path());
    let Some(machine) = machine(&[("old.deb", &package), ("new.deb", &new)]) else {
        return;
    };
    // triggers are those of others: the index of all manual pages takes longer than all else here
    let dpkg = |words: &[&str]| {
        let all = [&["dpkg", "--no-triggers"], words].concat();
        machine.run(&all);
    };
    let mode = |path: &str| {
        let its = std::fs::metadata(machine.path(path)).unwrap();
        its.permissions().mode() & 0o7777
    };
    assert_eq!(ours(&machine), "", "this system has one installed");

    // without a topology: everything is ready, and nothing runs or fails
    dpkg(&["--install", "/packages/old.deb"]);
    assert_eq!(machine.run(&["systemctl", "is-enabled", THING]), "enabled");
    assert_eq!(state(&machine), "inactive");
    assert_eq!(machine.property(THING, "ConditionResult"), "no");
    let groups = machine.run(&["id", "--groups", "--name", "mqtt-thing"]);
    for group in ["i2c", "gpio", "mqtt-thing-runner"] {
        assert!(groups.split(' ').any(|its| its == group), "{groups}");
    }
    assert_eq!(mode("/var/lib/mqtt-thing"), 0o700);
    assert_eq!(mode("/var/lib/mqtt-thing-runner"), 0o700);
    assert_eq!(mode("/etc/mqtt-thing"), 0o755);
    // the units as they lie there, with their pages of the manual
    let units = ["mqtt-thing.service", "mqtt-thing-runner.service"];
    let verified = machine.output(&[&["systemd-analyze", "verify"], &units[..]].concat());
    let words = String::from_utf8_lossy(&verified.stderr);
    let about_ours = words.lines().any(|line| line.contains("mqtt-thing"));
    assert!(verified.status.success() && !about_ours, "{words}");

    // with one, and a wish in the file that is the administrator's
    let wish = "MQTT_THING_THING=inner\n";
    std::fs::write(machine.path("/etc/default/mqtt-thing"), wish).unwrap();
    std::fs::write(machine.path("/etc/mqtt-thing/topology.toml"), TOPOLOGY).unwrap();
    machine.run(&["systemctl", "start", THING]);
    assert_eq!(state(&machine), "active");
    let [first, first_runner] = [THING, RUNNER].map(|unit| machine.property(unit, "MainPID"));
    assert_ne!(first_runner, "0", "{}", machine.journal());

    // upgrade: the new program runs, what was changed by hand stays
    dpkg(&["--install", "/packages/new.deb"]);
    assert_eq!(state(&machine), "active");
    assert_ne!(machine.property(THING, "MainPID"), first);
    let runner = machine.property(RUNNER, "MainPID");
    assert_ne!(runner, "0");
    assert_ne!(runner, first_runner);
    let description = machine.property(THING, "Description");
    assert!(description.starts_with("Later "), "{description}");
    let kept = std::fs::read_to_string(machine.path("/etc/default/mqtt-thing")).unwrap();
    assert_eq!(kept, wish);

    // what an administrator stopped and switched off stays so
    machine.run(&["systemctl", "disable", "--now", THING]);
    dpkg(&["--install", "/packages/old.deb"]);
    let enabled = machine.output(&["systemctl", "is-enabled", THING]);
    assert_eq!(String::from_utf8_lossy(&enabled.stdout).trim(), "disabled");
    assert_eq!(state(&machine), "inactive");
    machine.run(&["systemctl", "enable", "--now", THING]);

    // removal ends it and keeps what is the user's
    let key = machine.path("/var/lib/mqtt-thing/journal");
    std::fs::write(&key, "kept").unwrap();
    dpkg(&["--remove", "mqtt-thing"]);
    for unit in [THING, RUNNER] {
        assert_eq!(machine.property(unit, "MainPID"), "0");
    }
    assert_eq!(machine.property(THING, "LoadState"), "not-found");
    assert!(!machine.path("/usr/bin/mqtt-thing").exists());
    for path in [
        "/etc/mqtt-thing/topology.toml",
        "/etc/default/mqtt-thing",
        "/var/lib/mqtt-thing/journal",
    ] {
        assert!(machine.path(path).exists(), "{path}");
    }

    // and comes back to it
    dpkg(&["--install", "/packages/old.deb"]);
    assert_eq!(state(&machine), "active");
    let owner = std::fs::metadata(machine.path("/var/lib/mqtt-thing")).unwrap();
    assert_ne!(owner.uid(), 0);

    dpkg(&["--purge", "mqtt-thing"]);
    assert_eq!(ours(&machine), "");
    // but for the users
    assert!(machine.try_run(&["id", "mqtt-thing"]));
    let links = machine.run(&["find", "/etc/systemd/system", "-xtype", "l"]);
    assert!(!links.contains("mqtt-thing"), "{links}");
}

#[test]
fn the_armhf_package_installs_and_goes_without_its_program_being_run() {
    let Some(package) = Armhf.package() else {
        return;
    };
    let Some(machine) = machine(&[("armhf.deb", &package)]) else {
        return;
    };
    // its C library is for another machine, too
    let forced = [
        "dpkg",
        "--no-triggers",
        "--force-architecture",
        "--force-depends",
    ];
    machine.run(&[&forced[..], &["--install", "/packages/armhf.deb"]].concat());
    assert_eq!(machine.run(&["systemctl", "is-enabled", THING]), "enabled");
    assert_eq!(state(&machine), "inactive");
    machine.run(&["dpkg", "--purge", "mqtt-thing:armhf"]);
    assert_eq!(ours(&machine), "");
}
