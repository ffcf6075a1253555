//! Whether a Pi slowed its processor, or its supply was weak.
//!
//! Sources: `drivers/firmware/raspberrypi.c` (`get_throttled_show`) and `drivers/hwmon/raspberrypi-hwmon.c` of
//! Raspberry Pi's kernel; the bits are those of `vcgencmd get_throttled`:
//!
//! | bit | now | bit | has happened |
//! |---|---|---|---|
//! | 0 | under-voltage | 16 | under-voltage |
//! | 1 | frequency capped | 17 | frequency capped |
//! | 2 | throttled | 18 | throttled |
//! | 3 | soft temperature limit | 19 | soft temperature limit |
//!
//! What these files tell is what the hwmon driver last heard from the firmware, which it asks every 2 s, and each
//! time it clears the "has happened" bits. So they are up to 2 s old, and bits 16 to 19 mean "during the 2 s before",
//! not "since the start" as `vcgencmd` says on a machine without that driver.
//!
//! `get_throttled` is marked as deprecated: the first reading after a start of the machine leaves a warning with a
//! trace in the kernel's log. There is no other file that has the flags; newer kernels (a Pi 5's) may lack it.

use super::{Root, sysfs};

/// Where the firmware's device is on a Pi 1 to 4, for which one need not list a folder.
const USUAL: &str = "/sys/devices/platform/soc/soc:firmware/get_throttled";
/// Links to every device that the firmware's driver serves: `soc:firmware`, or on a Pi 5 `soc@107c000000:firmware`.
const DRIVER: &str = "/sys/bus/platform/drivers/raspberrypi-firmware";

/// The flags, which the file has in hexadecimal without `0x`.
pub(super) fn throttled(root: &Root) -> Option<u32> {
    flags(&sysfs::text(&root.path(USUAL)).or_else(|| {
        let devices = std::fs::read_dir(root.path(DRIVER)).ok()?;
        devices
            .flatten()
            .find_map(|device| sysfs::text(&device.path().join("get_throttled")))
    })?)
}

fn flags(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    // the parser would take a sign
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| plain)
}

/// Whether the supply's voltage was too low during the last two seconds: `in0_lcrit_alarm` of the chip `rpi_volt`,
/// which every Pi's kernel since 4.19 has, the Pi 5's too.
pub(super) fn under_voltage(root: &Root) -> Option<bool> {
    sysfs::numbered(&root.path("/sys/class/hwmon"), "hwmon")
        .iter()
        .find(|(_, chip)| sysfs::text(&chip.join("name")).as_deref() == Some("rpi_volt"))
        .and_then(
            |(_, chip)| match sysfs::number(&chip.join("in0_lcrit_alarm"))? {
                0u8 => Some(false),
                1 => Some(true),
                _ => None,
            },
        )
}
