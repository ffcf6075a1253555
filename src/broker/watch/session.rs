//! The session of a watch: it listens to `$SYS`, and asks for nothing else.

use crate::model::{QoS, TopicFilter};
use crate::mqtt::{Endpoint, Options, Session, SessionError, SessionEvent};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};

/// What the broker tells of itself.
const EVERYTHING: &str = "$SYS/#";
/// So many events may wait: some forty rounds. What a flood brings beyond them is lost.
const WAITING: usize = 2048;
/// Of these, so many are for what is no message.
const RESERVED: usize = 64;
/// No figure is longer, by far.
const LARGEST: usize = 64 << 10;

/// What a watch hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The broker is there.
    Connected,
    /// It is gone; the session tries again by itself.
    Disconnected(String),
    /// It does not let us hear about itself.
    Refused,
    /// It says something of itself.
    Message {
        /// On which topic.
        topic: String,
        /// What; hostile.
        payload: Vec<u8>,
        /// It had kept it.
        kept: bool,
    },
}

/// A session that listens to what a broker says of itself.
#[derive(Debug)]
pub struct Watch {
    session: Session,
    heard: Receiver<Heard>,
}

impl Watch {
    /// Starts it on the current tokio runtime; the broker need not be there.
    ///
    /// # Errors
    /// As [`Session::start`].
    pub fn start(broker: &Endpoint) -> Result<Self, SessionError> {
        let client_id = format!("mqtt-thing-watch-{:08x}", rand::random::<u32>());
        let mut options = Options::new(broker.clone(), client_id);
        let filter = TopicFilter::new(EVERYTHING).expect("it is a filter");
        options.subscriptions = vec![(filter, QoS::AtMostOnce)];
        options.largest_incoming = LARGEST;
        let (sender, heard) = channel(WAITING);
        let session = Session::start(options, move |event| {
            let event = match event {
                SessionEvent::Connected => Heard::Connected,
                SessionEvent::Disconnected { reason } => Heard::Disconnected(reason),
                SessionEvent::SubscriptionRefused { .. } => Heard::Refused,
                SessionEvent::Message(message) => Heard::Message {
                    topic: message.topic.as_str().to_owned(),
                    payload: message.payload,
                    kept: message.retain,
                },
                _ => return,
            };
            // who watches may be too slow for a flood, which has no figures that are worth waiting for; that the broker
            // comes and goes still has room
            if matches!(event, Heard::Message { .. }) && sender.capacity() <= RESERVED {
                return;
            }
            let _ = sender.try_send(event);
        })?;
        Ok(Self { session, heard })
    }

    /// The next thing that is heard; none when the session's task has ended, which it must not.
    pub async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }

    /// Leaves the broker.
    pub async fn close(self) {
        self.session.close(Vec::new(), Duration::from_secs(1)).await;
    }
}
