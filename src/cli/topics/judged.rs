//! Which filter matches which topic.

use super::sources::Found;
use mqtt_thing::model::{Mismatch, NearMiss, Topic, TopicFilter, near_miss};

/// All filters, all topics, and how they stand to each other.
pub(super) struct Judged<'a> {
    pub(super) filters: Vec<JudgedFilter<'a>>,
    pub(super) topics: Vec<JudgedTopic>,
    pub(super) notes: Vec<String>,
    was_asked: bool,
}

/// A filter.
pub(super) struct JudgedFilter<'a> {
    pub(super) filter: &'a TopicFilter,
    /// How many topics it matches.
    pub(super) matched: usize,
    /// If it matches none, the slip that may be the reason, and how many topics it costs.
    pub(super) near_miss: Option<(NearMiss, usize)>,
}

/// A topic.
pub(super) struct JudgedTopic {
    pub(super) topic: Topic,
    /// What it is; empty when nobody knows.
    pub(super) what: String,
    /// For each filter: none when it matches, else why not.
    pub(super) mismatches: Vec<Option<Mismatch>>,
}

impl JudgedTopic {
    /// Whether any filter matches it.
    pub(super) fn is_matched(&self) -> bool {
        self.mismatches.iter().any(Option::is_none)
    }
}

impl<'a> Judged<'a> {
    pub(super) fn new(filters: &'a [TopicFilter], found: Found) -> Self {
        let judge = |(topic, what): (Topic, String)| JudgedTopic {
            mismatches: filters.iter().map(|its| its.mismatch(&topic)).collect(),
            topic,
            what,
        };
        let topics: Vec<JudgedTopic> = found.topics.into_iter().map(judge).collect();
        let filters = filters.iter().enumerate().map(|(index, filter)| {
            let matches = |topic: &&JudgedTopic| topic.mismatches[index].is_none();
            let matched = topics.iter().filter(matches).count();
            let all = topics.iter().map(|topic| &topic.topic);
            JudgedFilter {
                filter,
                matched,
                near_miss: (matched == 0).then(|| near_miss(filter, all)).flatten(),
            }
        });
        Self {
            filters: filters.collect(),
            notes: found.notes,
            was_asked: found.was_asked,
            topics,
        }
    }

    /// Whether there was anything to be matched with.
    pub(super) const fn was_asked(&self) -> bool {
        self.was_asked
    }

    /// How many topics are matched by any filter.
    pub(super) fn matched(&self) -> usize {
        self.topics
            .iter()
            .filter(|topic| topic.is_matched())
            .count()
    }
}
