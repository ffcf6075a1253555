//! What goes, in which order, and what never does.

use super::{accept, deliver, end, open, recall, stages, start, write};
use crate::fleet::{Entry, JournalNews, Stage};
use crate::store::Limits;
use crate::store::journal::ledger::Ledger;
use std::time::Duration;

const DAY: i64 = 86_400_000;

fn limits() -> Limits {
    Limits {
        keep: Duration::from_secs(7 * 86_400),
        keep_bytes: u64::MAX,
        most_ids: u64::MAX,
    }
}

/// Ids `id-1` to `id-n`: the odd ones delivered, the even ones ended, each with a result of some 1 000 bytes.
fn ended(ledger: &mut Ledger, count: u64, age_ms: i64) {
    let mut batch: Vec<Entry> = Vec::new();
    for n in 1..=count {
        batch.push(accept("e", Some(&format!("id-{n}"))));
        batch.push(end("e", n, 10));
    }
    batch.extend((1..=count).step_by(2).map(|n| deliver("e", n)));
    assert!(
        write(ledger, age_ms, batch)
            .iter()
            .all(|news| !matches!(news, JournalNews::Failed { .. }))
    );
}

/// The ids among `id-1` to `id-n` that are known, with whether their result is there.
fn known(ledger: &mut Ledger, count: u64) -> Vec<(u64, bool)> {
    let mut known = Vec::new();
    for n in 1..=count {
        let news = write(ledger, 0, vec![accept("e", Some(&format!("id-{n}")))]);
        if let [JournalNews::Known { known: found, .. }] = &news[..] {
            known.push((found.number.0, found.record.is_some()));
        }
    }
    known
}

#[test]
fn what_is_older_goes_and_what_waits_or_runs_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    ended(&mut ledger, 4, 0);
    write(
        &mut ledger,
        0,
        vec![accept("e", None), accept("e", None), start("e", 5)],
    );
    write(&mut ledger, 2 * DAY, vec![deliver("e", 2)]);
    assert_eq!(ledger.prune("e", &limits(), 7 * DAY).unwrap(), 0);
    assert_eq!(ledger.prune("e", &limits(), 7 * DAY + 1).unwrap(), 1);
    assert_eq!(
        stages(&ledger, "e"),
        [(5, Stage::Started), (6, Stage::Accepted)]
    );
    // delivered on the second day, so remembered for two more
    assert_eq!(known(&mut ledger, 4), [(2, true)]);
}

#[test]
fn beyond_the_number_the_oldest_delivered_go_first_then_the_oldest_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    ended(&mut ledger, 6, 0);
    let most = |most_ids| Limits {
        most_ids,
        ..limits()
    };
    assert_eq!(ledger.prune("e", &most(4), 0).unwrap(), 0);
    assert_eq!(ledger.prune("f", &most(0), 0).unwrap(), 0);
    assert_eq!(stages(&ledger, "e").len(), 3);
    assert_eq!(ledger.prune("e", &most(2), 0).unwrap(), 1);
    assert_eq!(stages(&ledger, "e"), [(4, Stage::Ended), (6, Stage::Ended)]);
}

#[test]
fn what_waits_is_not_counted_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    write(&mut ledger, 0, (0..10).map(|_| accept("e", None)).collect());
    let none = Limits {
        most_ids: 0,
        keep_bytes: 0,
        keep: Duration::ZERO,
    };
    assert_eq!(ledger.prune("e", &none, DAY).unwrap(), 0);
    assert_eq!(stages(&ledger, "e").len(), 10);
}

fn bytes(ledger: &Ledger) -> u64 {
    let sql = "SELECT sum(request_bytes + result_bytes) FROM commands";
    ledger
        .connection
        .query_row(sql, [], |row| row.get::<_, i64>(0))
        .unwrap()
        .unsigned_abs()
}

#[test]
fn beyond_the_size_results_go_first_then_ids_then_answers_that_nobody_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    ended(&mut ledger, 6, 0);
    let all = bytes(&ledger);
    let most = |keep_bytes| Limits {
        keep_bytes,
        ..limits()
    };
    assert_eq!(ledger.prune("e", &most(all), 0).unwrap(), 0);
    assert_eq!(
        known(&mut ledger, 6)
            .iter()
            .filter(|(_, there)| *there)
            .count(),
        6
    );

    assert_eq!(ledger.prune("e", &most(all - 1), 0).unwrap(), 0);
    assert_eq!(
        known(&mut ledger, 6)[..3],
        [(1, false), (2, true), (3, true)]
    );

    // all results of delivered ones and some of their ids
    let answers = bytes(&ledger) - 1;
    let mut least = answers;
    while stages(&ledger, "e").len() == 3 {
        assert!(bytes(&ledger) <= least + 1);
        assert_eq!(known_only(&ledger, "delivered = 0"), 3);
        least -= 50;
        let dropped = ledger.prune("e", &most(least), 0).unwrap();
        assert_eq!(dropped, 3 - stages(&ledger, "e").len() as u64);
    }
    assert_eq!(known_only(&ledger, "number IN (1, 3, 5)"), 0);
    // dropped for its size: its result is gone, its id is known
    assert_eq!(stages(&ledger, "e"), [(4, Stage::Ended), (6, Stage::Ended)]);
    let news = write(
        &mut ledger,
        0,
        vec![accept("e", Some("id-2")), recall("e", 2)],
    );
    assert!(matches!(&news[0], JournalNews::Known { known, .. }
        if known.stage == Stage::Delivered && known.record.is_none()));
    assert!(matches!(&news[1], JournalNews::Recalled(_, None)));
    assert!(matches!(
        write(&mut ledger, 0, vec![end("e", 2, 1)])[..],
        [JournalNews::Failed { .. }]
    ));
}

fn known_only(ledger: &Ledger, which: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM commands WHERE {which}");
    ledger
        .connection
        .query_row(&sql, [], |row| row.get(0))
        .unwrap()
}

#[test]
fn nothing_ended_is_left_when_nothing_may_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    ended(&mut ledger, 6, 0);
    write(&mut ledger, 0, vec![accept("e", None)]);
    let none = Limits {
        keep_bytes: 0,
        ..limits()
    };
    assert_eq!(ledger.prune("e", &none, 0).unwrap(), 3);
    assert_eq!(known_only(&ledger, "true"), 1);
    let results: i64 = ledger
        .connection
        .query_row("SELECT count(*) FROM results", [], |row| row.get(0))
        .unwrap();
    assert_eq!(results, 0);
}
