//! Times on the command line.

use std::time::Duration;

/// A time in seconds, as `30` or `0.5`; not negative.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; it takes seconds, as 30 or 0.5");
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// A time in seconds, from a tenth to `most`.
#[cfg(feature = "broker-tools")]
pub(super) fn seconds_up_to(text: &str, most: u32) -> Result<Duration, String> {
    let range = Duration::from_millis(100)..=Duration::from_secs(most.into());
    let within = seconds(text).ok().filter(|time| range.contains(time));
    within.ok_or_else(|| {
        format!("`{text}` is no time; it takes seconds from 0.1 to {most}, as 10 or 0.5")
    })
}
