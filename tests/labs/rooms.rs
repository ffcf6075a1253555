//! A Pi's sensors in a building's rooms: found by a question, watched by the alarm.

use crate::Process;
use crate::support::{Mosquitto, Observer, SimBus, Target, skipped, wait_for};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Timing;
use serde_json::Value as Json;
use std::path::Path;
use std::process::Command;

const THING: &str = r#"
[things.pi]
address = "10.0.0.1"
[things.pi.resources]
dht0 = { kind = "dht", port = "D7", room = "house/P_7/S/4" }
light0 = { kind = "light", port = "A0", room = "house/P_7/S/4", at_most_every_ms = 0 }
vibration0 = { kind = "vibration", port = "A1", room = "house/P_7/S/5" }
"#;

fn building(mosquitto: &Mosquitto, arguments: &[&str]) -> Process {
    let before = mosquitto.count_log("Sending SUBACK");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    let command = command.arg("building").args(arguments);
    let process = Process::start(command.args(["--broker", &mosquitto.url()]));
    wait_for("its subscription", || {
        (mosquitto.count_log("Sending SUBACK") > before).then_some(())
    });
    process
}

/// The first reading on a topic.
fn reading(observer: &Observer, topic: &str) -> Json {
    let seen = observer.wait_where(topic, |seen| seen.topic == topic);
    serde_json::from_slice(&seen.payload).unwrap()
}

#[test]
fn a_pis_sensors_are_found_in_their_rooms_and_give_alarm() {
    if let Some(package) = Target::Host.missing_package() {
        return skipped(package);
    }
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lab.toml");
    let url = mosquitto.url();
    std::fs::write(&file, format!("[broker]\nurl = \"{url}\"\n{THING}")).unwrap();
    let observer = Observer::start(&mosquitto, "#");
    let alarm = building(
        &mosquitto,
        &["alarm", "--above", "TEMP=30", "--above", "LUX=900"],
    );
    let query = building(
        &mosquitto,
        &[
            "query",
            "--building",
            "house",
            "--floor",
            "7",
            "--wing",
            "S",
            "--room",
            "4",
        ],
    );
    let bus = SimBus::start(Timing::Bus);
    let light = Port::A0.analog().unwrap();
    bus.pins().set_climate(Port::D7, Some([35.5, 40.0]));
    bus.pins().set_analog(light, 700);
    let program = Path::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    let mut command = bus.command(Target::Host, program);
    let thing = Process::start(command.arg("run").arg(&file).args(["--thing", "pi"]));

    let lux = "house/P_7/S/4/LUX";
    let seen = observer.wait_where("the light", |seen| seen.topic == lux);
    assert_eq!((seen.qos, seen.retained), (1, false));
    let json: Json = serde_json::from_slice(&seen.payload).unwrap();
    assert_eq!(
        (&json["value"], &json["unit"]),
        (&700.0.into(), &"of 1023".into())
    );
    assert!(
        seen.text()
            .starts_with(r#"{"value": 700.0, "unit": "of 1023", "time": "2"#)
    );
    query.wait_line("house P_7 S 4 LUX 700 of 1023");
    // what is brighter is said, and is an alarm until it is not
    bus.pins().set_analog(light, 1000);
    alarm.wait_line("house P_7 S 4 LUX 1000");
    let standing = "house/alarms/P_7/S/4/LUX";
    observer.wait_where("the alarm", |it| {
        it.topic == standing && !it.payload.is_empty()
    });
    bus.pins().set_analog(light, 500);
    observer.wait_for(standing, "");
    // the second reading of a DHT counts
    alarm.wait_line("house P_7 S 4 TEMP 35.5");
    query.wait_line("house P_7 S 4 HUM 40");
    let humidity = reading(&observer, "house/P_7/S/4/HUM");
    assert_eq!(
        (&humidity["value"], &humidity["unit"]),
        (&40.0.into(), &"%".into())
    );
    // beside its own topics
    observer.wait_for("10.0.0.1/sensors/dht0/temperature", "35.5");
    let other_room = reading(&observer, "house/P_7/S/5/VIBR");
    assert_eq!(other_room["unit"], "of 1023");
    assert!(!query.out.all().iter().any(|line| line.contains(" 5 VIBR")));

    // the broker keeps nothing of a room, but the alarm that lasts
    let late = Observer::start(&mosquitto, "#");
    mosquitto.publish("sentinel", b"", false);
    late.wait_for("sentinel", "");
    let kept = late.seen().into_iter().filter(|seen| seen.retained);
    let kept: Vec<String> = kept.map(|seen| seen.topic).collect();
    let (in_house, own): (Vec<_>, Vec<_>) = kept.iter().partition(|it| it.starts_with("house/"));
    assert_eq!(in_house, ["house/alarms/P_7/S/4/TEMP"]);
    assert!(own.len() > 4, "{own:?}");
    // a broker that forgot all hears at once how it is
    mosquitto.restart();
    for quantity in ["TEMP", "HUM", "LUX"] {
        mosquitto.wait_log(&format!("'house/P_7/S/4/{quantity}'"));
    }
    bus.pins().assert_no_violations();
    drop(thing);
}

#[test]
fn check_shows_what_is_said_in_which_room() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        format!("[broker]\nurl = \"mqtt://b\"\n{THING}heartbeat0 = {{ kind = \"heartbeat\" }}\n");
    std::fs::write(folder.path().join("lab.toml"), text).unwrap();
    let check = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        let output = command.current_dir(folder.path()).arg("check").args(more);
        let output = output.arg("lab.toml").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let expected = "\
pi, 10.0.0.1
  dht0        dht        D7  10.0.0.1/sensors/dht0/{temperature,humidity}  a decimal number  -> house/P_7/S/4/TEMP, house/P_7/S/4/HUM
  light0      light      A0  10.0.0.1/sensors/light0                       0..1023           -> house/P_7/S/4/LUX
  vibration0  vibration  A1  10.0.0.1/sensors/vibration0                   0..1023           -> house/P_7/S/5/VIBR
  heartbeat0  heartbeat  -   heartbeat                                     text
";
    let told = check(&[]);
    assert!(told.ends_with(expected), "{told}");
    let json: Json = serde_json::from_str(&check(&["--json"])).unwrap();
    let resources = &json[0]["things"][0]["resources"];
    let rooms = ["house/P_7/S/4/TEMP", "house/P_7/S/4/HUM"];
    assert_eq!(resources[0]["room"], serde_json::json!(rooms));
    assert_eq!(resources[3]["topic"], "heartbeat");
}
