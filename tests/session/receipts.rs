//! Promises with receipts, at QoS 0 and 1: kept until the broker certainly has them.

use crate::client::{Client, event, options, promise};
use crate::support::fake_broker::{Packet, Reply, UNSUBSCRIBE, polite};
use crate::support::{FakeBroker, LIMIT, Mosquitto, Observer, Proxy, free_port, wait_for};
use mqtt_thing::model::Message;
use mqtt_thing::mqtt::{Options, Outbox, PublishError, Receipt, SessionEvent};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::{Duration, Instant};

const FEEDBACK: &str = "governor/feedback";

/// A message at QoS 0 or 1 with its number as text.
fn numbered(number: u64, acknowledged: bool) -> Message {
    match acknowledged {
        true => promise(FEEDBACK, number.to_string()),
        false => event(FEEDBACK, &number.to_string()),
    }
}

fn promised(outbox: &Outbox, number: u64, acknowledged: bool) {
    let message = numbered(number, acknowledged);
    outbox.promise(message, Receipt(number)).unwrap();
}

/// Options for short pauses between short connections.
fn hasty(url: &str) -> Options {
    let mut options = options(url, "sut");
    options.pace.longest_retry = Duration::from_millis(200);
    options.pace.first_takeover = Duration::from_millis(200);
    options
}

fn texts(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

fn no_receipt(client: &Client) -> bool {
    let said = client.so_far();
    !said
        .iter()
        .any(|event| matches!(event, SessionEvent::Delivered(_)))
}

#[test]
fn what_is_promised_before_the_broker_is_there_is_delivered_once_it_is_and_in_order() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.kill();
    let proxy = Proxy::to(mosquitto.port());
    let client = Client::start(options(&proxy.url(), "sut"));
    for number in 0..20 {
        promised(&client.outbox, number, number % 3 == 0);
    }
    // what is not promised is not kept
    client.publish(event(FEEDBACK, "plain"));
    proxy.refuse(true);
    mosquitto.restart();
    let observer = Observer::start(&mosquitto, FEEDBACK);
    proxy.refuse(false);
    let receipts: Vec<u64> = (0..20).map(|_| client.wait_delivered()).collect();
    assert_eq!(receipts, (0..20).collect::<Vec<u64>>());
    observer.wait_for(FEEDBACK, "19");
    assert_eq!(observer.texts(FEEDBACK), texts(0..20));
    assert_eq!(client.counters.queue_depth(), 0);
}

#[test]
fn what_was_written_and_never_read_is_sent_again_after_the_broker_was_killed() {
    for acknowledged in [false, true] {
        let Some(mut mosquitto) = Mosquitto::start() else {
            return;
        };
        let proxy = Proxy::to(mosquitto.port());
        let client = Client::connected(options(&proxy.url(), "sut"));
        proxy.freeze();
        promised(&client.outbox, 1, acknowledged);
        wait_for("it to be written", || {
            (client.counters.published() == 1).then_some(())
        });
        proxy.refuse(true);
        proxy.cut();
        proxy.thaw();
        mosquitto.restart();
        client.wait_disconnected();
        let observer = Observer::start(&mosquitto, FEEDBACK);
        proxy.refuse(false);
        assert_eq!(client.wait_delivered(), 1);
        observer.wait_for(FEEDBACK, "1");
        assert_eq!(observer.texts(FEEDBACK), ["1"]);
    }
}

#[test]
fn what_was_read_but_not_answered_comes_twice_and_is_said_to_be_delivered_once() {
    for acknowledged in [false, true] {
        let Some(mosquitto) = Mosquitto::start() else {
            return;
        };
        let proxy = Proxy::to(mosquitto.port());
        let client = Client::connected(options(&proxy.url(), "sut"));
        let observer = Observer::start(&mosquitto, FEEDBACK);
        // no answer comes through any more
        proxy.delay_downwards(LIMIT);
        promised(&client.outbox, 1, acknowledged);
        observer.wait_for(FEEDBACK, "1");
        assert!(no_receipt(&client));
        proxy.delay_downwards(Duration::ZERO);
        proxy.cut();
        assert_eq!(client.wait_delivered(), 1);
        promised(&client.outbox, 2, acknowledged);
        assert_eq!(client.wait_delivered(), 2);
        observer.wait_for(FEEDBACK, "2");
        assert_eq!(observer.texts(FEEDBACK), ["1", "1", "2"]);
    }
}

#[test]
fn five_hundred_promises_survive_random_kills_of_the_broker_each_with_one_receipt_and_in_order() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut random = StdRng::seed_from_u64(500);
    let proxy = Proxy::to(mosquitto.port());
    // answers are late, so that there is always something open
    proxy.delay_upwards(Duration::from_millis(2));
    proxy.delay_downwards(Duration::from_millis(5));
    let client = Client::connected(hasty(&proxy.url()));
    let mut log = Vec::new();
    for round in 0..20 {
        let before = client.counters.published();
        for number in round * 25..(round + 1) * 25 {
            let acknowledged = random.random();
            let topic = format!("governor/feedback/{number}");
            let message = match acknowledged {
                true => promise(&topic, "feedback"),
                false => event(&topic, "feedback"),
            };
            client.outbox.promise(message, Receipt(number)).unwrap();
        }
        let enough = before + random.random_range(1..25);
        wait_for("some to be written", || {
            (client.counters.published() >= enough).then_some(())
        });
        log.extend(mosquitto.kill_and_read_log());
        mosquitto.restart();
    }
    let receipts: Vec<u64> = (0..500).map(|_| client.wait_delivered()).collect();
    assert_eq!(receipts, (0..500).collect::<Vec<u64>>());
    assert!(no_receipt(&client), "none comes twice");
    log.extend(mosquitto.kill_and_read_log());
    let mut read = Vec::new();
    let mut repeats = 0;
    for line in log.iter().filter(|line| line.contains("Received PUBLISH")) {
        let number = line.split("governor/feedback/").nth(1).unwrap();
        let number: u64 = number.split('\'').next().unwrap().parse().unwrap();
        match read.contains(&number) {
            true => repeats += 1,
            false => read.push(number),
        }
    }
    assert_eq!(
        read, receipts,
        "what the broker read, the first time of each"
    );
    assert!(repeats > 0, "the kills came at no bad moment");
}

