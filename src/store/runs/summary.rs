//! What a run and its clients come to, counted by the database.

use super::schema::{face, time};
use super::{RunId, Runs};
use crate::fleet::Face;
use crate::store::StoreError;
use rusqlite::Row;
use std::time::SystemTime;

/// A run in few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// When it began.
    pub started: SystemTime,
    /// When it ended; none if it runs or its operator was killed.
    pub finished: Option<SystemTime>,
    /// What came of it, in the operator's words.
    pub outcome: Option<String>,
    /// How many clients took part.
    pub clients: u64,
    /// How many responses there are, those counted that did not come.
    pub responses: u64,
    /// How many of those did not succeed.
    pub failed: u64,
}

/// A client of a run in few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSummary {
    /// Its id.
    pub client: String,
    /// By which protocol it was spoken to.
    pub face: Face,
    /// When it joined.
    pub joined: SystemTime,
    /// What became of it, in the operator's words; none while it takes part.
    pub outcome: Option<String>,
    /// As above.
    pub responses: u64,
    /// As above.
    pub failed: u64,
}

const RUNS: &str = "
    SELECT id, started_ns, finished_ns, outcome,
           (SELECT count(*) FROM clients WHERE clients.run = runs.run),
           (SELECT count(*) FROM responses WHERE responses.run = runs.run),
           (SELECT count(*) FROM responses WHERE responses.run = runs.run AND status IS NOT 'succeeded')
    FROM runs";

fn summary(row: &Row<'_>) -> Result<RunSummary, rusqlite::Error> {
    let finished: Option<i64> = row.get(2)?;
    Ok(RunSummary {
        id: RunId(row.get(0)?),
        started: time(row.get::<_, Option<i64>>(1)?.unwrap_or(0)),
        finished: finished.map(time),
        outcome: row.get(3)?,
        clients: count(row, 4)?,
        responses: count(row, 5)?,
        failed: count(row, 6)?,
    })
}

fn count(row: &Row<'_>, column: usize) -> Result<u64, rusqlite::Error> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}

impl Runs {
    /// All runs, the newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn list(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.summaries("ORDER BY run DESC")
    }

    /// The runs that did not finish, the newest first: their operator runs still, or was killed.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn unfinished(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.summaries("WHERE finished_ns IS NULL AND outcome IS NULL ORDER BY run DESC")
    }

    fn summaries(&self, which: &str) -> Result<Vec<RunSummary>, StoreError> {
        let read = || {
            let mut statement = self.connection.prepare(&format!("{RUNS} {which}"))?;
            let rows = statement.query_map([], summary)?;
            rows.collect::<Result<_, _>>()
        };
        read().map_err(self.failed())
    }

    /// One run.
    ///
    /// # Errors
    /// There is none of that id; the store cannot be read.
    pub fn show(&self, run: &RunId) -> Result<RunSummary, StoreError> {
        let row = self.row(run)?;
        self.connection
            .query_row(&format!("{RUNS} WHERE run = ?1"), [row], summary)
            .map_err(self.failed())
    }

    /// The clients of a run, by name.
    ///
    /// # Errors
    /// There is no such run; the store cannot be read.
    pub fn clients(&self, run: &RunId) -> Result<Vec<ClientSummary>, StoreError> {
        let row = self.row(run)?;
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT client, protocol, joined_ns, outcome,
                    (SELECT count(*) FROM responses r WHERE r.run = c.run AND r.client = c.client),
                    (SELECT count(*) FROM responses r WHERE r.run = c.run AND r.client = c.client
                     AND r.status IS NOT 'succeeded')
                 FROM clients c WHERE run = ?1 ORDER BY client",
            )?;
            let rows = statement.query_map([row], |row| {
                Ok(ClientSummary {
                    client: row.get(0)?,
                    face: face(row.get_ref(1)?.as_str()?),
                    joined: time(row.get::<_, Option<i64>>(2)?.unwrap_or(0)),
                    outcome: row.get(3)?,
                    responses: count(row, 4)?,
                    failed: count(row, 5)?,
                })
            })?;
            rows.collect::<Result<_, _>>()
        };
        read().map_err(self.failed())
    }
}
