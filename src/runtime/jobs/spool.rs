//! Whole outputs on the disk: a file a stream, up to a cap a file and a cap for all files of an executor.
//!
//! A file is called after the job's number and the stream, `17.out` and `17.err`, and after nothing that came from the
//! network. Numbers are never used twice, so the smallest is the oldest and is deleted first; the files of running jobs
//! are never deleted. Files that are called otherwise are not ours, neither counted nor deleted. Nothing is synced: after
//! a power cut a file may be shorter than its record says.
//!
//! The last of the disk is not taken: the journal lies beside, and no job starts or ends without it.
//!
//! Writing goes to the kernel's memory, on the job's own thread. Only a disk that hangs, or that is slower than the job
//! for longer than the kernel's dirty memory lasts, holds the job up (and its time limit): the alternatives are holes in
//! the file or memory without end.

use crate::fleet::{JobNumber, Spooled, Stream};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So much of the disk is left for the journal. Its log grows to a few megabytes; 16 MiB.
const LEFT: u64 = 16 << 20;

type Key = (JobNumber, Stream);

fn name((number, stream): Key) -> String {
    let ending = match stream {
        Stream::Output => "out",
        Stream::Error => "err",
    };
    format!("{number}.{ending}")
}

fn key(file: &str) -> Option<Key> {
    let (number, ending) = file.split_once('.')?;
    let key = match ending {
        "out" => (JobNumber(number.parse().ok()?), Stream::Output),
        "err" => (JobNumber(number.parse().ok()?), Stream::Error),
        _ => return None,
    };
    // `+1.out` and `01.out` are not ours
    (name(key) == file).then_some(key)
}

/// The spool of one executor.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    cap: u64,
    total: u64,
    shelf: Mutex<Shelf>,
}

/// The bytes of each file, those of running jobs apart.
#[derive(Debug, Default)]
struct Shelf {
    running: BTreeMap<Key, u64>,
    done: BTreeMap<Key, u64>,
}

impl Shelf {
    fn used(&self) -> u64 {
        self.running.values().chain(self.done.values()).sum()
    }
}

impl Spool {
    /// Up to `cap` bytes a file, up to `total` in all. The folder is made when it is needed.
    pub(super) fn new(folder: PathBuf, cap: u64, total: u64) -> Self {
        Self {
            folder,
            cap,
            total,
            shelf: Mutex::default(),
        }
    }

    /// Opens the file of a stream, empty. Looks through the folder, so that what somebody deleted does not count.
    pub(super) fn open(
        self: &Arc<Self>,
        number: JobNumber,
        stream: Stream,
    ) -> io::Result<SpoolFile> {
        let key = (number, stream);
        let path = self.folder.join(name(key));
        let mut shelf = self.shelf();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // a new file and no other: a link that lies in wait is not followed
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        shelf.done = self.look(&shelf.running)?;
        shelf.done.remove(&key);
        shelf.running.insert(key, 0);
        Ok(SpoolFile {
            file,
            path,
            key,
            bytes: 0,
            cut: None,
            spool: Arc::clone(self),
        })
    }

    fn look(&self, running: &BTreeMap<Key, u64>) -> io::Result<BTreeMap<Key, u64>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let key = entry.file_name().to_str().and_then(key);
            let Some(key) = key.filter(|key| !running.contains_key(key)) else {
                continue;
            };
            if let Ok(data) = entry.metadata() {
                found.insert(key, data.len());
            }
        }
        Ok(found)
    }

    /// Makes room for `wanted` more bytes of a running job's file, and gives how many there is room for.
    fn reserve(&self, key: Key, wanted: u64) -> u64 {
        let mut shelf = self.shelf();
        let mut used = shelf.used();
        while used.saturating_add(wanted) > self.total {
            let Some((oldest, bytes)) = shelf.done.pop_first() else {
                break;
            };
            let path = self.folder.join(name(oldest));
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    // it is not asked again before the next file is opened
                    tracing::warn!("cannot delete the spooled {}: {error}", path.display());
                }
                _ => used -= bytes,
            }
        }
        let given = wanted.min(self.total.saturating_sub(used));
        if let Some(bytes) = shelf.running.get_mut(&key) {
            *bytes += given;
        }
        given
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deletes what a spool has, where nobody will ever ask for it.
pub(super) fn clear(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let ours = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        name.to_str().and_then(key).is_some()
    });
    for entry in ours {
        if let Err(error) = fs::remove_file(entry.path()) {
            tracing::warn!(
                "cannot delete the spooled {}: {error}",
                entry.path().display()
            );
        }
    }
}

/// The file of a running job's stream.
#[derive(Debug)]
pub(super) struct SpoolFile {
    file: File,
    path: PathBuf,
    key: Key,
    bytes: u64,
    cut: Option<String>,
    spool: Arc<Spool>,
}

