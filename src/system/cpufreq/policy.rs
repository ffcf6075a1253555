//! The policies of a machine: which processors share a frequency, and what they offer.

use super::error::CpuFreqError;
use crate::system::{Root, sysfs};
use std::path::{Path, PathBuf};

/// Where policies have folders of their own (kernel 4.3 and later).
const POLICIES: &str = "/sys/devices/system/cpu/cpufreq";
/// Where each processor has a folder, or a link to that of another one.
const PROCESSORS: &str = "/sys/devices/system/cpu";

/// The folder of each policy with its name, in their order; of processors that share one, the first.
pub(in crate::system) fn folders(root: &Root) -> Vec<(String, PathBuf)> {
    let policies = sysfs::numbered(&root.path(POLICIES), "policy");
    if !policies.is_empty() {
        return policies;
    }
    let mut seen = Vec::new();
    let processors = sysfs::numbered(&root.path(PROCESSORS), "cpu");
    let folders = processors.into_iter().filter_map(|(name, folder)| {
        let folder = folder.join("cpufreq");
        let real = folder.canonicalize().ok().filter(|real| real.is_dir())?;
        if seen.contains(&real) {
            return None;
        }
        seen.push(real);
        Some((name, folder))
    });
    folders.collect()
}

/// Processors that share a frequency, and what they offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `policy0`; `cpu0` on an old kernel.
    pub name: String,
    /// The governors that are available: those built into the kernel, and those of loaded modules.
    pub governors: Vec<String>,
    /// The frequencies that are available.
    pub frequencies: Frequencies,
    pub(super) folder: PathBuf,
}

/// Which frequencies a policy offers, in kHz.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frequencies {
    /// These, ascending.
    List(Vec<u64>),
    /// Any from the first to the second, of which the hardware takes one near.
    Range(u64, u64),
    /// The driver does not tell.
    Unknown,
}

impl Frequencies {
    fn read(folder: &Path) -> Self {
        let words = sysfs::words(&folder.join("scaling_available_frequencies"));
        let list = words.and_then(|words| {
            let list: Result<Vec<u64>, _> = words.iter().map(|word| word.parse()).collect();
            list.ok()
        });
        if let Some(mut list) = list {
            list.sort_unstable();
            return Self::List(list);
        }
        let [least, most] = ["cpuinfo_min_freq", "cpuinfo_max_freq"]
            .map(|name| sysfs::number::<u64>(&folder.join(name)));
        match (least, most) {
            (Some(least), Some(most)) if least <= most => Self::Range(least, most),
            _ => Self::Unknown,
        }
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn has(&self, khz: u64) -> bool {
        match self {
            Self::List(list) => list.contains(&khz),
            Self::Range(least, most) => (*least..=*most).contains(&khz),
            // what the kernel reads into its 32 bits
            Self::Unknown => khz > 0 && khz <= u32::MAX.into(),
        }
    }
}

impl std::fmt::Display for Frequencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::List(list) => {
                let list: Vec<String> = list.iter().map(u64::to_string).collect();
                write!(f, "available are {} kHz", list.join(", "))
            }
            Self::Range(least, most) => write!(f, "available are {least} to {most} kHz"),
            Self::Unknown => f.write_str("the driver does not tell which are available"),
        }
    }
}

impl Policy {
    /// Every policy of this machine: at least one.
    ///
    /// # Errors
    /// There is none.
    pub fn all(root: &Root) -> Result<Vec<Self>, CpuFreqError> {
        let policies: Vec<Self> = folders(root)
            .into_iter()
            .map(|(name, folder)| Self {
                name,
                governors: sysfs::words(&folder.join("scaling_available_governors"))
                    .unwrap_or_default(),
                frequencies: Frequencies::read(&folder),
                folder,
            })
            .collect();
        if policies.is_empty() {
            let shown = |path| root.path(path).display().to_string();
            let looked = format!(
                "{}/policy* nor {}/cpu*/cpufreq",
                shown(POLICIES),
                shown(PROCESSORS)
            );
            return Err(CpuFreqError::NoCpuFreq(looked));
        }
        Ok(policies)
    }

    /// The governor that it has now.
    ///
    /// # Errors
    /// Its file is not there.
    pub fn governor(&self) -> Result<String, CpuFreqError> {
        let path = self.folder.join("scaling_governor");
        sysfs::text(&path).ok_or(CpuFreqError::Unreadable {
            path,
            what: "a governor",
        })
    }

    /// The lower and the upper limit that it has now, in kHz. Under a thermal limit the kernel shows the lowered one.
    ///
    /// # Errors
    /// A file is not there, or has no number in it.
    pub fn limits(&self) -> Result<(u64, u64), CpuFreqError> {
        let limit = |name: &str| {
            let path = self.folder.join(name);
            sysfs::number(&path).ok_or(CpuFreqError::Unreadable {
                path,
                what: "a frequency",
            })
        };
        Ok((limit("scaling_min_freq")?, limit("scaling_max_freq")?))
    }

    /// The frequency that the kernel has set, in kHz.
    #[must_use]
    pub fn current_khz(&self) -> Option<u64> {
        sysfs::number(&self.folder.join("scaling_cur_freq"))
    }

    /// The frequency that was set by the governor `userspace`, in kHz; `None` under another one.
    #[must_use]
    pub fn set_speed_khz(&self) -> Option<u64> {
        sysfs::number(&self.folder.join("scaling_setspeed"))
    }
}
