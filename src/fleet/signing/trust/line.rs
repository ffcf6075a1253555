//! One line of the list of trusted keys.

use super::Trusted;
use crate::fleet::pattern::Pattern;
use crate::fleet::signing::PublicKey;
use crate::model::{Mistake, Place, escaped, nearest};

const REVOKED: &str = "revoked";
const MAY_REVOKE: &str = "may-revoke";
const ALLOW: &str = "allow=";
const OPTIONS: &str = "allow=\"PATTERN\", revoked and may-revoke are allowed";

/// A line that has a key, and where in the text its parts stand.
#[derive(Debug)]
pub(in crate::fleet::signing) struct Line {
    pub(in crate::fleet::signing) trusted: Trusted,
    pub(in crate::fleet::signing) name: Place,
    pub(in crate::fleet::signing) key: Place,
    /// After its last word, before a comment.
    pub(in crate::fleet::signing) end: usize,
}

/// Whether a text can name a key: 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
#[must_use]
pub fn is_usable_name(name: &str) -> bool {
    let is_usable =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'@' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(is_usable)
}

/// A pattern as it stands on a line, with its quotes.
pub(in crate::fleet::signing) fn quoted(pattern: &str) -> String {
    format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Line {
    /// Reads a line that begins at `start`; none if it has no key, or mistakes.
    pub(super) fn read(text: &str, start: usize, mistakes: &mut Vec<Mistake>) -> Option<Self> {
        let before = mistakes.len();
        let words = words(text, start, mistakes);
        let (name, rest) = words.split_first()?;
        if !is_usable_name(name.text) {
            let what = format!("`{}` cannot be a name", shown(name.text));
            let help = "1 to 64 of A-Z a-z 0-9 . _ @ - are allowed; then `ed25519:...`";
            mistakes.push(Mistake::new(name.place.clone(), what).help(help));
        }
        let Some((key, options)) = rest.split_first() else {
            let help = "write `NAME ed25519:BASE64`, as `mqtt-thing key show` prints it";
            let place = name.place.end..name.place.end;
            mistakes.push(Mistake::new(place, "the key is missing").help(help));
            return None;
        };
        let public = key.text.parse::<PublicKey>();
        let public = public
            .map_err(|error| mistakes.push(Mistake::new(key.place.clone(), error.to_string())))
            .ok();
        let options = Options::read(options, mistakes);
        if mistakes.len() > before {
            return None;
        }
        Some(Self {
            trusted: Trusted {
                name: name.text.to_owned(),
                key: public?,
                allow: (!options.allow.is_empty()).then_some(options.allow),
                revoked: options.revoked,
                may_revoke: options.may_revoke,
            },
            name: name.place.clone(),
            key: key.place.clone(),
            end: words.last()?.place.end,
        })
    }
}

#[derive(Default)]
struct Options {
    allow: Vec<String>,
    revoked: bool,
    may_revoke: bool,
}

impl Options {
    fn read(words: &[Word<'_>], mistakes: &mut Vec<Mistake>) -> Self {
        let mut options = Self::default();
        for word in words {
            let flag = match word.text {
                REVOKED => &mut options.revoked,
                MAY_REVOKE => &mut options.may_revoke,
                text if text.starts_with(ALLOW) => {
                    options.allow.extend(allow(word, mistakes));
                    continue;
                }
                text => {
                    let what = format!("`{}` is no option", shown(text));
                    let near = nearest(text, [REVOKED, MAY_REVOKE, ALLOW]);
                    let help = near.map_or_else(
                        || OPTIONS.to_owned(),
                        |near| format!("did you mean `{near}`? {OPTIONS}"),
                    );
                    mistakes.push(Mistake::new(word.place.clone(), what).help(help));
                    continue;
                }
            };
            if std::mem::replace(flag, true) {
                let what = format!("`{}` stands here a second time", word.text);
                mistakes.push(Mistake::new(word.place.clone(), what).help("once is enough"));
            }
        }
        options
    }
}

/// The pattern of an `allow="PATTERN"`.
fn allow(word: &Word<'_>, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let start = word.place.start + ALLOW.len();
    let rest = &word.text[ALLOW.len()..];
    let mut wrong = |place: Place, what: &str, help: &str| {
        mistakes.push(Mistake::new(place, what).help(help));
    };
    let inner = rest
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner.filter(|_| rest.len() > 1) else {
        let what = "the pattern does not stand in quotes";
        wrong(word.place.clone(), what, "write allow=\"stress-ng *\"");
        return None;
    };
    let mut pattern = String::with_capacity(inner.len());
    let mut characters = inner.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some((_, c @ ('"' | '\\'))) => pattern.push(c),
                _ => {
                    let place = start + 1 + at..start + 2 + at;
                    let help = "only \\\" and \\\\ are allowed; a backslash of the pattern itself is written \\\\";
                    wrong(place, "a backslash stands alone", help);
                    return None;
                }
            },
            '"' => {
                let place = start + 1 + at..start + 2 + at;
                wrong(
                    place,
                    "a quote ends the pattern early",
                    "inside it, write \\\"",
                );
                return None;
            }
            c => pattern.push(c),
        }
    }
    match Pattern::parse(&pattern) {
        Ok(_) => Some(pattern),
        Err(error) => {
            let place = start + 1..start + 1 + inner.len();
            wrong(place, &error.message, &error.help);
            None
        }
    }
}

struct Word<'t> {
    text: &'t str,
    place: Place,
}

/// Splits a line at blanks that do not stand in quotes, up to a comment.
fn words<'t>(line: &'t str, start: usize, mistakes: &mut Vec<Mistake>) -> Vec<Word<'t>> {
    let mut words = Vec::new();
    let mut at = 0;
    let is_blank = |c: char| c.is_ascii_whitespace();
    loop {
        at += line[at..].len() - line[at..].trim_start_matches(is_blank).len();
        let rest = &line[at..];
        if rest.is_empty() || rest.starts_with('#') {
            return words;
        }
        let (mut quoted, mut after_backslash) = (false, false);
        let length = rest.find(|c: char| {
            let ends = !quoted && is_blank(c);
            quoted ^= c == '"' && !after_backslash;
            after_backslash = quoted && c == '\\' && !after_backslash;
            ends
        });
        let length = length.unwrap_or(rest.len());
        let place = start + at..start + at + length;
        if quoted {
            let help = "the quote that begins on this line ends on it as well";
            mistakes.push(Mistake::new(place, "a quote is not closed").help(help));
            return Vec::new();
        }
        words.push(Word {
            text: &rest[..length],
            place,
        });
        at += length;
    }
}

fn shown(text: &str) -> String {
    escaped(text.as_bytes(), 64)
}
