//! Changes to the text of a list of trusted keys. Comments, order and all other lines stay as they are.

use super::public_key::PublicKey;
use super::trust::{self, Line, Trusted, is_usable_name, quoted};
use crate::fleet::pattern::{Pattern, PatternError};
use crate::model::{Mistake, escaped};
use thiserror::Error;

/// Why a list is not changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    /// The list has mistakes already, all of them.
    #[error("the list has {} that must be mended first", mistakes(.0.len()))]
    Mistakes(Vec<Mistake>),
    /// No name.
    #[error("\"{0}\" cannot be the name of a key; 1 to 64 of A-Z a-z 0-9 . _ @ - are allowed")]
    Name(String),
    /// No pattern.
    #[error("\"{pattern}\" cannot be a pattern: {error}")]
    Pattern {
        /// The pattern, escaped.
        pattern: String,
        /// What is wrong with it.
        error: PatternError,
    },
    /// The name is another key's.
    #[error(
        "`{name}` is the name of another key, {key}; choose another name, or revoke that key first and take its line out"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// The key that has it.
        key: PublicKey,
    },
    /// The key is there under another name, or with other options.
    #[error("the key is on the list as `{line}`; change that line by hand, or take it out first")]
    KeyThere {
        /// The line, as it would be written anew.
        line: String,
    },
    /// The key is there, and revoked.
    #[error(
        "the key is on the list as `{name}`, and it is revoked; a revoked key stays so, make another one"
    )]
    KeyRevoked {
        /// Its name.
        name: String,
    },
    /// No line has this name or key.
    #[error("\"{found}\" is neither a name nor the id of a key of this list; {known}")]
    Unknown {
        /// What was asked for, escaped.
        found: String,
        /// The names that there are, in words.
        known: String,
    },
    /// The name of one key and the id of another.
    #[error(
        "`{0}` is the name of one key and the id of another; give the id of the one by its name, or the name by its id"
    )]
    Ambiguous(String),
}

fn mistakes(count: usize) -> String {
    match count {
        1 => "a mistake".to_owned(),
        many => format!("{many} mistakes"),
    }
}

/// The line of a key, without its end.
#[must_use]
pub fn line_of(trusted: &Trusted) -> String {
    let mut line = format!("{} {}", trusted.name, trusted.key);
    for pattern in trusted.allow.iter().flatten() {
        line.push_str(&format!(" allow={}", quoted(pattern)));
    }
    if trusted.revoked {
        line.push_str(" revoked");
    }
    if trusted.may_revoke {
        line.push_str(" may-revoke");
    }
    line
}

/// The list with a further key. It is the same text when the key is there already in the same way.
///
/// `allow` are the patterns that it is limited to; none, and it is not.
///
/// # Errors
/// The list, the name or a pattern is wrong, or the name or the key is there already in another way.
pub fn with_key(
    text: &str,
    name: &str,
    key: &PublicKey,
    allow: &[String],
    may_revoke: bool,
) -> Result<String, EditError> {
    let lines = trust::lines(text).map_err(EditError::Mistakes)?;
    if !is_usable_name(name) {
        return Err(EditError::Name(escaped(name.as_bytes(), 64)));
    }
    for pattern in allow {
        one_line(pattern).map_err(|error| EditError::Pattern {
            pattern: escaped(pattern.as_bytes(), 64),
            error,
        })?;
    }
    let wanted = Trusted {
        name: name.to_owned(),
        key: key.clone(),
        allow: (!allow.is_empty()).then(|| allow.to_vec()),
        revoked: false,
        may_revoke,
    };
    let there = |is: &dyn Fn(&Trusted) -> bool| {
        let mut all = lines.iter().map(|line: &Line| &line.trusted);
        all.find(|trusted| is(trusted)).cloned()
    };
    match there(&|trusted| trusted.key.id() == key.id()) {
        Some(same) if same == wanted => return Ok(text.to_owned()),
        Some(same) if same.revoked => return Err(EditError::KeyRevoked { name: same.name }),
        Some(same) => {
            let line = line_of(&same);
            return Err(EditError::KeyThere { line });
        }
        None => {}
    }
    if let Some(other) = there(&|trusted| trusted.name == name) {
        let (name, key) = (other.name, other.key);
        return Err(EditError::NameTaken { name, key });
    }
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&line_of(&wanted));
    text.push('\n');
    Ok(text)
}

/// A pattern that can stand on a line.
fn one_line(pattern: &str) -> Result<(), PatternError> {
    match pattern.find(['\n', '\r']) {
        Some(at) => Err(PatternError {
            place: at..at + 1,
            message: "it has a line break".to_owned(),
            help: "a pattern is one line".to_owned(),
        }),
        None => Pattern::parse(pattern).map(|_| ()),
    }
}

/// The list with a key revoked, by its name or its id. It is the same text when the key is revoked already.
///
/// # Errors
/// The list is wrong, or there is no such key.
pub fn with_revoked(text: &str, name_or_key_id: &str) -> Result<String, EditError> {
    let lines = trust::lines(text).map_err(EditError::Mistakes)?;
    let line = find(&lines, name_or_key_id)?;
    if line.trusted.revoked {
        return Ok(text.to_owned());
    }
    let mut text = text.to_owned();
    text.insert_str(line.end, " revoked");
    Ok(text)
}

/// The key of a list that a name or an id stands for.
///
/// # Errors
/// The list is wrong, or there is no such key.
pub fn named(text: &str, name_or_key_id: &str) -> Result<Trusted, EditError> {
    let lines = trust::lines(text).map_err(EditError::Mistakes)?;
    find(&lines, name_or_key_id).map(|line| line.trusted.clone())
}

fn find<'l>(lines: &'l [Line], wanted: &str) -> Result<&'l Line, EditError> {
    let is_wanted =
        |line: &&Line| line.trusted.name == wanted || line.trusted.key.id().as_str() == wanted;
    let mut found = lines.iter().filter(is_wanted);
    match (found.next(), found.next()) {
        (Some(line), None) => Ok(line),
        (Some(_), Some(_)) => Err(EditError::Ambiguous(wanted.to_owned())),
        (None, _) => {
            let names: Vec<&str> = lines
                .iter()
                .map(|line| line.trusted.name.as_str())
                .collect();
            Err(EditError::Unknown {
                found: escaped(wanted.as_bytes(), 64),
                known: match names.as_slice() {
                    [] => "it is empty".to_owned(),
                    names => format!("there are {}", names.join(", ")),
                },
            })
        }
    }
}
