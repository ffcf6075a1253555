//! What is found to be wrong before anything is touched, each by its name and with what mends it.

use crate::deployment::Deployment;
use crate::host::Host;
use crate::lab::{ID, Lab, topology};
use crate::program::{self, Broken};
use crate::support::{SmallDisk, free_port};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Asserts that the run is refused, says all this, and leaves every file as it was.
#[track_caller]
fn refused(lab: &Lab, deployment: Deployment, says: &[&str]) {
    let before = lab.host.everything();
    deployment.run().assert(1, says);
    lab.host.assert_as(&before, |_| true);
}

#[test]
fn a_broken_topology_is_refused_by_the_host_and_nothing_is_touched() {
    let Some(lab) = Lab::new() else { return };
    // a program that does not run here, so that the mistake is found there; and one that runs, but is deployed already
    let lab = lab.with_the_real_program();
    let broken = topology(lab.mosquitto.port()).replace("clock\"", "clokc\"");
    let file = lab.write("broken.toml", &broken);
    refused(
        &lab,
        lab.deploy_file(&program::broken(Broken::Ends), &file),
        &[
            "refused",
            "the new program does not take the topology",
            "clokc",
            "nothing was touched",
        ],
    );
    let lab = lab.deployed();
    refused(
        &lab,
        lab.deploy_file(&program::broken(Broken::Ends), &file),
        &["refused", "nothing was touched"],
    );
    lab.assert_works();
}

#[test]
fn a_broken_topology_is_refused_here_where_the_program_runs_here() {
    let Some(lab) = Lab::new() else { return };
    let broken = topology(lab.mosquitto.port()).replace("clock\"", "clokc\"");
    let file = lab.write("broken.toml", &broken);
    let before = lab.host.everything();
    let outcome = lab.deploy_file(&program::ours(), &file).run();
    outcome.assert(2, &["has mistakes; no host was touched", "clokc"]);
    lab.host.assert_as(&before, |_| true);
}

#[test]
fn a_broker_that_is_not_there_is_found_from_the_host_and_can_be_ignored_at_no_risk() {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.deployed();
    let nobody = free_port();
    let file = lab.write("elsewhere.toml", &topology(nobody));
    let says =
        format!("the broker 127.0.0.1:{nobody} is not reached from this host: Connection refused");
    refused(
        &lab,
        lab.deploy_file(&program::ours(), &file),
        &[&says, "--ignore broker"],
    );
    let ignoring = lab.deploy_file(&program::ours(), &file);
    let outcome = ignoring.with(&["--ignore", "broker", "--wait", "6"]).run();
    outcome.assert(1, &["rolled back", "running, but not online"]);
    lab.assert_works();
}

#[test]
fn every_problem_is_told_at_once() {
    let Some(lab) = Lab::new() else { return };
    let nobody = free_port();
    let text = topology(nobody).replace(
        "[things.inner]",
        "password_file = \"/etc/mqtt-thing/password\"\n\n[things.inner]",
    );
    let file = lab.write("much.toml", &text);
    refused(
        &lab,
        Deployment::by(&lab.host.ssh_config(), &["guest@machine"])
            .option("--binary", program::ours())
            .option("--topology", file)
            .with(&["--thing", "outer"]),
        &[
            "guest may not become root without a password",
            "sudoers.d",
            "I2C is off: there is no /dev/i2c-1",
            "raspi-config nonint do_i2c 0",
            "is not reached from this host",
            "/etc/mqtt-thing/password, which this host does not have",
            "--secrets",
            "4 problems; nothing was touched",
        ],
    );
}

#[test]
fn a_thing_that_the_topology_does_not_have_is_refused() {
    let Some(lab) = Lab::new() else { return };
    refused(
        &lab,
        lab.deploy(&program::ours()).with(&["--thing", "inside"]),
        &["the topology has no thing \"inside\"; it has inner outer"],
    );
    refused(
        &lab,
        Deployment::to(&lab.host)
            .option("--binary", program::ours())
            .option("--topology", lab.folder().join("lab.toml")),
        &[
            "none of the topology's things has an address of this host",
            "--thing NAME, one of inner outer",
        ],
    );
    let default = lab.host.inside("/etc/default/mqtt-thing");
    std::fs::write(default, "MQTT_THING_THING=cellar\n").unwrap();
    refused(
        &lab,
        Deployment::to(&lab.host)
            .option("--binary", program::ours())
            .option("--topology", lab.folder().join("lab.toml")),
        &[
            "the topology has no thing \"cellar\", which is what /etc/default/mqtt-thing of this host says; it has inner outer",
        ],
    );
}

