//! A disk that is full: nothing is lost silently, and it goes on when there is room.

use super::{accept, end, number, open, recall, record, stages, start, write};
use crate::fleet::{Entry, JobNumber, JournalNews, Stage};

fn reasons(news: &[JournalNews]) -> Vec<&str> {
    news.iter()
        .map(|news| match news {
            JournalNews::Failed { reason, .. } => reason.as_str(),
            other => panic!("failed, rather than {other:?}"),
        })
        .collect()
}

#[test]
fn on_a_full_disk_the_whole_batch_fails_and_later_ones_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    write(&mut ledger, 0, vec![accept("e", Some("a")), start("e", 1)]);
    let pages: i64 = ledger
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    let limit = |ledger: &super::Ledger, pages: i64| {
        ledger
            .connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .unwrap();
    };
    limit(&ledger, pages + 2);
    let batch = || vec![accept("e", Some("b")), end("e", 1, 100_000), recall("e", 1)];
    let news = write(&mut ledger, 0, batch());
    for reason in reasons(&news) {
        assert!(reason.starts_with("the disk is full: "), "{reason}");
    }
    // each entry comes back as it was, so that it can be tried again
    let back: Vec<Entry> = news
        .into_iter()
        .map(|news| match news {
            JournalNews::Failed { entry, .. } => *entry,
            other => panic!("failed, rather than {other:?}"),
        })
        .collect();
    assert_eq!(back, batch());
    assert_eq!(stages(&ledger, "e"), [(1, Stage::Started)]);
    // what is small still goes
    let small = write(&mut ledger, 0, vec![end("e", 1, 1)]);
    assert_eq!(small, [JournalNews::Ended(JobNumber(1))]);

    limit(&ledger, 1 << 20);
    let news = write(
        &mut ledger,
        0,
        vec![accept("e", Some("b")), end("e", 2, 100_000)],
    );
    assert_eq!(number(&news[0]), 2);
    assert_eq!(news[1], JournalNews::Ended(JobNumber(2)));
    drop(ledger);
    let mut ledger = open(folder.path());
    assert_eq!(stages(&ledger, "e"), [(1, Stage::Ended), (2, Stage::Ended)]);
    assert_eq!(
        write(&mut ledger, 0, vec![recall("e", 2)]),
        [JournalNews::Recalled(
            JobNumber(2),
            Some(Box::new(record(100_000)))
        )]
    );
}

#[test]
fn a_read_only_file_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    ledger
        .connection
        .pragma_update(None, "query_only", true)
        .unwrap();
    let news = write(&mut ledger, 0, vec![accept("e", None)]);
    let reason = reasons(&news)[0];
    assert!(
        reason.starts_with("the disk or the file is read-only: "),
        "{reason}"
    );
    ledger
        .connection
        .pragma_update(None, "query_only", false)
        .unwrap();
    assert_eq!(
        number(&write(&mut ledger, 0, vec![accept("e", None)])[0]),
        1
    );
}
