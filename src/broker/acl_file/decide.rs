//! Whether a message gets through, and which line says so.

use super::{AclFile, Right, Rule, Whose};
use crate::model::{Topic, TopicFilter};

/// What a client wants with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wish {
    /// To receive it.
    Read,
    /// To publish it.
    Write,
}

/// What becomes of it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it gets through.
    pub allowed: bool,
    /// The line that decided, from 1; none if no line was about it.
    pub line: Option<usize>,
    /// That line as it is written, or why no line decided.
    pub text: String,
}

impl Decision {
    fn by(rule: &Rule) -> Self {
        Self {
            allowed: rule.right != Right::Deny,
            line: Some(rule.line),
            text: rule.text.clone(),
        }
    }

    fn refused(why: &str) -> Self {
        Self {
            allowed: false,
            line: None,
            text: why.to_owned(),
        }
    }
}

impl AclFile {
    /// Decides as Mosquitto does: a user's own lines, denials first; then the patterns, denials first; else no.
    ///
    /// `user` is none for a client that gave no user name.
    #[must_use]
    pub fn decide(&self, user: Option<&str>, client_id: &str, topic: &str, wish: Wish) -> Decision {
        let Ok(topic) = Topic::new(topic) else {
            return Decision::refused("this is no topic that a message can have");
        };
        let own = |rule: &&Rule| match (&rule.whose, user) {
            (Whose::Anonymous, None) => true,
            (Whose::User(name), Some(user)) => name == user,
            _ => false,
        };
        let own = self.rules.iter().filter(own);
        if let Some(rule) = first(own, wish, |rule| matches(&rule.filter, &topic)) {
            return Decision::by(rule);
        }
        let is_pattern = |rule: &&Rule| rule.whose == Whose::Pattern;
        if self.rules.iter().any(|rule| is_pattern(&rule)) {
            // such a name would reach beyond its level of a pattern
            let is_dangerous = |name: &str| name.contains(['+', '#']);
            if user.is_some_and(is_dangerous) || is_dangerous(client_id) {
                return Decision::refused(
                    "no pattern holds for a user name or client id with + or # in it",
                );
            }
        }
        let patterns = self.rules.iter().filter(is_pattern);
        let filled = |rule: &Rule| match (rule.filter.contains("%u"), user) {
            (true, None) => false,
            (_, user) => matches(&fill(&rule.filter, user, client_id), &topic),
        };
        match first(patterns, wish, filled) {
            Some(rule) => Decision::by(rule),
            None => Decision::refused("no line allows it"),
        }
    }
}

/// The first that denies, else the first that grants.
fn first<'a>(
    rules: impl Iterator<Item = &'a Rule> + Clone,
    wish: Wish,
    is_about: impl Fn(&Rule) -> bool,
) -> Option<&'a Rule> {
    let denies = |rule: &&Rule| rule.right == Right::Deny && is_about(rule);
    let grants = |rule: &&Rule| rule.right.grants(wish) && is_about(rule);
    let denied = rules.clone().find(denies);
    denied.or_else(|| rules.clone().find(grants))
}

fn matches(filter: &str, topic: &Topic) -> bool {
    TopicFilter::new(filter).is_ok_and(|filter| filter.matches(topic))
}

/// Puts the names in their places. What was put in is not looked at again: a user may be called `%c`.
fn fill(pattern: &str, user: Option<&str>, client_id: &str) -> String {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let (put, length) = match (from.get(..2), user) {
            (Some("%c"), _) => (client_id, 2),
            (Some("%u"), Some(user)) => (user, 2),
            _ => ("%", 1),
        };
        filled.push_str(put);
        rest = &from[length..];
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn the_deciding_line_is_named() {
        let text = "user a\ntopic read x/#\ntopic deny x/secret\npattern write %u/%c\n";
        let file = parse(text).unwrap();
        let decide = |topic, wish| {
            let decision = file.decide(Some("a"), "c1", topic, wish);
            (decision.allowed, decision.line, decision.text)
        };
        let by = |allowed, line, text: &str| (allowed, line, text.to_owned());
        assert_eq!(
            decide("x/y", Wish::Read),
            by(true, Some(2), "topic read x/#")
        );
        assert_eq!(
            decide("x/secret", Wish::Read),
            by(false, Some(3), "topic deny x/secret")
        );
        assert_eq!(
            decide("a/c1", Wish::Write),
            by(true, Some(4), "pattern write %u/%c")
        );
        assert_eq!(
            decide("x/y", Wish::Write),
            by(false, None, "no line allows it")
        );
    }

    #[test]
    fn a_name_that_looks_like_a_placeholder_is_put_in_as_it_is() {
        assert_eq!(fill("%u/%c/%x%", Some("%c"), "%u"), "%c/%u/%x%");
        assert_eq!(fill("é%", None, "c"), "é%");
    }
}
