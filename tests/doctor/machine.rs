//! Faults of the machine.

use crate::matrix::{Row, row};
use crate::patient::Patient;
use crate::support::SmallDisk;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, SystemTime};

const STATE: &str = "/var/lib/mqtt-thing";
const FLAGS: &str = "/sys/devices/platform/soc/soc:firmware/get_throttled";

/// A small disk in the place of the state folder.
fn disk(patient: &Patient) -> Option<SmallDisk> {
    let disk = SmallDisk::mount(256)?;
    fs::remove_dir_all(patient.path(STATE)).unwrap();
    symlink(disk.path(), patient.path(STATE)).unwrap();
    patient.mode(STATE, 0o700);
    patient.ours(STATE);
    Some(disk)
}

pub(crate) const ROWS: &[Row] = &[
    row(
        "no time server has answered",
        "clock-not-synchronised",
        |patient| {
            patient.remove("/run/systemd/timesync/synchronized");
            true
        },
    ),
    row(
        "the clock is behind what it was",
        "clock-wrong",
        |patient| {
            let clock = "/var/lib/systemd/timesync/clock";
            patient.put(clock, "");
            let file = fs::File::options()
                .write(true)
                .open(patient.path(clock))
                .unwrap();
            file.set_modified(SystemTime::now() + Duration::from_secs(86_400))
                .unwrap();
            true
        },
    ),
    row("the supply is too weak now", "under-voltage", |patient| {
        patient.put("/sys/class/hwmon/hwmon0/in0_lcrit_alarm", "1\n");
        patient.put(FLAGS, "50005\n");
        true
    }),
    row(
        "the supply was too weak a moment ago",
        "under-voltage",
        |patient| {
            patient.put(FLAGS, "10000\n");
            true
        },
    ),
    row("the processor is hot", "too-hot", |patient| {
        patient.put("/sys/class/thermal/thermal_zone0/temp", "83214\n");
        patient.put(FLAGS, "80008\n");
        true
    }),
    row("the firmware slows the processor", "throttled", |patient| {
        patient.put(FLAGS, "4\n");
        true
    }),
    row("a disk that is really full", "disk-full", |patient| {
        let Some(disk) = disk(patient) else {
            return false;
        };
        disk.fill();
        patient.ours(&format!("{STATE}/filler"));
        patient.keep(disk);
        true
    }),
    row(
        "a disk that is really read-only",
        "disk-read-only",
        |patient| {
            let Some(disk) = disk(patient) else {
                return false;
            };
            let remounted = Command::new("mount")
                .args(["-o", "remount,ro"])
                .arg(disk.path())
                .status();
            patient.keep(disk);
            remounted.is_ok_and(|status| status.success())
        },
    ),
    row(
        "the kernel counts no memory of services",
        "memory-cgroup-off",
        |patient| {
            patient.put("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n");
            true
        },
    ),
    row(
        "the kernel noted a low voltage",
        "under-voltage-earlier",
        |patient| {
            patient.running(|_| {});
            patient.log(
                "-b",
                "hwmon hwmon1: Undervoltage detected!\nhwmon hwmon1: Undervoltage detected!\n",
            );
            true
        },
    ),
    row(
        "the kernel noted a card that fails",
        "card-errors",
        |patient| {
            patient.running(|_| {});
            patient.log("-b", "EXT4-fs error (device mmcblk0p2): ext4_lookup:1855: inode #9: comm sh: deleted inode\n");
            true
        },
    ),
    row(
        "the kernel ended a process for its memory",
        "out-of-memory",
        |patient| {
            patient.running(|_| {});
            patient.log(
                "-b",
                "Out of memory: Killed process 812 (stress-ng-vm) total-vm:4000000kB\n",
            );
            true
        },
    ),
    row("a Pi Zero", "armv6", |patient| {
        patient.put(
            "/proc/cpuinfo",
            "model name\t: ARMv6-compatible processor rev 7 (v6l)\n",
        );
        true
    }),
];