#[test]
fn i2c_that_is_off_is_named_where_a_board_is() {
    let Some(lab) = Lab::new() else { return };
    refused(
        &lab,
        lab.deploy(&program::ours()).with(&["--thing", "outer"]),
        &["I2C is off", "1 problem"],
    );
}

#[test]
fn an_armv6_is_refused_by_name() {
    let cpuinfo = "processor\t: 0\nmodel name\t: ARMv6-compatible processor rev 7 (v6l)\nCPU architecture: 7\n\
                   Hardware\t: BCM2835\nModel\t\t: Raspberry Pi Zero W Rev 1.1\n";
    let covers = [
        ("/usr/bin/dpkg", "#!/bin/sh\necho armhf\n"),
        ("/usr/bin/uname", "#!/bin/sh\necho armv6l\n"),
        ("/proc/cpuinfo", cpuinfo),
    ];
    let Some(host) = Host::start_with(&covers, None) else {
        return;
    };
    let Some(lab) = Lab::on(host) else { return };
    refused(
        &lab,
        lab.deploy(&program::ours()),
        &["Raspberry Pi Zero W Rev 1.1 has an ARMv6 processor, a Pi 2 or later is needed"],
    );
}

#[test]
fn a_program_for_another_machine_is_refused() {
    let covers = [("/usr/bin/dpkg", "#!/bin/sh\necho arm64\n")];
    let Some(host) = Host::start_with(&covers, None) else {
        return;
    };
    let Some(lab) = Lab::on(host) else { return };
    refused(
        &lab,
        lab.deploy(&program::ours()),
        &["it is arm64, and --binary is for amd64; nothing was touched"],
    );
}

#[test]
fn a_program_that_does_not_run_there_is_refused() {
    let Some(lab) = Lab::new() else { return };
    // it wants another program that is not there
    refused(
        &lab,
        lab.deploy(&program::broken(Broken::Ends)),
        &["the new program does not run on this host; nothing was touched"],
    );
}

#[test]
fn a_program_that_crashes_is_refused_in_our_words() {
    let Some(lab) = Lab::new() else { return };
    let crashing = lab.deploy(&program::broken(Broken::Crashes)).run();
    let outcome = crashing.assert(
        1,
        &["the new program does not run on this host: it died by SIGSEGV; nothing was touched"],
    );
    assert!(!outcome.text.contains("Segmentation"), "{}", outcome.text);
    let is_empty = |line: &str| line.trim_end().ends_with('|');
    assert!(!outcome.text.lines().any(is_empty), "{}", outcome.text);
}

#[test]
fn another_program_is_refused() {
    let Some(lab) = Lab::new() else { return };
    refused(
        &lab,
        lab.deploy(std::path::Path::new("/bin/ls")),
        &[
            "what was sent is not mqtt-thing",
            "| ls ",
            "nothing was touched",
        ],
    );
}

#[test]
fn json_has_the_problems_of_each_host_and_what_mends_them() {
    let Some(lab) = Lab::new() else { return };
    let mut config = lab.host.section("machine", lab.host.port());
    config.push_str(&lab.host.section("nobody", 1));
    let config = lab.write("ssh_config", &config);
    let file = lab.write("elsewhere.toml", &topology(free_port()));
    let output = Deployment::by(&config, &["guest@machine", "pi@nobody"])
        .option("--binary", program::ours())
        .option("--topology", file)
        .with(&["--json"])
        .command()
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |place: &str| told.pointer(place).and_then(|text| text.as_str()).unwrap();
    assert!(text("/0/problems/0/text").contains("guest may not become root"));
    assert!(text("/0/problems/0/cures/0").contains("sudoers.d"));
    assert!(text("/0/problems/2/text").contains("is not reached from this host"));
    assert!(text("/0/problems/2/cures/1").contains("--ignore broker"));
    assert_eq!(told.pointer("/0/problems/3"), None);
    assert_eq!(told[1]["problems"], serde_json::json!([]));
    assert!(text("/1/text").starts_with("ssh: connect to host"));
}

