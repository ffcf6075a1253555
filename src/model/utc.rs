//! A moment as text: RFC 3339 in UTC, to the millisecond. Here, because this floor knows no calendar otherwise.
//!
//! Source: RFC 3339, section 5.6; the Gregorian calendar's period of 400 years, 146 097 days.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY_MS: i64 = 86_400_000;
/// Days from 1 March of the year 0 to 1 January 1970: years that begin in March have the odd day at their end.
const MARCH_0: i64 = 719_468;
const DAYS_400: i64 = 146_097;
/// The first moments of the years 0 and 10 000, in ms: beyond, the text has no form.
const YEARS_0_TO_9999: std::ops::Range<i64> = -62_167_219_200_000..253_402_300_800_000;

/// As `2026-11-18T20:00:51.846Z`. A moment before the year 0 or after 9999 is shown as the nearest of those years.
#[must_use]
pub fn utc_text(at: SystemTime) -> String {
    let ms = |duration: std::time::Duration| i64::try_from(duration.as_millis());
    let ms = match at.duration_since(UNIX_EPOCH) {
        Ok(after) => ms(after).unwrap_or(i64::MAX),
        Err(before) => ms(before.duration()).map_or(i64::MIN, |ms| -ms),
    };
    let ms = ms.clamp(YEARS_0_TO_9999.start, YEARS_0_TO_9999.end - 1);
    let (days, in_day) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
    let (year, month, day) = date(days);
    let (s, ms) = (in_day / 1000, in_day % 1000);
    let (hour, minute, second) = (s / 3600, s / 60 % 60, s % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// Year, month and day, so many days after 1 January 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + MARCH_0;
    let (period, mut left) = (days.div_euclid(DAYS_400), days.rem_euclid(DAYS_400));
    // the last of four centuries, and the last of four years, has one more day at its end
    let century = (left / 36_524).min(3);
    left -= century * 36_524;
    let four = left / 1461;
    left -= four * 1461;
    let year = (left / 365).min(3);
    left -= year * 365;
    let year = period * 400 + century * 100 + four * 4 + year;
    // from March on, months have 31 30 31 30 31 days, again and again: 153 days in five
    let month = (5 * left + 2) / 153;
    let day = left - (153 * month + 2) / 5 + 1;
    match month < 10 {
        true => (year, month + 3, day),
        false => (year + 1, month - 9, day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn moments_out_of_reach_are_the_nearest_that_have_a_text() {
        let far = Duration::from_secs(1 << 50);
        assert_eq!(utc_text(UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
        assert_eq!(utc_text(UNIX_EPOCH + far), "9999-12-31T23:59:59.999Z");
        assert_eq!(utc_text(UNIX_EPOCH - far), "0000-01-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn any_moment_is_told_as_a_calendar_tells_it(ms in YEARS_0_TO_9999) {
            let of = |ms: i64| Duration::from_millis(ms.unsigned_abs());
            let at = if ms < 0 { UNIX_EPOCH - of(ms) } else { UNIX_EPOCH + of(ms) };
            // jiff's range ends a little before
            prop_assume!(ms < 253_402_200_000_000);
            let expected = Timestamp::from_millisecond(ms).unwrap();
            prop_assert_eq!(utc_text(at), expected.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string());
        }
    }
}
