//! What a run leaves: lines, objects, exit codes, files, the run store.

use crate::fleet::{
    OldPeers, assert_harmless, ended, finished, json, operator, operator_in, runs, steps, text,
    wait_event,
};
use crate::process::{Process, Start};
use crate::support::Mosquitto;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const AT_ONCE: &str = "registration_timeout_s = 0.2";

#[test]
fn each_line_of_json_is_an_object_with_its_event_and_time_and_the_last_is_the_summary() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "pi");
    let plan = steps(AT_ONCE, &["echo hi; echo oops >&2", "sleep 1.3", "exit 3"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    assert_eq!(finished(&mut operator), Some(1));
    let lines = operator.out.all();
    let objects: Vec<_> = lines.iter().map(|line| json(line)).collect();
    for object in &objects {
        assert!(
            object.is_object() && object["event"].is_string(),
            "{object}"
        );
        assert!(object["at"].as_f64().unwrap() > 1.7e9, "{object}");
    }
    let of = |event: &str| {
        objects
            .iter()
            .filter(|o| o["event"] == event)
            .collect::<Vec<_>>()
    };
    let answered = of("answered");
    assert_eq!(answered.len(), 3);
    let first = answered[0];
    assert_eq!(
        (text(&first["output"]), text(&first["error"])),
        ("hi\n", "oops\n")
    );
    assert_eq!(
        (text(&first["status"]), &first["exit_code"]),
        ("succeeded", &0.into())
    );
    assert!(first["usage"]["user_s"].is_number() && first["duration_s"].is_number());
    assert_eq!(answered[2]["exit_code"], 3);
    assert!(
        !of("progress").is_empty(),
        "a step of more than a second says how far it is"
    );
    let summary = objects.last().unwrap();
    assert_eq!(
        (text(&summary["event"]), &summary["succeeded"]),
        ("summary", &false.into())
    );
    assert!(runs(operator.folder.path(), &["list"]).contains(text(&summary["run"])));
}

#[test]
fn the_exit_code_is_0_when_all_is_well_1_when_not_and_2_when_it_cannot_begin() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "pi");
    let code = |plan: &str, args: &[&str]| finished(&mut operator(&mosquitto, plan, args).run());
    assert_eq!(code(&steps(AT_ONCE, &["true"]), &[]), Some(0));
    assert_eq!(
        code(&steps(AT_ONCE, &["true"]), &["--plain", "--no-store"]),
        Some(0)
    );
    assert_eq!(code(&steps(AT_ONCE, &["false", "true"]), &[]), Some(1));
    assert_eq!(code("[[pipelines]]\nsteps = 1\n", &[]), Some(2));
    assert_eq!(
        code(&steps(AT_ONCE, &["true"]), &["--pipeline", "q"]),
        Some(2)
    );
    assert_eq!(code(&steps(AT_ONCE, &["true"]), &["--nonsense"]), Some(2));
    // nobody walks a pipeline that is for others
    assert_eq!(
        code(&steps(AT_ONCE, &["true"]), &["--client", "other*"]),
        Some(1)
    );
}

#[test]
fn a_reader_that_leaves_early_ends_neither_the_run_nor_what_is_kept() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "pi");
    for form in ["--json", "--plain"] {
        let plan = steps(AT_ONCE, &["echo 1", "echo 2", "echo 3"]);
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("pipelines.toml"), plan).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
            .args([
                "operator",
                "pipelines.toml",
                form,
                "--broker",
                &mosquitto.url(),
            ])
            .current_dir(folder.path())
            .env("STATE_DIRECTORY", folder.path().join("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        drop(out);
        let code = crate::support::wait_for("the end", || child.try_wait().unwrap()).code();
        let mut complaint = String::new();
        let mut err = child.stderr.take().unwrap();
        err.read_to_string(&mut complaint).unwrap();
        assert_eq!(code, Some(0), "{complaint}");
        assert!(!complaint.contains("panicked"), "{complaint}");
        let rows = runs(folder.path(), &["export", "latest", "--json"]);
        assert_eq!(rows.lines().count(), 3);
    }
}

#[test]
fn a_dry_run_says_what_would_be_done_and_needs_no_broker() {
    let plan = "clients = [\"pi1\", \"pi2\"]\n[[pipelines]]\nname = \"slow\"\non_failure = \"stop\"\nbarrier = true\n\
                clients = \"pi1\"\nsteps = [\"cpufreq-set -r -f 600MHz\", { name = \"load\", argv = [\"stress-ng\", \"--cpu\", \"0\"], timeout_s = 90, retries = 1 }]\n";
    let folder = TempDir::new().unwrap();
    let mut operator = operator_in(folder, "mqtt://127.0.0.1:1", plan, &["--dry-run"]).run();
    assert!(finished(&mut operator) == Some(0));
    assert_eq!(
        operator.out.all(),
        [
            "pipeline slow (on failure: stop, in lock-step): pi1",
            "  1. cpufreq-set -r -f 600MHz",
            "  2. load: stress-ng --cpu 0  [time limit 90 s, 1 retries]",
            "  finally restore frequency: cpufreq-set --restore",
        ]
    );
    assert!(
        !operator.folder.path().join("state").exists(),
        "nothing is kept of it"
    );
}

