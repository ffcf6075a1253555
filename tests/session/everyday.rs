//! What a session does every day: publish, subscribe, say goodbye, come back.

use crate::client::{Client, event, options, promise, state, subscribing};
use crate::support::fake_broker::{Packet, SUBSCRIBE, polite, suback};
use crate::support::{FakeBroker, Mosquitto, Observer, Proxy, free_port, wait_for};
use mqtt_thing::model::{Message, QoS};
use mqtt_thing::mqtt::{PublishError, SessionEvent};
use std::time::{Duration, Instant};

#[test]
fn states_events_and_promises_arrive_as_they_were_said() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let client = Client::connected(options(&mosquitto.url(), "thing"));
    client.publish(state("thing/sensors/button0", "True"));
    client.publish(event("thing/stuff/clock0", "2026-11-21 10:00:00"));
    client.publish(promise("thing/responses", [0, 255, 10]));
    let seen = observer.wait_where("the promise", |seen| seen.topic == "thing/responses");
    assert_eq!(
        (seen.payload, seen.qos, seen.retained),
        (vec![0, 255, 10], 1, false)
    );
    assert_eq!(
        observer
            .wait_for("thing/stuff/clock0", "2026-11-21 10:00:00")
            .qos,
        0
    );
    assert_eq!(observer.wait_for("thing/sensors/button0", "True").qos, 1);
    // only the state is kept
    let late = Observer::start(&mosquitto, "#");
    assert!(late.wait_for("thing/sensors/button0", "True").retained);
    late.wait_subscribed(1);
    assert_eq!(late.seen().len(), 1);
}

#[test]
fn messages_of_others_come_in_with_their_flags() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish("other/sensors/button0", b"True", true);
    let client = Client::connected(subscribing(
        options(&mosquitto.url(), "thing"),
        &["other/#"],
    ));
    let old = Message::state(crate::client::topic("other/sensors/button0"), "True");
    assert_eq!(client.wait_message(), old);
    mosquitto.publish("other/sensors/button0", b"False", true);
    let fresh = client.wait_message();
    assert_eq!(
        (fresh.payload.as_slice(), fresh.retain, fresh.qos),
        (&b"False"[..], false, QoS::AtLeastOnce)
    );
    assert_eq!(client.counters.received(), 2);
}

#[test]
fn after_a_restart_without_memory_it_connects_subscribes_and_says_so() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let client = Client::start_with(
        subscribing(options(&mosquitto.url(), "thing"), &["other/#"]),
        |event, outbox| {
            if *event == SessionEvent::Connected {
                outbox.publish(state("thing/status", "online")).unwrap();
            }
        },
    );
    client.wait_connected();
    for round in 0..3 {
        mosquitto.kill();
        client.wait_disconnected();
        mosquitto.restart();
        let back = Instant::now();
        client.wait_connected();
        assert!(
            back.elapsed() < Duration::from_secs(5),
            "connected {:?} after the restart",
            back.elapsed()
        );
        Observer::start(&mosquitto, "thing/#").wait_for("thing/status", "online");
        let text = format!("round {round}");
        mosquitto.publish("other/sensors/button0", text.as_bytes(), false);
        assert_eq!(client.wait_message().payload, text.as_bytes());
    }
    assert_eq!(
        (client.counters.connects(), client.counters.disconnects()),
        (4, 3)
    );
}

#[test]
fn a_broker_that_comes_later_is_found() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.kill();
    let client = Client::start(options(&mosquitto.url(), "thing"));
    wait_for("some attempts", || {
        (client.counters.failed_connects() >= 3).then_some(())
    });
    mosquitto.restart();
    client.wait_connected();
}

#[test]
fn a_host_that_does_not_exist_is_tried_again_and_again() {
    let client = Client::start(options("mqtt://no-such-host.invalid", "thing"));
    wait_for("some attempts", || {
        (client.counters.failed_connects() >= 2).then_some(())
    });
    // told once, however often it is tried
    assert!(matches!(
        &client.so_far()[..],
        [SessionEvent::CannotConnect { refused: false, .. }]
    ));
}

#[test]
fn a_close_settles_everything_says_farewell_and_keeps_the_will_from_being_published() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let mut options = options(&mosquitto.url(), "thing");
    options.will = Some(state("thing/status", "lost"));
    let client = Client::connected(options);
    for number in 0..200 {
        client.publish(promise("thing/responses", number.to_string()));
        client.publish(event("thing/stuff", &number.to_string()));
    }
    let outbox = client.outbox.clone();
    let (closed, took) = client.close(
        vec![state("thing/status", "offline")],
        Duration::from_secs(20),
    );
    assert!(closed.clean && closed.promises_left == 0, "{closed:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    mosquitto.wait_log("Received DISCONNECT from thing");
    observer.wait_for("thing/status", "offline");
    let expected: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    assert_eq!(observer.texts("thing/responses"), expected);
    assert_eq!(observer.texts("thing/stuff"), expected);
    assert_eq!(observer.texts("thing/status"), ["offline"]);
    let late = outbox.publish(event("thing/stuff", "late"));
    assert!(matches!(late, Err(PublishError::Closed(_))));
}

