//! Secrets, and files that hold one: passwords, private keys. A file that others may read holds no secret.

use rustix::fs::OFlags;
use rustix::process::geteuid;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The largest file that is taken for a secret, in bytes.
const LARGEST: u64 = 64 * 1024;
/// Anything for the group or for others.
const OTHERS: u32 = 0o077;

/// Something that must not be seen: it shows itself to who asks for it, and never in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Makes a secret of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The secret as a line of text, as a password stands in a file: without the line's end.
    ///
    /// # Errors
    /// It is empty, has several lines, or is no UTF-8. What it is, is not told.
    pub fn line(&self) -> Result<&str, NoLine> {
        let text = std::str::from_utf8(&self.0).map_err(|_| NoLine)?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        match line.is_empty() || line.contains(['\n', '\r', '\0']) {
            true => Err(NoLine),
            false => Ok(line),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A secret that should be a line of text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it holds no password: one line of UTF-8 text is allowed")]
pub struct NoLine;

/// Why a file gives no secret.
#[derive(Debug, Error)]
pub enum SecretError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is a folder, a device or the like.
    #[error("{} is no regular file, so it holds no secret", .0.display())]
    NotAFile(PathBuf),
    /// It is larger than any secret.
    #[error("{} has {size} bytes; a secret has at most {LARGEST}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// Others may read it or change it.
    #[error(
        "{} holds a secret and others may use it (mode {mode:04o}); mend that with: chmod 600 {}",
        path.display(), path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It belongs to somebody else, who can read and change it.
    #[error(
        "{} holds a secret and belongs to user {owner}; it must belong to whoever runs this (user {us}) or to root",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who asks.
        us: u32,
    },
}

/// Reads a secret from a file that nobody else may read.
///
/// # Errors
/// It cannot be read, or others could.
pub fn read_secret(path: &Path) -> Result<Secret, SecretError> {
    read_secret_for(path, geteuid().as_raw())
}

/// Reads a secret as the user with the number `us` would, which root can.
///
/// # Errors
/// That user could not read it, or others could.
pub fn read_secret_for(path: &Path, us: u32) -> Result<Secret, SecretError> {
    let failed = |source| SecretError::Read {
        path: path.to_owned(),
        source,
    };
    // without waiting: of a pipe nobody may ever write into the other end
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits() as i32)
        .open(path)
        .map_err(failed)?;
    // of what was opened, not of what the name means a moment later
    let about = file.metadata().map_err(failed)?;
    let path_of = || path.to_owned();
    if !about.is_file() {
        return Err(SecretError::NotAFile(path_of()));
    }
    let mode = about.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(SecretError::Open {
            path: path_of(),
            mode,
        });
    }
    let owner = about.uid();
    if owner != us && owner != 0 {
        return Err(SecretError::Foreign {
            path: path_of(),
            owner,
            us,
        });
    }
    // nobody but the owner has a right, so a file of root's that we could open is closed to others
    if owner != us && us != geteuid().as_raw() {
        return Err(failed(io::ErrorKind::PermissionDenied.into()));
    }
    if about.len() > LARGEST {
        return Err(SecretError::TooLarge {
            path: path_of(),
            size: about.len(),
        });
    }
    let mut bytes = Vec::new();
    file.by_ref()
        .take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(Secret(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_that_others_may_read_or_change_is_refused_with_what_mends_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        write(&path, "wonderland\n").unwrap();
        for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o610] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let told = read_secret(&path).unwrap_err().to_string();
            assert!(told.contains(&format!("mode 0{mode:o}")), "{told}");
            assert!(told.contains("chmod 600"), "{told}");
            assert!(!told.contains("wonderland"), "{told}");
        }
        for mode in [0o600, 0o400, 0o700] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_secret(&path).unwrap().line(), Ok("wonderland"));
        }
    }

    #[test]
    fn what_root_can_read_is_not_for_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        write(&path, "wonderland\n").unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let us = geteuid().as_raw();
        assert!(read_secret_for(&path, us).is_ok());
        assert!(read_secret_for(&path, us + 1).is_err());
    }

    #[test]
    fn a_folder_a_missing_file_and_a_large_one_are_no_secrets() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            read_secret(folder.path()),
            Err(SecretError::NotAFile(_))
        ));
        let path = folder.path().join("key");
        assert!(matches!(read_secret(&path), Err(SecretError::Read { .. })));
        write(&path, vec![b'x'; 65 * 1024]).unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(
            read_secret(&path),
            Err(SecretError::TooLarge { .. })
        ));
    }

    #[test]
    fn a_password_is_one_line() {
        let line = |text: &str| Secret::new(text).line().map(str::to_owned);
        assert_eq!(line("a b\r\n"), Ok("a b".to_owned()));
        assert_eq!(line("a"), Ok("a".to_owned()));
        for text in ["", "\n", "a\nb", "a\0"] {
            assert_eq!(line(text), Err(NoLine), "{text:?}");
        }
        assert_eq!(Secret::new([0xff]).line(), Err(NoLine));
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new("wonderland")), "Secret(..)");
    }
}
