//! Brokers that are slow, frozen, dead, rude or strange.

use crate::client::{Client, event, options, promise, state, subscribing};
use crate::support::fake_broker::{CONNECT, Packet, Reply, SUBSCRIBE, connack, polite, suback};
use crate::support::{FakeBroker, LIMIT, Mosquitto, Observer, Proxy, wait_for};
use mqtt_thing::mqtt::SessionEvent;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

#[test]
fn publish_returns_at_once_while_the_broker_is_frozen_and_only_the_latest_state_is_sent_afterwards()
{
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "thing/#");
    let proxy = Proxy::to(mosquitto.port());
    let mut options = options(&proxy.url(), "thing");
    options.keep_alive = Duration::from_secs(60);
    let client = Client::connected(options);
    proxy.freeze();
    let began = Instant::now();
    let (mut longest, padding) = (Duration::ZERO, "x".repeat(500));
    for number in 0..100_000 {
        let before = Instant::now();
        client.publish(state("thing/sensors/rotary0", &number.to_string()));
        client.publish(event("thing/stuff/noise", &padding));
        longest = longest.max(before.elapsed());
    }
    assert!(
        longest < Duration::from_secs(1),
        "{longest:?} in one publish"
    );
    assert!(began.elapsed() < LIMIT);
    // one state, a thousand events, and the window of what is on its way
    assert!(
        client.counters.queue_depth() <= 1 + 1000 + 32,
        "{:?}",
        client.counters
    );
    proxy.thaw();
    observer.wait_for("thing/sensors/rotary0", "99999");
    let sent = observer.texts("thing/sensors/rotary0").len();
    assert!(sent < 10_000, "{sent} of 100000 states were sent");
}

#[test]
fn states_are_said_again_by_their_owner_and_events_of_the_absence_are_gone() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    let pressed = std::sync::Arc::new(std::sync::Mutex::new("False"));
    let button = std::sync::Arc::clone(&pressed);
    let client = Client::start_with(options(&proxy.url(), "thing"), move |event, outbox| {
        if *event == SessionEvent::Connected {
            outbox
                .publish(state("thing/sensors/button0", *button.lock().unwrap()))
                .unwrap();
        }
    });
    client.wait_connected();
    proxy.refuse(true);
    mosquitto.restart();
    client.wait_disconnected();
    *pressed.lock().unwrap() = "True";
    client.publish(state("thing/sensors/button0", "True"));
    client.publish(event("thing/stuff/clock0", "missed"));
    let observer = Observer::start(&mosquitto, "thing/#");
    proxy.refuse(false);
    observer.wait_for("thing/sensors/button0", "True");
    client.publish(event("thing/stuff/clock0", "now"));
    observer.wait_for("thing/stuff/clock0", "now");
    let seen: Vec<String> = observer
        .seen()
        .iter()
        .map(crate::support::Seen::text)
        .collect();
    assert_eq!(seen, ["True", "now"]);
    assert_eq!(client.counters.dropped(), 2);
}

#[test]
fn a_slow_line_carries_a_large_message_without_being_given_up() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "thing/#");
    let proxy = Proxy::to(mosquitto.port());
    // pieces of 64 KiB: some three seconds for a megabyte, longer than a keep-alive
    proxy.delay_upwards(Duration::from_millis(200));
    let client = Client::connected(options(&proxy.url(), "thing"));
    client.publish(promise("thing/responses", vec![b'x'; 1_000_000]));
    observer.wait_where("the large message", |seen| seen.payload.len() == 1_000_000);
    wait_for("its acknowledgement", || {
        (client.counters.acknowledged() == 1).then_some(())
    });
    assert_eq!(client.counters.disconnects(), 0);
}

