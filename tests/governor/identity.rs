//! Who a SUT is, and which broker it goes to: of the file, of the environment, and with any characters.

use crate::process::{Process, Start};
use crate::support::{Mosquitto, Observer};
use crate::wire::{COMMANDS, RESPONSES};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const REGISTRATION: &str = "clients/registration";

#[test]
fn a_client_id_may_have_any_characters() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let ids = [
        "lab 1",
        "lab/1",
        "a\"b'c\\d",
        "größe-π-😀",
        "+/#",
        "..",
        "a|b",
        "{\"x\": 1}",
        "tab\there",
    ];
    let start = |id: &&str| {
        Start::new(&mosquitto, "sut")
            .args(&["--allow", "echo *"])
            .env("CLIENT_ID", id)
            .run()
    };
    let suts: Vec<Process> = ids.iter().map(start).collect();
    for (id, _sut) in ids.iter().zip(&suts) {
        // by then its subscriptions stand
        observer.wait_for(REGISTRATION, id);
        let command = json!({"client_id": id, "command": "echo hi"}).to_string();
        mosquitto.publish(COMMANDS, command.as_bytes(), false);
        let answer = observer.wait_where(&format!("an answer of {id}"), |seen| {
            let json: Option<Json> = serde_json::from_slice(&seen.payload).ok();
            seen.topic == RESPONSES && json.is_some_and(|json| json["client_id"] == *id)
        });
        let answer: Json = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!(answer["output"], "hi\n", "{id}");
    }
    assert_eq!(observer.texts(RESPONSES).len(), ids.len());
}

#[test]
fn the_environment_goes_before_the_file() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, REGISTRATION);
    let config = "[mqtt]\nbroker = 127.0.0.1\nport = 1\n[sut]\nclient_id = of-the-file\n";
    let broker = format!("127.0.0.1:{}", mosquitto.port());
    let sut = |folder| Start::without_broker(folder, "sut").config(config);
    let by_file = sut(TempDir::new().unwrap())
        .env("MQTT_BROKER", &broker)
        .run();
    observer.wait_for(REGISTRATION, "of-the-file");
    let by_environment = sut(TempDir::new().unwrap())
        .env("MQTT_BROKER", &broker)
        .env("CLIENT_ID", "of-the-environment")
        .run();
    observer.wait_for(REGISTRATION, "of-the-environment");
    drop((by_file, by_environment));
    // and `port` of the file holds where MQTT_BROKER names none
    let port = config.replace("port = 1\n", &format!("port = {}\n", mosquitto.port()));
    let port = port.replace("broker = 127.0.0.1\n", "broker = 192.0.2.1\n");
    let _by_host = Start::without_broker(TempDir::new().unwrap(), "sut")
        .config(&port)
        .env("MQTT_BROKER", "127.0.0.1")
        .env("CLIENT_ID", "by-host")
        .run();
    observer.wait_for(REGISTRATION, "by-host");
}

#[test]
fn without_any_id_it_is_client1_with_a_warning() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, REGISTRATION);
    let sut = Start::new(&mosquitto, "sut").run();
    sut.wait_err("nobody chose a client id, so it is `client1`");
    observer.wait_for(REGISTRATION, "client1");
}

#[test]
fn topics_and_policy_are_those_of_the_file() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "lab/#");
    let config = "[mqtt]\nregistration_topic = lab/reg\nack_topic = lab/ack\n\
                  command_topic = lab/cmd\nresponse_topic = lab/res\n\
                  [sut]\nallow =\n    echo *\n    true\n";
    let _sut = Start::new(&mosquitto, "sut")
        .config(config)
        .env("CLIENT_ID", "c1")
        .run();
    observer.wait_for("lab/reg", "c1");
    mosquitto.publish("lab/ack", b"c1", false);
    mosquitto.publish("lab/cmd", b"c1|echo hi", false);
    let answer = observer.wait_where("an answer", |seen| seen.topic == "lab/res");
    assert!(answer.text().ends_with("Output: hi\n\nError: None"));
}

#[test]
fn a_file_with_a_mistake_ends_it_with_code_2_and_the_line() {
    let folder = TempDir::new().unwrap();
    let mut sut = Start::without_broker(folder, "sut")
        .config("[mqtt]\nbroker = localhost\n[sut]\nallow = echo *\nparallel = many\n")
        .run();
    assert_eq!(sut.ended().code(), Some(2));
    sut.wait_err("config.ini:5");
}
