//! Splits the text of a command into words as a shell would, without a shell.
//!
//! Source: POSIX.1-2017, Shell Command Language, sections 2.2 (quoting), 2.3 (token recognition), 2.4 (reserved words)
//! and 2.6 (word expansions). Blanks separate words; `'..'` keeps everything; `".."` keeps everything but `\` before
//! `"`, `\`, `$`, a backtick or a newline; a `\` elsewhere keeps the next character. Wherever a shell would do *more*
//! than split, or where a person could see something else than what is there, the text is refused: nobody shall
//! believe that a pipe was run as a pipe, and nothing shall pass that means more to the next program that reads it.

mod fault;

pub use fault::{At, NotWords, WordRule};

use super::characters::{harmless, is_odd_blank};

/// The longest command, in bytes of its text or of all its words.
pub const MOST_BYTES: usize = 64 * 1024;

/// The most words of a command, its program included.
pub const MOST_WORDS: usize = 1024;

/// A word, with the places of those `*` in it that were not quoted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Where it begins in the text that was read.
    pub(super) at: usize,
    /// Where it ends there.
    pub(super) end: usize,
    pub(super) stars: Vec<usize>,
}

/// Splits a command into its words, at least one.
///
/// # Errors
/// The text is not only words; the first reason is told, with its place.
///
/// ```
/// use mqtt_thing::fleet::words::{split, WordRule};
/// assert_eq!(split(r#"stress-ng --cpu 4 'a b' "c;" d\ e"#).unwrap(), ["stress-ng", "--cpu", "4", "a b", "c;", "d e"]);
/// assert_eq!(split("stress-ng; reboot").unwrap_err().rule, WordRule::Operator);
/// ```
pub fn split(text: &str) -> Result<Vec<String>, NotWords> {
    let words = read(text, false)?;
    Ok(words.into_iter().map(|word| word.text).collect())
}

/// As [`split`], with the places of the words; with `patterns`, a `*` outside quotes is allowed and its place kept.
pub(super) fn read(text: &str, patterns: bool) -> Result<Vec<Word>, NotWords> {
    let fault = |rule, at, found| NotWords {
        rule,
        at: At::Byte(at),
        found,
    };
    if text.len() > MOST_BYTES {
        return Err(fault(WordRule::TooLong, MOST_BYTES, None));
    }
    let mut reader = Reader::default();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        let refuse = |rule| Err(fault(rule, at, Some(c)));
        if let Err(rule) = harmless(c) {
            // a line's end has a rule of its own
            return refuse(if c == '\r' { WordRule::LineBreak } else { rule });
        }
        if matches!(c, ' ' | '\t') {
            reader.end(at);
            continue;
        }
        if reader.word.is_none() && reader.words.len() == MOST_WORDS {
            return refuse(WordRule::TooManyWords);
        }
        match c {
            '\n' => return refuse(WordRule::LineBreak),
            ';' | '&' | '|' | '(' | ')' => return refuse(WordRule::Operator),
            '<' | '>' => return refuse(WordRule::Redirection),
            '$' | '`' => return refuse(WordRule::Substitution),
            '*' if patterns => reader.star(at),
            '*' | '?' | '[' => return refuse(WordRule::Glob),
            '{' | '}' => return refuse(WordRule::Brace),
            '~' if matches!(reader.last, None | Some('=' | ':')) => {
                return refuse(WordRule::Tilde);
            }
            '#' if reader.word.is_none() => return refuse(WordRule::Comment),
            '=' if reader.is_a_variable() => return refuse(WordRule::Assignment),
            '\'' | '"' => {
                reader.open(at);
                loop {
                    let Some((place, inner)) = chars.next() else {
                        return refuse(WordRule::UnclosedQuote);
                    };
                    harmless(inner).map_err(|rule| fault(rule, place, Some(inner)))?;
                    match inner {
                        _ if inner == c => break,
                        '$' | '`' if c == '"' => {
                            return Err(fault(WordRule::Substitution, place, Some(inner)));
                        }
                        '\\' if c == '"' => match chars.next() {
                            None => return refuse(WordRule::UnclosedQuote),
                            Some((_, '\n')) => {}
                            Some((_, kept @ ('"' | '\\' | '$' | '`'))) => reader.quoted(at, kept),
                            Some((place, other)) => {
                                harmless(other).map_err(|rule| fault(rule, place, Some(other)))?;
                                reader.quoted(at, '\\');
                                reader.quoted(at, other);
                            }
                        },
                        _ => reader.quoted(at, inner),
                    }
                }
            }
            '\\' => match chars.next() {
                None => return refuse(WordRule::TrailingBackslash),
                Some((place, kept @ ('\n' | '\r'))) => {
                    return Err(fault(WordRule::LineBreak, place, Some(kept)));
                }
                Some((place, kept)) => {
                    harmless(kept).map_err(|rule| fault(rule, place, Some(kept)))?;
                    reader.quoted(at, kept);
                }
            },
            _ if is_odd_blank(c) => return refuse(WordRule::OddBlank),
            _ => reader.plain(at, c),
        }
    }
    reader.end(text.len());
    match reader.words.first() {
        None => Err(fault(WordRule::Empty, 0, None)),
        Some(first) if reader.begins_plain && RESERVED.contains(&first.text.as_str()) => {
            let found = first.text.chars().next();
            Err(fault(WordRule::ReservedWord, first.at, found))
        }
        Some(_) => Ok(reader.words),
    }
}

