//! What is seen of a bus and its board.

use crate::board::{BusCounters, BusLock, Firmware, Holder, OpenError, rpi, survey};
use crate::doctor::case::Case;
use crate::doctor::unit::{Account, Group};
use crate::runtime::{FaultyResource, Report};
use crate::system::Root;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// How often each port is read: 200 commands and more.
const ROUNDS: u32 = 20;

/// A bus, and what is on it.
#[derive(Debug)]
pub(super) struct Facts {
    /// Its number.
    pub(super) bus: u8,
    /// Its device file.
    pub(super) device: PathBuf,
    pub(super) seen: Seen,
}

#[derive(Debug)]
pub(super) enum Seen {
    NoDevice(NoDevice),
    /// The thing's user may not use the device.
    Forbidden(Forbidden),
    /// Another program has it.
    Held(Option<Holder>),
    /// It cannot be used at all.
    Unusable(String),
    /// The board does not answer.
    Silent(String),
    /// It answers.
    Answers(Answers),
    /// Nothing can be said, and why.
    Unknown(String),
}

/// Why there may be no device.
#[derive(Debug, Default)]
pub(super) struct NoDevice {
    /// The other buses that there are.
    pub(super) others: Vec<u8>,
    /// Whether the kernel has the bus itself.
    pub(super) adapter: bool,
    /// The firmware's settings, if there are any, and whether they switch I2C on.
    pub(super) config: Option<(PathBuf, bool)>,
}

/// A device that may not be used.
#[derive(Debug)]
pub(super) struct Forbidden {
    pub(super) account: Account,
    /// Whether that is a service's.
    pub(super) service: bool,
    /// The name of the group that may, or its number.
    pub(super) group: String,
    pub(super) mode: u32,
    /// Whether that group may at all.
    pub(super) group_may: bool,
}

/// A board that answers.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) firmware: Option<String>,
    pub(super) counters: BusCounters,
    /// Whether a running thing told all that.
    pub(super) told: bool,
    pub(super) faults: Vec<FaultyResource>,
}

pub(super) fn look(case: &Case<'_>, bus: u8) -> Facts {
    let root = case.root();
    let device = root.path(&format!("/dev/i2c-{bus}"));
    let seen = match &case.running {
        Some(report) => told(report),
        None => seen(case, bus, &device),
    };
    Facts { bus, device, seen }
}

/// What a running thing tells.
fn told(report: &Report) -> Seen {
    let Some(board) = &report.board else {
        return Seen::Unknown(
            "the running thing tells of no board: its file has changed since it started".to_owned(),
        );
    };
    if !board.up {
        let why = board.error.clone();
        return match why {
            Some(why) => Seen::Silent(why),
            None => Seen::Unknown("the running thing has not asked its board yet".to_owned()),
        };
    }
    let bus = &report.health["bus"];
    let count = |name: &str| bus[name].as_u64().unwrap_or(0);
    Seen::Answers(Answers {
        firmware: board.firmware.clone(),
        counters: BusCounters {
            transfers: count("transfers"),
            retries: count("retries"),
            failures: count("failures"),
            ..BusCounters::default()
        },
        told: true,
        faults: report.faults.clone(),
    })
}

fn seen(case: &Case<'_>, bus: u8, device: &PathBuf) -> Seen {
    if !device.exists() {
        return Seen::NoDevice(no_device(case.root(), bus));
    }
    if let Some(forbidden) = forbidden(case, device) {
        return Seen::Forbidden(forbidden);
    }
    if let Some(pid) = case.by_hand {
        return Seen::Unknown(format!(
            "the thing runs (process {pid}) and leaves no report, so its board is not touched; stop it, or let the service run it"
        ));
    }
    // where it lies under another root, the lock is there and the bus here
    match BusLock::take(device).map(drop) {
        Ok(()) => {}
        Err(error) => return refused(case, error, device),
    }
    let mut board = match rpi::open(bus, None) {
        Ok(board) => board,
        Err(error) => return refused(case, error, device),
    };
    let survey = survey(&mut board, ROUNDS);
    match survey.firmware {
        Ok(firmware) => Seen::Answers(Answers {
            firmware: Some(Firmware::to_string(&firmware)),
            counters: survey.counters,
            ..Answers::default()
        }),
        Err(error) => Seen::Silent(error.to_string()),
    }
}

