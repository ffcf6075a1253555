//! An executor of a topology, beside a clock: `mqtt-thing run`, without the governor's face.

use crate::bench::there;
use crate::process::Start;
use crate::support::{Mosquitto, Observer};
use rustix::process::Signal;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const TOPOLOGY: &str = r#"[things.inner]
address = "127.0.0.1"
[things.inner.resources]
clock0 = { kind = "clock", every_ms = 100 }
executor0 = { kind = "executor", allow = ["echo *", "sleep *"], timeout_s = 5 }
"#;

const TOPICS: &str = "127.0.0.1/executors/executor0";

#[test]
fn an_executor_of_a_topology_says_what_it_is_and_answers_beside_the_clock() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let folder = TempDir::new().unwrap();
    let topology = format!("[broker]\nurl = \"{}\"\n{TOPOLOGY}", mosquitto.url());
    std::fs::write(folder.path().join("lab.toml"), topology).unwrap();
    let mut thing = Start::without_broker(folder, "run")
        .args(&["lab.toml", "--thing", "inner"])
        .run();
    observer.wait_for("127.0.0.1/status", "online");
    let about = observer.wait_where("about", |m| m.topic == "127.0.0.1/about");
    let about: Json = serde_json::from_slice(&about.payload).unwrap();
    let executor = json!({
        "name": "executor0",
        "commands": format!("{TOPICS}/commands"),
        "responses": format!("{TOPICS}/responses"),
        "progress": format!("{TOPICS}/progress"),
        "governor": null,
        "signed": false,
    });
    assert_eq!(about["executors"], json!([executor]));
    let send = |command: Json| {
        mosquitto.publish(
            &format!("{TOPICS}/commands"),
            command.to_string().as_bytes(),
            false,
        );
        let id = command["id"].clone();
        let seen = observer.wait_where("an answer", |m| {
            m.topic == format!("{TOPICS}/responses")
                && serde_json::from_slice::<Json>(&m.payload).unwrap()["id"] == id
        });
        serde_json::from_slice::<Json>(&seen.payload).unwrap()
    };
    let answer = send(json!({"id": "a", "client_id": "127.0.0.1", "command": "echo hi"}));
    assert_eq!(
        (&answer["status"], &answer["output"]),
        (&json!("succeeded"), &json!("hi\n"))
    );
    let answer = send(json!({"id": "b", "client_id": "127.0.0.1", "command": "id"}));
    assert_eq!(answer["status"], "refused");
    // the clock goes on while a job runs
    let before = observer.texts("127.0.0.1/stuff/clock0").len();
    let answer = send(json!({"id": "c", "client_id": "127.0.0.1", "command": "sleep 0.5"}));
    assert_eq!(answer["status"], "succeeded");
    let during = observer.texts("127.0.0.1/stuff/clock0").len() - before;
    assert!(during >= 3, "{during} times of the clock in half a second");
    let registrations = observer.texts("clients/registration");
    assert!(registrations.is_empty(), "the governor's face is off");
    there(thing.folder.path(), "state/executors/inner/journal.db");
    thing.signal(Signal::TERM);
    assert_eq!(thing.ended().code(), Some(0));
    observer.wait_for("127.0.0.1/status", "offline");
}
