//! Mosquitto's file of access rights: read with line numbers, and decided as the broker decides.
//!
//! Sources: mosquitto.conf(5), `acl_file`; what the manual leaves open was asked of Mosquitto 2.0.11, as
//! `tests/broker/acl_file.rs` does again:
//! - a user who has a password gets nothing of what stands before the first `user` line, that is for the anonymous;
//! - `deny` comes first among a user's own lines and among the patterns, but a user's own line comes before any pattern;
//! - a subscription is accepted always: what is read is decided message by message;
//! - a file without a rule allows nothing.

mod decide;
mod parse;
mod write;

pub use decide::{Decision, Wish};
pub use parse::{AclMistake, parse};
pub use write::render;

use std::fmt;

/// A file of access rights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AclFile {
    rules: Vec<Rule>,
}

impl AclFile {
    /// Its rules, in the order of the file.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The users that it names, each once, in the order of the file.
    #[must_use]
    pub fn users(&self) -> Vec<&str> {
        let mut users: Vec<&str> = Vec::new();
        for rule in &self.rules {
            if let Whose::User(user) = &rule.whose {
                if !users.contains(&user.as_str()) {
                    users.push(user);
                }
            }
        }
        users
    }
}

/// One line that grants or denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The line in the file, from 1.
    pub line: usize,
    /// The line as it is written, without its ends.
    pub text: String,
    /// For whom it holds.
    pub whose: Whose,
    /// What it grants.
    pub right: Right,
    /// The topics, with `+` and `#`; in a pattern also `%u` and `%c`.
    pub filter: String,
}

/// For whom a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Clients without a user name.
    Anonymous,
    /// Clients with that user name.
    User(String),
    /// Everybody, with the own user name for `%u` and the client id for `%c`.
    Pattern,
}

/// What a rule grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To receive.
    Read,
    /// To publish.
    Write,
    /// Both.
    ReadWrite,
    /// Neither, whatever other rules of the same kind say.
    Deny,
}

impl Right {
    /// The word in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadWrite => "readwrite",
            Self::Deny => "deny",
        }
    }

    const fn grants(self, wish: Wish) -> bool {
        matches!(
            (self, wish),
            (Self::ReadWrite, _) | (Self::Read, Wish::Read) | (Self::Write, Wish::Write)
        )
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
