//! What a running thing tells this machine about itself: a small file that a deployment and a doctor read, so that
//! neither has to touch the board's bus or the thing's account at the broker.
//!
//! It lies at `/run/mqtt-thing/<name>.json`, holds no secret, is replaced as a whole, and is gone after a clean end.

mod session;
mod standing;

pub use session::SessionState;
pub(super) use standing::{Counted, Standing};

use crate::mqtt::Cause;
use crate::system::Root;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Where reports lie, on a Pi on which systemd made that folder.
pub const REPORTS: &str = "/run/mqtt-thing";

/// A report is smaller than that; what is larger is none of ours.
const LARGEST: u64 = 1 << 20;

/// Who has told nothing for so long hangs: a report is written every 30 s at least.
pub const SILENT: Duration = Duration::from_secs(120);

/// What a running thing tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The program's version.
    pub version: String,
    /// The process.
    pub pid: u32,
    /// The thing's name in the topology.
    pub name: String,
    /// What its topics begin with.
    pub id: String,
    /// The broker's URL.
    pub broker: String,
    /// When this was written, in Unix seconds.
    pub written_at: u64,
    /// When the thing started, in Unix seconds.
    pub started_at: u64,
    /// Whether the broker hears it.
    pub connected: bool,
    /// How often the broker began to.
    pub connections: u64,
    /// Since when it does, in Unix seconds.
    pub connected_since: Option<u64>,
    /// Why the last attempt to connect failed; none once it is connected.
    pub cannot_connect: Option<CannotConnect>,
    /// Why the last connection ended, if one did.
    pub disconnected: Option<String>,
    /// What else is known of the way to the broker.
    #[serde(default)]
    pub session: SessionState,
    /// The board; none when no resource has a port.
    pub board: Option<BoardState>,
    /// The resources that do not work now.
    pub faults: Vec<FaultyResource>,
    /// What is published on `<id>/health`.
    pub health: serde_json::Value,
}

/// Why a thing cannot connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CannotConnect {
    /// What happened, as a part of a sentence.
    pub reason: String,
    /// Whether the broker refused it, or it does not trust the broker: waiting mends neither.
    pub refused: bool,
    /// The reason for a program.
    #[serde(default)]
    pub cause: Cause,
    /// When it was told first, in Unix seconds.
    pub at: u64,
}

/// The board of a thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardState {
    /// Whether it answers.
    pub up: bool,
    /// Its firmware, once it answered: `1.4.0`.
    pub firmware: Option<String>,
    /// Why it does not answer.
    pub error: Option<String>,
}

/// A resource that does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultyResource {
    /// Its name.
    pub resource: String,
    /// What went wrong.
    pub error: String,
    /// Since when, in Unix seconds.
    pub since: u64,
}

/// How a thing is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// The broker hears it, its board answers, and all resources work.
    Well,
    /// The broker hears it, but something does not work.
    Faulty,
    /// The broker does not hear it, or it hangs.
    Offline,
    /// It does not run.
    NotRunning,
}

impl Report {
    /// The reports in a folder, by the things' names; those of processes that have ended, too.
    ///
    /// # Errors
    /// The folder cannot be read. One that is not there has no reports.
    pub fn all(folder: &Path) -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .collect();
        paths.sort();
        Ok(paths.iter().filter_map(|path| Self::read(path)).collect())
    }

    /// One report; none when it is not there, or is none.
    fn read(path: &Path) -> Option<Self> {
        let mut text = Vec::new();
        let file = fs::File::open(path).ok()?;
        file.take(LARGEST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Whether its process is still there.
    #[must_use]
    pub fn runs(&self, root: &Root) -> bool {
        root.path(&format!("/proc/{}", self.pid)).exists()
    }

    /// How long ago it was written.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Duration {
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(self.written_at);
        now.duration_since(written).unwrap_or_default()
    }

    /// How the thing is, going by the report and by whether its process is still there.
    #[must_use]
    pub fn health(&self, root: &Root, now: SystemTime) -> Health {
        if !self.runs(root) {
            return Health::NotRunning;
        }
        if !self.connected || self.age(now) > SILENT {
            return Health::Offline;
        }
        let silent = self.board.as_ref().is_some_and(|board| !board.up);
        match silent || !self.faults.is_empty() {
            true => Health::Faulty,
            false => Health::Well,
        }
    }

    /// Where the report of a thing of this name lies.
    #[must_use]
    pub fn place(folder: &Path, name: &str) -> PathBuf {
        folder.join(format!("{name}.json"))
    }

    /// Replaces the one in `folder`. Everybody on the machine may read it.
    ///
    /// # Errors
    /// The disk does not take it; then the old one is still there.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let place = Self::place(folder, &self.name);
        let beside = folder.join(format!(".{}.{}.tmp", self.name, self.pid));
        let written = self.write_to(&beside);
        if let Err(error) = written.and_then(|()| fs::rename(&beside, &place)) {
            let _ = fs::remove_file(&beside);
            return Err(error);
        }
        Ok(())
    }

    fn write_to(&self, path: &Path) -> io::Result<()> {
        let _ = fs::remove_file(path);
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.set_permissions(Permissions::from_mode(0o644))?;
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            version: "1.2.3".to_owned(),
            pid: std::process::id(),
            name: "inner".to_owned(),
            id: "10.0.0.2".to_owned(),
            broker: "mqtt://10.0.0.1".to_owned(),
            written_at: 5,
            started_at: 1,
            connected: true,
            connections: 1,
            connected_since: Some(2),
            cannot_connect: None,
            disconnected: None,
            session: SessionState::default(),
            board: Some(BoardState {
                up: true,
                ..BoardState::default()
            }),
            faults: Vec::new(),
            health: serde_json::Value::Null,
        }
    }

    #[test]
    fn a_report_is_read_back_and_nothing_else_is_left_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        report().write(folder.path()).unwrap();
        let newer = Report {
            written_at: 6,
            ..report()
        };
        newer.write(folder.path()).unwrap();
        fs::write(folder.path().join("torn.json"), "{").unwrap();
        assert_eq!(Report::all(folder.path()).unwrap(), [newer]);
        let mode = fs::metadata(folder.path().join("inner.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o644);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(Report::all(&folder.path().join("nowhere")).unwrap(), []);
    }

    #[test]
    fn a_thing_is_well_only_if_it_is_heard_and_everything_works() {
        let root = Root::default();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(5 + 120);
        assert_eq!(report().health(&root, now), Health::Well);
        let silent = Report {
            board: Some(BoardState::default()),
            ..report()
        };
        assert_eq!(silent.health(&root, now), Health::Faulty);
        let fault = FaultyResource {
            resource: "button0".to_owned(),
            error: "no".to_owned(),
            since: 1,
        };
        let faulty = Report {
            faults: vec![fault],
            ..report()
        };
        assert_eq!(faulty.health(&root, now), Health::Faulty);
        let offline = Report {
            connected: false,
            ..report()
        };
        assert_eq!(offline.health(&root, now), Health::Offline);
        let later = now + Duration::from_secs(1);
        assert_eq!(report().health(&root, later), Health::Offline, "it hangs");
        let elsewhere = tempfile::tempdir().unwrap();
        let empty = Root::at(elsewhere.path());
        assert_eq!(report().health(&empty, now), Health::NotRunning);
    }
}
