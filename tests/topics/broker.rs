//! Topics of a running broker.

use crate::support::Mosquitto;
use crate::{matched, object};

#[test]
fn what_a_broker_keeps_and_what_passes_is_judged() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish("lab/a/temp", b"1", true);
    mosquitto.publish("lab/b/hum", b"2", true);
    mosquitto.publish("lab/c", &vec![0; 2 << 20], true);
    let url = mosquitto.url();
    let listening = std::thread::scope(|scope| {
        let passing = scope.spawn(|| {
            mosquitto.wait_log("Sending UNSUBACK");
            mosquitto.publish("lab/passing/temp", b"3", false);
        });
        let told = object(&["lab/+/temp", "--broker", &url, "--for", "3", "--all"]);
        passing.join().unwrap();
        told
    });
    let topics = listening["topics"].as_array().unwrap();
    let told: Vec<(&str, bool)> = topics
        .iter()
        .map(|its| (its["topic"].as_str().unwrap(), its["matches"][0] == true))
        .collect();
    assert_eq!(
        told,
        [
            ("lab/a/temp", true),
            ("lab/b/hum", false),
            ("lab/c", false),
            ("lab/passing/temp", true)
        ]
    );
    let (code, out, _) = matched(&["/lab/+/temp", "--broker", &url, "--for", "0"], "");
    assert_eq!(code, 1);
    assert!(out.contains("0 of 3 topics are matched"), "{out}");
    assert!(
        out.contains("hint: the filter begins with an empty level"),
        "{out}"
    );
    // what the broker tells of itself comes only to who asks for it
    let (code, out, _) = matched(&["$SYS/broker/version", "--broker", &url, "--for", "0"], "");
    assert_eq!(code, 0);
    assert!(out.contains("  $SYS/broker/version\n"), "{out}");
}

#[test]
fn a_broker_that_refuses_or_is_not_there_is_told_apart_from_no_match() {
    let (code, _, err) = matched(&["a", "--broker", "mqtt://127.0.0.1:1"], "");
    assert_eq!(code, 2);
    assert!(err.contains("was not reached"), "{err}");
    let folder = tempfile::tempdir().unwrap();
    let acl = folder.path().join("acl");
    std::fs::write(&acl, "topic read lab/seen\n").unwrap();
    let lines = format!("acl_file {}", acl.display());
    let Some(mosquitto) = Mosquitto::start_with(&lines) else {
        return;
    };
    let (code, out, _) = matched(&["lab/#", "--broker", &mosquitto.url(), "--for", "0"], "");
    assert_eq!(code, 1);
    assert!(out.contains("there are no topics to match"), "{out}");
}
