//! A source that dies, freezes or is cut off: what follows it does what its `on_source_lost` says, in time.

use crate::pi::{File, INNER, LAB, OUTER, Pi, can_run};
use crate::support::{Mosquitto, Observer, Proxy};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Fault;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// Mosquitto looks for silent clients (1.5 keep-alives) every five seconds or so, which shorter ones do not leave room for.
const KEEP_ALIVE_S: u16 = 3;
const KEEP_ALIVE: Duration = Duration::from_secs(KEEP_ALIVE_S as u64);
/// What a busy machine may add.
const NOISE: Duration = Duration::from_secs(2);

const RESTS: Port = Port::D4;
const HOLDS: Port = Port::D2;
const TAKES_A_VALUE: Port = Port::D5;

/// `inner` presses and turns, and `outer` shows it on all three LEDs.
fn all_lit(inner: &Pi, outer: &Pi, observer: &Observer) {
    observer.wait_for(&format!("{OUTER}/status"), "online");
    inner.press(true);
    inner.turn(1023);
    outer.wait_duty(RESTS, 255);
    outer.wait_duty(HOLDS, 255);
    outer.wait_duty(TAKES_A_VALUE, 255);
}

/// Waits until `outer` has taken note of the loss on all three LEDs; returns how long the slowest took.
fn lost(outer: &Pi, since: Instant, how: &str) -> Duration {
    let rested = outer.wait_duty(RESTS, 0);
    let valued = outer.wait_duty(TAKES_A_VALUE, 128);
    // it heard of the loss by the same messages, and before the last of the three
    assert!(
        outer.pins.output(HOLDS).is_on(),
        "what should hold went dark"
    );
    let took = rested.max(valued).duration_since(since);
    println!("{how}: the LEDs took note after {took:?}");
    took
}

#[test]
fn a_killed_thing_is_lost_within_a_second_and_each_led_does_what_its_file_says() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let observer = Observer::start(&mosquitto, "#");
    let (inner, outer) = (Pi::start(&file, "inner"), Pi::start(&file, "outer"));
    all_lit(&inner, &outer, &observer);
    let killed = Instant::now();
    inner.signal(Signal::KILL);
    let took = lost(&outer, killed, "killed");
    assert!(took < Duration::from_secs(1) + NOISE, "{took:?}");
    observer.wait_for(&format!("{INNER}/status"), "offline");
    observer.wait_for(&format!("{OUTER}/actuators/rest0"), "False");
    drop(inner);
    // started again with the button still pressed: followed again
    let inner = Pi::start(&file, "inner");
    inner.press(true);
    outer.wait_duty(RESTS, 255);
    outer.wait_duty(TAKES_A_VALUE, 0);
    outer.pins.assert_no_violations();
}

#[test]
fn a_frozen_thing_is_lost_within_three_keep_alives_and_followed_again_when_it_thaws() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), KEEP_ALIVE_S, LAB);
    let observer = Observer::start(&mosquitto, "#");
    let (inner, outer) = (Pi::start(&file, "inner"), Pi::start(&file, "outer"));
    all_lit(&inner, &outer, &observer);
    let frozen = Instant::now();
    inner.signal(Signal::STOP);
    let took = lost(&outer, frozen, "frozen");
    assert!(took < KEEP_ALIVE * 3 + NOISE, "{took:?}");
    inner.signal(Signal::CONT);
    outer.wait_duty(RESTS, 255);
    outer.wait_duty(TAKES_A_VALUE, 255);
}

#[test]
fn a_thing_that_is_cut_off_is_lost_within_three_keep_alives_and_followed_again_afterwards() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    let far = File::lab(&proxy.url(), KEEP_ALIVE_S, LAB);
    let near = File::lab(&mosquitto.url(), KEEP_ALIVE_S, LAB);
    let observer = Observer::start(&mosquitto, "#");
    let (inner, outer) = (Pi::start(&far, "inner"), Pi::start(&near, "outer"));
    all_lit(&inner, &outer, &observer);
    let cut = Instant::now();
    proxy.freeze();
    let took = lost(&outer, cut, "cut off");
    assert!(took < KEEP_ALIVE * 3 + NOISE, "{took:?}");
    // what was pressed meanwhile counts when it is back
    inner.turn(0);
    proxy.thaw();
    outer.wait_duty(RESTS, 255);
    outer.wait_duty(TAKES_A_VALUE, 0);
}

