//! Somebody on the network who wants to be seen as something else.

use crate::support::{LIMIT, Mosquitto};
use crate::{object, told};
use mqtt_thing::model::{Message, Topic};
use mqtt_thing::mqtt::{BrokerUrl, Options};
use mqtt_thing::runtime::client::Client;

const FALSE: usize = 5000;

#[test]
fn control_characters_and_nonsense_reach_no_terminal_and_are_counted() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let about = br#"{"name":"ev\u001b[2Jil\u202e","version":"9\u0007","resources":[{"name":"\u009bx","kind":"led","port":"D4","topics":{}}]}"#;
    mosquitto.publish("10.0.0.7/about", about, true);
    mosquitto.publish("10.0.0.7/status", b"online", true);
    mosquitto.publish("\u{202e}evil/status", b"offline", true);
    mosquitto.publish("10.0.0.8/about", b"{\"name\":", true);
    mosquitto.publish("10.0.0.8/status", b"\x1b[31mon", true);
    mosquitto.publish("10.0.0.9/about", &vec![b'['; 200_000], true);
    let giant = format!(
        r#"{{"name":"big","version":"1","more":"{}"}}"#,
        "x".repeat(900_000)
    );
    mosquitto.publish("10.0.0.10/about", giant.as_bytes(), true);
    let broker = mosquitto.url();
    let is_safe = |text: &str| !text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']);
    for arguments in [&[][..], &["--json"], &["--thing", "10.0.0.7"]] {
        let told = told(&[&["--broker", &broker], arguments].concat());
        assert!(
            is_safe(&told.out) && is_safe(&told.err),
            "{:?}{:?}",
            told.out,
            told.err
        );
        assert_eq!(told.code, if arguments.len() == 2 { 0 } else { 1 });
    }
    let seen = object(&["--broker", &broker]);
    assert_eq!(seen["malformed_messages"], 4, "{seen}");
    let all = told(&["--broker", &broker]).out;
    assert!(
        all.contains("4 messages made no sense, the last on "),
        "{all}"
    );
    assert!(all.contains("its about makes no sense"), "{all}");
}

#[test]
fn thousands_of_false_things_are_bounded_and_told() {
    let Some(mosquitto) = Mosquitto::start_with("max_queued_messages 0") else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let url = mosquitto.url().parse::<BrokerUrl>().unwrap();
        let session = Options::new(url, "liar");
        let client = Client::connect(session, [], LIMIT).await.unwrap();
        for number in 0..FALSE {
            let topic = Topic::new(format!("fake{number}/status")).unwrap();
            client.say(Message::state(topic, "online")).await.unwrap();
        }
        assert!(client.close(LIMIT).await.clean);
    });
    let seen = object(&["--broker", &mosquitto.url()]);
    assert_eq!(seen["things"].as_array().unwrap().len(), 4096);
    assert_eq!(seen["messages_of_further_things"], FALSE - 4096);
    let all = told(&["--broker", &mosquitto.url()]);
    assert!(all.out.contains("4096 are remembered at most"));
}
