//! A temperature and humidity sensor of the DHT family.
//!
//! Source: Grove Temperature & Humidity Sensor wiki and the data sheets of DHT11, DHT21, DHT22 and AM2301 (ranges);
//! firmware command 40, `DHT.cpp`.
//!
//! The firmware takes 270 ms or more for a reading, and the whole board waits. When it has failed, it copies whatever
//! lies in its memory into a reply that looks right. So a reading counts when it lies in the model's range **and** the
//! one before it, a beat ago, agrees with it. Nothing is said otherwise: a thing that has just started says its first
//! values with its second reading, and a sudden change is said one beat late.
//!
//! **What cannot be told**: the reply carries no pin and no number. When a write is lost without an error, the answer to
//! the last such command, of whatever sensor of this kind on the board, looks like this one's.

use super::{Elsewhere, Entity, Key, Kind, Measure, PortUse, Spec, SubChannel};
use crate::board::{Board, BoardError, DigitalPort, PinMode, Request};
use crate::building::Quantity;
use crate::model::{Value, ValueKind};
use crate::thing::{Class, Gate, Polled, Reading, Sensor};
use std::time::Duration;

pub(super) const KIND: Kind = Kind {
    name: "dht",
    summary: "temperature and humidity; said when two readings agree; each holds the board for 0.27 s",
    class: Class::Sensors,
    port: PortUse::Digital,
    unit: None,
    channels: &[
        SubChannel {
            name: "temperature",
            value: ValueKind::Decimal,
            unit: "C",
        },
        SubChannel {
            name: "humidity",
            value: ValueKind::Decimal,
            unit: "%",
        },
    ],
    holds_board: Some(Duration::from_millis(270)),
    elsewhere: Some(Elsewhere::Room(&[
        Quantity::Temperature,
        Quantity::Humidity,
    ])),
    keys: &[
        Key::new(
            "every_ms",
            10_000,
            3_600_000,
            10_000,
            "how often it is read; faster would stall the board",
        ),
        Key {
            default: 11,
            ..Key::one_of(
                "model",
                &[11, 21, 22, 2301],
                "DHT11 (blue), DHT21, DHT22 (white) or AM2301",
            )
        },
    ],
    value: |_| ValueKind::Decimal,
    home: Entity::Several(&[Measure::CELSIUS, Measure::of("humidity", "%")]),
    can_follow: None,
    example: r#"dht0 = { kind = "dht", port = "D7" }  # model = 11, every_ms = 10000"#,
    build: |spec| {
        let dht = Dht {
            port: spec.wired().digital(),
            model: model(spec),
            last: None,
            doubtful: 0,
        };
        let every = spec.duration("every_ms");
        let polled = Polled::several(dht, every, GATES.to_vec(), spec.channels());
        Box::new(polled.in_room(spec.room_channels()))
    },
};

/// A step of the finest model passes; the beat is slow enough to need no other limit.
const GATES: [Gate; 2] = [Gate::DeadBand {
    counts: 0.05,
    at_most_every: Duration::ZERO,
    range: ValueKind::Decimal,
}; 2];

/// Readings differ by no more than this between two beats, in degrees and in percent, or one of them is wrong.
const AGREE: (f32, f32) = (2.0, 5.0);

/// Doubtful readings in a row after which the sensor counts as faulty; a single one is daily life.
const DOUBTFUL: u32 = 3;

/// A model of the family.
#[derive(Debug, Clone, Copy)]
struct Model {
    /// Its number in the file.
    name: i64,
    /// Its number in the command.
    code: u8,
    celsius: (f32, f32),
    percent: (f32, f32),
}

const MODELS: [Model; 4] = [
    Model {
        name: 11,
        code: 0,
        celsius: (0.0, 50.0),
        percent: (20.0, 90.0),
    },
    wide(22, 1),
    wide(21, 2),
    wide(2301, 3),
];

const fn wide(name: i64, code: u8) -> Model {
    Model {
        name,
        code,
        celsius: (-40.0, 80.0),
        percent: (0.0, 100.0),
    }
}

fn model(spec: &Spec) -> Model {
    let wanted = spec.setting("model");
    let known = MODELS.into_iter().find(|model| model.name == wanted);
    known.unwrap_or(MODELS[0])
}

struct Dht {
    port: DigitalPort,
    model: Model,
    /// The last reading that was in range, in degrees and percent.
    last: Option<(f32, f32)>,
    /// Readings in a row that nothing confirmed.
    doubtful: u32,
}

impl Model {
    /// Whether the sensor can have measured that. Zero and zero is what an empty buffer reads as.
    fn can_be(self, (celsius, percent): (f32, f32)) -> bool {
        let within = |(low, high): (f32, f32), found| (low..=high).contains(&found);
        within(self.celsius, celsius)
            && within(self.percent, percent)
            && (celsius, percent) != (0.0, 0.0)
    }
}

fn agree(one: (f32, f32), other: (f32, f32)) -> bool {
    (one.0 - other.0).abs() <= AGREE.0 && (one.1 - other.1).abs() <= AGREE.1
}

/// To a tenth, which is the finest that any of them resolves.
fn tenths(found: f32) -> Value {
    Value::Decimal((f64::from(found) * 10.0).round() / 10.0)
}

impl Sensor for Dht {
    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        board.pin_mode(self.port, PinMode::Input)
    }

    fn sample(&mut self, board: &mut dyn Board) -> Result<Reading, BoardError> {
        let request = Request::new(40, self.port.pin(), self.model.code, 0);
        let mut reply = [0; 9];
        board.transact(request, &mut reply)?;
        let [_, a, b, c, d, e, f, g, h] = reply;
        let found = (
            f32::from_le_bytes([a, b, c, d]),
            f32::from_le_bytes([e, f, g, h]),
        );
        let before = self.last.take();
        let possible = self.model.can_be(found);
        if possible {
            self.last = Some(found);
            if before.is_some_and(|before| agree(before, found)) {
                self.doubtful = 0;
                return Ok(Reading::two(tenths(found.0), tenths(found.1)));
            }
        }
        // the first of all is not doubtful, only alone
        if !possible || before.is_some() {
            self.doubtful = self.doubtful.saturating_add(1);
        }
        if self.doubtful < DOUBTFUL {
            return Ok(Reading::NOTHING);
        }
        Err(BoardError::Unconfirmed(format!(
            "the DHT on port {} gave no two readings that agree and can be true; is it plugged in, and is it model {}?",
            self.port.port(),
            self.model.name
        )))
    }

    fn only_on_beat(&self) -> bool {
        true
    }
}
