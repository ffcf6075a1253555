//! The client library's pitfalls, in the order of the design's list; each test fails when its remedy is taken out.
//! The sixth, packets that are too large, is in `sizes`.

use crate::client::{Client, event, options, promise, state, subscribing};
use crate::support::fake_broker::{CONNECT, PUBLISH, Packet, Reply, polite, puback};
use crate::support::{FakeBroker, LIMIT, Mosquitto, Observer, Proxy, wait_for};
use mqtt_thing::model::QoS;
use mqtt_thing::mqtt::{BrokerUrl, Options, Session, SessionError};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// The texts `0`, `1`, `2`, ...
fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

/// What is left when repeats are taken out. QoS 1 may deliver twice, but the first time of each is in order.
fn without_repeats(texts: &[String]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts
        .iter()
        .filter(|text| seen.insert(text.as_str()))
        .cloned()
        .collect()
}

#[test]
fn pitfall_1_attempts_to_connect_come_with_growing_pauses() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    proxy.refuse(true);
    let began = Instant::now();
    let client = Client::start(options(&proxy.url(), "thing"));
    wait_for("five attempts", || (proxy.accepted() >= 5).then_some(()));
    // 100 + 200 + 400 + 800 ms, less a quarter
    assert!(
        began.elapsed() > Duration::from_millis(1100),
        "{:?}",
        began.elapsed()
    );
    wait_for("the fifth to fail", || {
        (client.counters.failed_connects() >= 5).then_some(())
    });
    assert_eq!(
        client.logged("cannot connect"),
        1,
        "the same reason is logged once"
    );
    proxy.refuse(false);
    client.wait_connected();
}

#[test]
fn pitfall_2_a_million_messages_while_nobody_is_connected_block_nobody_and_fill_nothing() {
    let client = Client::start(options("mqtt://127.0.0.1:1", "thing"));
    let began = Instant::now();
    let (mut refused, message) = (0, "x".repeat(100));
    for number in 0..1_000_000 {
        let message = match number % 3 {
            0 => state("thing/sensors/button0", &message),
            1 => event("thing/stuff/clock0", &message),
            _ => promise("thing/responses", message.as_str()),
        };
        refused += usize::from(client.outbox.publish(message).is_err());
    }
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    assert_eq!(client.counters.queue_depth(), 1000);
    assert_eq!(
        refused,
        333_333 - 1000,
        "promises are refused, never dropped"
    );
    assert_eq!(client.counters.refused(), refused as u64);
    assert_eq!(client.counters.dropped(), 666_667);
}

#[test]
fn pitfall_3_a_broker_that_forgot_everything_gets_what_was_queued_before_and_during_its_absence() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    let client = Client::connected(options(&proxy.url(), "thing"));
    // on their way, but not acknowledged
    proxy.freeze();
    for number in 0..20 {
        client.publish(promise("thing/responses", number.to_string()));
    }
    proxy.refuse(true);
    proxy.cut();
    proxy.thaw();
    mosquitto.restart();
    client.wait_disconnected();
    for number in 20..30 {
        client.publish(promise("thing/responses", number.to_string()));
    }
    let observer = Observer::start(&mosquitto, "thing/responses");
    proxy.refuse(false);
    observer.wait_for("thing/responses", "29");
    assert_eq!(observer.texts("thing/responses"), numbers(30));
    wait_for("the acknowledgements", || {
        (client.counters.queue_depth() == 0).then_some(())
    });
}

#[test]
fn pitfall_3_a_subscription_that_was_cut_off_on_its_way_is_asked_for_again() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    proxy.delay_upwards(Duration::from_millis(30));
    let client = Client::start(subscribing(options(&proxy.url(), "thing"), &["other/#"]));
    for _ in 0..3 {
        client.wait_connected();
        proxy.cut();
        client.wait_disconnected();
    }
    client.wait_connected();
    // retained, so it comes with the subscription, whenever that is
    mosquitto.publish("other/sensors/button0", b"True", true);
    assert_eq!(client.wait_message().payload, b"True");
}

