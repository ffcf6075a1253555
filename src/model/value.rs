//! What sensors say and actuators take: *said strictly, understood leniently* (the wire contract's words).

use super::color::Color;
use super::harmless::is_harmful;
use serde_json::Value as Json;
use std::fmt;
use thiserror::Error;

/// One reading, or one wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `True` or `False` on the wire.
    Bool(bool),
    /// A decimal integer on the wire.
    Integer(i64),
    /// A decimal number with a point on the wire.
    Decimal(f64),
    /// `#rrggbb` on the wire.
    Color(Color),
    /// Text as it is.
    Text(String),
}

/// What values a channel carries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueKind {
    /// On or off.
    Bool,
    /// An integer from `min` to `max`, both included.
    Integer {
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
    },
    /// A number with a point, in the resource's unit.
    Decimal,
    /// A colour.
    Color,
    /// Any text, up to 1024 bytes.
    Text,
}

impl ValueKind {
    /// Whether values of this kind are numbers.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Decimal)
    }
}

/// `n` moved from one range to another: linear, rounded to the nearest, never outside.
#[must_use]
pub fn rescale(n: i64, (min, max): (i64, i64), (low, high): (i64, i64)) -> i64 {
    let span = i128::from(max) - i128::from(min);
    if span <= 0 {
        return low;
    }
    let share = (i128::from(n) - i128::from(min)) * (i128::from(high) - i128::from(low));
    let scaled = (2 * share + span).div_euclid(2 * span) + i128::from(low);
    i64::try_from(scaled).unwrap_or(high).clamp(low, high)
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("True or False"),
            Self::Integer { min, max } => write!(f, "{min}..{max}"),
            Self::Decimal => f.write_str("a decimal number"),
            Self::Color => f.write_str("#rrggbb"),
            Self::Text => f.write_str("text"),
        }
    }
}

/// A payload that an actuator does not understand. It leaves its output as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("payload \"{found}\" is not understood; allowed: {allowed}")]
pub struct ValueError {
    /// The first 64 bytes, escaped.
    pub found: String,
    /// What is allowed, in words.
    pub allowed: String,
}

/// The longest payload that can be a value of an actuator; a longer one is refused before it is parsed.
const LONGEST: usize = 1024;

/// What a payload begins with that tests who may publish where, and is to move nothing: no kind of value understands it.
pub const CANARY: &str = "mqtt-thing-canary ";

impl Value {
    /// The exact words on the wire.
    ///
    /// ```
    /// use mqtt_thing::model::Value;
    /// assert_eq!(Value::Bool(true).encode(), "True");
    /// assert_eq!(Value::Integer(1023).encode(), "1023");
    /// assert_eq!(Value::Decimal(21.0).encode(), "21.0");
    /// ```
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Integer(number) => number.to_string(),
            // Debug keeps a point in whole numbers, as Python's str() does
            Self::Decimal(number) => format!("{number:?}"),
            Self::Color(color) => color.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    /// Understands a payload as a value of `kind`: the wire's words and integers, the usual words for on and
    /// off in any case, and JSON with the value bare or under `value` or `state`.
    ///
    /// Where the kind is an integer, `0` and `1` are numbers, and words for on and off mean its two ends; a `brightness`
    /// in JSON, 0 to 255 as Home Assistant's MQTT light says it, is a share of its range.
    ///
    /// # Errors
    /// Anything else, with what was found and what is allowed; never a guess.
    pub fn decode(kind: ValueKind, payload: &[u8]) -> Result<Self, ValueError> {
        let refuse = || ValueError {
            found: escaped(payload, 64),
            allowed: allowed(kind),
        };
        if payload.len() > LONGEST || payload.starts_with(CANARY.as_bytes()) {
            return Err(refuse());
        }
        let text = std::str::from_utf8(payload).map_err(|_| refuse())?;
        if kind == ValueKind::Text {
            return Ok(Self::Text(text.to_owned()));
        }
        let text = text.trim();
        let found = match text.as_bytes().first() {
            Some(b'{') => from_json(text, kind),
            Some(b'#') => Color::from_word(text).map(Self::Color),
            _ => from_word(text),
        };
        found
            .and_then(|value| value.fitted(kind))
            .ok_or_else(refuse)
    }

