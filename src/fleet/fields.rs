//! Reading JSON objects that a stranger wrote: only the keys that a message has, at most so many values, and an error
//! that says what was found. Of a key that comes twice the last one counts, as in Python.

use crate::model::escaped;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use std::cell::Cell;
use std::fmt;
use thiserror::Error;

/// How many bytes of a malformed message its error shows.
const SHOWN: usize = 64;

/// The most values in the known keys of one message.
const VALUES: usize = 20_000;

/// Why a message is not understood. It is counted and told, and does no harm.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    /// There is nothing.
    #[error("the message is empty")]
    Empty,
    /// Bytes that are no UTF-8.
    #[error("\"{found}\" is not UTF-8")]
    NotUtf8 {
        /// Its beginning, escaped.
        found: String,
    },
    /// Text that is no JSON; lone surrogates (as a wrong hex escape) and numbers that no machine holds are
    /// told here, too.
    #[error("\"{found}\" is not JSON: {why}")]
    NotJson {
        /// Its beginning, escaped.
        found: String,
        /// The parser's words.
        why: String,
    },
    /// JSON, but no object.
    #[error("the message is {0}; an object is allowed")]
    NotAnObject(&'static str),
    /// Too deep to be shown.
    #[error("the message is nested deeper than {0} levels")]
    TooDeep(usize),
    /// A key that must be there.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A key with the wrong kind of value.
    #[error("`{key}` is {found}; {allowed} is allowed")]
    WrongType {
        /// The key.
        key: &'static str,
        /// What kind of value it has.
        found: &'static str,
        /// What it may have.
        allowed: &'static str,
    },
    /// A key with a value that is not allowed.
    #[error("`{key}` is \"{found}\"; {allowed} is allowed")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// Its value, escaped and cut.
        found: String,
        /// What it may have.
        allowed: &'static str,
    },
    /// Something inside the object of a key.
    #[error("in `{0}`: {1}")]
    Inside(&'static str, Box<Malformed>),
    /// Keys that exclude each other.
    #[error("`{0}` and `{1}` are both there; one of them is allowed")]
    Both(&'static str, &'static str),
    /// A text command without its separator.
    #[error("\"{found}\" has no `|` between client id and command")]
    NoBar {
        /// Its beginning, escaped.
        found: String,
    },
    /// A text feedback without one of its lines.
    #[error("\"{found}\" has no line that begins with `{label}` where one belongs")]
    NoLabel {
        /// The label.
        label: &'static str,
        /// Its beginning, escaped.
        found: String,
    },
}

impl Malformed {
    pub(super) fn not_utf8(payload: &[u8]) -> Self {
        let found = escaped(payload, SHOWN);
        Self::NotUtf8 { found }
    }

    pub(super) fn not_json(payload: &[u8], why: &serde_json::Error) -> Self {
        Self::NotJson {
            found: escaped(payload, SHOWN),
            why: why.to_string(),
        }
    }

    pub(super) fn out_of_range(key: &'static str, found: &str, allowed: &'static str) -> Self {
        Self::OutOfRange {
            key,
            found: escaped(found.as_bytes(), SHOWN),
            allowed,
        }
    }

    pub(super) fn no_bar(payload: &[u8]) -> Self {
        let found = escaped(payload, SHOWN);
        Self::NoBar { found }
    }

    pub(super) fn no_label(label: &'static str, payload: &[u8]) -> Self {
        let found = escaped(payload, SHOWN);
        Self::NoLabel { label, found }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Field {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Field>),
    Object(Fields),
}

impl Field {
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    fn wrong(&self, key: &'static str, allowed: &'static str) -> Malformed {
        Malformed::WrongType {
            key,
            found: self.kind(),
            allowed,
        }
    }
}

/// The known keys of an object.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields(Vec<(&'static str, Field)>);

impl Fields {
    /// Reads an object. Values of keys that are not among `known` (at any level) are skipped, however deep or large.
    pub(super) fn read(payload: &[u8], known: &'static [&'static str]) -> Result<Self, Malformed> {
        if payload.trim_ascii().is_empty() {
            return Err(Malformed::Empty);
        }
        let text = std::str::from_utf8(payload).map_err(|_| Malformed::not_utf8(payload))?;
        let left = Cell::new(VALUES);
        let seed = Seed { known, left: &left };
        let mut parser = serde_json::Deserializer::from_str(text);
        let read = seed.deserialize(&mut parser);
        match read.and_then(|field| parser.end().map(|()| field)) {
            Ok(Field::Object(fields)) => Ok(fields),
            Ok(other) => Err(Malformed::NotAnObject(other.kind())),
            Err(why) => Err(Malformed::not_json(payload, &why)),
        }
    }

