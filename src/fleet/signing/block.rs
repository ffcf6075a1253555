//! The signature block of a command: `{"key": .., "sequence": .., "issued": .., "value": ..}`.

use super::public_key::KeyId;
use super::{moment, seconds_passed};
use crate::fleet::fields::{Field, Fields, Malformed};
use crate::fleet::python_json::Object;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::SystemTime;

/// Sequences are below this: the whole numbers that every JSON reader has exactly.
pub const SEQUENCES_END: u64 = 1 << 53;

/// The first second after the last moment that can be named: the end of the year 9999.
const LATEST: u64 = 253_402_300_800;

/// What a command says of its signature. When it expires is the command's own `expires_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// By which key.
    pub key: KeyId,
    /// Its number among all that the key signed; below 2^53.
    pub sequence: u64,
    /// When it was signed, in whole seconds.
    pub issued: SystemTime,
    pub(super) value: [u8; 64],
}

impl Signature {
    /// Reads the block.
    pub(in crate::fleet) fn of_fields(fields: &mut Fields) -> Result<Self, Malformed> {
        let key = fields.needed("key")?;
        let sequence = whole(fields, "sequence", SEQUENCES_END)?;
        let issued = whole(fields, "issued", LATEST)?;
        let value = fields.needed("value")?;
        Ok(Self {
            key: key.parse().map_err(|_| {
                Malformed::out_of_range("key", &key, "an id of 16 of the digits 0 to 9 and a to f")
            })?,
            sequence,
            issued: moment(issued),
            value: STANDARD
                .decode(&value)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| {
                    Malformed::out_of_range("value", &value, "base64 of 64 bytes with padding")
                })?,
        })
    }

    /// The block as JSON.
    pub(in crate::fleet) fn json(&self) -> Vec<u8> {
        Object::default()
            .text("key", self.key.as_str())
            .json("sequence", self.sequence.to_string())
            .json("issued", seconds_passed(self.issued).to_string())
            .text("value", &STANDARD.encode(self.value))
            .finish()
    }
}

/// A whole number below `end`, written without a point or an exponent.
fn whole(fields: &mut Fields, key: &'static str, end: u64) -> Result<u64, Malformed> {
    let wrong = |found: &str| {
        Malformed::out_of_range(key, found, "a whole number from 0 on, at most 16 digits,")
    };
    match fields.take(key) {
        None => Err(Malformed::Missing(key)),
        Some(Field::Number(number)) => number
            .as_u64()
            .filter(|number| *number < end)
            .ok_or_else(|| wrong(&number.to_string())),
        Some(other) => Err(Malformed::WrongType {
            key,
            found: other.kind(),
            allowed: "a number",
        }),
    }
}
