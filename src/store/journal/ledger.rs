//! The journal's file and what is done with it, without thread or clock: a batch of entries becomes one transaction,
//! and what is to be told of each.

use super::batch::{Statements, Written};
use super::open::Opened;
use super::schema::{ResultRow, job_number, row_number, stage};
use crate::fleet::{Entry, JobNumber, JournalNews, Known, Record, Request, Stage};
use crate::store::StoreError;
use crate::store::database::failed;
use crate::store::error::{in_words, is_damage};
use crate::store::lock::FolderLock;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The journal's file, ours alone.
pub(super) struct Ledger {
    pub(super) connection: Connection,
    path: PathBuf,
    /// Whether a transaction is synced that must be.
    sync: bool,
    /// Whether the next one will be, as things stand.
    synced: bool,
    /// Whether the file proved damaged: it is looked at when it is opened again.
    damaged: bool,
    _lock: FolderLock,
}

/// What is to be told of an entry, once it is on the disk. Results are fetched when they are told, one at a time: a
/// thousand may be asked for at once.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    News(JournalNews),
    Known(JobNumber, Stage, Request),
    Recall(JobNumber),
    Look(String, JobNumber, Stage),
}

impl Ledger {
    /// Opens the journal of a folder. Also says what had to be done for that.
    pub(super) fn open(folder: &Path, sync: bool, wall: SystemTime) -> Result<Self, StoreError> {
        let Opened {
            connection,
            path,
            lock,
        } = super::open::open(folder, sync, wall)?;
        Ok(Self {
            connection,
            path,
            sync,
            synced: sync,
            damaged: false,
            _lock: lock,
        })
    }

    /// Writes a batch as one transaction. Returns what is to be told, in order, with the executor whose it is. If
    /// that fails, nothing of it is written and each entry is told as failed.
    pub(super) fn write(&mut self, mut batch: Vec<Entry>, age_ms: i64) -> Vec<(String, Said)> {
        match self.transaction(&mut batch, age_ms) {
            Ok(written) => batch
                .into_iter()
                .zip(written)
                .filter_map(|(entry, written)| told(entry, written))
                .collect(),
            Err(error) => {
                self.damaged |= is_damage(&error);
                let reason = in_words(&error);
                tracing::warn!(%reason, entries = batch.len(), "the journal cannot be written");
                let each = batch.into_iter();
                each.map(|entry| refused(entry, reason.clone())).collect()
            }
        }
    }

    fn transaction(
        &mut self,
        batch: &mut [Entry],
        age_ms: i64,
    ) -> Result<Vec<Written>, rusqlite::Error> {
        if batch.iter().all(|entry| matches!(entry, Entry::Recall(..))) {
            return Ok(batch.iter().map(|_| Written::Done).collect());
        }
        // a delivery that a power cut undoes is told once more, which does no harm: it need not wait for the disk
        let lazy = |entry: &Entry| {
            matches!(
                entry,
                Entry::Deliver(..) | Entry::Recall(..) | Entry::Look(..)
            )
        };
        self.set_synced(self.sync && !batch.iter().all(lazy))?;
        let transaction = self.connection.transaction()?;
        let mut statements = Statements::prepare(&transaction)?;
        let written: Result<Vec<Written>, _> = batch
            .iter_mut()
            .map(|entry| statements.write(entry, age_ms))
            .collect();
        drop(statements);
        let written = written?;
        transaction.commit()?;
        Ok(written)
    }

    fn set_synced(&mut self, synced: bool) -> Result<(), rusqlite::Error> {
        if synced != self.synced {
            let word = if synced { "FULL" } else { "NORMAL" };
            self.connection.pragma_update(None, "synchronous", word)?;
            self.synced = synced;
        }
        Ok(())
    }

    /// Everything of an executor that was not delivered, in the order of acceptance, without results.
    pub(super) fn waiting(&self, executor: &str) -> Result<Vec<Known>, rusqlite::Error> {
        let mut statement = self.connection.prepare(
            "SELECT number, stage, request FROM commands
             WHERE executor = ?1 AND delivered = 0 ORDER BY number",
        )?;
        let mut rows = statement.query([executor])?;
        let mut waiting = Vec::new();
        while let Some(row) = rows.next()? {
            let number = job_number(row.get(0)?);
            match serde_json::from_str(row.get_ref(2)?.as_str()?) {
                Ok(request) => waiting.push(Known {
                    number,
                    request,
                    stage: stage(row.get(1)?, false),
                    record: None,
                }),
                Err(error) => {
                    tracing::warn!(executor, %number, %error, "a command in the journal cannot be read; it is passed over");
                }
            }
        }
        Ok(waiting)
    }

    /// The executors of which something waits.
    pub(super) fn executors(&self) -> Result<Vec<String>, rusqlite::Error> {
        let mut statement = self
            .connection
            .prepare("SELECT DISTINCT executor FROM commands")?;
        let names = statement.query_map([], |row| row.get(0))?;
        names.collect()
    }

    /// What is to be told, with the result fetched if it has one.
    pub(super) fn news(&mut self, executor: &str, said: Said) -> JournalNews {
        match said {
            Said::News(news) => news,
            Said::Recall(number) => match self.record(executor, number) {
                Ok(record) => JournalNews::Recalled(number, record.map(Box::new)),
                Err(reason) => JournalNews::Failed {
                    entry: Box::new(Entry::Recall(executor.to_owned(), number)),
                    reason,
                },
            },
            Said::Look(id, number, stage) => match self.request(number) {
                Ok(request) => {
                    let known = Known {
                        number,
                        request,
                        stage,
                        record: None,
                    };
                    JournalNews::Looked(id, Some(Box::new(known)))
                }
                Err(reason) => JournalNews::Failed {
                    entry: Box::new(Entry::Look(executor.to_owned(), id)),
                    reason,
                },
            },
            Said::Known(number, stage, request) => match self.known(executor, number, stage) {
                Ok(known) => JournalNews::Known {
                    known: Box::new(known),
                    request,
                },
                Err(reason) => JournalNews::Failed {
                    entry: Box::new(Entry::Accept {
                        executor: executor.to_owned(),
                        request,
                        at: SystemTime::now(),
                    }),
                    reason,
                },
            },
        }
    }

