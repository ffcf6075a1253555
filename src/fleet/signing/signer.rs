//! Signs orders.

use super::block::Signature;
use super::covered::{Terms, covered};
use super::signing_key::SigningKey;
use super::{PublicKey, moment, seconds_passed};
use crate::fleet::own::Order;
use crate::model::Topic;
use std::fmt;
use std::time::{Duration, SystemTime};

/// The longest time for which a signature counts.
pub const LONGEST_VALID: Duration = Duration::from_secs(24 * 3600);

/// Where the numbers of signed messages come from.
pub trait Sequence: Send {
    /// A number above all that were ever given, also before a restart, and below 2^53: the microseconds since 1970, or
    /// one more than the last, whichever is larger.
    fn next(&mut self, now: SystemTime) -> u64;
}

/// Signs orders with one key.
pub struct Signer {
    key: SigningKey,
    sequence: Box<dyn Sequence>,
    valid: Duration,
}

impl Signer {
    /// A signer whose signatures count for `valid`, at least a second and at most [`LONGEST_VALID`].
    #[must_use]
    pub fn new(key: SigningKey, sequence: Box<dyn Sequence>, valid: Duration) -> Self {
        let valid = valid.clamp(Duration::from_secs(1), LONGEST_VALID);
        Self {
            key,
            sequence,
            valid,
        }
    }

    /// The key that a verifier needs.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        self.key.public()
    }

    /// The payload of an order for the executor that listens on `commands`, with its signature block. It expires when
    /// the order does, but no later than the signature.
    ///
    /// A repetition is signed anew: it gets a sequence of its own. An order that no executor would understand is not
    /// signed; what its answer tells is that.
    pub fn sign(&mut self, order: &Order, commands: &Topic, now: SystemTime) -> Vec<u8> {
        let issued = seconds_passed(now);
        let latest = issued.saturating_add(self.valid.as_secs());
        let mut order = order.clone();
        let mut expires = latest;
        if let Order::Run(command) = &mut order {
            // rounded down, so that it never runs later than asked for
            expires = command.expires.map_or(latest, seconds_passed).min(latest);
            command.expires = Some(moment(expires));
        }
        let plain = order.encode();
        // what is signed is what the executor reads, not what was meant
        let Ok(read) = Order::decode(&plain) else {
            return plain;
        };
        let sequence = self.sequence.next(now);
        let key = self.key.public().id();
        let terms = Terms {
            commands,
            key: &key,
            sequence,
            issued,
            expires,
        };
        let value = self.key.sign(&covered(&read, &terms));
        let signature = Signature {
            key,
            sequence,
            issued: moment(issued),
            value,
        };
        read.encode_signed(expires, &signature)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({:?}, for {:?})", self.key, self.valid)
    }
}
