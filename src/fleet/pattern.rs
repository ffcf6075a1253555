//! An entry of `allow`: a program with a pattern for its arguments.
//!
//! An entry is split into words by the same rules as a command ([`words`]); a `*` that is not quoted is
//! a wildcard, `\*` and `'*'` are the character.
//!
//! | written | allows |
//! |---|---|
//! | `*` as the whole entry | any program with any arguments |
//! | a word | exactly that argument |
//! | `*` as the last word | any number of further arguments, none too, of any form: options as well |
//! | `*` as a word before the last | exactly one argument that does not begin with `-` |
//! | `*` within a word | any run of characters, an empty one too, except `/`, tab and newline |
//!
//! So that an argument cannot be more than the entry shows: a wildcard never makes an argument begin with `-` (that
//! would be an option) where the entry itself does not, an argument that a wildcard within a word matched holds no
//! `..` (that would leave the folder), and the number of its `/` is the number in the entry. The program is a name
//! without `/`, or an absolute path, and has no wildcard.

mod unfit;

pub use unfit::Unfit;

use super::characters::harmless;
use super::words::{self, At, NotWords, Word, WordRule};
use crate::model::escaped;
use thiserror::Error;
use unfit::Why;

/// A mistake in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}; {help}")]
pub struct PatternError {
    /// The bytes of the entry that are wrong.
    pub place: std::ops::Range<usize>,
    /// What was found.
    pub message: String,
    /// What is allowed.
    pub help: String,
}

/// The program of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// Any.
    Any,
    /// The one of that name, wherever it is found.
    Named(String),
    /// The one at that absolute path.
    At(String),
}

/// What one argument may be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Argument {
    Exactly(String),
    One,
    /// The components between `/`; each is pieces between `*`.
    Like(Vec<Vec<String>>),
}

/// An entry of `allow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    program: Program,
    arguments: Vec<Argument>,
    /// The arguments as they are written, for who asks why not.
    written: Vec<String>,
    rest: bool,
}

impl Pattern {
    /// Reads an entry.
    ///
    /// # Errors
    /// It is empty, has what a shell would do something with, or names no program.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let all = words::read(text, true).map_err(|error| not_words(text, &error))?;
        let (first, rest) = all.split_first().expect("what was split has a word");
        let is_wildcard = |word: &Word| word.text == "*" && !word.stars.is_empty();
        if is_wildcard(first) && rest.is_empty() {
            return Ok(Self {
                text: text.to_owned(),
                program: Program::Any,
                arguments: Vec::new(),
                written: Vec::new(),
                rest: true,
            });
        }
        let program = program(first)?;
        let (rest, open) = match rest.split_last() {
            Some((last, before)) if is_wildcard(last) => (before, true),
            _ => (rest, false),
        };
        let arguments = rest.iter().map(|word| match word.stars.is_empty() {
            true => Ok(Argument::Exactly(word.text.clone())),
            false if is_wildcard(word) => Ok(Argument::One),
            false => like(word),
        });
        Ok(Self {
            arguments: arguments.collect::<Result<_, _>>()?,
            text: text.to_owned(),
            program,
            written: rest
                .iter()
                .map(|word| escaped(word.text.as_bytes(), 64))
                .collect(),
            rest: open,
        })
    }

    /// The entry as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its program.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Whether it ends in a `*` of its own.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.rest
    }

    /// Whether it has no wildcard.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        let exactly = |argument: &Argument| matches!(argument, Argument::Exactly(_));
        !self.rest && self.arguments.iter().all(exactly)
    }

    /// The first argument, if it is one certain text.
    #[must_use]
    pub fn first_argument(&self) -> Option<&str> {
        match self.arguments.first() {
            Some(Argument::Exactly(text)) => Some(text),
            _ => None,
        }
    }

    /// Without its program: the first argument is the program then. Nothing, if that is no certain one.
    #[must_use]
    pub fn behind(&self) -> Option<Self> {
        let first = self.first_argument()?;
        let program = match first {
            path if is_absolute(path) => Program::At(path.to_owned()),
            name if is_name(name) => Program::Named(name.to_owned()),
            _ => return None,
        };
        Some(Self {
            program,
            arguments: self.arguments[1..].to_vec(),
            written: self.written[1..].to_vec(),
            ..self.clone()
        })
    }

    /// Whether an argument that is this text, or begins with it and a `=`, can be among those that it allows.
    #[must_use]
    pub fn lets_through(&self, option: &str) -> bool {
        let with_value = format!("{option}=x");
        self.rest
            || self.arguments.iter().any(|argument| {
                fits(argument, option).is_ok() || fits(argument, &with_value).is_ok()
            })
    }

    /// Whether it allows these arguments (without the program).
    ///
    /// # Errors
    /// It does not; the first argument that does not fit is named.
    pub fn fits<T: AsRef<str>>(&self, given: &[T]) -> Result<(), Unfit> {
        let unfit = |index: usize, why| Unfit {
            argument: index + 1,
            why,
        };
        let shown = |text: &str| escaped(text.as_bytes(), 64);
        for (index, argument) in self.arguments.iter().enumerate() {
            let allowed = self.written[index].clone();
            let Some(found) = given.get(index).map(AsRef::as_ref) else {
                return Err(unfit(index, Why::Missing { allowed }));
            };
            fits(argument, found).map_err(|no| {
                let found = shown(found);
                let why = match no {
                    No::Other => Why::Other { found, allowed },
                    No::Option => Why::Option { found, allowed },
                    No::Leaves => Why::Leaves { found, allowed },
                };
                unfit(index, why)
            })?;
        }
        let count = self.arguments.len();
        match given.get(count) {
            Some(more) if !self.rest => {
                let found = shown(more.as_ref());
                Err(unfit(count, Why::OneMore { found }))
            }
            _ => Ok(()),
        }
    }
}