    fn request(&mut self, number: JobNumber) -> Result<Request, String> {
        let text: Result<String, _> = self.connection.query_row(
            "SELECT request FROM commands WHERE number = ?1",
            [row_number(number)],
            |row| row.get(0),
        );
        let text = text.map_err(|error| self.unreadable(&error))?;
        serde_json::from_str(&text).map_err(|error| {
            format!("the command {number} in the journal is not understood: {error}")
        })
    }

    fn known(&mut self, executor: &str, number: JobNumber, stage: Stage) -> Result<Known, String> {
        let request = self.request(number)?;
        let record = match stage {
            Stage::Accepted | Stage::Started => None,
            Stage::Ended | Stage::Delivered => self.record(executor, number)?,
        };
        Ok(Known {
            number,
            request,
            stage,
            record: record.map(Box::new),
        })
    }

    /// A result, if it is there still.
    fn record(&mut self, executor: &str, number: JobNumber) -> Result<Option<Record>, String> {
        let found = self.connection.query_row(
            "SELECT record, stdout_head, stdout_tail, stderr_head, stderr_tail
             FROM results JOIN commands USING (number) WHERE number = ?1 AND executor = ?2",
            params![row_number(number), executor],
            ResultRow::read,
        );
        let row = found.optional().map_err(|error| self.unreadable(&error))?;
        row.map(ResultRow::into_record)
            .transpose()
            .map_err(|error| {
                format!("the result {number} in the journal is not understood: {error}")
            })
    }

    fn unreadable(&mut self, error: &rusqlite::Error) -> String {
        self.damaged |= is_damage(error);
        format!("the journal cannot be read: {}", in_words(error))
    }

    /// Closes the file, and marks it as whole.
    pub(super) fn close(self, age_ms: i64) {
        if !self.damaged {
            let marked = self
                .keep_state("age_ms", age_ms)
                .and_then(|()| self.keep_state("closed", 1));
            if let Err(error) = marked {
                tracing::warn!(reason = %in_words(&error), "the journal is not marked as closed; it is checked when it is opened again");
            }
        }
        let path = self.path;
        if let Err((_, error)) = self.connection.close() {
            let error = failed(&path)(error);
            tracing::warn!(%error, "the journal was not closed");
        }
    }

    pub(super) fn keep_state(&self, name: &str, value: i64) -> Result<(), rusqlite::Error> {
        super::open::keep_state(&self.connection, name, value)
    }

    /// The journal's own clock as it stood when something was last written (see [`super::prune`]).
    pub(super) fn age_ms(&self) -> Result<i64, rusqlite::Error> {
        self.connection.query_row(
            "SELECT max(coalesce((SELECT max(age_ms) FROM commands), 0),
                        coalesce((SELECT value FROM state WHERE name = 'age_ms'), 0))",
            [],
            |row| row.get(0),
        )
    }

    /// Gives memory back that a burst took.
    pub(super) fn shrink(&self) {
        if let Err(error) = self.connection.execute_batch("PRAGMA shrink_memory") {
            tracing::debug!(%error, "the journal's memory was not given back");
        }
    }
}

/// What is to be told of an entry that is on the disk.
fn told(entry: Entry, written: Written) -> Option<(String, Said)> {
    let news = |executor, news| Some((executor, Said::News(news)));
    match (written, entry) {
        (Written::Refused(reason), entry) => Some(refused(entry, reason)),
        (Written::NotObeyed(why), Entry::Signed(_, entry)) => {
            let executor = entry.executor().to_owned();
            news(executor, JournalNews::NotObeyed { entry, why })
        }
        (written, Entry::Signed(_, entry)) => told(*entry, written),
        (
            _,
            Entry::Revoke {
                executor,
                key,
                request,
            },
        ) => news(executor, JournalNews::Revoked(key, request)),
        (
            Written::Accepted(number),
            Entry::Accept {
                executor, request, ..
            },
        ) => news(executor, JournalNews::Accepted(number, request)),
        (
            Written::Accepted(number),
            Entry::Begin {
                executor, request, ..
            },
        ) => news(executor, JournalNews::Begun(number, request)),
        (
            Written::Known(number, stage),
            Entry::Accept {
                executor, request, ..
            }
            | Entry::Begin {
                executor, request, ..
            },
        ) => Some((executor, Said::Known(number, stage, request))),
        (_, Entry::Start(executor, number)) => news(executor, JournalNews::Started(number)),
        (_, Entry::End(executor, number, _)) => news(executor, JournalNews::Ended(number)),
        (_, Entry::Recall(executor, number)) => Some((executor, Said::Recall(number))),
        (Written::Known(number, stage), Entry::Look(executor, id)) => {
            Some((executor, Said::Look(id, number, stage)))
        }
        (_, Entry::Look(executor, id)) => news(executor, JournalNews::Looked(id, None)),
        (_, Entry::Deliver(..) | Entry::Accept { .. } | Entry::Begin { .. }) => None,
    }
}

fn refused(entry: Entry, reason: String) -> (String, Said) {
    let executor = entry.executor().to_owned();
    let entry = Box::new(entry);
    (executor, Said::News(JournalNews::Failed { entry, reason }))
}
