//! Keys in files: PEM (RFC 7468) around PKCS#8 (RFC 5958, the two versions) and SubjectPublicKeyInfo, both with the
//! forms of RFC 8410 for Ed25519. What `openssl genpkey -algorithm ed25519` writes is read, and the other way round.

use crate::model::escaped;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

const PRIVATE: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

/// What stands before the 32 bytes of a private key in version 1 (RFC 8410, section 7).
const PRIVATE_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// What stands before the 32 bytes of a public key (RFC 8410, section 4).
const PUBLIC_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The characters of base64 on a line.
const WIDTH: usize = 64;

/// Why a file holds no key that can be used. Nothing of the file is shown but its label.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PemError {
    /// There is no `-----BEGIN ...-----`, or not its end.
    #[error(
        "there is no PEM in it; it begins with `-----BEGIN {0}-----` and ends with `-----END {0}-----`"
    )]
    NoPem(&'static str),
    /// PEM of something else.
    #[error("it holds `{found}`; `{wanted}` is allowed{}", advice(.found))]
    Label {
        /// What it says that it is, escaped.
        found: String,
        /// What is needed.
        wanted: &'static str,
    },
    /// The base64 is broken.
    #[error("what stands between its first and its last line is not base64")]
    NotBase64,
    /// A key for another algorithm, or a broken one.
    #[error("it is no Ed25519 key ({0}); `mqtt-thing key new` makes one")]
    NotEd25519(String),
}

fn advice(found: &str) -> &'static str {
    match found {
        "OPENSSH PRIVATE KEY" => {
            "; that is a key of ssh's own form, `mqtt-thing key new` makes another"
        }
        "ENCRYPTED PRIVATE KEY" => "; `openssl pkey -in FILE -out NEW` takes its password off",
        "CERTIFICATE" => "; a certificate is for TLS, not for signing commands",
        _ => "",
    }
}

/// What is inside a PEM block with this label. Text before it is skipped, as the standard allows.
fn inside(text: &str, wanted: &'static str) -> Result<Vec<u8>, PemError> {
    let none = || PemError::NoPem(wanted);
    let (_, rest) = text.split_once("-----BEGIN ").ok_or_else(none)?;
    let (label, rest) = rest.split_once("-----").ok_or_else(none)?;
    if label != wanted {
        let found = escaped(label.as_bytes(), 40);
        return Err(PemError::Label { found, wanted });
    }
    let end = format!("-----END {label}-----");
    let (base64, _) = rest.split_once(end.as_str()).ok_or_else(none)?;
    let base64: String = base64.split_ascii_whitespace().collect();
    STANDARD.decode(base64).map_err(|_| PemError::NotBase64)
}

fn around(label: &str, bytes: &[u8]) -> String {
    let base64 = STANDARD.encode(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        // base64 is ASCII, so every place is between two characters
        let (line, after) = rest.split_at(rest.len().min(WIDTH));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The PKCS#8 in a file with a private key.
pub(super) fn private(text: &str) -> Result<Vec<u8>, PemError> {
    inside(text, PRIVATE)
}

/// The 32 bytes of RFC 8032 in PKCS#8 of either version, which has been checked to be that of an Ed25519 key.
pub(super) fn seed(pkcs8: &[u8]) -> Option<[u8; 32]> {
    // attributes may make the outermost length a long one
    let head = match *pkcs8.get(1)? {
        0..0x80 => 0,
        long => usize::from(long & 0x7f),
    };
    let place = PRIVATE_HEAD.len().checked_add(head)?;
    let bytes = pkcs8.get(place..place.checked_add(32)?)?;
    bytes.try_into().ok()
}

/// A private key as PKCS#8, version 1: the one that every version of OpenSSL reads.
pub(super) fn of_seed(seed: &[u8; 32]) -> String {
    around(PRIVATE, &[PRIVATE_HEAD.as_slice(), seed].concat())
}

/// The 32 bytes of a public key.
pub(super) fn public(text: &str) -> Result<[u8; 32], PemError> {
    let found = inside(text, PUBLIC)?;
    let bytes = found
        .strip_prefix(PUBLIC_HEAD.as_slice())
        .and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| PemError::NotEd25519("another kind of key".to_owned()))
}