#[test]
fn pitfall_4_late_acknowledgements_and_cut_connections_lose_nothing() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "thing/responses");
    let proxy = Proxy::to(mosquitto.port());
    proxy.delay_downwards(Duration::from_millis(30));
    let client = Client::connected(options(&proxy.url(), "thing"));
    for number in 0..200 {
        client.publish(promise("thing/responses", number.to_string()));
        if matches!(number, 60 | 150) {
            let before = client.counters.acknowledged();
            wait_for("some acknowledgements", || {
                (client.counters.acknowledged() > before + 10).then_some(())
            });
            proxy.cut();
            client.wait_connected();
        }
    }
    observer.wait_for("thing/responses", "199");
    assert_eq!(
        without_repeats(&observer.texts("thing/responses")),
        numbers(200)
    );
    let (closed, _) = client.close(Vec::new(), LIMIT);
    assert!(closed.clean && closed.promises_left == 0, "{closed:?}");
}

#[test]
fn pitfall_5_at_most_half_of_the_window_is_unacknowledged() {
    let withheld = std::sync::Arc::new(Mutex::new(Vec::new()));
    let held = std::sync::Arc::clone(&withheld);
    let broker = FakeBroker::start(move |packet: &Packet| match packet.kind {
        PUBLISH => {
            let mut held = held.lock().unwrap();
            held.push(packet.id());
            // all but the first are acknowledged, the latest first, until there is nothing left to wait for
            match held.len() {
                32 => Reply::Send(held.drain(1..).rev().flat_map(puback).collect()),
                _ => Reply::Nothing,
            }
        }
        _ => polite(packet),
    });
    let client = Client::connected(options(&broker.url(), "thing"));
    for number in 0..100 {
        client.publish(promise("thing/responses", number.to_string()));
    }
    wait_for("31 acknowledgements", || {
        (client.counters.acknowledged() == 31).then_some(())
    });
    // identifiers behind the open one are free, and still it must not go on: they would come round to it
    let (closed, _) = client.close(Vec::new(), Duration::from_millis(300));
    assert_eq!(closed.promises_left, 100 - 31);
    assert_eq!(broker.payloads(), numbers(32));
}

#[test]
fn pitfall_5_an_acknowledgement_that_never_comes_ends_in_a_new_connection() {
    let broker = FakeBroker::start(|packet: &Packet| match packet.kind {
        PUBLISH if packet.connection == 1 && packet.payload() == "2" => Reply::Nothing,
        _ => polite(packet),
    });
    let mut options = options(&broker.url(), "thing");
    options.pace.acknowledgement = Duration::from_secs(1);
    let client = Client::connected(options);
    for number in 0..100 {
        client.publish(promise("thing/responses", number.to_string()));
    }
    assert_eq!(
        client.wait_disconnected(),
        "the broker acknowledged nothing for 1s"
    );
    client.wait_connected();
    wait_for("all acknowledgements", || {
        (client.counters.queue_depth() == 0).then_some(())
    });
    let payloads = broker.payloads();
    assert_eq!(without_repeats(&payloads), numbers(100));
    // only the one that was never acknowledged is sent again: each acknowledgement found its message
    assert_eq!(payloads.len(), 101);
    assert_eq!(payloads.iter().filter(|payload| *payload == "2").count(), 2);
}

#[test]
fn pitfall_7_a_frozen_broker_is_noticed_before_two_keep_alives_are_over() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let client = Client::connected(options(&mosquitto.url(), "thing"));
    mosquitto.freeze();
    let frozen = Instant::now();
    assert_eq!(
        client.wait_disconnected(),
        "the broker did not answer a ping"
    );
    // 2 s until the ping at most, 1.6 s for its answer; the rest is the test machine's
    assert!(
        frozen.elapsed() < Duration::from_secs(4),
        "{:?}",
        frozen.elapsed()
    );
    mosquitto.thaw();
    client.wait_connected();
}

