//! One process at a time changes a file that several may change.

use super::error::StoreError;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the lock is waited for: a change takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// A file that nobody else changes who asks for this, until it is dropped. Source: flock(2). It is a file of its own
/// beside, since the one that is changed is replaced.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock of `path`, which is `.NAME.lock` in the same folder. That stays; the kernel lets go of the lock when
    /// its process ends, however it ends.
    ///
    /// # Errors
    /// It cannot be made, or somebody holds it for ten seconds.
    pub fn of(path: &Path) -> Result<Self, StoreError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let lock = path.with_file_name(format!(".{name}.lock"));
        let failed = |source| StoreError::Path {
            path: lock.clone(),
            source,
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock)
            .map_err(failed)?;
        let over = Instant::now() + PATIENCE;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(Errno::WOULDBLOCK) if Instant::now() < over => std::thread::sleep(PAUSE),
                Err(error) => return Err(failed(error.into())),
            }
        }
    }
}