/// The words so far, and the one that is being read.
#[derive(Default)]
struct Reader {
    words: Vec<Word>,
    word: Option<Word>,
    /// Whether the word that is being read has a quoted character, or quotes.
    quoted: bool,
    /// The last character of the word that is being read, unless it was quoted.
    last: Option<char>,
    /// Whether nothing of the first word was quoted.
    begins_plain: bool,
}

impl Reader {
    fn word(&mut self, at: usize) -> &mut Word {
        self.word.get_or_insert_with(|| Word {
            at,
            ..Word::default()
        })
    }

    /// A quote begins: there is a word now, if only an empty one.
    fn open(&mut self, at: usize) {
        self.word(at);
        self.quoted = true;
        self.last = Some('\'');
    }

    fn quoted(&mut self, at: usize, c: char) {
        self.open(at);
        self.word(at).text.push(c);
    }

    fn plain(&mut self, at: usize, c: char) {
        self.word(at).text.push(c);
        self.last = Some(c);
    }

    fn star(&mut self, at: usize) {
        let word = self.word(at);
        word.stars.push(word.text.len());
        self.plain(at, '*');
    }

    fn end(&mut self, at: usize) {
        if let Some(word) = self.word.take() {
            if self.words.is_empty() {
                self.begins_plain = !self.quoted;
            }
            self.words.push(Word { end: at, ..word });
        }
        self.quoted = false;
        self.last = None;
    }

    /// Whether a `=` that comes now makes the first word a variable; bash has `+=` beside it.
    fn is_a_variable(&self) -> bool {
        let name = |word: &Word| {
            let name = word.text.strip_suffix('+').unwrap_or(&word.text);
            let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
            name.starts_with(|c: char| letter(c) && !c.is_ascii_digit()) && name.chars().all(letter)
        };
        self.words.is_empty() && !self.quoted && self.word.as_ref().is_some_and(name)
    }
}

/// Words that a shell does not take for a program (section 2.4), but for those that it takes for operators here.
const RESERVED: [&str; 13] = [
    "!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "then", "until", "while",
];

/// Checks words that came as words: each must be one that a quoted text could have given.
///
/// # Errors
/// There are none, they are too many or too long, or one holds what no argument may.
pub fn check(argv: &[String]) -> Result<(), NotWords> {
    let fault = |rule, word, found| NotWords {
        rule,
        at: At::Word(word),
        found,
    };
    if argv.is_empty() {
        return Err(fault(WordRule::Empty, 0, None));
    }
    if argv.len() > MOST_WORDS {
        return Err(fault(WordRule::TooManyWords, MOST_WORDS, None));
    }
    let mut bytes = 0;
    for (index, word) in argv.iter().enumerate() {
        bytes += word.len();
        if bytes > MOST_BYTES {
            return Err(fault(WordRule::TooLong, index, None));
        }
        for c in word.chars() {
            harmless(c).map_err(|rule| fault(rule, index, Some(c)))?;
        }
    }
    Ok(())
}

/// Words as one line of text, quoted where a shell would do anything with them. For all words that [`check`] allows
/// and whose text is not too long, [`split`] gives them back, and so does a shell.
///
/// ```
/// use mqtt_thing::fleet::words::quoted;
/// assert_eq!(quoted(&["stress-ng", "--job", "it's $5"]), r#"stress-ng --job 'it'\''s $5'"#);
/// ```
#[must_use]
pub fn quoted<T: AsRef<str>>(argv: &[T]) -> String {
    let mut text = String::new();
    for (index, word) in argv.iter().map(AsRef::as_ref).enumerate() {
        if index > 0 {
            text.push(' ');
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+:,./-".contains(c);
        // a `=` in the first word could set a variable
        let plain = word.chars().all(|c| is_plain(c) || (c == '=' && index > 0));
        if plain && !word.is_empty() && !(index == 0 && RESERVED.contains(&word)) {
            text.push_str(word);
        } else {
            text.push('\'');
            text.push_str(&word.replace('\'', r"'\''"));
            text.push('\'');
        }
    }
    text
}

#[cfg(test)]
mod tests;
