//! Moments as the governor writes them: Unix seconds as Python's `str(time.time())` shows them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Unix seconds as a decimal: at most six places, trailing zeros dropped, at least one place.
///
/// ```
/// use mqtt_thing::fleet::governor::time_text;
/// use std::time::{Duration, UNIX_EPOCH};
/// let at = UNIX_EPOCH + Duration::from_micros(1_795_172_851_846_900);
/// assert_eq!(time_text(at), "1795172851.8469");
/// ```
#[must_use]
pub fn time_text(at: SystemTime) -> String {
    let (sign, since) = match at.duration_since(UNIX_EPOCH) {
        Ok(since) => ("", since),
        Err(before) => ("-", before.duration()),
    };
    let mut micros = format!("{:06}", since.subsec_micros());
    micros.truncate(micros.trim_end_matches('0').len().max(1));
    format!("{sign}{}.{micros}", since.as_secs())
}

/// The moment that such a text means. Whole seconds and more than six places are understood, too.
#[must_use]
pub fn time_of(text: &str) -> Option<SystemTime> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    let seconds: u64 = whole.parse().ok()?;
    let nanos: String = part.chars().chain("000000000".chars()).take(9).collect();
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanos.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trailing_zeros_are_dropped_but_one_place_stays() {
        let of = |micros| time_text(UNIX_EPOCH + Duration::from_micros(micros));
        assert_eq!(of(1_795_172_851_846_928), "1795172851.846928");
        assert_eq!(of(1_795_172_851_000_000), "1795172851.0");
        assert_eq!(of(1_795_172_851_000_010), "1795172851.00001");
        assert_eq!(time_text(UNIX_EPOCH - Duration::from_millis(1500)), "-1.5");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", ".", "1.", ".5", "-1.0", "1e9", "1.5.5", "+1", "nan"] {
            assert_eq!(time_of(text), None, "{text}");
        }
        assert!(time_of("99999999999999999999.0").is_none());
        let _ = time_of("18446744073709551615.9");
        assert_eq!(time_of("1"), Some(UNIX_EPOCH + Duration::from_secs(1)));
    }

    proptest! {
        #[test]
        fn a_time_reads_back_to_the_microsecond(micros in 0u64..4_000_000_000_000_000) {
            let at = UNIX_EPOCH + Duration::from_micros(micros);
            prop_assert_eq!(time_of(&time_text(at)), Some(at));
        }
    }
}
