//! The queue alone: coalescing, order, bounds, windows, and a property over random walks.

use super::*;
use proptest::prelude::*;

fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

fn promise(text: &str) -> Message {
    Message {
        topic: topic("responses"),
        payload: text.into(),
        qos: QoS::AtLeastOnce,
        retain: false,
    }
}

fn queue(messages: usize, bytes: usize) -> Queue {
    let mut queue = Queue::new(Limits { messages, bytes });
    queue.set_connected();
    queue
}

fn all(queue: &mut Queue, window: usize) -> Vec<String> {
    std::iter::from_fn(|| queue.next(window))
        .map(|message| String::from_utf8(message.payload).unwrap())
        .collect()
}

#[test]
fn a_state_that_still_waits_is_replaced_in_its_place() {
    let mut queue = queue(10, 1000);
    for (name, payload) in [("a", "1"), ("b", "2"), ("a", "3")] {
        assert_eq!(
            queue.push(Message::state(topic(name), payload)),
            Pushed::Waits
        );
    }
    assert_eq!(all(&mut queue, 10), ["3", "2"]);
    // it is on its way now, so the next one is a message of its own
    queue.push(Message::state(topic("a"), "4"));
    assert_eq!(all(&mut queue, 10), ["4"]);
}

#[test]
fn a_state_finds_its_place_after_others_have_left() {
    let mut queue = queue(10, 1000);
    queue.push(Message::state(topic("a"), "1"));
    queue.push(Message::state(topic("b"), "2"));
    assert_eq!(queue.next(10).unwrap().payload, b"1");
    queue.push(Message::state(topic("b"), "3"));
    queue.push(Message::state(topic("a"), "4"));
    assert_eq!(all(&mut queue, 10), ["3", "4"]);
}

#[test]
fn while_nobody_is_connected_only_promises_wait() {
    let mut queue = Queue::new(Limits {
        messages: 10,
        bytes: 1000,
    });
    assert_eq!(queue.push(Message::state(topic("a"), "1")), Pushed::Dropped);
    assert_eq!(queue.push(Message::event(topic("a"), "1")), Pushed::Dropped);
    assert_eq!(queue.push(promise("p")), Pushed::Waits);
    assert_eq!(all(&mut queue, 10), ["p"]);
}

#[test]
fn a_full_queue_drops_events_and_refuses_states_and_promises_each_by_its_own_measure() {
    let mut queue = queue(1, 1000);
    assert_eq!(queue.push(promise("1")), Pushed::Waits);
    assert_eq!(queue.push(promise("2")), Pushed::Full);
    assert_eq!(queue.push(Message::event(topic("e"), "")), Pushed::Waits);
    assert_eq!(queue.push(Message::event(topic("e"), "")), Pushed::Dropped);
    assert_eq!(queue.push(Message::state(topic("s"), "")), Pushed::Waits);
    assert_eq!(queue.push(Message::state(topic("t"), "")), Pushed::Full);
    // the latest of a topic always finds room for itself
    assert_eq!(queue.push(Message::state(topic("s"), "x")), Pushed::Waits);
}

#[test]
fn bytes_are_bounded_also_for_a_state_that_is_replaced() {
    let mut queue = queue(10, 10);
    assert_eq!(
        queue.push(Message::state(topic("s"), "12345")),
        Pushed::Waits
    );
    assert_eq!(
        queue.push(Message::state(topic("s"), "1234567890")),
        Pushed::Full
    );
    assert_eq!(queue.push(Message::state(topic("t"), "1234")), Pushed::Full);
    assert_eq!(queue.push(Message::state(topic("t"), "123")), Pushed::Waits);
}

#[test]
fn an_acknowledged_promise_makes_room_and_an_unacknowledged_one_does_not() {
    let mut queue = queue(1, 1000);
    queue.push(promise("1"));
    queue.next(10);
    assert_eq!(queue.push(promise("2")), Pushed::Full);
    queue.written(1);
    assert!(queue.acknowledged(1));
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
    assert!(queue.acknowledged(2), "out of order");
    assert_eq!(all(&mut queue, 2), [""; 0], "1 is still open");
    assert!(queue.acknowledged(1));
    assert_eq!(all(&mut queue, 2), ["3", "4"]);
}

#[test]
fn an_acknowledgement_that_nobody_waits_for_is_told() {
    let mut queue = queue(10, 1000);
    queue.push(promise("1"));
    queue.next(10);
    queue.written(1);
    assert!(!queue.acknowledged(7));
    assert!(queue.acknowledged(1));
    assert!(!queue.acknowledged(1));
}

#[test]
fn after_a_loss_open_promises_come_first_in_their_order_and_the_rest_is_dropped() {
    let mut queue = queue(10, 1000);
    for text in ["1", "2", "3", "4"] {
        queue.push(promise(text));
    }
    queue.push(Message::state(topic("s"), "state"));
    queue.push(Message::event(topic("e"), "event"));
    assert_eq!(all(&mut queue, 3), ["1", "2", "3"]);
    for packet in 1..=3 {
        queue.written(packet);
    }
    assert!(queue.acknowledged(1));
    assert!(queue.acknowledged(3), "out of order, so 2 alone is open");
    assert_eq!(queue.disconnected(), 2);
    assert_eq!(
        queue.push(Message::state(topic("s"), "late")),
        Pushed::Dropped
    );
    queue.set_connected();
    queue.push(Message::state(topic("s"), "again"));
    assert_eq!(all(&mut queue, 10), ["2", "4", "again"]);
}

proptest! {
    /// Whatever happens, no promise is lost, promises arrive in order, and the bounds hold.
    #[test]
    fn promises_survive_any_walk_in_order(steps in proptest::collection::vec(0u8..7, 1..300)) {
        let mut queue = Queue::new(Limits { messages: 8, bytes: 10_000 });
        let (mut said, mut done) = (Vec::new(), Vec::new());
        let mut wire: VecDeque<(u16, Message)> = VecDeque::new();
        let mut packet = 0;
        for (number, step) in steps.iter().enumerate() {
            match step {
                0 => queue.set_connected(),
                1 => { queue.disconnected(); wire.clear(); }
                2 => { queue.push(Message::state(topic(&format!("s{}", number % 3)), number.to_string())); }
                3 => if queue.push(promise(&number.to_string())) == Pushed::Waits { said.push(number.to_string()); },
                4 | 5 => if queue.is_connected() {
                    if let Some(message) = queue.next(4) {
                        if message.qos == QoS::AtLeastOnce {
                            packet += 1;
                            queue.written(packet);
                            wire.push_back((packet, message));
                        }
                    }
                },
                _ => if let Some((packet, message)) = wire.pop_front() {
                    prop_assert!(queue.acknowledged(packet));
                    if Class::of(&message) == Class::Promise {
                        done.push(String::from_utf8(message.payload).unwrap());
                    }
                },
            }
            prop_assert!(queue.promises() <= 8 && queue.waiting.len() <= 24 && queue.sent.len() <= 4);
            prop_assert_eq!(queue.promises(), said.len() - done.len());
        }
        queue.disconnected();
        done.extend(all(&mut queue, 100));
        prop_assert_eq!(said, done);
    }
}
