//! Packets that are too large, in both directions: the sixth of the client library's pitfalls.

use crate::client::{Client, event, options, promise, state, subscribing};
use crate::support::{Mosquitto, Observer, wait_for};
use mqtt_thing::mqtt::{PublishError, Receipt, SessionEvent};
use std::time::Duration;

const MIB: usize = 1 << 20;

#[test]
fn pitfall_6_an_incoming_message_over_the_limit_is_dropped_and_the_connection_stays() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish("other/huge", &vec![b'x'; 3 * MIB], true);
    mosquitto.publish("other/sensors/button0", b"True", true);
    let client = Client::start(subscribing(
        options(&mosquitto.url(), "thing"),
        &["other/huge", "other/sensors/#"],
    ));
    assert_eq!(client.wait_message().payload, b"True");
    mosquitto.publish("other/huge", &vec![b'x'; MIB], false);
    mosquitto.publish("other/huge", &vec![b'x'; MIB - "other/huge".len()], false);
    assert_eq!(
        client.wait_message().payload.len(),
        MIB - "other/huge".len(),
        "the largest allowed"
    );
    assert_eq!(client.counters.refused_too_large(), 2);
    assert_eq!(client.counters.connects(), 1);
    assert_eq!(client.logged("topic=\"other/huge\""), 1);
}

#[test]
fn pitfall_6_a_retained_message_over_the_hard_cap_leaves_out_its_subscription_and_no_other() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish("bad/huge", &vec![b'x'; 9 * MIB], true);
    mosquitto.publish("good/sensors/button0", b"True", true);
    mosquitto.publish("fine/sensors/button0", b"True", true);
    let mut options = subscribing(
        options(&mosquitto.url(), "thing"),
        &["good/#", "bad/#", "fine/#"],
    );
    options.pace.left_out = Duration::from_secs(3);
    let client = Client::start(options);
    let left_out = client.wait("the subscription to be left out", |event| match event {
        SessionEvent::SubscriptionLeftOut { filter } => Some(filter),
        _ => None,
    });
    assert_eq!(left_out.as_str(), "bad/#");
    client.wait_connected();
    // asked for after the bad one, which must not be asked for again and again before it
    while client.wait_message().topic.as_str() != "fine/sensors/button0" {}
    assert!(client.counters.connects() <= 4, "{:?}", client.counters);
    // once it is gone, the subscription comes back by itself
    mosquitto.publish("bad/huge", b"", true);
    let came_back = || {
        mosquitto.publish("bad/small", b"True", false);
        client.so_far().into_iter().find(
            |event| matches!(event, SessionEvent::Message(m) if m.topic.as_str() == "bad/small"),
        )
    };
    wait_for("the subscription to come back", came_back);
}

#[test]
fn pitfall_6_an_outgoing_message_over_the_limit_is_refused_and_what_is_behind_it_arrives() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "thing/#");
    let client = Client::connected(options(&mosquitto.url(), "thing"));
    let name = "thing/responses";
    let error = client
        .outbox
        .publish(promise(name, vec![b'x'; MIB]))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the message to `thing/responses` has 1048591 bytes of topic and payload; at most 1048576 are allowed"
    );
    client.publish(promise(name, vec![b'x'; MIB - name.len()]));
    client.publish(promise(name, "behind"));
    observer.wait_for(name, "behind");
    assert_eq!(observer.seen()[0].payload.len(), MIB - name.len());
    let deep = "a/".repeat(300);
    assert!(
        client.outbox.publish(promise(&deep, "")).is_err(),
        "mosquitto would end the connection"
    );
    assert_eq!(
        (client.counters.connects(), client.counters.disconnects()),
        (1, 0)
    );
}

#[test]
fn pitfall_6_a_message_that_the_broker_throws_us_out_for_is_given_up_and_the_rest_arrives() {
    let Some(mosquitto) = Mosquitto::start_with("max_packet_size 5000") else {
        return;
    };
    let observer = Observer::start(&mosquitto, "thing/#");
    let client = Client::connected(options(&mosquitto.url(), "thing"));
    client.publish(promise("thing/responses", "before"));
    client.publish(promise("thing/responses", vec![b'x'; 6000]));
    client.publish(promise("thing/responses", "behind"));
    let refused = client.wait("the large one to be given up", |event| match event {
        SessionEvent::MessageGivenUp { topic, size } => Some((topic, size)),
        _ => None,
    });
    assert_eq!((refused.0.as_str(), refused.1), ("thing/responses", 6015));
    observer.wait_for("thing/responses", "behind");
    assert_eq!(client.logged("given up"), 1);
    // now it is known
    let error = client
        .outbox
        .publish(promise("thing/responses", vec![b'x'; 7000]))
        .unwrap_err();
    assert!(
        matches!(
            error,
            PublishError::TooLarge {
                size: 7015,
                limit: 6014,
                ..
            }
        ),
        "{error:?}"
    );
    client.publish(promise("thing/responses", vec![b'x'; 4000]));
    observer.wait_where("what is small enough", |seen| seen.payload.len() == 4000);
}

