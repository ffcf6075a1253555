//! A private key that signs commands.

use super::pem::{self, PemError};
use super::public_key::PublicKey;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::fmt;
use thiserror::Error;

/// The system gives no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the system gives no random numbers to make a key of")]
pub struct GenerateError;

/// An Ed25519 private key. `Debug` shows the public one.
pub struct SigningKey {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// Makes a key from the system's random numbers.
    ///
    /// # Errors
    /// There are none.
    pub fn generate() -> Result<Self, GenerateError> {
        let mut seed = [0; 32];
        SystemRandom::new()
            .fill(&mut seed)
            .map_err(|_| GenerateError)?;
        Self::of_seed(seed).map_err(|_| GenerateError)
    }

    /// Reads PEM with a `PRIVATE KEY`: PKCS#8 of version 1 or 2.
    ///
    /// # Errors
    /// Something else, a key of another kind, or one whose public half does not belong to it.
    pub fn from_pem(text: &str) -> Result<Self, PemError> {
        let pkcs8 = pem::private(text)?;
        let wrong = |why: &dyn fmt::Display| PemError::NotEd25519(why.to_string());
        // checks the form, the algorithm and, in version 2, the public half
        let checked = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8)
            .map_err(|rejected| wrong(&rejected))?;
        let key = pem::seed(&pkcs8).and_then(|seed| Self::of_seed(seed).ok());
        key.filter(|key| key.pair.public_key().as_ref() == checked.public_key().as_ref())
            .ok_or_else(|| wrong(&"its form is not known"))
    }

    fn of_seed(seed: [u8; 32]) -> Result<Self, ring::error::KeyRejected> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed)?;
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        Ok(Self {
            seed,
            pair,
            public: PublicKey::from_bytes(public),
        })
    }

    /// The key as PEM with a `PRIVATE KEY`, PKCS#8 of version 1. It is secret.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::of_seed(&self.seed)
    }

    /// Its public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let mut value = [0; 64];
        value.copy_from_slice(self.pair.sign(bytes).as_ref());
        value
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public)
    }
}
