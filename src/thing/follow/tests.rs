use super::*;
use crate::model::Topic;
use std::time::{Duration, SystemTime};

fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

fn now(s: u64) -> Now {
    Now::new(
        Moment::after(Duration::from_secs(s)),
        SystemTime::UNIX_EPOCH,
    )
}

fn source(name: &str) -> Source {
    Source {
        topic: topic(&format!("{name}/sensors/button0")),
        value: ValueKind::Bool,
        presence: vec![topic(&format!("{name}/status"))],
        stale_after: None,
    }
}

fn hear(follow: &mut Follow, topic_text: &str, payload: &str, retain: bool, s: u64) -> Taken {
    let message = Message {
        retain,
        ..Message::event(topic(topic_text), payload)
    };
    follow.take(&message, ValueKind::Bool, now(s)).unwrap()
}

fn wanted(follow: &Follow, s: u64) -> Option<bool> {
    follow
        .wanted(&Value::Bool(false), now(s).moment)
        .map(|value| value == Value::Bool(true))
}

#[test]
fn any_all_and_last_combine_two_buttons() {
    for (combine, expected) in [
        (Combine::Any, true),
        (Combine::All, false),
        (Combine::Last, false),
    ] {
        let mut follow = Follow::new(vec![source("a"), source("b")], combine, OnSourceLost::Rest);
        assert_eq!(wanted(&follow, 0), None);
        hear(&mut follow, "a/sensors/button0", "True", false, 0);
        hear(&mut follow, "b/sensors/button0", "False", false, 0);
        assert_eq!(wanted(&follow, 0), Some(expected), "{combine:?}");
    }
}

#[test]
fn a_lost_source_counts_as_the_file_says() {
    let cases = [
        (OnSourceLost::Rest, false),
        (OnSourceLost::Hold, true),
        (OnSourceLost::Value(Value::Bool(true)), true),
    ];
    for (on_lost, expected) in cases {
        let mut follow = Follow::new(vec![source("a")], Combine::Any, on_lost);
        hear(&mut follow, "a/sensors/button0", "True", false, 0);
        assert_eq!(
            hear(&mut follow, "a/status", "offline", false, 1),
            Taken::Changed
        );
        assert_eq!(wanted(&follow, 1), Some(expected));
    }
}

#[test]
fn a_source_that_came_back_counts_only_from_what_it_says_then() {
    let mut follow = Follow::new(vec![source("a")], Combine::Any, OnSourceLost::Rest);
    hear(&mut follow, "a/sensors/button0", "True", false, 0);
    hear(&mut follow, "a/status", "offline", false, 1);
    // what the broker kept is older than the loss
    hear(&mut follow, "a/sensors/button0", "True", true, 2);
    hear(&mut follow, "a/status", "online", false, 2);
    assert_eq!(wanted(&follow, 2), Some(false));
    hear(&mut follow, "a/sensors/button0", "True", false, 3);
    assert_eq!(wanted(&follow, 3), Some(true));
}

#[test]
fn a_source_that_came_back_while_we_were_away_counts_in_whichever_order_the_broker_tells_it() {
    let told = [("a/sensors/button0", "True"), ("a/status", "online")];
    for order in [[0, 1], [1, 0]] {
        let mut follow = Follow::new(vec![source("a")], Combine::Any, OnSourceLost::Rest);
        hear(&mut follow, "a/sensors/button0", "False", false, 0);
        hear(&mut follow, "a/status", "offline", false, 1);
        for index in order {
            hear(&mut follow, told[index].0, told[index].1, true, 2);
        }
        assert_eq!(wanted(&follow, 2), Some(true), "{order:?}");
    }
}

#[test]
fn a_silent_source_is_lost_when_its_patience_ends_and_not_before() {
    let patient = Source {
        presence: vec![],
        stale_after: Some(Duration::from_secs(60)),
        ..source("a")
    };
    let mut follow = Follow::new(vec![patient], Combine::Any, OnSourceLost::Rest);
    hear(&mut follow, "a/sensors/button0", "True", false, 0);
    assert_eq!(wanted(&follow, 59), Some(true));
    assert_eq!(follow.next_stale(now(59).moment), Some(now(60).moment));
    assert_eq!(wanted(&follow, 60), Some(false));
    assert!(follow.fell_silent(now(59).moment, now(60).moment));
}