#[test]
fn pitfall_6_a_passing_message_over_the_hard_cap_costs_one_connection_and_no_subscription() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let wanted = subscribing(options(&mosquitto.url(), "thing"), &["bad/#", "good/#"]);
    let client = Client::connected(wanted);
    mosquitto.wait_log("Sending SUBACK to thing");
    mosquitto.publish("bad/huge", &vec![b'x'; 9 * MIB], false);
    let reason = client.wait_disconnected();
    assert_eq!(
        reason,
        "a packet of 9437196 bytes came in, which is over the hard cap"
    );
    client.wait_connected();
    // one filter at a time now, each with its fence; both stand in the end
    for topic in ["bad/small", "good/small"] {
        mosquitto.publish(topic, b"True", true);
        assert_eq!(client.wait_message().topic.as_str(), topic);
    }
    assert_eq!(client.counters.connects(), 2);
    assert_eq!(client.counters.refused_too_large(), 1);
    assert!(
        !client
            .so_far()
            .iter()
            .any(|event| matches!(event, SessionEvent::SubscriptionLeftOut { .. }))
    );
}

#[test]
fn pitfall_6_a_state_that_the_broker_throws_us_out_for_is_not_said_for_ever() {
    let Some(mosquitto) = Mosquitto::start_with("max_packet_size 5000") else {
        return;
    };
    let mut options = options(&mosquitto.url(), "thing");
    options.pace.first_takeover = Duration::from_millis(100);
    let client = Client::start_with(options, |event, outbox| {
        if *event == SessionEvent::Connected {
            let _refused_in_the_end = outbox.publish(state("thing/about", &"x".repeat(6000)));
            outbox.publish(state("thing/status", "online")).unwrap();
        }
    });
    client.wait("the large one to be given up", |event| {
        matches!(event, SessionEvent::MessageGivenUp { .. }).then_some(())
    });
    client.wait_connected();
    Observer::start(&mosquitto, "thing/#").wait_for("thing/status", "online");
    let given_up = client.counters.connects();
    client.publish(promise("thing/responses", "1"));
    wait_for("an acknowledgement", || {
        (client.counters.queue_depth() == 0).then_some(())
    });
    assert_eq!(
        client.counters.connects(),
        given_up,
        "the connection stands"
    );
}

#[test]
fn a_message_of_a_hundred_megabytes_comes_in_where_that_much_is_allowed() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut options = subscribing(options(&mosquitto.url(), "operator"), &["feedback"]);
    options.largest_incoming = 256 * MIB;
    let client = Client::start(options);
    client.wait("Subscribed", |event| {
        matches!(event, SessionEvent::Subscribed { .. }).then_some(())
    });
    let payload: Vec<u8> = (0..100_000_000u32)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect();
    mosquitto.publish("feedback", &payload, false);
    assert!(client.wait_message().payload == payload, "byte for byte");
    mosquitto.publish("feedback", b"behind", false);
    assert_eq!(client.wait_message().payload, b"behind");
    assert_eq!(client.counters.connects(), 1);
}

#[test]
fn a_message_of_a_hundred_megabytes_is_sent_and_one_that_no_packet_holds_is_refused() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut receiving = subscribing(options(&mosquitto.url(), "operator"), &["feedback"]);
    receiving.largest_incoming = 256 * MIB;
    let receiver = Client::start(receiving);
    receiver.wait("Subscribed", |event| {
        matches!(event, SessionEvent::Subscribed { .. }).then_some(())
    });
    let mut sending = options(&mosquitto.url(), "sut");
    sending.largest_outgoing = 256 * MIB;
    sending.outbox_bytes = 256 * MIB;
    let sender = Client::connected(sending);
    let feedback = |size| event("feedback", &"x".repeat(size));
    let promised = sender.outbox.promise(feedback(100_000_000), Receipt(7));
    assert_eq!(promised, Ok(()));
    assert_eq!(receiver.wait_message().payload.len(), 100_000_000);
    assert_eq!(sender.wait_delivered(), 7);
    let refused = sender.outbox.promise(feedback(256 * MIB - 8), Receipt(8));
    assert!(
        matches!(
            refused,
            Err(PublishError::TooLarge {
                limit: 268_435_451,
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(sender.counters.connects(), 1);
}
