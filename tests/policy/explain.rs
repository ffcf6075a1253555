//! `policy explain`, as a person and as a program use it; it says what the policy of the executor decides.

use super::attacks::{CAREFUL, attacks};
use super::machine::Sent;
use mqtt_thing::fleet::policy::Policy;
use mqtt_thing::fleet::{ExecutorSettings, Run, Verdict};
use mqtt_thing::system::{Programs, Root, User};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::process::{Command, Output};

/// Runs it in that folder.
fn explain(folder: &Path, arguments: &[&str], command: &[String]) -> Output {
    let mut explain = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    for variable in ["CLIENT_ID", "MQTT_BROKER", "RUST_LOG", "CLICOLOR_FORCE"] {
        explain.env_remove(variable);
    }
    explain.current_dir(folder).args(["policy", "explain"]);
    explain.args(arguments).arg("--").args(command);
    explain.output().unwrap()
}

fn told(arguments: &[&str], command: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let topology = r#"[broker]
url = "mqtt://b"
[things.inner.resources]
clock0 = { kind = "clock" }
executor0 = { kind = "executor", allow = ["true x"] }
[things.outer]
address = "10.0.0.2"
[things.outer.resources]
executor0 = { kind = "executor", allow = ["*"], shell = true }
executor1 = { kind = "executor", allow = ["cpufreq-set -r -f *", "sh -c 'exit 3'", "gone"], native_cpufreq = true }
"#;
    std::fs::write(folder.path().join("lab.toml"), topology).unwrap();
    std::fs::write(folder.path().join("lab.ini"), "[sut]\nallow = true y\n").unwrap();
    std::fs::write(folder.path().join("wrong.ini"), "[sut]\nallw = true y\n").unwrap();
    let command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
    let output = explain(folder.path(), arguments, &command);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// What is found for a name on this machine.
fn path(name: &str) -> String {
    let programs = Programs::new(Root::default(), User::effective());
    programs.find(name).unwrap().display().to_string()
}

fn user() -> String {
    format!("user     {}\n", User::effective().uid)
}

#[test]
fn a_command_that_is_allowed_is_shown_with_its_entry_path_and_argv() {
    let expected = format!(
        "allowed by `true *`\nprogram  {}\nargv     true 'a b'\n{}",
        path("true"),
        user()
    );
    let allow = ["--allow", "sh", "--allow", "true *"];
    assert_eq!(
        told(&allow, &["true  'a b'"]),
        (Some(0), expected.clone(), String::new())
    );
    assert_eq!(
        told(&allow, &["true", "a b"]),
        (Some(0), expected, String::new())
    );
}

#[test]
fn a_command_that_is_refused_is_shown_with_its_rule_and_reason() {
    let expected = "refused (shell-operator): `;` at byte 4 is an operator of the shell, and no shell runs here; quoted it is a character\n";
    assert_eq!(
        told(&["--allow", "*"], &["true; x"]),
        (Some(126), expected.into(), String::new())
    );
    let (code, out, _) = told(&[], &["true"]);
    assert_eq!(code, Some(126));
    assert!(
        out.starts_with("refused (no-policy): nothing is allowed here: "),
        "{out}"
    );
}

#[test]
fn a_shell_is_shown_as_one_with_its_text_made_harmless() {
    let expected = format!(
        "allowed by `*`\nshell    /bin/sh -c 'echo \\u{{1b}}[2J; x'\n{}",
        user()
    );
    let open = ["--allow", "*", "--shell"];
    assert_eq!(
        told(&open, &["echo \u{1b}[2J; x"]),
        (Some(0), expected, String::new())
    );
}

#[test]
fn the_executor_of_a_topology_is_found_by_its_thing_and_name() {
    let lab = |more: &[&str], command: &[&str]| {
        let arguments = [&["--topology", "lab.toml"], more].concat();
        let (code, out, error) = told(&arguments, command);
        let last = error.lines().last().unwrap_or_default().to_owned();
        (code, out, last)
    };
    let (code, out, _) = lab(&["--thing", "inner"], &["true x"]);
    assert_eq!(code, Some(0), "{out}");
    let (code, out, _) = lab(&["--thing", "outer", "--executor", "executor0"], &["a; b"]);
    assert_eq!(
        (code, out.lines().nth(1)),
        (Some(0), Some("shell    /bin/sh -c 'a; b'"))
    );
    let one = ["--thing", "outer", "--executor", "executor1"];
    let (code, out, error) = lab(&one, &["sudo cpufreq-set -r -f 800MHz"]);
    assert_eq!(
        (code, out.lines().nth(1)),
        (
            Some(0),
            Some("sysfs    800000 kHz for every processor, without a program")
        )
    );
    assert!(
        error.starts_with("mqtt-thing: `gone`: there is no program `gone` in "),
        "{error}"
    );
    let there = "there are inner/executor0, outer/executor0, outer/executor1";
    for (more, expected) in [
        (
            &[][..],
            format!("mqtt-thing: which executor is meant? say --thing and --executor; {there}"),
        ),
        (
            &["--executor", "executor0"],
            format!("mqtt-thing: which executor is meant? say --thing and --executor; {there}"),
        ),
        (
            &["--thing", "iner"],
            format!("mqtt-thing: there is no such executor; {there}"),
        ),
    ] {
        assert_eq!(lab(more, &["true"]), (Some(2), String::new(), expected));
    }
}

#[test]
fn the_configuration_of_a_governor_counts_together_with_the_command_line_as_for_sut() {
    assert_eq!(told(&["--config", "lab.ini"], &["true y"]).0, Some(0));
    assert_eq!(told(&["--config", "lab.ini"], &["true z"]).0, Some(126));
    assert_eq!(
        told(&["--config", "lab.ini", "--allow", "true z"], &["true z"]).0,
        Some(0)
    );
    let (code, out, error) = told(&["--config", "wrong.ini"], &["true y"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.starts_with("wrong.ini:2:1: error: "), "{error}");
    assert_eq!(told(&["--config", "gone.ini"], &["true y"]).0, Some(2));
    assert_eq!(
        told(&["--topology", "lab.toml", "--shell"], &["true"]).0,
        Some(2)
    );
    assert_eq!(told(&["--allow", "true"], &[]).0, Some(2));
}

#[test]
fn a_program_reads_the_same() {
    let json = |arguments: &[&str], command: &str| -> (Option<i32>, Json) {
        let arguments = [&["--json"], arguments].concat();
        let (code, out, _) = told(&arguments, &[command]);
        (code, serde_json::from_str(&out).unwrap())
    };
    let uid = User::effective().uid;
    let (code, found) = json(&["--allow", "true *", "--allow", "a;b"], "true \"x'y\"");
    let mistake = &found["problems"][0];
    assert_eq!(mistake["entry"], "a;b");
    let run = json!({ "program": path("true"), "argv": ["true", "x'y"] });
    let expected =
        json!({ "allowed": true, "rule": "true *", "run": run, "uid": uid, "problems": [mistake] });
    assert_eq!((code, &found), (Some(0), &expected));
    let (code, found) = json(&["--allow", "true"], "reboot");
    let reason = "the program `reboot` is not allowed; allowed are `true`";
    let expected = json!({ "allowed": false, "rule": "not-in-allow", "reason": reason, "uid": uid, "problems": [] });
    assert_eq!((code, found), (Some(126), expected));
}

#[test]
fn it_says_what_the_policy_decides_for_every_attack_and_for_what_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let mut allow: Vec<&str> = CAREFUL.to_vec();
    allow.push("sh -c *");
    let settings = ExecutorSettings {
        allow: allow.iter().map(|&entry| entry.to_owned()).collect(),
        ..ExecutorSettings::default()
    };
    let programs = Programs::new(Root::default(), User::effective());
    let policy = Policy::new(&settings, move |name| programs.find(name));
    let options: Vec<&str> = allow
        .iter()
        .flat_map(|entry| ["--allow", entry])
        .chain(["--json"])
        .collect();
    let meant = ["true", "sh -c 'a; b'", "sudo cpufreq-set -r -f 1GHz"];
    let meant = meant.map(|text| Sent::Text(text.to_owned()));
    for sent in attacks().into_iter().map(|attack| attack.sent).chain(meant) {
        let words = match &sent {
            Sent::Text(text) => vec![text.clone()],
            // one word would be text
            Sent::Argv(argv) if argv.len() < 2 => continue,
            Sent::Argv(argv) => argv.clone(),
        };
        // what no command line can hold
        if words.iter().any(|word| word.contains('\0')) {
            continue;
        }
        let output = explain(folder.path(), &options, &words);
        let found: Json = serde_json::from_slice(&output.stdout).unwrap();
        match policy.decide(&sent.command()) {
            Verdict::Refused { rule, reason } => {
                assert_eq!(
                    (&found["rule"], &found["reason"]),
                    (&json!(rule), &json!(reason)),
                    "{sent:.80?}"
                );
                assert_eq!(output.status.code(), Some(126));
            }
            Verdict::Allowed { run, rule } => {
                assert_eq!(found["rule"], json!(rule), "{sent:?}");
                assert_eq!(output.status.code(), Some(0));
                if let Run::Program { path, argv } = run {
                    assert_eq!(found["run"], json!({ "program": path, "argv": argv }));
                }
            }
        }
    }
}
