//! What is wrong with the services.

use super::look::State;
use crate::doctor::case::Case;
use crate::doctor::unit::Unit;
use crate::doctor::{Cure, Findings, Severity};
use crate::runtime::{Report, SILENT};

/// The users and groups that a unit names and that are not there.
pub(super) fn accounts(unit: &Unit, missing: &[String], findings: &mut Findings) {
    if missing.is_empty() {
        return;
    }
    let cause = format!(
        "{} names what this machine does not have: {}; the service cannot start",
        unit.path.display(),
        missing.join(", ")
    );
    let cures = [
        Cure::run("sudo systemd-sysusers"),
        Cure::run("sudo systemctl daemon-reload && sudo systemctl restart mqtt-thing"),
    ];
    findings.tell("account-missing", Severity::Broken, cause, cures);
}

/// The thing's service.
pub(super) fn service(state: &State, case: &Case<'_>, findings: &mut Findings) {
    if state.load == "not-found" {
        let cause =
            "no service of the thing is installed: it runs only while somebody runs it by hand";
        let cures = [
            Cure::run("sudo apt install ./mqtt-thing_*.deb"),
            Cure::advise("or `deploy/deploy.sh pi@HOST --topology FILE` from another machine"),
        ];
        return findings.tell("service-not-installed", Severity::Note, cause, cures);
    }
    if state.load == "masked" {
        let cause = "the service is masked: nothing can start it";
        let cures = [
            Cure::run("sudo systemctl unmask mqtt-thing"),
            Cure::run("sudo systemctl enable --now mqtt-thing"),
        ];
        return findings.tell("service-not-running", Severity::Broken, cause, cures);
    }
    if state.fails() {
        return failing(state, findings);
    }
    if state.active == "inactive" && case.pid().is_none() {
        let cause = format!("the service does not run ({}, {})", state.active, state.sub);
        let cures = [
            Cure::run("sudo systemctl enable --now mqtt-thing"),
            Cure::run("journalctl -u mqtt-thing -n 30 --no-pager"),
        ];
        return findings.tell("service-not-running", Severity::Broken, cause, cures);
    }
    if state.enabled == "disabled" {
        let cause = "the service runs, but does not begin with the machine (disabled)";
        let cures = [Cure::run("sudo systemctl enable mqtt-thing")];
        findings.tell("service-not-enabled", Severity::Warning, cause, cures);
    }
}

fn failing(state: &State, findings: &mut Findings) {
    let how = ended(state);
    let often = match state.restarts {
        0 => String::new(),
        1 => ", and was started again once".to_owned(),
        times => format!(", and was started again {times} times"),
    };
    let log = match state.log.as_slice() {
        [] => "; its log cannot be read here, `sudo mqtt-thing doctor` may".to_owned(),
        lines => format!("; its log ends with: {}", lines.join(" | ")),
    };
    let mut cures = vec![Cure::run("journalctl -u mqtt-thing -n 30 --no-pager")];
    cures.extend(mends(state).into_iter().map(Cure::run));
    cures.push(Cure::run(format!("sudo systemctl restart {}", name(state))));
    let cause = match (state.active.as_str(), state.active_s) {
        ("active", Some(active_s)) => format!(
            "the service {} ends again and again: it was started again {} times, the last time {active_s} s ago{log}",
            name(state),
            state.restarts
        ),
        _ => format!("the service {} {how}{often}{log}", name(state)),
    };
    findings.tell("service-failing", Severity::Broken, cause, cures);
}

fn name(state: &State) -> &str {
    state.unit.strip_suffix(".service").unwrap_or(&state.unit)
}

