//! A set-up on the disk: read whole, written beside its place and moved into it at the end, so that there is no half
//! of one.

use super::{SetUpError, leftovers};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// For everybody to see.
pub(super) const OPEN: u32 = 0o644;
/// For the owner alone.
pub(super) const SECRET: u32 = 0o600;
/// Folders: all of them hold something secret, or lie beside it.
const FOLDER: u32 = 0o700;
/// The largest file of a set-up, in bytes, and the most files.
const LARGEST: u64 = 4 * 1024 * 1024;
const MOST: usize = 50_000;

/// One file. Never shown: it may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) bytes: Vec<u8>,
    pub(super) mode: u32,
}

/// Files by their path below the folder.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Files(BTreeMap<PathBuf, Entry>);

impl Files {
    pub(super) fn put(&mut self, path: impl Into<PathBuf>, mode: u32, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        self.0.insert(path.into(), Entry { bytes, mode });
    }

    pub(super) fn bytes(&self, path: impl AsRef<Path>) -> Option<&[u8]> {
        let entry = self.0.get(path.as_ref());
        entry.map(|entry| entry.bytes.as_slice())
    }

    pub(super) fn text(&self, path: impl AsRef<Path>) -> Option<&str> {
        std::str::from_utf8(self.bytes(path)?).ok()
    }

    /// Takes away a folder.
    pub(super) fn remove_below(&mut self, folder: &Path) {
        self.0.retain(|path, _| !path.starts_with(folder));
    }

    /// The names of what stands right below a folder, in their order.
    pub(super) fn names_below(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for path in self.0.keys() {
            let below = path.strip_prefix(folder).ok();
            let first = below.and_then(|below| below.components().next());
            let name = first.map(|name| name.as_os_str().to_string_lossy().into_owned());
            if let Some(name) = name.filter(|name| names.last() != Some(name)) {
                names.push(name);
            }
        }
        names
    }
}

pub(super) fn failed<'a>(
    path: &'a Path,
    what: &'static str,
) -> impl FnOnce(io::Error) -> SetUpError + 'a {
    move |source| SetUpError::Io {
        what,
        path: path.to_owned(),
        source,
    }
}

/// Reads everything below a folder.
pub(super) fn read(folder: &Path) -> Result<Files, SetUpError> {
    let mut files = Files::default();
    let mut left = vec![PathBuf::new()];
    while let Some(below) = left.pop() {
        let path = folder.join(&below);
        for entry in fs::read_dir(&path).map_err(failed(&path, "read"))? {
            let entry = entry.map_err(failed(&path, "read"))?;
            let below = below.join(entry.file_name());
            let path = folder.join(&below);
            let kind = entry.file_type().map_err(failed(&path, "read"))?;
            if kind.is_dir() {
                left.push(below);
                continue;
            }
            if !kind.is_file() || files.0.len() >= MOST {
                return Err(SetUpError::Foreign(path));
            }
            let file = File::open(&path).map_err(failed(&path, "read"))?;
            let about = file.metadata().map_err(failed(&path, "read"))?;
            if about.len() > LARGEST {
                return Err(SetUpError::Foreign(path));
            }
            let mut bytes = Vec::new();
            file.take(LARGEST)
                .read_to_end(&mut bytes)
                .map_err(failed(&path, "read"))?;
            files.put(below, about.mode() & 0o777, bytes);
        }
    }
    Ok(files)
}

/// Writes a new folder; there is none yet, or an empty one.
pub(super) fn create(folder: &Path, files: &Files) -> Result<(), SetUpError> {
    let beside = Beside::write(folder, files)?;
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed(folder, "write")(error));
        }
        _ => {}
    }
    // whoever made one meanwhile keeps it
    let moved = renameat_with(CWD, &beside.path, CWD, folder, RenameFlags::NOREPLACE);
    moved.map_err(|error| failed(folder, "write")(error.into()))?;
    sync_parent(folder)
}

/// Puts other files in the place of a folder, all of them at once.
pub(super) fn replace(folder: &Path, files: &Files) -> Result<(), SetUpError> {
    let folder = &fs::canonicalize(folder).map_err(failed(folder, "write"))?;
    let beside = Beside::write(folder, files)?;
    let moved = renameat_with(CWD, &beside.path, CWD, folder, RenameFlags::EXCHANGE);
    moved.map_err(|error| failed(folder, "write")(error.into()))?;
    // what goes away with `beside` now is what was there before
    sync_parent(folder)
}

fn sync_parent(folder: &Path) -> Result<(), SetUpError> {
    let parent = parent(folder);
    let synced = File::open(&parent).and_then(|parent| parent.sync_all());
    synced.map_err(failed(&parent, "write"))
}

pub(super) fn parent(folder: &Path) -> PathBuf {
    match folder.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A folder that is taken away again unless it was moved.
struct Beside {
    path: PathBuf,
}

impl Beside {
    fn write(folder: &Path, files: &Files) -> Result<Self, SetUpError> {
        let name = folder
            .file_name()
            .ok_or_else(|| failed(folder, "write")(io::Error::from(io::ErrorKind::InvalidInput)))?;
        let own = leftovers::name(name, std::process::id());
        let beside = Self {
            path: parent(folder).join(own),
        };
        let made = DirBuilder::new().mode(FOLDER).create(&beside.path);
        made.map_err(failed(&beside.path, "write"))?;
        for (below, entry) in &files.0 {
            let path = beside.path.join(below);
            beside
                .write_file(&path, entry)
                .map_err(failed(&path, "write"))?;
        }
        Ok(beside)
    }

    fn write_file(&self, path: &Path, entry: &Entry) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER)
                .create(folder)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(entry.mode & SECRET)
            .open(path)?;
        // past the umask
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(entry.mode))?;
        file.write_all(&entry.bytes)?;
        file.sync_all()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // it may have been moved
        let _ = fs::remove_dir_all(&self.path);
    }
}
