//! At what frequency the processor runs. Source: the kernel's Documentation/admin-guide/pm/cpufreq.rst and
//! `drivers/cpufreq/cpufreq.c`.
//!
//! What is told is that of the first policy: on every Pi there is one, for all cores.

use super::{Root, cpufreq, sysfs};
use std::path::{Path, PathBuf};

/// The frequency files of the first policy.
pub(super) struct Frequency(PathBuf);

impl Frequency {
    /// Those of this machine; `None` where the frequency cannot be set.
    pub(super) fn of(root: &Root) -> Option<Self> {
        let (_, folder) = cpufreq::folders(root).into_iter().next()?;
        Some(Self(folder))
    }

    /// The governor's name: one word.
    pub(super) fn governor(&self) -> Option<String> {
        sysfs::text(&self.0.join("scaling_governor"))
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic()))
    }

    /// The frequency that the kernel asks of the hardware, in kHz: `scaling_setspeed` under the governor
    /// `userspace`, else `scaling_cur_freq`.
    pub(super) fn asked(&self, governor: Option<&str>) -> Option<u64> {
        let set = (governor == Some("userspace")).then(|| khz(&self.0.join("scaling_setspeed")));
        set.flatten()
            .or_else(|| khz(&self.0.join("scaling_cur_freq")))
    }

    /// The frequency that the hardware says it has, in kHz: `cpuinfo_cur_freq`, which only root may read and many
    /// drivers do not offer.
    ///
    /// On a Pi the firmware answers, and it answers with what was last asked of it, not with what it made of that
    /// under throttling (raspberrypi/linux, issue 5874): the throttling flags tell whether the two differ. What
    /// `vcgencmd measure_clock arm` counts is not in any file.
    pub(super) fn measured(&self) -> Option<u64> {
        khz(&self.0.join("cpuinfo_cur_freq"))
    }
}

/// A frequency up to 100 GHz; zero is a driver's word for not knowing.
fn khz(path: &Path) -> Option<u64> {
    sysfs::number(path).filter(|khz| (1..=100_000_000).contains(khz))
}
