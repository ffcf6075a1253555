//! What the broker does for one who is away, and says of one who is lost.

use crate::support::{Mosquitto, Observer, wait_for};
use crate::{at, name, publish, run, subscribe, subscribe_as};

#[test]
fn a_session_keeps_what_comes_while_one_is_away_and_gives_each_once() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for qos in ["1", "2"] {
        let me = name();
        let first = subscribe_as(&broker, "--session", &me, &["away/#", "-q", qos, "-1"]);
        publish(&broker, &["away/a", "0", "-q", qos]);
        assert_eq!(first.end().well().text(), "0\n");
        for text in ["1", "2", "3", "4", "5"] {
            publish(&broker, &["away/a", text, "-q", qos]);
        }
        // those that were not printed are still there for the next
        let some = subscribe_as(&broker, "--session", &me, &["away/#", "-q", qos, "-C", "2"]);
        assert_eq!(some.end().well().text(), "1\n2\n");
        let rest = subscribe_as(&broker, "--session", &me, &["away/#", "-q", qos, "-C", "3"]);
        assert_eq!(rest.end().well().text(), "3\n4\n5\n");
        publish(&broker, &["away/a", "6", "-q", qos]);
        let forget = at(&broker.url(), &["sub", "--session", &me, "--forget"]);
        assert_eq!(run(forget, b"").well().out, b"");
        let none = subscribe_as(
            &broker,
            "--session",
            &me,
            &["away/#", "-q", qos, "--for", "1"],
        );
        assert_eq!(none.end().status.code(), Some(1));
    }
}

#[test]
fn at_qos_0_a_session_is_said_to_keep_no_message() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let heard = subscribe_as(&broker, "--session", &name(), &["a", "--for", "0.1"]);
    assert!(
        heard
            .end()
            .err
            .contains("at QoS 0 a session keeps the subscription, and no message")
    );
}

#[test]
fn the_last_will_is_said_of_one_who_is_killed_and_of_nobody_else() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&broker, "will/#");
    let will = [
        "--will-topic",
        "will/a",
        "--will-message",
        "lost",
        "--will-qos",
        "1",
        "--will-retain",
    ];
    let clean = subscribe(&broker, &[&["x", "-1"][..], &will].concat());
    publish(&broker, &["x", "x", "-q", "1"]);
    clean.end().well();
    let mut killed = subscribe(&broker, &[&["x"][..], &will].concat());
    publish(&broker, &["will/b", "before", "-q", "1"]);
    observer.wait_for("will/b", "before");
    assert_eq!(
        observer.texts("will/a").len(),
        0,
        "who ends well is not lost"
    );
    killed.child.kill().unwrap();
    let seen = observer.wait_for("will/a", "lost");
    assert_eq!(seen.qos, 1);
    let kept = run(
        at(&broker.url(), &["sub", "will/a", "-1", "--for", "30"]),
        b"",
    )
    .well();
    assert_eq!(kept.text(), "lost\n");
}

#[test]
fn interrupted_it_says_goodbye() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let me = name();
    let heard = subscribe_as(&broker, "--client-id", &me, &["x", "--for", "60"]);
    publish(&broker, &["x", "seen", "-q", "1"]);
    let ended = heard.interrupt_after("seen\n").well();
    assert_eq!(ended.text(), "seen\n");
    wait_for("the goodbye", || {
        (broker.count_log(&format!("Received DISCONNECT from {me}")) == 1).then_some(())
    });
}