    /// Takes a value out; none when the key is not there.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Field> {
        let place = self.0.iter().position(|(name, _)| *name == key)?;
        Some(self.0.swap_remove(place).1)
    }

    /// Text, if the key is there.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, Malformed> {
        match self.take(key) {
            None => Ok(None),
            Some(Field::Text(text)) => Ok(Some(text)),
            Some(other) => Err(other.wrong(key, "text")),
        }
    }

    /// Text that must be there.
    pub(super) fn needed(&mut self, key: &'static str) -> Result<String, Malformed> {
        self.text(key)?.ok_or(Malformed::Missing(key))
    }

    /// A number, if the key is there.
    pub(super) fn number(&mut self, key: &'static str) -> Result<Option<f64>, Malformed> {
        match self.take(key) {
            None => Ok(None),
            Some(Field::Number(number)) => Ok(number.as_f64()),
            Some(other) => Err(other.wrong(key, "a number")),
        }
    }

    /// An array, if the key is there.
    pub(super) fn list(&mut self, key: &'static str) -> Result<Option<Vec<Field>>, Malformed> {
        match self.take(key) {
            None => Ok(None),
            Some(Field::List(list)) => Ok(Some(list)),
            Some(other) => Err(other.wrong(key, "an array")),
        }
    }

    /// An object, if the key is there.
    pub(super) fn object(&mut self, key: &'static str) -> Result<Option<Fields>, Malformed> {
        match self.take(key) {
            None => Ok(None),
            Some(Field::Object(fields)) => Ok(Some(fields)),
            Some(other) => Err(other.wrong(key, "an object")),
        }
    }

    fn put(&mut self, key: &'static str, field: Field) {
        match self.0.iter_mut().find(|(name, _)| *name == key) {
            Some((_, there)) => *there = field,
            None => self.0.push((key, field)),
        }
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    known: &'static [&'static str],
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        let left = self.left.get();
        let less = left
            .checked_sub(1)
            .ok_or_else(|| serde::de::Error::custom(format!("more than {VALUES} values")))?;
        self.left.set(less);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field, E> {
        Ok(Field::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Field, E> {
        Ok(Field::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Field, E> {
        Ok(Field::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Field, E> {
        Ok(Number::from_f64(value).map_or(Field::Null, Field::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Field, E> {
        Ok(Field::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Field, E> {
        Ok(Field::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Field::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Field, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = entries.next_key_seed(Key(self.known))? {
            match key {
                Some(key) => fields.put(key, entries.next_value_seed(self)?),
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Field::Object(fields))
    }
}

/// Reads a key without keeping it: the known name that it equals, if any.
struct Key(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|known| **known == key).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_unknown_key_is_skipped_however_deep_and_of_two_alike_the_last_counts() {
        let deep = format!(
            r#"{{"x": {}{}, "a": 1, "a": "b"}}"#,
            "[".repeat(50_000),
            "]".repeat(50_000)
        );
        let mut fields = Fields::read(deep.as_bytes(), &["a"]).unwrap();
        assert_eq!(fields.needed("a").unwrap(), "b");
        assert_eq!(fields.needed("a"), Err(Malformed::Missing("a")));
    }

    #[test]
    fn a_known_key_that_is_too_deep_or_too_large_is_told() {
        let of = |text: String| {
            Fields::read(text.as_bytes(), &["a"])
                .unwrap_err()
                .to_string()
        };
        let deep = format!(r#"{{"a": {}{}}}"#, "[".repeat(500), "]".repeat(500));
        assert!(of(deep).contains("recursion limit"));
        let large = format!(r#"{{"a": [{}0]}}"#, "0,".repeat(VALUES));
        assert!(of(large).contains("more than 20000 values"));
    }

    #[test]
    fn what_is_no_object_is_told_by_its_kind() {
        let of = |text: &str| Fields::read(text.as_bytes(), &[]).unwrap_err().to_string();
        assert_eq!(of("[]"), "the message is an array; an object is allowed");
        assert_eq!(of("12"), "the message is a number; an object is allowed");
        assert_eq!(of("null"), "the message is null; an object is allowed");
        assert_eq!(of("\"a\""), "the message is text; an object is allowed");
        assert_eq!(of(" "), "the message is empty");
        assert!(of("{} x").contains("trailing characters"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_in_a_few_words(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Err(error) = Fields::read(&bytes, &["a"]) {
                let shown = error.to_string();
                prop_assert!(shown.len() < 1000 && !shown.chars().any(char::is_control));
            }
        }
    }
}