#[test]
fn closing_while_the_broker_is_frozen_ends_within_the_patience() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let client = Client::connected(options(&mosquitto.url(), "thing"));
    mosquitto.freeze();
    client.publish(promise("thing/responses", "1"));
    let (closed, took) = client.close(
        vec![state("thing/status", "offline")],
        Duration::from_millis(700),
    );
    assert_eq!((closed.clean, closed.promises_left), (false, 1));
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn closing_while_the_broker_is_dead_does_not_wait_when_nothing_is_promised() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let client = Client::connected(options(&mosquitto.url(), "thing"));
    mosquitto.kill();
    client.wait_disconnected();
    let (closed, took) = client.close(vec![state("thing/status", "offline")], LIMIT);
    assert_eq!((closed.clean, closed.promises_left), (false, 0));
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn closing_waits_for_a_broker_that_comes_back_in_time_for_what_was_promised() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let client = Client::connected(options(&mosquitto.url(), "thing"));
    mosquitto.kill();
    client.wait_disconnected();
    client.publish(promise("thing/responses", "1"));
    let back = std::thread::spawn(move || {
        mosquitto.restart();
        mosquitto
    });
    let (closed, _) = client.close(vec![state("thing/status", "offline")], LIMIT);
    assert_eq!((closed.clean, closed.promises_left), (true, 0));
    let mosquitto = back.join().unwrap();
    Observer::start(&mosquitto, "#").wait_for("thing/status", "offline");
}

#[test]
fn a_refused_subscription_is_named_and_asked_for_again_on_the_same_connection() {
    let asked = AtomicUsize::new(0);
    let broker = FakeBroker::start(move |packet: &Packet| match packet.kind {
        // one of two is refused, twice; then it is granted
        SUBSCRIBE => match (packet.filters().len(), asked.fetch_add(1, SeqCst)) {
            (2, _) => suback(packet.id(), &[1, 0x80]),
            (_, 1) => suback(packet.id(), &[0x80]),
            _ => suback(packet.id(), &[1]),
        },
        _ => polite(packet),
    });
    let mut options = subscribing(options(&broker.url(), "thing"), &["mine/#", "theirs/#"]);
    options.pace.subscribe_again = Duration::from_millis(100);
    let client = Client::start(options);
    for _ in 0..2 {
        let refused = client.wait("a refusal", |event| match event {
            SessionEvent::SubscriptionRefused { filter } => Some(filter),
            _ => None,
        });
        assert_eq!(refused.as_str(), "theirs/#");
    }
    let asked = || {
        let packets = broker.packets();
        let asked = packets.iter().filter(|packet| packet.kind == SUBSCRIBE);
        asked
            .map(|packet| packet.filters().join(" "))
            .collect::<Vec<_>>()
    };
    wait_for("the third asking", || (asked().len() == 3).then_some(()));
    assert_eq!(asked(), ["mine/# theirs/#", "theirs/#", "theirs/#"]);
    assert_eq!(broker.connections(), 1);
    assert_eq!(client.logged("the broker refused the subscription"), 1);
}

#[test]
fn each_refusal_to_connect_is_logged_with_its_meaning_and_asked_again_more_slowly() {
    let meanings = [
        (1, "does not speak MQTT 3.1.1 (code 1)"),
        (2, "does not allow this client identifier (code 2)"),
        (3, "is there but not available (code 3)"),
        (4, "wrong user name or password (code 4)"),
        (5, "not authorised (code 5)"),
    ];
    for (code, meaning) in meanings {
        let broker = FakeBroker::start(move |packet: &Packet| match packet.kind {
            CONNECT => connack(code),
            _ => polite(packet),
        });
        let mut options = options(&broker.url(), "thing");
        // a tenth of this is the first pause
        options.pace.longest_refused = Duration::from_secs(4);
        options.pace.first_retry = Duration::from_millis(1);
        let began = Instant::now();
        let client = Client::start(options);
        wait_for("three attempts", || {
            (client.counters.failed_connects() >= 3).then_some(())
        });
        let slowly = began.elapsed() > Duration::from_millis(900);
        assert_eq!(
            slowly,
            code != 3,
            "an unavailable server is tried again soon: {:?}",
            began.elapsed()
        );
        assert_eq!(client.logged(meaning), 1, "{meaning}");
    }
}

