//! `mqtt-thing runs`, as a person and as a program use it.

use mqtt_thing::fleet::{Face, Status};
use mqtt_thing::store::{RunClient, RunId, RunOutput, RunResponse, Runs};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 2026-11-20 11:06:40 UTC
const BEGAN: u64 = 1_795_172_800;

struct Lab {
    folder: tempfile::TempDir,
    runs: Runs,
    run: RunId,
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn response(client: &str, id: &str, status: Option<Status>, output: &[u8]) -> RunResponse {
    RunResponse {
        client: client.to_owned(),
        id: Some(id.to_owned()),
        pipeline: Some("three".to_owned()),
        step: "hot".to_owned(),
        step_index: Some(0),
        attempt: 1,
        command: "stress-ng --cpu 0".to_owned(),
        face: Face::Own,
        status,
        reason: None,
        exit_code: status.map(|status| i32::from(status != Status::Succeeded)),
        signal: None,
        started: Some(at(BEGAN + 1)),
        ended: Some(at(BEGAN + 2)),
        received: at(BEGAN + 3),
        duration: Some(Duration::from_millis(1234)),
        usage: None,
        host: None,
        output: RunOutput::whole(output),
        error: RunOutput::default(),
        raw: None,
    }
}

impl Lab {
    /// One finished run of two clients, one of which speaks to the terminal.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut runs = Runs::open(&folder.path().join("runs.db")).unwrap();
        let run = runs.begin(at(BEGAN), "the plan").unwrap();
        for client in ["c1", "c2\x1b[2J"] {
            let joined = at(BEGAN);
            let client = RunClient {
                client: client.to_owned(),
                face: Face::Own,
                joined,
            };
            runs.add_client(&run, &client).unwrap();
        }
        let good = response("c1", "1", Some(Status::Succeeded), b"line 1\nline 2\n");
        let mut bad = response(
            "c2\x1b[2J",
            "2",
            Some(Status::Failed),
            b"\x1b]0;title\x07\xff=1\n",
        );
        bad.output.truncated = true;
        bad.output.total = 99;
        bad.error = RunOutput::whole("no such thing\n");
        runs.add_responses(&run, &[good, bad], &[]).unwrap();
        runs.finish(&run, at(BEGAN + 75), "1 of 2 steps failed")
            .unwrap();
        Self { folder, runs, run }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("runs.db")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        command
            .current_dir(self.folder.path())
            .env("TZ", "UTC")
            .env_remove("MQTT_THING_RUNS")
            .args(["runs", "--store", "runs.db"])
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it prints when all is well, with RUN for the run's id.
    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && error.is_empty(), "{error}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.replace(self.run.as_str(), "RUN")
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn the_list_is_a_row_a_run() {
    let lab = Lab::new();
    let text = lab.printed(&["list"]);
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|row| {
            row.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(
        rows,
        [
            [
                "RUN",
                "STARTED",
                "TOOK",
                "CLIENTS",
                "RESPONSES",
                "FAILED",
                "OUTCOME"
            ],
            [
                "RUN",
                "2026-11-20 11:06:40",
                "1 min 15 s",
                "2",
                "2",
                "1",
                "1 of 2 steps failed"
            ]
        ]
    );
    let json: Json = serde_json::from_str(&lab.printed(&["list", "--json"])).unwrap();
    assert_eq!(json["outcome"], "1 of 2 steps failed");
    assert_eq!((&json["clients"], &json["failed"]), (&2.into(), &1.into()));
}

#[test]
fn a_run_is_shown_with_nothing_that_reaches_the_terminal() {
    let lab = Lab::new();
    let text = lab.printed(&["show"]);
    let expected = "\
run RUN, 1 of 2 steps failed
started 2026-11-20 11:06:40, took 1 min 15 s
2 clients, 2 responses, 1 failed

CLIENT       BY   RESPONSES  FAILED  OUTCOME
c1           own  1          0
c2\\u{1b}[2J  own  1          1

CLIENT       PIPELINE  STEP  TRY  STATUS     CODE  TOOK     BY   OUTPUT
c1           three     hot   1    succeeded  0     1.234 s  own  line 1
c2\\u{1b}[2J  three     hot   1    failed     1     1.234 s  own  \\u{1b}]0;title\\u{7}\\xff=1
";
    assert_eq!(text, expected);
    let part = &lab.run.as_str()[9..];
    assert_eq!(lab.printed(&["show", part]), expected);
}

#[test]
fn one_client_is_shown_with_all_that_its_commands_wrote() {
    let lab = Lab::new();
    let text = lab.printed(&["show", "latest", "--client", "c2\x1b[2J"]);
    let own = text.split_once("\n\n").unwrap().1;
    assert_eq!(
        own,
        "three, hot, failed, 1, 1.234 s\n  $ stress-ng --cpu 0\n  \\u{1b}]0;title\\u{7}\\xff=1\n  \
         (not all of 99 bytes came)\n  ! no such thing\n"
    );
    assert!(
        lab.refused(&["show", "latest", "--client", "c3"])
            .contains("has no client `c3`")
    );
}

#[test]
fn a_run_is_one_object_for_a_program() {
    let lab = Lab::new();
    let whole: Json = serde_json::from_str(&lab.printed(&["show", "--json"])).unwrap();
    assert_eq!(whole["plan"], "the plan");
    assert_eq!(whole["clients"][1]["client"], "c2\x1b[2J");
    assert_eq!(whole["responses"][0]["output"], "line 1\nline 2\n");
    assert_eq!(
        whole["responses"][1]["output_base64"],
        "G10wO3RpdGxlB/89MQo="
    );
    let one: Json =
        serde_json::from_str(&lab.printed(&["show", "--json", "--client", "c1"])).unwrap();
    assert_eq!(one["responses"].as_array().unwrap().len(), 1);
    assert_eq!(one["clients"].as_array().unwrap().len(), 1);
}

#[test]
fn an_export_goes_to_standard_output_or_whole_into_a_file() {
    let lab = Lab::new();
    let table = lab.printed(&["export", "latest", "--csv"]);
    assert_eq!(table.matches("\r\n").count(), 3);
    let last = ",\"\\x1b]0;title\\x07\\xff=1\n\",\"no such thing\n\"\r\n";
    assert!(table.ends_with(last), "{table}");
    let file = lab.folder.path().join("run.csv");
    assert_eq!(
        lab.printed(&["export", "latest", "--csv", "-o", "run.csv"]),
        ""
    );
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.replace(lab.run.as_str(), "RUN"), table);
    assert_eq!(
        lab.printed(&["export", "latest", "--json"]).lines().count(),
        2
    );
    let both = lab.run(&["export", "latest", "--json", "--csv"]);
    assert_eq!(both.status.code(), Some(2));
    assert_eq!(lab.run(&["export", "latest"]).status.code(), Some(2));
}

#[test]
fn a_wrong_path_or_run_fails_first_and_leaves_nothing() {
    let lab = Lab::new();
    std::fs::write(lab.folder.path().join("old.csv"), "old").unwrap();
    let told = lab.refused(&["export", "2027", "--csv", "-o", "old.csv"]);
    assert!(
        told.contains(&format!(
            "there is no run `2027`; the latest is {}",
            lab.run
        )),
        "{told}"
    );
    assert_eq!(
        std::fs::read_to_string(lab.folder.path().join("old.csv")).unwrap(),
        "old"
    );
    // the file is tried before the run is looked for
    let told = lab.refused(&["export", "2027", "--csv", "-o", "none/run.csv"]);
    assert!(
        told.contains("none/run.csv cannot be written: No such file"),
        "{told}"
    );
    let left = std::fs::read_dir(lab.folder.path()).unwrap();
    assert!(
        left.map(|entry| entry.unwrap().file_name())
            .all(|name| !name.to_string_lossy().ends_with(".tmp"))
    );
}

#[test]
fn without_a_store_there_are_no_runs() {
    let lab = Lab::new();
    std::fs::remove_file(lab.path()).unwrap();
    let output = lab.run(&["list"]);
    assert!(output.status.success());
    assert_eq!(output.stderr, b"there are no runs in runs.db yet\n");
    assert!(
        lab.refused(&["show"])
            .contains("runs.db cannot be used: No such file")
    );
    assert!(!lab.path().exists());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut lab = Lab::new();
    let long = response("c1", "3", Some(Status::Succeeded), &vec![b'x'; 1 << 20]);
    lab.runs.add_response(&lab.run, &long).unwrap();
    for arguments in [
        &["export", "latest", "--csv"][..],
        &["export", "latest", "--json"],
        &["show", "--json"],
    ] {
        let mut child = lab
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
}

#[test]
fn a_run_is_shown_and_exported_while_an_operator_writes_it() {
    let mut lab = Lab::new();
    let run = lab.runs.begin(at(BEGAN + 100), "").unwrap();
    for n in 0..3 {
        lab.runs
            .add_response(&run, &response("c1", &n.to_string(), None, b""))
            .unwrap();
        let text = lab.printed(&["show", "latest"]);
        assert!(text.contains(&format!("{} responses", n + 1)), "{text}");
        assert!(text.contains(", not finished\n"), "{text}");
    }
}

/// Python's own reader, where there is one.
#[test]
fn the_table_is_read_by_other_programs() {
    let lab = Lab::new();
    assert_eq!(
        lab.printed(&["export", "latest", "--csv", "-o", "run.csv"]),
        ""
    );
    let script = "import csv, sys\n\
        rows = list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8')))\n\
        print(len(rows), repr(rows[0]['output']), rows[0]['duration_s'], rows[1]['client'])";
    let read = Command::new("python3")
        .args(["-c", script])
        .arg(path(&lab, "run.csv"))
        .output();
    let Ok(read) = read else {
        return crate::support::skipped("python3");
    };
    assert_eq!(
        String::from_utf8_lossy(&read.stdout),
        "2 'line 1\\nline 2\\n' 1.234 c2\\x1b[2J\n"
    );
}

fn path(lab: &Lab, name: &str) -> PathBuf {
    Path::new(lab.folder.path()).join(name)
}
