//! One client of a fleet: its state machine, its way out and its timer.

use super::Tally;
use crate::fleet::simulated::{Input, SimulatedClient, SimulatedCounts};
use crate::model::{Message, Moment, QoS, TopicFilter};
use crate::mqtt::{Outbox, SessionEvent};
use crate::runtime::Clock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::Notify;

#[derive(Debug)]
pub(super) struct Member {
    id: String,
    client: Mutex<SimulatedClient>,
    clock: Clock,
    outbox: OnceLock<Outbox>,
    connected: AtomicBool,
    /// It wants to be woken at another time than before.
    changed: Notify,
    tally: Arc<Tally>,
}

impl Member {
    pub(super) fn new(client: SimulatedClient, clock: Clock, tally: Arc<Tally>) -> Self {
        Self {
            id: client.id().to_string(),
            client: Mutex::new(client),
            clock,
            outbox: OnceLock::new(),
            connected: AtomicBool::new(false),
            changed: Notify::new(),
            tally,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn goes_out_by(&self, outbox: Outbox) {
        let _ = self.outbox.set(outbox);
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected.load(Relaxed)
    }

    pub(super) fn counts(&self) -> SimulatedCounts {
        self.client().counts()
    }

    pub(super) fn listens_to(&self) -> Vec<(TopicFilter, QoS)> {
        self.client().listens_to()
    }

    pub(super) fn will(&self) -> Option<Message> {
        self.client().will()
    }

    pub(super) fn last_words(&self) -> Vec<Message> {
        self.client().last_words()
    }

    /// Takes what its session tells.
    pub(super) fn hear(&self, event: &SessionEvent) {
        match event {
            SessionEvent::Connected => self.handle(&Input::Connected),
            SessionEvent::Subscribed { .. } => self.connected.store(true, Relaxed),
            SessionEvent::Disconnected { .. } => self.connected.store(false, Relaxed),
            SessionEvent::Message(message) => self.handle(&Input::Message(message)),
            _ => {}
        }
    }

    pub(super) fn handle(&self, input: &Input<'_>) {
        let now = self.clock.now();
        let (said, changed) = {
            let mut client = self.client();
            let before = client.next_wake(now.moment);
            let said = client.handle(input, now);
            (said, client.next_wake(now.moment) != before)
        };
        if changed {
            self.changed.notify_one();
        }
        let Some(outbox) = self.outbox.get() else {
            return;
        };
        for message in said {
            if let Err(error) = outbox.publish(message) {
                self.tally.dropped.fetch_add(1, Relaxed);
                tracing::debug!(client = self.id, %error, "not said");
            }
        }
    }

    /// Wakes it when it wants to be woken, for ever.
    pub(super) async fn keep_time(self: Arc<Self>) {
        loop {
            let now = self.clock.now().moment;
            let wake = self.client().next_wake(now);
            tokio::select! {
                () = self.changed.notified() => {}
                () = at(self.clock, wake) => self.handle(&Input::Wake),
            }
        }
    }

    fn client(&self) -> MutexGuard<'_, SimulatedClient> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn at(clock: Clock, moment: Option<Moment>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(clock.instant(moment).into()).await,
        None => std::future::pending().await,
    }
}
