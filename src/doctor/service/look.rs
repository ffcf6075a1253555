//! What systemd and the kernel tell of the services.
//!
//! Source: systemctl(1), `show`; org.freedesktop.systemd1(5) for the properties; journalctl(1); proc(5).

use crate::doctor::program::ask;
use crate::system::Root;
use std::fs;

/// So many lines of its log are shown with a service that fails.
const LINES: &str = "3";

/// Who was started again so often, the last time so many seconds ago at most, ends again and again.
const MANY: u64 = 3;
const JUST_NOW_S: u64 = 60;

const PROPERTIES: &str = "LoadState,ActiveState,SubState,Result,NRestarts,ExecMainCode,ExecMainStatus,UnitFileState,\
                          ActiveEnterTimestampMonotonic";

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
    /// For how many seconds it has been active, if it is.
    pub(super) active_s: Option<u64>,
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
pub(in crate::doctor) fn booted_with_systemd(root: &Root) -> bool {
    root.path("/run/systemd/system").is_dir()
}

/// How a service is; none if systemd cannot be asked.
pub(super) fn state(root: &Root, unit: &str) -> Option<State> {
    let text = ask("systemctl", &["show", unit, "-p", PROPERTIES])?;
    let uptime = fs::read_to_string(root.path("/proc/uptime"));
    let mut state = parsed(unit, &text, &uptime.unwrap_or_default())?;
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
        let just_now = self.active_s.is_some_and(|active_s| active_s < JUST_NOW_S);
        self.active == "failed" || self.sub == "auto-restart" || self.restarts >= MANY && just_now
    }
}

/// `uptime` is what `/proc/uptime` has.
fn parsed(unit: &str, text: &str, uptime: &str) -> Option<State> {
    let value = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let word = |name: &str| value(name).unwrap_or_default().to_owned();
    let number = |name: &str| word(name).parse().unwrap_or(0);
    let up_s = uptime
        .split('.')
        .next()
        .and_then(|up| up.parse::<u64>().ok());
    // in microseconds since the machine's start; 0 for never
    let since_s = number("ActiveEnterTimestampMonotonic") / 1_000_000;
    let active_s = up_s
        .filter(|_| since_s > 0)
        .and_then(|up_s| up_s.checked_sub(since_s));
    Some(State {
        active_s: active_s.filter(|_| word("ActiveState") == "active"),
        unit: unit.to_owned(),
        load: value("LoadState")?.to_owned(),
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
        let state = parsed("a.service", text, "").unwrap();
        assert!(state.fails() && !state.by_signal);
        assert_eq!((state.restarts, state.status), (7, 2));
        assert_eq!(
            parsed("a.service", "System has not been booted\n", ""),
            None
        );
        let state = parsed("a.service", "LoadState=not-found\n", "").unwrap();
        assert!(!state.fails() && state.enabled.is_empty());
    }

    #[test]
    fn who_was_started_again_just_now_after_several_times_fails() {
        let fails = |restarts: u64, uptime: &str| {
            let text = format!(
                "LoadState=loaded\nActiveState=active\nNRestarts={restarts}\nActiveEnterTimestampMonotonic=100000000\n"
            );
            parsed("a.service", &text, uptime).unwrap().fails()
        };
        assert!(fails(3, "159.99 300.12\n"));
        assert!(!fails(3, "160.00 300.12\n") && !fails(2, "101.0 1.0\n"));
        // it cannot be known
        assert!(!fails(9, "") && !fails(9, "99.0 1.0\n"));
    }

    #[test]
    fn a_process_of_ours_sleeps_or_runs_and_is_not_replaced() {
        // not this one: of itself an emulated program is told something else
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let (root, pid) = (Root::default(), child.id());
        let found = (process_state(&root, pid), replaced(&root, pid));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(matches!(found, (Some('R' | 'S' | 'D'), false)), "{found:?}");
    }
}
