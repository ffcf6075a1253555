//! A message that was captured does not count a second time: not after a kill, not when its id is forgotten.

use crate::lab::{List, Person, refused, revoke, run, told};
use crate::support::wait_for;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// The journal below a folder.
fn journal(folder: &Path) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.ends_with("journal.db") => return path,
                false => {}
            }
        }
    }
    panic!("no journal below {}", folder.display());
}

#[test]
fn a_captured_command_does_not_run_again_after_a_reboot_nor_when_its_id_is_forgotten() {
    let mut alice = Person::new();
    let list = List::new(&alice.line("alice", ""));
    let Some(bench) = list.bench() else { return };
    let captured = alice.sign(&run("a", "echo >> ran"));
    bench.send(&captured);
    assert_eq!(told(&bench, "a", 0).0, "succeeded");
    let ran = |bench: &crate::bench::Bench| {
        let text = std::fs::read_to_string(bench.sut.folder.path().join("ran"));
        text.unwrap().lines().count()
    };
    // while the id is known, its answer is told again
    bench.send(&captured);
    assert_eq!(told(&bench, "a", 1).0, "succeeded");
    let bench = list.next_life(bench);
    bench.send(&captured);
    assert_eq!(told(&bench, "a", 2).0, "succeeded");
    assert_eq!(ran(&bench), 1);
    // as it does after `keep_days`
    let folder = {
        let mut bench = bench;
        bench.sut.signal(rustix::process::Signal::KILL);
        bench.sut.ended();
        bench
    };
    let path = journal(folder.sut.folder.path());
    let gone = Connection::open(path)
        .unwrap()
        .execute("DELETE FROM commands", [])
        .unwrap();
    assert_eq!(gone, 1);
    let bench = list.next_life(folder);
    bench.send(&captured);
    assert_eq!(told(&bench, "a", 3), refused("signature-sequence"));
    assert_eq!(ran(&bench), 1);
    bench.send(&alice.sign(&run("b", "echo >> ran")));
    assert_eq!(told(&bench, "b", 0).0, "succeeded");
    assert_eq!(ran(&bench), 2);
}

#[test]
fn a_key_that_was_revoked_over_the_network_is_so_after_a_restart_and_its_job_ends() {
    let mut alice = Person::new();
    let list = List::new(&alice.line("alice", ""));
    let Some(bench) = list.bench() else { return };
    bench.send(&alice.sign(&run("long", ": > began; sleep 600")));
    bench.there("began");
    bench.send(&alice.sign(&run("waits", "touch bad")));
    wait_for("the one that waits", || {
        let queued = bench.progress();
        queued
            .iter()
            .any(|told| told["id"] == "waits")
            .then_some(())
    });
    bench.send(&alice.sign(&revoke("r", &alice.id())));
    assert_eq!(told(&bench, "r", 0).0, "succeeded");
    assert_eq!(told(&bench, "waits", 0), refused("signature-key-revoked"));
    assert_eq!(bench.answer_of("long")["status"], "cancelled");
    let bench = list.next_life(bench);
    bench.send(&alice.sign(&run("after", "touch bad")));
    assert_eq!(told(&bench, "after", 0), refused("signature-key-revoked"));
    assert!(!bench.sut.folder.path().join("bad").exists());
}
