//! Times on the command line.

use std::time::Duration;

/// A time in seconds, as `30` or `0.5`; not negative.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; it takes seconds, as 30 or 0.5");
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}
