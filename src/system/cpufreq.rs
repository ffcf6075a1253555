//! The processor's frequency: what can be asked for, asking for it, and going back.
//!
//! Source: the kernel's Documentation/admin-guide/pm/cpufreq.rst, `scaling_*` of each policy under
//! `/sys/devices/system/cpu/cpufreq/` (kernels before 4.3: `/sys/devices/system/cpu/cpu*/cpufreq/`).
//!
//! | file | what it is |
//! |---|---|
//! | `policy` | the policies of this machine: which processors share a frequency, and what they offer |
//! | `applied` | a [`Wish`] is checked, carried out for every policy, and read back |
//! | `snapshot` | the state before, and going back to it |
//! | `keeper` | keeps that state in a file, so that a crash does not lose it |
//!
//! A wish goes to *every* policy. `cpufreq-set -r` means the processors that share the first one's policy, which is
//! all of them on every Pi; on a machine with several policies a benchmark wants them all at one frequency too.
//!
//! The files belong to root. A service of another user needs them given to its group, for example by
//! `/etc/tmpfiles.d/mqtt-thing.conf` (tmpfiles.d(5)); the second line is for the frequency measured:
//!
//! ```text
//! z /sys/devices/system/cpu/cpufreq/policy*/scaling_[gsm]*   0664 root mqtt-thing
//! z /sys/devices/system/cpu/cpufreq/policy*/cpuinfo_cur_freq 0440 root mqtt-thing
//! ```
//!
//! A kernel that has `userspace` as a module (Debian's; a Pi's has it built in) offers it after
//! `modprobe cpufreq_userspace`.
//!
//! # When the state before is put back
//!
//! [`Keeper::step`] keeps it before the first change of a pipeline. [`Keeper::restore`] is called when the pipeline
//! ends (the operator's last command says so) and when the executor stops; [`Keeper::restore_left_over`] at the next
//! start, which after a crash or a kill finds the file that nobody removed. After a restart of the *machine* there
//! is nothing to put back: the kernel has begun anew, and the file is only removed.

mod applied;
mod error;
mod keeper;
mod policy;
mod snapshot;
mod write;

pub use applied::{Applied, Method, PolicyApplied, apply, check};
pub use error::CpuFreqError;
pub use keeper::{Keeper, Restored};
pub(in crate::system) use policy::folders;
pub use policy::{Frequencies, Policy};
pub use snapshot::{PolicyState, Snapshot};

use serde::{Deserialize, Serialize};

/// What a frequency step asks for. At least one of both.
///
/// | governor | khz | what is done |
/// |---|---|---|
/// | some | none | that governor is set |
/// | none or `userspace` | some | the governor `userspace` is set, and the frequency by it |
/// | none, and `userspace` is not offered | some | the governor stays, lower and upper limit are set to the frequency |
/// | another | some | that governor is set, lower and upper limit are set to the frequency |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The governor's name, as `scaling_available_governors` has it.
    pub governor: Option<String>,
    /// The frequency in kHz.
    pub khz: Option<u64>,
}

#[cfg(test)]
#[path = "../../tests/support/cpufreq_tree.rs"]
mod cpufreq_tree;
#[cfg(test)]
mod tests;
