//! The power is cut in the middle of an activation, at every step that changes something: after the next start of the
//! machine the version before it runs, and a further deployment ends well.

use crate::lab::Lab;
use crate::program::{self, Broken};
use crate::support::wait_for;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Each lasting change of the activation ends in a rename. This one stands before the system's and waits at the one whose
/// number is in /var/tmp/stop-at.
const MV: &str = "#!/bin/sh
count=$(($(cat /var/tmp/renames 2>/dev/null || echo 0) + 1))
echo $count >/var/tmp/renames
if [ $count = \"$(cat /var/tmp/stop-at 2>/dev/null)\" ]; then
    echo \"$*\" >/var/tmp/stopped
    while [ -e /var/tmp/stop-at ]; do sleep 0.1; done
fi
exec /usr/bin/mv \"$@\"
";

/// Takes all releases away but the one that runs.
const ONLY_THE_CURRENT: &str = "cd /usr/local/lib/mqtt-thing/releases && rm -rf $(ls -A | grep -vxF \"$(basename \"$(readlink ../current)\")\")";

fn prepare(lab: &Lab) {
    let mv = lab.host.inside("/usr/local/sbin/mv");
    fs::write(&mv, MV).unwrap();
    fs::set_permissions(&mv, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Starts a deployment that stops before its rename of that number. None when it has ended without reaching it; else
/// what it was about to rename, and how to let it go.
fn stopped_at(lab: &Lab, program: &Path, number: usize) -> Option<String> {
    stopped_at_within(lab, program, number, "30")
}

/// The same with so many seconds for the thing to become well.
fn stopped_at_within(lab: &Lab, program: &Path, number: usize, wait_s: &str) -> Option<String> {
    for name in ["renames", "stopped"] {
        let _not_there = fs::remove_file(lab.host.inside(&format!("/var/tmp/{name}")));
    }
    fs::write(lab.host.inside("/var/tmp/stop-at"), format!("{number}\n")).unwrap();
    let mut command = lab.deploy(program).with(&["--wait", wait_s]).command();
    let mut child = command.spawn().unwrap();
    let stopped = wait_for("a stop, or the end", || {
        if let Ok(what) = fs::read_to_string(lab.host.inside("/var/tmp/stopped")) {
            return Some(Some(what));
        }
        child.try_wait().unwrap().map(|_| None)
    });
    if stopped.is_some() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    stopped
}

#[test]
fn a_power_cut_at_any_step_of_an_upgrade_ends_in_a_version_that_works() {
    let Some(lab) = Lab::new() else { return };
    let mut lab = lab.deployed();
    prepare(&lab);
    let before = lab.host.release();
    let mut number = 1;
    while let Some(rename) = stopped_at(&lab, &program::newer(), number) {
        println!("power cut before rename {number}: {rename}");
        lab.host.switch_off();
        fs::remove_file(lab.host.inside("/var/tmp/stop-at")).unwrap();
        lab.host.switch_on();
        lab.assert_works();
        assert!(
            !lab.host
                .inside("/usr/local/lib/mqtt-thing/pending")
                .exists()
        );
        assert_eq!(lab.host.release(), before);
        // so that each round has the same steps
        lab.host.run(ONLY_THE_CURRENT);
        number += 1;
    }
    assert!(
        number > 6,
        "only {number} renames: that is not all of an activation"
    );
    lab.assert_works();
    assert_ne!(lab.host.release(), before);
}

#[test]
fn a_power_cut_at_any_step_of_a_first_installation_leaves_a_host_that_can_be_installed() {
    let Some(lab) = Lab::new() else { return };
    let mut lab = lab;
    prepare(&lab);
    let mut number = 1;
    // every third, for each round is a whole installation
    while let Some(rename) = stopped_at(&lab, &program::ours(), number) {
        println!("power cut before rename {number}: {rename}");
        lab.host.switch_off();
        fs::remove_file(lab.host.inside("/var/tmp/stop-at")).unwrap();
        lab.host.switch_on();
        let units = lab.host.says("ls /etc/systemd/system /usr/local/bin");
        // either nothing is there, or the settle unit was not there yet and the next deployment sees to it
        let state = lab
            .host
            .says("systemctl show -p ActiveState --value mqtt-thing.service");
        assert!(
            state == "inactive" || lab.host.run("mqtt-thing health --wait 20").status.success(),
            "{units}"
        );
        number += 3;
    }
    assert!(
        number > 9,
        "only {number} renames: that is not all of an installation"
    );
    lab.assert_works();
}

#[test]
fn a_power_cut_on_the_way_back_from_a_broken_program_is_no_worse() {
    let Some(lab) = Lab::new() else { return };
    let mut lab = lab.with_the_real_program().deployed();
    prepare(&lab);
    let before = lab.host.release();
    let broken = program::broken(Broken::Ends);
    // the six of an upgrade without its last are forward
    let (mut number, mut back) = (6, 0);
    while let Some(rename) = stopped_at_within(&lab, &broken, number, "3") {
        println!("power cut before rename {number}: {rename}");
        lab.host.switch_off();
        fs::remove_file(lab.host.inside("/var/tmp/stop-at")).unwrap();
        lab.host.switch_on();
        lab.assert_works();
        assert_eq!(lab.host.release(), before);
        (number, back) = (number + 1, back + 1);
        // so that each round has the same steps
        lab.host.run(ONLY_THE_CURRENT);
    }
    assert!(back >= 3, "only {back} renames on the way back");
    lab.assert_works();
}

#[test]
fn an_activation_that_is_killed_is_settled_by_the_next_deployment() {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.deployed();
    prepare(&lab);
    let before = lab.host.release();
    // far enough that the switch has happened: the last renames of an upgrade take the way back away
    let mut number = 4;
    loop {
        let rename = stopped_at(&lab, &program::newer(), number)
            .expect("a rename that takes the way back away");
        if rename.contains("/pending ") && rename.contains(".settled") {
            break;
        }
        fs::remove_file(lab.host.inside("/var/tmp/stop-at")).unwrap();
        lab.wait_idle();
        lab.deploy(&program::ours()).run().assert(0, &["online"]);
        number += 1;
    }
    assert_ne!(lab.host.release(), before, "it had not switched");
    lab.host.run("for p in /proc/[0-9]*; do grep -qs 'host/activate.sh\\|/usr/local/sbin/mv' $p/cmdline && kill -9 ${p#/proc/}; done");
    fs::remove_file(lab.host.inside("/var/tmp/stop-at")).unwrap();
    assert!(
        lab.host
            .inside("/usr/local/lib/mqtt-thing/pending")
            .exists()
    );
    lab.assert_works();
    let outcome = lab.deploy(&program::ours()).run();
    outcome.assert(
        0,
        &[
            "an earlier deployment was cut off; going back",
            "already there: online",
        ],
    );
    assert_eq!(lab.host.release(), before);
    lab.assert_works();
}
