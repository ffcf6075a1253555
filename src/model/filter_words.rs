//! What a topic filter means, level by level, in words (MQTT 3.1.1, section 4.7).

use super::topic::LONGEST;
use super::{Mistake, Place, TopicError, TopicFilter, harmless};

/// What a level of a filter stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelKind {
    /// A level of exactly this name.
    Name,
    /// A level without a character.
    Empty,
    /// `+`: one level of any name.
    One,
    /// `#`: all levels that follow, and none.
    Rest,
}

/// One level of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level<'a> {
    /// Its place, from 0.
    pub index: usize,
    /// Its text.
    pub text: &'a str,
    /// What it stands for.
    pub kind: LevelKind,
    is_last: bool,
}

impl LevelKind {
    /// A word for a program.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Empty => "empty",
            Self::One => "one",
            Self::Rest => "rest",
        }
    }
}

impl Level<'_> {
    /// What it stands for.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match (self.kind, self.index, self.is_last) {
            (LevelKind::Name, ..) => "exactly this",
            (LevelKind::One, ..) => "one level of any name, also an empty one",
            (LevelKind::Rest, 0, _) => "all topics of any number of levels",
            (LevelKind::Rest, ..) => {
                "any number of levels, also none: the topic that ends before it matches, too"
            }
            (LevelKind::Empty, 0, _) => "an empty level: the filter begins with a /",
            (LevelKind::Empty, _, true) => "an empty level: the filter ends with a /",
            (LevelKind::Empty, ..) => "an empty level: two / in a row",
        }
    }
}

impl TopicFilter {
    /// Its levels.
    pub fn levels(&self) -> impl Iterator<Item = Level<'_>> {
        let count = self.as_str().split('/').count();
        let levels = self.as_str().split('/').enumerate();
        levels.map(move |(index, text)| Level {
            index,
            text,
            kind: match text {
                "" => LevelKind::Empty,
                "+" => LevelKind::One,
                "#" => LevelKind::Rest,
                _ => LevelKind::Name,
            },
            is_last: index + 1 == count,
        })
    }

    /// How many levels the topics have that it matches: at least, and at most if there is a limit.
    #[must_use]
    pub fn depth(&self) -> (usize, Option<usize>) {
        let levels = self.levels().count();
        match self.levels().any(|level| level.kind == LevelKind::Rest) {
            // a topic has one level at least
            true => ((levels - 1).max(1), None),
            false => (levels, Some(levels)),
        }
    }

    /// What is easily overlooked about it, a sentence each, safe for a terminal.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let text = self.as_str();
        let mut remarks = Vec::new();
        if text.starts_with(['+', '#']) {
            remarks.push(
                "a wildcard at the beginning does not reach topics that begin with $, as those of $SYS"
                    .to_owned(),
            );
        }
        if let Some((group, rest)) = text
            .strip_prefix("$share/")
            .and_then(|rest| rest.split_once('/'))
        {
            remarks.push(format!(
                "brokers with shared subscriptions take `{}` for the name of a group of subscribers, and match `{}` alone",
                harmless(group),
                harmless(rest)
            ));
        }
        if text.contains('*') {
            remarks.push(
                "* is a letter like any other here; + stands for one level, and # for all that follow"
                    .to_owned(),
            );
        }
        if self.levels().any(|level| level.text.trim() != level.text) {
            remarks.push("blanks at the edge of a level count".to_owned());
        }
        remarks
    }
}

