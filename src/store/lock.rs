//! One process at a time writes a folder's journal, and its audit log.

use super::error::StoreError;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the lock is waited for. A process that was killed while it started a job leaves its open files to the
/// child, for the moment until that has become another program.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(10);

/// A folder that is ours until this is dropped. Source: flock(2).
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock that the file of this name is. It stays; the kernel lets go of the lock when its process ends,
    /// however it ends. Half a second is waited for a holder that is about to be gone.
    pub(super) fn take(folder: &Path, name: &str) -> Result<Self, StoreError> {
        let path = folder.join(name);
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
        let over = Instant::now() + PATIENCE;
        let mut taken = flock(&file, FlockOperation::NonBlockingLockExclusive);
        while taken == Err(Errno::WOULDBLOCK) && Instant::now() < over {
            std::thread::sleep(PAUSE);
            taken = flock(&file, FlockOperation::NonBlockingLockExclusive);
        }
        match taken {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
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

    const NAME: &str = "a.lock";

    #[test]
    fn the_second_is_told_who_has_the_folder_and_gets_it_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path(), NAME).unwrap();
        let refused = FolderLock::take(folder.path(), NAME)
            .unwrap_err()
            .to_string();
        let us = format!(
            "in use by another mqtt-thing (process {})",
            std::process::id()
        );
        assert!(refused.contains(&us), "{refused}");
        drop(first);
        FolderLock::take(folder.path(), NAME).unwrap();
    }

    #[test]
    fn a_holder_that_goes_in_a_moment_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path(), NAME).unwrap();
        let path = folder.path().to_owned();
        let (tries, about_to_try) = std::sync::mpsc::channel();
        let second = std::thread::spawn(move || {
            tries.send(()).unwrap();
            FolderLock::take(&path, NAME)
        });
        about_to_try.recv().unwrap();
        std::thread::sleep(PAUSE);
        drop(first);
        second.join().unwrap().unwrap();
    }
}
