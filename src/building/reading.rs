//! What a sensor says: a value with its unit and its time.
//!
//! JSON `{"value": 21.5, "unit": "C", "time": "2026-11-20T14:03:59.123Z"}`, or the same map in CBOR (RFC 8949). What is
//! read may have any other keys, be a bare number, or have its value elsewhere.

use super::parts::Quantity;
use crate::model::{escaped, utc_text};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use serde_json::Value;
use std::borrow::Cow;
use std::time::SystemTime;
use thiserror::Error;

/// How a reading is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// RFC 8259.
    #[default]
    Json,
    /// RFC 8949.
    Cbor,
}

/// What a sensor says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The value; finite.
    pub value: f64,
    /// Its unit, which tells what was measured.
    pub unit: &'static str,
    /// When.
    pub time: SystemTime,
}

/// Why a payload has no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadingError {
    /// It is neither JSON nor CBOR.
    #[error("`{found}` is neither JSON nor CBOR")]
    Neither {
        /// Its beginning, escaped.
        found: String,
    },
    /// There is no such field.
    #[error("`{found}` has no field `{field}`")]
    NoField {
        /// Its beginning, escaped.
        found: String,
        /// The field that was looked for.
        field: String,
    },
    /// The field is no number.
    #[error("`{field}` of `{found}` is no finite number")]
    NoNumber {
        /// Its beginning, escaped.
        found: String,
        /// The field.
        field: String,
    },
}

/// Where the value is, unless a question says otherwise.
const VALUE: &str = "value";
/// The longest unit that is shown, in bytes.
const LONGEST_UNIT: usize = 32;
/// CBOR that is nested deeper is not looked into.
const DEEPEST: usize = 16;

impl Reading {
    /// The payload.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    #[must_use]
    pub fn encode(&self, encoding: Encoding) -> Vec<u8> {
        let (unit, time) = (self.unit, utc_text(self.time));
        match encoding {
            Encoding::Json => {
                let value = serde_json::json!(self.value);
                format!(r#"{{"value": {value}, "unit": "{unit}", "time": "{time}"}}"#).into_bytes()
            }
            Encoding::Cbor => {
                let mut encoder = Encoder::new(Vec::with_capacity(64));
                encoder
                    .map(3)
                    .and_then(|e| {
                        e.str(VALUE)?
                            .f64(self.value)?
                            .str("unit")?
                            .str(unit)?
                            .str("time")?
                            .str(&time)
                    })
                    .expect("memory takes it");
                encoder.into_writer()
            }
        }
    }

    /// The value of a payload: that of `field`, whose levels stand with dots between; else of `value`; a bare number is its
    /// own value.
    ///
    /// # Errors
    /// There is none; the error names what was found.
    pub fn value_of(payload: &[u8], field: Option<&str>) -> Result<f64, ReadingError> {
        let found = || escaped(payload, 64);
        let json = match serde_json::from_slice(payload) {
            Ok(json) => json,
            Err(_) => cbor(payload).ok_or_else(|| ReadingError::Neither { found: found() })?,
        };
        if let Some(number) = number(&json) {
            return Ok(number);
        }
        let field = field.unwrap_or(VALUE);
        let mut levels = field.split('.');
        let its = levels.try_fold(&json, |json, level| json.get(level));
        let its = its.ok_or_else(|| ReadingError::NoField {
            found: found(),
            field: field.to_owned(),
        })?;
        number(its).ok_or_else(|| ReadingError::NoNumber {
            found: found(),
            field: field.to_owned(),
        })
    }

    /// The unit that a payload itself tells, if it does and is not too long for one. It goes before the usual one of what
    /// is measured: a plain light sensor counts, and does not measure lux. From the network, so not safe for a terminal.
    #[must_use]
    pub fn unit_of(payload: &[u8]) -> Option<String> {
        let json = serde_json::from_slice(payload).ok();
        let json: Value = json.or_else(|| cbor(payload))?;
        let unit = json.get("unit")?.as_str()?;
        (unit.len() <= LONGEST_UNIT).then(|| unit.to_owned())
    }

    /// The same, or else the usual unit of what is measured.
    #[must_use]
    pub fn unit_or_usual(payload: &[u8], quantity: Quantity) -> Cow<'static, str> {
        match Self::unit_of(payload) {
            Some(unit) if unit != quantity.unit() => Cow::Owned(unit),
            _ => Cow::Borrowed(quantity.unit()),
        }
    }
}

/// A value as people read it: without hundreds of digits, whatever the network says.
#[must_use]
pub fn plain(value: f64) -> String {
    match value == 0.0 || (1e-6..1e16).contains(&value.abs()) {
        true => value.to_string(),
        false => format!("{value:e}"),
    }
}

