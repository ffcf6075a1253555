//! A filter that matches nothing, and a small change with which it would.

use super::{Mismatch, Topic, TopicFilter};

/// The slip that most likely was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NearMiss {
    /// The filter begins with a `/`, the topics do not.
    LeadingInFilter,
    /// The topics begin with a `/`, the filter does not.
    LeadingInTopics,
    /// The filter ends with a `/`, the topics do not.
    TrailingInFilter,
    /// The topics end with a `/`, the filter does not.
    TrailingInTopics,
    /// Only upper and lower case differ.
    Case,
    /// A `*` was meant as `+`.
    Star,
    /// The topics go on below the last level.
    Deeper,
    /// They begin with `$`, and the filter with a wildcard.
    Dollar,
}

impl NearMiss {
    /// A sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::LeadingInFilter => {
                "the filter begins with an empty level (a leading /), those topics do not"
            }
            Self::LeadingInTopics => {
                "those topics begin with an empty level (a leading /), the filter does not"
            }
            Self::TrailingInFilter => {
                "the filter ends with an empty level (a / at the end), those topics do not"
            }
            Self::TrailingInTopics => {
                "those topics end with an empty level (a / at the end), the filter does not"
            }
            Self::Case => "only upper and lower case differ, which MQTT tells apart",
            Self::Star => "* is a letter like any other here; + stands for one level",
            Self::Deeper => {
                "those topics go on below the filter's last level; /# behind it reaches them"
            }
            Self::Dollar => {
                "those topics begin with $, which a wildcard at the beginning does not reach"
            }
        }
    }

    /// The filter with the slip mended; none where it is not the filter's text that is to be changed.
    fn mended(self, filter: &str) -> Option<String> {
        match self {
            Self::LeadingInFilter => filter.strip_prefix('/').map(str::to_owned),
            Self::LeadingInTopics => Some(format!("/{filter}")),
            Self::TrailingInFilter => filter.strip_suffix('/').map(str::to_owned),
            Self::TrailingInTopics => Some(format!("{filter}/")),
            Self::Star => filter.contains('*').then(|| filter.replace('*', "+")),
            Self::Deeper => Some(format!("{filter}/#")),
            Self::Case | Self::Dollar => None,
        }
    }
}

/// The likeliest slip of a filter that matches none of the topics, and how many it would match without it.
pub fn near_miss<'a>(
    filter: &TopicFilter,
    topics: impl Iterator<Item = &'a Topic> + Clone,
) -> Option<(NearMiss, usize)> {
    const LIKELIEST_FIRST: [NearMiss; 8] = [
        NearMiss::LeadingInFilter,
        NearMiss::LeadingInTopics,
        NearMiss::TrailingInFilter,
        NearMiss::TrailingInTopics,
        NearMiss::Case,
        NearMiss::Star,
        NearMiss::Deeper,
        NearMiss::Dollar,
    ];
    let text = filter.as_str();
    let lower = TopicFilter::new(text.to_lowercase()).ok();
    LIKELIEST_FIRST.into_iter().find_map(|slip| {
        let topics = topics.clone();
        let count = match slip {
            NearMiss::Case => {
                let lower = lower.as_ref()?;
                let same = |topic: &Topic| Topic::new(topic.as_str().to_lowercase());
                let same = topics.filter_map(|topic| same(topic).ok());
                same.filter(|topic| lower.matches(topic)).count()
            }
            NearMiss::Dollar => {
                let hidden = |topic: &&Topic| filter.mismatch(topic) == Some(Mismatch::Dollar);
                topics.filter(hidden).count()
            }
            slip => {
                let mended = TopicFilter::new(slip.mended(text)?).ok()?;
                topics.filter(|topic| mended.matches(topic)).count()
            }
        };
        (count > 0).then_some((slip, count))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(filter: &str, topics: &[&str]) -> Option<(NearMiss, usize)> {
        let topics: Vec<Topic> = topics
            .iter()
            .map(|text| Topic::new(text).unwrap())
            .collect();
        near_miss(&TopicFilter::new(filter).unwrap(), topics.iter())
    }

    #[test]
    fn each_slip_is_recognised_with_what_it_costs() {
        use NearMiss::*;
        let of = |filter, topic| slip(filter, &[topic, "z"]).map(|(slip, _)| slip);
        assert_eq!(of("/a/+", "a/b"), Some(LeadingInFilter));
        assert_eq!(of("a/+", "/a/b"), Some(LeadingInTopics));
        assert_eq!(of("a/b/", "a/b"), Some(TrailingInFilter));
        assert_eq!(of("a/b", "a/b/"), Some(TrailingInTopics));
        assert_eq!(of("a/B", "A/b"), Some(Case));
        assert_eq!(of("a/*/c", "a/b/c"), Some(Star));
        assert_eq!(of("a/+", "a/b/c"), Some(Deeper));
        assert_eq!(slip("#", &["$SYS/x"]), Some((Dollar, 1)));
        assert_eq!(
            slip("/a/+", &["a/b", "a/c", "d"]),
            Some((LeadingInFilter, 2))
        );
        assert_eq!(slip("a", &["b"]), None);
        assert_eq!(slip("a", &[]), None);
    }
}