#[test]
fn a_thousand_queued_promises_go_out_together_with_few_fences() {
    for acknowledged in [false, true] {
        let Some(mut mosquitto) = Mosquitto::start() else {
            return;
        };
        let client = Client::connected(options(&mosquitto.url(), "sut"));
        let began = Instant::now();
        for number in 0..1000 {
            promised(&client.outbox, number, acknowledged);
        }
        for number in 0..1000 {
            assert_eq!(client.wait_delivered(), number);
        }
        let took = began.elapsed();
        println!("1000 promises, acknowledged: {acknowledged}: {took:?}");
        assert!(took < Duration::from_secs(2), "{took:?}");
        let log = mosquitto.kill_and_read_log();
        let fences = log.iter().filter(|l| l.contains("Received UNSUBSCRIBE"));
        let fences = fences.count();
        assert!(fences <= 20, "{fences} fences");
        assert_eq!(fences == 0, acknowledged, "QoS 1 needs none");
    }
}

#[test]
fn a_fence_that_is_not_answered_delays_no_message_and_an_answered_ping_stands_in_for_it() {
    // rumqttd 0.20 does that
    let broker = FakeBroker::start(|packet: &Packet| match packet.kind {
        UNSUBSCRIBE => Reply::Nothing,
        _ => polite(packet),
    });
    let client = Client::connected(options(&broker.url(), "sut"));
    for number in 0..100 {
        promised(&client.outbox, number, false);
    }
    wait_for("all to be read", || {
        (broker.payloads().len() == 100).then_some(())
    });
    for number in 0..100 {
        assert_eq!(client.wait_delivered(), number);
    }
    assert_eq!((broker.connections(), broker.payloads().len()), (1, 100));
}

#[test]
fn a_promise_that_the_broker_throws_us_out_for_is_undeliverable_and_something_shorter_is_not() {
    for acknowledged in [false, true] {
        let Some(mosquitto) = Mosquitto::start_with("max_packet_size 5000") else {
            return;
        };
        let observer = Observer::start(&mosquitto, FEEDBACK);
        let client = Client::connected(hasty(&mosquitto.url()));
        let long = |size| Message {
            payload: vec![b'x'; size],
            ..numbered(0, acknowledged)
        };
        promised(&client.outbox, 1, acknowledged);
        client.outbox.promise(long(6000), Receipt(2)).unwrap();
        promised(&client.outbox, 3, acknowledged);
        let given_up = client.wait("Undeliverable", |event| match event {
            SessionEvent::Undeliverable { receipt, size } => Some((receipt.0, size)),
            _ => None,
        });
        assert_eq!(given_up, (2, 6000 + FEEDBACK.len()));
        client.outbox.promise(long(4000), Receipt(4)).unwrap();
        while client.wait_delivered() != 4 {}
        observer.wait_where("what is shorter", |seen| seen.payload.len() == 4000);
        let refused = client.outbox.promise(long(6000), Receipt(5));
        assert!(matches!(refused, Err(PublishError::TooLarge { .. })));
    }
}

#[test]
fn promises_are_bounded_with_receipts_as_without() {
    let client = Client::start(options("mqtt://127.0.0.1:1", "sut"));
    for number in 0..1000 {
        promised(&client.outbox, number, number % 2 == 0);
    }
    let full = client.outbox.promise(numbered(1000, false), Receipt(1000));
    assert!(matches!(full, Err(PublishError::Full(_))), "{full:?}");
    assert_eq!(client.counters.refused(), 1);
}

#[test]
fn closing_without_a_broker_leaves_receipts_to_who_has_a_journal_and_closing_with_one_settles_them()
{
    let url = format!("mqtt://127.0.0.1:{}", free_port());
    let client = Client::start(options(&url, "sut"));
    promised(&client.outbox, 1, false);
    promised(&client.outbox, 2, true);
    let (closed, took) = client.close(Vec::new(), LIMIT);
    assert_eq!((closed.clean, closed.promises_left), (false, 2));
    assert!(took < Duration::from_secs(2), "{took:?}");

    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, FEEDBACK);
    let client = Client::connected(options(&mosquitto.url(), "sut"));
    for number in 0..100 {
        promised(&client.outbox, number, false);
    }
    let (closed, _) = client.close(Vec::new(), LIMIT);
    assert_eq!((closed.clean, closed.promises_left), (true, 0));
    observer.wait_for(FEEDBACK, "99");
    assert_eq!(observer.texts(FEEDBACK), texts(0..100));
}
