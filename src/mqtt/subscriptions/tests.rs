//! The subscriptions alone, without a broker.

use super::*;

fn subscriptions(filters: &[&str]) -> Subscriptions {
    let wanted = |text: &&str| (TopicFilter::new(text).unwrap(), QoS::AtLeastOnce);
    Subscriptions::new(filters.iter().map(wanted).collect(), Pace::default())
}

fn asks(subscriptions: &mut Subscriptions, now: Instant) -> Vec<String> {
    match subscriptions.next(now) {
        Some(Ask::Subscribe(filters)) => filters.iter().map(|(f, _)| f.to_string()).collect(),
        Some(Ask::Fence) => vec!["fence".to_owned()],
        None => Vec::new(),
    }
}

fn passes(subscriptions: &mut Subscriptions) {
    subscriptions.fence_written(7);
    assert!(!subscriptions.fence_passed(8), "another's");
    assert!(subscriptions.fence_passed(7));
}

#[test]
fn all_filters_are_asked_at_once_and_again_on_the_next_connection() {
    let now = Instant::now();
    let mut subscriptions = subscriptions(&["a", "b"]);
    for packet in 1..3 {
        subscriptions.connected();
        assert_eq!(asks(&mut subscriptions, now), ["a", "b"]);
        assert!(asks(&mut subscriptions, now).is_empty());
        subscriptions.written(packet);
        assert!(subscriptions.owed());
        assert_eq!(subscriptions.answered(packet, &[true, true], now), []);
        assert!(!subscriptions.owed());
    }
}

#[test]
fn a_refused_filter_is_named_and_asked_again_later_and_later() {
    let now = Instant::now();
    let mut subscriptions = subscriptions(&["a", "b"]);
    subscriptions.connected();
    asks(&mut subscriptions, now);
    subscriptions.written(1);
    let refused = subscriptions.answered(1, &[true, false], now);
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (refused[0].filter.as_str(), refused[0].again_in.as_secs()),
        ("b", 5)
    );
    assert_eq!(
        subscriptions.next_wake(),
        Some(now + Duration::from_secs(5))
    );
    assert!(asks(&mut subscriptions, now + Duration::from_secs(4)).is_empty());
    assert_eq!(
        asks(&mut subscriptions, now + Duration::from_secs(5)),
        ["b"]
    );
    subscriptions.written(2);
    let refused = subscriptions.answered(2, &[false], now);
    assert_eq!(
        (refused[0].again_in.as_secs(), refused[0].news),
        (10, false)
    );
}

#[test]
fn an_answer_that_is_too_short_grants_nothing() {
    let now = Instant::now();
    let mut subscriptions = subscriptions(&["a", "b"]);
    subscriptions.connected();
    asks(&mut subscriptions, now);
    subscriptions.written(1);
    assert_eq!(subscriptions.answered(1, &[true], now).len(), 1);
    assert_eq!(subscriptions.answered(9, &[true], now), []);
}

