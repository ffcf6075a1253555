//! A thermistor: a temperature by the voltage over a resistor that follows it.
//!
//! Source: Grove Temperature Sensor wiki and GrovePi's `temp()`: R = (1023 - n) * 10 kOhm / n for a count n, and
//! 1/T = ln(R / 10 kOhm) / B + 1 / 298.15 K, with B = 3975 for version 1.0 (thermistor TTC3A103*39H) and 4250 for 1.1
//! and 1.2 (NCP18WF104F03RC). Good for -40 to 125 C, to about 1.5 C. Near 25 C a count is a tenth of a degree.

use super::rotary::analog;
use super::{Entity, Key, Kind, Measure, PortUse, Spec};
use crate::board::{AnalogPort, Board, BoardError, PinMode};
use crate::model::{Value, ValueKind};
use crate::thing::{Class, Gate, Polled, Reading, Sensor};

pub(super) const KIND: Kind = Kind {
    name: "temperature",
    summary: "a thermistor, in C, to about 1.5 C; B is 3975 for version 1.0 and 4250 for 1.1 and 1.2",
    class: Class::Sensors,
    port: PortUse::Analog,
    unit: Some("C"),
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[
        Key::new(
            "every_ms",
            10,
            3_600_000,
            1000,
            "how often the voltage is read",
        ),
        Key::one_of(
            "version",
            &[10, 11, 12],
            "what is printed on the module: 10 for v1.0, 11 for v1.1, 12 for v1.2",
        ),
        Key::new(
            "dead_band_tenths",
            1,
            100,
            3,
            "smallest change that is said, in tenths of a degree",
        ),
    ],
    value: |_| ValueKind::Decimal,
    home: Entity::Measured(Measure::CELSIUS),
    can_follow: None,
    example: r#"temperature0 = { kind = "temperature", port = "A0" }  # version = 12, dead_band_tenths = 3"#,
    build: |spec| {
        let every = spec.duration("every_ms");
        // values are rounded to a tenth, so half of one less is the same step
        let step = u8::try_from(spec.setting("dead_band_tenths")).unwrap_or(u8::MAX);
        let gate = Gate::DeadBand {
            counts: f64::from(step) / 10.0 - 0.05,
            at_most_every: every,
            range: ValueKind::Decimal,
        };
        Box::new(Polled::new(
            Thermistor::of(spec),
            every,
            gate,
            spec.channel(),
        ))
    },
};

/// What the sensor is good for, in degrees.
const RANGE: std::ops::RangeInclusive<f64> = -40.0..=125.0;

struct Thermistor {
    port: AnalogPort,
    /// The thermistor's B constant, in kelvin.
    b: f64,
}

impl Thermistor {
    fn of(spec: &Spec) -> Self {
        Self {
            port: analog(spec),
            b: if spec.setting("version") == 10 {
                3975.0
            } else {
                4250.0
            },
        }
    }

    /// Degrees Celsius for a count of the converter; beyond the ends no number.
    fn celsius(&self, count: u16) -> f64 {
        let count = f64::from(count);
        let ratio = (1023.0 - count) / count;
        1.0 / (ratio.ln() / self.b + 1.0 / 298.15) - 273.15
    }
}

impl Sensor for Thermistor {
    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        board.pin_mode(self.port.digital(), PinMode::Input)
    }

    fn sample(&mut self, board: &mut dyn Board) -> Result<Reading, BoardError> {
        let count = board.analog_read(self.port)?;
        let celsius = self.celsius(count);
        if !RANGE.contains(&celsius) {
            return Err(BoardError::Unconfirmed(format!(
                "the thermistor on port {} reads {count} of 1023, which is no temperature from -40 to 125 C; is it plugged in?",
                self.port.port()
            )));
        }
        Ok(Value::Decimal((celsius * 10.0).round() / 10.0).into())
    }
}
