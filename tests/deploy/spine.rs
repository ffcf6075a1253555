//! Installed, done again, upgraded, and taken back when the new one is broken.

use crate::lab::{ID, Lab, topology};
use crate::program::{self, Broken};
use crate::support::Observer;

#[test]
fn a_fresh_host_has_a_service_that_is_online_and_a_second_time_nothing_is_restarted() {
    let Some(lab) = Lab::new() else { return };
    let observer = Observer::start(&lab.mosquitto, &format!("{ID}/status"));
    let outcome = lab.deploy(&program::ours()).run();
    outcome.assert(0, &["installed: online", "machine"]);
    observer.wait_for(&format!("{ID}/status"), "online");
    lab.assert_works();
    let pid = lab.host.main_pid();

    let before = lab.host.everything();
    let outcome = lab.deploy(&program::ours()).run();
    outcome.assert(0, &["already there: online"]);
    assert_eq!(lab.host.main_pid(), pid);
    lab.host.assert_as(&before, |path| !path.contains("/logs"));
    assert_eq!(observer.texts(&format!("{ID}/status")), ["online"]);
}

#[test]
fn an_upgrade_takes_over_and_says_so() {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.deployed();
    let (pid, release) = (lab.host.main_pid(), lab.host.release());
    let outcome = lab.deploy(&program::newer()).run();
    outcome.assert(0, &["upgraded: online"]);
    assert_ne!(lab.host.main_pid(), pid);
    assert_ne!(lab.host.release(), release);
    lab.assert_works();
}

#[test]
fn the_last_three_releases_are_kept_and_an_old_one_can_be_gone_back_to() {
    let Some(lab) = Lab::new() else { return };
    let releases = || {
        let folder = lab.host.inside("/usr/local/lib/mqtt-thing/releases");
        std::fs::read_dir(folder).unwrap().count()
    };
    let mut first = None;
    for n in 1..=5 {
        // another file is another release; a name with a space is a name
        let text = format!("# {n}\n{}", topology(lab.mosquitto.port()));
        let file = lab.write(&format!("my lab {n}.toml"), &text);
        lab.deploy_file(&program::ours(), &file)
            .run()
            .assert(0, &["online"]);
        assert_eq!(releases(), n.min(3));
        first.get_or_insert((file, lab.host.release()));
    }
    let (file, release) = first.unwrap();
    lab.deploy_file(&program::ours(), &file)
        .run()
        .assert(0, &["upgraded: online"]);
    assert_eq!(lab.host.release(), release);
    assert_eq!(releases(), 3);
    lab.assert_works();
}

#[test]
fn a_program_that_ends_at_once_is_taken_back() {
    taken_back(Broken::Ends, "the new one was not running");
}

#[test]
fn a_program_that_hangs_is_taken_back() {
    taken_back(Broken::Hangs, "the new one was not running");
}

#[test]
fn a_program_that_never_gets_online_is_taken_back() {
    taken_back(Broken::Deaf, "the new one was running, but not online");
}

fn taken_back(how: Broken, says: &str) {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.with_the_real_program().deployed();
    let release = lab.host.release();
    let deployment = lab.deploy(&program::broken(how)).with(&["--wait", "8"]);
    let outcome = deployment.run();
    outcome.assert(1, &["rolled back", says, "the one before is back, online"]);
    assert_eq!(lab.host.release(), release);
    lab.assert_works();
    // and it is as if nothing had been
    let outcome = lab.deploy(&program::ours()).run();
    outcome.assert(0, &["already there: online"]);
}

#[test]
fn faults_are_told_at_a_first_installation_and_end_an_upgrade_of_one_that_had_none() {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.with_the_real_program();
    let faulty = program::broken(Broken::Faulty);
    lab.deploy(&faulty)
        .run()
        .assert(0, &["installed: online, with faults"]);
    lab.deploy(&program::ours())
        .run()
        .assert(0, &["upgraded: online"]);
    let release = lab.host.release();
    lab.deploy(&faulty).run().assert(
        1,
        &[
            "rolled back",
            "the new one was online, with faults; the one before is back, online",
        ],
    );
    assert_eq!(lab.host.release(), release);
    lab.assert_works();
}

#[test]
fn an_upgrade_while_the_broker_is_away_is_kept_and_not_called_well() {
    let Some(mut lab) = Lab::new().map(Lab::deployed) else {
        return;
    };
    lab.mosquitto.kill();
    let before = lab.host.release();
    lab.deploy(&program::newer())
        .with(&["--ignore", "broker", "--wait", "5"])
        .run()
        .assert(
            1,
            &["failed: in place: running, but not online; what was there before was running"],
        );
    assert_ne!(lab.host.release(), before);
    lab.mosquitto.restart();
    lab.assert_works();
}

#[test]
fn a_first_installation_that_fails_leaves_no_service_behind() {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.with_the_real_program();
    let deployment = lab
        .deploy(&program::broken(Broken::Ends))
        .with(&["--wait", "5"]);
    let outcome = deployment.run();
    outcome.assert(1, &["it was not running; all of it was taken away again"]);
    let units = lab
        .host
        .says("ls -R /etc/systemd/system /etc/mqtt-thing /usr/local/bin");
    assert!(!units.contains("mqtt-thing.service"), "{units}");
    assert!(!units.contains("topology.toml"), "{units}");
    lab.deployed();
}
