//! Signed commands: who may command an executor, what a signature covers, and when one counts.
//!
//! Pure: keys, time and the list of trusted keys are arguments. The order of sequences is the journal's business.
//!
//! | file | what it is |
//! |---|---|
//! | `public_key` | a public key and its id, as text |
//! | `signing_key`, `pem` | a private key, and the file formats of keys |
//! | `covered` | the bytes that are signed |
//! | `block` | the signature block of a command |
//! | `signer` | signs orders |
//! | `trust`, `trust_list` | the list of trusted keys: reading it, changing it |
//! | `verify`, `refused` | whether an order is to be obeyed, and why not |
//! | `mending` | what whoever signed can do about that |
//!
//! # What is signed
//!
//! Enough to write a signer in another language; the JSON around it is in the wire contract, section 3. The signature
//! is Ed25519 (RFC 8032, pure, no context) over these bytes, one after the other:
//!
//! 1. the 23 bytes `mqtt-thing/command/1` and a line feed, without a length in front (the digit is the version);
//! 2. ten fields in this order:
//!
//! | # | field | form |
//! |---|---|---|
//! | 1 | the executor's commands topic, as `10.0.0.7/executors/executor0/commands` | text |
//! | 2 | the kind: `command`, `argv`, `cancel` or `revoke` | text |
//! | 3 | of a `command` the text; of an `argv` the number of words, then each word; of a `cancel` the id of the command that is to end; of a `revoke` the id of the key | text, or number and texts |
//! | 4 | `client_id` | text or absent |
//! | 5 | `timeout_s` in microseconds: the IEEE 754 double that the JSON number means, times 1 000 000, rounded to the nearest whole number, halves up | number or absent |
//! | 6 | `id`; of a `cancel` always absent, since field 3 has it | text or absent |
//! | 7 | the id of the signing key, 16 lower-case hexadecimal digits | text |
//! | 8 | `sequence` | number |
//! | 9 | `issued`, whole Unix seconds | number |
//! | 10 | `expires_at`, whole Unix seconds | number |
//!
//! A *text* is its length in bytes as four bytes, the most significant first, and then its UTF-8 (after the escapes of
//! JSON were undone; nothing is normalised). A *number* is the four bytes `00 00 00 08`, then the number as eight
//! bytes, the most significant first. *Absent* is the four bytes `ff ff ff ff`, which begin no other field.
//!
//! Each field says where it ends, so two orders that differ in anything have different bytes. What the executor does
//! not know (further keys of the object) is not signed and has no effect.
//!
//! The block is then put into the command's object:
//!
//! ```json
//! "expires_at": 1795172911,
//! "signature": {"key": "0123456789abcdef", "sequence": 1795172851000000, "issued": 1795172851, "value": "<base64>"}
//! ```
//!
//! `key` is the first 16 hexadecimal digits, lower case, of the SHA-256 of the 32 bytes of the public key. `sequence`
//! rises with every message of a key, also from one executor to the next; it stays below 2^53, so that every JSON
//! reader has it exactly. `value` is the 64 bytes of the signature in base64 (RFC 4648, section 4, with padding).

mod block;
mod covered;
mod mending;
mod pem;
mod public_key;
mod refused;
mod signer;
mod signing_key;
mod trust;
pub mod trust_list;
mod verify;

pub use block::{SEQUENCES_END, Signature};
pub use mending::mending;
pub use pem::PemError;
pub use public_key::{KeyError, KeyId, PublicKey};
pub use refused::Refused;
pub use signer::{LONGEST_VALID, Sequence, Signer};
pub use signing_key::{GenerateError, SigningKey};
pub use trust::{Trust, Trusted, is_usable_name};
pub use verify::{Verified, VerifierClock, verify};

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment that a JSON number names in whole Unix seconds; none with a fraction, or before 1970.
pub(super) fn whole_seconds(moment: SystemTime) -> Option<u64> {
    let since = moment.duration_since(UNIX_EPOCH).ok()?;
    (since.subsec_nanos() == 0).then_some(since.as_secs())
}

/// The first whole second that is not before a moment. A signature counts until a whole second, and whoever signs may
/// say again until then what is to end at a moment between two.
#[must_use]
pub fn whole_second_from(at: SystemTime) -> SystemTime {
    match whole_seconds(at) {
        Some(_) => at,
        None => moment(seconds_passed(at).saturating_add(1)),
    }
}

/// The whole Unix seconds that have passed at a moment; 0 before 1970.
fn seconds_passed(moment: SystemTime) -> u64 {
    moment
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A moment from Unix seconds; those that are read from messages end in the year 9999.
fn moment(seconds: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
