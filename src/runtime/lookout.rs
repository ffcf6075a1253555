//! A task beside a node that looks, every half second, whether something is to be said that nobody asked for.

use super::voice::Voice;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The task; it ends with this.
#[derive(Debug)]
pub(super) struct Lookout(JoinHandle<()>);

impl Lookout {
    /// Starts it on the current tokio runtime.
    pub(super) fn start(voice: Arc<Voice>) -> Self {
        Self(tokio::spawn(async move {
            let mut looks = interval(LOOK_EVERY);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                looks.tick().await;
                if voice.is_connected() {
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
