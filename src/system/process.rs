//! What another process uses. Source: proc(5), `/proc/PID/stat`, `/proc/PID/status`, `/proc/PID/fd`.

use super::{Root, memory, sysfs};
use std::time::Duration;

/// The kernel tells times of processes in hundredths of a second (`USER_HZ`), whatever its own clock is.
const TICKS_PER_SECOND: u64 = 100;

/// A process at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessState {
    /// Its number.
    pub pid: u32,
    /// Its name, of 15 bytes at most; it chose that itself.
    pub name: String,
    /// When it began, in ticks since the machine did: a later process with the same number has another.
    started: u64,
    /// How long it has had a processor so far, in its own code and in the kernel.
    pub cpu: Duration,
    /// Its memory that is resident.
    pub resident_kib: Option<u64>,
    /// How many files and sockets it has open; only its user and root may know.
    pub open_files: Option<usize>,
}

impl ProcessState {
    /// The process now; none when there is no such process any more.
    #[must_use]
    pub fn read(root: &Root, pid: u32) -> Option<Self> {
        let text = sysfs::text(&root.path(&format!("/proc/{pid}/stat")))?;
        // the name may hold anything, brackets and blanks too: it ends at the last one
        let (front, back) = text.rsplit_once(')')?;
        let (_, name) = front.split_once('(')?;
        let fields: Vec<&str> = back.split_ascii_whitespace().collect();
        // the state, field 3 of the manual, is the first here
        let field = |number: usize| -> Option<u64> { fields.get(number - 3)?.parse().ok() };
        let ticks = field(14)?.checked_add(field(15)?)?;
        let files = std::fs::read_dir(root.path(&format!("/proc/{pid}/fd")));
        Some(Self {
            pid,
            name: name.to_owned(),
            started: field(22)?,
            cpu: Duration::from_millis(ticks.saturating_mul(1000 / TICKS_PER_SECOND)),
            resident_kib: memory::resident_kib_of(root, pid),
            open_files: files.ok().map(Iterator::count),
        })
    }

    /// Whether it is the same process at another moment, and not a later one with its number.
    #[must_use]
    pub const fn is(&self, other: &Self) -> bool {
        self.pid == other.pid && self.started == other.started
    }

    /// How much of one processor it has had between an earlier look and this one, in percent; over 100 with several.
    #[must_use]
    pub fn cpu_percent(&self, earlier: &Self, apart: Duration) -> Option<f64> {
        let used = self.cpu.checked_sub(earlier.cpu)?;
        let known = self.is(earlier) && !apart.is_zero();
        known.then(|| used.as_secs_f64() / apart.as_secs_f64() * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(stat: &str) -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().unwrap();
        let its = folder.path().join("proc/7");
        std::fs::create_dir_all(its.join("fd")).unwrap();
        std::fs::write(its.join("stat"), stat).unwrap();
        let root = Root::at(folder.path());
        (folder, root)
    }

    fn stat(name: &str, user: &str, system: &str, started: u64) -> String {
        format!(
            "7 ({name}) S 1 7 7 0 -1 4194560 1 0 0 0 {user} {system} 0 0 20 0 1 0 {started} 1 1\n"
        )
    }

    #[test]
    fn times_are_read_behind_any_name() {
        let (folder, root) = tree(&stat("a) R (b", "150", "50", 9));
        for fd in 0..3 {
            std::fs::write(folder.path().join(format!("proc/7/fd/{fd}")), "").unwrap();
        }
        std::fs::write(folder.path().join("proc/7/status"), "VmRSS:\t 5000 kB\n").unwrap();
        let state = ProcessState::read(&root, 7).unwrap();
        assert_eq!(state.name, "a) R (b");
        assert_eq!(state.cpu, Duration::from_secs(2));
        assert_eq!(
            (state.resident_kib, state.open_files),
            (Some(5000), Some(3))
        );
        assert_eq!(ProcessState::read(&root, 8), None);
    }

    #[test]
    fn a_share_of_a_processor_is_between_two_looks_at_the_same_process() {
        let look = |ticks: &str, started| {
            let (_folder, root) = tree(&stat("m", ticks, "0", started));
            ProcessState::read(&root, 7).unwrap()
        };
        let second = Duration::from_secs(1);
        assert_eq!(
            look("125", 9).cpu_percent(&look("100", 9), second),
            Some(25.0)
        );
        assert_eq!(look("125", 9).cpu_percent(&look("100", 8), second), None);
        assert_eq!(look("99", 9).cpu_percent(&look("100", 9), second), None);
        assert_eq!(
            look("125", 9).cpu_percent(&look("100", 9), Duration::ZERO),
            None
        );
    }

    #[test]
    fn what_is_not_as_it_should_be_is_no_process() {
        for text in [
            "",
            "7 (m",
            "7 m) S",
            "7 (m) S 1 2 3",
            &stat("m", "x", "0", 1),
            &stat("m", "-1", "0", 1),
        ] {
            let (_folder, root) = tree(text);
            assert_eq!(ProcessState::read(&root, 7), None, "{text}");
        }
        let (_folder, root) = tree(&stat("m", &u64::MAX.to_string(), "1", 1));
        assert_eq!(ProcessState::read(&root, 7), None);
    }

    #[test]
    fn this_process_is_found() {
        let state = ProcessState::read(&Root::default(), std::process::id()).unwrap();
        assert!(state.resident_kib.unwrap() > 100 && state.open_files.unwrap() >= 3);
    }
}
