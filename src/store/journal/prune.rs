//! How long the journal remembers.
//!
//! Age is counted by a clock of the journal's own: it runs while the journal is open and stands still while it is
//! not. The wall clock is no use here. A Pi has no clock of its own; it boots in 1970, or whenever it was last shut
//! down, and jumps by years once it hears the time. By the wall, everything would be old at once, or nothing ever. So
//! `keep` means days of running; a Pi that is on for an hour a day keeps for longer, within the limits of number and
//! size.
//!
//! What goes, in this order: what is older than `keep`; the oldest beyond `most_ids`; beyond `keep_bytes` first the
//! results of delivered commands, then delivered commands, then answers that nobody fetched. Commands that wait or run
//! never go. An answer that is dropped for its size leaves its id behind, so that the command is not run again.

use super::ledger::Ledger;
use super::schema::ENDED;
use crate::fleet::ExecutorSettings;
use rusqlite::{Connection, params};
use std::time::Duration;

/// What the journal keeps of one executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long ids are remembered after the delivery and answers wait for it. Time that the journal was open counts,
    /// so a jump of the wall clock neither loses nor keeps anything.
    pub keep: Duration,
    /// How many bytes of ended commands and their results are kept. It may be exceeded by an eighth in between.
    pub keep_bytes: u64,
    /// How many commands are remembered. Those that wait or run count, but do not go.
    pub most_ids: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self::from(&ExecutorSettings::default())
    }
}

impl From<&ExecutorSettings> for Limits {
    fn from(settings: &ExecutorSettings) -> Self {
        Self {
            keep: settings.keep,
            keep_bytes: settings.keep_bytes,
            most_ids: 20_000,
        }
    }
}

/// One pass over an executor's rows.
struct Pass<'c> {
    connection: &'c Connection,
    executor: &'c str,
    /// Answers that nobody fetched and that are gone.
    dropped: u64,
}

impl Ledger {
    /// Lets go of what is too old or too much, as one transaction. Returns how many answers that nobody fetched are
    /// gone.
    pub(super) fn prune(
        &mut self,
        executor: &str,
        limits: &Limits,
        age_ms: i64,
    ) -> Result<u64, rusqlite::Error> {
        let transaction = self.connection.transaction()?;
        let mut pass = Pass {
            connection: &transaction,
            executor,
            dropped: 0,
        };
        let keep_ms = i64::try_from(limits.keep.as_millis()).unwrap_or(i64::MAX);
        pass.old(age_ms.saturating_sub(keep_ms))?;
        pass.many(limits.most_ids)?;
        pass.big(limits.keep_bytes)?;
        let dropped = pass.dropped;
        transaction.commit()?;
        Ok(dropped)
    }
}

impl Pass<'_> {
    /// Deletes the rows that `which` selects; results go with their commands.
    fn delete(&mut self, which: &str, limit: i64) -> Result<u64, rusqlite::Error> {
        let sql = format!(
            "DELETE FROM commands WHERE number IN
             (SELECT number FROM commands WHERE executor = ?1 AND {which})"
        );
        let gone = self
            .connection
            .execute(&sql, params![self.executor, limit])?;
        Ok(gone as u64)
    }

    fn old(&mut self, before_ms: i64) -> Result<(), rusqlite::Error> {
        self.delete("delivered = 1 AND age_ms < ?2", before_ms)?;
        self.dropped += self.delete(
            &format!("delivered = 0 AND stage = {ENDED} AND age_ms < ?2"),
            before_ms,
        )?;
        Ok(())
    }

    fn many(&mut self, most: u64) -> Result<(), rusqlite::Error> {
        let sql = "SELECT count(*) FROM commands WHERE executor = ?1";
        let count: i64 = self
            .connection
            .query_row(sql, [self.executor], |row| row.get(0))?;
        let excess = count.saturating_sub(i64::try_from(most).unwrap_or(i64::MAX));
        if excess <= 0 {
            return Ok(());
        }
        let gone = self.delete("delivered = 1 ORDER BY number LIMIT ?2", excess)?;
        let excess = excess.saturating_sub_unsigned(gone);
        self.dropped += self.delete(
            &format!("delivered = 0 AND stage = {ENDED} ORDER BY number LIMIT ?2"),
            excess,
        )?;
        Ok(())
    }

    fn big(&mut self, most: u64) -> Result<(), rusqlite::Error> {
        let sql = "SELECT coalesce(sum(request_bytes + result_bytes), 0) FROM commands
                   WHERE executor = ?1 AND stage = ?2";
        let bytes: i64 = self
            .connection
            .query_row(sql, params![self.executor, ENDED], |row| row.get(0))?;
        let mut excess = bytes.saturating_sub(i64::try_from(most).unwrap_or(i64::MAX));
        let delivered = "delivered = 1";
        let fetched_by_nobody = format!("delivered = 0 AND stage = {ENDED}");
        self.free(&mut excess, delivered, "result_bytes", forget_result)?;
        self.free(&mut excess, delivered, "request_bytes", forget)?;
        self.dropped += self.free(
            &mut excess,
            &fetched_by_nobody,
            "result_bytes",
            forget_result,
        )?;
        // what is left now counts as delivered; where commands are long, they go too
        self.free(&mut excess, delivered, "request_bytes", forget)?;
        Ok(())
    }

    /// Lets go of the oldest that `which` selects until no bytes of column `bytes` are too many. Returns how many.
    fn free(
        &mut self,
        excess: &mut i64,
        which: &str,
        bytes: &str,
        go: fn(&Connection, i64) -> Result<(), rusqlite::Error>,
    ) -> Result<u64, rusqlite::Error> {
        if *excess <= 0 {
            return Ok(0);
        }
        let sql = format!(
            "SELECT number, {bytes} FROM commands
             WHERE executor = ?1 AND {which} AND {bytes} > 0 ORDER BY number"
        );
        let mut chosen = Vec::new();
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([self.executor])?;
        while let Some(row) = rows.next()? {
            if *excess <= 0 {
                break;
            }
            chosen.push(row.get(0)?);
            *excess -= row.get::<_, i64>(1)?;
        }
        for number in &chosen {
            go(self.connection, *number)?;
        }
        Ok(chosen.len() as u64)
    }
}

/// The id stays, so that the command is not run again.
fn forget_result(connection: &Connection, number: i64) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM results WHERE number = ?1", [number])?;
    connection
        .execute(
            "UPDATE commands SET delivered = 1, result_bytes = 0 WHERE number = ?1",
            [number],
        )
        .map(drop)
}

fn forget(connection: &Connection, number: i64) -> Result<(), rusqlite::Error> {
    connection
        .execute("DELETE FROM commands WHERE number = ?1", [number])
        .map(drop)
}
