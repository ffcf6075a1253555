//! Output files that are whole or not there: written beside their place and moved into it at the end.

use anyhow::Context;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// A file that is being written. What stood in its place stays until [`NewFile::finish`]; without that, nothing is
/// left behind.
#[derive(Debug)]
pub(super) struct NewFile {
    out: BufWriter<File>,
    /// Where it is written, and where it goes; none for a pipe or a device, which cannot be moved.
    moves: Option<(PathBuf, PathBuf)>,
}

impl NewFile {
    /// Opens it, before there is anything to write: a wrong path fails first.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        Self::open(path, None).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// As [`NewFile::create`]; a file that was not there gets this mode, whatever the umask says.
    pub(super) fn create_with_mode(path: &Path, mode: u32) -> anyhow::Result<Self> {
        let mode = Some(mode);
        Self::open(path, mode).with_context(|| format!("{} cannot be written", path.display()))
    }

    fn open(path: &Path, mode: Option<u32>) -> io::Result<Self> {
        // through a link to what it points at; else the link would be replaced
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let found = fs::metadata(&place).ok();
        if found.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if found.as_ref().is_some_and(|found| !found.is_file()) {
            let out = BufWriter::new(OpenOptions::new().write(true).open(&place)?);
            return Ok(Self { out, moves: None });
        }
        let name = place.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}.tmp", std::process::id()));
        let beside = place.with_file_name(beside);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside)?;
        let new = Self {
            out: BufWriter::new(file),
            moves: Some((beside, place)),
        };
        let file = new.out.get_ref();
        if let Some(found) = found {
            // only root can; the mode comes after it, since a new owner takes some of its bits away
            let _ = fchown(file, Some(found.uid()), Some(found.gid()));
            file.set_permissions(found.permissions())?;
        } else if let Some(mode) = mode {
            file.set_permissions(Permissions::from_mode(mode))?;
        }
        Ok(new)
    }

    /// Puts it in its place, on the disk.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.out.flush()?;
        if let Some((beside, place)) = self.moves.take() {
            let moved = self
                .out
                .get_ref()
                .sync_all()
                .and_then(|()| fs::rename(&beside, &place));
            if moved.is_err() {
                self.moves = Some((beside, place.clone()));
            }
            moved.with_context(|| format!("{} cannot be written", place.display()))?;
        }
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some((beside, _)) = &self.moves {
            // it may be that somebody tidied up
            let _ = fs::remove_file(beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_not_finished_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").unwrap();
        let mut new = NewFile::create(&path).unwrap();
        new.write_all(b"half").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(new);
        assert_eq!(names(folder.path()), ["a.csv"]);
        let mut new = NewFile::create(&path).unwrap();
        new.write_all(b"whole").unwrap();
        new.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut new = NewFile::create(&link).unwrap();
        new.write_all(b"x").unwrap();
        new.finish().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "x");
    }

    #[test]
    fn a_device_is_written_and_a_folder_refused_with_its_name() {
        NewFile::create(Path::new("/dev/null"))
            .unwrap()
            .finish()
            .unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let folder = tempfile::tempdir().unwrap();
        let error = NewFile::create(folder.path()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&folder.path().display().to_string())
        );
        NewFile::create(&folder.path().join("none/a.csv")).unwrap_err();
    }
}
