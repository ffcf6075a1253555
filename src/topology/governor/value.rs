//! One value: its lines joined, `%` understood, and every part of it still known by its place in the file. Source:
//! CPython 3.11, `Lib/configparser.py`: `_join_multiline_values`, `BasicInterpolation`, `_convert_to_boolean`.
//!
//! What differs: where Python ends with an error at a `%`, it is taken as it stands, with a warning.

use super::super::findings::{Findings, Rule};
use super::super::section::{Placed, shown};
use super::ini::{Entry, place_of};
use crate::model::{Mistake, Place};
use std::collections::HashMap;

/// How deep one reference may lead to another (`MAX_INTERPOLATION_DEPTH`).
const DEEPEST: usize = 10;

/// The longest value after all references, in bytes; without a limit, ten lines make it as long as the memory.
const LONGEST: usize = 1024 * 1024;

/// So many references are resolved for a value; those that lead to nothing make it no longer.
const MOST_REFERENCES: usize = 10_000;

/// So many warnings about `%` are noted for a value.
const MOST_WARNINGS: usize = 20;

/// A value as it is meant.
#[derive(Debug, Clone)]
pub(super) struct Value<'i> {
    /// Its key in lower case.
    pub(super) key: &'i str,
    pub(super) key_place: Place,
    pub(super) text: String,
    /// From the first line to the last.
    pub(super) place: Place,
    /// Where the parts of the text come from: each begins there, in the text, and ends where the next begins.
    parts: Vec<(usize, Origin)>,
}

#[derive(Debug, Clone)]
enum Origin {
    /// Byte by byte from here on.
    Written(usize),
    /// As a whole for what stands here.
    Instead(Place),
}

impl Value<'_> {
    /// The place of a part of the text; of all that it was put together from.
    pub(super) fn part(&self, start: usize, len: usize) -> Place {
        let last = self.origin(start + len.saturating_sub(1));
        match (self.origin(start), last) {
            (Some(first), Some(last)) if len > 0 => first.start..last.end.max(first.start),
            (Some(first), _) => first.start..first.start,
            (None, _) => self.place.clone(),
        }
    }

    /// The place of the byte at `at`; where it was put in, of what it was put in for.
    fn origin(&self, at: usize) -> Option<Place> {
        let index = self.parts.partition_point(|(begin, _)| *begin <= at);
        match &self.parts[index.checked_sub(1)?] {
            (begin, Origin::Written(from)) => Some(from + at - begin..from + at - begin + 1),
            (_, Origin::Instead(place)) => Some(place.clone()),
        }
    }

    /// A mistake at the value.
    pub(super) fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake::new(self.place.clone(), message)
    }

    /// As Python's `getboolean`.
    pub(super) fn boolean(&self, findings: &mut Findings<'_>) -> Option<bool> {
        let found = boolean(&self.text);
        if found.is_none() {
            let message = format!(
                "`{}` is `{}`; it takes true or false",
                shown(self.key),
                shown(&self.text)
            );
            let help = "yes, on and 1 mean true; no, off and 0 mean false";
            findings.refuse(Rule::IniNotBoolean, self.mistake(message).help(help));
        }
        found
    }

    /// A whole number within `min..=max`; `about`, if there is something to say, is the advice outside.
    pub(super) fn integer(
        &self,
        (min, max): (i64, i64),
        about: &str,
        findings: &mut Findings<'_>,
    ) -> Option<i64> {
        let number = self.text.replace('_', "").parse::<i64>().ok();
        let fits = number.filter(|number| (min..=max).contains(number));
        if fits.is_none() {
            self.refuse_number("a whole number", (&min, &max), about, findings);
        }
        fits
    }

    /// A number within `min..=max`, with or without a point.
    pub(super) fn decimal(
        &self,
        (min, max): (f64, f64),
        findings: &mut Findings<'_>,
    ) -> Option<f64> {
        let number = self.text.replace('_', "").parse::<f64>().ok();
        let fits = number.filter(|number| (min..=max).contains(number));
        if fits.is_none() {
            self.refuse_number("a number", (&min, &max), "", findings);
        }
        fits
    }

    fn refuse_number(
        &self,
        what: &str,
        (min, max): (&dyn std::fmt::Display, &dyn std::fmt::Display),
        about: &str,
        findings: &mut Findings<'_>,
    ) {
        let (key, found) = (shown(self.key), shown(&self.text));
        let message = format!("`{key}` is `{found}`; it takes {what}, {min} to {max}");
        let mistake = self.mistake(message);
        let mistake = match about {
            "" => mistake,
            about => mistake.help(about),
        };
        findings.refuse(Rule::IniNumber, mistake);
    }

    /// Its lines that are not empty, stripped, and where each begins in the text.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.split('\n').map(super::ini::strip);
        let placed = lines.map(|line| (place_of(line, &self.text, 0).start, line));
        placed.filter(|(_, line)| !line.is_empty())
    }
}

/// The words of `RawConfigParser.BOOLEAN_STATES`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "yes" | "true" | "on" => Some(true),
        "0" | "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// The keys that a reference may name.
