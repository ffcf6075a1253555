use super::*;
use crate::broker::watch::Figure;
use proptest::prelude::*;

/// A watcher with a clock of its own, in milliseconds.
struct Bench {
    watcher: Watcher,
    began: Instant,
}

impl Bench {
    fn new() -> Self {
        let began = Instant::now();
        let mut watcher = Watcher::new(began);
        watcher.connected(began);
        Self { watcher, began }
    }

    fn at(&self, ms: u64) -> Instant {
        self.began + Duration::from_millis(ms)
    }

    /// A round that comes at once; whatever it made whole.
    fn round(&mut self, ms: u64, uptime: u64, bytes: u64, kept: bool) -> Option<Update> {
        let now = self.at(ms);
        let uptime = format!("{uptime} seconds");
        let bytes = bytes.to_string();
        let before = self
            .watcher
            .message("$SYS/broker/uptime", uptime.as_bytes(), kept, now);
        let topic = Figure::BytesSent.topic();
        let between = self.watcher.message(&topic, bytes.as_bytes(), kept, now);
        before.or(between)
    }

    fn wake(&mut self, ms: u64) -> Option<Update> {
        let now = self.at(ms);
        self.watcher.wake(now)
    }

    fn silence(&self, ms: u64) -> Option<Silence> {
        self.watcher.silence(Duration::from_secs(12), self.at(ms))
    }
}

fn rate(update: &Update) -> Option<f64> {
    update.rates.as_ref()?.per_second(Figure::BytesSent)
}

#[test]
fn a_round_is_whole_when_nothing_follows_and_not_before() {
    let mut bench = Bench::new();
    assert_eq!(bench.round(0, 10, 1000, true), None);
    assert_eq!(bench.wake(249), None);
    let kept = bench.wake(250).unwrap();
    assert!(kept.kept && kept.rates.is_none());
    assert_eq!(bench.watcher.next_wake(), None);

    assert_eq!(bench.round(4000, 20, 2000, false), None);
    let update = bench.wake(4250).unwrap();
    // what was kept is as old as the broker's uptime says: 10 s, not 4
    assert_eq!(rate(&update), Some(100.0));
    bench.round(14_200, 30, 4040, false);
    assert_eq!(rate(&bench.wake(15_000).unwrap()), Some(200.0));
    assert_eq!(
        bench.watcher.history().last(Figure::BytesSent, 9),
        [Some(100.0), Some(200.0)]
    );
}

#[test]
fn two_rounds_without_a_pause_are_two_unless_they_came_at_once() {
    let mut bench = Bench::new();
    bench.round(0, 1, 0, false);
    let first = bench.round(900, 2, 10, false).unwrap();
    assert_eq!(first.reading.figure(Figure::BytesSent), Some(0));
    // kept back by the network: one round of 2 s
    assert_eq!(bench.round(1000, 3, 20, false), None);
    let both = bench.wake(1250).unwrap();
    assert_eq!(rate(&both), Some(20.0));
    assert_eq!(both.rates.unwrap().over(), Duration::from_secs(1));
}

#[test]
fn a_broker_that_never_pauses_still_gives_rounds() {
    let mut bench = Bench::new();
    let mut rounds = 0;
    for ms in 0..3000 {
        let now = bench.at(ms);
        let topic = Figure::BytesSent.topic();
        let whole = bench
            .watcher
            .message(&topic, ms.to_string().as_bytes(), false, now);
        rounds += usize::from(whole.is_some()) + usize::from(bench.wake(ms).is_some());
    }
    assert_eq!(rounds, 2);
}

#[test]
fn what_was_kept_and_what_is_fresh_are_two_rounds() {
    let mut bench = Bench::new();
    bench.round(0, 10, 1000, true);
    let kept = bench.round(50, 20, 2000, false).unwrap();
    assert!(kept.kept);
    assert_eq!(rate(&bench.wake(400).unwrap()), Some(100.0));
}

