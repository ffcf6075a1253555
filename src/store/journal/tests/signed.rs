//! What is remembered of keys for ever.

use super::{accept, at, begin, deliver, end, open, write};
use crate::fleet::signing::KeyId;
use crate::fleet::{Entry, JournalNews, NotObeyed, Stamp};
use crate::store::Limits;
use crate::store::journal::keys;
use crate::store::journal::ledger::Ledger;
use crate::store::journal::samples::request;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

const KEY: &str = "0123456789abcdef";

fn key(text: &str) -> KeyId {
    text.parse().unwrap()
}

fn issued(sequence: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000 + sequence)
}

fn signed(sequence: u64, entry: Entry) -> Entry {
    let stamp = Stamp {
        key: key(KEY),
        sequence,
        issued: issued(sequence),
    };
    Entry::Signed(stamp, Box::new(entry))
}

fn revoke(executor: &str, text: &str) -> Entry {
    Entry::Revoke {
        executor: executor.to_owned(),
        key: key(text),
        request: request(Some("r")),
    }
}

/// What became of one entry, in a word or two.
fn one(ledger: &mut Ledger, entry: Entry) -> String {
    match &write(ledger, 0, vec![entry])[..] {
        [JournalNews::Accepted(..) | JournalNews::Begun(..)] => "taken".to_owned(),
        [JournalNews::Known { .. }] => "known".to_owned(),
        [JournalNews::Looked(_, None)] => "looked".to_owned(),
        [JournalNews::Revoked(..)] => "revoked".to_owned(),
        [JournalNews::NotObeyed { why, .. }] => match why {
            NotObeyed::Replayed { highest } => format!("below {highest}"),
            NotObeyed::Revoked => "by a revoked key".to_owned(),
            NotObeyed::Forgotten => "forgotten".to_owned(),
        },
        other => panic!("{other:?}"),
    }
}

fn remembered(ledger: &Ledger, executor: &str) -> Option<JournalNews> {
    keys::of(&ledger.connection, executor).unwrap()
}

#[test]
fn a_number_counts_once_and_none_below_it_whatever_was_signed() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    assert_eq!(one(&mut ledger, signed(5, accept("e", Some("a")))), "taken");
    for sequence in [0, 4, 5] {
        for entry in [
            accept("e", Some("b")),
            begin("e", Some("b")),
            accept("e", None),
            Entry::Look("e".into(), "a".into()),
            revoke("e", KEY),
        ] {
            assert_eq!(one(&mut ledger, signed(sequence, entry)), "below 5");
        }
    }
    // the id is known: the same message, or signed anew; its number is not taken
    assert_eq!(one(&mut ledger, signed(5, begin("e", Some("a")))), "known");
    assert_eq!(one(&mut ledger, signed(9, begin("e", Some("a")))), "known");
    let look = Entry::Look("e".into(), "x".into());
    assert_eq!(one(&mut ledger, signed(6, look)), "looked");
    assert_eq!(
        one(&mut ledger, signed(6, begin("e", Some("b")))),
        "below 6"
    );
    // another executor of the same Pi counts by itself, as its topic is signed too
    assert_eq!(one(&mut ledger, signed(5, begin("f", Some("a")))), "taken");
    // two of one batch
    let news = write(
        &mut ledger,
        0,
        vec![
            signed(8, accept("e", Some("c"))),
            signed(7, accept("e", Some("d"))),
        ],
    );
    assert!(matches!(&news[..], [
        JournalNews::Accepted(..),
        JournalNews::NotObeyed { entry, why: NotObeyed::Replayed { highest: 8 } }
    ] if **entry == accept("e", Some("d"))));
}

#[test]
fn the_highest_number_outlives_its_command_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    one(&mut ledger, signed(5, accept("e", Some("a"))));
    write(&mut ledger, 0, vec![end("e", 1, 1), deliver("e", 1)]);
    let limits = Limits {
        keep: Duration::ZERO,
        keep_bytes: 0,
        most_ids: 0,
    };
    ledger.prune("e", &limits, i64::MAX).unwrap();
    let left: i64 = ledger
        .connection
        .query_row("SELECT count(*) FROM commands", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    // as a power cut does it
    drop(ledger);
    let mut ledger = open(folder.path());
    let expected = JournalNews::Keys {
        issued: BTreeMap::from([(key(KEY), issued(5))]),
        revoked: BTreeSet::new(),
    };
    assert_eq!(remembered(&ledger, "e"), Some(expected));
    assert_eq!(remembered(&ledger, "f"), None);
    assert_eq!(
        one(&mut ledger, signed(5, accept("e", Some("a")))),
        "below 5"
    );
    assert_eq!(one(&mut ledger, signed(6, accept("e", Some("a")))), "taken");
}