pub(super) type Known<'i, 't> = HashMap<&'i str, &'i Entry<'t>>;

/// The value of an entry, with all references resolved.
pub(super) fn read<'i>(
    entry: &'i Entry<'_>,
    known: &Known<'i, '_>,
    findings: &mut Findings<'_>,
) -> Value<'i> {
    let (first, last) = (&entry.lines[0], &entry.lines[entry.lines.len() - 1]);
    let mut joined = Joined {
        known,
        text: String::new(),
        parts: Vec::new(),
        odd: Vec::new(),
        references: 0,
        too_long: false,
    };
    joined.entry(entry, None, 1);
    for (rule, mistake) in joined.odd {
        findings.warn(rule, mistake);
    }
    let place = first.place.start..last.place.end;
    if joined.too_long {
        let message = format!(
            "with all that it refers to, `{}` is too long",
            shown(&entry.key.value)
        );
        let help = format!("at most {MOST_REFERENCES} references, and {LONGEST} bytes");
        findings.refuse(
            Rule::IniTooLong,
            Mistake::new(place.clone(), message).help(help),
        );
    }
    Value {
        key: &entry.key.value,
        key_place: entry.key.place.clone(),
        text: joined.text,
        place,
        parts: joined.parts,
    }
}

struct Joined<'k, 'i, 't> {
    known: &'k Known<'i, 't>,
    text: String,
    parts: Vec<(usize, Origin)>,
    odd: Vec<(Rule, Mistake)>,
    references: usize,
    too_long: bool,
}

impl Joined<'_, '_, '_> {
    /// Appends an entry's lines; those of a reference stand for the place `instead`.
    fn entry(&mut self, entry: &Entry<'_>, instead: Option<&Place>, depth: usize) {
        for (index, line) in entry.lines.iter().enumerate() {
            if index > 0 {
                self.push("\n", line.place.start, instead);
            }
            self.line(line, instead, depth);
        }
    }

    fn line(&mut self, line: &Placed<&str>, instead: Option<&Place>, depth: usize) {
        let mut rest = line.value;
        while !self.too_long {
            let at = line.place.end - rest.len();
            let plain = rest.find('%').unwrap_or(rest.len());
            self.push(&rest[..plain], at, instead);
            let (at, found) = (at + plain, &rest[plain..]);
            if found.is_empty() {
                return;
            }
            let len = if found.starts_with("%%") {
                self.push("%", at, instead);
                2
            } else if let Some((name, len)) = reference(found) {
                let place = at..at + len;
                self.reference(name, &found[..len], place, instead, depth);
                len
            } else {
                let message =
                    "a single `%` stands here, where the original program ends with an error";
                self.warn(
                    Rule::IniPercent,
                    at..at + 1,
                    message,
                    "`%%` means a percent sign",
                );
                self.push("%", at, instead);
                1
            };
            rest = &found[len..];
        }
    }

    fn reference(
        &mut self,
        name: &str,
        written: &str,
        place: Place,
        instead: Option<&Place>,
        depth: usize,
    ) {
        self.references += 1;
        self.too_long |= self.references > MOST_REFERENCES;
        let wanted = self.known.get(name.to_lowercase().as_str()).copied();
        let ends = |entry: &Entry<'_>| !entry.lines.iter().any(|line| line.value.contains('%'));
        let stands_for = instead.cloned().unwrap_or_else(|| place.clone());
        match wanted {
            Some(entry) if depth < DEEPEST || ends(entry) => {
                self.entry(entry, Some(&stands_for), depth + 1);
            }
            Some(_) => {
                let message = format!("`{}` leads to itself, or too far", shown(name));
                let help = "at most ten references in a row; it is taken as it stands, where the original program ends with an error";
                self.warn(Rule::IniDeep, stands_for.clone(), message, help);
                self.push(written, place.start, instead);
            }
            None => {
                let message = format!("no key `{}` is there to be put in here", shown(name));
                let help = "it is taken as it stands, where the original program ends with an error; `%%` means a percent sign";
                self.warn(Rule::IniReference, stands_for.clone(), message, help);
                self.push(written, place.start, instead);
            }
        }
    }

    fn push(&mut self, text: &str, at: usize, instead: Option<&Place>) {
        if self.text.len() + text.len() > LONGEST {
            self.too_long = true;
        }
        if text.is_empty() || self.too_long {
            return;
        }
        let origin = instead.map_or(Origin::Written(at), |place| Origin::Instead(place.clone()));
        self.parts.push((self.text.len(), origin));
        self.text.push_str(text);
    }

    fn warn(&mut self, rule: Rule, place: Place, message: impl Into<String>, help: &str) {
        if self.odd.len() < MOST_WARNINGS {
            self.odd
                .push((rule, Mistake::new(place, message).help(help)));
        }
    }
}

/// The name in `%(name)s`, and the length of all of it.
fn reference(text: &str) -> Option<(&str, usize)> {
    let inner = text.strip_prefix("%(")?;
    let name = &inner[..inner.find(')')?];
    let is_one = !name.is_empty() && inner[name.len()..].starts_with(")s");
    is_one.then_some((name, name.len() + 4))
}
