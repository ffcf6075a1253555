//! The lab behind the demo, in this process: what is on its buses, and that a script sees what is wrong.

mod support;

use mqtt_thing::board::Port;
use mqtt_thing::board::sim::{Data, Output, Pins, Timing};
use mqtt_thing::demo::{
    Lab, Line, Observer as Own, Pace, SCENARIO, Script, Station, Verdict, Who, embedded_broker,
    stations,
};
use mqtt_thing::mqtt::{BrokerUrl, Endpoint};
use mqtt_thing::topology;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{LIMIT, Mosquitto, Observer};
use tokio::task::spawn_blocking;

fn scenario() -> Vec<Station> {
    stations(&topology::parse(SCENARIO).unwrap(), "", Timing::Bus).unwrap()
}

/// Plays the script; `look` is called with each line before the script goes on.
async fn play(
    stations: &[Station],
    broker: &BrokerUrl,
    step: Duration,
    mut look: impl FnMut(&Line) + Send + 'static,
) -> (Verdict, Vec<Line>) {
    let broker = &Endpoint::from(broker.clone());
    let lines = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&lines);
    let observer = Own::start(stations, broker, LIMIT).await.unwrap();
    let pace = Pace {
        step,
        ..Pace::default()
    };
    let script = Script::new(stations.to_vec(), observer, pace, move |line: &Line| {
        look(line);
        told.lock().unwrap().push(line.clone());
    });
    let lab = Lab::start(stations, broker, Duration::from_secs(10))
        .await
        .unwrap();
    let verdict = script.play(lab, pending()).await;
    let lines = lines.lock().unwrap().clone();
    (verdict, lines)
}

/// The commands of one kind that were sent to a board, without those that were only sent again.
fn commands(pins: &Pins, kind: u8) -> Vec<[u8; 4]> {
    let transfers = pins.transfers();
    let written = transfers
        .iter()
        .filter_map(|transfer| match &transfer.data {
            Data::Write(bytes) => Some(<[u8; 4]>::try_from(bytes.as_slice()).unwrap()),
            Data::Read(_) => None,
        });
    let mut commands: Vec<_> = written.filter(|bytes| bytes[0] == kind).collect();
    commands.dedup();
    commands
}

#[tokio::test]
async fn a_press_is_these_bytes_on_one_bus_and_those_on_the_other() {
    let stations = scenario();
    let (inner, outer) = (&stations[0].pins, &stations[1].pins);
    for pins in [inner, outer] {
        pins.keep_transfers(200_000);
    }
    let broker = embedded_broker().await.unwrap();
    let (verdict, _) = play(&stations, &broker, LIMIT, |_| {}).await;
    assert_eq!(verdict, Verdict::Passed);

    // the button on D3 is asked for with 01 03 00 00; it answered 01 00 until it was pressed, then 01 01
    let transfers = inner.transfers();
    let asked = Data::Write(vec![1, 3, 0, 0]);
    let pressed = transfers.iter().position(
        |transfer| matches!(&transfer.data, Data::Read(bytes) if bytes.starts_with(&[1, 1])),
    );
    let pressed = pressed.expect("the button was never read as pressed");
    let question = transfers[..pressed]
        .iter()
        .rfind(|transfer| matches!(transfer.data, Data::Write(_)));
    assert_eq!(question.unwrap().data, asked);
    let earlier = transfers[..pressed]
        .windows(2)
        .filter(|pair| pair[0].data == asked);
    assert!(earlier.clone().count() > 0);
    for pair in earlier {
        assert!(
            matches!(&pair[1].data, Data::Read(bytes) if bytes.starts_with(&[1, 0]) || bytes[0] == 0x17),
            "{}",
            pair[1]
        );
    }

    // rest, pressed, released, pressed again, rest
    let (off, on) = ([2, 4, 0, 0], [2, 4, 1, 0]);
    for pins in [inner, outer] {
        assert_eq!(commands(pins, 2), [off, on, off, on, off]);
    }
    // the knob dims D5: 256, 512, 768 and 1023 of 1023 are 64, 128, 191 and 255 of 255
    let dimmed: Vec<u8> = commands(outer, 4).iter().map(|bytes| bytes[2]).collect();
    assert_eq!(dimmed, [0, 64, 128, 191, 255, 0, 255, 0]);
    // modes: D4 and D5 of outer are outputs, and nothing else was ever sent there
    assert_eq!(commands(outer, 5), [[5, 4, 1, 0], [5, 5, 1, 0]]);
    for pins in [inner, outer] {
        pins.assert_no_violations();
    }
}

