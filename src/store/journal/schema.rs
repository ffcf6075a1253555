//! The tables of the journal, and how commands and results lie in them.

use crate::fleet::{JobNumber, Record, Request, Stage};
use crate::store::StoreError;
use crate::store::database::Format;
use rusqlite::Row;

/// What is remembered of keys. `newest_issued` is in Unix seconds.
macro_rules! keys {
    () => {
        "
        CREATE TABLE signed_sequences (
            executor TEXT NOT NULL,
            key TEXT NOT NULL,
            highest INTEGER NOT NULL,
            newest_issued INTEGER NOT NULL,
            PRIMARY KEY (executor, key)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE revoked_keys (
            executor TEXT NOT NULL,
            key TEXT NOT NULL,
            PRIMARY KEY (executor, key)
        ) STRICT, WITHOUT ROWID;
    "
    };
}

/// `commands`: one row a command. `stage` and `delivered` apart, so that a start does not touch the index of what
/// waits; both are of one size in every state, so that a change overwrites its bytes in place. `age_ms` is the
/// journal's own clock at the last change (see [`super::prune`]), `at_ms` the wall's at the command's arrival, for
/// people. `results` is a table of its own, so that a delivery does not move the output. AUTOINCREMENT: numbers are
/// not used again, also when the newest row has gone.
///
/// `signed_sequences` and `revoked_keys`, since version 2, are never looked through for what is old: a message that
/// was obeyed once must not be obeyed again when its command has been forgotten.
pub(super) const FORMAT: Format = Format {
    application: 0x6d71_746a, // "mqtj"
    version: 2,
    steps: &[KEYS],
    schema: concat!(
        "
        CREATE TABLE commands (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            executor TEXT NOT NULL,
            id TEXT,
            stage INTEGER NOT NULL,
            delivered INTEGER NOT NULL DEFAULT 0,
            age_ms INTEGER NOT NULL,
            at_ms INTEGER,
            request_bytes INTEGER NOT NULL,
            result_bytes INTEGER NOT NULL DEFAULT 0,
            request TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX by_id ON commands (executor, id) WHERE id IS NOT NULL;
        CREATE INDEX waiting ON commands (executor, number) WHERE delivered = 0;
        CREATE TABLE results (
            number INTEGER PRIMARY KEY REFERENCES commands ON DELETE CASCADE,
            record TEXT NOT NULL,
            stdout_head BLOB NOT NULL,
            stdout_tail BLOB NOT NULL,
            stderr_head BLOB NOT NULL,
            stderr_tail BLOB NOT NULL
        ) STRICT;
        CREATE TABLE state (
            name TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
    ",
        keys!()
    ),
};

const KEYS: &str = keys!();

/// Column `stage`.
pub(super) const ACCEPTED: i64 = 2;
/// Column `stage`.
pub(super) const STARTED: i64 = 3;
/// Column `stage`.
pub(super) const ENDED: i64 = 4;

/// What the columns `stage` and `delivered` mean together.
pub(super) fn stage(stage: i64, delivered: bool) -> Stage {
    match stage {
        _ if delivered => Stage::Delivered,
        ACCEPTED => Stage::Accepted,
        STARTED => Stage::Started,
        _ => Stage::Ended,
    }
}

/// A number as SQLite has it; one beyond its range is nobody's.
pub(super) fn row_number(number: JobNumber) -> i64 {
    i64::try_from(number.0).unwrap_or(-1)
}

/// A row's number.
pub(super) fn job_number(row: i64) -> JobNumber {
    JobNumber(row.unsigned_abs())
}

/// A command as JSON.
pub(super) fn request_text(request: &Request) -> Result<String, StoreError> {
    serde_json::to_string(request).map_err(|source| StoreError::Json {
        what: "the command",
        source,
    })
}

/// A result: all but the bytes of its output as JSON, and those as they are. As JSON they would be a list of
/// numbers, four times as long.
pub(super) struct ResultRow {
    pub(super) record: String,
    /// Head and tail of standard output, then of standard error.
    pub(super) output: [Vec<u8>; 4],
}

impl ResultRow {
    /// Takes the output out of `record`; [`ResultRow::give_back`] returns it.
    pub(super) fn take(record: &mut Record) -> Result<Self, StoreError> {
        let output = outputs(record).map(std::mem::take);
        let text = serde_json::to_string(record);
        let taken = Self {
            record: String::new(),
            output,
        };
        match text {
            Ok(text) => Ok(Self {
                record: text,
                ..taken
            }),
            Err(source) => {
                taken.give_back(record);
                let what = "the result";
                Err(StoreError::Json { what, source })
            }
        }
    }

    /// Puts the output back.
    pub(super) fn give_back(self, record: &mut Record) {
        for (place, bytes) in outputs(record).into_iter().zip(self.output) {
            *place = bytes;
        }
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.record.len() + self.output.iter().map(Vec::len).sum::<usize>()
    }

    /// Reads the columns `record, stdout_head, stdout_tail, stderr_head, stderr_tail`.
    pub(super) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            record: row.get(0)?,
            output: [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?],
        })
    }

    /// The result again.
    pub(super) fn into_record(self) -> Result<Record, serde_json::Error> {
        let mut record = serde_json::from_str(&self.record)?;
        self.give_back(&mut record);
        Ok(record)
    }
}

fn outputs(record: &mut Record) -> [&mut Vec<u8>; 4] {
    let (stdout, stderr) = (&mut record.stdout, &mut record.stderr);
    [
        &mut stdout.head,
        &mut stdout.tail,
        &mut stderr.head,
        &mut stderr.tail,
    ]
}