#[test]
fn a_revoked_key_stays_revoked_and_is_not_obeyed_from_the_next_entry_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    let batch = vec![
        signed(1, revoke("e", KEY)),
        signed(2, accept("e", Some("a"))),
    ];
    let news = write(&mut ledger, 0, batch);
    assert!(matches!(&news[..], [
        JournalNews::Revoked(revoked, _),
        JournalNews::NotObeyed { why: NotObeyed::Revoked, .. }
    ] if *revoked == key(KEY)));
    assert_eq!(one(&mut ledger, revoke("e", KEY)), "revoked", "twice");
    drop(ledger);
    let mut ledger = open(folder.path());
    assert_eq!(
        one(&mut ledger, signed(3, begin("e", Some("b")))),
        "by a revoked key"
    );
    assert_eq!(one(&mut ledger, signed(3, begin("f", Some("b")))), "taken");
    assert!(
        matches!(remembered(&ledger, "e"), Some(JournalNews::Keys { revoked, .. })
        if revoked == BTreeSet::from([key(KEY)]))
    );
}

#[test]
fn a_journal_of_an_older_program_gets_what_it_lacks_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    write(&mut ledger, 0, vec![accept("e", Some("a"))]);
    // as version 1 was
    ledger
        .connection
        .execute_batch(
            "DROP TABLE signed_sequences; DROP TABLE revoked_keys; PRAGMA user_version = 1",
        )
        .unwrap();
    ledger.close(1);
    let mut ledger = open(folder.path());
    assert_eq!(super::stages(&ledger, "e").len(), 1);
    assert_eq!(one(&mut ledger, signed(5, accept("e", Some("b")))), "taken");
    ledger.close(2);
    let mut ledger = open(folder.path());
    assert_eq!(
        one(&mut ledger, signed(5, accept("e", Some("c")))),
        "below 5"
    );
    let version: i64 = ledger
        .connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 2);
}

/// A journal with a number and a revocation, damaged, and opened again.
fn after_damage(damage: impl Fn(&mut Vec<u8>)) -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    one(&mut ledger, signed(5, accept("e", Some("a"))));
    one(&mut ledger, revoke("e", "00000000000000ff"));
    for n in 0..50 {
        write(&mut ledger, 0, vec![accept("e", Some(&format!("id-{n}")))]);
    }
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    ledger.connection.execute_batch(sql).unwrap();
    drop(ledger);
    let path = folder.path().join("journal.db");
    let mut bytes = std::fs::read(&path).unwrap();
    damage(&mut bytes);
    std::fs::write(&path, &bytes).unwrap();
    let ledger = open(folder.path());
    assert_eq!(super::stages(&ledger, "e"), [], "it is a new one");
    (folder, ledger)
}

#[test]
fn where_a_journal_is_damaged_its_numbers_are_taken_over_if_they_can_be_read() {
    // the root of `commands`
    let (_folder, mut ledger) = after_damage(|bytes| bytes[4096..8192].fill(0xff));
    assert_eq!(
        one(&mut ledger, signed(5, accept("e", Some("z")))),
        "below 5"
    );
    assert_eq!(one(&mut ledger, signed(6, accept("e", Some("z")))), "taken");
    assert!(
        matches!(remembered(&ledger, "e"), Some(JournalNews::Keys { revoked, .. })
        if revoked == BTreeSet::from([key("00000000000000ff")]))
    );
}

#[test]
fn where_they_cannot_be_read_a_key_must_have_signed_since() {
    let (_folder, mut ledger) = after_damage(|bytes| bytes.fill(0x55));
    // it was opened anew at 1 795 000 000
    let signed_at = |sequence: u64, seconds: u64| {
        let stamp = Stamp {
            key: key(KEY),
            sequence,
            issued: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
        };
        Entry::Signed(stamp, Box::new(accept("e", Some("z"))))
    };
    assert!(at(1_795_000_000) > SystemTime::UNIX_EPOCH);
    assert_eq!(one(&mut ledger, signed_at(5, 1_795_000_000)), "forgotten");
    assert_eq!(one(&mut ledger, signed_at(6, 1_795_000_001)), "taken");
    assert_eq!(one(&mut ledger, signed_at(7, 1_794_999_999)), "known");
}
