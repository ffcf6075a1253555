//! The operator's runs: every response as soon as it is there, and how far the operator had come.
//!
//! One writes, others may read at the same time (write-ahead log). What was written survives a kill at any moment; a
//! power cut may undo the last of it, never the file.

mod response;
pub(super) mod schema;
mod summary;

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;

pub use response::{RunOutput, RunResponse};
pub use summary::{ClientSummary, RunSummary};

use super::StoreError;
use super::database::{claim, connect, connect_reader, failed, is_ours, make_folder, set_up};
use crate::fleet::Face;
use crate::model::escaped;
use rusqlite::{Connection, OptionalExtension, Statement, params};
use schema::{FORMAT, nanoseconds, protocol};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The id of a run: when it began (UTC), and four characters: `20261124-151855-a3f0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

impl RunId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client that takes part in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunClient {
    /// Its id.
    pub client: String,
    /// By which protocol it is spoken to.
    pub face: Face,
    /// When it joined.
    pub joined: SystemTime,
}

/// The run store, open.
#[derive(Debug)]
pub struct Runs {
    connection: Connection,
    path: PathBuf,
}

impl Runs {
    /// Opens the store for an operator; makes it and its folder if they are not there.
    ///
    /// # Errors
    /// The file cannot be made, read or written; it is damaged, something else's, or a newer program's.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            make_folder(folder)?;
        }
        let mut connection = connect(path)?;
        set_up(&connection)
            .and_then(|()| connection.pragma_update(None, "synchronous", "NORMAL"))
            .map_err(failed(path))?;
        claim(&mut connection, path, &FORMAT)?;
        let path = path.to_owned();
        Ok(Self { connection, path })
    }

    /// Opens a store that is there for reading, also while an operator writes it.
    ///
    /// # Errors
    /// There is none; it cannot be read; it is damaged, something else's, or a newer program's.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let connection = connect_reader(path)?;
        connection
            .busy_timeout(Duration::from_secs(10))
            .map_err(failed(path))?;
        let path = path.to_owned();
        if !is_ours(&connection, &path, &FORMAT)? {
            return Err(StoreError::Foreign { path });
        }
        Ok(Self { connection, path })
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> StoreError + use<'_> {
        failed(&self.path)
    }

    /// Begins a run. `plan` is what it is to do, as the user wrote it.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn begin(&mut self, started: SystemTime, plan: &str) -> Result<RunId, StoreError> {
        let nanos = nanoseconds(started);
        let sql = "INSERT INTO runs (id, started_ns, plan)
            VALUES (coalesce(strftime('%Y%m%d-%H%M%S', ?1 / 1000000000, 'unixepoch'), 'run')
                    || '-' || lower(hex(randomblob(2))), ?1, ?2)
            ON CONFLICT DO NOTHING RETURNING id";
        loop {
            let begun = self
                .connection
                .query_row(sql, params![nanos, plan], |row| row.get(0))
                .optional();
            // one of 65 536 ids within that second is taken
            if let Some(id) = begun.map_err(self.failed())? {
                return Ok(RunId(id));
            }
        }
    }

    /// Adds a client, or tells that it joined again.
    ///
    /// # Errors
    /// There is no such run; the store cannot be written.
    pub fn add_client(&mut self, run: &RunId, client: &RunClient) -> Result<(), StoreError> {
        let row = self.row(run)?;
        let sql = "INSERT INTO clients (run, client, protocol, joined_ns) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET protocol = ?3, outcome = NULL";
        let joined = nanoseconds(client.joined);
        let written = self.connection.execute(
            sql,
            params![row, client.client, protocol(client.face), joined],
        );
        written.map(drop).map_err(self.failed())
    }

    /// Tells what became of a client: `done`, `lost`, in the operator's words.
    ///
    /// # Errors
    /// There is no such run; the store cannot be written.
    pub fn end_client(
        &mut self,
        run: &RunId,
        client: &str,
        outcome: &str,
    ) -> Result<(), StoreError> {
        let row = self.row(run)?;
        let sql = "UPDATE clients SET outcome = ?3 WHERE run = ?1 AND client = ?2";
        let written = self.connection.execute(sql, params![row, client, outcome]);
        written.map(drop).map_err(self.failed())
    }

    /// Adds a response. Returns `false` if one with that client and `id` is there: an answer may come twice.
    ///
    /// # Errors
    /// There is no such run; the store cannot be written.
    pub fn add_response(
        &mut self,
        run: &RunId,
        response: &RunResponse,
    ) -> Result<bool, StoreError> {
        let row = self.row(run)?;
        response
            .insert(&self.connection, row)
            .map_err(self.failed())
    }

    /// Adds responses, and lines to what tells how far the operator has come; all or nothing.
    ///
    /// # Errors
    /// There is no such run; the store cannot be written.
    pub fn add_responses(
        &mut self,
        run: &RunId,
        responses: &[RunResponse],
        progress: &[String],
    ) -> Result<(), StoreError> {
        let row = self.row(run)?;
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            for response in responses {
                response.insert(&transaction, row)?;
            }
            let mut add =
                transaction.prepare("INSERT INTO progress (run, line) VALUES (?1, ?2)")?;
            for line in progress {
                add.execute(params![row, line])?;
            }
            drop(add);
            transaction.commit()
        };
        write(&mut self.connection).map_err(failed(&self.path))
    }

    /// How far the operator had come, in its own lines; none once the run is finished.
    ///
    /// # Errors
    /// There is no such run; the store cannot be read.
    pub fn progress(&self, run: &RunId) -> Result<Vec<String>, StoreError> {
        let row = self.row(run)?;
        let read = || {
            let sql = "SELECT line FROM progress WHERE run = ?1 ORDER BY number";
            let mut statement = self.connection.prepare(sql)?;
            let lines = statement.query_map([row], |row| row.get(0))?;
            lines.collect::<Result<Vec<String>, _>>()
        };
        read().map_err(self.failed())
    }

    /// What a run was to do.
    ///
    /// # Errors
    /// There is no such run; the store cannot be read.
    pub fn plan(&self, run: &RunId) -> Result<String, StoreError> {
        let row = self.row(run)?;
        let sql = "SELECT plan FROM runs WHERE run = ?1";
        self.connection
            .query_row(sql, [row], |row| row.get(0))
            .map_err(self.failed())
    }

    /// Ends a run. `outcome` is what came of it, in the operator's words. Its progress is not needed any more.
    ///
    /// # Errors
    /// There is no such run; the store cannot be written.
    pub fn finish(&mut self, run: &RunId, at: SystemTime, outcome: &str) -> Result<(), StoreError> {
        let row = self.row(run)?;
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "UPDATE runs SET finished_ns = ?2, outcome = ?3 WHERE run = ?1",
                params![row, nanoseconds(at), outcome],
            )?;
            transaction.execute("DELETE FROM progress WHERE run = ?1", [row])?;
            transaction.commit()
        };
        write(&mut self.connection).map_err(failed(&self.path))
    }

    /// The responses of a run, of one client or of all, in the order of arrival. They are read one at a time: nothing
    /// is held in memory or locked in between, and what arrives meanwhile comes too.
    ///
    /// # Errors
    /// There is no such run; the store cannot be read.
    pub fn responses(
        &self,
        run: &RunId,
        client: Option<&str>,
    ) -> Result<Responses<'_>, StoreError> {
        let row = self.row(run)?;
        let which = client.map_or("?3 IS NULL", |_| "client = ?3");
        let sql = format!(
            "SELECT * FROM responses WHERE run = ?1 AND number > ?2 AND {which} ORDER BY number LIMIT 1"
        );
        Ok(Responses {
            statement: self.connection.prepare(&sql).map_err(self.failed())?,
            path: &self.path,
            run: row,
            client: client.map(str::to_owned),
            last: 0,
        })
    }

    /// The run that a person means: its id, `latest`, or any part that only one id has.
    ///
    /// # Errors
    /// None or several; the store cannot be read.
    pub fn find(&self, name: &str) -> Result<RunId, StoreError> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT id FROM runs WHERE ?1 <> '' AND instr(id, ?1) > 0 OR ?1 = 'latest'
                 ORDER BY id = ?1 DESC, run DESC LIMIT 4",
            )?;
            let names = statement.query_map([name], |row| row.get(0))?;
            names.collect::<Result<Vec<String>, _>>()
        };
        let mut found = read().map_err(self.failed())?;
        let shown = escaped(name.as_bytes(), 64);
        match &found[..] {
            [] => {
                let newest = self.list()?.into_iter().next();
                let known = newest.map_or_else(
                    || "there are none yet".to_owned(),
                    |newest| format!("the latest is {}", newest.id),
                );
                Err(StoreError::NoRun { name: shown, known })
            }
            [first, ..] if name == "latest" || first == name || found.len() == 1 => {
                Ok(RunId(found.swap_remove(0)))
            }
            _ => Err(StoreError::Ambiguous {
                name: shown,
                runs: found,
            }),
        }
    }

    /// The row of a run.
    fn row(&self, run: &RunId) -> Result<i64, StoreError> {
        let sql = "SELECT run FROM runs WHERE id = ?1";
        let found = self.connection.query_row(sql, [&run.0], |row| row.get(0));
        let row = found.optional().map_err(self.failed())?;
        row.ok_or_else(|| StoreError::NoRun {
            name: run.0.clone(),
            known: "it was deleted".to_owned(),
        })
    }
}

/// Responses, read one at a time.
#[derive(Debug)]
pub struct Responses<'r> {
    statement: Statement<'r>,
    path: &'r Path,
    run: i64,
    client: Option<String>,
    last: i64,
}

impl Iterator for Responses<'_> {
    type Item = Result<RunResponse, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let parameters = params![self.run, self.last, self.client];
        let read = self.statement.query_row(parameters, |row| {
            Ok((row.get("number")?, RunResponse::read(row)?))
        });
        match read.optional() {
            Ok(found) => {
                let (number, response) = found?;
                self.last = number;
                Some(Ok(response))
            }
            Err(error) => {
                // it would fail again and again
                self.last = i64::MAX;
                Some(Err(failed(self.path)(error)))
            }
        }
    }
}
