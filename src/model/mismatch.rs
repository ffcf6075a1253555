//! Which topics a filter matches, and why not the others (MQTT 3.1.1, section 4.7).

use super::{Topic, TopicFilter, harmless};

/// The longest level that is repeated in a sentence, in characters.
const LONGEST_LEVEL: usize = 60;

/// Why a topic does not match a filter. Levels count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// The topic begins with `$` and the filter with a wildcard, which does not reach it (section 4.7.2).
    Dollar,
    /// This level of the topic has another name than the filter's.
    Name(usize),
    /// The topic ends before this level of the filter.
    Ends(usize),
    /// The topic goes on with this level where the filter has ended.
    GoesOn(usize),
}

impl TopicFilter {
    /// Why a message with this topic does not reach a subscription with this filter; none when it does.
    #[must_use]
    pub fn mismatch(&self, topic: &Topic) -> Option<Mismatch> {
        if topic.as_str().starts_with('$') && self.as_str().starts_with(['+', '#']) {
            return Some(Mismatch::Dollar);
        }
        let mut name = topic.as_str().split('/');
        let mut levels = 0;
        for level in self.as_str().split('/') {
            match (level, name.next()) {
                ("#", _) => return None,
                (_, None) => return Some(Mismatch::Ends(levels)),
                ("+", Some(_)) => {}
                (wanted, Some(found)) if wanted == found => {}
                _ => return Some(Mismatch::Name(levels)),
            }
            levels += 1;
        }
        name.next().map(|_| Mismatch::GoesOn(levels))
    }
}

impl Mismatch {
    /// The reason in words, safe for a terminal, about that filter and that topic. In them levels count from 1.
    #[must_use]
    pub fn words(self, filter: &TopicFilter, topic: &Topic) -> String {
        let wanted = |level: usize| level_of(filter.as_str(), level);
        let found = |level: usize| level_of(topic.as_str(), level);
        match self {
            Self::Dollar => {
                "it begins with $, which a wildcard at the beginning does not reach".to_owned()
            }
            Self::Name(level) => format!(
                "level {} is {}, the filter has {}",
                level + 1,
                found(level),
                wanted(level)
            ),
            Self::Ends(level) => format!(
                "it ends after level {level}, the filter goes on with {}",
                wanted(level)
            ),
            Self::GoesOn(level) => format!(
                "it goes on with level {}, {}, where the filter has ended",
                level + 1,
                found(level)
            ),
        }
    }
}

/// A level in quotes, short and safe for a terminal.
fn level_of(text: &str, level: usize) -> String {
    let level = text.split('/').nth(level).unwrap_or_default();
    match level.chars().count() {
        0 => "empty".to_owned(),
        long if long > LONGEST_LEVEL => {
            let cut: String = level.chars().take(LONGEST_LEVEL).collect();
            format!("`{}...`", harmless(&cut))
        }
        _ => format!("`{}`", harmless(level)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn why(filter: &str, topic: &str) -> Option<String> {
        let (filter, topic) = (
            TopicFilter::new(filter).unwrap(),
            Topic::new(topic).unwrap(),
        );
        let mismatch = filter.mismatch(&topic);
        assert_eq!(mismatch.is_none(), filter.matches(&topic));
        mismatch.map(|mismatch| mismatch.words(&filter, &topic))
    }

    #[test]
    fn the_first_level_that_does_not_fit_is_named() {
        let disks = "/machines/+/sensors/temperature/hdds/+";
        assert_eq!(why(disks, "/machines/a/sensors/temperature/hdds/sdf"), None);
        let told = [
            (
                disks,
                "/machines/a/sensors/temperature/cpus/cpu0",
                "level 6 is `cpus`, the filter has `hdds`",
            ),
            (
                disks,
                "machines/a/sensors/temperature/hdds/sdf",
                "level 1 is `machines`, the filter has empty",
            ),
            (
                "a/b",
                "a",
                "it ends after level 1, the filter goes on with `b`",
            ),
            (
                "a/+",
                "a/b/",
                "it goes on with level 3, empty, where the filter has ended",
            ),
            (
                "#",
                "$SYS/broker",
                "it begins with $, which a wildcard at the beginning does not reach",
            ),
        ];
        for (filter, topic, words) in told {
            assert_eq!(why(filter, topic).as_deref(), Some(words));
        }
    }

    #[test]
    fn what_is_said_of_a_hostile_topic_is_short_and_safe() {
        let topic = format!("a/\u{202e}{}", "x".repeat(60_000));
        let words = why("a/b", &topic).unwrap();
        assert!(words.len() < 200 && !words.contains('\u{202e}'), "{words}");
    }

    /// The rules once more, by another way: recursive, over the ends of both.
    fn naive(filter: &[&str], topic: &[&str], first: bool) -> bool {
        let hidden = first && topic[0].starts_with('$');
        match (filter, topic) {
            ([], []) | (["#"], []) => true,
            (["#"], _) => !hidden,
            (["+", filter @ ..], [_, topic @ ..]) => !hidden && naive(filter, topic, false),
            ([wanted, filter @ ..], [found, topic @ ..]) => {
                wanted == found && naive(filter, topic, false)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_naive_matcher_agrees(
            filter in "(\\$?[ab+]?/){0,4}(\\$?[ab+#]?)",
            topic in "\\$?[ab]?(/\\$?[ab]?){0,5}",
        ) {
            let (Ok(filter), Ok(topic)) = (TopicFilter::new(&filter), Topic::new(&topic)) else {
                return Ok(());
            };
            let wanted: Vec<&str> = filter.as_str().split('/').collect();
            let name: Vec<&str> = topic.as_str().split('/').collect();
            prop_assert_eq!(filter.matches(&topic), naive(&wanted, &name, true));
        }
    }
}
