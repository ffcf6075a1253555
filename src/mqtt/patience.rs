//! How long the broker may take, and what it may take longer for. Pure: time comes in as an argument.
//!
//! An answer waits behind what is on its way, in both directions. What we send is known; what comes in is not before
//! it is complete, so who takes large messages has to be more patient.

use super::Options;
use std::time::Duration;
use tokio::time::Instant;

/// The slowest line that we bear with, in bytes a second.
const SLOWEST_LINE: u64 = 64 * 1024;
/// The same for what is over `A_HEAP`: at the above, a frozen broker would be noticed after an hour.
const SLOWEST_LINE_FOR_HEAPS: u64 = 1024 * 1024;
const A_HEAP: u64 = 1024 * 1024;
/// The slowest line for incoming messages that are larger than `EVERYONE_TAKES`: a third of a Pi's 100 Mbit/s.
const SLOWEST_LINE_INWARDS: u64 = 4 * 1024 * 1024;
const EVERYONE_TAKES: u64 = 8 * 1024 * 1024;

/// How long so many bytes may take to the broker.
pub(super) fn time_for(bytes: u64) -> Duration {
    let (some, more) = (bytes.min(A_HEAP), bytes.saturating_sub(A_HEAP));
    Duration::from_millis(some * 1000 / SLOWEST_LINE)
        + Duration::from_millis(more * 1000 / SLOWEST_LINE_FOR_HEAPS)
}

fn time_for_incoming(largest: u64) -> Duration {
    match largest > EVERYONE_TAKES {
        true => Duration::from_millis(largest * 1000 / SLOWEST_LINE_INWARDS),
        false => Duration::ZERO,
    }
}

#[derive(Debug)]
pub(super) struct Patience {
    acknowledgement: Duration,
    ping: Duration,
    /// Bytes handed to the library and not yet written.
    unwritten: u64,
    /// Bytes written since the broker was last known to have read all.
    unread: u64,
    /// Since when something is handed and nothing gets written.
    writing_since: Option<Instant>,
    /// Since when the broker owes an acknowledgement and sends none.
    owed_since: Option<Instant>,
    /// The oldest ping that is not answered.
    pinged: Option<Ping>,
}

#[derive(Debug)]
struct Ping {
    at: Instant,
    /// The bytes that the broker has read once it answers.
    before: u64,
    /// The most bytes that were seen to be on their way since. The answer may come long after the acknowledgement of
    /// these, so it is not forgotten with them.
    burden: u64,
}

impl Patience {
    pub(super) fn new(options: &Options) -> Self {
        let incoming = time_for_incoming(options.largest_incoming as u64);
        Self {
            acknowledgement: options.pace.acknowledgement + incoming,
            ping: options.whole_keep_alive().mul_f64(0.8) + incoming,
            unwritten: 0,
            unread: 0,
            writing_since: None,
            owed_since: None,
            pinged: None,
        }
    }

    pub(super) fn handed(&mut self, bytes: u64, now: Instant) {
        self.unwritten += bytes;
        self.writing_since.get_or_insert(now);
        let burden = self.burden();
        if let Some(ping) = &mut self.pinged {
            ping.burden = ping.burden.max(burden);
        }
    }

    /// So many bytes left the library; perhaps `more` is in it.
    pub(super) fn written(&mut self, bytes: u64, more: bool, now: Instant) {
        self.unwritten = self.unwritten.saturating_sub(bytes);
        self.unread += bytes;
        self.writing_since = more.then_some(now);
    }

    /// The broker owes an acknowledgement.
    pub(super) fn owes(&mut self, now: Instant) {
        self.owed_since.get_or_insert(now);
    }

    /// The broker acknowledged something: if it owes more, its time begins anew.
    pub(super) fn settled(&mut self, owes_more: bool, now: Instant) {
        self.owed_since = owes_more.then_some(now);
        if !owes_more {
            self.unread = 0;
        }
    }

    pub(super) fn pinged(&mut self, now: Instant) {
        let (before, burden) = (self.unread, self.burden());
        self.pinged.get_or_insert(Ping {
            at: now,
            before,
            burden,
        });
    }

    pub(super) fn ponged(&mut self) {
        if let Some(ping) = self.pinged.take() {
            self.unread = self.unread.saturating_sub(ping.before);
        }
    }

    /// Bytes on their way to the broker.
    fn burden(&self) -> u64 {
        self.unread + self.unwritten
    }

