//! Wrong ACLs: each fails exactly the rows that a decision by hand says, and no others.

use crate::lab::{Lab, resource, shipped};

const READ: &str = "pattern read /sensor/+/data";
const OWN: &str = "pattern write /sensor/%u/+/data";
const ALICE: &str = "topic readwrite /sensor/+/data";
const BOB: &str = "topic write /sensor/temperature/data";

/// A line, what stands there instead, and the rows that fail then. Row 2 fails with the shipped one.
const WRONG: &[(&str, &str, &[usize])] = &[
    (READ, "", &[5, 8, 9]),
    (READ, "pattern read /sensor/temperature/data", &[2, 5, 9]),
    (READ, "pattern read /sensor/#", &[2, 15]),
    (READ, "pattern readwrite /sensor/+/data", &[2, 4, 10]),
    (READ, "pattern write /sensor/+/data", &[4, 5, 8, 9, 10]),
    (READ, "pattern deny /sensor/+/data", &[5, 8, 9]),
    (OWN, "", &[2, 11, 12, 13]),
    (OWN, "pattern write /sensor/+/+/data", &[2, 14]),
    (OWN, "pattern readwrite /sensor/%u/+/data", &[2, 15]),
    (OWN, "pattern write /sensor/%c/+/data", &[2, 11, 12, 13]),
    (OWN, "pattern write /sensor/%u/temperature/data", &[2, 13]),
    (ALICE, "", &[1, 2, 6]),
    (ALICE, "topic read /sensor/+/data", &[1, 2, 6]),
    (ALICE, "topic write /sensor/+/data", &[2]),
    (ALICE, "topic readwrite /sensor/temperature/data", &[2, 6]),
    (ALICE, "topic deny /sensor/humidity/data", &[1, 2, 6, 7]),
    ("user alice", "", &[1, 2, 6]),
    (BOB, "", &[2, 3]),
    (BOB, "topic write /sensor/+/data", &[2, 4]),
    (BOB, "topic readwrite /sensor/temperature/data", &[2]),
    (BOB, "topic deny /sensor/temperature/data", &[3]),
    ("user bob", "user carol", &[2, 3, 10]),
];

#[test]
fn a_wrong_acl_fails_exactly_its_rows_and_no_others() {
    let mut wrong = Vec::new();
    for (line, instead, rows) in WRONG {
        let right = shipped("acl");
        assert_eq!(right.lines().filter(|found| found == line).count(), 1);
        let acl: Vec<&str> = right
            .lines()
            .map(|found| if found == *line { *instead } else { found })
            .collect();
        let acl = acl.join("\n") + "\n";
        let Some(lab) = Lab::start("mosquitto.conf", &acl) else {
            return;
        };
        let failing = lab.failing("table.md");
        if failing != rows.iter().copied().collect() {
            wrong.push(format!(
                "`{line}` -> `{instead}`: {failing:?}, by hand {rows:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn where_the_broker_does_otherwise_than_the_file_it_is_said() {
    let acl = shipped("acl").replace(BOB, "topic write /sensor/+/data");
    let Some(lab) = Lab::start("mosquitto.conf", &acl) else {
        return;
    };
    let other = resource("acl");
    let run = lab.test(&resource("table.md"), &["--acl", other.to_str().unwrap()]);
    let notes: Vec<&str> = run
        .out
        .lines()
        .filter(|line| line.contains("another file"))
        .collect();
    assert_eq!(notes.len(), 1, "{}", run.out);
    let expected = "publish is allowed by the broker and denied by no line: denied: the broker has another file loaded";
    assert!(notes[0].ends_with(expected), "{}", notes[0]);
}
