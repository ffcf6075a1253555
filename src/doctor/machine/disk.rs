//! Room on the file systems that a thing writes to, and whether they can be written to.

use crate::doctor::case::Case;
use crate::doctor::{Cure, Findings, Severity};
use rustix::fs::{StatVfsMountFlags, stat, statvfs};
use std::path::{Path, PathBuf};

const MIB: u64 = 1 << 20;
/// Below that a journal cannot be written for long.
const NOTHING: u64 = 20 * MIB;
/// Below that it is time to do something.
const LITTLE: u64 = 200 * MIB;

/// A file system.
struct Disk {
    /// The folder for which it is looked at.
    path: PathBuf,
    free: u64,
    size: u64,
    /// Files that it can still take; none where that is not counted.
    files: Option<u64>,
    read_only: bool,
}

impl Disk {
    fn of(path: &Path) -> Option<Self> {
        let its = statvfs(path).ok()?;
        Some(Self {
            path: path.to_owned(),
            free: its.f_bavail.saturating_mul(its.f_frsize),
            size: its.f_blocks.saturating_mul(its.f_frsize),
            files: (its.f_files > 0).then_some(its.f_favail),
            read_only: its.f_flag.contains(StatVfsMountFlags::RDONLY),
        })
    }

    fn judge(&self, findings: &mut Findings) {
        let shown = self.path.display();
        let cures = || {
            [
                Cure::run("sudo apt clean && sudo journalctl --vacuum-size=50M"),
                Cure::run(format!("sudo du -xh {shown} | sort -h | tail")),
            ]
        };
        if self.read_only {
            let cause = format!(
                "{shown} is on a file system that is mounted read-only: after an error of the card the kernel does that, else \
                 /etc/fstab or the overlay file system"
            );
            let cures = [
                Cure::run("journalctl -k -b | grep -i -e mmc -e ext4"),
                Cure::run("sudo mount -o remount,rw /"),
                Cure::run("sudo raspi-config nonint disable_overlayfs"),
            ];
            return findings.tell("disk-read-only", Severity::Broken, cause, cures);
        }
        let percent = 100 * (self.size - self.free.min(self.size)) / self.size.max(1);
        let cause = format!(
            "{shown} is on a file system that is {percent} % full: {} MiB of {} are free",
            self.free / MIB,
            self.size / MIB
        );
        if self.free < NOTHING {
            findings.tell("disk-full", Severity::Broken, cause, cures());
        } else if self.files == Some(0) {
            let cause = format!(
                "the file system of {shown} takes no more files: it has too many small ones"
            );
            findings.tell("disk-full", Severity::Broken, cause, cures());
        } else if self.free < LITTLE {
            findings.tell("disk-full", Severity::Warning, cause, cures());
        }
    }
}

/// The file system of the root and that of the state, once if it is the same.
pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    let top = case.root().path("/");
    let state = case.state().and_then(|state| {
        let there = state.ancestors().find(|path| path.exists())?;
        Some(there.to_owned())
    });
    let device = |path: &Path| stat(path).ok().map(|its| its.st_dev);
    let own = state.filter(|state| device(state) != device(&top));
    for path in own.iter().chain([&top]) {
        if let Some(disk) = Disk::of(path) {
            disk.judge(findings);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::tests::rules;

    #[test]
    fn a_disk_is_full_before_its_last_byte_is_taken() {
        let told = |free, files, read_only| {
            let disk = Disk {
                path: "/var".into(),
                free,
                size: 4096 * MIB,
                files,
                read_only,
            };
            let mut findings = Findings::default();
            disk.judge(&mut findings);
            let found = findings.sorted();
            found
                .first()
                .map(|finding| (finding.rule, finding.severity))
        };
        assert_eq!(told(LITTLE, Some(1), false), None);
        assert_eq!(
            told(LITTLE - 1, None, false),
            Some(("disk-full", Severity::Warning))
        );
        assert_eq!(
            told(NOTHING - 1, None, false),
            Some(("disk-full", Severity::Broken))
        );
        assert_eq!(
            told(LITTLE, Some(0), false),
            Some(("disk-full", Severity::Broken))
        );
        assert_eq!(
            told(0, Some(0), true),
            Some(("disk-read-only", Severity::Broken))
        );
        let found = rules(|findings| {
            if let Some(disk) = Disk::of(Path::new("/proc")) {
                disk.judge(findings);
            }
        });
        assert!(found.len() <= 1);
    }
}
