//! The journal's file under one hand, with a clock that is an argument. Threads and kills: `tests/store/`.

use super::ledger::{Ledger, Said};
use super::samples::{accept, at, begin, deliver, end, recall, record, request, start};
use crate::fleet::{Entry, JobNumber, JournalNews, Known, Stage};
use std::path::Path;

mod damage;
mod full;
mod pruning;
mod signed;

pub(super) fn open(folder: &Path) -> Ledger {
    Ledger::open(folder, true, at(1_795_000_000)).unwrap()
}

/// Writes a batch and fetches what is to be told of it.
pub(super) fn write(ledger: &mut Ledger, age_ms: i64, batch: Vec<Entry>) -> Vec<JournalNews> {
    let said: Vec<(String, Said)> = ledger.write(batch, age_ms);
    said.into_iter()
        .map(|(executor, said)| ledger.news(&executor, said))
        .collect()
}

pub(super) fn stages(ledger: &Ledger, executor: &str) -> Vec<(u64, Stage)> {
    let waiting = ledger.waiting(executor).unwrap();
    waiting
        .into_iter()
        .map(|known| (known.number.0, known.stage))
        .collect()
}

fn number(news: &JournalNews) -> u64 {
    match news {
        JournalNews::Accepted(number, _) => number.0,
        other => panic!("accepted, rather than {other:?}"),
    }
}

#[test]
fn a_command_that_begins_at_once_is_there_as_started_and_known_likewise() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    let news = write(&mut ledger, 0, vec![begin("e", Some("a"))]);
    let n = JobNumber(1);
    assert_eq!(news, [JournalNews::Begun(n, request(Some("a")))]);
    assert_eq!(stages(&ledger, "e"), [(1, Stage::Started)]);
    let news = write(&mut ledger, 0, vec![begin("e", Some("a")), end("e", 1, 9)]);
    assert!(
        matches!(&news[..], [JournalNews::Known { known, .. }, JournalNews::Ended(_)]
        if known.number == n && known.stage == Stage::Started)
    );
}

#[test]
fn a_command_walks_from_acceptance_to_delivery_and_stays_known() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    let news = write(
        &mut ledger,
        0,
        vec![accept("e", Some("a")), start("e", 1), end("e", 1, 9)],
    );
    let n = JobNumber(1);
    assert_eq!(
        news,
        [
            JournalNews::Accepted(n, request(Some("a"))),
            JournalNews::Started(n),
            JournalNews::Ended(n)
        ]
    );
    assert_eq!(stages(&ledger, "e"), [(1, Stage::Ended)]);
    assert_eq!(write(&mut ledger, 0, vec![deliver("e", 1)]), []);
    assert_eq!(stages(&ledger, "e"), []);
    ledger.close(0);

    let mut ledger = open(folder.path());
    let news = write(&mut ledger, 0, vec![accept("e", Some("a")), recall("e", 1)]);
    let same = Box::new(record(9));
    let known = Known {
        number: n,
        request: request(Some("a")),
        stage: Stage::Delivered,
        record: Some(same.clone()),
    };
    let again = JournalNews::Known {
        known: Box::new(known),
        request: request(Some("a")),
    };
    assert_eq!(news, [again, JournalNews::Recalled(n, Some(same))]);
}

#[test]
fn the_same_id_twice_in_one_batch_is_accepted_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    let twice = vec![
        accept("e", Some("a")),
        accept("e", Some("a")),
        accept("f", Some("a")),
    ];
    let news = write(&mut ledger, 0, twice);
    assert_eq!(number(&news[0]), 1);
    assert!(matches!(&news[1], JournalNews::Known { known, .. }
            if known.number.0 == 1 && known.stage == Stage::Accepted && known.record.is_none()));
    // an id belongs to its executor
    assert_eq!(number(&news[2]), 2);
}

#[test]
fn commands_without_an_id_are_each_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    let news = write(&mut ledger, 0, vec![accept("e", None), accept("e", None)]);
    assert_eq!((number(&news[0]), number(&news[1])), (1, 2));
}

#[test]
fn what_waits_comes_back_in_the_order_of_acceptance_and_without_results() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    let mut batch: Vec<Entry> = (0..5).map(|_| accept("e", None)).collect();
    batch.extend([
        accept("f", None),
        start("e", 1),
        end("e", 1, 9),
        deliver("e", 1),
    ]);
    // the second ended before the first one began, as one that has expired
    batch.extend([end("e", 3, 9), start("e", 2)]);
    write(&mut ledger, 0, batch);
    drop(ledger);
    let ledger = open(folder.path());
    assert_eq!(
        stages(&ledger, "e"),
        [
            (2, Stage::Started),
            (3, Stage::Ended),
            (4, Stage::Accepted),
            (5, Stage::Accepted)
        ]
    );
    let waiting = ledger.waiting("e").unwrap();
    assert!(waiting.iter().all(|known| known.record.is_none()));
    assert_eq!(waiting[0].request, request(None));
}

#[test]
fn an_entry_against_the_rules_fails_alone_and_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    let batch = vec![
        start("e", 1),
        accept("e", None),
        start("f", 1),
        start("e", 1),
        start("e", 1),
        end("e", u64::MAX, 1),
        end("e", 1, 1),
        end("e", 1, 2),
    ];
    let news = write(&mut ledger, 0, batch);
    let told: Vec<String> = news
        .iter()
        .map(|news| match news {
            JournalNews::Failed { reason, .. } => reason.clone(),
            other => format!("{other:?}").chars().take(7).collect(),
        })
        .collect();
    assert_eq!(
        told,
        [
            "no command 1 waits in the journal",
            "Accepte",
            "no command 1 waits in the journal",
            "Started",
            "no command 1 waits in the journal",
            "no command 18446744073709551615 in the journal is to end",
            "Ended(J",
            "no command 1 in the journal is to end"
        ]
    );
    // the result that was refused comes back with its output
    assert!(matches!(&news[7], JournalNews::Failed { entry, .. } if **entry == end("e", 1, 2)));
    let recalled = write(
        &mut ledger,
        0,
        vec![recall("e", 1), recall("f", 1), recall("e", 2)],
    );
    assert_eq!(
        recalled,
        [
            JournalNews::Recalled(JobNumber(1), Some(Box::new(record(1)))),
            JournalNews::Recalled(JobNumber(1), None),
            JournalNews::Recalled(JobNumber(2), None)
        ]
    );
}

#[test]
fn a_time_before_1970_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    let mut old = request(None);
    old.expires = Some(std::time::SystemTime::UNIX_EPOCH - std::time::Duration::from_secs(1));
    let early = Entry::Accept {
        executor: "e".into(),
        request: old,
        at: at(0),
    };
    let news = write(&mut ledger, 0, vec![early, accept("e", None)]);
    assert!(
        matches!(&news[0], JournalNews::Failed { reason, .. } if reason.contains("UNIX_EPOCH"))
    );
    assert_eq!(number(&news[1]), 1);
}

#[test]
fn the_journals_clock_goes_on_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    write(&mut ledger, 5000, vec![accept("e", None)]);
    drop(ledger);
    let ledger = open(folder.path());
    assert_eq!(ledger.age_ms().unwrap(), 5000);
    ledger.close(7000);
    assert_eq!(open(folder.path()).age_ms().unwrap(), 7000);
}
