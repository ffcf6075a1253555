//! Readers that have seen enough, as `head -1` has; and what is no reading.

use crate::guard::{Guard, building};
use crate::support::Mosquitto;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const ROOM: &str = "house/P_1/N/2/TEMP";

#[test]
fn who_has_no_reader_any_more_ends_at_once() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    broker.publish(ROOM, b"31", true);
    for (arguments, code) in [
        (&["query"][..], 0),
        (&["query", "--json"], 0),
        (&["alarm", "--above", "TEMP=30"], 0),
        (&["alarm", "--above", "TEMP=30", "--json"], 0),
        (&["alarm", "--above", "TEMP=30", "--every"], 0),
    ] {
        let mut child = building(&broker.url(), arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        // nothing more is said that could fail to be written
        drop(out);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}");
        broker.publish("house/alarms/P_1/N/2/TEMP", b"", true);
    }
}

#[test]
fn an_alarm_without_a_reader_puts_its_actuators_off() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    broker.publish(ROOM, b"31", true);
    let arguments = ["alarm", "--above", "TEMP=30", "--actuator", "a/b/siren"];
    let mut child = building(&broker.url(), &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    drop(out);
    let told = child.wait_with_output().unwrap();
    let told_text = String::from_utf8(told.stderr).unwrap();
    assert!(told.status.success());
    assert!(
        told_text.contains("a/b/siren is told to be on"),
        "{told_text}"
    );
    assert!(
        told_text.contains("a/b/siren is told to be off"),
        "{told_text}"
    );
}

#[test]
fn what_is_no_reading_is_told_apart_and_does_not_count() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for (topic, payload) in [
        ("lab/of/some/one/else", "21"),
        ("house/P_1/W/2/TEMP", "21"),
        ("house/P_07/N/2/TEMP", "21"),
        ("house/P_7/N/04/TEMP", "21"),
        ("house/P_1/N/3/HUM", "wet"),
    ] {
        broker.publish(topic, payload.as_bytes(), true);
    }
    for form in [&[][..], &["--json"], &["--table"]] {
        let arguments = [&["query", "--count", "1"], form].concat();
        let mut asked = Guard::start(building(&broker.url(), &arguments));
        for told in [
            "house/P_1/W/2/TEMP: `W` is no wing in a topic; allowed there is N, S, E, and O for the west",
            "house/P_07/N/2/TEMP: `P_07` is no floor in a topic; allowed there is P_ and a number from 0 to 999 without leading zeros",
            "house/P_7/N/04/TEMP: `04` is no room in a topic; allowed there is a number from 0 to 9999 without leading zeros",
            "lab/of/some/one/else: `of` is no floor in a topic",
            "house/P_1/N/3/HUM: `wet` is neither JSON nor CBOR",
        ] {
            asked.wait_told(told);
        }
        broker.publish(ROOM, b"21", false);
        let (status, told) = asked.end();
        assert!(status.success(), "{told}");
        let out = asked.out.all();
        let lines = if form == ["--table"] { 2 } else { 1 };
        assert_eq!(out.len(), lines, "{out:?}");
        assert!(out[lines - 1].contains("TEMP"), "{out:?}");
    }
    let asked = building(&broker.url(), &["query", "--for", "0.5"]);
    let (status, told) = Guard::start(asked).end();
    assert_eq!(status.code(), Some(1), "no reading came: {told}");
    assert!(told.contains("lab/of/some/one/else: "), "{told}");
}

#[test]
fn an_alarm_names_who_speaks_where_no_sensor_is() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let guard = Guard::alarm(&broker, &["--above", "TEMP=30"]);
    broker.publish("house/P_1/W/2/TEMP", b"31", false);
    guard.wait_told("house/P_1/W/2/TEMP: `W` is no wing in a topic");
}

#[test]
fn an_outage_is_told_with_the_broker_and_an_alarm_ends_after_its_time() {
    let Some(mut broker) = Mosquitto::start() else {
        return;
    };
    let arguments = ["--above", "TEMP=30", "--for", "600"];
    let guard = Guard::alarm(&broker, &arguments);
    let url = broker.url();
    broker.kill();
    guard.wait_told(&format!("mqtt-thing: the connection to {url}"));
    let told = guard.wait_told("is not reached: ");
    assert!(told.starts_with(&format!("mqtt-thing: {url}")), "{told}");
    broker.restart();
    guard.wait_told("connected again");
    let mut short = Guard::alarm(&broker, &["--above", "TEMP=30", "--for", "0.3"]);
    assert!(short.end().0.success());
}
