//! What the journal remembers of keys, for ever: the highest number that each has signed, and which were revoked.
//!
//! Both belong to an executor, since a signature covers its topic, and each executor has a list of its own of whom it
//! trusts.

use crate::fleet::signing::KeyId;
use crate::fleet::{JournalNews, NotObeyed, Stamp};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The statements for the keys of a batch.
pub(super) struct Keys<'c> {
    highest: CachedStatement<'c>,
    advance: CachedStatement<'c>,
    is_revoked: CachedStatement<'c>,
    revoke: CachedStatement<'c>,
    lost: CachedStatement<'c>,
}

/// In the table `state`: the second of the wall clock at which a journal was begun because what the one before it
/// remembered of keys could not be read.
pub(super) const LOST: &str = "keys_lost";

impl<'c> Keys<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self, rusqlite::Error> {
        let prepare = |sql: &str| connection.prepare_cached(sql);
        Ok(Self {
            highest: prepare(
                "SELECT highest FROM signed_sequences WHERE executor = ?1 AND key = ?2",
            )?,
            advance: prepare(
                "INSERT INTO signed_sequences VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (executor, key) DO UPDATE
                 SET highest = ?3, newest_issued = max(newest_issued, ?4)",
            )?,
            is_revoked: prepare("SELECT 1 FROM revoked_keys WHERE executor = ?1 AND key = ?2")?,
            revoke: prepare("INSERT OR IGNORE INTO revoked_keys VALUES (?1, ?2)")?,
            lost: prepare("SELECT value FROM state WHERE name = ?1")?,
        })
    }

    /// Takes the number of a message, unless the key is revoked or had one as high.
    pub(super) fn take(
        &mut self,
        executor: &str,
        stamp: &Stamp,
    ) -> Result<Option<NotObeyed>, rusqlite::Error> {
        let key = stamp.key.as_str();
        if self.is_revoked.exists(params![executor, key])? {
            return Ok(Some(NotObeyed::Revoked));
        }
        let highest: Option<i64> = self
            .highest
            .query_row(params![executor, key], |row| row.get(0))
            .optional()?;
        // beyond SQLite's range nothing can be higher
        let sequence = i64::try_from(stamp.sequence).unwrap_or(i64::MAX);
        if let Some(highest) = highest.filter(|highest| sequence <= *highest) {
            let highest = highest.unsigned_abs();
            return Ok(Some(NotObeyed::Replayed { highest }));
        }
        let issued = stamp.issued.duration_since(UNIX_EPOCH).unwrap_or_default();
        let issued = i64::try_from(issued.as_secs()).unwrap_or(i64::MAX);
        if highest.is_none() {
            let lost = self.lost.query_row([LOST], |row| row.get::<_, i64>(0));
            if lost.optional()?.is_some_and(|lost| issued <= lost) {
                return Ok(Some(NotObeyed::Forgotten));
            }
        }
        self.advance
            .execute(params![executor, key, sequence, issued])?;
        Ok(None)
    }

    pub(super) fn revoke(&mut self, executor: &str, key: &KeyId) -> Result<(), rusqlite::Error> {
        let key = key.as_str();
        self.revoke.execute(params![executor, key]).map(drop)
    }
}

/// What is remembered of an executor's keys; none if there is nothing.
pub(super) fn of(
    connection: &Connection,
    executor: &str,
) -> Result<Option<JournalNews>, rusqlite::Error> {
    let mut issued = BTreeMap::new();
    let sql = "SELECT key, newest_issued FROM signed_sequences WHERE executor = ?1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([executor])?;
    while let Some(row) = rows.next()? {
        let seconds = Duration::from_secs(row.get::<_, i64>(1)?.unsigned_abs());
        let at = UNIX_EPOCH
            .checked_add(seconds)
            .unwrap_or(SystemTime::UNIX_EPOCH);
        if let Ok(key) = row.get_ref(0)?.as_str()?.parse() {
            issued.insert(key, at);
        }
    }
    let mut statement = connection.prepare("SELECT key FROM revoked_keys WHERE executor = ?1")?;
    let rows = statement.query_map([executor], |row| row.get::<_, String>(0))?;
    let mut revoked = BTreeSet::new();
    for key in rows {
        revoked.extend(key?.parse::<KeyId>());
    }
    let any = !issued.is_empty() || !revoked.is_empty();
    Ok(any.then_some(JournalNews::Keys { issued, revoked }))
}

/// What is remembered of all keys, while a journal is begun anew.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Salvaged {
    sequences: Vec<(String, String, i64, i64)>,
    revoked: Vec<(String, String)>,
}

impl Salvaged {
    /// Reads it from a damaged journal, where that can be done.
    pub(super) fn read(from: &Connection) -> Option<Self> {
        let sequences = || {
            let sql = "SELECT executor, key, highest, newest_issued FROM signed_sequences";
            let mut statement = from.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
            rows.collect::<Result<_, rusqlite::Error>>()
        };
        let revoked = || {
            let mut statement = from.prepare("SELECT executor, key FROM revoked_keys")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, rusqlite::Error>>()
        };
        Some(Self {
            sequences: sequences().ok()?,
            revoked: revoked().ok()?,
        })
    }

    /// Puts it into another.
    pub(super) fn write(&self, to: &Connection) -> Result<(), rusqlite::Error> {
        for row in &self.sequences {
            let sql = "INSERT OR IGNORE INTO signed_sequences VALUES (?1, ?2, ?3, ?4)";
            to.execute(sql, (&row.0, &row.1, row.2, row.3))?;
        }
        for row in &self.revoked {
            let sql = "INSERT OR IGNORE INTO revoked_keys VALUES (?1, ?2)";
            to.execute(sql, (&row.0, &row.1))?;
        }
        Ok(())
    }
}
