//! Topics of standard input and of a topology.

use crate::{matched, object};

const LAB: &str = r#"
[broker]
url = "mqtt://127.0.0.1"
[things.inner]
address = "10.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
dht0 = { kind = "dht", port = "D7" }
[things.outer]
interface = "eth0"
[things.outer.resources]
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
executor0 = { kind = "executor", allow = ["uptime"] }
"#;

fn lab() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab.toml");
    std::fs::write(&path, LAB).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn standard_input_is_judged_line_by_line_and_what_is_no_topic_is_told() {
    let long = "x".repeat(70_000);
    let input = format!("a/b\r\n\nb/+\na/c\n{long}\na/d");
    let (code, out, err) = matched(&["a/+", "--topic", "-"], &input);
    assert_eq!(code, 0);
    assert!(
        out.ends_with("3 of 3 topics are matched\n  a/b\n  a/c\n  a/d\n"),
        "{out}"
    );
    assert!(
        err.contains("line 3 is no topic: `b/+`: it holds the wildcard +"),
        "{err}"
    );
    assert!(err.contains("line 5 is no topic"), "{err}");
    let (code, out, _) = matched(&["a/+", "--topic", "-"], "");
    assert_eq!(code, 1);
    assert!(out.ends_with("there are no topics to match\n"), "{out}");
}

#[test]
fn a_flood_of_lines_is_bounded_and_counted() {
    let input: String = (0..50_010).map(|number| format!("a/{number}\n")).collect();
    let (code, out, _) = matched(&["a/+", "--topic", "-"], &input);
    assert_eq!(code, 0);
    assert!(out.contains("50000 of 50000 topics are matched"));
    assert!(
        out.ends_with("note: 10 further lines were left out: 50000 topics are judged at most\n")
    );
}

#[test]
fn the_topics_of_a_lab_are_told_with_what_they_are() {
    let (_folder, path) = lab();
    let (code, out, _) = matched(&["10.0.0.1/sensors/+", "--topology", &path], "");
    assert_eq!(code, 0);
    assert!(
        out.contains(
            "  10.0.0.1/sensors/button0  inner says: its button0; outer hears: its led0 follows it\n"
        ),
        "{out}"
    );
    assert!(
        !out.contains("temperature") && !out.contains("availability"),
        "{out}"
    );
    assert!(
        out.contains("note: outer has the address of eth0, which the file does not know; outer stands in its place here"),
        "{out}"
    );
    let told = object(&[
        "+/+/+/temperature",
        "outer/executors/#",
        "--topology",
        &path,
    ]);
    let topics: Vec<&str> = told["topics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|its| its["topic"].as_str().unwrap())
        .collect();
    assert!(
        topics.contains(&"10.0.0.1/sensors/dht0/temperature"),
        "{topics:?}"
    );
    assert!(
        topics.contains(&"outer/executors/executor0/commands"),
        "{topics:?}"
    );
    let (code, out, _) = matched(&["10.0.0.1/sensor/+", "--topology", &path], "");
    assert_eq!(code, 1);
    assert!(out.contains("\n0 of "), "{out}");
}

#[test]
fn a_topology_that_cannot_be_used_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.toml");
    let (code, _, err) = matched(&["a", "--topology", path.to_str().unwrap()], "");
    assert_eq!(code, 2);
    assert!(err.contains("none.toml"), "{err}");
    std::fs::write(&path, "[things.x]\nadress = 1\n").unwrap();
    let (code, _, err) = matched(&["a", "--topology", path.to_str().unwrap()], "");
    assert_eq!(code, 2);
    assert!(err.contains("adress"), "{err}");
}
