//! Jobs of an earlier life. A thing that was killed leaves its jobs running, and they would disturb every measurement
//! that follows: each job carries a mark in its environment, by which its processes are found at the next start.
//!
//! Source: proc(5), `/proc/PID/environ`. What a process has made of its environment since, and what other users' processes
//! have in theirs, is not seen.

use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The variable that every job has.
pub(super) const MARK: &str = "MQTT_THING_JOB";

/// Its value: the executor's spool, which no other has.
pub(super) fn mark(spool: &Path) -> OsString {
    spool.as_os_str().to_owned()
}

/// Ends what an earlier life of this executor left running. Returns how many processes that were.
pub(super) fn end(spool: &Path) -> usize {
    let wanted = [MARK.as_bytes(), b"=", spool.as_os_str().as_bytes()].concat();
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return 0;
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let marked = pids.filter(|pid: &i32| {
        let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        *pid != own && environ.split(|byte| *byte == 0).any(|its| its == wanted)
    });
    let ended = marked.filter(|pid| {
        let pid = Pid::from_raw(*pid);
        pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
    });
    ended.count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    #[test]
    fn what_an_earlier_life_left_is_ended_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let sleep = |mark: Option<&Path>| {
            let mut command = Command::new("sleep");
            command.arg("60");
            if let Some(mark) = mark {
                command.env(MARK, super::mark(mark));
            }
            command.spawn().unwrap()
        };
        let other = folder.path().join("other");
        let mut left = sleep(Some(folder.path()));
        let mut others = [sleep(Some(&other)), sleep(None)];
        assert_eq!(end(folder.path()), 1);
        assert_eq!(left.wait().unwrap().signal(), Some(9));
        for child in &mut others {
            assert_eq!(child.try_wait().unwrap(), None, "it is not ours");
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
