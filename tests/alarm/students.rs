//! What students' own programs say, in all the forms that courses have; and what is said before anything stands.

use crate::guard::{Guard, building};
use crate::support::{Mosquitto, free_port};

/// `{"value": 31.5}` (RFC 8949): a map of one, a text of five, a double.
const CBOR: &[u8] = b"\xa1\x65value\xfb\x40\x3f\x80\x00\x00\x00\x00\x00";

#[test]
fn each_value_beyond_is_a_line_whatever_form_it_has() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let mut guard = Guard::alarm(
        &broker,
        &[
            "--above", "TEMP=30", "--every", "--count", "5", "--wing", "W",
        ],
    );
    for payload in [
        &b"31"[..],
        b"{\"value\": 32, \"unit\": \"C\"}",
        CBOR,
        b"\"33.5\"",
        b"{\"value\": \"34\"}",
    ] {
        broker.publish("house/P_1/O/2/TEMP", b"30", false);
        broker.publish("house/P_1/N/2/TEMP", payload, false);
        broker.publish("house/P_1/O/2/TEMP", payload, false);
    }
    let (status, _) = guard.end();
    assert!(status.success());
    let told = guard.out.all();
    let expected = ["31", "32", "31.5", "33.5", "34"].map(|v| format!("house P_1 O 2 TEMP {v}"));
    assert_eq!(told, expected);
}

#[test]
fn values_stand_where_each_sensor_has_them() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let fields = ["--field", "TEMP=temperature", "--field", "data.h"];
    let guard = Guard::alarm(
        &broker,
        &[&["--above", "TEMP=20", "--below", "HUM=40"], &fields[..]].concat(),
    );
    let asked = Guard::start(building(
        &broker.url(),
        &[&["query", "--floor", "P_1"], &fields[..]].concat(),
    ));
    asked.wait_told("subscribed to +/P_1/+/+/+");
    broker.publish("house/P_1/N/2/TEMP", b"{\"temperature\": 21}", false);
    broker.publish("house/P_1/N/2/HUM", b"{\"data\": {\"h\": 39.5}}", false);
    broker.publish("house/P_1/N/2/HUM", b"wet", false);
    guard.wait_out("house P_1 N 2 TEMP 21 above 20");
    guard.wait_out("house P_1 N 2 HUM 39.5 below 40");
    guard.wait_told("house/P_1/N/2/HUM: `wet` is neither JSON nor CBOR");
    asked.wait_told("house/P_1/N/2/HUM: `wet` is neither JSON nor CBOR");
    assert_eq!(
        asked.out.all(),
        ["house P_1 N 2 TEMP 21 C", "house P_1 N 2 HUM 39.5 %"]
    );
}

#[test]
fn nothing_is_subscribed_to_where_no_broker_is() {
    let url = format!("mqtt://127.0.0.1:{}", free_port());
    // side by side, since both wait for a broker
    let both = [
        &["query", "--sensor", "TEMP"][..],
        &["alarm", "--above", "TEMP=30"],
    ];
    for mut guard in both.map(|arguments| Guard::start(building(&url, arguments))) {
        let (status, told) = guard.end();
        assert_eq!(status.code(), Some(1), "{told}");
        assert!(told.contains("was not reached"), "{told}");
        assert!(!told.contains("subscribed"), "{told}");
    }
}
