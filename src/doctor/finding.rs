//! One thing that is wrong.

use super::rules::{RULES, Rule};
use crate::model::harmless;
use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing is to be done at once.
    Note,
    /// It works, but not well or not for long.
    Warning,
    /// It does not work.
    Broken,
}

/// What mends it. Nothing of it is done by us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cure {
    /// A command to type as it stands.
    Run(String),
    /// What a person has to do with hands or head.
    Do(String),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its rule's name.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The cause, with what was seen and where. Safe for a terminal.
    pub cause: String,
    /// What mends it, the best first; at least one.
    pub cures: Vec<Cure>,
}

impl Cure {
    /// A command.
    pub(super) fn run(command: impl Into<String>) -> Self {
        Self::Run(command.into())
    }

    /// An advice.
    pub(super) fn advise(advice: impl Into<String>) -> Self {
        Self::Do(advice.into())
    }
}

/// A part of a machine that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotLookedAt {
    /// The part, such as `board`.
    pub part: &'static str,
    /// Why not, and what would help. Safe for a terminal.
    pub reason: String,
}

/// What all parts found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    found: Vec<Finding>,
    skipped: Vec<NotLookedAt>,
}

impl Findings {
    /// Adds what was found by a rule of [`RULES`].
    ///
    /// # Panics
    /// There is no such rule, which a test of each rule shows.
    pub fn tell(
        &mut self,
        rule: &'static str,
        severity: Severity,
        cause: impl Into<String>,
        cures: impl IntoIterator<Item = Cure>,
    ) {
        // what is done with them exists once, and not for each number of cures
        self.add(rule, severity, &cause.into(), cures.into_iter().collect());
    }

    #[inline(never)]
    fn add(&mut self, rule: &'static str, severity: Severity, cause: &str, mut cures: Vec<Cure>) {
        assert!(place(rule).is_some(), "there is no rule {rule}");
        for cure in &mut cures {
            let (Cure::Run(text) | Cure::Do(text)) = cure;
            *text = harmless(text);
        }
        self.found.push(Finding {
            rule,
            severity,
            cause: harmless(cause),
            cures,
        });
    }

    /// Whether a rule found something so far.
    #[must_use]
    pub fn has(&self, rule: &str) -> bool {
        self.found.iter().any(|finding| finding.rule == rule)
    }

    /// Remembers that a part could not be looked at.
    pub fn skip(&mut self, part: &'static str, reason: impl Into<String>) {
        let reason = harmless(&reason.into());
        self.skipped.push(NotLookedAt { part, reason });
    }

    /// What could not be looked at.
    #[must_use]
    pub fn not_looked_at(&self) -> &[NotLookedAt] {
        &self.skipped
    }

    /// All of them, what to mend first at the front; without what only follows from another.
    #[must_use]
    pub fn sorted(self) -> Vec<Finding> {
        let found = |rule: &Rule| self.has(rule.name);
        let is_hidden = |name: &str| {
            let mut rules = RULES.iter();
            rules.any(|rule| rule.hides.contains(&name) && found(rule))
        };
        let mut sorted = Vec::new();
        for rule in RULES.iter().filter(|rule| !is_hidden(rule.name)) {
            let its = self.found.iter().filter(|found| found.rule == rule.name);
            sorted.extend(its.cloned());
        }
        sorted
    }
}

fn place(rule: &str) -> Option<usize> {
    RULES.iter().position(|known| known.name == rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_mend_first_comes_first_and_what_follows_from_it_is_left_out() {
        let mut findings = Findings::default();
        for rule in ["board-silent", "topology-broken", "i2c-off"] {
            findings.tell(rule, Severity::Broken, "", []);
        }
        let rules: Vec<&str> = findings
            .sorted()
            .iter()
            .map(|finding| finding.rule)
            .collect();
        assert_eq!(rules, ["topology-broken", "i2c-off"]);
    }

    #[test]
    fn rules_have_names_of_their_own_and_hide_only_rules_that_there_are() {
        for (index, rule) in RULES.iter().enumerate() {
            assert_eq!(
                place(rule.name),
                Some(index),
                "{} stands there twice",
                rule.name
            );
            for hidden in rule.hides {
                assert!(place(hidden).is_some(), "{} hides {hidden}", rule.name);
            }
        }
    }
}