/// A number, or a text that is one, as students' programs write it.
fn number(json: &Value) -> Option<f64> {
    let number = match json {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// CBOR that is a map, as far as JSON can say it.
fn cbor(payload: &[u8]) -> Option<Value> {
    let mut decoder = Decoder::new(payload);
    let value = item(&mut decoder, DEEPEST)?;
    (value.is_object() && decoder.position() == payload.len()).then_some(value)
}

fn item(decoder: &mut Decoder<'_>, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    Some(match decoder.datatype().ok()? {
        Type::Map => {
            let mut object = serde_json::Map::new();
            for _ in 0..decoder.map().ok()?? {
                let key = decoder.str().ok()?.to_owned();
                object.insert(key, item(decoder, depth)?);
            }
            Value::Object(object)
        }
        Type::F16 | Type::F32 | Type::F64 => Value::from(decoder.f64().ok()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => Value::from(decoder.u64().ok()?),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => Value::from(decoder.i64().ok()?),
        Type::String => Value::from(decoder.str().ok()?),
        _ => {
            decoder.skip().ok()?;
            Value::Null
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn reading(value: f64) -> Reading {
        Reading {
            value,
            unit: "C",
            time: UNIX_EPOCH + Duration::from_millis(1_795_172_851_846),
        }
    }

    #[test]
    fn json_is_as_the_contract_shows_it() {
        let json = String::from_utf8(reading(21.5).encode(Encoding::Json)).unwrap();
        assert_eq!(
            json,
            r#"{"value": 21.5, "unit": "C", "time": "2026-11-20T11:07:31.846Z"}"#
        );
        assert_eq!(Reading::value_of(json.as_bytes(), None), Ok(21.5));
    }

    #[test]
    fn cbor_has_the_bytes_that_its_standard_gives() {
        let cbor = reading(21.5).encode(Encoding::Cbor);
        // a map of 3, a text of 5, a double
        assert_eq!(cbor[..7], [0xa3, 0x65, b'v', b'a', b'l', b'u', b'e']);
        assert_eq!(cbor[7..16], [0xfb, 0x40, 0x35, 0x80, 0, 0, 0, 0, 0]);
        assert_eq!(cbor[16..21], [0x64, b'u', b'n', b'i', b't']);
        assert_eq!(Reading::value_of(&cbor, None), Ok(21.5));
        // {"value": 1.5} with a half, and {"value": -7}
        assert_eq!(
            Reading::value_of(b"\xa1\x65value\xf9\x3e\x00", None),
            Ok(1.5)
        );
        assert_eq!(Reading::value_of(b"\xa1\x65value\x26", None), Ok(-7.0));
    }

    #[test]
    fn what_others_write_is_understood_where_the_value_is_told() {
        let of = |text: &str, field| Reading::value_of(text.as_bytes(), field);
        assert_eq!(of("21", None), Ok(21.0));
        assert_eq!(of("21", Some("d.t")), Ok(21.0));
        assert_eq!(of(r#"{"value": "21.5 "}"#, None), Ok(21.5));
        assert_eq!(of(r#"{"d": {"t": 3}}"#, Some("d.t")), Ok(3.0));
        assert_eq!(
            of(r#"{"d": 3}"#, Some("t")).unwrap_err().to_string(),
            r#"`{\"d\": 3}` has no field `t`"#
        );
        assert!(matches!(
            of(r#"{"value": true}"#, None),
            Err(ReadingError::NoNumber { .. })
        ));
        assert!(of(r#"{"value": 1e999}"#, None).is_err());
        assert!(matches!(
            of("warm", None),
            Err(ReadingError::Neither { .. })
        ));
        assert!(matches!(of("", None), Err(ReadingError::Neither { .. })));
    }

    #[test]
    fn a_value_is_told_in_few_digits() {
        for (value, told) in [
            (0.0, "0"),
            (-21.5, "-21.5"),
            (1e15, "1000000000000000"),
            (1e300, "1e300"),
            (-2.5e-300, "-2.5e-300"),
        ] {
            assert_eq!(plain(value), told);
        }
    }

    #[test]
    fn a_payload_may_tell_its_unit() {
        let mut counts = reading(512.0);
        counts.unit = "of 1023";
        for encoding in [Encoding::Json, Encoding::Cbor] {
            let unit = Reading::unit_of(&counts.encode(encoding));
            assert_eq!(unit.as_deref(), Some("of 1023"));
        }
        let long = format!(r#"{{"value": 1, "unit": "{}"}}"#, "x".repeat(33));
        for payload in ["21.5", r#"{"value": 1}"#, r#"{"unit": 5}"#, "", &long] {
            assert_eq!(Reading::unit_of(payload.as_bytes()), None, "{payload}");
        }
    }

    proptest! {
        #[test]
        fn every_value_comes_back_by_both_ways(value in -1e9_f64..1e9) {
            for encoding in [Encoding::Json, Encoding::Cbor] {
                let payload = reading(value).encode(encoding);
                let back = Reading::value_of(&payload, None).unwrap();
                // JSON is read to within the last digit of a double
                prop_assert!((back - value).abs() <= value.abs() * 1e-15, "{} {}", back, value);
            }
        }

        #[test]
        fn no_payload_makes_it_panic(payload in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Reading::value_of(&payload, None);
        }

        #[test]
        fn no_nesting_makes_it_panic(depth in 0_usize..100_000) {
            let _ = Reading::value_of(&b"\xa1\x65value".repeat(depth), None);
        }
    }
}
