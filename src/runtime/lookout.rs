//! A task beside a node that looks, every half second, whether something is to be said that nobody asked for.

use super::Inbox;
use super::host::Pulse;
use super::voice::Voice;
use crate::model::{Message, Topic};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A turn that lasts longer is stuck in the kernel: a bus on which everything times out takes two seconds.
const STUCK_AFTER: Duration = Duration::from_secs(3);

/// The board's host, and what is said for it while it cannot speak.
pub(super) struct Wired {
    pub(super) pulse: Pulse,
    pub(super) inbox: Arc<Inbox>,
    /// The availability of its resources.
    pub(super) topics: Vec<Topic>,
    /// At which connection it was said to be stuck.
    said_at: Option<u64>,
}

impl Wired {
    pub(super) const fn new(pulse: Pulse, inbox: Arc<Inbox>, topics: Vec<Topic>) -> Self {
        Self {
            pulse,
            inbox,
            topics,
            said_at: None,
        }
    }

    /// Says `offline` once at each connection while it is stuck; afterwards it shall say itself what holds.
    fn look(&mut self, voice: &Voice) {
        let stuck = self.pulse.busy() >= STUCK_AFTER;
        if stuck && voice.is_connected() && self.said_at != Some(voice.connections()) {
            if self.said_at.is_none() {
                tracing::warn!("the board holds up its bus; its resources are offline");
            }
            self.said_at = Some(voice.connections());
            for topic in &self.topics {
                voice.publish(Message::state(topic.clone(), "offline"));
            }
        }
        if !stuck && self.said_at.take().is_some() {
            tracing::info!("the bus moves again");
            self.inbox.say_again();
        }
    }
}

/// The task; it ends with this.
#[derive(Debug)]
pub(super) struct Lookout(JoinHandle<()>);

impl Lookout {
    /// Starts it on the current tokio runtime.
    pub(super) fn start(
        voice: Arc<Voice>,
        mut wired: Option<Wired>,
        inboxes: Vec<Arc<Inbox>>,
    ) -> Self {
        Self(tokio::spawn(async move {
            let mut looks = interval(LOOK_EVERY);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                looks.tick().await;
                if let Some(wired) = &mut wired {
                    wired.look(&voice);
                }
                if voice.is_connected() {
                    if voice.say_of_home() {
                        inboxes.iter().for_each(|inbox| inbox.say_unkept());
                    }
                    if voice.contradict() {
                        inboxes.iter().for_each(|inbox| inbox.say_again());
                    }
                    voice.say_of_formers();
                }
            }
        }))
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.0.abort();
    }
}
