//! kill -9 at any moment: what was told is there.

use crate::writer::{self, MARK};
use mqtt_thing::fleet::{JournalNews, Stage};
use mqtt_thing::store::StoreError;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout};

struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    fn start(folder: &std::path::Path, task: &str) -> Self {
        let mut child = writer::process(folder, task).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next whole line of the writer, without its mark; none at the end.
    fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
                return None;
            }
            // the harness does not end its own line before the first of ours
            if let Some((_, ours)) = line.split_once(MARK) {
                return Some(ours.trim_end().to_owned());
            }
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was told of a command.
#[derive(Debug, Default)]
struct Told {
    number: u64,
    started: bool,
    ended: bool,
}

#[test]
fn whatever_was_told_before_a_kill_is_there_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let mut commands: BTreeMap<String, Told> = BTreeMap::new();
    let mut ids: BTreeMap<u64, String> = BTreeMap::new();
    for round in 0..15 {
        let mut running = Running::start(folder.path(), &format!("work {round}"));
        assert_eq!(running.line().as_deref(), Some("open"));
        let mut left = rand::random_range(1..600);
        // after the kill: what it had said already
        while let Some(line) = running.line() {
            let words: Vec<&str> = line.split(' ').collect();
            let number: u64 = words[2].parse().unwrap();
            match words[1] {
                "accepted" => {
                    let used = ids.insert(number, words[0].to_owned());
                    assert_eq!(used, None, "the number {number} was used twice");
                    let told = Told {
                        number,
                        ..Told::default()
                    };
                    commands.insert(words[0].to_owned(), told);
                }
                "started" => commands.get_mut(&ids[&number]).unwrap().started = true,
                _ => commands.get_mut(&ids[&number]).unwrap().ended = true,
            }
            left -= 1;
            if left == 0 {
                running.kill();
            }
        }
        drop(running);
        check(folder.path(), &commands);
    }
    assert!(commands.values().any(|told| told.ended));
}

fn check(folder: &std::path::Path, commands: &BTreeMap<String, Told>) {
    let (journal, news) = writer::open(folder);
    let JournalNews::Opened(waiting) = news.recv().unwrap() else {
        panic!("Opened comes first");
    };
    let numbers: Vec<u64> = waiting.iter().map(|known| known.number.0).collect();
    assert!(
        numbers.is_sorted_by(|a, b| a < b),
        "not in the order of acceptance"
    );
    let waiting: BTreeSet<u64> = numbers.into_iter().collect();
    assert!(
        journal
            .write_together(commands.keys().map(|id| writer::accept(id)))
            .is_empty()
    );
    for ((id, told), news) in commands.iter().zip(news) {
        let JournalNews::Known { known, request } = news else {
            panic!("{id} was told {told:?} and is not known: {news:?}");
        };
        assert_eq!(request.id.as_ref(), Some(id));
        assert_eq!(known.number.0, told.number);
        let (started, ended) = match known.stage {
            Stage::Accepted => (false, false),
            Stage::Started => (true, false),
            Stage::Ended | Stage::Delivered => (true, true),
        };
        assert!(
            started >= told.started && ended >= told.ended,
            "{id}: {told:?}, {known:?}"
        );
        assert_eq!(known.record.is_some(), ended);
        assert_eq!(
            waiting.contains(&told.number),
            known.stage != Stage::Delivered,
            "{id}"
        );
    }
}

#[test]
fn a_second_process_is_refused_while_the_first_has_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(folder.path(), "work 0");
    assert_eq!(running.line().as_deref(), Some("open"));
    let refused = mqtt_thing::store::Journal::open(folder.path(), writer::options(), |_, _| {});
    let error = refused.unwrap_err();
    assert!(
        matches!(error, StoreError::InUse { process, .. } if process == Some(running.child.id())),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("is in use by another mqtt-thing (process "),
        "{text}"
    );
    // and the first is none the worse for it
    for _ in 0..1000 {
        assert!(running.line().is_some());
    }
    running.kill();
    writer::open(folder.path());
}
