//! What udev makes of the rules.

use super::installed::Root;
use super::support::{Machine, skipped};
use std::path::Path;
use std::process::Command;

/// What makes the frequency files ours again.
const RUN: &str =
    "run: '/usr/bin/systemd-tmpfiles --create --prefix=/sys/devices/system/cpu mqtt-thing.conf'";

#[test]
fn udev_understands_the_rules_and_calls_tmpfiles_for_a_processor_that_comes_back() {
    if Command::new("udevadm").arg("--version").output().is_err() {
        return skipped("udev");
    }
    let root = Root::with(Path::new("/bin/true"));
    let Some(machine) = Machine::boot(root.path()) else {
        return;
    };
    machine.run(&["systemd-sysusers", "mqtt-thing.conf"]);
    let said = |action: &str| {
        let action = format!("--action={action}");
        let device = "/devices/system/cpu/cpu0";
        let output = machine.output(&["udevadm", "test", &action, device]);
        assert!(output.status.success());
        String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).into_owned()
    };
    let online = said("online");
    assert!(online.contains("60-mqtt-thing.rules"), "{online}");
    // as `60-mqtt-thing.rules:5 Unknown group 'i2c', ignoring`
    let complaints: Vec<&str> = online
        .lines()
        .filter(|line| line.contains("60-mqtt-thing.rules:") && !line.contains(" RUN '"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    assert!(online.contains(RUN), "{online}");
    assert!(said("add").contains(RUN));
    assert!(!said("offline").contains(RUN));
    // what it calls does its work
    let call = RUN.trim_start_matches("run: '").trim_end_matches('\'');
    machine.run(&call.split(' ').collect::<Vec<_>>());
}
