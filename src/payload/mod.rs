//! What is in a message, for people and programs: JSON, CBOR, text or bytes. MQTT does not say which it is.
//!
//! ```
//! use mqtt_thing::payload::{Payload, look};
//! assert_eq!(look(b"{\"a\": 1}"), Payload::Json("{\"a\": 1}".into()));
//! assert_eq!(look(b"\xa1\x61a\x01"), Payload::Cbor("{\"a\": 1}".to_owned()));
//! assert_eq!(look(b"True"), Payload::Text("True"));
//! assert_eq!(look(b"\xff\x00"), Payload::Binary(b"\xff\x00"));
//! ```

mod cbor;
mod hex;

pub use hex::dump;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// What a payload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload<'a> {
    /// JSON (RFC 8259) on one line, otherwise as it came: numbers keep their digits and keys their order.
    Json(Cow<'a, str>),
    /// CBOR (RFC 8949), as its diagnostic notation (section 8) on one line.
    Cbor(String),
    /// Any other UTF-8.
    Text(&'a str),
    /// Any other bytes.
    Binary(&'a [u8]),
}

/// Finds out what a payload is. UTF-8 is JSON if it reads as such, a bare number too, else text. Of the rest, a map, an
/// array or a tag of CBOR that takes all bytes is CBOR: maps and arrays never begin as UTF-8 does.
#[must_use]
pub fn look(bytes: &[u8]) -> Payload<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Payload::Json(on_one_line(text.trim_ascii())),
            Err(_) => Payload::Text(text),
        },
        Err(_) => match cbor::diagnostic(bytes) {
            Some(diagnostic) => Payload::Cbor(diagnostic),
            None => Payload::Binary(bytes),
        },
    }
}

/// A line's end or a tab stands only between the parts of JSON: inside a text it is escaped. With what follows of white
/// space it becomes one blank.
fn on_one_line(json: &str) -> Cow<'_, str> {
    let is_white = |c: char| matches!(c, '\n' | '\r' | '\t');
    if !json.contains(is_white) {
        return Cow::Borrowed(json);
    }
    let mut line = String::with_capacity(json.len());
    let mut after_break = false;
    for c in json.chars() {
        match c {
            c if is_white(c) => {
                if !after_break {
                    line.push(' ');
                }
                after_break = true;
            }
            ' ' if after_break => {}
            c => {
                after_break = false;
                line.push(c);
            }
        }
    }
    Cow::Owned(line)
}

/// Bytes as base64 (RFC 4648, section 4), for JSON.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn json_keeps_its_digits_and_its_order() {
        let json = "{\n\t\"b\": 1.10,\r\n    \"a\": [12345678901234567890123, \"x  y\"]\n}\n";
        let line = "{ \"b\": 1.10, \"a\": [12345678901234567890123, \"x  y\"] }";
        assert_eq!(look(json.as_bytes()), Payload::Json(line.into()));
    }

    #[test]
    fn what_is_nested_without_end_is_no_json() {
        let deep = "[".repeat(100_000);
        assert_eq!(look(deep.as_bytes()), Payload::Text(&deep));
    }

    #[test]
    fn an_empty_payload_is_text() {
        assert_eq!(look(b""), Payload::Text(""));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = look(&bytes);
        }

        #[test]
        fn json_means_the_same_on_one_line(text in "[\\PC\n\t ]{0,20}", number: f64) {
            prop_assume!(number.is_finite());
            let json = serde_json::json!({ "a": [text, number], &text: { "b": null } });
            let pretty = serde_json::to_string_pretty(&json).unwrap();
            let Payload::Json(line) = look(pretty.as_bytes()) else {
                panic!("{pretty}");
            };
            prop_assert!(!line.contains('\n'));
            // the digits are the same; whether reading them gives the same number is the reader's affair
            let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            prop_assert_eq!(read(&line), read(&pretty));
        }
    }
}
