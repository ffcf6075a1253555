//! Where the original operator breaks, ours does not: the wire contract, section 4.

use crate::fleet::{
    OldPeers, REGISTRATION, RESPONSES, assert_harmless, ended, ends, events, finished, operator,
    runs, steps, text, wait_event,
};
use crate::peer::{Peer, there};
use crate::process::{Process, Start};
use crate::support::{Mosquitto, wait_for};
use std::time::{Duration, Instant};

/// It waits for nobody but the first client.
const AT_ONCE: &str = "registration_timeout_s = 0.2";

#[test]
fn a_registration_during_pipelines_is_acknowledged_at_once_and_the_client_walks_too() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let plan = steps(AT_ONCE, &["a", "b"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "connected", |_| true);
    peers.register("c1");
    peers.command("c1", 0);
    // c1 is at its step; the original would stall here
    let began = Instant::now();
    peers.register("c2");
    assert!(began.elapsed() < Duration::from_secs(5));
    wait_event(&operator, "joined_late", |event| event["client"] == "c2");
    for (client, nth) in [("c2", 0), ("c2", 1), ("c1", 0), ("c1", 1)] {
        peers.serve(client, nth);
    }
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 0);
    assert_eq!(ends(&summary).len(), 4);
}

#[test]
fn clients_walk_side_by_side_and_each_answer_is_waited_for() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let plan = steps("clients = [\"fast\", \"slow\"]", &["a", "b", "c"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "connected", |_| true);
    peers.register("fast");
    peers.register("slow");
    peers.command("slow", 0);
    for nth in 0..3 {
        peers.serve("fast", nth);
    }
    wait_event(&operator, "pipeline_ended", |event| {
        event["client"] == "fast"
    });
    // longer than the original waits
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(peers.commands("slow"), ["a"], "its answer is waited for");
    for nth in 0..3 {
        peers.serve("slow", nth);
    }
    let (code, _) = ended(&mut operator);
    assert_eq!(code, 0);
    assert_eq!(peers.commands("slow"), ["a", "b", "c"]);
}

#[test]
fn a_client_that_never_answers_is_given_up_by_name_and_the_others_go_on() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let keys = "clients = [\"good\", \"silent\"]\npatience_s = 1";
    let mut operator = operator(&mosquitto, &steps(keys, &["a", "b"]), &[]).run();
    operator.wait_err("connected");
    peers.register("silent");
    peers.register("good");
    for nth in 0..2 {
        peers.serve("good", nth);
    }
    assert_eq!(finished(&mut operator), Some(1));
    for said in [
        "silent is lost: no answer for 1 s",
        "silent p 1/2 `a` lost: the client was lost",
        "silent p 2/2 `b` not sent: the client was lost",
        "2 of 4 steps of 2 clients succeeded",
    ] {
        operator.wait_out(said);
    }
    assert_eq!(peers.commands("silent"), ["a"], "it is sent once");
}

#[test]
fn a_client_that_registers_again_is_acknowledged_again() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let plan = steps(AT_ONCE, &["a"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "connected", |_| true);
    for _ in 0..3 {
        peers.register("c1");
    }
    peers.serve("c1", 0);
    assert_eq!(ended(&mut operator).0, 0);
    assert_eq!(peers.acknowledgments("c1"), 3);
    assert_eq!(peers.commands("c1"), ["a"], "it is one client");
}

/// Payloads that make an original deaf, on each topic that the operator hears.
fn hostile() -> Vec<Vec<u8>> {
    vec![
        b"\xff\xfe".to_vec(),
        b"".to_vec(),
        b"null".to_vec(),
        b"[1, 2]".to_vec(),
        b"7".to_vec(),
        b"no bar".to_vec(),
        br#"{"client_id": "c1"}"#.to_vec(),
        br#"{"client_id": 7, "command": null}"#.to_vec(),
        br#"{"client_id": "c1", "command": "\ud800"}"#.to_vec(),
        b"\x1b]0;owned\x07\x1b[2J|\x1b[31mecho".to_vec(),
        "[".repeat(200_000).into_bytes(),
        "{\"a\":".repeat(50_000).into_bytes(),
        vec![b'x'; 300_000],
    ]
}

