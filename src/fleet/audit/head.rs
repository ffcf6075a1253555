//! The number and the hash of a line: all that somebody must note to see later whether lines are missing.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A SHA-256. Shown as 64 small hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What line 1 names as the hash before it.
    pub const NONE: Self = Self([0; 32]);

    /// The SHA-256 of these parts, one after the other.
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        parts.iter().for_each(|part| context.update(part));
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }

    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A head that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no head: 64 hexadecimal digits are, and NUMBER:HASH, as `health` says them")]
pub struct BadHead(String);

impl BadHead {
    fn new(text: &str) -> Self {
        Self(crate::model::escaped(text.as_bytes(), 100))
    }
}

impl FromStr for Hash {
    type Err = BadHead;

    fn from_str(text: &str) -> Result<Self, BadHead> {
        let bad = || BadHead::new(text);
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(bad());
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or_else(bad);
            let value = digit(pair[0])? << 4 | digit(pair[1])?;
            *byte = u8::try_from(value).map_err(|_| bad())?;
        }
        Ok(Self(hash))
    }
}

/// A line's place in the chain. Shown as `NUMBER:HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 before the first.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// Before the first line.
    pub const NONE: Self = Self {
        number: 0,
        hash: Hash::NONE,
    };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

/// A head that somebody noted, perhaps without the number: `NUMBER:HASH` or `HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedHead {
    /// The line's number, if it was noted.
    pub number: Option<u64>,
    /// The line's hash.
    pub hash: Hash,
}

impl From<Head> for WantedHead {
    fn from(head: Head) -> Self {
        Self {
            number: Some(head.number),
            hash: head.hash,
        }
    }
}

impl FromStr for WantedHead {
    type Err = BadHead;

    fn from_str(text: &str) -> Result<Self, BadHead> {
        let bad = |_| BadHead::new(text);
        let (number, hash) = match text.split_once(':') {
            Some((number, hash)) => {
                let number = number.parse().map_err(|_| BadHead::new(text))?;
                (Some(number), hash)
            }
            None => (None, text),
        };
        let hash = hash.parse().map_err(bad)?;
        Ok(Self { number, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_shown_with_or_without_its_number() {
        let hash = Hash::of(&[b"a", b"bc"]);
        // what `printf abc | sha256sum` says
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), text);
        let head = Head { number: 7, hash };
        assert_eq!(head.to_string().parse(), Ok(WantedHead::from(head)));
        let number = None;
        assert_eq!(text.to_uppercase().parse(), Ok(WantedHead { number, hash }));
    }

    #[test]
    fn what_is_no_head_is_told_with_what_is_one() {
        for text in [
            "",
            "7",
            "7:",
            "x:00",
            ":00",
            "\u{1b}[2J",
            &"é".repeat(32),
            &"+1".repeat(32),
        ] {
            let error = text.parse::<WantedHead>().unwrap_err().to_string();
            assert!(error.contains("64 hexadecimal digits"), "{error}");
            assert!(!error.contains('\u{1b}'), "{error}");
        }
    }
}
