//! Times, as people type and read them.

use std::time::Duration;

/// A time in seconds, as `30` or `0.5`; not negative.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; it takes seconds, as 30 or 0.5");
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// A time in seconds that is not none.
pub(super) fn some_seconds(text: &str) -> Result<Duration, String> {
    let some = seconds(text)?;
    (!some.is_zero()).then_some(some).ok_or_else(|| {
        format!("`{text}` is no time to wait for; it takes seconds above 0, as 30 or 0.5")
    })
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

/// `0:07`, `4:12:09`, `3 d 4:12:09`.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60 % 60, seconds / 3600 % 24, seconds / 86_400);
    let seconds = seconds % 60;
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, hours) => format!("{hours}:{minutes:02}:{seconds:02}"),
        (days, hours) => format!("{days} d {hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_read_them() {
        let clocks = [7, 3600 * 4 + 729, 86_400 * 3 + 5].map(|s| clock(Duration::from_secs(s)));
        assert_eq!(clocks, ["0:07", "4:12:09", "3 d 0:00:05"]);
        clock(Duration::MAX);
    }
}
