//! The log on a disk that is really full: whole lines or none, commands are refused with the reason, and it goes on.

use crate::bench::{ANYTHING, Bench};
use crate::log::{folder, good, lines};
use crate::support::{LIMIT, SmallDisk, wait_for};
use mqtt_thing::fleet::audit::{Entry, Event};
use mqtt_thing::store::{Audit, AuditOptions};
use std::sync::mpsc;
use std::time::SystemTime;

#[test]
fn a_line_is_written_whole_or_not_at_all_and_all_that_waited_comes_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(1) else {
        return;
    };
    let (tell, told) = mpsc::channel();
    let audit = Audit::open(disk.path(), AuditOptions::default(), move |trouble| {
        tell.send(trouble).unwrap();
    })
    .unwrap();
    let write = |count| {
        let line = || Entry::new(SystemTime::now(), Event::Accepted).because(&"x".repeat(256));
        audit.write((0..count).map(|_| line()));
    };
    write(10);
    wait_for("the first lines", || {
        (lines(disk.path()).len() == 11).then_some(())
    });
    disk.fill();
    write(100);
    let reason = told.recv_timeout(LIMIT).unwrap().unwrap();
    assert!(reason.starts_with("the disk is full"), "{reason}");
    assert_eq!(good(disk.path(), None)["torn_bytes"], 0);
    disk.free();
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), None);
    drop(audit);
    assert_eq!(good(disk.path(), None)["lines"], 112);
}

#[test]
fn a_command_that_cannot_be_audited_is_refused_and_one_after_it_can_runs() {
    let Some(disk) = SmallDisk::mount(4) else {
        return;
    };
    let mut all = ANYTHING.to_vec();
    all.extend(["--state", disk.path().to_str().unwrap()]);
    let Some(bench) = Bench::with(&all, "[sut]\n") else {
        return;
    };
    assert_eq!(bench.answer("a", "true")["status"], "succeeded");
    disk.fill();
    // each is refused and written down, until not even that is
    let refused = (0..100).find_map(|n| {
        let answer = bench.answer(&format!("b{n}"), "echo x >> effects");
        assert_eq!(answer["status"], "refused");
        let reason = answer["reason"].as_str().unwrap().to_owned();
        reason.contains("cannot be audited").then_some(reason)
    });
    let refused = refused.expect("the log to be full as well");
    assert!(
        refused.contains("it cannot be audited: the disk is full"),
        "{refused}"
    );
    bench
        .sut
        .wait_err("the audit log cannot be written reason=the disk is full");
    good(&folder(disk.path()), None);
    disk.free();
    bench.sut.wait_err("the audit log can be written again");
    assert_eq!(
        bench.answer("c", "echo x >> effects")["status"],
        "succeeded"
    );
    assert_eq!(bench.answer("d", "cat effects")["output"], "x\n");
    good(&folder(disk.path()), None);
}
