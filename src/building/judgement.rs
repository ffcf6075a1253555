//! What is to be said of limits before anything is measured: two that cross, and one that no value passes.

use super::parts::Quantity;

/// The limits of one rule about some sensors.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// What is measured; none if it may be anything.
    pub sensor: Option<Quantity>,
    /// What is larger is an alarm.
    pub above: Option<f64>,
    /// What is smaller is an alarm.
    pub below: Option<f64>,
    /// By how much a value must come back.
    pub hysteresis: f64,
}

/// What kind of doubt it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Every value is an alarm; not allowed.
    Cross,
    /// An alarm of the one limit is over only where the other begins; not allowed.
    Wide,
    /// It never happens, or is never over; allowed, and hardly meant.
    Odd,
}

/// Something to be said of limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitDoubt {
    /// Which kind.
    pub kind: Doubt,
    /// Whether it is about the upper limit.
    pub is_above: bool,
    /// What is wrong.
    pub message: String,
    /// What is allowed.
    pub help: String,
}

impl Limits {
    /// Everything that is to be said of them.
    #[must_use]
    pub fn doubts(&self) -> Vec<LimitDoubt> {
        let mut doubts: Vec<LimitDoubt> = self.together().into_iter().collect();
        if let Some(sensor) = self.sensor {
            let above = self.above.and_then(|limit| self.odd(sensor, limit, true));
            let below = self.below.and_then(|limit| self.odd(sensor, limit, false));
            doubts.extend(above.into_iter().chain(below));
        }
        doubts
    }

    /// Whether they leave room for a value that is no alarm.
    fn together(&self) -> Option<LimitDoubt> {
        let (most, least) = (self.above?, self.below?);
        let hysteresis = self.hysteresis;
        let (kind, message, help) = if most <= least {
            (
                Doubt::Cross,
                format!("every value is an alarm: above {most}, and below {least}"),
                "`above` is the upper limit, `below` the lower one".to_owned(),
            )
        } else if hysteresis > most - least {
            (
                Doubt::Wide,
                format!(
                    "with a hysteresis of {hysteresis} an alarm above {most} is over at {} only, and that is below {least}",
                    most - hysteresis
                ),
                format!("allowed is a hysteresis up to {}", most - least),
            )
        } else {
            return None;
        };
        Some(LimitDoubt {
            kind,
            is_above: true,
            message,
            help,
        })
    }

    fn odd(&self, sensor: Quantity, limit: f64, is_above: bool) -> Option<LimitDoubt> {
        let (least, most) = measured(sensor);
        let (over, impossible, side) = match is_above {
            true => (limit - self.hysteresis, limit >= most, "above"),
            false => (limit + self.hysteresis, limit <= least, "below"),
        };
        let message = if impossible {
            format!("{sensor} is never {side} {limit}")
        } else if over < least || over > most {
            format!("an alarm {side} {limit} is over at {over} only, which {sensor} never is")
        } else {
            return None;
        };
        let range = match most.is_finite() {
            true => format!("{least} to {most}"),
            false => format!("from {least} on"),
        };
        Some(LimitDoubt {
            kind: Doubt::Odd,
            is_above,
            message,
            help: format!("{sensor} is measured in {}, {range}", sensor.unit()),
        })
    }
}

/// What a sensor can say at all: absolute zero; shares of a whole; no less light than none, no less shaking than none.
const fn measured(sensor: Quantity) -> (f64, f64) {
    match sensor {
        Quantity::Temperature => (-273.15, f64::INFINITY),
        Quantity::Humidity => (0.0, 100.0),
        Quantity::Illuminance | Quantity::Vibration => (0.0, f64::INFINITY),
    }
}
