//! A light-emitting diode: on or off, or dimmed when it follows a number.
//!
//! Source: Grove LED wiki; firmware commands 2 (level) and 4 (pulse width, on D3, D5 and D6).

use super::{Entity, Kind, PortUse, Spec};
use crate::board::{Board, BoardError, DigitalPort, PinMode, Port, PwmPort};
use crate::model::{Value, ValueKind, rescale};
use crate::thing::{Actuator, Class, Driven, Resource};

pub(super) const KIND: Kind = Kind {
    name: "led",
    summary: "a LED; on or off, or dimmed on D3, D5 and D6 when it follows a number",
    class: Class::Actuators,
    port: PortUse::Digital,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[],
    value,
    home: Entity::Light,
    can_follow: Some(can_follow),
    example: r#"led0 = { kind = "led", port = "D4", follows = "inner/button0" }  # on_source_lost = "rest""#,
    build,
};

pub(super) fn can_follow(port: Option<Port>, value: ValueKind) -> Result<(), String> {
    match value {
        ValueKind::Bool => Ok(()),
        ValueKind::Integer { .. } => match port.map(Port::pwm) {
            Some(Err(error)) => Err(format!(
                "to be dimmed by a number ({value}) it needs PWM, and {error}"
            )),
            _ => Ok(()),
        },
        ValueKind::Decimal => Err("a number without a range cannot dim it".to_owned()),
        ValueKind::Color => Err("it has one colour".to_owned()),
        ValueKind::Text => Err("it cannot show text".to_owned()),
    }
}

/// Dimmed as soon as one of its sources is a number; its state is then told in that source's range.
pub(super) fn value(spec: &Spec) -> ValueKind {
    spec.sources
        .iter()
        .map(|source| source.value)
        .find(|value| value.is_number())
        .unwrap_or(ValueKind::Bool)
}

pub(super) fn build(spec: &Spec) -> Box<dyn Resource> {
    let (follow, set, channel) = (spec.follow(), spec.set_topic(), spec.channel());
    match (spec.value(), spec.wired().pwm()) {
        (ValueKind::Integer { min, max }, Ok(port)) => {
            Box::new(Driven::new(Dimmed { port, min, max }, follow, set, channel))
        }
        _ => Box::new(Driven::new(
            Switched {
                port: spec.wired().digital(),
            },
            follow,
            set,
            channel,
        )),
    }
}

/// An output that is high or low: a LED, a relay.
pub(super) struct Switched {
    pub(super) port: DigitalPort,
}

impl Actuator for Switched {
    fn accepts(&self) -> ValueKind {
        ValueKind::Bool
    }

    fn rest(&self) -> Value {
        Value::Bool(false)
    }

    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        board.pin_mode(self.port, PinMode::Output)
    }

    fn apply(&mut self, value: &Value, board: &mut dyn Board) -> Result<(), BoardError> {
        board.digital_write(self.port, *value == Value::Bool(true))
    }
}

struct Dimmed {
    port: PwmPort,
    min: i64,
    max: i64,
}

impl Dimmed {
    /// The ends of the range are off and on.
    fn duty(&self, value: &Value) -> u8 {
        let duty = match value {
            Value::Integer(n) => rescale(*n, (self.min, self.max), (0, 255)),
            _ => 0,
        };
        u8::try_from(duty).unwrap_or(u8::MAX)
    }
}

impl Actuator for Dimmed {
    fn accepts(&self) -> ValueKind {
        ValueKind::Integer {
            min: self.min,
            max: self.max,
        }
    }

    fn rest(&self) -> Value {
        Value::Integer(self.min)
    }

    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        board.pin_mode(self.port.digital(), PinMode::Output)
    }

    fn apply(&mut self, value: &Value, board: &mut dyn Board) -> Result<(), BoardError> {
        board.pwm_write(self.port, self.duty(value))
    }
}