#[test]
fn hostile_messages_are_counted_shown_escaped_and_harmless() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let plan = steps(
        "registration_timeout_s = 60\nreceive_commands = true",
        &["a"],
    );
    // commanders are served until it is interrupted, so that nothing is missed
    let mut operator = operator(&mosquitto, &plan, &[]).run();
    operator.wait_err("connected");
    for payload in hostile() {
        for topic in [
            REGISTRATION,
            RESPONSES,
            "system_performance/command_loader",
            "pi/about",
            "pi/status",
            "pi/executors/executor0/responses",
            "pi/executors/executor0/progress",
        ] {
            mosquitto.publish(topic, &payload, false);
        }
    }
    peers.register("\u{1b}[2J\u{202e}c1\u{9b}31m");
    operator.signal(rustix::process::Signal::INT);
    assert_eq!(finished(&mut operator), Some(1));
    let told = operator.out.all().join("\n") + &operator.err.all().join("\n");
    assert_harmless(&told);
    assert!(told.contains("messages were not understood"), "{told}");
    assert!(told.contains(r"\u{1b}[2J\u{202e}c1\u{9b}31m"), "{told}");
    assert!(
        told.lines().all(|line| line.len() < 1000),
        "nothing floods the screen"
    );
}

#[test]
fn a_forged_response_advances_nobody_but_the_one_it_names() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let plan = steps("clients = [\"c1\", \"pi\"]", &["echo 1", "echo 2"]);
    let sut = Process::sut(&mosquitto, "pi");
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "connected", |_| true);
    peers.register("c1");
    peers.command("c1", 0);
    // other clients, other commands, and one of ours on the shared topic: not asked there
    peers.answer("c2", "echo 1");
    peers.answer("c1", "echo 9");
    peers.answer("pi", "echo 1");
    let unasked = || {
        events(&operator)
            .iter()
            .filter(|e| e["event"] == "unasked")
            .count()
    };
    wait_for("three answers that nobody asked for", || {
        (unasked() == 3).then_some(())
    });
    // an answer for c1 on our own topics, and for pi on another thing's
    let forged = br#"{"client_id": "c1", "command": "echo 1", "start_time": "1.0", "end_time": "2.0", "output": "", "error": "None", "id": "guessed-0-0-1", "status": "succeeded"}"#;
    mosquitto.publish("c1/executors/executor0/responses", forged, false);
    assert_eq!(peers.commands("c1"), ["echo 1"]);
    peers.serve("c1", 0);
    peers.serve("c1", 1);
    let (code, summary) = ended(&mut operator);
    assert_eq!((code, ends(&summary).len()), (0, 4));
    assert_eq!(
        events(&operator)
            .iter()
            .filter(|e| e["event"] == "unasked")
            .count(),
        3
    );
    drop(sut);
}

#[test]
fn a_semicolon_in_quotes_cuts_as_in_the_original_and_the_cut_is_shown_at_start() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let config = "[operator]\nregistration_timeout = 0.2\nenable_realtime_mode = false\npipeline1 = echo 'a; b'\n";
    let mut operator = Start::new(&mosquitto, "operator").config(config).run();
    operator.wait_err("this `;` stands in quotes, and cuts all the same: `echo 'a` and `b'`");
    operator.wait_err("connected");
    peers.register("c1");
    peers.serve("c1", 0);
    peers.serve("c1", 1);
    assert!(finished(&mut operator) == Some(0));
    assert_eq!(peers.commands("c1"), ["echo 'a", "b'"]);
}

#[test]
fn a_result_says_which_of_the_two_ways_it_came() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    if !there() {
        return;
    }
    let _old = Peer::start(&mosquitto, "sut", &["old"]);
    let _ours = Process::sut(&mosquitto, "ours");
    let plan = steps("clients = [\"old\", \"ours\"]", &["echo hi"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 0);
    for (client, way) in [("old", "governor"), ("ours", "own")] {
        let answered = wait_event(&operator, "answered", |event| event["client"] == client);
        assert_eq!(
            (text(&answered["way"]), text(&answered["output"])),
            (way, "hi\n")
        );
        let clients = summary["clients"].as_array().unwrap();
        assert!(
            clients
                .iter()
                .any(|c| c["client"] == client && c["way"] == way)
        );
    }
    let shown = runs(operator.folder.path(), &["show"]);
    let by = |client: &str, way: &str| {
        let mut lines = shown.lines();
        lines.any(|line| line.starts_with(client) && line.contains(way))
    };
    assert!(by("old", "governor") && by("ours", "own"), "{shown}");
}
