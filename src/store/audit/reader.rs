//! The files of a log as a reader takes them, also while it is written.

use super::{NAME, OLDER};
use crate::store::StoreError;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// More than two files of a log ever have together: whatever is larger is something else.
const MOST: u64 = 64 << 20;
/// How often it is begun anew when a file was put aside meanwhile.
const TRIES: usize = 10;

/// A file of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPart {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The files of the log in this folder, the oldest first; or the one file that `place` is.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn audit_parts(place: &Path) -> Result<Vec<AuditPart>, StoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Path { path, source }
    };
    if !place.is_dir() {
        let path = place.to_owned();
        let bytes = File::open(place).and_then(read).map_err(failed(place))?;
        return Ok(vec![AuditPart { path, bytes }]);
    }
    let (older, newest) = (place.join(OLDER), place.join(NAME));
    let mut tries = 0;
    loop {
        tries += 1;
        let before = identity(&older).map_err(failed(&older))?;
        let mut parts = Vec::new();
        for path in [&older, &newest] {
            match File::open(path).and_then(read) {
                Ok(bytes) => parts.push(AuditPart {
                    path: path.clone(),
                    bytes,
                }),
                // there is no older one at first, and no newer one for the moment after it was put aside
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(path)(error)),
            }
        }
        let after = identity(&older).map_err(failed(&older))?;
        if before == after || tries >= TRIES {
            if parts.is_empty() {
                return Err(failed(&newest)(io::ErrorKind::NotFound.into()));
            }
            return Ok(parts);
        }
    }
}

/// Which file that is.
fn identity(path: &Path) -> io::Result<Option<(u64, u64)>> {
    match std::fs::metadata(path) {
        Ok(its) => Ok(Some((its.dev(), its.ino()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        let words = format!("it has more than {MOST} bytes, so it is no audit log");
        return Err(io::Error::other(words));
    }
    Ok(bytes)
}
