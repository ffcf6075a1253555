//! Opening a database file: whose it is, which format it has, whether it is whole.

use super::error::{StoreError, in_words};
use rusqlite::{Connection, OpenFlags};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a file of ours is told by, and made with.
pub(super) struct Format {
    /// `PRAGMA application_id`.
    pub(super) application: i64,
    /// `PRAGMA user_version`.
    pub(super) version: i64,
    /// What makes an empty one.
    pub(super) schema: &'static str,
    /// What makes one of version 1 into one of version 2, and so on.
    pub(super) steps: &'static [&'static str],
}

/// The error of a database operation on `path`.
pub(super) fn failed(path: &Path) -> impl Fn(rusqlite::Error) -> StoreError + use<'_> {
    move |source| StoreError::Database {
        path: path.to_owned(),
        reason: in_words(&source),
        source,
    }
}

/// Opens the file for reading and writing, and makes it if it is not there: for its owner's eyes only, because the
/// output of commands is in it.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
            let path = path.to_owned();
            return Err(StoreError::Path { path, source });
        }
        _ => {}
    }
    // one thread at a time has a connection, as Rust's types hold it to
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(failed(path))
}

/// Opens a file that is there for reading. Where it cannot be written, it is only read.
pub(super) fn connect_reader(path: &Path) -> Result<Connection, StoreError> {
    // not opened here: closing it would drop the locks that this process may have on it (fcntl(2))
    if let Err(source) = std::fs::metadata(path) {
        let path = path.to_owned();
        return Err(StoreError::Path { path, source });
    }
    // a reader beside a writer takes part in the write-ahead log's index, and so writes a little if it may
    let both = [
        OpenFlags::SQLITE_OPEN_READ_WRITE,
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    ];
    let mut last = None;
    for access in both {
        match Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX) {
            Ok(connection) => return Ok(connection),
            Err(error) => last = Some(error),
        }
    }
    Err(failed(path)(last.expect("two ways were tried")))
}

/// Makes `folder` and those above it, for its owner's eyes only.
pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder);
    made.map_err(|source| StoreError::Path {
        path: folder.to_owned(),
        source,
    })
}

/// Waits up to 10 s for another process's write, switches to the write-ahead log and keeps little in memory.
pub(super) fn set_up(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA cache_size = -256;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = ON;
         PRAGMA journal_size_limit = 4194304;",
    )
}

/// Makes the tables in an empty file, and what is new in one of an older program; refuses one that is not ours or newer
/// than this program.
pub(super) fn claim(
    connection: &mut Connection,
    path: &Path,
    format: &Format,
) -> Result<(), StoreError> {
    match is_ours(connection, path, format)? {
        true => grow(connection, format).map_err(failed(path)),
        false => make(connection, format).map_err(failed(path)),
    }
}

/// All steps that are missing, or none.
fn grow(connection: &mut Connection, format: &Format) -> Result<(), rusqlite::Error> {
    let found = |connection: &Connection| -> Result<i64, rusqlite::Error> {
        connection.pragma_query_value(None, "user_version", |row| row.get(0))
    };
    if found(connection)? >= format.version {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // another process may have been first
    let version = found(&transaction)?;
    let made = usize::try_from(version - 1).unwrap_or(0);
    for step in format.steps.iter().skip(made) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", version.max(format.version))?;
    transaction.commit()
}

fn make(connection: &mut Connection, format: &Format) -> Result<(), rusqlite::Error> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // another process may have been first
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        transaction.execute_batch(format.schema)?;
        transaction.pragma_update(None, "application_id", format.application)?;
        transaction.pragma_update(None, "user_version", format.version)?;
    }
    transaction.commit()
}

/// Whether the file has our tables; `false` if it is empty.
pub(super) fn is_ours(
    connection: &Connection,
    path: &Path,
    format: &Format,
) -> Result<bool, StoreError> {
    let number = |name| -> Result<i64, rusqlite::Error> {
        connection.pragma_query_value(None, name, |row| row.get(0))
    };
    let version = number("user_version").map_err(failed(path))?;
    let application = number("application_id").map_err(failed(path))?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed(path))?;
    if tables == 0 && version == 0 {
        return Ok(false);
    }
    let path = path.to_owned();
    if application != format.application {
        return Err(StoreError::Foreign { path });
    }
    if version > format.version {
        return Err(StoreError::Newer {
            path,
            found: version,
            known: format.version,
        });
    }
    Ok(true)
}

/// What is wrong with the file, if anything. Reads all of it.
pub(super) fn damage(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

/// Moves a damaged file aside, its write-ahead log with it, so that it is not taken for the log of the next. Returns
/// its new name.
pub(super) fn move_aside(path: &Path, seconds: u64) -> Result<PathBuf, StoreError> {
    let with = |path: &Path, end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    // the clock may stand still between two starts of a Pi
    let aside = (seconds..)
        .map(|number| with(path, &format!(".damaged-{number}")))
        .find(|name| !name.exists())
        .expect("there are more numbers than files");
    for end in ["-wal", "-shm", ""] {
        match std::fs::rename(with(path, end), with(&aside, end)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                let path = with(path, end);
                return Err(StoreError::Path { path, source });
            }
            _ => {}
        }
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_takes_its_log_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, "file").unwrap();
        std::fs::write(folder.path().join("a.db-wal"), "log").unwrap();
        let aside = move_aside(&path, 7).unwrap();
        assert_eq!(aside, folder.path().join("a.db.damaged-7"));
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("a.db.damaged-7"), "file");
        assert_eq!(read("a.db.damaged-7-wal"), "log");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn files_and_folders_are_for_their_owners_eyes_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("deep");
        make_folder(&deep).unwrap();
        connect(&deep.join("a.db")).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&deep), mode(&deep.join("a.db"))), (0o700, 0o600));
    }
}
