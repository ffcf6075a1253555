//! The file with the list of trusted keys: read, and replaced as a whole.

use super::super::new_file::NewFile;
use super::super::{EXIT_USAGE, whole};
use anstream::{eprint, eprintln};
use anyhow::{Context, bail};
use mqtt_thing::fleet::signing::trust_list::EditError;
use mqtt_thing::model::Mistake;
use mqtt_thing::store::FileLock;
use mqtt_thing::topology;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The largest file that is taken for a list, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// Everybody may read whom a machine trusts; the service that obeys them has a user of its own.
const MODE: u32 = 0o644;
/// Who may change it for others than its owner.
const OTHERS_WRITE: u32 = 0o022;

/// A list as it was found.
pub(super) struct List {
    path: PathBuf,
    text: String,
    is_there: bool,
    /// Held from the first look to the replacement, or what another process did between them would be undone.
    _lock: Option<FileLock>,
}

impl List {
    /// Reads it to look at it; one that is not there is empty.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        Self::found(path, None)
    }

    /// Reads it to change it: until this is dropped no other process does.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        make_folder(path)?;
        let lock = FileLock::of(path).map_err(|error| hint(error.into()))?;
        Self::found(path, Some(lock))
    }

    fn found(path: &Path, lock: Option<FileLock>) -> anyhow::Result<Self> {
        let found = text(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
            is_there: found.is_some(),
            text: found.unwrap_or_default(),
            _lock: lock,
        })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn is_there(&self) -> bool {
        self.is_there
    }

    /// Puts a new list in its place. Nobody ever sees half of it.
    pub(super) fn replace(&self, text: &str) -> anyhow::Result<()> {
        let path = &self.path;
        self.written(text).map_err(hint)?;
        if let Ok(about) = fs::metadata(path) {
            let mode = about.permissions().mode() & 0o7777;
            if mode & OTHERS_WRITE != 0 {
                eprintln!(
                    "mqtt-thing: warning: others may change {0} (mode {mode:04o}), and so decide whom this machine \
                     obeys; mend that with: chmod go-w {0}",
                    path.display()
                );
            }
        }
        Ok(())
    }

    fn written(&self, text: &str) -> anyhow::Result<()> {
        let path = &self.path;
        let mut new = NewFile::create_with_mode(path, MODE)?;
        new.write_all(text.as_bytes())?;
        // what an editor changed meanwhile, a revocation perhaps, must not be undone
        let found = self::text(path)?.unwrap_or_default();
        if found != self.text {
            bail!(
                "{} was changed by somebody else meanwhile; try again",
                path.display()
            );
        }
        new.finish()
    }
}

/// Makes the folder of the list. The last level only: a path with a slip in it makes no tree of folders.
fn make_folder(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent();
    let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let told = format!("the folder {} cannot be made", folder.display());
            Err(hint(anyhow::Error::from(error).context(told)))
        }
        _ => Ok(()),
    }
}

/// What to do where this user may not.
fn hint(error: anyhow::Error) -> anyhow::Error {
    let denied = error.chain().any(|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == io::ErrorKind::PermissionDenied)
    });
    match denied {
        true => error.context("this user may not change the list; try it with sudo"),
        false => error,
    }
}

/// What a file holds, if it is there.
fn text(path: &Path) -> io::Result<Option<String>> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text)?;
    match text.len() as u64 > LARGEST {
        true => Err(io::Error::other("it is larger than any list of keys")),
        false => Ok(Some(text)),
    }
}

/// Says why a list is not changed.
pub(super) fn refused(list: &List, error: &EditError) -> ExitCode {
    if let EditError::Mistakes(mistakes) = error {
        show(list, mistakes);
    } else {
        eprintln!("mqtt-thing: {}: {}", list.path.display(), whole(error));
    }
    ExitCode::from(EXIT_USAGE)
}

/// Says what is wrong with a list, with its lines.
pub(super) fn show(list: &List, mistakes: &[Mistake]) {
    let file = list.path.display().to_string();
    eprint!("{}", topology::report(&file, &list.text, mistakes, true));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_changed_meanwhile_is_not_undone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, "before").unwrap();
        let list = List::read(&path).unwrap();
        fs::write(&path, "revoked by another").unwrap();
        let error = list.replace("ours").unwrap_err();
        assert!(error.to_string().contains("try again"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "revoked by another");
        let entries = fs::read_dir(folder.path()).unwrap();
        assert_eq!(entries.count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_slip_in_a_path_makes_no_tree_of_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/list");
        assert!(List::open(&path).is_err());
        assert!(!folder.path().join("a").exists());
    }
}