#[test]
fn what_is_said_again_is_no_news_when_the_latest_message_wins() {
    let mut follow = Follow::new(
        vec![source("a"), source("b")],
        Combine::Last,
        OnSourceLost::Rest,
    );
    hear(&mut follow, "b/sensors/button0", "False", false, 0);
    hear(&mut follow, "a/sensors/button0", "True", false, 1);
    // a broker that forgot everything is told everything again
    follow.connected(now(2).moment);
    hear(&mut follow, "a/sensors/button0", "True", false, 2);
    hear(&mut follow, "b/sensors/button0", "False", false, 2);
    assert_eq!(wanted(&follow, 2), Some(true));
}

#[test]
fn a_source_that_is_gone_before_it_ever_spoke_counts_as_the_file_says() {
    let on = || OnSourceLost::Value(Value::Bool(true));
    let mut follow = Follow::new(vec![source("a")], Combine::Any, on());
    assert_eq!(
        hear(&mut follow, "a/status", "offline", true, 0),
        Taken::Changed
    );
    assert_eq!(wanted(&follow, 0), Some(true));

    let patient = Source {
        presence: vec![],
        stale_after: Some(Duration::from_secs(60)),
        ..source("a")
    };
    let mut follow = Follow::new(vec![patient], Combine::Any, on());
    follow.begin(now(0).moment);
    assert_eq!(wanted(&follow, 59), None);
    assert_eq!(wanted(&follow, 60), Some(true));
}

#[test]
fn only_the_word_offline_means_gone() {
    let mut follow = Follow::new(vec![source("a")], Combine::Any, OnSourceLost::Rest);
    hear(&mut follow, "a/sensors/button0", "True", false, 0);
    for payload in ["", "OFFLINE", "offline ", "0"] {
        let message = Message::event(topic("a/status"), payload);
        follow.take(&message, ValueKind::Bool, now(1)).unwrap_err();
    }
    assert_eq!(wanted(&follow, 1), Some(true));
}

#[test]
fn a_source_that_went_while_the_broker_was_away_is_lost_when_it_does_not_come_back() {
    let mut follow = Follow::new(vec![source("a")], Combine::Any, OnSourceLost::Rest);
    hear(&mut follow, "a/status", "online", true, 0);
    hear(&mut follow, "a/sensors/button0", "True", true, 0);
    follow.connected(now(10).moment);
    assert_eq!(wanted(&follow, 39), Some(true));
    assert_eq!(follow.next_stale(now(39).moment), Some(now(40).moment));
    assert_eq!(wanted(&follow, 40), Some(false));
    assert!(follow.fell_silent(now(39).moment, now(40).moment));
    // what it had said is no longer believed when it comes back; what it says then is
    hear(&mut follow, "a/status", "online", false, 50);
    assert_eq!(wanted(&follow, 50), Some(false));
    hear(&mut follow, "a/sensors/button0", "True", false, 50);
    assert_eq!(wanted(&follow, 50), Some(true));
}

#[test]
fn a_source_that_says_again_that_it_is_there_stays() {
    let mut follow = Follow::new(vec![source("a")], Combine::Any, OnSourceLost::Rest);
    hear(&mut follow, "a/status", "online", true, 0);
    hear(&mut follow, "a/sensors/button0", "True", true, 0);
    follow.connected(now(10).moment);
    hear(&mut follow, "a/status", "online", true, 11);
    assert_eq!(wanted(&follow, 100), Some(true));
}

#[test]
fn an_old_pi_that_never_told_its_presence_is_not_expected_to() {
    let mut follow = Follow::new(vec![source("a")], Combine::Any, OnSourceLost::Rest);
    hear(&mut follow, "a/sensors/button0", "True", false, 0);
    follow.connected(now(10).moment);
    assert_eq!(wanted(&follow, 100_000), Some(true));
}