impl SpoolFile {
    /// Appends, until a cap or the disk's end cuts it; then nothing more.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.cut.is_some() || bytes.is_empty() {
            return;
        }
        let wanted = (bytes.len() as u64).min(self.spool.cap - self.bytes);
        if disk_left(&self.file) < LEFT.saturating_add(wanted) {
            self.cut = Some(format!(
                "the disk is nearly full; {LEFT} bytes of it are left for the journal"
            ));
            return;
        }
        let given = self.spool.reserve(self.key, wanted);
        let part = &bytes[..usize::try_from(given)
            .unwrap_or(bytes.len())
            .min(bytes.len())];
        if let Err(error) = append(&mut self.file, part, &mut self.bytes) {
            self.cut = Some(format!("the disk took no more: {error}"));
        } else if given < wanted {
            let total = self.spool.total;
            self.cut = Some(format!("the whole spool may take {total} bytes"));
        } else if wanted < bytes.len() as u64 {
            let cap = self.spool.cap;
            self.cut = Some(format!("a stream may take {cap} bytes of the spool"));
        }
    }

    /// Whether it takes nothing more.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    pub(super) fn finish(mut self) -> Spooled {
        Spooled {
            path: std::mem::take(&mut self.path),
            bytes: self.bytes,
            cut: self.cut.take(),
        }
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        let mut shelf = self.spool.shelf();
        shelf.running.remove(&self.key);
        shelf.done.insert(self.key, self.bytes);
    }
}

/// How many bytes of the file's disk are free for us. Where that cannot be told, writing will tell.
fn disk_left(file: &File) -> u64 {
    rustix::fs::fstatvfs(file).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Writes what can be written, and counts it.
fn append(file: &mut impl Write, mut bytes: &[u8], written: &mut u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                *written += count as u64;
                bytes = &bytes[count..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn spool(cap: u64, total: u64) -> (Arc<Spool>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Arc::new(Spool::new(folder.path().join("spool"), cap, total));
        (spool, folder)
    }

    fn fill(spool: &Arc<Spool>, number: u64, bytes: usize) -> Spooled {
        let mut file = spool.open(JobNumber(number), Stream::Output).unwrap();
        file.write(&vec![0; bytes]);
        file.finish()
    }

    fn names(spool: &Spool) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&spool.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn nobody_else_can_read_what_is_spooled() {
        let (spool, _folder) = spool(10, 10);
        let spooled = fill(&spool, 1, 1);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&spooled.path), mode(&spool.folder)), (0o600, 0o700));
    }

    #[test]
    fn the_oldest_files_make_room_and_foreign_ones_stay() {
        let (spool, _folder) = spool(100, 100);
        fs::create_dir_all(&spool.folder).unwrap();
        for foreign in ["notes.txt", "01.out", "9.out.bak"] {
            fs::write(spool.folder.join(foreign), [0; 500]).unwrap();
        }
        for number in [9, 10, 11] {
            assert_eq!(fill(&spool, number, 40).bytes, 40);
        }
        assert_eq!(
            names(&spool),
            ["01.out", "10.out", "11.out", "9.out.bak", "notes.txt"]
        );
        // another process begins with what it finds
        let again = Arc::new(Spool::new(spool.folder.clone(), 100, 100));
        assert_eq!(fill(&again, 12, 60).bytes, 60);
        assert_eq!(
            names(&spool),
            ["01.out", "11.out", "12.out", "9.out.bak", "notes.txt"]
        );
    }

    #[test]
    fn the_files_of_running_jobs_are_never_deleted() {
        let (spool, _folder) = spool(100, 100);
        let mut running = spool.open(JobNumber(1), Stream::Output).unwrap();
        running.write(&[0; 70]);
        let later = fill(&spool, 2, 50);
        assert_eq!(later.bytes, 30);
        assert_eq!(later.cut.unwrap(), "the whole spool may take 100 bytes");
        assert_eq!(names(&spool), ["1.out", "2.out"]);
        running.write(&[0; 30]);
        assert_eq!(names(&spool), ["1.out"], "the other one had ended");
        assert_eq!(running.finish().bytes, 100);
    }

    #[test]
    fn what_somebody_deleted_does_not_count() {
        let (spool, _folder) = spool(100, 100);
        fill(&spool, 1, 100);
        fs::remove_file(spool.folder.join("1.out")).unwrap();
        fill(&spool, 2, 50);
        fill(&spool, 3, 50);
        assert_eq!(names(&spool), ["2.out", "3.out"]);
    }

    #[test]
    fn what_nobody_will_ask_for_is_cleared_and_foreign_files_stay() {
        let (spool, _folder) = spool(100, 100);
        clear(&spool.folder);
        fill(&spool, 1, 10);
        fs::write(spool.folder.join("01.out"), "foreign").unwrap();
        clear(&spool.folder);
        assert_eq!(names(&spool), ["01.out"]);
    }

    #[test]
    fn a_link_that_lies_in_wait_is_not_followed() {
        let (spool, folder) = spool(100, 100);
        let target = folder.path().join("target");
        fs::write(&target, "precious").unwrap();
        fs::create_dir_all(&spool.folder).unwrap();
        std::os::unix::fs::symlink(&target, spool.folder.join("1.out")).unwrap();
        assert_eq!(fill(&spool, 1, 5).bytes, 5);
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    }

    #[test]
    fn a_full_disk_leaves_what_it_took() {
        struct Disk(usize);
        impl Write for Disk {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let count = bytes.len().min(self.0);
                self.0 -= count;
                match count {
                    0 => Err(rustix::io::Errno::NOSPC.into()),
                    _ => Ok(count),
                }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut written = 0;
        let error = append(&mut Disk(3), b"abcdef", &mut written).unwrap_err();
        assert_eq!(written, 3);
        assert!(error.to_string().starts_with("No space left"), "{error}");
    }
}
