//! Several hosts side by side.

use crate::deployment::Deployment;
use crate::host::Host;
use crate::lab::{Lab, topology};
use crate::program::{self, Broken};
use crate::support::Observer;
use std::process::Command;

#[test]
fn three_hosts_are_served_side_by_side_and_the_one_that_fails_is_named() {
    let hosts: Option<Vec<Host>> = (0..3).map(|_| Host::start()).collect();
    let Some(hosts) = hosts else { return };
    let mut hosts = hosts.into_iter();
    let Some(lab) = Lab::on(hosts.next().unwrap()) else {
        return;
    };
    let others: Vec<Host> = hosts.collect();
    // three things without boards; which one a host is, it remembers from an earlier time
    let text = (1..=3).fold(
        topology(lab.mosquitto.port()).split("[things").next().unwrap().to_owned(),
        |text, n| {
            format!("{text}[things.pi{n}]\naddress = \"10.9.8.{n}\"\n[things.pi{n}.resources]\nclock0 = {{ kind = \"clock\" }}\n")
        },
    );
    let file = lab.write("three.toml", &text);
    let all = [&lab.host, &others[0], &others[1]];
    let mut config = String::new();
    for (n, host) in all.iter().enumerate() {
        config.push_str(&host.section(&format!("pi{}", n + 1), host.port()));
        std::fs::write(
            host.inside("/etc/default/mqtt-thing"),
            format!("# ours\nMQTT_THING_THING=pi{}\n", n + 1),
        )
        .unwrap();
    }
    let config = lab.write("ssh_config", &config);
    let names = ["pi@pi1", "pi@pi2", "pi@pi3"];
    let observer = Observer::start(&lab.mosquitto, "+/status");
    let began = std::time::Instant::now();
    let outcome = Deployment::by(&config, &names)
        .option("--binary", program::ours())
        .option("--topology", &file)
        .with(&["--json"])
        .run();
    println!("three hosts took {:?}", began.elapsed());
    let outcome = outcome.assert(
        0,
        &[
            "pi@pi1: installed: online",
            "pi@pi2: installed",
            "pi@pi3: installed",
        ],
    );
    let json =
        &outcome.text[outcome.text.find('[').unwrap()..=outcome.text.find("}]").unwrap() + 1];
    let told: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(told[2]["host"], "pi@pi3");
    assert_eq!(told[2]["outcome"], "installed");
    assert_eq!(told[2]["well"], true);
    for n in 1..=3 {
        observer.wait_for(&format!("10.9.8.{n}/status"), "online");
    }

    // on the second, the new one does not find what it needs
    for host in [all[0], all[2]] {
        std::fs::copy(program::ours(), host.inside(program::REAL)).unwrap();
    }
    let before = all[1].release();
    let outcome = Deployment::by(&config, &names)
        .option("--binary", program::broken(Broken::Relays))
        .option("--topology", &file)
        .with(&["--jobs", "2", "--wait", "20"])
        .run();
    outcome.assert(
        1,
        &["pi@pi1  upgraded", "pi@pi2  refused", "pi@pi3  upgraded"],
    );
    assert_eq!(all[1].release(), before);
    for host in all {
        host.assert_healthy();
    }
}

#[test]
fn on_a_terminal_each_host_has_a_line_that_changes_and_no_color_is_obeyed() {
    let Some(lab) = Lab::new() else { return };
    let mut config = lab.host.section("pi1", lab.host.port());
    config.push_str(&lab.host.section("pi2", 1));
    let config = lab.write("ssh_config", &config);
    let shown = |variables: &[(&str, &str)]| {
        let deployment = Deployment::by(&config, &["pi@pi1", "pi@pi2"])
            .option("--binary", program::ours())
            .option("--topology", lab.folder().join("lab.toml"))
            .with(&["--dry-run"])
            .command();
        let words: Vec<String> = std::iter::once(deployment.get_program())
            .chain(deployment.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let line = format!("stty rows 24 cols 100; {}", words.join(" "));
        let output = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", "xterm")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let text = shown(&[]);
    assert!(
        text.contains("\u{1b}[2A"),
        "no line is drawn again:\n{text}"
    );
    assert!(text.contains("\u{1b}[31mfailed"), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    let text = shown(&[("NO_COLOR", "1")]);
    assert!(!text.contains("\u{1b}[31m"), "{text}");
}

#[test]
fn on_a_terminal_one_host_asks_for_a_password_once_at_most() {
    let Some(lab) = Lab::new() else { return };
    let deployment = lab.deploy(&program::ours()).with(&["--dry-run"]).command();
    let words: Vec<String> = std::iter::once(deployment.get_program())
        .chain(deployment.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let connections = || lab.host.log().matches("Accepted publickey for pi").count();
    let output = Command::new("script")
        .args(["-qec", &words.join(" "), "/dev/null"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(connections(), 1, "{}", lab.host.log());
    // where nobody can be asked, each part has a connection of its own, which is simpler
    lab.deploy(&program::ours())
        .with(&["--dry-run"])
        .run()
        .assert(0, &["would be installed"]);
    assert_eq!(connections(), 3);
}