#[test]
fn a_full_disk_is_found_before_and_a_disk_that_fills_up_meanwhile_costs_nothing() {
    let mib = std::fs::metadata(program::ours()).unwrap().len() / (1 << 20);
    let Some(disk) = SmallDisk::mount(u32::try_from(mib * 4 + 10).unwrap()) else {
        return;
    };
    let Some(host) = Host::start_with(&[], Some(disk.path())) else {
        return;
    };
    let Some(lab) = Lab::on(host) else { return };
    let lab = lab.deployed();
    let release = lab.host.release();
    // sees room where none is, as it may be gone a moment later
    let df = "#!/bin/sh\necho x; echo none 9 9 99999999 1% /\n";
    std::fs::write(disk.path().join("sbin/df"), df).unwrap();
    let allowed = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(disk.path().join("sbin/df"), allowed).unwrap();
    disk.fill();
    refused(
        &lab,
        lab.deploy(&program::newer()),
        &["failed", "cannot take it; nothing was touched"],
    );
    std::fs::remove_file(disk.path().join("sbin/df")).unwrap();
    refused(
        &lab,
        lab.deploy(&program::newer()),
        &["refused", "MB left", "are needed", "nothing was touched"],
    );
    assert_eq!(lab.host.release(), release);
    lab.assert_works();
    disk.free();
    lab.deploy(&program::newer())
        .run()
        .assert(0, &["upgraded: online"]);
}

#[test]
fn a_second_deployment_at_the_same_time_is_refused() {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.with_the_real_program().deployed();
    let hanging = lab
        .deploy(&program::broken(Broken::Hangs))
        .with(&["--wait", "15"]);
    let mut first = hanging.command();
    let first = std::thread::spawn(move || first.output().unwrap());
    crate::support::wait_for("the switch", || {
        lab.host
            .inside("/usr/local/lib/mqtt-thing/pending")
            .exists()
            .then_some(())
    });
    let second = lab.deploy(&program::newer()).run();
    second.assert(
        1,
        &["refused", "another deployment to this host is at work"],
    );
    assert_eq!(first.join().unwrap().status.code(), Some(1));
    lab.assert_works();
}

#[test]
fn jobs_are_not_ended_unasked() {
    let Some(lab) = Lab::new() else { return };
    let text = format!(
        "{}\n[things.inner.resources.executor0]\nkind = \"executor\"\nallow = [\"sleep *\"]\n",
        topology(lab.mosquitto.port())
            .replace("[things.outer]", "#[things.outer]")
            .split("#[things")
            .next()
            .unwrap()
    );
    let file = lab.write("jobs.toml", &text);
    lab.deploy_file(&program::ours(), &file)
        .run()
        .assert(0, &["installed"]);
    // in the thing's own process, or in the runner's
    let running = "sed 's/.*) //' /proc/[0-9]*/stat | awk -v a=\"$(systemctl show -p MainPID --value mqtt-thing)\" \
                   -v b=\"$(systemctl show -p MainPID --value mqtt-thing-runner)\" '$2 > 0 && ($2 == a || $2 == b)'";
    let send = |seconds: &str| {
        std::process::Command::new(program::ours())
            .args([
                "send",
                ID,
                "--broker",
                &lab.mosquitto.url(),
                "--",
                "sleep",
                seconds,
            ])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut job = send("600");
    crate::support::wait_for("the job", || {
        (!lab.host.says(running).is_empty()).then_some(())
    });
    let pid = lab.host.main_pid();
    // what changes nothing ends nothing
    lab.deploy_file(&program::ours(), &file)
        .run()
        .assert(0, &["already there: online"]);
    lab.deploy_file(&program::newer(), &file)
        .with(&["--dry-run"])
        .run()
        .assert(
            0,
            &["without --wait-for-jobs or --end-jobs it would be refused"],
        );
    refused(
        &lab,
        lab.deploy_file(&program::newer(), &file),
        &["it runs jobs now (1)", "--wait-for-jobs", "--end-jobs"],
    );
    assert_eq!(lab.host.main_pid(), pid);
    let waiting = lab.deploy_file(&program::newer(), &file);
    let mut command = waiting.with(&["--wait-for-jobs"]).command();
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = |line: &String| line.contains("waiting for the end of its jobs (1)");
    assert!(lines.by_ref().map(Result::unwrap).any(|line| told(&line)));
    lab.host.run("pkill -f 'sleep 60[0]'");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(rest.join("\n").contains("upgraded: online"), "{rest:?}");
    assert!(child.wait().unwrap().success());
    let _its_own_code = job.wait().unwrap();
}
