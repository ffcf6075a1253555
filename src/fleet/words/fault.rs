//! Why a text is more, or less, than words.

use std::fmt;
use thiserror::Error;

/// What a shell would do, or a reader not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WordRule {
    /// More than [`MOST_BYTES`](super::MOST_BYTES).
    TooLong,
    /// More than [`MOST_WORDS`](super::MOST_WORDS).
    TooManyWords,
    /// No word at all.
    Empty,
    /// `;` `&` `|` `(` or `)`.
    Operator,
    /// `<` or `>`.
    Redirection,
    /// `$` or a backtick, also within double quotes.
    Substitution,
    /// `*` `?` or `[`.
    Glob,
    /// `{` or `}`.
    Brace,
    /// A `~` that begins a word, or follows `=` or `:`.
    Tilde,
    /// A `#` that begins a word.
    Comment,
    /// `NAME=` before the program.
    Assignment,
    /// `if`, `!` and their like as the program.
    ReservedWord,
    /// A quote without its other half.
    UnclosedQuote,
    /// A `\` at the very end.
    TrailingBackslash,
    /// The end of a line outside quotes.
    LineBreak,
    /// U+0000.
    Nul,
    /// Another control character than a tab or, within quotes, a newline.
    ControlCharacter,
    /// A character that is not seen, or turns the text around it.
    InvisibleCharacter,
    /// A blank that is none to a shell, outside quotes.
    OddBlank,
}

impl WordRule {
    /// A short name that does not change.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::TooManyWords => "too-many-words",
            Self::Empty => "empty",
            Self::Operator => "shell-operator",
            Self::Redirection => "redirection",
            Self::Substitution => "substitution",
            Self::Glob => "glob",
            Self::Brace => "brace",
            Self::Tilde => "tilde",
            Self::Comment => "comment",
            Self::Assignment => "assignment",
            Self::ReservedWord => "reserved-word",
            Self::UnclosedQuote => "unclosed-quote",
            Self::TrailingBackslash => "trailing-backslash",
            Self::LineBreak => "line-break",
            Self::Nul => "nul",
            Self::ControlCharacter => "control-character",
            Self::InvisibleCharacter => "invisible-character",
            Self::OddBlank => "odd-blank",
        }
    }

    /// What is so, and what helps, as the end of a sentence.
    const fn told(self) -> &'static str {
        match self {
            Self::TooLong => "the command is too long; at most 65536 bytes are allowed",
            Self::TooManyWords => "the command has too many words; at most 1024 are allowed",
            Self::Empty => "there is no word; a command begins with a program",
            Self::Operator => {
                "is an operator of the shell, and no shell runs here; quoted it is a character"
            }
            Self::Redirection => {
                "redirects in a shell, and no shell runs here; quoted it is a character"
            }
            Self::Substitution => {
                "is replaced by a shell, and no shell runs here; within '..' it is a character"
            }
            Self::Glob => {
                "is a pattern for a shell, and no shell runs here; quoted it is a character"
            }
            Self::Brace => {
                "is expanded by some shells, and no shell runs here; quoted it is a character"
            }
            Self::Tilde => {
                "stands for a home folder in a shell, and no shell runs here; write the path"
            }
            Self::Comment => {
                "begins a comment in a shell, and no shell runs here; quoted it is a character"
            }
            Self::Assignment => {
                "sets a variable in a shell; the environment is not set by commands"
            }
            Self::ReservedWord => {
                "begins a construct of the shell, and no shell runs here; name a program"
            }
            Self::UnclosedQuote => "opens a quotation that never ends; close it",
            Self::TrailingBackslash => "has nothing after it to keep; leave it out or double it",
            Self::LineBreak => {
                "ends a line, and with it a command of a shell; one line is one command"
            }
            Self::Nul => "cannot be part of an argument; leave it out",
            Self::ControlCharacter => {
                "is a control character; of these a tab and a quoted newline are allowed"
            }
            Self::InvisibleCharacter => "is not seen or turns the text around it; leave it out",
            Self::OddBlank => {
                "looks like a blank and separates no words; write a plain blank, or quote it"
            }
        }
    }
}

/// Where in a command something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// So many bytes into its text, from 0.
    Byte(usize),
    /// In this one of its words, the program being 0.
    Word(usize),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(byte) => write!(f, "at byte {byte}"),
            Self::Word(0) => f.write_str("in the program's name"),
            Self::Word(word) => write!(f, "in argument {word}"),
        }
    }
}

/// Why a text is more, or less, than words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{}", told(self))]
pub struct NotWords {
    /// What it breaks.
    pub rule: WordRule,
    /// Where.
    pub at: At,
    /// The character there; for a reserved word its first.
    pub found: Option<char>,
}

fn told(error: &NotWords) -> String {
    let (at, told) = (error.at, error.rule.told());
    match (error.rule, error.found) {
        (WordRule::Empty | WordRule::TooLong | WordRule::TooManyWords, _) => told.to_owned(),
        (WordRule::ReservedWord, _) => format!("the word {at} {told}"),
        (_, Some(c)) if c.is_ascii_graphic() => format!("`{c}` {at} {told}"),
        (_, Some(c)) => format!("U+{:04X} {at} {told}", c as u32),
        (_, None) => format!("what stands {at} {told}"),
    }
}
