//! The command line of `cpufreq-set`, as far as the built-in frequency step can carry it out.
//!
//! Source: cpufrequtils 008, `utils/set.c`: the options, and `string_to_frequency` for the units. That program is
//! deprecated, may not be installed, and needs root; the step sets all processors, as `-r` does for related ones.

use crate::system::cpufreq::Wish;
use thiserror::Error;

/// The program's name.
pub const PROGRAM: &str = "cpufreq-set";

/// Why what it is told cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrequencyError {
    /// It is no frequency.
    #[error(
        "`{0}` is no frequency; allowed are kHz as in `800000`, or a unit as in `800MHz` and `1.2GHz`, up to 100 GHz"
    )]
    Frequency(String),
    /// It is no name of a governor.
    #[error(
        "`{0}` is no name of a governor; allowed are a to z, digits and `_`, as in `performance`"
    )]
    Governor(String),
}

/// The option by which an operator asks for the way back; the program itself has none.
pub const RESTORE: &str = "--restore";

/// Whether a command asks for the way back to the state before the first step. It is allowed where any step is.
#[must_use]
pub fn is_restore(argv: &[String]) -> bool {
    matches!(argv, [program, option] if program == PROGRAM && option == RESTORE)
}

/// What a command asks for: `None` if it is another program, or asks for more than a frequency and a governor.
///
/// Understood are `-r`/`--related`, `-f N`/`--freq N` and `-g G`/`--governor G`, in any order, each once, and `=`
/// after the long ones; the program is `cpufreq-set`, without a path.
///
/// # Errors
/// What stands for the frequency or the governor is none.
#[must_use]
pub fn wish(argv: &[String]) -> Option<Result<Wish, FrequencyError>> {
    let [program, arguments @ ..] = argv else {
        return None;
    };
    if program != PROGRAM {
        return None;
    }
    let (mut related, mut frequency, mut governor) = (false, None, None);
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        let (option, value) = match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            _ => (argument, None),
        };
        let place = match (option, value) {
            ("-r" | "--related", None) if !related => {
                related = true;
                continue;
            }
            ("-f" | "--freq", _) => &mut frequency,
            ("-g" | "--governor", _) => &mut governor,
            _ => return None,
        };
        if place.is_some() {
            return None;
        }
        *place = Some(value.or_else(|| arguments.next())?);
    }
    if frequency.is_none() && governor.is_none() {
        return None;
    }
    let khz = frequency.map(|text| khz(text).ok_or_else(|| FrequencyError::Frequency(shown(text))));
    let named = governor.map(|name| match is_governor(name) {
        true => Ok(name.to_owned()),
        false => Err(FrequencyError::Governor(shown(name))),
    });
    let wish = khz.transpose().and_then(|khz| {
        let governor = named.transpose()?;
        Ok(Wish { governor, khz })
    });
    Some(wish)
}

fn shown(text: &str) -> String {
    crate::model::escaped(text.as_bytes(), 64)
}

/// The kernel's limit is 16 bytes with the final zero (`CPUFREQ_NAME_LEN`).
fn is_governor(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..16).contains(&name.len()) && name.chars().all(letter)
}

/// The units by their power of ten of a kHz. Any beginning of one that fits no other is understood, as there.
const UNITS: [(&str, i32); 4] = [("hz", -3), ("khz", 0), ("mhz", 3), ("ghz", 6)];

/// 100 GHz in kHz: more is a slip.
const MOST_KHZ: u64 = 100_000_000;