#[test]
fn a_hundred_filters_go_in_packets_of_fifty() {
    let names: Vec<String> = (0..101).map(|n| format!("t/{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut subscriptions = subscriptions(&names);
    subscriptions.connected();
    let sizes: Vec<_> = (0..4)
        .map(|_| asks(&mut subscriptions, Instant::now()).len())
        .collect();
    assert_eq!(sizes, [50, 50, 1, 0]);
}

#[test]
fn the_filter_that_brings_too_large_packets_is_found_and_left_out_for_a_while() {
    let now = Instant::now();
    let mut subscriptions = subscriptions(&["a", "b", "c"]);
    subscriptions.connected();
    asks(&mut subscriptions, now);
    assert_eq!(subscriptions.too_large(now), None, "any of the three");
    subscriptions.connected();
    // a passes its fence
    assert_eq!(asks(&mut subscriptions, now), ["a"]);
    subscriptions.written(1);
    subscriptions.answered(1, &[true], now);
    assert_eq!(asks(&mut subscriptions, now), ["fence"]);
    assert!(
        asks(&mut subscriptions, now).is_empty(),
        "wait for the fence"
    );
    passes(&mut subscriptions);
    // b does not
    assert_eq!(asks(&mut subscriptions, now), ["b"]);
    assert_eq!(subscriptions.too_large(now).unwrap().as_str(), "b");
    subscriptions.connected();
    for (packet, filter) in [(1, "a"), (2, "c")] {
        assert_eq!(asks(&mut subscriptions, now), [filter]);
        subscriptions.written(packet);
        subscriptions.answered(packet, &[true], now);
        assert_eq!(asks(&mut subscriptions, now), ["fence"]);
        passes(&mut subscriptions);
    }
    assert!(asks(&mut subscriptions, now).is_empty());
    // much later b has another chance, on its own
    let later = now + Duration::from_secs(600);
    assert_eq!(subscriptions.next_wake(), Some(later));
    assert_eq!(asks(&mut subscriptions, later), ["b"]);
    assert_eq!(subscriptions.too_large(later).unwrap().as_str(), "b");
}

#[test]
fn a_fence_is_set_again_while_messages_keep_coming_but_not_for_ever() {
    let now = Instant::now();
    let mut subscriptions = subscriptions(&["a"]);
    subscriptions.too_large(now);
    subscriptions.connected();
    asks(&mut subscriptions, now);
    subscriptions.written(1);
    subscriptions.answered(1, &[true], now);
    for _ in 0..FENCES {
        assert_eq!(asks(&mut subscriptions, now), ["fence"]);
        subscriptions.message_came();
        passes(&mut subscriptions);
    }
    assert!(asks(&mut subscriptions, now).is_empty());
    assert!(!subscriptions.one_at_a_time);
}

#[test]
fn that_everything_is_answered_is_told_once_a_connection_with_how_many_filters_do_not_stand() {
    let now = Instant::now();
    let names: Vec<String> = (0..51).map(|n| format!("t/{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut subscriptions = subscriptions(&names);
    for _ in 0..2 {
        subscriptions.connected();
        assert_eq!(subscriptions.all_answered(), None);
        asks(&mut subscriptions, now);
        subscriptions.written(1);
        let granted: Vec<bool> = (0..50).map(|place| place != 7).collect();
        assert_eq!(subscriptions.answered(1, &granted, now).len(), 1);
        assert_eq!(subscriptions.all_answered(), None, "one was not asked yet");
        asks(&mut subscriptions, now);
        subscriptions.written(2);
        assert_eq!(subscriptions.all_answered(), None, "it is not answered");
        subscriptions.answered(2, &[true], now);
        assert_eq!(subscriptions.all_answered(), Some(1));
        assert_eq!(subscriptions.all_answered(), None);
    }
}

#[test]
fn who_asks_for_nothing_is_answered_at_once() {
    let mut subscriptions = subscriptions(&[]);
    subscriptions.connected();
    assert_eq!(subscriptions.all_answered(), Some(0));
}

#[test]
fn what_was_kept_has_come_when_the_fence_behind_it_is_passed() {
    let now = Instant::now();
    let mut subscriptions = subscriptions(&["a", "b"]).kept_first(true);
    for packet in 1..3 {
        subscriptions.connected();
        assert_eq!(asks(&mut subscriptions, now), ["a", "b"]);
        assert!(asks(&mut subscriptions, now).is_empty(), "not answered yet");
        subscriptions.written(packet);
        subscriptions.answered(packet, &[true, false], now);
        assert_eq!(subscriptions.all_answered(), None);
        assert_eq!(asks(&mut subscriptions, now), ["fence"]);
        assert!(asks(&mut subscriptions, now).is_empty(), "one is enough");
        assert_eq!(subscriptions.all_answered(), None);
        passes(&mut subscriptions);
        assert_eq!(subscriptions.all_answered(), Some(1));
        assert_eq!(subscriptions.all_answered(), None);
    }
}
