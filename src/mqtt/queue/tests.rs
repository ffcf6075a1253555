//! The queue alone: coalescing, order, bounds, windows.

use super::*;
use crate::model::{Message, QoS};

fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

fn promise(text: &str) -> Letter {
    let message = Message {
        topic: topic("responses"),
        payload: text.into(),
        qos: QoS::AtLeastOnce,
        retain: false,
    };
    message.into()
}

fn state(name: &str, payload: &str) -> Letter {
    Message::state(topic(name), payload).into()
}

fn event(name: &str, payload: &str) -> Letter {
    Message::event(topic(name), payload).into()
}

fn text(next: Next) -> String {
    match next {
        Next::Letter(letter) => String::from_utf8(letter.payload.to_vec()).unwrap(),
        Next::Fence => "fence".to_owned(),
    }
}

fn queue(messages: usize, bytes: usize) -> Queue {
    let mut queue = Queue::new(Limits { messages, bytes });
    queue.set_connected();
    queue
}

fn all(queue: &mut Queue, window: usize) -> Vec<String> {
    std::iter::from_fn(|| queue.next(window))
        .map(text)
        .collect()
}

#[test]
fn a_state_that_still_waits_is_replaced_in_its_place() {
    let mut queue = queue(10, 1000);
    for (name, payload) in [("a", "1"), ("b", "2"), ("a", "3")] {
        assert_eq!(queue.push(state(name, payload)), Pushed::Waits);
    }
    assert_eq!(all(&mut queue, 10), ["3", "2"]);
    // it is on its way now, so the next one is a message of its own
    queue.push(state("a", "4"));
    assert_eq!(all(&mut queue, 10), ["4"]);
}

#[test]
fn a_state_finds_its_place_after_others_have_left() {
    let mut queue = queue(10, 1000);
    queue.push(state("a", "1"));
    queue.push(state("b", "2"));
    assert_eq!(text(queue.next(10).unwrap()), "1");
    queue.push(state("b", "3"));
    queue.push(state("a", "4"));
    assert_eq!(all(&mut queue, 10), ["3", "4"]);
}

#[test]
fn while_nobody_is_connected_only_promises_wait() {
    let mut queue = Queue::new(Limits {
        messages: 10,
        bytes: 1000,
    });
    assert_eq!(queue.push(state("a", "1")), Pushed::Dropped);
    assert_eq!(queue.push(event("a", "1")), Pushed::Dropped);
    assert_eq!(queue.push(promise("p")), Pushed::Waits);
    assert_eq!(all(&mut queue, 10), ["p"]);
}

#[test]
fn a_full_queue_has_no_room_for_events_states_and_promises_each_by_its_own_measure() {
    let mut queue = queue(1, 1000);
    assert_eq!(queue.push(promise("1")), Pushed::Waits);
    assert_eq!(queue.push(promise("2")), Pushed::Full);
    assert_eq!(queue.push(event("e", "")), Pushed::Waits);
    assert_eq!(queue.push(event("e", "")), Pushed::Full);
    assert_eq!(queue.push(state("s", "")), Pushed::Waits);
    assert_eq!(queue.push(state("t", "")), Pushed::Full);
    // the latest of a topic always finds room for itself
    assert_eq!(queue.push(state("s", "x")), Pushed::Waits);
}

#[test]
fn who_waits_for_room_takes_no_older_states_place() {
    let mut queue = queue(10, 1000);
    assert_eq!(queue.push_behind(state("s", "1")), Pushed::Waits);
    assert_eq!(queue.push_behind(state("s", "2")), Pushed::Full);
    assert_eq!(all(&mut queue, 1), ["1"]);
    assert_eq!(queue.push_behind(state("s", "2")), Pushed::Waits);
}

#[test]
fn bytes_are_bounded_also_for_a_state_that_is_replaced() {
    let mut queue = queue(10, 10);
    assert_eq!(queue.push(state("s", "12345")), Pushed::Waits);
    assert_eq!(queue.push(state("s", "1234567890")), Pushed::Full);
    assert_eq!(queue.push(state("t", "1234")), Pushed::Full);
    assert_eq!(queue.push(state("t", "123")), Pushed::Waits);
}

#[test]
fn an_acknowledged_promise_makes_room_and_an_unacknowledged_one_does_not() {
    let mut queue = queue(1, 1000);
    queue.push(promise("1"));
    queue.next(10);
    assert_eq!(queue.push(promise("2")), Pushed::Full);
    queue.written(1);
    assert_eq!(queue.acknowledged(1), Some(vec![]));
    assert_eq!(queue.push(promise("2")), Pushed::Waits);
}

#[test]
fn the_window_counts_from_the_oldest_open_message_on() {
    let mut queue = queue(10, 1000);
    for text in ["1", "2", "3", "4"] {
        queue.push(promise(text));
    }
    assert_eq!(all(&mut queue, 2), ["1", "2"]);
    queue.written(1);
    queue.written(2);
    assert!(queue.acknowledged(2).is_some(), "out of order");
    assert_eq!(all(&mut queue, 2), [""; 0], "1 is still open");
    assert!(queue.acknowledged(1).is_some());
    assert_eq!(all(&mut queue, 2), ["3", "4"]);
}

#[test]
fn an_acknowledgement_that_nobody_waits_for_is_told() {
    let mut queue = queue(10, 1000);
    queue.push(promise("1"));
    queue.next(10);
    queue.written(1);
    assert!(queue.acknowledged(7).is_none());
    assert!(queue.acknowledged(1).is_some());
    assert!(queue.acknowledged(1).is_none());
}

#[test]
fn after_a_loss_open_promises_come_first_in_their_order_and_the_rest_is_dropped() {
    let mut queue = queue(10, 1000);
    for text in ["1", "2", "3", "4"] {
        queue.push(promise(text));
    }
    queue.push(state("s", "state"));
    queue.push(event("e", "event"));
    assert_eq!(all(&mut queue, 3), ["1", "2", "3"]);
    for packet in 1..=3 {
        queue.written(packet);
    }
    assert!(queue.acknowledged(1).is_some());
    assert!(
        queue.acknowledged(3).is_some(),
        "out of order, so 2 alone is open"
    );
    assert_eq!(queue.disconnected(), 2);
    assert_eq!(queue.push(state("s", "late")), Pushed::Dropped);
    queue.set_connected();
    queue.push(state("s", "again"));
    assert_eq!(all(&mut queue, 10), ["2", "4", "again"]);
}

mod receipts;
