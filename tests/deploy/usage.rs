//! The command line: what is wrong is said before any host is asked.

use crate::deployment::Deployment;
use std::path::Path;

fn run(hosts: &[&str], words: &[&str]) -> crate::deployment::Outcome {
    Deployment::by(Path::new("/dev/null"), hosts)
        .with(words)
        .run()
}

#[test]
fn help_has_examples_and_exit_codes() {
    run(&[], &["--help"]).assert(
        0,
        &[
            "Examples:",
            "--topology lab.toml",
            "Exit codes:",
            "--wait-for-jobs",
        ],
    );
}

#[test]
fn a_command_line_that_cannot_be_used_is_named() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/resources/one-pi.toml");
    let one: &[&str] = &["pi@one"];
    let two: &[&str] = &["pi@one", "pi@two"];
    for (hosts, words, says) in [
        (&[] as &[&str], &["-t", file] as &[&str], "no host is named"),
        (one, &[], "no --topology FILE is given"),
        (
            one,
            &["-t", "/nowhere.toml"],
            "there is no file /nowhere.toml",
        ),
        (one, &["-t"], "-t needs a value"),
        (one, &["-t", file, "--forced"], "unknown option --forced"),
        (
            two,
            &["-t", file, "--thing", "inner"],
            "--thing goes with one host, 2 are named",
        ),
        (one, &["-t", file, "--thing", "In ner"], "a name has a to z"),
        (
            one,
            &["-t", file, "--wait", "soon"],
            "1 to 9999 seconds are possible",
        ),
        (
            one,
            &["-t", file, "--ignore", "sudo"],
            "only broker and clock can be ignored",
        ),
        (
            one,
            &["-t", file, "--binary", file],
            "is no program for a Pi",
        ),
        (
            one,
            &["-t", file, "--secrets", "/nowhere"],
            "there is no folder /nowhere",
        ),
        (
            one,
            &["-t", file, "--secrets", "/etc"],
            "/etc is not from \"mqtt-thing broker init\": neither it nor a folder in /etc/clients has one of \
             password client.crt client.key ca.crt",
        ),
        (
            one,
            &["--purge", "-t", file],
            "--purge goes with --uninstall",
        ),
        (
            one,
            &["--uninstall", "-t", file],
            "--uninstall needs no topology",
        ),
        (
            &["pi@one", "pi@one"],
            &["-t", file],
            "pi@one is named twice",
        ),
        (&["pi@one;reboot"], &["-t", file], "is no USER@HOST"),
    ] {
        run(hosts, words).assert(2, &[says]);
    }
}

#[test]
fn the_package_script_says_what_it_cannot_use_of_its_command_line() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/package.sh");
    for (words, says) in [
        (&["--bin"] as &[&str], "unknown option \"--bin\""),
        (&["--output"], "--output needs a value"),
        (&["riscv"], "unknown architecture \"riscv\""),
        (&["host"], "\"host\" needs --binary"),
    ] {
        let output = std::process::Command::new(script)
            .args(words)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(says), "{text}");
    }
}
