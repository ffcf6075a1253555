//! What state the machine was in around a measurement.
//!
//! Reading it opens about a dozen files: some 0.1 ms on the build machine (`reading_it_is_cheap` below). On a Pi, root's
//! reading also asks the firmware for the frequency through its mailbox.

use super::frequency::Frequency;
use super::{Root, load, temperature, throttling};
use serde::{Deserialize, Serialize};

/// Whatever of these the machine offers; what it does not is absent.
///
/// Read at one moment, or around a job ([`HostState::around`]): then the plain fields are those of its end, the
/// `.._before` ones those of its beginning, and the flags have what was seen at any time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostState {
    /// The frequency that was asked for, in kHz: `scaling_setspeed` under the governor `userspace`, else
    /// `scaling_cur_freq`, of the first policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_khz: Option<u64>,
    /// The frequency that the hardware says it has, in kHz: `cpuinfo_cur_freq`, which only root may read. On a Pi the
    /// firmware answers with what was asked of it last; whether it slowed the processor, `throttled` tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_khz: Option<u64>,
    /// The governor that chose the frequency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub governor: Option<String>,
    /// The processor's temperature in degrees Celsius.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_c: Option<f64>,
    /// The same before the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_before_c: Option<f64>,
    /// The Pi's throttling flags, with the bits of `vcgencmd get_throttled`; around a job, what was seen before or
    /// after it. The kernel's are up to 2 s old, and it clears the "has happened" bits (16 to 19) every 2 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled: Option<u32>,
    /// The same before the job: these bits were set already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled_before: Option<u32>,
    /// Whether the supply's voltage was too low during the last 2 s; around a job, before or after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under_voltage: Option<bool>,
    /// The load average of the last minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// The same before the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_before: Option<f64>,
}

impl HostState {
    /// The state now.
    #[must_use]
    pub fn read(root: &Root) -> Self {
        let frequency = Frequency::of(root);
        let governor = frequency.as_ref().and_then(Frequency::governor);
        Self {
            frequency_khz: frequency
                .as_ref()
                .and_then(|frequency| frequency.asked(governor.as_deref())),
            measured_khz: frequency.as_ref().and_then(Frequency::measured),
            governor,
            temperature_c: temperature::temperature(root),
            throttled: throttling::throttled(root),
            under_voltage: throttling::under_voltage(root),
            load: load::load(root),
            ..Self::default()
        }
    }

    /// What is told of a job with these states before and after it. `before` may itself be told of a part of the job:
    /// who also reads the state while it runs says `around(around(before, between), after)`, and misses no flag that
    /// stood for 2 s.
    #[must_use]
    pub fn around(before: Self, after: Self) -> Self {
        Self {
            temperature_before_c: before.temperature_before_c.or(before.temperature_c),
            throttled_before: before.throttled_before.or(before.throttled),
            load_before: before.load_before.or(before.load),
            throttled: either(before.throttled, after.throttled, |a, b| a | b),
            under_voltage: either(before.under_voltage, after.under_voltage, |a, b| a | b),
            ..after
        }
    }
}

fn either<T>(one: Option<T>, other: Option<T>, both: impl Fn(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(both(one, other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;