#[test]
fn a_source_that_came_back_while_the_follower_was_away_is_followed_at_once() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    let near = File::lab(&mosquitto.url(), KEEP_ALIVE_S, LAB);
    let far = File::lab(&proxy.url(), KEEP_ALIVE_S, LAB);
    let observer = Observer::start(&mosquitto, "#");
    let inner = Pi::start(&near, "inner");
    let outer = Pi::start(&far, "outer");
    all_lit(&inner, &outer, &observer);
    drop(inner);
    outer.wait_duty(RESTS, 0);
    proxy.refuse(true);
    proxy.cut();
    outer.wait_log("cannot connect");
    let inner = Pi::start(&near, "inner");
    inner.press(true);
    inner.turn(1023);
    let newest = observer.seen().len();
    let mut count = 0;
    observer.wait_where("the press", |seen| {
        count += 1;
        count > newest && seen.topic.ends_with("button0") && seen.payload == b"True"
    });
    proxy.refuse(false);
    outer.wait_duty(RESTS, 255);
    outer.wait_duty(TAKES_A_VALUE, 255);
}

#[test]
fn a_button_whose_board_is_gone_is_lost_and_followed_again_when_the_board_is_back() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let observer = Observer::start(&mosquitto, "#");
    let (inner, outer) = (Pi::start(&file, "inner"), Pi::start(&file, "outer"));
    all_lit(&inner, &outer, &observer);
    let gone = Instant::now();
    inner.pins.unplug();
    let took = lost(&outer, gone, "board gone");
    assert!(took < Duration::from_secs(1) + NOISE, "{took:?}");
    inner.turn(0);
    inner.pins.plug_in();
    outer.wait_duty(RESTS, 255);
    outer.wait_duty(TAKES_A_VALUE, 0);
}

#[test]
fn a_broker_that_freezes_for_longer_than_two_keep_alives_is_left_and_found_again() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), KEEP_ALIVE_S, LAB);
    let observer = Observer::start(&mosquitto, "#");
    let (inner, outer) = (Pi::start(&file, "inner"), Pi::start(&file, "outer"));
    all_lit(&inner, &outer, &observer);
    mosquitto.freeze();
    for pi in [&inner, &outer] {
        pi.wait_log("disconnected");
        pi.wait_log("cannot connect");
    }
    // nobody told it that its source is gone
    assert!(outer.pins.output(RESTS).is_on());
    inner.press(false);
    inner.turn(1);
    mosquitto.thaw();
    outer.wait_duty(RESTS, 0);
    outer.wait_duty(HOLDS, 0);
    outer.wait_duty(TAKES_A_VALUE, 0);
    inner.press(true);
    outer.wait_duty(RESTS, 255);
}

#[test]
fn a_thing_whose_bus_is_stuck_in_the_kernel_is_lost_and_comes_back_when_the_bus_moves_again() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let observer = Observer::start(&mosquitto, "#");
    let (inner, outer) = (Pi::start(&file, "inner"), Pi::start(&file, "outer"));
    all_lit(&inner, &outer, &observer);
    let stuck = Instant::now();
    inner.pins.set_bus_timeout(Duration::from_secs(6));
    inner.pins.plan_faults(Fault::TimedOut, 1);
    let took = lost(&outer, stuck, "bus stuck");
    assert!(took < Duration::from_secs(4) + NOISE, "{took:?}");
    let availability = format!("{INNER}/sensors/button0/availability");
    observer.wait_for(&availability, "offline");
    inner.wait_log("the bus moves again");
    outer.wait_duty(RESTS, 255);
    outer.wait_duty(TAKES_A_VALUE, 255);
    assert_eq!(
        observer.texts(&availability),
        ["online", "offline", "online"]
    );
}
