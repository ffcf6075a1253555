//! A public key and its id, as they stand in lists and messages.

use super::pem::{self, PemError};
use crate::model::escaped;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What a public key begins with as text.
const KIND: &str = "ed25519:";

/// How many hexadecimal digits of the hash make an id.
const DIGITS: usize = 16;

/// Why a text is no key, or no key's id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It names no kind of key, or another.
    #[error(
        "\"{0}\" does not begin with `ed25519:`; a public key is `ed25519:` and 44 characters of base64"
    )]
    Kind(String),
    /// What follows is no base64.
    #[error("\"{found}\" is not base64: {why}")]
    NotBase64 {
        /// Its beginning, escaped.
        found: String,
        /// The decoder's words.
        why: String,
    },
    /// It has another length.
    #[error("the key has {0} bytes; 32 are allowed")]
    Length(usize),
    /// A key for which anybody can make signatures.
    #[error(
        "the key is a point of small order, for which anybody can make signatures; `mqtt-thing key new` makes good ones"
    )]
    SmallOrder,
    /// Something else than the digits of an id.
    #[error("\"{0}\" is no id of a key; 16 of the digits 0 to 9 and a to f are allowed")]
    Id(String),
}

/// An Ed25519 public key (RFC 8032). As text: `ed25519:` and its 32 bytes in base64.
///
/// ```
/// use mqtt_thing::fleet::signing::PublicKey;
/// let text = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
/// let key: PublicKey = text.parse()?;
/// assert_eq!(key.to_string(), text);
/// assert_eq!(key.id().to_string(), "21fe31dfa154a261");
/// # Ok::<(), mqtt_thing::fleet::signing::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// From the 32 bytes of RFC 8032.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads PEM with a `PUBLIC KEY`, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// Something else, or a key of another kind.
    pub fn from_pem(text: &str) -> Result<Self, PemError> {
        let small = || PemError::NotEd25519("a point of small order".to_owned());
        Self::checked(pem::public(text)?).ok_or_else(small)
    }

    /// A key of these bytes, unless it is one for which anybody can sign.
    pub(super) fn checked(bytes: [u8; 32]) -> Option<Self> {
        let mut unsigned = bytes;
        unsigned[31] &= 0x7f;
        (!SMALL_ORDER.contains(&unsigned)).then_some(Self(bytes))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let hash = ring::digest::digest(&ring::digest::SHA256, &self.0);
        let half = &hash.as_ref()[..DIGITS / 2];
        KeyId(half.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{KIND}{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let shown = |text: &str| escaped(text.as_bytes(), 64);
        let base64 = text
            .strip_prefix(KIND)
            .ok_or_else(|| KeyError::Kind(shown(text)))?;
        let bytes = STANDARD.decode(base64).map_err(|why| KeyError::NotBase64 {
            found: shown(base64),
            why: why.to_string(),
        })?;
        let length = bytes.len();
        let bytes = bytes.try_into().map_err(|_| KeyError::Length(length))?;
        Self::checked(bytes).ok_or(KeyError::SmallOrder)
    }
}

/// The points of small order and the two other ways to write them, without the sign bit. A "signature" under one of them
/// can be made without any private key, and is valid for RFC 8032's equation. Source: "Taming the many EdDSAs"
/// (Chalkias, Garillot, Nikolaenko 2020), section 2.
const SMALL_ORDER: [[u8; 32]; 7] = [
    point(0, 0, 0),
    point(1, 0, 0),
    point(0xec, 0xff, 0x7f),
    point(0xed, 0xff, 0x7f),
    point(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

const fn point(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// The id of a public key: the first 16 hexadecimal digits, lower case, of the SHA-256 of its 32 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Its 16 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == DIGITS && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(KeyError::Id(escaped(text.as_bytes(), 64)))
        }
    }
}
