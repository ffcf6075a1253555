//! Opening the journal's file. A Pi that lost power must come up: a damaged file is moved aside and a new one begun.

use super::keys::{LOST, Salvaged};
use super::schema::FORMAT;
use crate::store::StoreError;
use crate::store::database::{claim, connect, damage, failed, make_folder, move_aside, set_up};
use crate::store::error::{in_words, is_damage};
use crate::store::lock::FolderLock;
use rusqlite::{Connection, OptionalExtension};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The name of the file in its folder.
const NAME: &str = "journal.db";
const LOCK: &str = "journal.lock";

/// What was opened.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) lock: FolderLock,
}

/// Opens the journal of a folder, and makes both if they are not there.
pub(super) fn open(folder: &Path, sync: bool, wall: SystemTime) -> Result<Opened, StoreError> {
    make_folder(folder)?;
    let lock = FolderLock::take(folder, LOCK)?;
    let path = folder.join(NAME);
    let connection = match look(&path, sync)? {
        Look::Whole(connection) => connection,
        Look::Damaged { reason, rest } => {
            let wall = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
            let aside = move_aside(&path, wall.as_secs())?;
            tracing::warn!(
                "{} is damaged ({reason}): it is now {}, and a new journal is begun; commands that waited in it and \
                 answers that were not delivered are lost, and a command that is sent again may run again",
                path.display(),
                aside.display(),
            );
            begin_anew(&path, sync, &rest, wall.as_secs())?
        }
    };
    // from here on, and unless it is closed well, the file is checked when it is opened
    if let Err(error) = keep_state(&connection, "closed", 0) {
        tracing::warn!(reason = %in_words(&error), "the journal is open, but cannot be written yet");
    }
    Ok(Opened {
        connection,
        path,
        lock,
    })
}

enum Look {
    Whole(Connection),
    Damaged { reason: String, rest: Rest },
}

/// What can be read of a damaged file still.
#[derive(Default)]
struct Rest {
    /// The last number that it gave.
    last: Option<i64>,
    keys: Option<Salvaged>,
}

fn look(path: &Path, sync: bool) -> Result<Look, StoreError> {
    let error = match attempt(path, sync) {
        Ok((connection, None)) => return Ok(Look::Whole(connection)),
        Ok((connection, Some(reason))) => {
            let rest = Rest {
                last: last_number(&connection),
                keys: Salvaged::read(&connection),
            };
            return Ok(Look::Damaged { reason, rest });
        }
        Err(error) => error,
    };
    match &error {
        StoreError::Database { source, reason, .. } if is_damage(source) => Ok(Look::Damaged {
            reason: reason.clone(),
            rest: Rest::default(),
        }),
        _ => Err(error),
    }
}

/// The file, and what is wrong with it. Unless it was closed well it is looked through in full; else all but the
/// results is read.
fn attempt(path: &Path, sync: bool) -> Result<(Connection, Option<String>), StoreError> {
    let mut connection = connect(path)?;
    prepare(&connection, sync).map_err(failed(path))?;
    claim(&mut connection, path, &FORMAT)?;
    let closed: Option<i64> = connection
        .query_row("SELECT value FROM state WHERE name = 'closed'", [], |row| {
            row.get(0)
        })
        .optional()
        .map_err(failed(path))?;
    let found = match closed {
        Some(1) => {
            let sql = "SELECT sum(length(request)) FROM commands";
            let read = connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
            read.map(|_| None).map_err(failed(path))?
        }
        _ => damage(&connection).map_err(failed(path))?,
    };
    Ok((connection, found))
}

/// The lock of the folder stands for the file's, so the log's index need not be shared: exclusive locking keeps it in
/// our own memory, and does without the third file.
fn prepare(connection: &Connection, sync: bool) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    set_up(connection)?;
    let word = if sync { "FULL" } else { "NORMAL" };
    connection.pragma_update(None, "synchronous", word)
}

/// A new file whose numbers were never used: spooled output is named by them. What was known of keys is kept if it can
/// be; a key of which nothing is known must have signed after this, or an old message could run again.
fn begin_anew(path: &Path, sync: bool, rest: &Rest, wall_s: u64) -> Result<Connection, StoreError> {
    let (connection, _) = attempt(path, sync)?;
    // where the old numbers cannot be read: far away, at random, and exact in a JSON number still (below 2^53)
    let sql = "INSERT INTO sqlite_sequence (name, seq)
               VALUES ('commands', coalesce(?1 + 1000000, (1 << 40) + (random() & ((1 << 52) - 1))))";
    connection.execute(sql, [rest.last]).map_err(failed(path))?;
    let wall_s = i64::try_from(wall_s).unwrap_or(i64::MAX);
    keep_state(&connection, LOST, wall_s).map_err(failed(path))?;
    match &rest.keys {
        Some(keys) => keys.write(&connection).map_err(failed(path))?,
        None => tracing::warn!(
            "which keys were revoked over the network is lost with it: where that was done, mark them as `revoked` in the \
             list of trusted keys"
        ),
    }
    Ok(connection)
}

fn last_number(connection: &Connection) -> Option<i64> {
    let sequence = "SELECT seq FROM sqlite_sequence WHERE name = 'commands'";
    connection.query_row(sequence, [], |row| row.get(0)).ok()
}

/// Keeps one number about the journal itself.
pub(super) fn keep_state(
    connection: &Connection,
    name: &str,
    value: i64,
) -> Result<(), rusqlite::Error> {
    let sql = "INSERT INTO state VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
    connection.execute(sql, (name, value)).map(drop)
}