/// How its process ended. Source: systemd.exec(5), "Process Exit Codes", for those from 200 on.
fn ended(state: &State) -> String {
    match (state.result.as_str(), state.status) {
        ("watchdog", _) => "gave no sign of life to the watchdog and was ended".to_owned(),
        ("oom-kill", _) => "was ended because the memory was used up".to_owned(),
        ("timeout", _) => "did not start or stop in time".to_owned(),
        (_, signal) if state.by_signal => format!("was ended by signal {signal}"),
        (_, 2) => "ended with exit code 2: its file or its command line cannot be used".to_owned(),
        (_, 203) => "could not start: its program is missing or not for this processor (203/EXEC)"
            .to_owned(),
        (_, 217) => "could not start: its user does not exist (217/USER)".to_owned(),
        (_, 216) => "could not start: one of its groups does not exist (216/GROUP)".to_owned(),
        (_, 226) => "could not start: a folder that its unit names does not exist (226/NAMESPACE)"
            .to_owned(),
        (_, 243) => "could not start: its credentials cannot be read (243/CREDENTIALS)".to_owned(),
        (_, 238) => {
            "could not start: its state folder cannot be made (238/STATE_DIRECTORY)".to_owned()
        }
        (result, code) => format!("ended with exit code {code} ({result})"),
    }
}

fn mends(state: &State) -> Vec<&'static str> {
    if state.by_signal {
        return Vec::new();
    }
    match state.status {
        2 => vec!["mqtt-thing check /etc/mqtt-thing/topology.toml"],
        203 => vec!["file -L /usr/bin/mqtt-thing; dpkg --print-architecture"],
        216 | 217 => vec!["sudo systemd-sysusers"],
        226 | 238 => vec!["sudo systemd-tmpfiles --create"],
        _ => Vec::new(),
    }
}

/// The runner's service, where there is work for it.
pub(super) fn runner(state: &State, findings: &mut Findings) {
    if state.active == "active" || state.active == "activating" && !state.fails() {
        return;
    }
    let mut cause = format!(
        "the runner's service does not run ({}, {}), so that no command is carried out",
        state.active, state.sub
    );
    if state.fails() {
        cause.push_str(&format!(": it {}", ended(state)));
    }
    if !state.log.is_empty() {
        cause.push_str(&format!("; its log ends with: {}", state.log.join(" | ")));
    }
    let cures = [
        Cure::run("sudo systemctl enable --now mqtt-thing-runner"),
        Cure::run("journalctl -u mqtt-thing-runner -n 30 --no-pager"),
    ];
    findings.tell("runner-not-running", Severity::Broken, cause, cures);
}

/// A process that runs.
pub(super) struct Alive<'a> {
    pub(super) report: &'a Report,
    /// In Unix seconds.
    pub(super) now: u64,
    pub(super) state: Option<char>,
    pub(super) replaced: bool,
}

/// Whether it is this program, and does anything.
pub(super) fn alive(its: &Alive<'_>, findings: &mut Findings) {
    let Report {
        pid,
        version,
        written_at,
        ..
    } = its.report;
    let restart = || Cure::run("sudo systemctl restart mqtt-thing");
    let silent = its.now.saturating_sub(*written_at);
    if silent > SILENT.as_secs() {
        let (state, cure) = match its.state {
            Some('T' | 't') => (
                "it was stopped by a signal",
                Some(Cure::run(format!("sudo kill -CONT {pid}"))),
            ),
            Some('D') => (
                "it waits in the kernel, as for a bus that hangs",
                Some(Cure::run("sudo reboot")),
            ),
            _ => ("its process is there and does nothing", None),
        };
        let cause = format!(
            "process {pid} has told nothing for {silent} s, and should every 30 s: {state}"
        );
        let mut cures: Vec<Cure> = cure.into_iter().collect();
        cures.push(restart());
        return findings.tell("thing-frozen", Severity::Broken, cause, cures);
    }
    let own = env!("CARGO_PKG_VERSION");
    if version != own || its.replaced {
        let cause = match version != own {
            true => format!("version {version} runs (process {pid}), and {own} is installed"),
            false => format!("the program of process {pid} was replaced after it started"),
        };
        findings.tell("restart-needed", Severity::Warning, cause, [restart()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_end_has_its_words() {
        let told = |result: &str, by_signal, status| {
            ended(&State {
                result: result.to_owned(),
                by_signal,
                status,
                ..State::default()
            })
        };
        assert!(told("watchdog", true, 6).contains("watchdog"));
        assert_eq!(told("signal", true, 4), "was ended by signal 4");
        assert!(told("exit-code", false, 203).contains("not for this processor"));
        assert_eq!(
            told("exit-code", false, 1),
            "ended with exit code 1 (exit-code)"
        );
    }
}
