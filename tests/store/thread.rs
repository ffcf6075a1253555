//! The journal's thread.

use crate::writer::{EXECUTOR, accept, end, open, options, start};
use mqtt_thing::fleet::{Entry, JobNumber, JournalNews, Stage};
use mqtt_thing::store::{Journal, JournalOptions, Limits, WriteError};
use std::sync::mpsc;
use std::time::Duration;

#[test]
fn news_come_in_the_order_of_the_entries() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, news) = open(folder.path());
    assert!(
        journal
            .write_together((0..10_000).map(|n| accept(&n.to_string())))
            .is_empty()
    );
    assert_eq!(news.recv().unwrap(), JournalNews::Opened(Vec::new()));
    for n in 0..10_000u64 {
        let JournalNews::Accepted(number, request) = news.recv().unwrap() else {
            panic!("accepted");
        };
        assert_eq!((number.0, request.id), (n + 1, Some(n.to_string())));
    }
}

#[test]
fn each_executor_is_told_what_waits_for_it_and_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path());
    for id in ["a", "b"] {
        journal.write(accept(id)).unwrap();
    }
    // dropping writes what waits
    drop(journal);
    let (tell, news) = mpsc::channel();
    let mut options = options();
    options
        .executors
        .insert("another".to_owned(), Limits::default());
    let _journal = Journal::open(folder.path(), options, move |executor, news| {
        tell.send((executor, news)).unwrap();
    })
    .unwrap();
    let mut told: Vec<(String, usize)> = news
        .iter()
        .take(2)
        .map(|(executor, news)| match news {
            JournalNews::Opened(waiting) => (executor, waiting.len()),
            other => panic!("opened, rather than {other:?}"),
        })
        .collect();
    told.sort();
    assert_eq!(told, [("another".to_owned(), 0), (EXECUTOR.to_owned(), 2)]);
}

#[test]
fn answers_that_are_too_big_together_are_dropped_oldest_first_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (tell, news) = mpsc::channel();
    let limits = Limits {
        keep_bytes: 800_000,
        ..Limits::default()
    };
    let options = JournalOptions {
        executors: [(EXECUTOR.to_owned(), limits)].into(),
        ..JournalOptions::default()
    };
    let journal = Journal::open(folder.path(), options, move |_, news| {
        let _ = tell.send(news);
    })
    .unwrap();
    let mut dropped = 0;
    let mut count = |news: JournalNews| {
        if let JournalNews::Dropped(so_many) = news {
            dropped += so_many;
        }
    };
    for n in 1..=20 {
        let all = [
            accept(&n.to_string()),
            start(JobNumber(n)),
            end(JobNumber(n), 100_000),
        ];
        assert!(journal.write_together(all).is_empty());
    }
    for n in 1..=20 {
        loop {
            let told = news.recv().unwrap();
            let last = told == JournalNews::Ended(JobNumber(n));
            count(told);
            if last {
                break;
            }
        }
    }
    drop(journal);
    news.iter().for_each(count);
    assert!((12..=13).contains(&dropped), "{dropped}");
    // those that are left are the newest
    let (journal, news) = open(folder.path());
    let JournalNews::Opened(waiting) = news.recv().unwrap() else {
        panic!("opened");
    };
    let numbers: Vec<u64> = waiting.iter().map(|known| known.number.0).collect();
    assert_eq!(numbers, (dropped + 1..=20).collect::<Vec<_>>());
    assert!(waiting.iter().all(|known| known.stage == Stage::Ended));
    journal
        .write(Entry::Recall(EXECUTOR.to_owned(), JobNumber(1)))
        .unwrap();
    assert_eq!(
        news.recv().unwrap(),
        JournalNews::Recalled(JobNumber(1), None)
    );
}

#[test]
fn after_a_panic_of_the_listener_entries_are_refused_and_the_folder_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options(), |_, news| {
        assert!(!matches!(news, JournalNews::Accepted(..)), "on purpose");
    })
    .unwrap();
    journal.write(accept("a")).unwrap();
    crate::support::wait_for("the thread's end", || {
        matches!(journal.write(accept("b")), Err(WriteError::Closed(_))).then_some(())
    });
    // the first was on the disk before it was told
    let (_journal, news) = open(folder.path());
    assert!(matches!(news.recv().unwrap(), JournalNews::Opened(waiting) if !waiting.is_empty()));
}

#[test]
fn closing_waits_for_what_was_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, news) = open(folder.path());
    assert!(
        journal
            .write_together((0..3000).map(|n| accept(&n.to_string())))
            .is_empty()
    );
    assert!(journal.close(Duration::from_secs(30)));
    assert_eq!(
        news.iter()
            .filter(|news| matches!(news, JournalNews::Accepted(..)))
            .count(),
        3000
    );
}
