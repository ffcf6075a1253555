//! User and password of a session (MQTT 3.1.1, section 3.1.3.4 and 5).

use crate::system::Secret;
use thiserror::Error;

/// The longest user name or password, in bytes: its length has two bytes in CONNECT.
const LONGEST: usize = 65_535;

/// Who a session is for the broker. The password does not show itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: Secret,
}

/// Why these are no credentials. Tells nothing of the password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// No user, or one that does not fit.
    #[error(
        "a user name of {0} bytes was given; allowed is 1 to {LONGEST} bytes without control characters"
    )]
    User(usize),
    /// The password is no line of text.
    #[error(
        "the password of `{0}` is none: one line of UTF-8 text of at most {LONGEST} bytes is allowed"
    )]
    Password(String),
}

impl Credentials {
    /// Checks both. A line's end after the password does not count.
    ///
    /// # Errors
    /// One of them cannot be sent.
    pub fn new(user: &str, password: &Secret) -> Result<Self, CredentialsError> {
        if user.is_empty() || user.len() > LONGEST || user.chars().any(char::is_control) {
            return Err(CredentialsError::User(user.len()));
        }
        let line = password.line().ok().filter(|line| line.len() <= LONGEST);
        let line = line.ok_or_else(|| CredentialsError::Password(user.to_owned()))?;
        Ok(Self {
            user: user.to_owned(),
            password: Secret::new(line),
        })
    }

    /// A user without a password, for brokers that know a client by its certificate.
    ///
    /// # Errors
    /// The user cannot be sent.
    pub fn without_password(user: &str) -> Result<Self, CredentialsError> {
        let known = Self::new(user, &Secret::new("-"))?;
        let password = Secret::new("");
        Ok(Self { password, ..known })
    }

    /// The user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    pub(super) fn password(&self) -> &str {
        self.password.line().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_sent_is_refused_without_telling_the_password() {
        let made = |user: &str, password: &str| Credentials::new(user, &Secret::new(password));
        assert_eq!(made("", "x"), Err(CredentialsError::User(0)));
        assert_eq!(made("a\nb", "x"), Err(CredentialsError::User(3)));
        for password in ["", "two\nlines-wonderland", &"w".repeat(70_000)] {
            let told = made("alice", password).unwrap_err().to_string();
            assert!(told.contains("alice") && !told.contains("wonder"), "{told}");
        }
        let fine = made("alice", "wonder land\n").unwrap();
        assert_eq!((fine.user(), fine.password()), ("alice", "wonder land"));
        assert!(!format!("{fine:?}").contains("wonder"));
        assert_eq!(Credentials::without_password("a").unwrap().password(), "");
    }
}
