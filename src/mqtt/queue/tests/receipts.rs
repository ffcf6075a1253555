//! Promises with receipts: fences, what proves what, and a property over random walks.

use super::*;
use bytes::Bytes;
use proptest::prelude::*;

/// A promise at QoS 0 with the number as its text and receipt.
fn kept(number: u64) -> Letter {
    let message = Message::event(topic("feedback"), number.to_string());
    Letter::with_receipt(message, Receipt(number))
}

/// The same at QoS 1.
fn receipted(number: u64) -> Letter {
    Letter {
        receipt: Some(Receipt(number)),
        ..promise(&number.to_string())
    }
}

/// The receipts that fall due, as numbers.
fn due(receipts: Option<Vec<Receipt>>) -> Vec<u64> {
    let receipts = receipts.unwrap_or_default();
    receipts.into_iter().map(|receipt| receipt.0).collect()
}

#[test]
fn a_kept_message_at_qos_0_waits_for_a_connection_and_then_for_the_fence_behind_it() {
    let mut queue = Queue::new(Limits {
        messages: 2,
        bytes: 1000,
    });
    assert_eq!(queue.push(kept(1)), Pushed::Waits);
    assert_eq!(queue.push(kept(2)), Pushed::Waits);
    queue.set_connected();
    assert_eq!(all(&mut queue, 10), ["1", "2", "fence"]);
    for packet in [0, 0, 5] {
        queue.written(packet);
    }
    assert!(queue.owed());
    assert_eq!(queue.push(kept(3)), Pushed::Full, "none is settled");
    assert_eq!(due(queue.fence_passed(5)), [1, 2]);
    assert_eq!((queue.depth(), queue.owed()), (0, false));
    assert_eq!(queue.fence_passed(5), None, "it is passed");
    assert_eq!(queue.push(kept(3)), Pushed::Waits);
}

#[test]
fn one_fence_is_on_its_way_at_a_time_and_proves_what_was_before_it_alone() {
    let mut queue = queue(10, 1000);
    queue.push(kept(1));
    assert_eq!(all(&mut queue, 10), ["1", "fence"]);
    queue.push(kept(2));
    queue.push(kept(3));
    assert_eq!(all(&mut queue, 10), ["2", "3"]);
    for packet in [0, 1, 0, 0] {
        queue.written(packet);
    }
    assert_eq!(due(queue.fence_passed(1)), [1]);
    assert_eq!(all(&mut queue, 10), ["fence"]);
    queue.written(2);
    assert_eq!(due(queue.fence_passed(2)), [2, 3]);
    assert_eq!(all(&mut queue, 10), [""; 0]);
}

#[test]
fn a_fence_is_set_after_a_flock_even_while_more_is_to_be_sent() {
    let mut queue = queue(1000, 10_000);
    for number in 0..200 {
        queue.push(kept(number));
    }
    let all = all(&mut queue, 10);
    assert_eq!(all.len(), 201, "one is on its way, so there is no second");
    assert_eq!(all[A_FLOCK], "fence");
}

#[test]
fn plain_messages_need_no_fence() {
    let mut queue = queue(10, 1000);
    queue.push(event("e", "1"));
    queue.push(state("s", "2"));
    queue.push(promise("3"));
    assert_eq!(all(&mut queue, 10), ["1", "2", "3"]);
}

#[test]
fn an_acknowledgement_of_a_later_message_proves_what_was_before_it_and_its_fence_is_forgotten() {
    let mut queue = queue(10, 1000);
    for letter in [kept(1), receipted(2), kept(3)] {
        queue.push(letter);
    }
    assert_eq!(all(&mut queue, 10), ["1", "2", "3", "fence"]);
    queue.push(receipted(4));
    assert_eq!(all(&mut queue, 10), ["4"]);
    for packet in [0, 1, 0, 2, 3] {
        queue.written(packet);
    }
    assert_eq!(due(queue.acknowledged(1)), [1, 2]);
    assert_eq!(due(queue.acknowledged(3)), [3, 4]);
    assert!(!queue.owed(), "nobody waits for the fence any more");
    assert_eq!(queue.fence_passed(2), None);
}

#[test]
fn an_answered_ping_proves_what_was_written_before_it() {
    let mut queue = queue(10, 1000);
    queue.push(kept(1));
    queue.push(kept(2));
    assert_eq!(all(&mut queue, 10), ["1", "2", "fence"]);
    queue.written(0);
    queue.pinged();
    queue.written(0);
    queue.written(7);
    // the second ping is behind everything, but the first answer is for the first
    queue.pinged();
    assert_eq!(due(Some(queue.ponged())), [1]);
    assert_eq!(due(Some(queue.ponged())), [0; 0]);
    queue.pinged();
    assert_eq!(due(Some(queue.ponged())), [2]);
    assert!(!queue.owed());
}

#[test]
fn an_answer_of_the_wrong_kind_settles_nothing() {
    let mut queue = queue(10, 1000);
    queue.push(receipted(1));
    queue.push(kept(2));
    assert_eq!(all(&mut queue, 10), ["1", "2", "fence"]);
    for packet in [1, 0, 2] {
        queue.written(packet);
    }
    assert_eq!(queue.fence_passed(1), None, "that is a message");
    assert_eq!(queue.acknowledged(2), None, "that is a fence");
    assert_eq!(queue.promises(), 2);
}

#[test]
fn a_fence_takes_a_packet_identifier_and_so_a_place_in_the_window() {
    let mut queue = queue(10, 1000);
    queue.push(promise("1"));
    queue.push(kept(2));
    assert_eq!(all(&mut queue, 1), ["1", "2"]);
    queue.written(1);
    queue.written(0);
    assert!(queue.acknowledged(1).is_some());
    assert_eq!(all(&mut queue, 1), ["fence"]);
    queue.push(promise("3"));
    assert_eq!(all(&mut queue, 1), [""; 0]);
}