fn refused(case: &Case<'_>, error: OpenError, device: &PathBuf) -> Seen {
    match error {
        OpenError::Missing { .. } => Seen::NoDevice(NoDevice::default()),
        OpenError::Forbidden { .. } if case.account.name.is_some() => Seen::Unknown(format!(
            "this user may not use {}; `sudo mqtt-thing doctor` may",
            device.display()
        )),
        OpenError::Forbidden { .. } => Seen::Forbidden(access(case, device)),
        OpenError::Held { holder, .. } => match holder {
            Some(Holder {
                pid,
                name: Some(name),
            }) if name == "mqtt-thing" => Seen::Unknown(format!(
                "process {pid} ({name}) has the bus, and is no service that leaves a report"
            )),
            holder => Seen::Held(holder),
        },
        error => Seen::Unusable(error.to_string()),
    }
}

/// Whether the thing's user may not use the device.
fn forbidden(case: &Case<'_>, device: &PathBuf) -> Option<Forbidden> {
    let its = fs::metadata(device).ok()?;
    let may = case.account.may(6, (its.uid(), its.gid(), its.mode()));
    (!may).then(|| access(case, device))
}

fn access(case: &Case<'_>, device: &PathBuf) -> Forbidden {
    let its = fs::metadata(device).ok();
    let (gid, mode) = its.map_or((0, 0), |its| (its.gid(), its.mode() & 0o777));
    let groups = Group::all(case.root());
    let named = groups.into_iter().find(|group| group.gid == gid);
    Forbidden {
        account: case.account.clone(),
        service: case.unit.is_some(),
        group: named.map_or_else(|| gid.to_string(), |group| group.name),
        mode,
        group_may: mode & 0o060 == 0o060,
    }
}

/// What drives GPIO lines, if the thing's user may not use it. Source: rppal, `gpio/mem.rs`: a Pi 5 has the second one.
pub(super) fn forbidden_gpio(case: &Case<'_>) -> Option<(PathBuf, Forbidden)> {
    let devices = ["/dev/gpiomem", "/dev/gpiomem0"].map(|path| case.root().path(path));
    let device = devices.into_iter().find(|path| path.exists())?;
    let forbidden = forbidden(case, &device)?;
    Some((device, forbidden))
}

fn no_device(root: &Root, bus: u8) -> NoDevice {
    let numbers = |folder: &str| -> Vec<u8> {
        let entries = fs::read_dir(root.path(folder)).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names
            .filter_map(|name| name.strip_prefix("i2c-")?.parse().ok())
            .collect()
    };
    let configs = ["/boot/firmware/config.txt", "/boot/config.txt"].map(|path| root.path(path));
    let config = configs.into_iter().find_map(|path| {
        let text = fs::read_to_string(&path).ok()?;
        Some((path, switches_i2c_on(&text)))
    });
    NoDevice {
        others: numbers("/dev"),
        adapter: numbers("/sys/bus/i2c/devices").contains(&bus),
        config,
    }
}

/// Whether the firmware's settings switch a bus on: the last `dtparam` that speaks of it, or a bus that the kernel drives
/// itself. Source: Raspberry Pi's `overlays/README`, `i2c_arm` with its other names, `i2c-gpio`; config.txt's form.
fn switches_i2c_on(text: &str) -> bool {
    let mut on = false;
    let lines = || text.lines().map(str::trim);
    let settings = lines()
        .filter_map(|line| line.strip_prefix("dtparam="))
        .flat_map(|settings| settings.split(','));
    for setting in settings {
        let (name, value) = setting.split_once('=').unwrap_or((setting, "on"));
        if matches!(name.trim(), "i2c_arm" | "i2c" | "i2c1") {
            on = !matches!(value.trim(), "off" | "no" | "false" | "0");
        }
    }
    on || lines().any(|line| line.starts_with("dtoverlay=i2c-gpio"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_setting_that_speaks_of_the_bus_counts() {
        for (text, on) in [
            ("", false),
            ("#dtparam=i2c_arm=on\n", false),
            ("dtparam=i2c_arm=on\n", true),
            ("dtparam=audio=on,i2c\n", true),
            ("dtparam=i2c_arm=on\ndtparam=i2c_arm=off", false),
            ("dtparam=i2c_arm_baudrate=50000\n", false),
            ("#dtparam=i2c_arm=on\ndtoverlay=i2c-gpio,bus=1\n", true),
        ] {
            assert_eq!(switches_i2c_on(text), on, "{text:?}");
        }
    }
}
