//! `mqtt-thing feedback`, as a person and as a program use it.

use serde_json::{Value as Json, json};
use std::process::{Command, Output};

/// Answers in both forms, one that failed, one that is broken, and one with the real figures of stress-ng 0.15.06.
const MIXED: &str = "\
{\"client_id\": \"c1\", \"command\": \"echo hi\", \"start_time\": \"1795172851.5\", \"end_time\": \"1795172851.75\", \"output\": \"hi\\nho\\n\", \"error\": \"None\"}
{\"client_id\": \"c2\", \"command\": \"no-such\", \"start_time\": \"1795172852.0\", \"end_time\": \"1795172852.0\", \"error\": \"Failed to execute command: no\"}
nonsense
Client: c1
Command: stress-ng --cpu 1 --timeout 1s --metrics-brief
Start Time: 1795172860.0
End Time: 1795172861.125
Output: 
Error: stress-ng: info:  [17521] dispatching hogs: 1 cpu
stress-ng: metrc: [17521] stressor       bogo ops real time  usr time  sys time   bogo ops/s     bogo ops/s
stress-ng: metrc: [17521]                           (secs)    (secs)    (secs)   (real time) (usr+sys time)
stress-ng: metrc: [17521] cpu                1766      1.00      1.00      0.00      1764.27        1764.41

{\"client_id\": \"\\u001b[2J\\u202e\", \"command\": \"\\u0007\\u009b\", \"start_time\": \"soon\", \"end_time\": \"1\", \"output\": \"\\r\", \"error\": \"\"}
";

fn run(file: &[u8], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("feedback.txt"), file).unwrap();
    Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .current_dir(folder.path())
        .env("TZ", "UTC")
        .arg("feedback")
        .args(arguments)
        .output()
        .unwrap()
}

fn told(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn a_mixed_file_shows_answers_figures_and_the_times_of_each_client() {
    let output = run(MIXED.as_bytes(), &["feedback.txt"]);
    let (code, out, err) = told(&output);
    let expected = r"LINE  CLIENT             COMMAND                                         STARTED              SECONDS  OUTPUT
1     c1                 echo hi                                         2026-11-20 11:07:31  0.250    hi ...
2     c2                 no-such                                         2026-11-20 11:07:32  0.000    failed: Failed to execute command: no
4     c1                 stress-ng --cpu 1 --timeout 1s --metrics-brief  2026-11-20 11:07:40  1.125    error: stress-ng: info:  [17521] dispatching hogs: 1 cpu ...
14    \u{1b}[2J\u{202e}  \u{7}\u{9b}                                     soon                 ?
";
    let answers: Vec<&str> = out.split("\n\n").collect();
    assert_eq!(code, Some(1));
    assert_eq!(format!("{}\n", answers[0]), expected);
    assert_eq!(
        answers[1],
        "stress-ng
LINE  CLIENT  STRESSOR  BOGO OPS  REAL s  USR s  SYS s  OPS/s REAL  OPS/s CPU
4     c1      cpu       1766      1.00    1.00   0.00   1764.27     1764.41"
    );
    assert_eq!(
        answers[2],
        r"CLIENT             ANSWERS  FAILED  BUSY s  FIRST                LAST
\u{1b}[2J\u{202e}  1        0       0.000   ?                    1970-01-01 00:00:01
c1                 2        0       1.375   2026-11-20 11:07:31  2026-11-20 11:07:41
c2                 1        1       0.000   2026-11-20 11:07:32  2026-11-20 11:07:32
"
    );
    assert_eq!(
        err,
        "feedback.txt:3: \"nonsense\" is not JSON: expected ident at line 1 column 2\n"
    );
}

#[test]
fn clients_and_failures_can_be_chosen() {
    let lines = |arguments: &[&str]| {
        let output = run(MIXED.as_bytes(), arguments);
        let list = told(&output).1.lines().map(|line| {
            let answer: Json = serde_json::from_str(line).unwrap();
            answer["line"].as_u64().unwrap()
        });
        list.collect::<Vec<u64>>()
    };
    assert_eq!(lines(&["--json", "feedback.txt"]), [1, 2, 4, 14]);
    assert_eq!(lines(&["--json", "--client", "c1", "feedback.txt"]), [1, 4]);
    assert_eq!(
        lines(&["--json", "--client", "c1", "--client", "c2", "feedback.txt"]),
        [1, 2, 4]
    );
    assert_eq!(lines(&["--json", "--failed", "feedback.txt"]), [2]);
    assert_eq!(
        lines(&["--json", "--failed", "--client", "c1", "feedback.txt"]),
        [0; 0]
    );
    let none = run(MIXED.as_bytes(), &["--client", "c9", "feedback.txt"]);
    assert_eq!(told(&none).1, "no answers\n");
}

#[test]
fn a_program_gets_an_answer_a_line_with_its_figures_and_in_ascii() {
    let output = run(MIXED.as_bytes(), &["--json", "feedback.txt"]);
    assert!(
        output
            .stdout
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~' | b'\n'))
    );
    let lines: Vec<Json> = told(&output)
        .1
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines[0],
        json!({
            "line": 1, "form": "json", "client_id": "c1", "command": "echo hi", "start_time": "1795172851.5",
            "end_time": "1795172851.75", "duration_s": 0.25, "started": true, "output": "hi\nho\n", "error": "None",
        })
    );
    assert_eq!(
        (&lines[1]["started"], &lines[1]["output"]),
        (&json!(false), &Json::Null)
    );
    assert_eq!(
        (&lines[2]["form"], &lines[2]["stress_ng"][0]["bogo_ops"]),
        (&json!("text"), &json!(1766))
    );
    assert_eq!(
        (&lines[3]["client_id"], &lines[3]["duration_s"]),
        (&json!("\u{1b}[2J\u{202e}"), &Json::Null)
    );
}

#[test]
fn the_exit_code_tells_a_whole_file_from_a_broken_one_and_from_none() {
    let right = MIXED.lines().next().unwrap();
    assert_eq!(
        run(right.as_bytes(), &["feedback.txt"]).status.code(),
        Some(0)
    );
    assert_eq!(run(b"{}\n", &["feedback.txt"]).status.code(), Some(1));
    assert_eq!(run(b"", &["feedback.txt"]).status.code(), Some(0));
    let missing = run(b"", &["other.txt"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        told(&missing)
            .2
            .starts_with("mqtt-thing: other.txt cannot be opened: ")
    );
    assert_eq!(run(b"", &["."]).status.code(), Some(2));
}
