use super::*;
use anstream::adapter::strip_str;
use mqtt_thing::fleet::operator::{Outcome, StepRef, Way};
use mqtt_thing::fleet::own::Progress;
use mqtt_thing::topology::pipelines;
use std::time::Duration;

const PLAN: &str = "[[pipelines]]\nname = \"p\"\nsteps = [\"cpufreq-set -f 1GHz\", \"load\"]\n\
                    [[pipelines]]\nname = \"q\"\nclients = \"pi*\"\nsteps = [\"after\"]\n";

fn table() -> Table {
    let plan = pipelines::parse(PLAN).unwrap().plan;
    let mut table = Table::new(&plan, "mqtt://b", None);
    table.see(&Sight::Connected);
    table
}

fn known(table: &mut Table, client: &str, way: Way) {
    table.event(&OperatorEvent::Known {
        client: client.into(),
        way,
        takes_part: true,
    });
}

fn sent(table: &mut Table, client: &str, pipeline: usize, step: usize, way: Way) {
    table.event(&OperatorEvent::Sent {
        client: client.into(),
        task: Task::Step(StepRef {
            pipeline,
            step,
            finally: false,
        }),
        attempt: 1,
        way,
        id: None,
        again: false,
    });
}

fn ended(table: &mut Table, client: &str, step: usize, finally: bool, end: End) {
    table.event(&OperatorEvent::Ended {
        client: client.into(),
        task: Task::Step(StepRef {
            pipeline: 0,
            step,
            finally,
        }),
        outcome: Outcome {
            end,
            attempts: 1,
            why: Some("exit code 3".into()),
        },
    });
}

fn shown(table: &Table, width: usize, height: usize) -> Vec<String> {
    let lines = drawing::lines(table, width, height, table.began + Duration::from_secs(75));
    let lines = lines.iter().map(|line| strip_str(line).to_string());
    lines.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn each_client_has_a_line_with_a_sign_a_step() {
    let mut table = table();
    known(&mut table, "pi1", Way::Own);
    known(&mut table, "bench", Way::Governor);
    sent(&mut table, "pi1", 0, 0, Way::Own);
    ended(&mut table, "pi1", 0, false, End::Failed);
    sent(&mut table, "pi1", 0, 1, Way::Own);
    let progress = Progress {
        id: "x".into(),
        state: State::Running,
        elapsed: Duration::from_millis(500),
        last: "one\ntwo \u{1b}[2J".into(),
    };
    table.event(&OperatorEvent::Progress {
        client: "pi1".into(),
        task: Task::Line("x".into()),
        progress,
    });
    for (step, finally, end) in [
        (0, false, End::Succeeded),
        (1, false, End::Succeeded),
        (0, true, End::Skipped),
    ] {
        ended(&mut table, "bench", step, finally, end);
    }
    let client = "bench".into();
    table.event(&OperatorEvent::PipelineEnded {
        client,
        pipeline: 0,
    });
    // the clock of a running step begins with the table's, 75 s ago
    assert_eq!(
        shown(&table, 80, 24),
        [
            "1 of 2 clients done, 1 step failed   1:15",
            "  CLIENT  BY   STEPS       STATE          NOW",
            "  bench   gov  ++-    2/2  done",
            "  pi1     own  x>. .  1/4  runs      1:15  load  | two \\u{1b}[2J",
            "pi1: `cpufreq-set -f 1GHz` failed: exit code 3",
        ]
    );
}

#[test]
fn more_clients_than_lines_are_counted_and_those_at_work_are_seen() {
    let mut table = table();
    for n in 0..30 {
        known(&mut table, &format!("pi{n}"), Way::Own);
    }
    sent(&mut table, "pi29", 0, 0, Way::Own);
    for n in 0..5 {
        table.note(format!("note {n}"));
    }
    let lines = shown(&table, 80, 24);
    assert_eq!(lines.len(), 23, "one line is left for the cursor");
    assert!(lines[2].starts_with("  pi29    own  >.. ."), "{lines:#?}");
    let tail = [
        "  .. and 13 more: 1 asked, 29 waits",
        "note 2",
        "note 3",
        "note 4",
    ];
    assert_eq!(lines[19..], tail);
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_drawing_higher() {
    let mut table = table();
    for n in 0..40 {
        known(&mut table, &format!("{n}-{}", "ä".repeat(300)), Way::Own);
        sent(
            &mut table,
            &format!("{n}-{}", "ä".repeat(300)),
            0,
            1,
            Way::Own,
        );
    }
    table.note("x".repeat(500));
    for (width, height) in [
        (80, 24),
        (120, 50),
        (40, 10),
        (20, 5),
        (1, 1),
        (0, 0),
        (300, 200),
    ] {
        let lines = shown(&table, width, height);
        assert!(lines.len() < height.max(2), "{height}: {}", lines.len());
        let front = 60;
        assert!(
            lines
                .iter()
                .all(|line| line.chars().count() <= width.max(front))
        );
    }
}
