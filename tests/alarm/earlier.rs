//! Alarms that the broker kept of an earlier life, judged by the rules of this one.

use crate::guard::Guard;
use crate::support::{Mosquitto, Observer};

const ALARM: &str = "house/alarms/P_1/N/2/TEMP";
const KEPT: &[u8] =
    br#"{"above":200.0,"since":"2026-01-01T00:00:00.000Z","unit":"C","value":256.0}"#;

fn guard(broker: &Mosquitto, above: &str) -> Guard {
    Guard::alarm(broker, &["--above", above, "--actuator", "a/b/siren"])
}

#[test]
fn what_is_an_alarm_still_is_told_with_its_value_and_time_before_anything_sounds() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    broker.publish(ALARM, KEPT, true);
    let guard = guard(&broker, "TEMP=100");
    guard.wait_told("a/b/siren is told to be on");
    let line = "house P_1 N 2 TEMP 256 above 100, kept since 2026-01-01T00:00:00.000Z";
    guard.wait_out(line);
    assert_eq!(guard.out.all(), [line]);
}

#[test]
fn what_is_none_by_the_rules_of_today_is_told_and_nothing_sounds() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    broker.publish(ALARM, KEPT, true);
    let observer = Observer::start(&broker, "house/#");
    let guard = guard(&broker, "TEMP=1000");
    guard.wait_told(
        "house P_1 N 2 TEMP 256 kept since 2026-01-01T00:00:00.000Z, is no alarm by the rules here; no actuator is on for it",
    );
    // the first reading decides
    broker.publish("house/P_1/N/2/TEMP", b"255", false);
    observer.wait_for(ALARM, "");
    let (status, told) = guard.stop();
    assert!(status.success());
    assert!(!told.contains("told to be on"), "{told}");
}
