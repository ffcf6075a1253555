//! What a session shows of the broker beside whether it connects.

use crate::model::{Now, Topic};
use crate::mqtt::SessionEvent;
use serde::{Deserialize, Serialize};

/// What a running thing knows of its way to the broker. On each connection it is found out anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionState {
    /// Whether its own `online` came back to it on this connection: then it may write its status, and read it. None
    /// before the first.
    pub heard_itself: Option<bool>,
    /// When it last found that another client uses its identifier, in Unix seconds.
    pub taken_over_at: Option<u64>,
    /// The subscriptions that the broker refused.
    pub refused: Vec<String>,
    /// The subscriptions that are left out, since packets come there that are over the hard cap.
    pub left_out: Vec<String>,
    /// The followed topics on which it has heard nothing since it started.
    pub silent: Vec<String>,
}

impl SessionState {
    pub(super) fn connected(&mut self) {
        self.heard_itself = Some(false);
        self.refused.clear();
    }

    /// Takes in what the session tells; returns whether that is news.
    pub(super) fn take(&mut self, event: &SessionEvent, now: Now) -> bool {
        let once = |list: &mut Vec<String>, filter: &str| {
            let news = !list.iter().any(|known| known == filter);
            if news {
                list.push(filter.to_owned());
            }
            news
        };
        match event {
            SessionEvent::Subscribed { refused: 0 } => {
                let news = !(self.refused.is_empty() && self.left_out.is_empty());
                self.refused.clear();
                self.left_out.clear();
                news
            }
            SessionEvent::SubscriptionRefused { filter } => {
                once(&mut self.refused, filter.as_str())
            }
            SessionEvent::SubscriptionLeftOut { filter } => {
                once(&mut self.left_out, filter.as_str())
            }
            SessionEvent::DuplicateClientId { .. } => {
                self.taken_over_at = Some(super::standing::unix(now));
                true
            }
            _ => false,
        }
    }

    /// Something came on this topic; returns whether it is the first time.
    pub(super) fn heard(&mut self, topic: &Topic) -> bool {
        let known = self.silent.len();
        self.silent.retain(|silent| silent != topic.as_str());
        self.silent.len() < known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Moment, TopicFilter};
    use std::time::{Duration, SystemTime};

    #[test]
    fn what_the_session_tells_is_kept_once_and_found_out_anew_on_each_connection() {
        let now = Now::new(Moment::after(Duration::ZERO), SystemTime::UNIX_EPOCH);
        let filter = TopicFilter::new("a/b").unwrap();
        let mut state = SessionState::default();
        let refused = SessionEvent::SubscriptionRefused { filter };
        assert!(state.take(&refused, now));
        assert!(!state.take(&refused, now));
        assert_eq!(state.refused, ["a/b"]);
        state.heard_itself = Some(true);
        state.connected();
        assert_eq!(
            (state.heard_itself, &*state.refused),
            (Some(false), &[][..])
        );
        let pause = Duration::ZERO;
        assert!(state.take(&SessionEvent::DuplicateClientId { pause }, now));
        assert_eq!(state.taken_over_at, Some(0));
        assert!(!state.take(&SessionEvent::Subscribed { refused: 0 }, now));
    }

    #[test]
    fn a_followed_topic_is_silent_until_something_comes_there() {
        let topic = Topic::new("a/b").unwrap();
        let mut state = SessionState {
            silent: vec!["a/b".to_owned(), "a/c".to_owned()],
            ..SessionState::default()
        };
        assert!(state.heard(&topic) && !state.heard(&topic));
        assert_eq!(state.silent, ["a/c"]);
    }
}