#[test]
fn every_answer_is_listed_shown_and_exported() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "pi");
    let plan = steps(AT_ONCE, &["echo '=1+1, \"quoted\"'", "exit 7"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    let (_, summary) = ended(&mut operator);
    let (folder, run) = (operator.folder.path(), text(&summary["run"]));
    assert!(runs(folder, &["list"]).contains(run));
    let listed = json(runs(folder, &["list", "--json"]).lines().next().unwrap());
    assert_eq!(text(&listed["run"]), run, "{listed}");
    let shown = runs(folder, &["show", run]);
    assert!(
        shown.contains("1 of 2 failed") && shown.contains("exit 7"),
        "{shown}"
    );
    let csv = runs(folder, &["export", run, "--csv"]);
    assert!(
        csv.lines().filter(|line| line.starts_with(run)).count() == 2,
        "{csv}"
    );
    assert!(
        csv.contains(r#"'=1+1, ""quoted"""#),
        "no formula for a spreadsheet: {csv}"
    );
    let rows = runs(folder, &["export", run, "--json"]);
    let rows: Vec<_> = rows.lines().map(json).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1]["exit_code"], 7);
    assert_eq!(
        text(&rows[0]["output"]).trim_end(),
        "=1+1, \"quoted\"",
        "{}",
        rows[0]
    );
}

#[test]
fn the_feedback_file_has_each_payload_and_a_newline_in_json_and_in_text() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let config = "[operator]\nregistration_timeout = 0.2\nenable_realtime_mode = false\njsonify = false\n\
                  save_feedback = true\nfeedback_file = out.txt\npipeline1 = a; b\n";
    let mut operator = Start::new(&mosquitto, "operator").config(config).run();
    operator.wait_err("connected");
    let file = operator.folder.path().join("out.txt");
    std::fs::write(&file, "what was there before\n").unwrap();
    peers.register("c1");
    let text = |command: &str| {
        format!(
            "Client: c1\nCommand: {command}\nStart Time: 1.0\nEnd Time: 2.0\nOutput: é\n\nError: None"
        )
    };
    for command in ["a", "b"] {
        crate::support::wait_for("the command", || {
            let log = mosquitto.count_log("system_performance/commands', ... (4 bytes)");
            (log > 0).then_some(())
        });
        mosquitto.publish(
            "system_performance/responses",
            text(command).as_bytes(),
            false,
        );
        operator.wait_out(&format!("{command}: succeeded"));
    }
    assert!(
        finished(&mut operator) == Some(0),
        "{}",
        operator.err.all().join("\n")
    );
    let (a, b) = (text("a"), text("b"));
    let expected = format!("what was there before\n{a}\n{b}\n");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn without_save_feedback_there_is_no_file_and_a_file_that_cannot_be_written_is_told_first() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let config = "[operator]\nenable_realtime_mode = false\npipeline1 = a\nsave_feedback = false\n";
    let operator = Start::new(&mosquitto, "operator").config(config).run();
    operator.wait_err("connected");
    assert!(!operator.folder.path().join("feedback.txt").exists());
    let there = "feedback_file = \"/nowhere/feedback.txt\"";
    let mut operator = crate::fleet::operator(&mosquitto, &steps(there, &["a"]), &[]).run();
    assert!(finished(&mut operator) != Some(0));
    operator.wait_err("cannot append to /nowhere/feedback.txt");
}

#[test]
fn hostile_output_and_ids_are_shown_escaped_in_lines_objects_and_runs() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}c1";
    for form in ["--plain", "--json"] {
        let plan = steps(AT_ONCE, &["a"]);
        let mut operator = operator(&mosquitto, &plan, &[form]).run();
        match form {
            "--json" => operator.wait_out("connected"),
            _ => operator.wait_err("connected"),
        }
        peers.register(evil);
        crate::support::wait_for("the command", || {
            (mosquitto.count_log("'system_performance/commands'") > 0).then_some(())
        });
        let output = format!("{evil}\r\u{8}\u{8}line\nsecond \u{1b}[1A\n");
        let feedback = serde_json::json!({
            "client_id": evil, "command": "a", "start_time": "1.0", "end_time": "2.0",
            "output": output, "error": evil,
        });
        // it may take a moment until the command is on its way
        let payload = feedback.to_string();
        crate::support::wait_for("the end", || {
            mosquitto.publish("system_performance/responses", payload.as_bytes(), false);
            operator.child.try_wait().unwrap()
        });
        finished(&mut operator);
        let told = operator.out.all().join("\n") + &operator.err.all().join("\n");
        assert_harmless(&told);
        if form == "--json" {
            let answered = wait_event(&operator, "answered", |_| true);
            assert_eq!(
                text(&answered["output"]),
                output,
                "a program gets what came"
            );
        } else {
            assert!(told.contains(r"\u{1b}]0;owned\u{7}"), "{told}");
        }
        for args in [
            &["show"][..],
            &["show", "latest", "--client", evil],
            &["list"],
        ] {
            assert_harmless(&runs(operator.folder.path(), args));
        }
        // a table is for a spreadsheet, where text may run from right to left
        let csv = runs(operator.folder.path(), &["export", "latest", "--csv"]);
        assert!(
            !csv.contains(|c: char| c.is_control() && !"\r\n".contains(c)),
            "{csv:?}"
        );
        assert_harmless(&runs(
            operator.folder.path(),
            &["export", "latest", "--json"],
        ));
    }
}