    fn deadlines(&self) -> [(Option<Instant>, Duration, &'static str); 3] {
        let patience = self.acknowledgement;
        let burden = time_for(self.burden());
        let pinged = self.pinged.as_ref().map(|ping| ping.at);
        let pong = self.pinged.as_ref().map(|ping| time_for(ping.burden));
        [
            (
                pinged,
                self.ping + pong.unwrap_or_default(),
                "the broker did not answer a ping",
            ),
            (
                self.owed_since,
                patience + burden,
                "the broker acknowledged nothing for",
            ),
            (
                self.writing_since,
                patience + burden,
                "nothing could be sent for",
            ),
        ]
    }

    /// Why the connection is to be given up, if it is.
    pub(super) fn over(&self, now: Instant) -> Option<String> {
        let deadlines = self.deadlines();
        let (_, waited, what) = deadlines
            .into_iter()
            .find(|(since, patience, _)| since.is_some_and(|since| now >= since + *patience))?;
        Some(match what.ends_with("for") {
            // tenths of a second are enough for a reader
            true if waited >= Duration::from_secs(1) => {
                let tenths = u64::try_from(waited.as_millis() / 100).unwrap_or(u64::MAX);
                format!(
                    "{what} {:?}",
                    Duration::from_millis(tenths.saturating_mul(100))
                )
            }
            true => format!("{what} {waited:?}"),
            false => what.to_owned(),
        })
    }

    /// When that is to be looked at again at the latest.
    pub(super) fn next(&self) -> Option<Instant> {
        let deadlines = self.deadlines().into_iter();
        deadlines
            .filter_map(|(since, patience, _)| Some(since? + patience))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::BrokerUrl;

    fn patience(largest_incoming: usize) -> Patience {
        Patience::new(&Options {
            largest_incoming,
            ..Options::new(BrokerUrl::new("localhost", 1).unwrap(), "thing")
        })
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_ping_waits_behind_what_was_written_before_and_what_is_being_written() {
        let (now, mut patience) = (Instant::now(), patience(1 << 20));
        assert_eq!((patience.next(), patience.over(now)), (None, None));
        patience.pinged(now);
        assert_eq!(patience.next(), Some(now + seconds(8)));
        // sixteen seconds for the first mebibyte, one for each further
        patience.handed(3 << 20, now);
        assert_eq!(patience.next(), Some(now + seconds(8 + 18)));
        patience.written(3 << 20, false, now);
        assert_eq!(patience.over(now + seconds(25)), None);
        assert_eq!(
            patience.over(now + seconds(26)).unwrap(),
            "the broker did not answer a ping"
        );
    }

    #[test]
    fn an_acknowledgement_in_between_does_not_shorten_the_time_for_a_ping() {
        let (now, mut patience) = (Instant::now(), patience(1 << 20));
        patience.owes(now);
        patience.handed(1 << 20, now);
        patience.written(1 << 20, false, now);
        patience.pinged(now);
        patience.settled(false, now + seconds(7));
        assert_eq!(patience.next(), Some(now + seconds(8 + 16)));
    }

    #[test]
    fn an_answered_ping_takes_away_what_was_written_before_it_and_no_more() {
        let (now, mut patience) = (Instant::now(), patience(1 << 20));
        patience.handed(1 << 20, now);
        patience.written(1 << 20, false, now);
        patience.pinged(now);
        patience.handed(1 << 16, now);
        patience.written(1 << 16, false, now);
        patience.ponged();
        patience.pinged(now);
        assert_eq!(patience.next(), Some(now + seconds(8 + 1)));
    }

    #[test]
    fn each_acknowledgement_begins_the_time_anew_and_says_how_long_it_was() {
        let (now, mut patience) = (Instant::now(), patience(1 << 20));
        patience.owes(now);
        patience.owes(now + seconds(5));
        assert_eq!(patience.next(), Some(now + seconds(30)));
        patience.settled(true, now + seconds(10));
        assert_eq!(patience.over(now + seconds(39)), None);
        assert_eq!(
            patience.over(now + seconds(40)).unwrap(),
            "the broker acknowledged nothing for 30s"
        );
        patience.settled(false, now + seconds(40));
        assert_eq!(patience.next(), None);
    }

    #[test]
    fn who_takes_large_messages_waits_longer_for_any_answer() {
        let (now, mut patience) = (Instant::now(), patience(256 << 20));
        patience.pinged(now);
        assert_eq!(patience.next(), Some(now + seconds(8 + 64)));
    }
}
