//! One owner for each bus: two programs that talk to one board mix up each other's replies.

use rustix::fs::{FlockOperation, flock, fstat, major, minor};
use rustix::io::Errno;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a bus cannot be had. The texts say what to do.
#[derive(Debug, Error)]
pub enum OpenError {
    /// There is no such bus.
    #[error(
        "{} does not exist: enable I2C with `sudo raspi-config nonint do_i2c 0` (or `dtparam=i2c_arm=on` in \
         /boot/firmware/config.txt and a reboot), and see `ls /dev/i2c-*` for the buses that there are",
        .path.display()
    )]
    Missing {
        /// The bus's device file.
        path: PathBuf,
    },
    /// The user may not use it.
    #[error(
        "no permission for {}: add the user to the group i2c with `sudo usermod -aG i2c $USER`, then log in again",
        .path.display()
    )]
    Forbidden {
        /// The bus's device file.
        path: PathBuf,
    },
    /// Somebody else has it.
    #[error(
        "{} is in use by {}: a board takes one owner, so stop that one first",
        .path.display(), .holder.as_ref().map_or_else(|| "another mqtt-thing".to_owned(), Holder::to_string)
    )]
    Held {
        /// The bus's device file.
        path: PathBuf,
        /// Who has it, if the kernel tells.
        holder: Option<Holder>,
    },
    /// It is there and does not work.
    #[error("{} cannot be used as an I2C bus: {source}", .path.display())]
    Unusable {
        /// The bus's device file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The reset line cannot be had.
    #[error("the reset line GPIO {gpio} (BCM number) cannot be used: {source}")]
    ResetLine {
        /// BCM number of the line.
        gpio: u8,
        /// What the GPIO driver said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    /// The error for a device file that could not be opened.
    pub(super) fn on_open(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::PermissionDenied => Self::Forbidden { path },
            _ => Self::Unusable { path, source },
        }
    }
}

/// The process that has a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its id.
    pub pid: u32,
    /// Its name, if it can be read.
    pub name: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "process {} ({name})", self.pid),
            None => write!(f, "process {}", self.pid),
        }
    }
}

/// A bus that is ours for as long as this lives. The kernel ends it with the process, however that dies.
#[derive(Debug)]
pub struct BusLock {
    _file: File,
}

impl BusLock {
    /// Takes the bus with this device file, or says who has it; never waits. Where the kernel knows no locks on
    /// such a file, the bus counts as ours.
    ///
    /// # Errors
    /// The file cannot be opened, or somebody else has the lock.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| OpenError::on_open(path, error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(OpenError::Held {
                    path: path.to_owned(),
                    holder: holder(&file, Path::new("/proc")),
                });
            }
            Err(error) => {
                tracing::debug!(path = %path.display(), %error, "the bus cannot be locked");
            }
        }
        Ok(Self { _file: file })
    }
}

/// Who has the lock, from the kernel's table: `1: FLOCK ADVISORY WRITE 812 00:06:137 0 EOF`.
fn holder(file: &File, proc: &Path) -> Option<Holder> {
    let stat = fstat(file).ok()?;
    // The widths of these differ between architectures.
    #[allow(clippy::useless_conversion)]
    let device = stat.st_dev.into();
    let wanted = format!(
        "{:02x}:{:02x}:{}",
        major(device),
        minor(device),
        stat.st_ino
    );
    let table = std::fs::read_to_string(proc.join("locks")).ok()?;
    let pid = table.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [_, "FLOCK", _, _, pid, place, ..] if place == wanted => pid.parse().ok(),
            _ => None,
        }
    })?;
    let name = std::fs::read_to_string(proc.join(format!("{pid}/comm"))).ok();
    Some(Holder {
        pid,
        name: name.map(|name| name.trim_end().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_has_one_owner_and_the_second_is_told_who_it_is() {
        let device = tempfile::NamedTempFile::new().expect("a file");
        let lock = BusLock::take(device.path()).expect("the first owner");
        let error = BusLock::take(device.path()).expect_err("the second owner");
        let OpenError::Held { holder, .. } = &error else {
            panic!("{error}");
        };
        let pid = holder.as_ref().expect("the kernel's table").pid;
        assert_eq!(pid, std::process::id());
        let expected = format!("{} is in use by process {pid} (", device.path().display());
        assert!(error.to_string().starts_with(&expected), "{error}");
        drop(lock);
        BusLock::take(device.path()).expect("the next owner");
    }

    #[test]
    fn a_missing_bus_and_a_forbidden_one_say_what_to_do() {
        let error = BusLock::take(Path::new("/nonexistent/i2c-1")).expect_err("no such bus");
        assert!(
            error.to_string().starts_with(
                "/nonexistent/i2c-1 does not exist: enable I2C with `sudo raspi-config nonint do_i2c 0`"
            ),
            "{error}"
        );
        let error = OpenError::on_open(
            Path::new("/dev/i2c-1"),
            io::Error::from_raw_os_error(Errno::ACCESS.raw_os_error()),
        );
        assert_eq!(
            error.to_string(),
            "no permission for /dev/i2c-1: add the user to the group i2c with `sudo usermod -aG i2c $USER`, then log \
             in again"
        );
    }
}
