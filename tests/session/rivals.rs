//! Two clients with one identifier: MQTT lets the broker throw the first out, and both would come back for ever.

use crate::client::{Client, options};
use crate::support::{Mosquitto, Proxy, wait_for};
use mqtt_thing::mqtt::{Options, SessionEvent};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn duplicate(event: SessionEvent) -> Option<Duration> {
    match event {
        SessionEvent::DuplicateClientId { pause } => Some(pause),
        _ => None,
    }
}

fn patient(url: &str) -> Options {
    let mut options = options(url, "twin");
    options.pace.first_takeover = Duration::from_secs(1);
    options
}

#[test]
fn two_sessions_with_one_identifier_notice_it_name_it_and_make_no_storm() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let clients = [
        Client::start(patient(&mosquitto.url())),
        Client::start(patient(&mosquitto.url())),
    ];
    let noticed = || {
        let events = clients.iter().flat_map(Client::so_far);
        events.into_iter().find_map(duplicate)
    };
    let first = wait_for("one to notice", noticed);
    assert!(first >= Duration::from_millis(750), "{first:?}");
    let connects = || {
        clients
            .iter()
            .map(|client| client.counters.connects())
            .sum::<u64>()
    };
    assert!(
        connects() <= 12,
        "{} connections before it was noticed",
        connects()
    );
    // from now on there are one or two connections a pause, and the pauses grow
    for _ in 0..3 {
        wait_for("further pauses", noticed);
    }
    assert!(connects() <= 20, "{} connections", connects());
    let named = |client: &Client| {
        client.logged("another client uses the same identifier client_id=\"twin\"")
    };
    assert!(
        clients.iter().any(|client| named(client) > 0),
        "the log names it"
    );
}

#[test]
fn a_rival_that_is_not_ours_is_noticed_too_and_outlived() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let client = Client::connected(patient(&mosquitto.url()));
    let mut rival = Command::new("mosquitto_sub")
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &mosquitto.port().to_string(),
            "-i",
            "twin",
            "-t",
            "x",
        ])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    client.wait("the rival to be noticed", duplicate);
    rival.kill().unwrap();
    rival.wait().unwrap();
    let _what_was_before = client.so_far();
    client.wait_connected();
}

#[test]
fn a_broker_that_is_killed_again_and_again_is_not_mistaken_for_a_rival() {
    kill_and_restart(8);
}

#[test]
fn a_broker_that_is_killed_fifty_times_is_not_mistaken_for_a_rival() {
    if crate::support::long() {
        kill_and_restart(50);
    }
}

fn kill_and_restart(times: usize) {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    // once directly, once behind something that accepts connections while the broker is away
    let clients = [
        Client::start(options(&mosquitto.url(), "direct")),
        Client::start(options(&proxy.url(), "behind")),
    ];
    let mut back = Instant::now();
    for _ in 0..times {
        let mut events = Vec::new();
        for client in &clients {
            client.wait("Connected", |event| {
                events.push(event.clone());
                (event == SessionEvent::Connected).then_some(())
            });
        }
        assert!(!events.into_iter().any(|event| duplicate(event).is_some()));
        assert!(
            back.elapsed() < Duration::from_secs(5),
            "{:?} until both were back",
            back.elapsed()
        );
        mosquitto.restart();
        back = Instant::now();
    }
    for client in &clients {
        client.wait_connected();
    }
}
