//! Whether a signed order is to be obeyed. Whether it is a repetition of an older message is not seen here: the journal
//! compares its sequence, in the same step that accepts it.

use super::block::Signature;
use super::covered::{Terms, covered};
use super::public_key::KeyId;
use super::refused::Refused;
use super::signer::LONGEST_VALID;
use super::trust::Trust;
use super::{moment, seconds_passed, whole_seconds};
use crate::fleet::own::{self, Order};
use crate::model::Topic;
use ring::signature::{ED25519, UnparsedPublicKey};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

/// How far a signer's clock may be ahead.
pub(super) const AHEAD: Duration = Duration::from_secs(300);

/// What is known of the time.
///
/// A Pi has no clock that runs without power: until the network has told it the time it is *behind*, at worst at the
/// moment of its last shutdown or build. So what has expired by its clock has expired, and the time is never earlier
/// than `newest_issued`; what seems to come from the future cannot be judged before `synchronised`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifierClock {
    /// This machine's time.
    pub now: SystemTime,
    /// Whether that was set from the network since the start.
    pub synchronised: bool,
    /// The newest `issued` of this order's key ([`Signature::key`]) that was ever accepted. It is kept for each key by
    /// itself, so that a signer whose clock is ahead harms nobody else.
    pub newest_issued: Option<SystemTime>,
}

/// What is known of an order whose signature counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// By which key.
    pub key: KeyId,
    /// The key's name on the list.
    pub name: String,
    /// Its number among all that the key signed.
    pub sequence: u64,
    /// When it was signed.
    pub issued: SystemTime,
    /// When it expires.
    pub expires: SystemTime,
    /// What the key may have run, as entries of `allow`, where it is limited; the executor's own policy holds as well.
    pub allow: Option<Vec<String>>,
}

/// Checks the signature of an order.
///
/// `order` and `signature` are what [`Order::decode_signed`] read from `payload`, `commands` the topic that it came on;
/// `revoked` are the keys that were revoked over the network.
///
/// # Errors
/// The first rule that it breaks. Before the signature is known to be right, nothing depends on what it covers but
/// which key is to check it, so a forger learns no more than that.
pub fn verify(
    payload: &[u8],
    order: &Order,
    signature: Option<&Signature>,
    commands: &Topic,
    trust: &Trust,
    revoked: &BTreeSet<KeyId>,
    clock: VerifierClock,
) -> Result<Verified, Refused> {
    let signature = signature.ok_or(Refused::Unsigned)?;
    let key = &signature.key;
    let trusted = trust
        .find(key)
        .ok_or_else(|| Refused::UnknownKey(key.clone()))?;
    let expires = match order {
        Order::Run(command) => command.expires,
        Order::Cancel { .. } | Order::Revoke { .. } => own::expires_at(payload),
    };
    // nothing is covered without it, so there is nothing to compare
    let expires = expires.ok_or(Refused::ExpiryMissing)?;
    let issued = signature.issued;
    let terms = Terms {
        commands,
        key,
        sequence: signature.sequence,
        issued: seconds_passed(issued),
        expires: whole_seconds(expires).ok_or(Refused::BadSignature)?,
    };
    UnparsedPublicKey::new(&ED25519, trusted.key.as_bytes())
        .verify(&covered(order, &terms), &signature.value)
        .map_err(|_| Refused::BadSignature)?;
    if trusted.revoked || revoked.contains(key) {
        return Err(Refused::Revoked {
            key: key.clone(),
            name: trusted.name.clone(),
        });
    }
    in_time(issued, expires, clock)?;
    if let Order::Revoke { key: other, .. } = order {
        if other != key && !trusted.may_revoke {
            return Err(Refused::MayNotRevoke {
                by: key.clone(),
                key: other.clone(),
            });
        }
    }
    Ok(Verified {
        key: key.clone(),
        name: trusted.name.clone(),
        sequence: signature.sequence,
        issued,
        expires,
        allow: trusted.allow.clone(),
    })
}

fn in_time(issued: SystemTime, expires: SystemTime, clock: VerifierClock) -> Result<(), Refused> {
    let span = match expires.duration_since(issued) {
        Ok(span) if !span.is_zero() => span,
        _ => return Err(Refused::ExpiryBeforeIssue { issued, expires }),
    };
    if span > LONGEST_VALID {
        return Err(Refused::ExpiryTooFar(span));
    }
    let newest = clock.newest_issued.unwrap_or(moment(0));
    let floor = clock.now.max(newest);
    if expires <= floor {
        return Err(Refused::Expired {
            expires,
            floor,
            by_newer: newest > clock.now,
        });
    }
    let ahead = issued.duration_since(clock.now).unwrap_or_default();
    if clock.synchronised && ahead > AHEAD {
        let now = clock.now;
        return Err(Refused::IssuedInFuture { issued, now });
    }
    Ok(())
}
