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
        pem::public(text).map(Self)
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
        Ok(Self(bytes))
    }
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
