//! The machine: its clock, its power, its warmth, its disk, its processor.

mod disk;
mod kernel_log;
mod power;

use super::case::Case;
use super::service::booted_with_systemd;
use super::{Cure, Findings, Severity};
use crate::system::{Root, clock_synchronised};
use rustix::process::geteuid;
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// This program is newer than the first of January 2026: a clock before that is wrong.
const SOURCES: Duration = Duration::from_secs(1_767_225_600);
/// Where timesyncd notes by its file's time how late it has been. Source: systemd-timesyncd.service(8).
const LATEST: &str = "/var/lib/systemd/timesync/clock";
/// That note is a little ahead of a clock that was just set back by a server.
const TOLERANCE: Duration = Duration::from_secs(120);

const YEAR_S: u64 = 31_556_952;

/// Looks at the machine.
pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    let root = case.root();
    let latest = fs::metadata(root.path(LATEST)).and_then(|its| its.modified());
    let clock = Clock {
        now: SystemTime::now(),
        latest: latest.ok(),
        synchronised: clock_synchronised(root),
    };
    clock.judge(findings);
    power::examine(root, findings);
    disk::examine(case, findings);
    if booted_with_systemd(root) && !kernel_log::examine(findings) && !geteuid().is_root() {
        let reason = "only root and the group adm may read it, or there is nothing in it; `sudo mqtt-thing doctor` knows";
        findings.skip("kernel's log", reason);
    }
    if armv6(root) {
        let cause = "the processor is an ARMv6 (Pi 1, Zero, Zero W); packages of this program are built for ARMv7 and newer";
        let cures = [Cure::advise("use a Pi 2 or newer, or a Zero 2 W")];
        findings.tell("armv6", Severity::Warning, cause, cures);
    }
    let limits = case.runner.is_some() && case.executors().next().is_some();
    if limits && memory_is_uncounted(root) {
        let cause = "the kernel counts no memory of services (no `memory` in /sys/fs/cgroup/cgroup.controllers): the limit of the \
                     runner's unit does nothing, and a job can use all of it up";
        let cures = [
            Cure::run("sudo sed -i 's/$/ cgroup_enable=memory/' /boot/firmware/cmdline.txt"),
            Cure::run("sudo reboot"),
        ];
        findings.tell("memory-cgroup-off", Severity::Note, cause, cures);
    }
}

/// What is known of the time.
struct Clock {
    now: SystemTime,
    /// It has been as late as that before.
    latest: Option<SystemTime>,
    synchronised: Option<bool>,
}

impl Clock {
    fn judge(&self, findings: &mut Findings) {
        let behind = self
            .latest
            .and_then(|latest| latest.duration_since(self.now).ok())
            .filter(|behind| *behind > TOLERANCE);
        let cures = || {
            [
                Cure::run("sudo timedatectl set-ntp true"),
                Cure::run("timedatectl timesync-status"),
                Cure::advise(
                    "see that the network lets NTP through (UDP port 123), or name a server of your own as `NTP=` in \
                     /etc/systemd/timesyncd.conf",
                ),
            ]
        };
        let wrong = if self.now < UNIX_EPOCH + SOURCES {
            let since = self.now.duration_since(UNIX_EPOCH).unwrap_or_default();
            let year = 1970 + since.as_secs() / YEAR_S;
            Some(format!(
                "it is in the year {year}, before this program was written"
            ))
        } else {
            behind.map(|behind| {
                let hours = behind.as_secs_f64() / 3600.0;
                format!("it is {hours:.1} h behind what it has been before, as {LATEST} shows")
            })
        };
        if let Some(how) = wrong {
            let cause = format!(
                "the clock is wrong: {how}; certificates and signed commands will be taken for invalid"
            );
            findings.tell("clock-wrong", Severity::Broken, cause, cures());
        } else if self.synchronised == Some(false) {
            let cause = "no time server has set the clock since the start (no /run/systemd/timesync/synchronized): a Pi starts \
                         with the time of its last stop";
            findings.tell("clock-not-synchronised", Severity::Warning, cause, cures());
        }
    }
}

/// Whether the processor is too old. Source: the kernel's `arch/arm/kernel/setup.c`, `c_show`.
fn armv6(root: &Root) -> bool {
    let text = fs::read_to_string(root.path("/proc/cpuinfo")).unwrap_or_default();
    text.lines()
        .any(|line| line.starts_with("model name") && line.contains("ARMv6"))
}

/// Whether cgroups are there, and the one for memory is not. Source: the kernel's cgroup-v2, "Controllers"; Raspberry Pi's
/// kernel has it off unless its command line says otherwise.
fn memory_is_uncounted(root: &Root) -> bool {
    let controllers = fs::read_to_string(root.path("/sys/fs/cgroup/cgroup.controllers"));
    controllers.is_ok_and(|text| !text.split_ascii_whitespace().any(|word| word == "memory"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::tests::rules;

    #[test]
    fn a_clock_is_wrong_before_this_program_and_before_what_it_was_itself() {
        let told = |now: Duration, latest: Option<Duration>, synchronised| {
            let clock = Clock {
                now: UNIX_EPOCH + now,
                latest: latest.map(|latest| UNIX_EPOCH + latest),
                synchronised,
            };
            rules(|findings| clock.judge(findings))
        };
        let day = Duration::from_secs(86_400);
        assert_eq!(told(day, None, Some(false)), ["clock-wrong"]);
        assert_eq!(told(SOURCES - day, None, None), ["clock-wrong"]);
        assert_eq!(told(SOURCES, None, None), [""; 0]);
        assert_eq!(told(SOURCES, Some(SOURCES + TOLERANCE), None), [""; 0]);
        assert_eq!(told(SOURCES, Some(SOURCES + day), None), ["clock-wrong"]);
        assert_eq!(told(SOURCES, None, Some(false)), ["clock-not-synchronised"]);
        assert_eq!(told(SOURCES, Some(SOURCES), Some(true)), [""; 0]);
    }
}