#[test]
fn after_a_loss_both_kinds_of_promises_are_sent_again_in_the_order_of_their_sender() {
    let mut queue = queue(10, 1000);
    for letter in [kept(1), receipted(2), kept(3), receipted(4), kept(5)] {
        queue.push(letter);
    }
    queue.push(state("s", "state"));
    assert_eq!(
        all(&mut queue, 10),
        ["1", "2", "3", "4", "5", "state", "fence"]
    );
    for packet in [0, 1, 0, 2, 0, 3, 4] {
        queue.written(packet);
    }
    assert_eq!(due(queue.acknowledged(1)), [1, 2]);
    assert_eq!(queue.disconnected(), 0, "the state was on its way already");
    assert_eq!(queue.fence_passed(4), None, "of another connection");
    queue.set_connected();
    assert_eq!(all(&mut queue, 10), ["3", "4", "5", "fence"]);
}

#[test]
fn what_is_given_up_is_returned_with_its_receipt_and_makes_room() {
    let mut queue = queue(3, 1000);
    for (number, size) in [(1, 10), (2, 30), (3, 40)] {
        let payload = Bytes::from(vec![b'x'; size]);
        queue.push(Letter {
            payload,
            ..kept(number)
        });
    }
    let gone = queue.give_up(30);
    let gone: Vec<_> = gone
        .iter()
        .map(|letter| letter.receipt.unwrap().0)
        .collect();
    assert_eq!(gone, [2, 3]);
    assert_eq!((queue.depth(), queue.promises()), (1, 1));
    assert_eq!(queue.push(kept(4)), Pushed::Waits);
}

#[test]
fn a_promise_with_a_receipt_is_somebody_elses_to_remember_at_a_close() {
    let mut queue = queue(10, 1000);
    queue.push(kept(1));
    queue.push(promise("2"));
    assert_eq!((queue.promises(), queue.promises_of_ours()), (2, 1));
}

#[test]
fn a_letter_that_is_kept_shares_its_payload() {
    let mut queue = queue(10, 1000);
    let payload = vec![b'x'; 100];
    let place = payload.as_ptr();
    let message = Message {
        payload,
        ..Message::event(topic("feedback"), "")
    };
    queue.push(Letter::with_receipt(message, Receipt(1)));
    let Some(Next::Letter(sent)) = queue.next(10) else {
        panic!()
    };
    queue.disconnected();
    let Some(Next::Letter(again)) = queue.next(10) else {
        panic!()
    };
    assert_eq!(
        (sent.payload.as_ptr(), again.payload.as_ptr()),
        (place, place)
    );
}

/// A broker that answers everything in order, and remembers whose each packet was.
enum OnTheWire {
    Message(Option<u16>, Letter),
    Fence(u16),
}

proptest! {
    /// Whatever happens, no promise is lost, promises arrive in order, each receipt falls due once and only after the
    /// broker has read the message, and the bounds hold.
    #[test]
    fn promises_survive_any_walk_in_order(steps in proptest::collection::vec(0u8..10, 1..300)) {
        let mut queue = Queue::new(Limits { messages: 8, bytes: 10_000 });
        let (mut said, mut read, mut delivered) = (Vec::new(), Vec::new(), Vec::new());
        let mut wire: VecDeque<OnTheWire> = VecDeque::new();
        let mut packet = 0;
        for (number, step) in (0..).zip(&steps) {
            let settled = match step {
                0 => { queue.set_connected(); vec![] }
                1 => { queue.disconnected(); wire.clear(); vec![] }
                2 => { queue.push(state(&format!("s{}", number % 3), "state")); vec![] }
                3 | 4 => {
                    let letter = if *step == 3 { receipted(number) } else { kept(number) };
                    if queue.push(letter) == Pushed::Waits { said.push(number); }
                    vec![]
                }
                5..=7 => {
                    let next = if queue.is_connected() { queue.next(4) } else { None };
                    let identifier = match &next {
                        Some(Next::Letter(letter)) if !letter.is_acknowledged() => 0,
                        Some(_) => { packet += 1; packet }
                        None => continue,
                    };
                    queue.written(identifier);
                    wire.push_back(match next.unwrap() {
                        Next::Fence => OnTheWire::Fence(identifier),
                        Next::Letter(letter) => OnTheWire::Message((identifier > 0).then_some(identifier), letter),
                    });
                    vec![]
                }
                _ => match wire.pop_front() {
                    None => vec![],
                    Some(OnTheWire::Fence(packet)) => due(queue.fence_passed(packet)),
                    Some(OnTheWire::Message(packet, letter)) => {
                        read.extend(letter.receipt.map(|receipt| receipt.0));
                        packet.map_or(vec![], |packet| due(queue.acknowledged(packet)))
                    }
                },
            };
            prop_assert!(settled.iter().all(|number| read.contains(number)));
            delivered.extend(settled);
            prop_assert!(queue.promises() <= 8 && queue.waiting.len() <= 24 && queue.wire.identifiers() <= 4);
            prop_assert_eq!(queue.promises(), said.len() - delivered.len());
            prop_assert_eq!(&said[..delivered.len()], &delivered[..], "in the order of their sender");
        }
        queue.disconnected();
        let rest = all(&mut queue, 1000);
        delivered.extend(rest.iter().filter_map(|text| text.parse::<u64>().ok()));
        prop_assert_eq!(said, delivered);
    }
}
