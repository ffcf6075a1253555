//! What was found, whether that is what was expected, and what a file says of it.

use super::peer::Undecided;
use super::table::Row;
use crate::broker::acl_file::{AclFile, Decision, Wish};
use std::fmt;

/// What a broker does with a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A message was delivered.
    Allowed,
    /// None was.
    Denied(Denied),
    /// That could not be found out.
    Undecided(Undecided),
}

/// How a broker says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// It acknowledged, and did not deliver.
    Dropped,
    /// It refused the subscription.
    SubscriptionRefused,
    /// It lets nobody in without a user name; its reason.
    NotLetIn(String),
}

impl Found {
    /// In a word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied(_) => "denied",
            Self::Undecided(_) => "undecided",
        }
    }

    const fn is_allowed(&self) -> Option<bool> {
        match self {
            Self::Allowed => Some(true),
            Self::Denied(_) => Some(false),
            Self::Undecided(_) => None,
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("delivered"),
            Self::Denied(Denied::Dropped) => f.write_str("acknowledged and not delivered"),
            Self::Denied(Denied::SubscriptionRefused) => {
                f.write_str("the subscription was refused")
            }
            Self::Denied(Denied::NotLetIn(reason)) => {
                write!(f, "nobody is let in without a user name: {reason}")
            }
            Self::Undecided(undecided) => undecided.fmt(f),
        }
    }
}

/// One thing that a row tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// To publish or to receive.
    pub wish: Wish,
    /// What came of it.
    pub found: Found,
}

/// What a row came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// As whom it connected.
    pub client_id: String,
    /// What was tried, in the order of the columns.
    pub tried: Vec<Tried>,
}

impl Outcome {
    /// Whether all that was tried came as expected; none if that is not known.
    #[must_use]
    pub fn passed(&self, expected: bool) -> Option<bool> {
        let found = || self.tried.iter().map(|tried| tried.found.is_allowed());
        if found().any(|allowed| allowed == Some(!expected)) {
            return Some(false);
        }
        found().all(|allowed| allowed.is_some()).then_some(true)
    }
}

/// What an ACL file says of something that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The decision, with its line.
    pub decision: Decision,
    /// Whether the broker does the same; none if that is not known. If not, it has another file loaded.
    pub agrees: Option<bool>,
}

/// Asks a file. It says nothing of somebody who is not let in.
#[must_use]
pub fn judge(acl: &AclFile, row: &Row, outcome: &Outcome, tried: &Tried) -> Option<Decided> {
    if matches!(tried.found, Found::Denied(Denied::NotLetIn(_))) {
        return None;
    }
    let (user, topic) = (row.user.as_deref(), row.canary_topic.as_str());
    let decision = acl.decide(user, &outcome.client_id, topic, tried.wish);
    let agrees = tried.found.is_allowed();
    let agrees = agrees.map(|allowed| allowed == decision.allowed);
    Some(Decided { decision, agrees })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(found: &[Found]) -> Outcome {
        let tried = found.iter().map(|found| Tried {
            wish: Wish::Read,
            found: found.clone(),
        });
        Outcome {
            client_id: "c".to_owned(),
            tried: tried.collect(),
        }
    }

    #[test]
    fn a_row_passes_if_all_of_it_came_as_expected() {
        let (allowed, denied) = (Found::Allowed, Found::Denied(Denied::Dropped));
        let unknown = Found::Undecided(Undecided::Unsendable("x".to_owned()));
        for (found, expected, passed) in [
            (vec![allowed.clone()], true, Some(true)),
            (vec![allowed.clone()], false, Some(false)),
            (vec![denied.clone()], false, Some(true)),
            (vec![denied.clone()], true, Some(false)),
            (vec![allowed.clone(), denied.clone()], true, Some(false)),
            (vec![allowed.clone(), denied.clone()], false, Some(false)),
            (vec![unknown.clone()], false, None),
            (vec![allowed.clone(), unknown.clone()], true, None),
            (vec![allowed, unknown], false, Some(false)),
        ] {
            assert_eq!(outcome(&found).passed(expected), passed, "{found:?}");
        }
    }
}