#[test]
fn whoever_answers_in_another_language_is_tried_again_without_harm() {
    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        &[0xFF; 64],
        &[0x20, 2, 0, 77],
    ] {
        let broker = FakeBroker::start(move |_: &Packet| Reply::Send(answer.to_vec()));
        let mut options = options(&broker.url(), "thing");
        options.pace.connect = Duration::from_millis(300);
        let client = Client::start(options);
        wait_for("three attempts", || {
            (client.counters.failed_connects() >= 3).then_some(())
        });
        let strange = |event: &SessionEvent| {
            matches!(event, SessionEvent::CannotConnect { refused: false, .. })
        };
        let so_far = client.so_far();
        assert!(
            !so_far.is_empty() && so_far.iter().all(strange),
            "{so_far:?}"
        );
    }
}

#[test]
fn a_session_that_backs_off_still_shows_progress_to_the_watchdog() {
    let mut options = options("mqtt://127.0.0.1:1", "thing");
    options.pace.first_retry = LIMIT * 10;
    options.pace.longest_retry = LIMIT * 10;
    let client = Client::start(options);
    wait_for("the first attempt", || {
        (client.counters.failed_connects() == 1).then_some(())
    });
    let began = Instant::now();
    wait_for("seven seconds of a long pause", || {
        (began.elapsed() > Duration::from_secs(7)).then_some(())
    });
    assert!(
        client.counters.since_progress() < Duration::from_secs(6),
        "{:?}",
        client.counters
    );
}

#[test]
fn a_sink_that_is_stuck_shows_no_progress_to_the_watchdog() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let (release, stuck) = std::sync::mpsc::channel::<()>();
    let client = Client::start_with(options(&mosquitto.url(), "thing"), move |_, _| {
        let _released = stuck.recv();
    });
    wait_for("no progress", || {
        (client.counters.since_progress() > Duration::from_secs(6)).then_some(())
    });
    drop(release);
    wait_for("progress", || {
        (client.counters.since_progress() < Duration::from_secs(5)).then_some(())
    });
}

#[test]
fn whatever_bytes_a_broker_sends_the_session_goes_on() {
    // packets of any type with bodies that fit or do not, from a fixed seed
    let chance = std::sync::Mutex::new(StdRng::seed_from_u64(2));
    let broker = FakeBroker::start(move |packet: &Packet| {
        let mut chance = chance.lock().unwrap();
        let mut bytes = vec![0x20, 2, 0, 0];
        if packet.kind != CONNECT {
            bytes.clear();
        }
        for _ in 0..chance.random_range(1..4) {
            let length = chance.random_range(0..12u8);
            bytes.push(chance.random());
            bytes.push(if chance.random_bool(0.9) {
                length
            } else {
                chance.random()
            });
            bytes.extend((0..length).map(|_| chance.random::<u8>() >> chance.random_range(0..8)));
        }
        Reply::Send(bytes)
    });
    let mut options = subscribing(options(&broker.url(), "thing"), &["#"]);
    let blink = Duration::from_millis(1);
    (options.pace.first_retry, options.pace.longest_retry) = (blink, blink);
    (options.pace.first_takeover, options.pace.longest_takeover) = (blink, blink);
    (options.pace.acknowledgement, options.pace.connect) = (blink * 100, blink * 100);
    let client = Client::start_with(options, |event, outbox| {
        if *event == SessionEvent::Connected {
            let _full_or_not = outbox.publish(promise("thing/responses", "x"));
        }
    });
    wait_for("five hundred connections", || {
        (broker.connections() >= 500).then_some(())
    });
    assert!(client.counters.since_progress() < Duration::from_secs(6));
}