/// A frequency in kHz, from `800000`, `800MHz`, `1.2GHz` or `800000000Hz`; below a kHz it is rounded.
///
/// ```
/// use mqtt_thing::fleet::cpufreq_set::khz;
/// assert_eq!(khz("1.2GHz"), Some(1_200_000));
/// assert_eq!(khz("800000"), Some(800_000));
/// assert_eq!(khz("fast"), None);
/// ```
#[must_use]
pub fn khz(text: &str) -> Option<u64> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let power = match unit.to_ascii_lowercase().as_str() {
        "" => 0,
        unit => {
            let mut fitting = UNITS.iter().filter(|(name, _)| name.starts_with(unit));
            let (_, power) = fitting.next()?;
            fitting.next().is_none().then_some(*power)?
        }
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || part.contains('.') || number.len() > 20 {
        return None;
    }
    // exactly, as digits: the number without its point, by a power of ten
    let digits: u128 = format!("{whole}{part}").parse().ok()?;
    let power = power - i32::try_from(part.len()).ok()?;
    let scale = 10_u128.pow(power.unsigned_abs());
    let khz = match power {
        0.. => digits.checked_mul(scale)?,
        _ => (digits + scale / 2) / scale,
    };
    u64::try_from(khz)
        .ok()
        .filter(|khz| (1..=MOST_KHZ).contains(khz))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(text: &str) -> Option<Result<Wish, FrequencyError>> {
        let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
        wish(&argv)
    }

    #[test]
    fn a_frequency_has_the_units_of_cpufreq_set() {
        for (text, expected) in [
            ("800000", Some(800_000)),
            ("800000kHz", Some(800_000)),
            ("800MHz", Some(800_000)),
            ("800mhz", Some(800_000)),
            ("800M", Some(800_000)),
            ("1.2GHz", Some(1_200_000)),
            ("1.2g", Some(1_200_000)),
            ("0600MHz", Some(600_000)),
            ("1.", Some(1)),
            ("1500000499Hz", Some(1_500_000)),
            ("1500000500Hz", Some(1_500_001)),
            ("1.5", Some(2)),
            ("100GHz", Some(100_000_000)),
            ("100.000001GHz", None),
            ("0", None),
            ("0.4", None),
            ("", None),
            (".5GHz", None),
            ("MHz", None),
            ("1.2.3GHz", None),
            ("-800MHz", None),
            ("800 MHz", None),
            ("800MHzz", None),
            ("800THz", None),
            ("1e6", None),
            ("99999999999999999999", None),
            ("9999999999999999999999999999999999999999", None),
            ("٨٠٠MHz", None),
        ] {
            assert_eq!(khz(text), expected, "{text}");
        }
    }

    #[test]
    fn what_can_be_set_without_the_program_is_recognised_and_nothing_else() {
        let set = |governor: Option<&str>, khz| {
            let governor = governor.map(str::to_owned);
            Some(Ok(Wish { governor, khz }))
        };
        for (text, expected) in [
            ("cpufreq-set -r -f 800MHz", set(None, Some(800_000))),
            ("cpufreq-set -f 800000", set(None, Some(800_000))),
            ("cpufreq-set -f 800000 -r", set(None, Some(800_000))),
            ("cpufreq-set -g performance", set(Some("performance"), None)),
            (
                "cpufreq-set -r -g userspace -f 1GHz",
                set(Some("userspace"), Some(1_000_000)),
            ),
            (
                "cpufreq-set --related --freq=1GHz --governor userspace",
                set(Some("userspace"), Some(1_000_000)),
            ),
            ("cpufreq-set", None),
            ("cpufreq-set -r", None),
            ("cpufreq-set -f", None),
            ("cpufreq-set -c 0 -f 1GHz", None),
            ("cpufreq-set -d 1GHz", None),
            ("cpufreq-set -f 1GHz -f 2GHz", None),
            ("cpufreq-set -r -r -f 1GHz", None),
            ("cpufreq-set -f 1GHz x", None),
            ("cpufreq-set -r=x -f 1GHz", None),
            ("/usr/bin/cpufreq-set -f 1GHz", None),
            ("cpufreq-info -f 1GHz", None),
            (
                "cpufreq-set -f fast",
                Some(Err(FrequencyError::Frequency("fast".into()))),
            ),
            (
                "cpufreq-set -g ../../x",
                Some(Err(FrequencyError::Governor("../../x".into()))),
            ),
            (
                "cpufreq-set -g abcdefghijklmnop",
                Some(Err(FrequencyError::Governor("abcdefghijklmnop".into()))),
            ),
        ] {
            assert_eq!(asked(text), expected, "{text}");
        }
        assert_eq!(wish(&[]), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_frequency_or_none(text in prop_oneof![".{0,30}", "[0-9.kmghz]{0,24}"]) {
            if let Some(khz) = khz(&text) {
                prop_assert!((1..=MOST_KHZ).contains(&khz));
            }
        }
    }
}
