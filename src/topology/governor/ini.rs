//! From text to sections, keys and values, as Python's `configparser.ConfigParser` reads it by default, but with the
//! place of everything. Source: CPython 3.11, `Lib/configparser.py`: `_read` and its expressions.
//!
//! What differs: all slips are found at once, and a byte order mark is passed over.

use super::super::findings::{Findings, Rule};
use super::super::section::{Placed, shown};
use super::DEFAULT;
use crate::model::{Mistake, Place};
use std::collections::{HashMap, HashSet};

/// Python's `str.isspace`, which is Unicode's white space and four separators of ASCII.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Python's `str.strip`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The place of a part of `whole`, which begins at `start`.
pub(super) fn place_of(part: &str, whole: &str, start: usize) -> Place {
    let before = part.as_ptr() as usize - whole.as_ptr() as usize;
    start + before..start + before + part.len()
}

/// One `key = value` with its continuation lines.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    /// In lower case.
    pub(super) key: Placed<String>,
    /// The lines of its value, stripped, with their places; blank ones too, but none at the end. At least one.
    pub(super) lines: Vec<Placed<&'t str>>,
}

/// One section.
#[derive(Debug)]
pub(super) struct IniSection<'t> {
    pub(super) name: Placed<&'t str>,
    pub(super) entries: Vec<Entry<'t>>,
}

/// A line as Python counts them: it may end with `\n`, `\r\n` or `\r`.
fn lines(text: &str) -> impl Iterator<Item = Placed<&str>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let start = at;
        at += end + usize::from(end < rest.len());
        at += usize::from(rest[end..].starts_with("\r\n"));
        Some(Placed {
            value: &rest[..end],
            place: start..start + end,
        })
    })
}

/// Reads all sections, in the order of the file; `[DEFAULT]` is one of them. Each name is there once, and in each
/// section each key.
pub(super) fn read<'t>(text: &'t str, findings: &mut Findings<'t>) -> Vec<IniSection<'t>> {
    let mut reader = Reader {
        sections: Vec::new(),
        known: HashMap::new(),
        keys: HashSet::new(),
        current: None,
        open: None,
        indent: 0,
        told_outside: false,
    };
    for line in lines(text) {
        reader.line(line, findings);
    }
    let mut sections = reader.sections;
    for entry in sections.iter_mut().flat_map(|one| one.entries.iter_mut()) {
        while entry.lines.len() > 1 && entry.lines.last().is_some_and(|line| line.value.is_empty())
        {
            entry.lines.pop();
        }
    }
    sections
}

struct Reader<'t> {
    sections: Vec<IniSection<'t>>,
    known: HashMap<&'t str, usize>,
    /// Which keys each section has.
    keys: HashSet<(usize, String)>,
    /// The section that the next key belongs to.
    current: Option<usize>,
    /// The entry of it that a deeper line continues.
    open: Option<usize>,
    /// In characters; deeper than this continues.
    indent: usize,
    told_outside: bool,
}

impl<'t> Reader<'t> {
    fn line(&mut self, line: Placed<&'t str>, findings: &mut Findings<'t>) {
        let mut whole = line.value;
        if line.place.start == 0 {
            whole = whole.strip_prefix('\u{feff}').unwrap_or(whole);
        }
        let value = strip(whole);
        let start = line.place.end - whole.len();
        let stripped = Placed {
            value,
            place: place_of(value, whole, start),
        };
        let indent = whole.chars().take_while(|c| is_space(*c)).count();
        if value.starts_with(['#', ';']) {
            self.comment(stripped, indent, findings);
            return;
        }
        if value.is_empty() {
            if let Some(entry) = self.open_entry() {
                entry.lines.push(stripped);
            }
            return;
        }
        if indent > self.indent {
            if let Some(entry) = self.open_entry() {
                entry.lines.push(stripped);
                return;
            }
        }
        self.indent = indent;
        match header(&stripped) {
            Some(name) => self.section(name, findings),
            None => self.entry(&stripped, findings),
        }
    }

    /// A step that begins with its `;` is a comment to Python.
    fn comment(&mut self, line: Placed<&str>, indent: usize, findings: &mut Findings<'t>) {
        let is_deeper = indent > self.indent;
        let entry = self.open_entry().filter(|_| is_deeper);
        let is_step = entry.is_some_and(|entry| entry.key.value.starts_with("pipeline"));
        if is_step && line.value.starts_with(';') {
            let message = "this line begins with `;`, so it is a comment and no step";
            let help = "put the `;` at the end of the line before; # is plainer for a comment";
            let mistake = Mistake::new(line.place, message).help(help);
            findings.warn(Rule::CommentOfStep, mistake);
        }
    }

    fn open_entry(&mut self) -> Option<&mut Entry<'t>> {
        let section = self.sections.get_mut(self.current?)?;
        section.entries.get_mut(self.open?)
    }

    fn section(&mut self, name: Placed<&'t str>, findings: &mut Findings<'t>) {
        self.open = None;
        self.current = self.known.get(name.value).copied();
        match self.current {
            // Python takes defaults in parts
            Some(_) if name.value == DEFAULT => {}
            Some(_) => {
                let message = format!("[{}] stands here a second time", shown(name.value));
                let mistake = Mistake::new(name.place, message).help("put the two together");
                findings.refuse(Rule::KeyTwice, mistake);
            }
            None => {
                self.current = Some(self.sections.len());
                self.known.insert(name.value, self.sections.len());
                self.sections.push(IniSection {
                    name,
                    entries: Vec::new(),
                });
            }
        }
    }

    fn entry(&mut self, line: &Placed<&'t str>, findings: &mut Findings<'t>) {
        let Some(current) = self.current else {
            if !self.told_outside {
                let message = "this stands before the first [section]";
                let help = "a file of the governor begins with [mqtt]";
                let mistake = Mistake::new(line.place.clone(), message).help(help);
                findings.refuse(Rule::IniOutside, mistake);
            }
            self.told_outside = true;
            return;
        };
        let at = |part: &str| place_of(part, line.value, line.place.start);
        let split = line.value.split_once(['=', ':']);
        let split = split.map(|(key, value)| (key.trim_end_matches(is_space), strip(value)));
        let Some((written, value)) = split.filter(|(key, _)| !key.is_empty()) else {
            let message = "this is no `key = value`, and no continuation of one";
            let help = "a line that continues the one before begins with blanks; a comment begins with # or ;";
            let mistake = Mistake::new(line.place.clone(), message).help(help);
            findings.refuse(Rule::IniLine, mistake);
            return;
        };
        let key = Placed {
            value: written.to_lowercase(),
            place: at(written),
        };
        if !self.keys.insert((current, key.value.clone())) {
            let message = format!("`{}` stands here a second time", shown(written));
            let mistake =
                Mistake::new(key.place.clone(), message).help("keep one of the two, or rename one");
            findings.refuse(Rule::KeyTwice, mistake);
        }
        let entries = &mut self.sections[current].entries;
        self.open = Some(entries.len());
        entries.push(Entry {
            key,
            lines: vec![Placed {
                value,
                place: at(value),
            }],
        });
    }
}

/// The name in `[name]`: to the last bracket, whatever follows it.
fn header<'t>(line: &Placed<&'t str>) -> Option<Placed<&'t str>> {
    let inner = line.value.strip_prefix('[')?;
    let name = &inner[..inner.rfind(']')?];
    (!name.is_empty()).then(|| Placed {
        value: name,
        place: place_of(name, line.value, line.place.start),
    })
}