    /// This value as one of `kind`, if it can be one.
    fn fitted(self, kind: ValueKind) -> Option<Self> {
        match (kind, self) {
            (ValueKind::Bool, Self::Bool(on)) => Some(Self::Bool(on)),
            (ValueKind::Bool, Self::Integer(number @ (0 | 1))) => Some(Self::Bool(number == 1)),
            (ValueKind::Integer { min, max }, Self::Integer(number)) => (min..=max)
                .contains(&number)
                .then_some(Self::Integer(number)),
            (ValueKind::Integer { min, max }, Self::Bool(on)) => {
                Some(Self::Integer(if on { max } else { min }))
            }
            (ValueKind::Color, Self::Color(color)) => Some(Self::Color(color)),
            (ValueKind::Color, Self::Bool(on)) => {
                Some(Self::Color(if on { Color::WHITE } else { Color::BLACK }))
            }
            (ValueKind::Decimal, Self::Decimal(number)) => Some(Self::Decimal(number)),
            (ValueKind::Decimal, Self::Integer(number)) => {
                i32::try_from(number).ok().map(|n| Self::Decimal(n.into()))
            }
            _ => None,
        }
    }
}

fn allowed(kind: ValueKind) -> String {
    let words = "True False 1 0 on off, JSON true, {\"value\": true} or {\"state\": \"ON\"}";
    match kind {
        ValueKind::Bool => words.to_owned(),
        ValueKind::Integer { min, max } => {
            let words = words.replace(" 1 0", "");
            format!("an integer {min}..{max}, {words}, also with \"brightness\": 0..255")
        }
        ValueKind::Decimal => "a number".to_owned(),
        ValueKind::Color => {
            "#rrggbb, JSON {\"color\": {\"r\": 255, \"g\": 0, \"b\": 0}}, on off".to_owned()
        }
        ValueKind::Text => format!("UTF-8 text of up to {LONGEST} bytes"),
    }
}

fn from_word(text: &str) -> Option<Value> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") || is("on") {
        return Some(Value::Bool(true));
    }
    if is("false") || is("off") {
        return Some(Value::Bool(false));
    }
    // only what the wire says: digits with an optional minus; Rust's own parser would also take "+1"
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Value::Integer);
    }
    let decimal = digits.split_once('.').is_some_and(|(whole, part)| {
        !whole.is_empty()
            && !part.is_empty()
            && [whole, part]
                .iter()
                .all(|s| s.bytes().all(|b| b.is_ascii_digit()))
    });
    if decimal {
        text.parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
            .map(Value::Decimal)
    } else {
        None
    }
}

fn from_json(text: &str, kind: ValueKind) -> Option<Value> {
    let Ok(Json::Object(object)) = serde_json::from_str(text) else {
        return None;
    };
    // home automation says a colour and a brightness beside the state, and the state wins when it is off
    let is = |word: &str| {
        let state = object.get("state").and_then(Json::as_str);
        state.is_some_and(|state| state.eq_ignore_ascii_case(word))
    };
    match kind {
        ValueKind::Color if !is("off") => {
            if let Some(color) = object.get("color") {
                return Color::from_json(color).map(Value::Color);
            }
        }
        ValueKind::Integer { min, max } if !object.contains_key("value") && !is("off") => {
            if let Some(level) = object.get("brightness") {
                let level = level.as_i64().filter(|level| (0..=255).contains(level))?;
                let is_meant = is("on") || !object.contains_key("state");
                return is_meant.then(|| Value::Integer(rescale(level, (0, 255), (min, max))));
            }
        }
        _ => {}
    }
    // both keys at once would have to agree; who sends both must mean one
    let found = match (object.get("value"), object.get("state")) {
        (Some(value), None) => value,
        (None, Some(state)) => state,
        _ => return None,
    };
    match found {
        Json::Bool(on) => Some(Value::Bool(*on)),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Some(Value::Integer(integer)),
            None => number.as_f64().map(Value::Decimal),
        },
        Json::String(word) if word.starts_with('#') => Color::from_word(word).map(Value::Color),
        Json::String(word) => from_word(word),
        _ => None,
    }
}

/// The first `most` bytes of what came from the network, safe for a terminal and a log.
///
/// Control characters, quotes and what is not UTF-8 are escaped; `...` marks a cut.
#[must_use]
pub fn escaped(bytes: &[u8], most: usize) -> String {
    let cut = &bytes[..bytes.len().min(most)];
    let mut shown = String::with_capacity(cut.len());
    for chunk in cut.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_harmful(c) || matches!(c, '"' | '\\') {
                shown.extend(c.escape_default());
            } else {
                shown.push(c);
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    if bytes.len() > most {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests;