#[tokio::test]
async fn a_led_that_does_not_follow_fails_the_script() {
    let stations = scenario();
    let outer = stations[1].pins.clone();
    let broker = embedded_broker().await.unwrap();
    let freeze_at_the_press = move |line: &Line| {
        if matches!(line, Line::Step { action, .. } if action == "pressed") {
            outer.freeze();
        }
    };
    let (verdict, lines) = play(
        &stations,
        &broker,
        Duration::from_secs(2),
        freeze_at_the_press,
    )
    .await;
    assert_eq!(verdict, Verdict::Failed);
    let failures: Vec<&Line> = lines.iter().filter(|line| line.is_failure()).collect();
    let led = |line: &Line| match line {
        Line::Output {
            who,
            port,
            expected,
            seen,
            ..
        } => Some((who.clone(), *port, *expected, *seen)),
        _ => None,
    };
    let who = Who::Resource {
        thing: "outer".to_owned(),
        resource: "led0".to_owned(),
    };
    assert_eq!(
        led(failures[0]),
        Some((who, Port::D4.name(), 255, 0)),
        "{failures:?}"
    );
    assert!(
        failures[0].to_string().ends_with("FAILED: found off"),
        "{}",
        failures[0]
    );
    // the LED of the Pi that works is on, and the script went no further than this step
    assert!(lines.iter().any(|line| matches!(
        line,
        Line::Output {
            expected: 255,
            seen: 255,
            ok: true,
            ..
        }
    )));
    let moves = lines
        .iter()
        .filter(|line| matches!(line, Line::Step { .. }))
        .count();
    assert_eq!(moves, 3, "started, pressed, told to stop");
    assert!(matches!(lines.last(), Some(Line::End { ok: false, .. })));
}

#[tokio::test]
async fn a_led_that_lights_without_reason_fails_the_script_too() {
    let stations = scenario();
    let inner = stations[0].pins.clone();
    let broker = embedded_broker().await.unwrap();
    // somebody else presses the button while the knob is turned
    let press_at_the_turn = move |line: &Line| {
        if matches!(line, Line::Step { action, .. } if action == "turned to 512") {
            inner.set_digital(Port::D3, true);
            inner.wait_output(Port::D4, LIMIT, Output::is_on).unwrap();
        }
    };
    let (verdict, lines) = play(&stations, &broker, LIMIT, press_at_the_turn).await;
    assert_eq!(verdict, Verdict::Failed);
    let failures: Vec<String> = lines
        .iter()
        .filter(|line| line.is_failure())
        .map(ToString::to_string)
        .collect();
    assert!(
        failures[0].contains("inner/led0") && failures[0].contains("D4 off"),
        "{failures:?}"
    );
}

#[tokio::test]
async fn mosquitto_sub_can_join_the_broker_that_is_brought_along() {
    if std::process::Command::new("mosquitto_sub")
        .arg("--help")
        .output()
        .is_err()
    {
        return support::skipped("mosquitto-clients");
    }
    let stations = scenario();
    let broker = embedded_broker().await.unwrap();
    let port = broker.port();
    let witness = spawn_blocking(move || Observer::at(port, "#"))
        .await
        .unwrap();
    let (verdict, _) = play(&stations, &broker, LIMIT, |_| {}).await;
    assert_eq!(verdict, Verdict::Passed);
    witness.wait_for("172.16.32.117/actuators/led0", "");
    let mut seen = witness.texts("172.16.32.117/actuators/led0");
    seen.dedup();
    assert_eq!(seen, ["False", "True", "False", "True", "False", ""]);
}

#[tokio::test]
async fn the_clients_of_a_demo_have_names_of_their_own_so_that_no_real_thing_is_thrown_out() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let stations = scenario();
    let lab = Lab::start(
        &stations,
        &mosquitto.url().parse::<BrokerUrl>().unwrap().into(),
        Duration::from_secs(10),
    )
    .await
    .unwrap();
    let mosquitto = spawn_blocking(move || {
        mosquitto.wait_log(" as 172.16.32.157-demo-");
        mosquitto.wait_log(" as 172.16.32.117-demo-");
        mosquitto
    })
    .await
    .unwrap();
    lab.leave(LIMIT).await;
    assert_eq!(mosquitto.count_log(" as 172.16.32.157 "), 0);
    assert_eq!(mosquitto.count_log(" as 172.16.32.117 "), 0);
}
