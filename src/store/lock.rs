//! One process at a time writes a folder's journal.

use super::error::StoreError;
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The name of the lock's file. It stays; the kernel lets go of the lock when its process ends, however it ends.
const NAME: &str = "journal.lock";

/// A folder that is ours until this is dropped. Source: flock(2).
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock, at once or not at all.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(NAME);
        let failed = |source| StoreError::Path {
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                let read = (&file).take(20).read_to_string(&mut holder);
                return Err(StoreError::InUse {
                    folder: folder.to_owned(),
                    process: read.ok().and_then(|_| holder.trim().parse().ok()),
                });
            }
            Err(error) => return Err(failed(error.into())),
        }
        // who it is helps the one who comes second; on a full disk it does without
        let written = file
            .set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        if let Err(error) = written {
            tracing::debug!(%error, "the lock does not say whose it is");
        }
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_has_the_folder_and_gets_it_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path()).unwrap();
        let refused = FolderLock::take(folder.path()).unwrap_err().to_string();
        let us = format!(
            "in use by another mqtt-thing (process {})",
            std::process::id()
        );
        assert!(refused.contains(&us), "{refused}");
        drop(first);
        FolderLock::take(folder.path()).unwrap();
    }
}
