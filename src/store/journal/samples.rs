//! Entries for tests.

use crate::fleet::{Captured, Entry, Face, JobNumber, Record, Request, Run, Status};
use std::time::{Duration, SystemTime};

pub(super) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(seconds * 1_000_000_000 + 123_456_789)
}

pub(super) fn request(id: Option<&str>) -> Request {
    Request {
        face: Face::Own,
        id: id.map(str::to_owned),
        command: "true --quick".to_owned(),
        run: Run::Program {
            path: "/bin/true".into(),
            argv: vec!["true".to_owned(), "--quick".to_owned()],
        },
        time_limit: Some(Duration::from_millis(1500)),
        expires: Some(at(2_000_000_000)),
        signed_by: None,
    }
}

pub(super) fn accept(executor: &str, id: Option<&str>) -> Entry {
    Entry::Accept {
        executor: executor.to_owned(),
        request: request(id),
        at: at(1_795_000_000),
    }
}

pub(super) fn begin(executor: &str, id: Option<&str>) -> Entry {
    Entry::Begin {
        executor: executor.to_owned(),
        request: request(id),
        at: at(1_795_000_000),
    }
}

/// A result with every byte there is, and so many more.
pub(super) fn record(bytes: usize) -> Record {
    let status = Status::Succeeded;
    let mut record = Record::without_running(&request(Some("a")), "10.0.0.1", status, "b", at(5));
    record.stdout = Captured {
        head: (0..=255).collect(),
        tail: vec![0xff; bytes],
        total: 1 << 40,
        spooled: None,
    };
    record.stderr.head = b"\0warning\n".to_vec();
    record.host.temperature_c = Some(51.54);
    record
}

pub(super) fn start(executor: &str, number: u64) -> Entry {
    Entry::Start(executor.to_owned(), JobNumber(number))
}

pub(super) fn end(executor: &str, number: u64, bytes: usize) -> Entry {
    Entry::End(
        executor.to_owned(),
        JobNumber(number),
        Box::new(record(bytes)),
    )
}

pub(super) fn deliver(executor: &str, number: u64) -> Entry {
    Entry::Deliver(executor.to_owned(), JobNumber(number))
}

pub(super) fn recall(executor: &str, number: u64) -> Entry {
    Entry::Recall(executor.to_owned(), JobNumber(number))
}