impl TopicError {
    /// The mistake in the text that is no topic or no filter: where it is, and what is allowed.
    #[must_use]
    pub fn mistake(&self, text: &str) -> Mistake {
        let (place, message, help): (Place, _, _) = match self {
            Self::Empty => (
                0..0,
                "it is empty".to_owned(),
                "it needs one character at least; # alone matches everything",
            ),
            Self::TooLong(bytes) => (
                too_far(text)..text.len(),
                format!("it has {bytes} bytes"),
                "it may have 65535 at most",
            ),
            Self::Control(_, found) => (
                first(text, |c| c == *found),
                format!("it holds the control character U+{:04X}", *found as u32),
                "printable characters are allowed; brokers end the connection for others",
            ),
            Self::Wildcard(_, found) => (
                first(text, |c| c == *found),
                format!("it holds the wildcard {found}"),
                "a message has one topic; wildcards are for subscriptions",
            ),
            Self::PlusInLevel(_) => (
                shared(text, '+'),
                "a + shares its level with other characters".to_owned(),
                "it stands for a whole level, as in a/+/c",
            ),
            Self::HashNotLast(_) => (
                shared(text, '#'),
                "a # is not alone in the last level".to_owned(),
                "it stands for all levels that follow, as in a/#",
            ),
        };
        Mistake::new(place, message).help(help)
    }
}

/// The last place that begins a character, up to the longest text.
fn too_far(text: &str) -> usize {
    let mut places = (0..=LONGEST.min(text.len())).rev();
    places.find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The first character for which that holds.
fn first(text: &str, is_meant: impl Fn(char) -> bool) -> Place {
    let found = text.char_indices().find(|(_, c)| is_meant(*c));
    found.map_or(0..0, |(at, c)| at..at + c.len_utf8())
}

/// The first `wildcard` that does not stand alone in its level, or for `#` not in the last one.
fn shared(text: &str, wildcard: char) -> Place {
    let mut start = 0;
    let levels = text.split('/').count();
    for (index, level) in text.split('/').enumerate() {
        let is_alone = level.len() == wildcard.len_utf8();
        let is_allowed = is_alone && (wildcard == '+' || index + 1 == levels);
        if let Some(at) = level.find(wildcard).filter(|_| !is_allowed) {
            return start + at..start + at + 1;
        }
        start += level.len() + 1;
    }
    0..0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::new(text).unwrap()
    }

    #[test]
    fn every_kind_of_level_is_told_apart() {
        let kinds = |text: &str| -> Vec<&'static str> {
            filter(text)
                .levels()
                .map(|level| level.kind.as_str())
                .collect()
        };
        assert_eq!(kinds("/a/+/#"), ["empty", "name", "one", "rest"]);
        assert_eq!(kinds("/"), ["empty", "empty"]);
        let words = |text: &str| -> Vec<&'static str> {
            filter(text).levels().map(|level| level.words()).collect()
        };
        assert!(words("#")[0].starts_with("all topics"));
        assert!(words("a/#")[1].contains("also none"));
        assert!(words("/a//b/")[0].contains("begins"));
        assert!(words("/a//b/")[2].contains("in a row"));
        assert!(words("/a//b/")[4].contains("ends"));
    }

    #[test]
    fn its_depth_is_that_of_what_it_matches() {
        assert_eq!(filter("a/+/c").depth(), (3, Some(3)));
        assert_eq!(filter("a/b/#").depth(), (2, None));
        assert_eq!(filter("#").depth(), (1, None));
    }

    #[test]
    fn what_is_easily_overlooked_is_told() {
        let remarks = |text: &str| filter(text).remarks().join("\n");
        assert_eq!(remarks("a/+"), "");
        assert!(remarks("+/a").contains("$SYS"));
        assert!(remarks("a/*").contains("like any other"));
        assert!(remarks("a/ b").contains("blanks"));
        assert!(remarks("$share/g/a/#").contains("`a/#` alone"));
    }

    #[test]
    fn a_mistake_stands_where_it_is() {
        let place = |text: &str| TopicFilter::new(text).unwrap_err().mistake(text).place;
        assert_eq!(place(""), 0..0);
        assert_eq!(place("+/b+/c"), 3..4);
        assert_eq!(place("a/++"), 2..3);
        assert_eq!(place("é/#/b"), 3..4);
        assert_eq!(place("a/b#"), 3..4);
        assert_eq!(place("a\0b"), 1..2);
        assert_eq!(place(&"é".repeat(40_000)), 65_534..80_000);
        let topic = "a/+";
        assert_eq!(
            super::super::Topic::new(topic)
                .unwrap_err()
                .mistake(topic)
                .place,
            2..3
        );
    }
}