#[test]
fn a_session_that_is_dropped_without_a_word_has_its_will_published() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let mut options = options(&mosquitto.url(), "thing");
    options.will = Some(state("thing/status", "offline"));
    let client = Client::connected(options);
    client.publish(state("thing/status", "online"));
    observer.wait_for("thing/status", "online");
    drop(client);
    observer.wait_for("thing/status", "offline");
}

#[test]
fn a_connection_that_is_cut_is_replaced_at_once() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    let client = Client::connected(options(&proxy.url(), "thing"));
    let cut = Instant::now();
    proxy.cut();
    client.wait_disconnected();
    client.wait_connected();
    assert!(
        cut.elapsed() < Duration::from_secs(2),
        "{:?}",
        cut.elapsed()
    );
}

#[test]
fn nothing_listening_is_no_reason_to_wait_in_publish_or_close() {
    let client = Client::start(options(
        &format!("mqtt://127.0.0.1:{}", free_port()),
        "thing",
    ));
    client.publish(promise("thing/responses", "1"));
    let (closed, took) = client.close(
        vec![state("thing/status", "offline")],
        Duration::from_millis(500),
    );
    assert_eq!((closed.clean, closed.promises_left), (false, 1));
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn small_messages_are_not_held_back_to_be_sent_together() {
    let broker = FakeBroker::start(polite);
    let client = Client::connected(options(&broker.url(), "thing"));
    let mut took: Vec<Duration> = (0..60)
        .map(|round| {
            // a broker that has just answered delays its TCP acknowledgements by 40 ms, hoping for an answer to carry
            // them; with Nagle's algorithm on our side the second of two messages would wait for that
            client.publish(promise("thing/responses", "answered"));
            wait_for("the answer", || {
                (client.counters.acknowledged() == round + 1).then_some(())
            });
            let began = Instant::now();
            client.publish(event("thing/stuff", "first"));
            client.publish(event("thing/stuff", "second"));
            wait_for("both", || {
                (broker.payloads().len() as u64 == 3 * (round + 1)).then_some(())
            });
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    assert!(
        took[30] < Duration::from_millis(30),
        "half of the pairs took more than {:?}",
        took[30]
    );
}

#[test]
fn filters_are_asked_for_in_the_given_order_in_one_packet() {
    let broker = FakeBroker::start(polite);
    let filters = ["z/#", "a/#", "m/#", "b/+/c"];
    let client = Client::connected(subscribing(options(&broker.url(), "thing"), &filters));
    client.wait("Subscribed", |event| {
        (event == SessionEvent::Subscribed { refused: 0 }).then_some(())
    });
    let asked: Vec<Vec<String>> = broker
        .packets()
        .iter()
        .filter(|packet| packet.kind == SUBSCRIBE)
        .map(Packet::filters)
        .collect();
    assert_eq!(asked, [filters]);
}

#[test]
fn what_is_published_after_subscribed_is_heard_on_each_connection() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    proxy.delay_upwards(Duration::from_millis(50));
    let client = Client::start(subscribing(options(&proxy.url(), "thing"), &["other/#"]));
    for round in ["1", "2"] {
        client.wait("Subscribed", |event| {
            (event == SessionEvent::Subscribed { refused: 0 }).then_some(())
        });
        mosquitto.publish("other/command", round.as_bytes(), false);
        assert_eq!(client.wait_message().payload, round.as_bytes());
        let again = client.so_far();
        assert!(
            !again
                .iter()
                .any(|event| matches!(event, SessionEvent::Subscribed { .. })),
            "once a connection: {again:?}"
        );
        proxy.cut();
    }
}

#[test]
fn subscribed_says_how_many_were_refused_and_comes_after_connected() {
    let broker = FakeBroker::start(|packet: &Packet| match packet.kind {
        SUBSCRIBE => suback(packet.id(), &[1, 0x80, 0x80]),
        _ => polite(packet),
    });
    let wanted = subscribing(options(&broker.url(), "thing"), &["a", "b", "c"]);
    let client = Client::connected(wanted);
    client.wait("Subscribed", |event| {
        (event == SessionEvent::Subscribed { refused: 2 }).then_some(())
    });
}
