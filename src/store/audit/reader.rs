//! The files of a log as a reader takes them, also while it is written.

use super::{NAME, OLDER};
use crate::fleet::audit::{Fault, Verified, Verifier, WantedHead};
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

/// What became of a log that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheck {
    /// What is said of a log that is whole; or the first fault, with the file and its line (from 1) where it is. None if it
    /// concerns the log as a whole.
    pub outcome: Result<Verified, (Option<(PathBuf, u64)>, Fault)>,
    /// The bytes of a last line that is not whole: it is being written, or a power cut tore it.
    pub torn: usize,
}

/// Verifies the files of a log, the oldest first; and that the line of `head` is in it, if one is given.
#[must_use]
pub fn verify_audit(parts: &[AuditPart], head: Option<WantedHead>) -> AuditCheck {
    let mut verifier = Verifier::new(head);
    let mut torn = 0;
    for (nth, part) in parts.iter().enumerate() {
        let mut number = 0;
        for line in part.bytes.split_inclusive(|byte| *byte == b'\n') {
            number += 1;
            let whole = match line.strip_suffix(b"\n") {
                Some(whole) => whole,
                // only the newest file ends so
                None if nth + 1 == parts.len() => {
                    torn = line.len();
                    break;
                }
                None => line,
            };
            if let Err(fault) = verifier.line(whole) {
                let outcome = Err((Some((part.path.clone(), number)), fault));
                return AuditCheck { outcome, torn };
            }
        }
    }
    let outcome = verifier.finish().map_err(|fault| (None, fault));
    AuditCheck { outcome, torn }
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
