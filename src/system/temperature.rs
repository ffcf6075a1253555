//! How warm the processor is. Sources: the kernel's Documentation/driver-api/thermal/sysfs-api.rst (`temp`) and
//! Documentation/hwmon/sysfs-interface.rst (`temp1_input`), both in thousandths of a degree Celsius.

use super::{Root, sysfs};
use std::path::Path;

/// The names by which hwmon drivers of processors go: a Pi's, Intel's, AMD's.
const PROCESSORS: &[&str] = &["cpu_thermal", "soc_thermal", "coretemp", "k10temp"];

/// The temperature in degrees Celsius: that of the first thermal zone, which is the processor's on every Pi; where
/// there is no zone, that of a processor's hwmon chip. What no processor survives to report is absent.
pub(super) fn temperature(root: &Root) -> Option<f64> {
    degrees(&root.path("/sys/class/thermal/thermal_zone0/temp")).or_else(|| {
        sysfs::numbered(&root.path("/sys/class/hwmon"), "hwmon")
            .iter()
            .find_map(|(_, chip)| {
                let name = sysfs::text(&chip.join("name"))?;
                PROCESSORS.contains(&name.as_str()).then_some(())?;
                degrees(&chip.join("temp1_input"))
            })
    })
}

fn degrees(path: &Path) -> Option<f64> {
    let thousandths: i64 = sysfs::number(path)?;
    (-60_000..=200_000)
        .contains(&thousandths)
        .then(|| thousandths as f64 / 1000.0)
}
