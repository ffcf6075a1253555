//! Topic names and topic filters (MQTT 3.1.1, section 4.7).

use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// The longest topic that fits into an MQTT string, in bytes.
pub(super) const LONGEST: usize = 65_535;

/// Why a text is no topic name or topic filter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TopicError {
    /// It has no character.
    #[error("a topic is empty; it needs at least one character")]
    Empty,
    /// It does not fit into an MQTT string.
    #[error("a topic of {0} bytes is too long; at most 65535 are allowed")]
    TooLong(usize),
    /// It holds U+0000 or another control character, which brokers refuse or drop the connection for.
    #[error("the topic `{}` holds the control character U+{:04X}; printable characters are allowed", .0.escape_default(), *.1 as u32)]
    Control(String, char),
    /// A topic *name* holds a wildcard.
    #[error(
        "the topic `{0}` holds the wildcard `{1}`; a message has one topic, wildcards are for subscriptions"
    )]
    Wildcard(String, char),
    /// A `+` beside other characters of its level.
    #[error(
        "in the topic filter `{0}` a `+` shares its level with other characters; it stands for a whole level, as in `a/+/c`"
    )]
    PlusInLevel(String),
    /// A `#` that is not alone in the last level.
    #[error(
        "in the topic filter `{0}` a `#` is not alone in the last level; it stands for all levels that follow, as in `a/#`"
    )]
    HashNotLast(String),
}

fn check(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > LONGEST {
        return Err(TopicError::TooLong(text.len()));
    }
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(TopicError::Control(text.to_owned(), c)),
        None => Ok(()),
    }
}

/// A topic name: what a message is published to. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

impl Topic {
    /// Checks a topic name.
    ///
    /// # Errors
    /// Empty, over 65 535 bytes, control characters, or a wildcard.
    pub fn new(text: impl AsRef<str>) -> Result<Self, TopicError> {
        let text = text.as_ref();
        check(text)?;
        match text.chars().find(|c| matches!(c, '+' | '#')) {
            Some(c) => Err(TopicError::Wildcard(text.to_owned(), c)),
            None => Ok(Self(text.into())),
        }
    }

    /// The topic that lies below this one.
    ///
    /// # Errors
    /// As [`Topic::new`].
    pub fn child(&self, level: &str) -> Result<Self, TopicError> {
        Self::new(format!("{self}/{level}"))
    }

    /// The topic's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A topic filter: what is subscribed to. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter(Arc<str>);

impl TopicFilter {
    /// Checks a topic filter.
    ///
    /// # Errors
    /// Empty, over 65 535 bytes, control characters, or a wildcard in the wrong place.
    pub fn new(text: impl AsRef<str>) -> Result<Self, TopicError> {
        let text = text.as_ref();
        check(text)?;
        let levels = text.split('/').count();
        for (index, level) in text.split('/').enumerate() {
            if level.contains('#') && (level != "#" || index + 1 != levels) {
                return Err(TopicError::HashNotLast(text.to_owned()));
            }
            if level.contains('+') && level != "+" {
                return Err(TopicError::PlusInLevel(text.to_owned()));
            }
        }
        Ok(Self(text.into()))
    }

    /// Whether a message with this topic reaches a subscription with this filter.
    ///
    /// ```
    /// use mqtt_thing::model::{Topic, TopicFilter};
    /// let filter = TopicFilter::new("10.0.0.7/sensors/#")?;
    /// assert!(filter.matches(&Topic::new("10.0.0.7/sensors/button0")?));
    /// assert!(filter.matches(&Topic::new("10.0.0.7/sensors")?));
    /// # Ok::<(), mqtt_thing::model::TopicError>(())
    /// ```
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        self.mismatch(topic).is_none()
    }

    /// The filter's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Topic> for TopicFilter {
    fn from(topic: Topic) -> Self {
        Self(topic.0)
    }
}

macro_rules! shown_as_text {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )*};
}
shown_as_text!(Topic TopicFilter);

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(filter: &str, topic: &str) -> bool {
        TopicFilter::new(filter)
            .unwrap()
            .matches(&Topic::new(topic).unwrap())
    }

    #[test]
    fn a_plus_stands_for_exactly_one_level() {
        assert!(matches("machines/+/hdds", "machines/a/hdds"));
        assert!(matches("machines/+", "machines/"));
        assert!(!matches("machines/+", "machines"));
        assert!(!matches("machines/+", "machines/a/hdds"));
    }

    #[test]
    fn a_hash_stands_for_its_parent_and_everything_below() {
        assert!(matches("a/#", "a"));
        assert!(matches("a/#", "a/b/c"));
        assert!(!matches("a/#", "ab"));
    }

    #[test]
    fn a_wildcard_at_the_start_does_not_reach_dollar_topics() {
        assert!(!matches("#", "$SYS/broker/uptime"));
        assert!(!matches("+/broker", "$SYS/broker"));
        assert!(matches("$SYS/#", "$SYS/broker/uptime"));
    }

    #[test]
    fn wildcards_in_wrong_places_are_refused() {
        assert_eq!(
            Topic::new("a/+"),
            Err(TopicError::Wildcard("a/+".into(), '+'))
        );
        assert_eq!(
            TopicFilter::new("a/#/b"),
            Err(TopicError::HashNotLast("a/#/b".into()))
        );
        assert_eq!(
            TopicFilter::new("a/b#"),
            Err(TopicError::HashNotLast("a/b#".into()))
        );
        assert_eq!(
            TopicFilter::new("a/b+/c"),
            Err(TopicError::PlusInLevel("a/b+/c".into()))
        );
        assert_eq!(Topic::new(""), Err(TopicError::Empty));
        assert_eq!(
            Topic::new("a\0"),
            Err(TopicError::Control("a\0".into(), '\0'))
        );
    }
}