#[test]
fn pitfall_7_the_will_of_a_thing_whose_cable_is_cut_is_published_within_three_keep_alives() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "thing/status");
    let proxy = Proxy::to(mosquitto.port());
    let mut options = options(&proxy.url(), "thing");
    options.will = Some(state("thing/status", "offline"));
    let client = Client::connected(options);
    client.publish(state("thing/status", "online"));
    observer.wait_for("thing/status", "online");
    let cut = Instant::now();
    proxy.freeze();
    let offline = observer.wait_for("thing/status", "offline");
    let took = offline.at.duration_since(cut);
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn pitfall_7_a_keep_alive_below_a_second_is_an_error_and_no_panic() {
    let mut options = Options::new(BrokerUrl::new("127.0.0.1", 1883).unwrap(), "thing");
    options.keep_alive = Duration::from_millis(500);
    let started = Session::start(options, |_| {});
    assert_eq!(
        started.unwrap_err(),
        SessionError::KeepAlive(Duration::from_millis(500))
    );
}

#[test]
fn pitfall_8_after_a_close_nothing_connects_again() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let client = Client::connected(options(&mosquitto.url(), "thing"));
    let counters = std::sync::Arc::clone(&client.counters);
    let _still_held = client.outbox.clone();
    // `close` returns when the session's task has ended, so nothing is left that could
    let (closed, _) = client.close(Vec::new(), LIMIT);
    assert!(closed.clean);
    mosquitto.wait_log("Client thing disconnected.");
    assert_eq!(mosquitto.count_log(" as thing ("), 1);
    assert_eq!((counters.connects(), counters.disconnects()), (1, 0));
}

#[test]
fn pitfall_9_each_acknowledgement_finds_its_message_also_when_the_broker_denied_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let acl = folder.path().join("acl");
    std::fs::write(&acl, "topic readwrite allowed/#\n").unwrap();
    let Some(mosquitto) = Mosquitto::start_with(&format!("acl_file {}", acl.display())) else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let client = Client::connected(options(&mosquitto.url(), "thing"));
    for number in 0..300 {
        client.publish(event("allowed/events", &number.to_string()));
        client.publish(promise("allowed/promises", number.to_string()));
        client.publish(promise("denied/promises", number.to_string()));
    }
    observer.wait_for("allowed/promises", "299");
    wait_for("the acknowledgements", || {
        (client.counters.acknowledged() == 600).then_some(())
    });
    assert_eq!(client.counters.queue_depth(), 0);
    assert_eq!(observer.texts("allowed/promises"), numbers(300));
    // a denied publish looks like any other in 3.1.1: access is proven by delivery
    assert_eq!(observer.texts("denied/promises"), [""; 0]);
}

#[test]
fn pitfall_10_tls_without_a_ca_is_refused_with_an_error_before_the_library_could_panic() {
    let url: BrokerUrl = "mqtts://127.0.0.1".parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let options = Options::new(url.clone(), "pitfall");
    let refused = Session::start(options, |_| {}).unwrap_err();
    assert_eq!(refused, SessionError::NoTls(url));
}

#[test]
fn pitfall_11_what_was_published_at_qos_2_comes_in_at_qos_1() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let client = Client::connected(subscribing(
        options(&mosquitto.url(), "thing"),
        &["other/#"],
    ));
    mosquitto.wait_log("Sending SUBACK to thing");
    let port = mosquitto.port().to_string();
    let publish = [
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-q",
        "2",
        "-t",
        "other/a",
        "-m",
        "once",
    ];
    assert!(
        Command::new("mosquitto_pub")
            .args(publish)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(client.wait_message().qos, QoS::AtLeastOnce);
    assert_eq!(mosquitto.count_log("PUBREC from thing"), 0);
}

#[test]
fn the_answer_to_a_connect_that_never_comes_is_not_waited_for_for_ever() {
    let answer = AtomicBool::new(false);
    let answer = std::sync::Arc::new(answer);
    let answers = std::sync::Arc::clone(&answer);
    let broker = FakeBroker::start(move |packet: &Packet| match packet.kind {
        CONNECT if !answers.load(SeqCst) => Reply::Nothing,
        _ => polite(packet),
    });
    let mut options = options(&broker.url(), "thing");
    options.pace.connect = Duration::from_millis(300);
    let client = Client::start(options);
    wait_for("three attempts", || {
        (broker.connections() >= 3).then_some(())
    });
    answer.store(true, SeqCst);
    client.wait_connected();
}
