//! What systemd's tools say of the files, without running anything.

use super::installed::{RUNNER, Root, THING, source, text};
use super::support::skipped;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

/// The most that the issue allows the thing.
const LIMIT: f64 = 2.0;

/// Runs a tool of systemd to its end: whether it succeeded, and all that it said. None if it is not installed.
fn tool(name: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let Ok(output) = Command::new(name).args(arguments).output() else {
        skipped("systemd");
        return None;
    };
    let said = [output.stdout, output.stderr].concat();
    Some((
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

fn stand_in() -> Root {
    Root::with(Path::new("/bin/true"))
}

fn in_root(root: &Root) -> String {
    format!("--root={}", root.path().display())
}

#[test]
fn systemd_finds_nothing_to_say_about_the_units() {
    let root = stand_in();
    // what they order themselves by
    for target in [
        "sysinit",
        "basic",
        "shutdown",
        "multi-user",
        "network-online",
    ] {
        let place = format!("usr/lib/systemd/system/{target}.target");
        root.put(&place, 0o644, b"[Unit]\nDefaultDependencies=no\n");
    }
    let root_option = in_root(&root);
    // pages that --root does not look for are proved with the package
    let arguments = ["verify", "--man=no", &root_option, THING, RUNNER];
    let Some((clean, said)) = tool("systemd-analyze", &arguments) else {
        return;
    };
    assert!(clean && said.is_empty(), "{said}");
}

/// The overall exposure, by this machine's systemd.
fn exposure(unit: &str) -> Option<f64> {
    let path = source(unit).display().to_string();
    let arguments = ["security", "--offline=true", "--no-pager", &path];
    let (_, said) = tool("systemd-analyze", &arguments)?;
    let (_, rest) = said
        .split_once("Overall exposure level for ")
        .unwrap_or_else(|| panic!("{said}"));
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// What the unit's own comment says that it is.
fn stated(unit: &str) -> f64 {
    let text = text(unit);
    let (_, rest) = text.split_once("of systemd 252: ").unwrap();
    let figure = rest.split_whitespace().next().unwrap();
    figure.trim_end_matches('.').parse().unwrap()
}

#[test]
fn each_unit_is_as_locked_as_it_says_and_the_thing_as_the_issue_wants() {
    let Some(thing) = exposure(THING) else { return };
    let runner = exposure(RUNNER).unwrap();
    println!("exposure: thing {thing}, runner {runner}");
    assert!(stated(THING) <= LIMIT);
    // later versions of systemd may ask for more than 252 does
    assert!(thing <= LIMIT, "{thing}");
    assert!(runner <= stated(RUNNER) + 0.3, "{runner}");
    let version = tool("systemd-analyze", &["--version"]).unwrap().1;
    if version.starts_with("systemd 252 ") {
        assert!((thing - stated(THING)).abs() < 0.05, "{thing}");
        assert!((runner - stated(RUNNER)).abs() < 0.05, "{runner}");
    }
}

/// The settings of a unit, comments left out.
fn has(unit: &str, line: &str) {
    let text = text(unit);
    assert!(text.lines().any(|its| its == line), "{unit} lacks `{line}`");
}

#[test]
fn what_keeps_jobs_from_the_things_of_others_is_in_their_unit() {
    for line in [
        "User=mqtt-thing-runner",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "PrivateNetwork=yes",
        "PrivateDevices=yes",
        "DevicePolicy=closed",
        "ProtectSystem=strict",
        "ProtectProc=invisible",
        "TemporaryFileSystem=/etc/mqtt-thing:ro",
        "StateDirectoryMode=0700",
        "RuntimeDirectoryMode=0750",
        "MemoryMax=75%",
        "OOMPolicy=continue",
        "KillMode=control-group",
    ] {
        has(RUNNER, line);
    }
    for line in [
        "User=mqtt-thing",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "StateDirectoryMode=0700",
        "RuntimeDirectoryMode=0755",
        "MemoryDenyWriteExecute=yes",
        "Environment=MQTT_THING_RUNNER=/run/mqtt-thing-runner/jobs.sock",
    ] {
        has(THING, line);
    }
    // in a user namespace neither would know the other, see the units
    for unit in [THING, RUNNER] {
        let line = |its: &str| its.starts_with("PrivateUsers=") || its.starts_with("DynamicUser=");
        assert!(!text(unit).lines().any(line), "{unit}");
    }
}

#[test]
fn users_and_folders_are_made_as_they_are_described() {
    let root = stand_in();
    std::fs::create_dir_all(root.path().join("etc")).unwrap();
    let root_option = in_root(&root);
    let Some((done, said)) = tool("systemd-sysusers", &[&root_option, "mqtt-thing.conf"]) else {
        return;
    };
    assert!(done, "{said}");
    let read = |name: &str| std::fs::read_to_string(root.path().join("etc").join(name)).unwrap();
    let (users, groups) = (read("passwd"), read("group"));
    for name in ["mqtt-thing", "mqtt-thing-runner"] {
        let user = users
            .lines()
            .find(|line| line.starts_with(&format!("{name}:")))
            .unwrap();
        assert!(
            user.ends_with(&format!(":/var/lib/{name}:/usr/sbin/nologin")),
            "{user}"
        );
    }
    for name in ["i2c", "gpio", "mqtt-thing-runner"] {
        let group = groups
            .lines()
            .find(|line| line.starts_with(&format!("{name}:")))
            .unwrap();
        assert!(group.ends_with(":mqtt-thing"), "{group}");
    }
    if !rustix::process::geteuid().is_root() {
        return println!("skipped: giving folders to users needs root");
    }
    let policy = "sys/devices/system/cpu/cpufreq/policy0/";
    for file in ["scaling_governor", "scaling_cur_freq", "cpuinfo_cur_freq"] {
        root.put(&format!("{policy}{file}"), 0o444, b"");
    }
    let (done, said) = tool(
        "systemd-tmpfiles",
        &[&root_option, "--create", "mqtt-thing.conf"],
    )
    .unwrap();
    assert!(done, "{said}");
    let of = |path: &str| {
        let its = std::fs::metadata(root.path().join(path)).unwrap();
        (its.permissions().mode() & 0o7777, its.uid(), its.gid())
    };
    let number = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.starts_with(&format!("{name}:")));
        let number: u32 = line.unwrap().split(':').nth(2).unwrap().parse().unwrap();
        number
    };
    assert_eq!(of("etc/mqtt-thing"), (0o755, 0, 0));
    for name in ["mqtt-thing", "mqtt-thing-runner"] {
        let owner = number(name);
        assert_eq!(of(&format!("var/lib/{name}")), (0o700, owner, owner));
    }
    let runner = number("mqtt-thing-runner");
    assert_eq!(of(&format!("{policy}scaling_governor")), (0o664, 0, runner));
    assert_eq!(of(&format!("{policy}cpuinfo_cur_freq")), (0o440, 0, runner));
    assert_eq!(of(&format!("{policy}scaling_cur_freq")), (0o444, 0, 0));
}
