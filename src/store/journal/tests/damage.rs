//! A Pi that lost power comes up.

use super::{accept, at, deliver, end, number, open, stages, start, write};
use crate::fleet::Stage;
use crate::store::StoreError;
use crate::store::journal::ledger::Ledger;
use std::fs;
use std::path::{Path, PathBuf};

type Damage = fn(&mut Vec<u8>);

/// A journal of some size; closed well or not.
fn filled(folder: &Path, closed: bool) {
    let mut ledger = open(folder);
    for n in 1..=20 {
        let id = format!("id-{n}");
        write(
            &mut ledger,
            n * 1000,
            vec![accept("e", Some(&id)), start("e", n as u64)],
        );
        write(&mut ledger, n * 1000, vec![end("e", n as u64, 20_000)]);
    }
    // everything into the file itself, where the test damages it
    ledger
        .connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    match closed {
        true => ledger.close(20_000),
        false => drop(ledger),
    }
}

fn aside(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".damaged-"))
        .collect();
    found.sort();
    found
}

#[test]
fn a_file_that_was_overwritten_is_moved_aside_and_a_new_one_begun() {
    let damages: [(&str, Damage); 5] = [
        ("all", |bytes| bytes.fill(0x55)),
        ("its head", |bytes| bytes[..4096].fill(0)),
        ("a table's root", |bytes| bytes[4096..8192].fill(0xff)),
        ("its middle", |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle..middle + 40_000].fill(0xa5);
        }),
        ("its end", |bytes| bytes.truncate(bytes.len() / 3)),
    ];
    for (what, damage) in damages {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path(), false);
        let path = folder.path().join("journal.db");
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, &bytes).unwrap();

        let mut ledger = open(folder.path());
        assert_eq!(stages(&ledger, "e"), [], "{what}");
        let news = write(&mut ledger, 0, vec![accept("e", Some("id-1"))]);
        assert!(
            number(&news[0]) > 1_000_000,
            "{what}: a number was used again"
        );
        assert!(number(&news[0]) < 1 << 53, "{what}: not exact in JSON");
        let aside = aside(folder.path());
        assert_eq!(aside.len(), 1, "{what}: {aside:?}");
        assert!(aside[0].ends_with("journal.db.damaged-1795000000"));
        // it is opened before it is found damaged, but what it holds is kept for who wants to look
        assert_eq!(fs::read(&aside[0]).unwrap().len(), bytes.len(), "{what}");
    }
}

#[test]
fn damage_to_the_commands_of_a_file_that_was_closed_well_is_found_too() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), true);
    let path = folder.path().join("journal.db");
    let mut bytes = fs::read(&path).unwrap();
    // the root pages of commands and its indices
    bytes[4096..5 * 4096].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    let ledger = open(folder.path());
    assert_eq!(stages(&ledger, "e"), []);
    assert_eq!(aside(folder.path()).len(), 1);
}

#[test]
fn two_damaged_files_at_one_time_by_a_clock_that_stands_still_are_both_kept() {
    let folder = tempfile::tempdir().unwrap();
    for count in 1..=2 {
        filled_anew(folder.path());
        drop(open(folder.path()));
        assert_eq!(aside(folder.path()).len(), count);
    }
}

fn filled_anew(folder: &Path) {
    fs::write(
        folder.join("journal.db"),
        "no database at all, and never was one\n".repeat(99),
    )
    .unwrap();
}

#[test]
fn a_log_that_a_power_cut_tore_loses_only_what_was_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    write(&mut ledger, 0, vec![accept("e", Some("a"))]);
    let wal = folder.path().join("journal.db-wal");
    let told = fs::read(&wal).unwrap().len();
    write(&mut ledger, 0, vec![accept("e", Some("b"))]);
    // as the disk was at the moment of the cut
    let cut = tempfile::tempdir().unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(folder.path().join(name), cut.path().join(name)).unwrap();
    }
    let torn = fs::read(cut.path().join("journal.db-wal")).unwrap();
    assert!(torn.len() > told + 100);
    fs::write(cut.path().join("journal.db-wal"), &torn[..torn.len() - 100]).unwrap();

    let mut ledger = open(cut.path());
    assert_eq!(stages(&ledger, "e"), [(1, Stage::Accepted)]);
    assert_eq!(aside(cut.path()), Vec::<PathBuf>::new());
    let news = write(&mut ledger, 0, vec![accept("e", Some("b"))]);
    assert_eq!(number(&news[0]), 2);
}

#[test]
fn an_empty_file_is_a_new_journal() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("journal.db"), "").unwrap();
    let mut ledger = open(folder.path());
    assert_eq!(
        number(&write(&mut ledger, 0, vec![accept("e", None)])[0]),
        1
    );
    assert_eq!(aside(folder.path()).len(), 0);
}

#[test]
fn a_foreign_or_newer_database_is_left_alone() {
    for (sql, told) in [
        (
            "CREATE TABLE photos (x); PRAGMA user_version = 1",
            "not of this kind",
        ),
        ("CREATE TABLE photos (x)", "not of this kind"),
        (
            "CREATE TABLE x (x); PRAGMA application_id = 1836151914; PRAGMA user_version = 3",
            "newer",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        let error = Ledger::open(folder.path(), true, at(0))
            .map(|_| ())
            .unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert!(matches!(
            error,
            StoreError::Foreign { .. } | StoreError::Newer { .. }
        ));
        assert_eq!(aside(folder.path()).len(), 0);
    }
}

#[test]
fn numbers_are_not_used_again_after_the_newest_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    write(
        &mut ledger,
        0,
        vec![accept("e", Some("a")), end("e", 1, 1), deliver("e", 1)],
    );
    let limits = crate::store::Limits {
        most_ids: 0,
        ..Default::default()
    };
    assert_eq!(ledger.prune("e", &limits, 1).unwrap(), 0);
    ledger.close(1);
    let mut ledger = open(folder.path());
    let news = write(&mut ledger, 0, vec![accept("e", Some("a"))]);
    assert_eq!(number(&news[0]), 2);
}

#[test]
fn the_log_of_a_damaged_file_does_not_become_the_log_of_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), false);
    let mut ledger = open(folder.path());
    write(&mut ledger, 0, vec![accept("e", Some("a"))]);
    let damages: [Damage; 3] = [
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle..middle + 40_000].fill(0xa5);
        },
        |bytes| bytes.fill(0x55),
        |bytes| bytes[..100].fill(0),
    ];
    for damage in damages {
        let cut = tempfile::tempdir().unwrap();
        let copy = |name: &str| fs::copy(folder.path().join(name), cut.path().join(name)).unwrap();
        assert!(copy("journal.db-wal") > 0);
        copy("journal.db");
        let path = cut.path().join("journal.db");
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        for openings in 0..2 {
            let mut ledger = open(cut.path());
            assert!(!aside(cut.path()).is_empty());
            let waiting = stages(&ledger, "e");
            assert_eq!(waiting.len(), openings, "{waiting:?}");
            write(&mut ledger, 0, vec![accept("e", None)]);
        }
    }
}
