//! Passwords that nobody thought up, and their hashes in Mosquitto's password file.
//!
//! Source of the format: mosquitto_passwd(1) of Mosquitto 2.0, `USER:$7$ITERATIONS$SALT$HASH` with PBKDF2 over
//! HMAC-SHA-512, a salt of 12 and a hash of 64 bytes in base 64.

use super::SetUpError;
use crate::system::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::pbkdf2::{self, PBKDF2_HMAC_SHA512};
use ring::rand::{SecureRandom, SystemRandom};
use std::num::NonZeroU32;

/// How many characters a password has: 139 bits.
const LENGTH: usize = 24;
/// What it is made of: nothing that looks like something else.
const CHARACTERS: &[u8; 56] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// As mosquitto_passwd writes it. Nobody guesses 139 bits however fast a guess is, and a slow Pi may be the broker.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(101).expect("it is not zero");
const SALT: usize = 12;
const HASH: usize = 64;

/// A new password.
pub(super) fn new(random: &SystemRandom) -> Result<Secret, SetUpError> {
    let fair = u8::try_from(256 / CHARACTERS.len() * CHARACTERS.len()).unwrap_or(u8::MAX);
    let mut password = Vec::with_capacity(LENGTH);
    while password.len() < LENGTH {
        let mut bytes = [0; LENGTH];
        random.fill(&mut bytes).map_err(|_| SetUpError::Random)?;
        let chosen = bytes.iter().filter(|byte| **byte < fair);
        let chosen = chosen.map(|byte| CHARACTERS[usize::from(*byte) % CHARACTERS.len()]);
        password.extend(chosen.take(LENGTH - password.len()));
    }
    Ok(Secret::new(password))
}

/// The line of a user in a password file, without its end.
pub(super) fn line(
    user: &str,
    password: &str,
    random: &SystemRandom,
) -> Result<String, SetUpError> {
    let mut salt = [0; SALT];
    random.fill(&mut salt).map_err(|_| SetUpError::Random)?;
    let mut hash = [0; HASH];
    let secret = password.as_bytes();
    pbkdf2::derive(PBKDF2_HMAC_SHA512, ITERATIONS, &salt, secret, &mut hash);
    let (salt, hash) = (BASE64.encode(salt), BASE64.encode(hash));
    Ok(format!("{user}:$7${ITERATIONS}${salt}${hash}"))
}

/// Whether a line is that user's, with that password.
pub(super) fn holds(line: &str, user: &str, password: &str) -> bool {
    let fields = || {
        let hashed = line.strip_prefix(user)?.strip_prefix(":$7$")?;
        let mut fields = hashed.split('$');
        let iterations = fields.next()?.parse().ok()?;
        let salt = BASE64.decode(fields.next()?).ok()?;
        let hash = BASE64.decode(fields.next()?).ok()?;
        fields.next().is_none().then_some((iterations, salt, hash))
    };
    fields().is_some_and(|(iterations, salt, hash)| {
        let secret = password.as_bytes();
        pbkdf2::verify(PBKDF2_HMAC_SHA512, iterations, &salt, secret, &hash).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ_and_hold_nothing_ambiguous() {
        let random = SystemRandom::new();
        let one = new(&random).unwrap();
        assert_eq!(one.expose().len(), LENGTH);
        assert!(one.expose().iter().all(|byte| CHARACTERS.contains(byte)));
        assert!(!CHARACTERS.iter().any(|byte| b"0O1lIo".contains(byte)));
        assert_ne!(one, new(&random).unwrap());
    }

    #[test]
    fn a_line_holds_its_own_user_and_password_only() {
        let random = SystemRandom::new();
        let written = line("pi", "secret", &random).unwrap();
        assert!(holds(&written, "pi", "secret"));
        assert!(!holds(&written, "pi", "Secret"));
        assert!(!holds(&written, "p", "secret"));
        assert!(!holds("pi:$7$0$AAAA$AAAA", "pi", "secret"));
        assert!(!holds("pi", "pi", "secret"));
        assert_ne!(written, line("pi", "secret", &random).unwrap(), "salted");
    }
}
