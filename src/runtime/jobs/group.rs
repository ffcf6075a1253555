//! The process group of a job.
//!
//! # Why a signal never meets a stranger
//!
//! A number is given out again only when neither a process nor a group has it. The main process leads the group, so the
//! two numbers are one; and it is collected (`wait4`) last of all, when no signal will be sent any more. Until then it
//! exists, if only as a zombie, and the number is taken. Should the kernel collect it by itself, because whoever started
//! the thing had SIGCHLD ignored, this does not hold; no supervisor does that.
//!
//! # Who is not reached
//!
//! Whoever left the group (`setsid`, the job control of a shell), and processes of another user, unless we are root.
//! The former end with the thing's unit at the latest: systemd ends the whole control group. No more than that can be
//! had without a control group per job.

use crate::system::Root;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs;
use std::path::Path;

/// Sends TERM, and CONT so that stopped processes take it.
pub(super) fn term(group: Pid) -> Result<(), Errno> {
    kill_process_group(group, Signal::TERM)?;
    kill_process_group(group, Signal::CONT)
}

/// Sends KILL.
pub(super) fn kill(group: Pid) -> Result<(), Errno> {
    kill_process_group(group, Signal::KILL)
}

/// Whether no process of the group is left but its leader, and zombies that others have to collect. `kill(-group, 0)`
/// would not tell, because the leader counts. Not alone, when `/proc` does not tell either.
pub(super) fn is_alone(leader: Pid, root: &Root) -> bool {
    let leader = leader.as_raw_nonzero().get();
    let Ok(processes) = fs::read_dir(root.path("/proc")) else {
        return false;
    };
    !processes.flatten().any(|entry| {
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        pid.is_some_and(|pid: i32| pid != leader && lives_in(&entry.path(), leader))
    })
}

/// Source: proc(5), `/proc/PID/stat`: number, name in parentheses, state, parent, group. A name may hold anything, also
/// a parenthesis.
fn lives_in(process: &Path, group: i32) -> bool {
    let Ok(stat) = fs::read(process.join("stat")) else {
        return false;
    };
    let Some(end) = stat.iter().rposition(|byte| *byte == b')') else {
        return false;
    };
    let fields = String::from_utf8_lossy(&stat[end + 1..]);
    let mut fields = fields.split_ascii_whitespace();
    let (state, _parent, its_group) = (fields.next(), fields.next(), fields.next());
    !matches!(state, Some("Z" | "X") | None)
        && its_group.and_then(|group| group.parse().ok()) == Some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(processes: &[(i32, &str)]) -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().unwrap();
        for (pid, stat) in processes {
            let process = folder.path().join(format!("proc/{pid}"));
            fs::create_dir_all(&process).unwrap();
            fs::write(process.join("stat"), format!("{pid} {stat}")).unwrap();
        }
        let root = Root::at(folder.path());
        (folder, root)
    }

    #[test]
    fn the_leader_and_zombies_and_other_groups_do_not_count() {
        let leader = Pid::from_raw(50).unwrap();
        let others = [
            (50, "(sh) S 1 50 50 0"),
            (51, "(sleep) Z 50 50 50 0"),
            (52, "(sleep) S 50 52 50 0"),
        ];
        let (_folder, root) = machine(&others);
        assert!(is_alone(leader, &root));
        let (_folder, root) = machine(&[(53, "(a) b) S 1 2) R 50 50 50 0")]);
        assert!(!is_alone(leader, &root));
        assert!(!is_alone(leader, &Root::at("/nope")));
    }
}
