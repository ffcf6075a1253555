//! When to try again. Pure: time and chance come in as arguments.
//!
//! **A taken-over connection.** MQTT has one client per identifier: when a second one connects, the broker closes
//! the first, without a word in 3.1.1. Both reconnecting at once is a storm (2 585 takeovers in 2 s were measured).
//! What tells it from a broker that goes down: the broker that threw us out *is still there*. So after a connection
//! that the peer closed early, the next attempt is made at once. If that is answered, it is a strike; if it fails,
//! the broker was away, and all strikes are forgotten. Three strikes within a minute: somebody has our name.

use super::Pace;
use std::time::Duration;
use tokio::time::Instant;

/// A connection that the peer closed before this age ended early.
const EARLY: Duration = Duration::from_secs(10);
/// Strikes within this time belong together.
const WINDOW: Duration = Duration::from_secs(60);
/// So many strikes make a takeover.
const STRIKES: u32 = 3;
/// A connection that lived this long was a good one: the next back-off begins anew.
const GOOD: Duration = Duration::from_secs(2);

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The other side closed it.
    ByPeer,
    /// It went silent, broke the protocol, or was given up by us.
    Otherwise,
}

/// Why an attempt to connect failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// Nobody answered, or not in MQTT.
    Unreachable,
    /// The broker answered that it does not want us.
    Refused,
}

/// What to do after a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) pause: Duration,
    /// Another client uses our identifier.
    pub(super) taken_over: bool,
}

#[derive(Debug)]
pub(super) struct Reconnect {
    pace: Pace,
    /// Failures in a row, by which the back-off grows.
    failures: u32,
    /// Refusals in a row.
    refusals: u32,
    /// Since when the connection stands.
    connected: Option<Instant>,
    /// The last connection ended early, by the peer, and no attempt has failed since.
    suspect: bool,
    strikes: u32,
    first_strike: Option<Instant>,
    /// How often in a row a takeover was answered with a long pause.
    takeovers: u32,
}

impl Reconnect {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            failures: 0,
            refusals: 0,
            connected: None,
            suspect: false,
            strikes: 0,
            first_strike: None,
            takeovers: 0,
        }
    }

    pub(super) fn connected(&mut self, now: Instant) {
        self.connected = Some(now);
        self.refusals = 0;
        if !self.suspect {
            return;
        }
        self.suspect = false;
        let fresh = |first: Instant| now.duration_since(first) <= WINDOW;
        // after a long pause the window has passed, but the suspicion has not
        if self.takeovers == 0 && !self.first_strike.is_some_and(fresh) {
            self.first_strike = Some(now);
            self.strikes = 0;
        }
        self.strikes += 1;
    }

    /// `chance` is drawn evenly from 0 to 1.
    pub(super) fn ended(&mut self, how: Ended, now: Instant, chance: f64) -> Verdict {
        let lived = self
            .connected
            .take()
            .map_or(Duration::ZERO, |since| now.duration_since(since));
        let long_pause = doubled(
            self.pace.first_takeover,
            self.takeovers,
            self.pace.longest_takeover,
        );
        // the other one pauses too, and comes back after that
        let early = match self.takeovers {
            0 => EARLY,
            _ => EARLY.max(long_pause * 2),
        };
        if lived >= early {
            self.forget();
        }
        if lived >= GOOD && self.takeovers == 0 {
            self.failures = 0;
        }
        if how == Ended::Otherwise || lived >= early {
            self.suspect = false;
            return self.usual(chance);
        }
        self.suspect = true;
        if self.strikes < STRIKES {
            // at once, or the broker could be back before we have seen that it was away
            return Verdict {
                pause: Duration::from_millis(1).mul_f64(chance),
                taken_over: false,
            };
        }
        self.takeovers += 1;
        Verdict {
            pause: jittered(long_pause, chance),
            taken_over: true,
        }
    }

    /// Returns the pause.
    pub(super) fn failed(&mut self, why: Failed, chance: f64) -> Duration {
        self.connected = None;
        self.forget();
        match why {
            Failed::Unreachable => self.usual(chance).pause,
            Failed::Refused => {
                let longest = self.pace.longest_refused;
                let pause = doubled(longest / 10, self.refusals, longest);
                self.refusals = self.refusals.saturating_add(1);
                jittered(pause, chance)
            }
        }
    }

    /// The early ends had another reason, which is mended: nobody has our name.
    pub(super) fn explained(&mut self) {
        self.forget();
    }

    fn usual(&mut self, chance: f64) -> Verdict {
        let pause = doubled(
            self.pace.first_retry,
            self.failures,
            self.pace.longest_retry,
        );
        self.failures = self.failures.saturating_add(1);
        Verdict {
            pause: jittered(pause, chance),
            taken_over: false,
        }
    }

    /// The broker was away, or the connection was long and good: nobody has our name.
    fn forget(&mut self) {
        self.suspect = false;
        self.strikes = 0;
        self.first_strike = None;
        self.takeovers = 0;
    }
}

/// `first` doubled so many times, at most `longest`.
pub(super) fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first
        .saturating_mul(1u32.checked_shl(times).unwrap_or(u32::MAX))
        .min(longest)
}

