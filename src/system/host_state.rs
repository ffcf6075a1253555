//! What state the machine was in around a measurement.

use serde::{Deserialize, Serialize};

/// Whatever of these the machine offers; what it does not is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostState {
    /// The frequency that was asked for, in kHz: `scaling_setspeed` or `scaling_cur_freq` of the first policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_khz: Option<u64>,
    /// The frequency that the processor really had, in kHz: `cpuinfo_cur_freq`, or the firmware's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_khz: Option<u64>,
    /// The processor's temperature in degrees Celsius.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_c: Option<f64>,
    /// The Pi's throttling flags, as `vcgencmd get_throttled` gives them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled: Option<u32>,
    /// The load average of the last minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
}
