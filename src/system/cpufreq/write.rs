//! What is written to a policy's files.

use super::error::CpuFreqError;
use super::policy::Policy;
use std::fs::OpenOptions;
use std::io::Write;

/// The governor by which a frequency is set directly.
pub(super) const USERSPACE: &str = "userspace";

impl Policy {
    /// Writes one of its files, in one piece as sysfs wants it.
    pub(super) fn write(&self, file: &str, value: &str) -> Result<(), CpuFreqError> {
        let path = self.folder.join(file);
        OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(&path)
            .and_then(|mut file| file.write_all(value.as_bytes()))
            .map_err(|source| CpuFreqError::of_write(&path, value, source))
    }

    /// Sets the governor, unless it has it.
    pub(super) fn set_governor(&self, governor: &str) -> Result<(), CpuFreqError> {
        if self.governor()? == governor {
            return Ok(());
        }
        self.write("scaling_governor", governor)?;
        let says = self.governor()?;
        if says == governor {
            return Ok(());
        }
        Err(CpuFreqError::NotTaken {
            path: self.folder.join("scaling_governor"),
            wrote: governor.to_owned(),
            says,
        })
    }

    /// Sets the frequency under the governor `userspace`. It is written also when the file has it already: what the
    /// file shows is what the kernel made of an earlier wish, not that wish.
    pub(super) fn set_speed(&self, khz: u64) -> Result<(), CpuFreqError> {
        self.write("scaling_setspeed", &khz.to_string())
    }

    /// Sets both limits.
    pub(super) fn set_limits(&self, least: u64, most: u64) -> Result<(), CpuFreqError> {
        limit_writes(self.limits()?, (least, most))
            .into_iter()
            .try_for_each(|(file, khz)| self.write(file, &khz.to_string()))
    }
}

/// What is to be written to get from one pair of limits to another, in an order in which the lower one is never above
/// the upper one: older kernels refuse that.
fn limit_writes(old: (u64, u64), new: (u64, u64)) -> Vec<(&'static str, u64)> {
    let mut writes = Vec::new();
    if old.0 != new.0 {
        writes.push(("scaling_min_freq", new.0));
    }
    if old.1 != new.1 {
        writes.push(("scaling_max_freq", new.1));
    }
    if new.0 > old.1 {
        writes.reverse();
    }
    writes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_lower_limit_is_never_above_the_upper_one_on_the_way(
            a in 1u64..9, b in 0u64..9, c in 1u64..9, d in 0u64..9
        ) {
            let (old, new) = ((a, a + b), (c, c + d));
            let mut now = old;
            for (file, khz) in limit_writes(old, new) {
                match file {
                    "scaling_min_freq" => now.0 = khz,
                    _ => now.1 = khz,
                }
                prop_assert!(now.0 <= now.1);
            }
            prop_assert_eq!(now, new);
        }
    }
}
