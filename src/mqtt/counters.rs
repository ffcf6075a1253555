//! What a session counted since it began, readable from any thread.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// Counters of one session. All of them only grow, save `queue_depth`.
        #[derive(Debug)]
        pub struct Counters {
            began: Instant,
            progress_ms: AtomicU64,
            $(pub(super) $name: AtomicU64,)*
        }

        impl Counters {
            pub(super) fn new() -> Self {
                Self { began: Instant::now(), progress_ms: AtomicU64::new(0), $($name: AtomicU64::new(0),)* }
            }
            $($(#[$doc])* #[must_use] pub fn $name(&self) -> u64 { self.$name.load(Relaxed) })*
        }
    };
}

counters! {
    /// Connections that the broker accepted.
    connects
    /// Accepted connections that ended, save by a clean close.
    disconnects
    /// Attempts to connect that failed.
    failed_connects
    /// Messages that were written to the network, each time they were.
    published
    /// QoS 1 messages that the broker acknowledged.
    acknowledged
    /// Messages handed to the sink.
    received
    /// Messages for sending that were dropped: states and events while disconnected, events when the outbox was full.
    dropped
    /// Messages that `publish` refused with an error.
    refused
    /// Incoming messages over the limit, dropped; or, over the hard cap, connections lost for them.
    refused_too_large
    /// Incoming messages with a topic that is none of ours to understand (control characters), dropped.
    refused_topics
    /// Messages that wait for sending or for an acknowledgement.
    queue_depth
}

impl Counters {
    /// How long ago the session's task last turned. It turns at least every few seconds, also while it backs off or
    /// waits for a broker; a task that is stuck does not. For a watchdog.
    #[must_use]
    pub fn since_progress(&self) -> Duration {
        let last = Duration::from_millis(self.progress_ms.load(Relaxed));
        self.began.elapsed().saturating_sub(last)
    }

    pub(super) fn progress(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.progress_ms.store(now, Relaxed);
    }
}

pub(super) fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Relaxed);
}
