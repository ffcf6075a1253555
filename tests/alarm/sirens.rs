//! A buzzer and a red LED of a real thing: on while an alarm stands, whoever dies meanwhile.

use crate::guard::Guard;
use crate::pi::{File, OUTER, Pi, can_run};
use crate::support::{Mosquitto, Observer};
use mqtt_thing::board::Port;
use std::process::Command;

const ROOM: &str = "house/P_7/S/4/TEMP";
const ALARM: &str = "house/alarms/P_7/S/4/TEMP";

const THING: &str = r#"
[things.outer]
address = "10.77.0.2"
[things.outer.resources]
buzzer0 = { kind = "buzzer", port = "D8" }
led9 = { kind = "led", port = "D4" }
"#;

struct Stage {
    broker: Mosquitto,
    file: File,
    pi: Option<Pi>,
}

impl Stage {
    /// A thing that is online, at rest.
    fn new() -> Option<Self> {
        if !can_run() {
            return None;
        }
        let broker = Mosquitto::start()?;
        let file = File::lab(&broker.url(), 2, THING);
        let mut stage = Self {
            broker,
            file,
            pi: None,
        };
        stage.switch_on();
        Some(stage)
    }

    fn switch_on(&mut self) {
        let observer = Observer::start(&self.broker, &format!("{OUTER}/status"));
        self.pi = Some(Pi::start(&self.file, "outer"));
        observer.wait_where("a thing that is online now", |seen| {
            seen.payload == b"online" && !seen.retained
        });
    }

    fn guard(&self) -> Guard {
        Guard::alarm(
            &self.broker,
            &[
                "--above",
                "TEMP=30",
                "--actuator",
                "10.77.0.2/buzzer0",
                "--actuator",
                "10.77.0.2/actuators/led9",
            ],
        )
    }

    fn measured(&self, value: &str) {
        self.broker.publish(ROOM, value.as_bytes(), false);
    }

    /// Both are on, or both are off.
    fn wait_both(&self, on: bool) {
        let pi = self.pi.as_ref().unwrap();
        let duty = if on { 255 } else { 0 };
        pi.wait_duty(Port::D8, duty);
        pi.wait_duty(Port::D4, duty);
    }
}

#[test]
fn a_buzzer_and_a_red_led_are_on_while_an_alarm_stands() {
    let Some(stage) = Stage::new() else { return };
    let observer = Observer::start(&stage.broker, "#");
    let guard = stage.guard();
    stage.measured("29");
    stage.measured("31");
    stage.wait_both(true);
    guard.wait_told("10.77.0.2/buzzer0 is told to be on");
    stage.measured("30");
    stage.wait_both(false);
    // a clean end in the middle of an alarm: off, and it is said
    stage.measured("40");
    stage.wait_both(true);
    let (status, told) = guard.stop();
    assert!(status.success());
    stage.wait_both(false);
    assert!(told.ends_with("10.77.0.2/led9 is told to be off"), "{told}");
    for seen in observer.seen() {
        if seen.topic.ends_with("/set") {
            assert!(!seen.retained && seen.qos == 1);
        }
    }
    // the next one goes on where this ended
    let next = stage.guard();
    stage.wait_both(true);
    stage.measured("20");
    next.wait_out("house P_7 S 4 TEMP 20 over");
    stage.wait_both(false);
}

#[test]
fn a_thing_that_is_killed_and_restarted_amid_an_alarm_is_told_again() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let guard = stage.guard();
    stage.measured("31");
    stage.wait_both(true);
    stage.pi = None;
    guard.wait_told("10.77.0.2/buzzer0 should be on, and its thing is offline");
    stage.switch_on();
    stage.wait_both(true);
    guard.wait_told("the thing of 10.77.0.2/buzzer0 is back; it is told to be on");
    stage.measured("20");
    stage.wait_both(false);
}

#[test]
fn after_a_restart_of_the_broker_they_are_on_as_long_as_the_alarm_stands() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let guard = stage.guard();
    stage.measured("31");
    stage.wait_both(true);
    stage.broker.restart();
    guard.wait_told("connected again");
    let observer = Observer::start(&stage.broker, "#");
    observer.wait_for(&format!("{OUTER}/status"), "online");
    observer.wait_where("the alarm, again", |seen| seen.topic == ALARM);
    stage.wait_both(true);
    // and what ended meanwhile is off
    stage.measured("20");
    stage.wait_both(false);
    observer.wait_for(ALARM, "");
}

#[test]
fn who_watches_after_a_crash_goes_on_where_the_crash_was() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let guard = stage.guard();
    stage.measured("31");
    stage.wait_both(true);
    guard.kill();
    let observer = Observer::start(&stage.broker, &format!("{OUTER}/actuators/#"));
    let next = stage.guard();
    next.wait_told("10.77.0.2/led9 is told to be on");
    stage.measured("20");
    next.wait_out("house P_7 S 4 TEMP 20 over");
    stage.wait_both(false);
    let states = observer.texts(&format!("{OUTER}/actuators/buzzer0"));
    assert_eq!(states, ["True", "False"], "not off and on in between");
    // this time the broker dies, too, and takes the alarm with it: what is still on has no reason any more
    stage.measured("31");
    stage.wait_both(true);
    next.kill();
    stage.broker.restart();
    let observer = Observer::start(&stage.broker, &format!("{OUTER}/status"));
    observer.wait_for(&format!("{OUTER}/status"), "online");
    stage.wait_both(true);
    let last = stage.guard();
    last.wait_told("10.77.0.2/buzzer0 is on and no alarm stands; it is told to be off");
    stage.wait_both(false);
}

#[test]
fn a_thing_that_does_not_follow_is_told_once() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let guard = Guard::alarm(
        &broker,
        &["--above", "TEMP=30", "--actuator", "10.0.0.9/siren0"],
    );
    broker.publish(ROOM, b"31", false);
    let told = guard.wait_told("does not say that it is");
    assert!(told.contains("10.0.0.9/actuators/siren0/set"), "{told}");
}

#[test]
fn in_the_words_of_a_lab_an_actuator_is_a_thing_and_a_resource() {
    let Some(stage) = Stage::new() else { return };
    let file = stage.file.path();
    let lab = file.to_str().unwrap();
    // the broker is the lab's
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command.args(["building", "alarm", "--silent", "1", "--topology", lab]);
    command.args(["--actuator", "outer/buzzer0"]);
    command.env_remove("MQTT_THING_BROKER");
    let guard = Guard::start(command);
    guard.wait_told("while an alarm stands, outer/buzzer0 is on");
    let pi = stage.pi.as_ref().unwrap();
    stage.measured("21");
    guard.wait_out("house P_7 S 4 TEMP 21 silent");
    pi.wait_duty(Port::D8, 255);
    stage.measured("21");
    guard.wait_out("heard again");
    pi.wait_duty(Port::D8, 0);
}
