//! What systemd and the kernel tell of the services.
//!
//! Source: systemctl(1), `show`; org.freedesktop.systemd1(5) for the properties; journalctl(1); proc(5).

use crate::doctor::program::ask;
use crate::system::Root;
use std::collections::BTreeMap;
use std::fs;

/// So many lines of its log are shown with a service that fails.
const LINES: &str = "3";

const PROPERTIES: &str =
    "LoadState,ActiveState,SubState,Result,NRestarts,ExecMainCode,ExecMainStatus,UnitFileState";

/// A service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Its unit, such as `mqtt-thing.service`.
    pub(super) unit: String,
    /// `loaded`, `not-found`, `masked`, `bad-setting`, ..
    pub(super) load: String,
    /// `active`, `inactive`, `failed`, `activating`, ..
    pub(super) active: String,
    /// `running`, `dead`, `auto-restart`, ..
    pub(super) sub: String,
    /// Why it ended: `success`, `exit-code`, `signal`, `watchdog`, `oom-kill`, ..
    pub(super) result: String,
    /// How often it was started again by itself.
    pub(super) restarts: u64,
    /// Whether [`Self::status`] is a signal's number.
    pub(super) by_signal: bool,
    /// The exit code of its last process, or the signal that ended it.
    pub(super) status: u64,
    /// `enabled`, `disabled`, `static`, `masked`, ..
    pub(super) enabled: String,
    /// The last lines of its log.
    pub(super) log: Vec<String>,
}

/// Whether systemd runs this machine. Source: sd_booted(3).
pub(super) fn booted_with_systemd(root: &Root) -> bool {
    root.path("/run/systemd/system").is_dir()
}

/// How a service is; none if systemd cannot be asked.
pub(super) fn state(unit: &str) -> Option<State> {
    let text = ask("systemctl", &["show", unit, "-p", PROPERTIES])?;
    let mut state = parsed(unit, &text)?;
    if state.fails() {
        let text = ask(
            "journalctl",
            &["-u", unit, "-n", LINES, "-o", "cat", "--no-pager", "-q"],
        );
        let text = text.unwrap_or_default();
        state.log = text.lines().map(str::to_owned).collect();
    }
    Some(state)
}

impl State {
    /// Whether it ends again and again, or has given up.
    pub(super) fn fails(&self) -> bool {
        self.active == "failed" || self.sub == "auto-restart"
    }
}

fn parsed(unit: &str, text: &str) -> Option<State> {
    let values: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.trim().split_once('='))
        .collect();
    let word = |name: &str| values.get(name).copied().unwrap_or_default().to_owned();
    let number = |name: &str| word(name).parse().unwrap_or(0);
    Some(State {
        unit: unit.to_owned(),
        load: values.get("LoadState")?.to_string(),
        active: word("ActiveState"),
        sub: word("SubState"),
        result: word("Result"),
        restarts: number("NRestarts"),
        // CLD_KILLED and CLD_DUMPED of waitid(2)
        by_signal: matches!(number("ExecMainCode"), 2 | 3),
        status: number("ExecMainStatus"),
        enabled: word("UnitFileState"),
        log: Vec::new(),
    })
}

/// The state of a process, as the letter of proc(5): `S` sleeps, `D` waits in the kernel, `T` is stopped.
pub(super) fn process_state(root: &Root, pid: u32) -> Option<char> {
    let text = fs::read_to_string(root.path(&format!("/proc/{pid}/stat"))).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    rest.trim_start().chars().next()
}

/// Whether the program of a process has been replaced since it started.
pub(super) fn replaced(root: &Root, pid: u32) -> bool {
    let program = fs::read_link(root.path(&format!("/proc/{pid}/exe")));
    program.is_ok_and(|path| path.to_string_lossy().ends_with(" (deleted)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemctl_shows_is_read_and_what_it_does_not_is_empty() {
        let text = "ActiveState=activating\nSubState=auto-restart\nResult=exit-code\nNRestarts=7\nLoadState=loaded\n\
                    ExecMainCode=1\nExecMainStatus=2\nUnitFileState=enabled\n";
        let state = parsed("a.service", text).unwrap();
        assert!(state.fails() && !state.by_signal);
        assert_eq!((state.restarts, state.status), (7, 2));
        assert_eq!(parsed("a.service", "System has not been booted\n"), None);
        let state = parsed("a.service", "LoadState=not-found\n").unwrap();
        assert!(!state.fails() && state.enabled.is_empty());
    }

    #[test]
    fn our_own_process_sleeps_or_runs_and_is_not_replaced() {
        let (root, pid) = (Root::default(), std::process::id());
        assert!(matches!(process_state(&root, pid), Some('R' | 'S')));
        assert!(!replaced(&root, pid));
    }
}
