//! What is signed runs; what is not, or wrongly, is answered and does not.

use crate::bench::COMMANDS;
use crate::lab::{List, Person, about, refused, revoke, run, told};
use mqtt_thing::fleet::own::Order;
use std::time::{Duration, SystemTime};

#[test]
fn a_signed_command_runs_and_each_attack_is_refused_by_its_rule() {
    let (mut alice, mut bob, mut mallory) = (Person::new(), Person::new(), Person::new());
    let list = List::new(&format!(
        "{}{}",
        alice.line("alice", "may-revoke"),
        bob.line("bob", r#"allow="echo *""#)
    ));
    let Some(bench) = list.bench() else { return };
    assert_eq!(about(&bench)["signed"], true);
    bench.send(&alice.sign(&run("a", "echo signed > ran; cat ran")));
    assert_eq!(bench.answer_of("a")["output"], "signed\n");
    bench.send(&bob.sign(&run("b", "echo bob")));
    assert_eq!(bench.answer_of("b")["output"], "bob\n");

    let now = SystemTime::now();
    let hours = |hours: u64| now - Duration::from_secs(hours * 3600);
    let cancel = Order::Cancel {
        id: "x-cancel".to_owned(),
        client_id: None,
    };
    let attacks = [
        (
            "x-tampered",
            alice
                .sign(&run("x-tampered", "true"))
                .replace("true", "touch bad"),
            refused("signature-wrong"),
        ),
        (
            "x-topic",
            alice.sign_for(
                &run("x-topic", "touch bad"),
                "c2/executors/executor0/commands",
                now,
            ),
            refused("signature-wrong"),
        ),
        (
            "x-unsigned",
            String::from_utf8(run("x-unsigned", "touch bad").encode()).unwrap(),
            refused("signature-missing"),
        ),
        (
            "x-cancel",
            String::from_utf8(cancel.encode()).unwrap(),
            refused("signature-missing"),
        ),
        (
            "x-unknown",
            mallory.sign(&run("x-unknown", "touch bad")),
            refused("signature-key-unknown"),
        ),
        (
            "x-limited",
            bob.sign(&run("x-limited", "touch bad")),
            refused("signature-key-limit"),
        ),
        (
            "x-limited2",
            bob.sign(&run("x-limited2", "echo; touch bad")),
            refused("signature-key-limit"),
        ),
        (
            "x-revoke",
            bob.sign(&revoke("x-revoke", &alice.id())),
            refused("signature-may-not-revoke"),
        ),
        (
            "x-expired",
            alice.sign_for(&run("x-expired", "touch bad"), COMMANDS, hours(2)),
            ("expired".to_owned(), "signature-expired".to_owned()),
        ),
    ];
    for (id, payload, expected) in attacks {
        bench.send(&payload);
        assert_eq!(told(&bench, id, 0), expected, "{id}");
    }
    assert!(!bench.sut.folder.path().join("bad").exists());
    // the governor's operator cannot sign, and gets what is left to it
    let governor = |command: &str| {
        let json = serde_json::json!({"client_id": "c1", "command": command}).to_string();
        let topic = "system_performance/commands";
        bench.mosquitto.publish(topic, json.as_bytes(), false);
    };
    governor("touch bad");
    governor("uptime; touch bad");
    bench.send(&alice.sign(&run("last", "true")));
    assert_eq!(bench.answer_of("last")["status"], "succeeded");
    assert!(!bench.sut.folder.path().join("bad").exists());
}

#[test]
fn an_edited_list_counts_for_the_next_command_and_a_broken_one_for_none() {
    let (mut alice, mut bob) = (Person::new(), Person::new());
    let alice_line = alice.line("alice", "");
    let list = List::new(&alice_line);
    let Some(bench) = list.bench() else { return };
    let mut round = 0;
    let mut says = |text: Option<&str>, expected: [(&str, &str); 2]| {
        round += 1;
        match text {
            Some(text) => list.write(text),
            None => std::fs::remove_file(list.path()).unwrap(),
        }
        for (person, (status, rule)) in [&mut alice, &mut bob].into_iter().zip(expected) {
            let id = format!("{}-{round}", person.id());
            bench.send(&person.sign(&run(&id, "true")));
            let expected = (status.to_owned(), rule.to_owned());
            assert_eq!(told(&bench, &id, 0), expected, "{round}");
        }
    };
    let (good, bad) = (("succeeded", ""), |rule| ("refused", rule));
    says(Some(&alice_line), [good, bad("signature-key-unknown")]);
    let revoked = alice_line.replace('\n', " revoked\n");
    says(
        Some(&revoked),
        [bad("signature-key-revoked"), bad("signature-key-unknown")],
    );
    says(Some("alice"), [bad("signature-list"); 2]);
    says(None, [bad("signature-list"); 2]);
    says(Some(&alice_line), [good, bad("signature-key-unknown")]);
}