/// Why an argument does not fit.
enum No {
    Other,
    Option,
    Leaves,
}

fn fits(argument: &Argument, found: &str) -> Result<(), No> {
    match argument {
        Argument::Exactly(text) => if_so(text == found, No::Other),
        Argument::One => if_so(!found.starts_with('-'), No::Option),
        Argument::Like(components) => {
            let parts: Vec<&str> = found.split('/').collect();
            let all = || {
                components
                    .iter()
                    .zip(&parts)
                    .all(|(pieces, part)| is_like(pieces, part))
            };
            if_so(parts.len() == components.len() && all(), No::Other)?;
            let shown = |c: char| harmless(c).is_ok() && !matches!(c, '\t' | '\n');
            if_so(found.chars().all(shown), No::Other)?;
            if_so(!found.contains(".."), No::Leaves)?;
            let open = components.first().and_then(|pieces| pieces.first());
            let is_open = open.is_some_and(String::is_empty) && components[0].len() > 1;
            if_so(!(is_open && found.starts_with('-')), No::Option)
        }
    }
}

fn if_so(so: bool, no: No) -> Result<(), No> {
    if so { Ok(()) } else { Err(no) }
}

/// Whether the pieces stand in the text in their order, the first at its beginning and the last at its end.
fn is_like(pieces: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = pieces else {
        return pieces.first().is_some_and(|only| only == text);
    };
    let Some(mut left) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    // the earliest place of each leaves the most for those that follow
    for piece in middle {
        match left.find(piece.as_str()) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last.as_str())
}

fn mistake(word: &Word, message: impl Into<String>, help: &str) -> PatternError {
    PatternError {
        place: word.at..word.end,
        message: message.into(),
        help: help.to_owned(),
    }
}

fn program(word: &Word) -> Result<Program, PatternError> {
    let name = word.text.as_str();
    let shown = escaped(name.as_bytes(), 64);
    if !word.stars.is_empty() {
        let help = "name one; `*` alone, without arguments, allows any program";
        return Err(mistake(
            word,
            format!("the program `{shown}` has a wildcard"),
            help,
        ));
    }
    let help = "write its name, as in \"stress-ng *\", or its absolute path, as in \"/opt/lab/bench.sh *\"";
    if is_absolute(name) {
        return Ok(Program::At(name.to_owned()));
    }
    if name.starts_with('/') {
        let message = format!("the path `{shown}` goes a roundabout way");
        return Err(mistake(
            word,
            message,
            "a path has no `.`, `..` or empty part",
        ));
    }
    if name.contains('/') {
        return Err(mistake(
            word,
            format!("the path `{shown}` is not absolute"),
            help,
        ));
    }
    if !is_name(name) {
        return Err(mistake(
            word,
            format!("`{shown}` is no name of a program"),
            help,
        ));
    }
    Ok(Program::Named(name.to_owned()))
}

/// Whether it is the name of a program: no path, no option.
pub(super) fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.starts_with('-') && !name.contains(['/', '\t', '\n'])
}

/// Whether it is an absolute path that says plainly where it leads.
pub(super) fn is_absolute(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|path| {
        path.split('/').all(|part| !matches!(part, "" | "." | "..")) && !path.contains(['\t', '\n'])
    })
}

/// A word with wildcards.
fn like(word: &Word) -> Result<Argument, PatternError> {
    if word.stars.windows(2).any(|two| two[0] + 1 == two[1]) {
        let help = "one stands for any run of characters except `/`";
        return Err(mistake(word, "two `*` follow each other", help));
    }
    if word.text.contains("..") {
        let help = "write the folder that is meant";
        return Err(mistake(word, "a `..` stands beside a wildcard", help));
    }
    let mut components = vec![vec![String::new()]];
    for (at, c) in word.text.char_indices() {
        let pieces = components.last_mut().expect("it begins with one");
        match c {
            '/' => components.push(vec![String::new()]),
            '*' if word.stars.contains(&at) => pieces.push(String::new()),
            _ => pieces.last_mut().expect("it begins with one").push(c),
        }
    }
    Ok(Argument::Like(components))
}

fn not_words(text: &str, error: &NotWords) -> PatternError {
    let (At::Byte(at) | At::Word(at)) = error.at;
    let width = error.found.map_or(0, char::len_utf8);
    let end = (at + width).min(text.len());
    let message = match error.rule {
        WordRule::Empty => "the entry is empty".to_owned(),
        _ => format!("the entry is not only words: {error}"),
    };
    PatternError {
        place: at.min(end)..end,
        message,
        help: "an entry is a program and its arguments, as in \"stress-ng --cpu * --timeout *s\""
            .to_owned(),
    }
}

#[cfg(test)]
mod tests;
