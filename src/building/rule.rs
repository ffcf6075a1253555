//! From which value on something is an alarm.

use super::parts::{PlaceError, Quantity};
use super::place::Place;
use super::question::Question;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// A threshold. The value itself is not beyond it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// What is larger is an alarm.
    Above(f64),
    /// What is smaller is an alarm.
    Below(f64),
}

impl Limit {
    /// Beyond, to either side of zero, it is no measured value.
    pub const LARGEST: f64 = 1e9;

    /// The value itself.
    #[must_use]
    pub const fn value(self) -> f64 {
        match self {
            Self::Above(limit) | Self::Below(limit) => limit,
        }
    }

    /// Whether a value is beyond it.
    #[must_use]
    pub fn is_beyond(self, value: f64) -> bool {
        match self {
            Self::Above(limit) => value > limit,
            Self::Below(limit) => value < limit,
        }
    }

    /// Whether a value has come back from it by `hysteresis`.
    #[must_use]
    pub fn is_back(self, value: f64, hysteresis: f64) -> bool {
        match self {
            Self::Above(limit) => value <= limit - hysteresis,
            Self::Below(limit) => value >= limit + hysteresis,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Above(limit) => write!(f, "above {limit}"),
            Self::Below(limit) => write!(f, "below {limit}"),
        }
    }
}

/// When something is an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Which sensors it is about.
    pub scope: Question,
    /// The threshold.
    pub limit: Limit,
    /// By how much a value must come back before the alarm is over; not negative.
    pub hysteresis: f64,
    /// For how long a value must be beyond before it is an alarm, and back before that is over.
    pub hold: Duration,
    /// What is on while it is an alarm.
    pub sirens: SirenSet,
}

/// After which time without a word a sensor counts as silent.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    /// Which sensors it is about.
    pub scope: Question,
    /// The time.
    pub after: Duration,
    /// What is on while one is silent.
    pub sirens: SirenSet,
}

/// Where the value stands in the readings of some sensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Which sensors it is about.
    pub scope: Question,
    /// Names with dots between, as `data.temperature`.
    pub name: String,
}

/// Some of the sirens, by their places in a list of at most [`SirenSet::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SirenSet(u64);

impl SirenSet {
    /// So many there may be.
    pub const MOST: usize = 64;

    /// The set with one more; the same if there is no such place.
    #[must_use]
    pub const fn with(self, place: usize) -> Self {
        match place < Self::MOST {
            true => Self(self.0 | 1 << place),
            false => self,
        }
    }

    /// What is in one of the two or in both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether one is in it.
    #[must_use]
    pub const fn has(self, place: usize) -> bool {
        place < Self::MOST && self.0 & 1 << place != 0
    }

    /// Whether none is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The places, in their order.
    pub fn places(self) -> impl Iterator<Item = usize> {
        (0..Self::MOST).filter(move |place| self.has(*place))
    }
}

impl Rule {
    /// A rule for all sensors of a kind, without hysteresis and hold.
    #[must_use]
    pub fn new(sensor: Quantity, limit: Limit) -> Self {
        Self {
            scope: Question {
                sensor: Some(sensor),
                ..Question::default()
            },
            limit,
            hysteresis: 0.0,
            hold: Duration::ZERO,
            sirens: SirenSet::default(),
        }
    }

    /// Whether it is about a sensor.
    #[must_use]
    pub fn is_about(&self, place: &Place) -> bool {
        self.scope.means(place)
    }
}

/// `TEMP=30`: a sensor and a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The sensor.
    pub sensor: Quantity,
    /// The value; up to [`Limit::LARGEST`] to either side of zero.
    pub value: f64,
}

/// Why a text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ThresholdError {
    /// There is no `=`.
    #[error("a threshold is a sensor and a value, as TEMP=30")]
    Form,
    /// The sensor is none.
    #[error(transparent)]
    Sensor(#[from] PlaceError),
    /// The value is none.
    #[error("`{0}` is no threshold; allowed is a number from -{most} to {most}", most = Limit::LARGEST)]
    Value(String),
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let (sensor, value) = text.split_once('=').ok_or(ThresholdError::Form)?;
        let sensor = sensor.trim().parse()?;
        let number: Option<f64> = value.trim().parse().ok();
        let value = number
            .filter(|value| value.abs() <= Limit::LARGEST)
            .ok_or_else(|| ThresholdError::Value(value.escape_default().to_string()))?;
        Ok(Self { sensor, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_not_beyond_itself_and_is_left_by_its_hysteresis() {
        let above = Limit::Above(30.0);
        assert!(!above.is_beyond(30.0) && above.is_beyond(30.1));
        assert!(!above.is_back(29.5, 1.0) && above.is_back(29.0, 1.0));
        let below = Limit::Below(20.0);
        assert!(!below.is_beyond(20.0) && below.is_beyond(19.9));
        assert!(!below.is_back(20.5, 1.0) && below.is_back(21.0, 1.0));
    }

    #[test]
    fn a_threshold_is_read_as_people_type_it() {
        let threshold: Threshold = "temp = -3.5".parse().unwrap();
        assert_eq!(threshold.sensor, Quantity::Temperature);
        assert!((threshold.value + 3.5).abs() < 1e-9);
        for (text, told) in [
            ("TEMP", "a threshold is a sensor and a value, as TEMP=30"),
            (
                "CO2=3",
                "`CO2` is no sensor; allowed is TEMP, HUM, LUX or VIBR",
            ),
            (
                "TEMP=hot",
                "`hot` is no threshold; allowed is a number from -1000000000 to 1000000000",
            ),
            (
                "TEMP=1e300",
                "`1e300` is no threshold; allowed is a number from -1000000000 to 1000000000",
            ),
        ] {
            assert_eq!(text.parse::<Threshold>().unwrap_err().to_string(), told);
        }
    }
}
