//! A duration, or a range of them, as one types it.

use std::str::FromStr;
use std::time::Duration;

/// The longest, in seconds: a day.
const LONGEST_S: f64 = 86_400.0;

/// From the shortest to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delay(pub(super) (Duration, Duration));

impl FromStr for Delay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (shortest, longest) = text.split_once("..").unwrap_or((text, text));
        let ends = (duration(shortest)?, duration(longest)?);
        match ends.0 <= ends.1 {
            true => Ok(Self(ends)),
            false => Err("the range ends before it begins".to_owned()),
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let units = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("min", 60.0)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let number: f64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
        Some(number * seconds)
    });
    let seconds = found.or_else(|| (text == "0").then_some(0.0));
    seconds
        .filter(|seconds| (0.0..=LONGEST_S).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| {
            let found = text.escape_debug();
            format!("`{found}` is no time; write 20ms, 1.5s or 5ms..20ms, at most a day")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ranges_are_read_with_their_units() {
        let read = |text: &str| text.parse::<Delay>().map(|delay| delay.0);
        let ms = Duration::from_millis;
        assert_eq!(read("0"), Ok((ms(0), ms(0))));
        assert_eq!(read("20ms"), Ok((ms(20), ms(20))));
        assert_eq!(read("5ms..20ms"), Ok((ms(5), ms(20))));
        assert_eq!(read("0..1.5s"), Ok((ms(0), ms(1500))));
        assert_eq!(read("1 min"), Ok((ms(60_000), ms(60_000))));
    }

    #[test]
    fn what_is_no_time_is_refused_with_an_example() {
        for text in [
            "", "5", "-1s", "1h", "nans", "infs", "5ms..", "..5ms", "2d", "90000s",
        ] {
            let told = text.parse::<Delay>().unwrap_err();
            assert!(told.contains("20ms"), "{text}: {told}");
        }
        let told = "2s..1s".parse::<Delay>().unwrap_err();
        assert_eq!(told, "the range ends before it begins");
    }
}
