//! The processor's frequency. Source: the kernel's Documentation/admin-guide/pm/cpufreq.rst, `scaling_*` of each
//! policy under `/sys/devices/system/cpu/cpufreq/`.

use serde::{Deserialize, Serialize};

/// What a frequency step asks for. At least one of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The governor's name, as `scaling_available_governors` has it.
    pub governor: Option<String>,
    /// The frequency in kHz.
    pub khz: Option<u64>,
}
