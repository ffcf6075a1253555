//! What ships: sixteen rows pass, and the second cannot.

use crate::lab::{Lab, resource, shipped};
use std::collections::BTreeSet;

/// The line of the shipped ACL that reads so.
fn number(line: &str) -> usize {
    let acl = shipped("acl");
    acl.lines().position(|found| found == line).unwrap() + 1
}

#[test]
fn sixteen_rows_of_the_shipped_table_pass_and_the_second_shows_the_line_that_allowed_it() {
    let Some(lab) = Lab::start("mosquitto.conf", &shipped("acl")) else {
        return;
    };
    let acl = lab.file("acl");
    let run = lab.test(&resource("table.md"), &["--acl", acl.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(run.err, "");
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[18], "16 passed, 1 failed, 0 undecided", "{}", run.out);
    assert_eq!(lines.len(), 19, "no note beside the table:\n{}", run.out);
    let pattern = "pattern read /sensor/+/data";
    let decided = format!("{}:{}: {pattern}", acl.display(), number(pattern));
    for (row, line) in (1..=17).zip(&lines[1..]) {
        let passed = if row == 2 { "n " } else { "y " };
        assert!(line.starts_with(passed), "{line}");
    }
    assert!(lines[2].ends_with(&decided), "{}", lines[2]);
    assert!(lines[4].ends_with("no line: denied"), "{}", lines[4]);
    let nobody = "the broker: nobody without a user name";
    assert!(lines[16].ends_with(nobody), "{}", lines[16]);
    assert!(!run.out.contains('\u{1b}'), "a pipe gets no colour");
}

#[test]
fn with_anonymous_access_a_pattern_holds_for_everybody_and_a_deny_keeps_them_out_again() {
    let Some(lab) = Lab::start("mosquitto-anonymous.conf", &shipped("acl")) else {
        return;
    };
    assert_eq!(lab.failing("table-anonymous.md"), [2].into());
    assert_eq!(lab.failing("table.md"), [2, 16].into());
    let acl = format!("topic deny /sensor/+/data\n{}", shipped("acl"));
    let lab = Lab::start("mosquitto-anonymous.conf", &acl).unwrap();
    assert_eq!(lab.failing("table-anonymous.md"), [2, 16].into());
    assert_eq!(lab.failing("table.md"), [2].into());
}

#[test]
fn the_table_is_handed_in_with_its_column_filled_in_and_can_be_tried_again() {
    let Some(lab) = Lab::start("mosquitto.conf", &shipped("acl")) else {
        return;
    };
    let first = lab.test(&resource("table.md"), &["--markdown"]);
    let passed: Vec<&str> = first
        .out
        .lines()
        .skip(2)
        .map(|line| {
            line.trim_end_matches([' ', '|'])
                .rsplit('|')
                .next()
                .unwrap()
                .trim()
        })
        .collect();
    let expected: Vec<&str> = (1..=17)
        .map(|row| if row == 2 { "n" } else { "y" })
        .collect();
    assert_eq!(passed, expected, "{}", first.out);
    let again = lab.file("handed-in.md");
    std::fs::write(&again, &first.out).unwrap();
    assert_eq!(lab.test(&again, &["--markdown"]).out, first.out);
}

#[test]
fn nothing_is_left_behind_and_every_canary_is_one() {
    let Some(lab) = Lab::start(
        "mosquitto-anonymous.conf",
        "topic readwrite #\nuser prover\ntopic readwrite #\n",
    ) else {
        return;
    };
    let seen = crate::support::Observer::at(lab.port(), "#");
    let table = lab.file("t.csv");
    std::fs::write(
        &table,
        "topic,user,publish,subscribe,expected\na/b,,y,y,y\n",
    )
    .unwrap();
    let run = lab.test(&table, &[]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    crate::support::mosquitto::publish(lab.port(), "end", b"end", false);
    seen.wait_for("end", "end");
    let topics: BTreeSet<String> = seen.seen().into_iter().map(|seen| seen.topic).collect();
    let expected = ["a/b", "end", "mqtt-thing/canary/fence"];
    assert_eq!(topics, expected.map(str::to_owned).into());
    for canary in seen.seen().iter().filter(|seen| seen.topic != "end") {
        assert!(canary.text().starts_with("mqtt-thing-canary "));
    }
    let late = crate::support::Observer::at(lab.port(), "#");
    crate::support::mosquitto::publish(lab.port(), "end", b"end", false);
    late.wait_for("end", "end");
    assert_eq!(late.seen().len(), 1, "no canary is retained");
}
