//! Where what must survive a restart is kept: journals, spools, the frequency to go back to.
//!
//! Sources: systemd.exec(5), `StateDirectory=`; the XDG Base Directory Specification 0.8.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why there is no state folder.
#[derive(Debug, Error)]
pub enum StateFolderError {
    /// The environment names no place.
    #[error(
        "no place for the state: none of STATE_DIRECTORY, XDG_STATE_HOME and HOME is set to an absolute path; set \
         STATE_DIRECTORY, or `StateDirectory=mqtt-thing` in the systemd unit"
    )]
    Nowhere,
    /// `STATE_DIRECTORY` is a relative path, which would mean another place with every working directory.
    #[error("STATE_DIRECTORY is `{}`, which is no absolute path", .0.display())]
    Relative(PathBuf),
    /// It is not there and cannot be made.
    #[error(
        "cannot make the state folder {}: {source}; make it for this user, or name another place with STATE_DIRECTORY",
        path.display()
    )]
    Make {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// It is there, and this user may not write to it.
    #[error(
        "cannot write to the state folder {}: {source}; give it to this user, or name another place with \
         STATE_DIRECTORY",
        path.display()
    )]
    Write {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

/// The state folder of this user: the first of `$STATE_DIRECTORY`, else `$XDG_STATE_HOME/mqtt-thing`, else
/// `$HOME/.local/state/mqtt-thing`. It is made, with mode 0700, if it is not there; one that is there keeps its mode.
/// An empty variable counts as none, and so does a relative `XDG_STATE_HOME`, as its specification wants.
///
/// `variable` is the environment: `|name| std::env::var_os(name)`.
///
/// # Errors
/// The environment names no place, or the folder cannot be made or written to.
pub fn state_folder(
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, StateFolderError> {
    let path = state_place(variable)?;
    make(&path)?;
    Ok(path)
}

/// The folder of one executor in a state folder, made with mode 0700. Any text is an id: distinct ids have distinct
/// folders, and none leads out of the state folder.
///
/// # Errors
/// The folder cannot be made or written to; of an id of more than about 4 000 bytes none can be made.
pub fn executor_folder(state: &Path, id: &str) -> Result<PathBuf, StateFolderError> {
    let path = executor_place(state, id);
    make(&path)?;
    Ok(path)
}

/// Where [`executor_folder`] makes it; nothing is made.
#[must_use]
pub fn executor_place(state: &Path, id: &str) -> PathBuf {
    state.join(EXECUTORS).join(encoded(id))
}

/// The folders of all executors of a state folder in which there is a file of this name, in their order.
#[must_use]
pub fn executor_places_with(state: &Path, file: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![state.join(EXECUTORS)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_name() == file {
                found.push(folder.clone());
            } else if entry.file_type().is_ok_and(|its| its.is_dir()) {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Where [`state_folder`] makes it; nothing is made.
///
/// # Errors
/// The environment names no place.
pub fn state_place(
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, StateFolderError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(list) = set("STATE_DIRECTORY") {
        let first = list.as_bytes().split(|byte| *byte == b':').next();
        let path = PathBuf::from(OsStr::from_bytes(first.unwrap_or_default()));
        return if path.is_absolute() {
            Ok(path)
        } else {
            Err(StateFolderError::Relative(path))
        };
    }
    let absolute = |name: &str| {
        set(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_STATE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/state")))
        .map(|base| base.join("mqtt-thing"))
        .ok_or(StateFolderError::Nowhere)
}

const EXECUTORS: &str = "executors";

fn make(path: &Path) -> Result<(), StateFolderError> {
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.map_err(|source| StateFolderError::Make {
        path: path.to_owned(),
        source,
    })?;
    let needed = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    rustix::fs::access(path, needed).map_err(|errno| StateFolderError::Write {
        path: path.to_owned(),
        source: errno.into(),
    })
}

/// Room for a file's name is 255 bytes on every file system that a Pi boots from.
const LONGEST: usize = 200;

/// An id as the name of a folder, or of folders in folders when it is long.
///
/// Letters, digits, `-` and `_` stand for themselves, so does a dot that does not begin a name; every other byte is
/// `%` and two digits. What the name of an outer folder ends with, `%+`, ends no other: so the folder of a short id
/// never holds that of a long one.
fn encoded(id: &str) -> PathBuf {
    if id.is_empty() {
        // no other id's: a `%` is followed by digits or `+`
        return PathBuf::from("%");
    }
    let mut folders = PathBuf::new();
    let mut name = String::new();
    for byte in id.bytes() {
        if name.len() >= LONGEST {
            name.push_str("%+");
            folders.push(std::mem::take(&mut name));
        }
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(byte.into()),
            b'.' if !name.is_empty() => name.push('.'),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    folders.push(name);
    folders
}

#[cfg(test)]
mod tests;