/// A quarter to either side.
pub(super) fn jittered(pause: Duration, chance: f64) -> Duration {
    pause.mul_f64(0.75 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const MIDDLE: f64 = 0.5;

    fn start() -> (Reconnect, Instant) {
        (Reconnect::new(Pace::default()), Instant::now())
    }

    #[test]
    fn pauses_double_from_a_tenth_of_a_second_to_two_seconds() {
        let (mut reconnect, _) = start();
        let pauses: Vec<_> = (0..7)
            .map(|_| reconnect.failed(Failed::Unreachable, MIDDLE).as_millis())
            .collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 2000, 2000]);
        for _ in 0..100 {
            reconnect.failed(Failed::Unreachable, MIDDLE);
        }
        assert_eq!(
            reconnect.failed(Failed::Unreachable, MIDDLE).as_millis(),
            2000
        );
    }

    #[test]
    fn jitter_takes_or_adds_a_quarter_at_most() {
        let (mut reconnect, _) = start();
        assert_eq!(reconnect.failed(Failed::Unreachable, 0.0).as_millis(), 75);
        assert_eq!(reconnect.failed(Failed::Unreachable, 1.0).as_millis(), 250);
    }

    #[test]
    fn refusals_back_off_longer_and_an_accepted_connection_ends_that() {
        let (mut reconnect, now) = start();
        let pauses: Vec<_> = (0..5)
            .map(|_| reconnect.failed(Failed::Refused, MIDDLE).as_secs())
            .collect();
        assert_eq!(pauses, [3, 6, 12, 24, 30]);
        reconnect.connected(now);
        assert_eq!(reconnect.failed(Failed::Refused, MIDDLE).as_secs(), 3);
    }

    #[test]
    fn a_good_connection_makes_the_back_off_begin_anew_and_a_short_one_does_not() {
        let (mut reconnect, now) = start();
        for _ in 0..5 {
            reconnect.failed(Failed::Unreachable, MIDDLE);
        }
        reconnect.connected(now);
        let short = reconnect.ended(Ended::Otherwise, now + 100 * MS, MIDDLE);
        assert_eq!(short.pause.as_millis(), 2000);
        reconnect.connected(now);
        let good = reconnect.ended(Ended::Otherwise, now + 3000 * MS, MIDDLE);
        assert_eq!(good.pause.as_millis(), 100);
    }

    #[test]
    fn a_name_that_is_taken_is_recognised_at_the_third_strike_and_answered_with_longer_and_longer_pauses()
     {
        let (mut reconnect, mut now) = start();
        let mut taken = Vec::new();
        for _ in 0..9 {
            reconnect.connected(now);
            now += 20 * MS;
            let verdict = reconnect.ended(Ended::ByPeer, now, MIDDLE);
            now += verdict.pause;
            taken.push(verdict.taken_over.then_some(verdict.pause.as_secs()));
        }
        let long = |s| Some(s);
        let expected = [
            None,
            None,
            None,
            long(5),
            long(10),
            long(20),
            long(40),
            long(60),
            long(60),
        ];
        assert_eq!(taken, expected);
    }

    #[test]
    fn a_slow_rival_is_recognised_too() {
        let (mut reconnect, mut now) = start();
        let mut taken = false;
        for _ in 0..4 {
            reconnect.connected(now);
            now += 4000 * MS;
            taken = reconnect.ended(Ended::ByPeer, now, MIDDLE).taken_over;
        }
        assert!(taken);
    }

    #[test]
    fn a_rival_that_comes_back_after_its_own_pause_does_not_make_us_forget() {
        let (mut reconnect, mut now) = start();
        for _ in 0..5 {
            reconnect.connected(now);
            now += 20 * MS;
            now += reconnect.ended(Ended::ByPeer, now, MIDDLE).pause;
        }
        // paused 5 s, then 10 s; the rival comes back 15 s after us
        reconnect.connected(now);
        let verdict = reconnect.ended(Ended::ByPeer, now + 15_000 * MS, MIDDLE);
        assert!(verdict.taken_over);
        assert_eq!(verdict.pause.as_secs(), 20);
    }

    #[test]
    fn a_rival_that_is_gone_is_forgotten() {
        let (mut reconnect, mut now) = start();
        for _ in 0..4 {
            reconnect.connected(now);
            now += 20 * MS;
            now += reconnect.ended(Ended::ByPeer, now, MIDDLE).pause;
        }
        reconnect.connected(now);
        let verdict = reconnect.ended(Ended::ByPeer, now + 120_000 * MS, MIDDLE);
        assert_eq!(
            (verdict.taken_over, verdict.pause.as_millis()),
            (false, 100)
        );
    }

    #[test]
    fn a_broker_that_is_restarted_fifty_times_is_not_mistaken_for_a_rival() {
        let (mut reconnect, mut now) = start();
        for _ in 0..50 {
            reconnect.connected(now);
            now += 300 * MS;
            let verdict = reconnect.ended(Ended::ByPeer, now, MIDDLE);
            assert!(!verdict.taken_over);
            assert!(
                verdict.pause <= MS,
                "the first attempt must come before the broker is back"
            );
            now += verdict.pause + reconnect.failed(Failed::Unreachable, MIDDLE);
        }
    }
}