#[test]
fn a_restart_is_told_once_and_has_no_rate() {
    let mut bench = Bench::new();
    for (ms, uptime) in [(0, 10), (10_000, 20)] {
        bench.round(ms, uptime, uptime * 100, false);
        bench.wake(ms + 300);
    }
    let now = bench.at(12_000);
    bench.watcher.disconnected("it went".to_owned(), now);
    let now = bench.at(15_000);
    bench.watcher.connected(now);
    bench.round(15_000, 1, 5, true);
    assert!(bench.wake(15_300).unwrap().restarted);
    assert!(
        bench.watcher.rates().is_none(),
        "those of the old one mean nothing"
    );
    bench.round(24_000, 11, 1005, false);
    let update = bench.wake(24_300).unwrap();
    assert!(update.restarted);
    assert_eq!(rate(&update), Some(100.0));
    bench.round(34_000, 21, 2005, false);
    assert!(!bench.wake(34_300).unwrap().restarted);
    assert_eq!(
        bench.watcher.history().last(Figure::BytesSent, 9),
        [Some(100.0), None, Some(100.0), Some(100.0)]
    );
}

#[test]
fn a_connection_that_was_lost_for_a_moment_is_no_restart() {
    let mut bench = Bench::new();
    bench.round(0, 10, 1000, false);
    bench.wake(300);
    let (lost, back) = (bench.at(1000), bench.at(2000));
    bench.watcher.disconnected("it went".to_owned(), lost);
    bench.watcher.connected(back);
    // the same round again, as it was kept: its time is known
    bench.round(2000, 10, 1000, true);
    assert!(!bench.wake(2300).unwrap().restarted);
    bench.round(10_100, 20, 2010, false);
    assert_eq!(rate(&bench.wake(10_400).unwrap()), Some(100.0));
}

#[test]
fn each_silence_is_told_by_its_name_and_not_too_early() {
    let mut bench = Bench::new();
    assert_eq!(bench.silence(11_999), None);
    assert_eq!(bench.silence(12_000), Some(Silence::Nothing));
    let now = bench.at(1);
    bench
        .watcher
        .message("$SYS/brokers/emqx/uptime", b"1", true, now);
    assert_eq!(bench.silence(12_000), Some(Silence::Foreign));
    bench.watcher.refused();
    assert_eq!(bench.silence(12_000), Some(Silence::Refused));
    bench.round(13_000, 10, 1, true);
    bench.wake(13_300);
    assert_eq!(bench.silence(24_999), None);
    assert_eq!(bench.silence(25_000), Some(Silence::OnlyKept));
    // every 20 s: it is silent after twice that
    bench.round(26_000, 30, 2, false);
    bench.wake(26_300);
    assert_eq!(bench.silence(65_999), None);
    assert_eq!(bench.silence(66_000), Some(Silence::NoMore));
    let now = bench.at(70_000);
    bench.watcher.disconnected("it went".to_owned(), now);
    bench
        .watcher
        .disconnected("it is still gone".to_owned(), now + Duration::from_secs(9));
    assert_eq!(bench.silence(81_999), None);
    assert_eq!(bench.silence(82_000), Some(Silence::NoBroker));
}

proptest! {
    #[test]
    fn nothing_that_a_broker_says_does_any_harm(
        steps in proptest::collection::vec((0..4000_u64, 0..5_u8, any::<u64>(), any::<bool>()), 0..60),
    ) {
        let mut bench = Bench::new();
        let mut ms = 0;
        for (pause, what, number, kept) in steps {
            ms += pause;
            let now = bench.at(ms);
            match what {
                0 => bench.watcher.connected(now),
                1 => bench.watcher.disconnected("x".to_owned(), now),
                2 => drop(bench.wake(ms)),
                3 => drop(bench.round(ms, number % 100, number, kept)),
                _ => drop(bench.watcher.message(Figure::MessagesSent.topic().as_str(), number.to_string().as_bytes(), kept, now)),
            }
            bench.silence(ms);
            prop_assert!(bench.watcher.next_wake().is_none_or(|wake| wake <= now + LONGEST));
        }
    }
}
