//! Keeps the state before a pipeline in a file, so that a crash does not lose it.

use super::Wish;
use super::applied::{Applied, apply_from, check};
use super::error::CpuFreqError;
use super::snapshot::Snapshot;
use crate::system::{Root, sysfs};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The frequency steps of this machine, with the state before the first one kept.
///
/// The frequency is the machine's, so the file lies in the state folder itself and not in that of one executor: the
/// first step of whichever executor keeps the state, and whoever restores does it for all. Processes and threads that
/// share a state folder take turns by a lock. Every call reads and writes files: not for a thread that must not wait.
#[derive(Debug)]
pub struct Keeper {
    root: Root,
    folder: PathBuf,
    /// The kept file, locked while this process may still want to go back: a start of another one leaves it alone.
    held: Mutex<Option<File>>,
}

/// What the file has.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// `/proc/sys/kernel/random/boot_id`: the start of the machine that the state belongs to.
    boot: Option<String>,
    before: Snapshot,
}

/// What going back was. As text: a line for each policy, or one that says why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// No step has changed anything since it was last restored.
    Nothing,
    /// What each policy has now, a line each.
    Done(Vec<String>),
    /// The machine was started anew since, and so has the state that it starts with.
    OtherBoot,
    /// A process that is still running goes on with it.
    InUse,
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => writeln!(f, "nothing to restore: no step has changed the frequency"),
            Self::OtherBoot => writeln!(f, "nothing to restore: the machine was started anew"),
            Self::InUse => writeln!(f, "not restored: another process is using it"),
            Self::Done(lines) => lines.iter().try_for_each(|line| writeln!(f, "{line}")),
        }
    }
}

impl Keeper {
    /// For the machine under `root`, with the file in `folder`: the state folder, which must be there.
    #[must_use]
    pub fn new(root: Root, folder: impl Into<PathBuf>) -> Self {
        Self {
            root,
            folder: folder.into(),
            held: Mutex::new(None),
        }
    }

    /// Carries out a wish. Before the first change the state is kept, synced to the disk; a later step begins with
    /// the kept limits, so that one step's do not clamp the next one's frequency.
    ///
    /// # Errors
    /// As [`super::apply`]; or the state could not be kept, and nothing is changed.
    pub fn step(&self, wish: &Wish) -> Result<Applied, CpuFreqError> {
        check(&self.root, wish)?;
        let _turn = self.turn()?;
        let boot = self.boot();
        let kept = self.kept()?.filter(|kept| kept.boot == boot);
        let first = kept.is_none();
        let kept = match kept {
            Some(kept) => kept,
            None => self.remember(boot)?,
        };
        self.hold()?;
        let applied = apply_from(&self.root, wish, Some(&kept.before));
        let changed = matches!(&applied, Ok(_) | Err(CpuFreqError::NotPutBack { .. }));
        if first && !changed {
            self.forget()?;
        }
        applied
    }

    /// Goes back to the kept state and removes the file: when a pipeline ends, and when the executor stops.
    ///
    /// # Errors
    /// The state could not be put back: the file stays, and it can be tried again.
    pub fn restore(&self) -> Result<Restored, CpuFreqError> {
        let _turn = self.turn()?;
        self.go_back()
    }

    /// The same at start, after a crash: not if a process that is still running holds the file.
    ///
    /// # Errors
    /// As [`Keeper::restore`].
    pub fn restore_left_over(&self) -> Result<Restored, CpuFreqError> {
        let _turn = self.turn()?;
        let file = match File::open(self.file()) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Restored::Nothing),
            Err(error) => return Err(self.failed("open", error)),
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => self.go_back(),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(Restored::InUse),
            Err(errno) => Err(self.failed("lock", errno.into())),
        }
    }

    fn go_back(&self) -> Result<Restored, CpuFreqError> {
        let Some(kept) = self.kept()? else {
            *self.held() = None;
            return Ok(Restored::Nothing);
        };
        let restored = if kept.boot == self.boot() {
            Restored::Done(kept.before.restore(&self.root)?)
        } else {
            Restored::OtherBoot
        };
        self.forget()?;
        Ok(restored)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("cpufreq.json")
    }

    fn boot(&self) -> Option<String> {
        sysfs::text(&self.root.path("/proc/sys/kernel/random/boot_id"))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<File>> {
        // there is no state that a panic could have left half changed
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, what: &'static str, source: io::Error) -> CpuFreqError {
        CpuFreqError::Keep {
            what,
            path: self.file(),
            source,
        }
    }

    /// Waits until nobody else, of this process or another, changes the frequency or the file.
    fn turn(&self) -> Result<File, CpuFreqError> {
        let path = self.folder.join("cpufreq.lock");
        let open = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let locked = open.and_then(|file| {
            flock(&file, FlockOperation::LockExclusive)?;
            Ok(file)
        });
        locked.map_err(|source| CpuFreqError::Keep {
            what: "lock",
            path,
            source,
        })
    }

    /// Tells other processes that this one goes on with the kept state. Opened anew each time: another keeper may have
    /// restored, and a new file begun.
    fn hold(&self) -> Result<(), CpuFreqError> {
        let file = File::open(self.file()).map_err(|error| self.failed("open", error))?;
        flock(&file, FlockOperation::NonBlockingLockShared)
            .map_err(|errno| self.failed("lock", errno.into()))?;
        *self.held() = Some(file);
        Ok(())
    }

    /// What is kept.
    ///
    /// # Errors
    /// The file cannot be read; or it has something else in it, and was put aside.
    fn kept(&self) -> Result<Option<Kept>, CpuFreqError> {
        let bytes = match std::fs::read(self.file()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", error)),
        };
        match serde_json::from_slice(&bytes) {
            Ok(kept) => Ok(Some(kept)),
            Err(error) => {
                let aside = self.folder.join("cpufreq.json.unreadable");
                std::fs::rename(self.file(), &aside)
                    .map_err(|error| self.failed("put aside", error))?;
                Err(CpuFreqError::Kept {
                    path: self.file(),
                    aside,
                    reason: error.to_string(),
                })
            }
        }
    }

    /// Keeps the state now: written beside, synced, and then given its name, so that there is never half a file.
    fn remember(&self, boot: Option<String>) -> Result<Kept, CpuFreqError> {
        *self.held() = None;
        let kept = Kept {
            boot,
            before: Snapshot::take(&self.root)?,
        };
        let text = serde_json::to_vec_pretty(&kept).expect("names and numbers are JSON");
        let beside = self.folder.join("cpufreq.json.new");
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&beside, self.file())?;
            self.sync_folder()
        });
        written.map_err(|error| self.failed("write", error))?;
        Ok(kept)
    }

    fn forget(&self) -> Result<(), CpuFreqError> {
        *self.held() = None;
        std::fs::remove_file(self.file())
            .and_then(|()| self.sync_folder())
            .map_err(|error| self.failed("remove", error))
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}
