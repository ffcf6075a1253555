//! A text file that decides who may do what: only root or whoever runs this may write it, and it is read again once it
//! has changed.

use rustix::process::geteuid;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// The largest file, in bytes.
const LARGEST: u64 = 1 << 20;
/// Written by the group or by others.
const WRITTEN_BY_OTHERS: u32 = 0o022;
/// A file system tells the time in steps, so a file that has just changed may change again and look the same.
const SETTLED: Duration = Duration::from_secs(2);

/// Why a file does not count.
#[derive(Debug, Error)]
pub enum GuardedFileError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is a folder, a device or the like.
    #[error("{} is no regular file", .0.display())]
    NotAFile(PathBuf),
    /// Others may change it.
    #[error(
        "others may write {} (mode {mode:04o}), and so decide here; mend that with: chmod go-w {}",
        path.display(), path.display()
    )]
    Writable {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It belongs to somebody else, who can change it.
    #[error(
        "{} belongs to user {owner}, who can change it; it must belong to root or to whoever runs this (user {us})",
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
    /// It is too large.
    #[error("{} has {size} bytes; at most {LARGEST} are allowed", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// It is no text.
    #[error("{} is no UTF-8 text", .0.display())]
    NotText(PathBuf),
}

/// What tells a file from what it was before: the file itself, when it last changed in any way, its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    device: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    size: u64,
}

impl Look {
    fn of(about: &Metadata) -> Self {
        Self {
            device: about.dev(),
            inode: about.ino(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
            size: about.size(),
        }
    }

    /// Whether it would look different if it were changed now.
    fn is_settled(&self, now: SystemTime) -> bool {
        let changed = Duration::from_secs(self.changed.0.unsigned_abs());
        let changed = UNIX_EPOCH.checked_add(changed).unwrap_or(now);
        now.duration_since(changed)
            .is_ok_and(|since| since > SETTLED)
    }
}

/// A file that is read whenever it has changed.
#[derive(Debug)]
pub struct GuardedFile {
    path: PathBuf,
    seen: Option<Look>,
}

impl GuardedFile {
    /// A file that was not read yet.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path, seen: None }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text, unless it is what it was when it was last read. Costs a stat(2).
    ///
    /// # Errors
    /// It does not count: it cannot be read, or others could write it. It is looked at anew the next time.
    pub fn read_if_changed(&mut self) -> Result<Option<String>, GuardedFileError> {
        let failed = |source| GuardedFileError::Read {
            path: self.path.clone(),
            source,
        };
        let seen = self.seen.take();
        let about = std::fs::metadata(&self.path).map_err(failed)?;
        if seen == Some(Look::of(&about)) {
            self.seen = seen;
            return Ok(None);
        }
        if !about.is_file() {
            // a pipe would be waited for when it is opened
            return Err(GuardedFileError::NotAFile(self.path.clone()));
        }
        let file = File::open(&self.path).map_err(failed)?;
        // of what was opened, not of what the name meant a moment ago
        let about = file.metadata().map_err(failed)?;
        self.check(&about)?;
        let mut bytes = Vec::new();
        let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(failed)?;
        if bytes.len() as u64 > LARGEST {
            let (path, size) = (self.path.clone(), bytes.len() as u64);
            return Err(GuardedFileError::TooLarge { path, size });
        }
        let text =
            String::from_utf8(bytes).map_err(|_| GuardedFileError::NotText(self.path.clone()))?;
        self.seen = Some(Look::of(&about)).filter(|look| look.is_settled(SystemTime::now()));
        Ok(Some(text))
    }

    fn check(&self, about: &Metadata) -> Result<(), GuardedFileError> {
        let path = || self.path.clone();
        if !about.is_file() {
            return Err(GuardedFileError::NotAFile(path()));
        }
        let mode = about.mode() & 0o7777;
        if mode & WRITTEN_BY_OTHERS != 0 {
            let path = path();
            return Err(GuardedFileError::Writable { path, mode });
        }
        let (owner, us) = (about.uid(), geteuid().as_raw());
        if owner != us && owner != 0 {
            let path = path();
            return Err(GuardedFileError::Foreign { path, owner, us });
        }
        if about.len() > LARGEST {
            let (path, size) = (path(), about.len());
            return Err(GuardedFileError::TooLarge { path, size });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{AtFlags, Timespec, Timestamps};
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    fn text(file: &mut GuardedFile) -> Option<String> {
        file.read_if_changed().unwrap()
    }

    #[test]
    fn a_file_that_others_may_write_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        write(&path, "alice").unwrap();
        for mode in [0o664, 0o646, 0o620, 0o602] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let told = GuardedFile::new(path.clone()).read_if_changed();
            let told = told.unwrap_err().to_string();
            assert!(told.contains(&format!("mode 0{mode:o}")), "{told}");
            assert!(told.contains("chmod go-w"), "{told}");
        }
        for mode in [0o644, 0o600, 0o440] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let told = GuardedFile::new(path.clone()).read_if_changed();
            assert_eq!(told.unwrap().as_deref(), Some("alice"));
        }
    }

    #[test]
    fn what_is_no_text_file_of_some_size_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let told = |path: &Path| GuardedFile::new(path.to_owned()).read_if_changed();
        let path = folder.path().join("list");
        assert!(matches!(told(&path), Err(GuardedFileError::Read { .. })));
        let is_folder = told(folder.path());
        assert!(matches!(is_folder, Err(GuardedFileError::NotAFile(_))));
        write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
        assert!(matches!(
            told(&path),
            Err(GuardedFileError::TooLarge { .. })
        ));
        write(&path, [0xff]).unwrap();
        assert!(matches!(told(&path), Err(GuardedFileError::NotText(_))));
    }

    #[test]
    fn it_is_read_again_when_it_changed_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        write(&path, "alice").unwrap();
        let mut file = GuardedFile::new(path.clone());
        assert_eq!(text(&mut file).as_deref(), Some("alice"));
        // the clock of its file system may stand still for a moment yet
        assert_eq!(text(&mut file).as_deref(), Some("alice"));
        // of the same size, in the same moment
        write(&path, "carol").unwrap();
        assert_eq!(text(&mut file).as_deref(), Some("carol"));
        std::fs::remove_file(&path).unwrap();
        assert!(file.read_if_changed().is_err());
        write(&path, "carol").unwrap();
        assert_eq!(text(&mut file).as_deref(), Some("carol"));
    }

    #[test]
    fn a_settled_file_is_not_read_again_until_anything_about_it_changes() {
        let mut file = GuardedFile::new("/etc/passwd".into());
        assert!(text(&mut file).is_some());
        assert_eq!(text(&mut file), None);
        assert_eq!(text(&mut file), None);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        write(&path, "alice").unwrap();
        let before = Look::of(&std::fs::metadata(&path).unwrap());
        let old = Timespec {
            tv_sec: 1_000_000_000,
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: old,
            last_modification: old,
        };
        rustix::fs::utimensat(rustix::fs::CWD, &path, &times, AtFlags::empty()).unwrap();
        assert_ne!(Look::of(&std::fs::metadata(&path).unwrap()), before);
        assert!(!before.is_settled(SystemTime::now()));
        assert!(before.is_settled(SystemTime::now() + Duration::from_secs(5)));
    }
}
