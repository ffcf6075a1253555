//! From a path to text.

use crate::model::{Mistake, holds_private_key};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Where the file of a machine lies, unless another is named.
pub const FILE: &str = "/etc/mqtt-thing/topology.toml";

/// The largest file that is read, in bytes: hundreds of things fit.
pub(super) const LARGEST: usize = 256 * 1024;

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is no such file.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// It is a folder.
    #[error("{} is a folder; one file is read", .0.display())]
    Folder(PathBuf),
    /// This user may not read it.
    #[error("{} may not be read by this user; `ls -l` shows by whom", .0.display())]
    Forbidden(PathBuf),
    /// It is larger than any topology.
    #[error("{} is larger than {LARGEST} bytes, so it is no topology", .0.display())]
    TooLarge(PathBuf),
    /// It is no UTF-8.
    #[error("{} is no UTF-8 text: byte {byte} is the first wrong one; save it as UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Counted from 0.
        byte: usize,
    },
    /// It is a private key, of which nothing is to be shown.
    #[error("{} is a private key; is this the right file?", .0.display())]
    PrivateKey(PathBuf),
    /// The system says otherwise.
    #[error("{} cannot be read", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// What is wrong with a text that is larger than that.
pub(super) fn too_large(text: &str) -> Mistake {
    let message = format!(
        "the file has {} bytes; at most {LARGEST} are read",
        text.len()
    );
    Mistake::new(0..0, message).help("is this the right file?")
}

/// Reads a file whole.
///
/// # Errors
/// It is not there, a folder, not readable, too large, or no UTF-8.
pub fn load(path: &Path) -> Result<String, LoadError> {
    let failed = |error: io::Error| {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => LoadError::Missing(path),
            io::ErrorKind::PermissionDenied => LoadError::Forbidden(path),
            io::ErrorKind::IsADirectory => LoadError::Folder(path),
            _ => LoadError::Other {
                path,
                source: error,
            },
        }
    };
    let mut bytes = Vec::new();
    // one byte more than allowed shows that there is more, also where the system tells no size
    let most = LARGEST as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() > LARGEST {
        return Err(LoadError::TooLarge(path.to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|error| LoadError::NotUtf8 {
        path: path.to_owned(),
        byte: error.utf8_error().valid_up_to(),
    })?;
    match holds_private_key(&text) {
        true => Err(LoadError::PrivateKey(path.to_owned())),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_why_a_file_cannot_be_read_has_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.toml");
        let words = |path: &Path| {
            let message = load(path).unwrap_err().to_string();
            message.replace(&folder.path().display().to_string(), "DIR")
        };
        assert_eq!(words(&path), "there is no file DIR/lab.toml");
        assert_eq!(words(folder.path()), "DIR is a folder; one file is read");
        std::fs::write(&path, b"a = \"\xff\"").unwrap();
        assert_eq!(
            words(&path),
            "DIR/lab.toml is no UTF-8 text: byte 5 is the first wrong one; save it as UTF-8"
        );
        std::fs::write(&path, vec![b'#'; LARGEST + 1]).unwrap();
        assert_eq!(
            words(&path),
            "DIR/lab.toml is larger than 262144 bytes, so it is no topology"
        );
        std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nMC4C\n").unwrap();
        assert_eq!(
            words(&path),
            "DIR/lab.toml is a private key; is this the right file?"
        );
        std::fs::write(&path, "a = 1").unwrap();
        assert_eq!(load(&path).unwrap(), "a = 1");
    }

    #[test]
    fn a_file_of_somebody_else_is_told_from_a_missing_one() {
        let error = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        let shown = LoadError::Forbidden("lab.toml".into()).to_string();
        assert_eq!(
            shown,
            "lab.toml may not be read by this user; `ls -l` shows by whom"
        );
    }
}
