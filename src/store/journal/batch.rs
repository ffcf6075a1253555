//! The entries of one transaction, each as the statements that it takes.

use super::keys::Keys;
use super::schema::{ACCEPTED, ENDED, STARTED};
use super::schema::{ResultRow, job_number, request_text, row_number, stage};
use crate::fleet::{Entry, JobNumber, NotObeyed, Record, Request, Stage};
use crate::store::error::{in_words, is_fatal};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use std::time::{SystemTime, UNIX_EPOCH};

/// What became of an entry within the transaction.
pub(super) enum Written {
    Accepted(JobNumber),
    Known(JobNumber, Stage),
    Done,
    /// Signed, and not to be obeyed.
    NotObeyed(NotObeyed),
    /// Against the rules, or not to be written as it is; the others are not concerned.
    Refused(String),
}

/// The statements of a batch.
pub(super) struct Statements<'c> {
    find: CachedStatement<'c>,
    accept: CachedStatement<'c>,
    start: CachedStatement<'c>,
    end: CachedStatement<'c>,
    result: CachedStatement<'c>,
    deliver: CachedStatement<'c>,
    keys: Keys<'c>,
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self, rusqlite::Error> {
        // compiled once: a batch is often one entry
        let prepare = |sql: &str| connection.prepare_cached(sql);
        Ok(Self {
            find: prepare(
                "SELECT number, stage, delivered FROM commands WHERE executor = ?1 AND id = ?2",
            )?,
            accept: prepare(
                "INSERT INTO commands (executor, id, stage, age_ms, at_ms, request_bytes, request)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            start: prepare(
                "UPDATE commands SET stage = ?3, age_ms = ?4
                 WHERE number = ?1 AND executor = ?2 AND stage = ?5",
            )?,
            end: prepare(
                "UPDATE commands SET stage = ?2, age_ms = ?3, result_bytes = ?4 WHERE number = ?1",
            )?,
            result: prepare(
                "INSERT INTO results SELECT number, ?3, ?4, ?5, ?6, ?7 FROM commands
                 WHERE number = ?1 AND executor = ?2 AND stage < ?8",
            )?,
            deliver: prepare(
                "UPDATE commands SET delivered = 1, age_ms = ?3
                 WHERE number = ?1 AND executor = ?2 AND stage = ?4 AND delivered = 0",
            )?,
            keys: Keys::prepare(connection)?,
        })
    }

    /// Writes one entry. An error concerns the whole batch.
    pub(super) fn write(
        &mut self,
        entry: &mut Entry,
        age_ms: i64,
    ) -> Result<Written, rusqlite::Error> {
        let written = match entry {
            Entry::Accept {
                executor,
                request,
                at,
            } => self.accept(executor, request, *at, (ACCEPTED, age_ms)),
            Entry::Begin {
                executor,
                request,
                at,
            } => self.accept(executor, request, *at, (STARTED, age_ms)),
            Entry::Start(executor, number) => self.start(executor, *number, age_ms),
            Entry::End(executor, number, record) => self.end(executor, *number, record, age_ms),
            Entry::Deliver(executor, number) => self
                .deliver
                .execute(params![row_number(*number), &*executor, age_ms, ENDED])
                .map(|_| Written::Done),
            Entry::Look(executor, id) => Ok(self.known(executor, id)?.unwrap_or(Written::Done)),
            Entry::Recall(..) => Ok(Written::Done),
            Entry::Revoke { executor, key, .. } => {
                self.keys.revoke(executor, key).map(|()| Written::Done)
            }
            Entry::Signed(stamp, entry) => {
                if let Some(known) = self.known_command(entry)? {
                    return Ok(known);
                }
                match self.keys.take(entry.executor(), stamp)? {
                    Some(why) => Ok(Written::NotObeyed(why)),
                    None => return self.write(entry, age_ms),
                }
            }
        };
        match written {
            Err(error) if !is_fatal(&error) => Ok(Written::Refused(in_words(&error))),
            written => written,
        }
    }

    /// Whether a command is there already: the same message, or signed anew, it gets the same answer.
    fn known_command(&mut self, entry: &Entry) -> Result<Option<Written>, rusqlite::Error> {
        match entry {
            Entry::Accept {
                executor, request, ..
            }
            | Entry::Begin {
                executor, request, ..
            } => match &request.id {
                Some(id) => self.known(executor, id),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn known(&mut self, executor: &str, id: &str) -> Result<Option<Written>, rusqlite::Error> {
        let known = self.find.query_row([executor, id], |row| {
            let stage = stage(row.get(1)?, row.get(2)?);
            Ok(Written::Known(job_number(row.get(0)?), stage))
        });
        known.optional()
    }

    fn accept(
        &mut self,
        executor: &str,
        request: &Request,
        at: SystemTime,
        (stage, age_ms): (i64, i64),
    ) -> Result<Written, rusqlite::Error> {
        if let Some(id) = &request.id {
            if let Some(known) = self.known(executor, id)? {
                return Ok(known);
            }
        }
        let text = match request_text(request) {
            Ok(text) => text,
            Err(error) => return Ok(Written::Refused(error.to_string())),
        };
        let at_ms = at.duration_since(UNIX_EPOCH).ok();
        let at_ms = at_ms.and_then(|at| i64::try_from(at.as_millis()).ok());
        let number = self.accept.insert(params![
            executor,
            request.id,
            stage,
            age_ms,
            at_ms,
            length(text.len()),
            text
        ])?;
        Ok(Written::Accepted(job_number(number)))
    }

    fn start(
        &mut self,
        executor: &str,
        number: JobNumber,
        age_ms: i64,
    ) -> Result<Written, rusqlite::Error> {
        let row = row_number(number);
        let changed = self
            .start
            .execute(params![row, executor, STARTED, age_ms, ACCEPTED])?;
        Ok(match changed {
            0 => Written::Refused(format!("no command {number} waits in the journal")),
            _ => Written::Done,
        })
    }

    fn end(
        &mut self,
        executor: &str,
        number: JobNumber,
        record: &mut Record,
        age_ms: i64,
    ) -> Result<Written, rusqlite::Error> {
        let result = match ResultRow::take(record) {
            Ok(result) => result,
            Err(error) => return Ok(Written::Refused(error.to_string())),
        };
        // the result first: one that SQLite does not take leaves the command as it is
        let [stdout_head, stdout_tail, stderr_head, stderr_tail] = &result.output;
        let row = row_number(number);
        let written = self.result.execute(params![
            row,
            executor,
            result.record,
            stdout_head,
            stdout_tail,
            stderr_head,
            stderr_tail,
            ENDED
        ]);
        let bytes = length(result.bytes());
        result.give_back(record);
        if written? == 0 {
            let reason = format!("no command {number} in the journal is to end");
            return Ok(Written::Refused(reason));
        }
        self.end.execute(params![row, ENDED, age_ms, bytes])?;
        Ok(Written::Done)
    }
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
