//! Why an order is not obeyed, as far as its signature goes.

use super::public_key::KeyId;
use super::seconds_passed;
use super::signer::LONGEST_VALID;
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is none.
    #[error("it is not signed; this executor obeys commands that a trusted key has signed")]
    Unsigned,
    /// By a key that is not on the list.
    #[error(
        "it is signed by the key {0}, which is not trusted here; `mqtt-thing key trust` on this machine adds it"
    )]
    UnknownKey(KeyId),
    /// It does not fit to the order. Which part was changed cannot be known.
    #[error(
        "its signature is wrong: the command, its options or its topic are not those that were signed"
    )]
    BadSignature,
    /// By a key that is not trusted any more.
    #[error("it is signed by the key {key} (`{name}`), which is revoked")]
    Revoked {
        /// The key.
        key: KeyId,
        /// Its name on the list.
        name: String,
    },
    /// Without an end.
    #[error("it is signed and has no `expires_at`; a signed command says when it expires")]
    ExpiryMissing,
    /// Its end is not after its beginning.
    #[error("it expires at {}, not after it was issued at {}", seconds_passed(*.expires), seconds_passed(*.issued))]
    ExpiryBeforeIssue {
        /// When it was signed.
        issued: SystemTime,
        /// When it expires.
        expires: SystemTime,
    },
    /// It would count for too long.
    #[error("it expires {} hours after it was issued; at most {} are allowed", hours_up(*.0), hours_up(LONGEST_VALID))]
    ExpiryTooFar(Duration),
    /// It is over.
    #[error("it expired at {}; {} (Unix seconds)", seconds_passed(*.expires), at_least(*.floor, *.by_newer))]
    Expired {
        /// When it expired.
        expires: SystemTime,
        /// What the time is at least.
        floor: SystemTime,
        /// Whether that is known from a newer order of the same key, and this machine's clock is behind it.
        by_newer: bool,
    },
    /// It was signed by a clock that is ahead of this one.
    #[error(
        "it was issued in the future, at {}; here it is {} (Unix seconds), and at most {} s between the two are \
         allowed: one of the clocks is wrong",
        seconds_passed(*.issued), seconds_passed(*.now), super::verify::AHEAD.as_secs()
    )]
    IssuedInFuture {
        /// When it was signed.
        issued: SystemTime,
        /// This machine's time.
        now: SystemTime,
    },
    /// A revocation of another key, by one that may only revoke itself.
    #[error(
        "the key {by} may not revoke {key}; it may revoke itself, and a key with `may-revoke` any other"
    )]
    MayNotRevoke {
        /// The signing key.
        by: KeyId,
        /// The key that was to be revoked.
        key: KeyId,
    },
}

impl Refused {
    /// The name of the rule that it breaks.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Unsigned => "signature-missing",
            Self::UnknownKey(_) => "signature-key-unknown",
            Self::BadSignature => "signature-wrong",
            Self::Revoked { .. } => "signature-key-revoked",
            Self::ExpiryMissing => "signature-expiry-missing",
            Self::ExpiryBeforeIssue { .. } => "signature-expiry-before-issue",
            Self::ExpiryTooFar(_) => "signature-expiry-too-far",
            Self::Expired { .. } => "signature-expired",
            Self::IssuedInFuture { .. } => "signature-from-future",
            Self::MayNotRevoke { .. } => "signature-may-not-revoke",
        }
    }
}

const fn hours_up(span: Duration) -> u64 {
    span.as_secs().div_ceil(3600)
}

fn at_least(floor: SystemTime, by_newer: bool) -> String {
    let floor = seconds_passed(floor);
    match by_newer {
        true => {
            format!("a command of the same key was issued at {floor}, so it is later than that")
        }
        false => format!("here it is {floor}"),
    }
}
