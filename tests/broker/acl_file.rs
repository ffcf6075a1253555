//! What our reading of an ACL file says, against what Mosquitto does: both decide the same table, Mosquitto by delivery.

use crate::client::{Client, Who, plain};
use crate::live::Live;
use mqtt_thing::broker::acl_file::{Wish, parse};

const FILE: &str = "# odd on purpose
topic read news/#
topic write wall
user alice
topic read house/#
topic deny house/safe
topic readwrite a b
topic house/late
topic read +/both
topic write x/both
topic deny house/pattern_says_yes
topic write house/deny_of_patterns
user bob
topic write house/#
topic read #
user empty
user dollar
topic read $SYS/#
topic write $CUSTOM/a
topic write +/level
user alice
topic write second/section
pattern write users/%u/data
pattern read clients/%c/#
pattern read glued_%u/x
pattern readwrite house/pattern_says_yes
pattern deny house/deny_of_patterns
pattern deny users/bob/data
pattern read plain/for/all
";

const TOPICS: &[&str] = &[
    "news",
    "news/today",
    "news/today/x",
    "wall",
    "house",
    "house/door",
    "house/safe",
    "house/late",
    "house/pattern_says_yes",
    "house/deny_of_patterns",
    "a b",
    "x/both",
    "y/both",
    "z/level",
    "/level",
    "second/section",
    "users/alice/data",
    "users/bob/data",
    "users/a/b/data",
    "users/%c/data",
    "clients/c1",
    "clients/c1/x/y",
    "clients/c2/x",
    "clients/%u/x",
    "glued_alice/x",
    "glued_%u/x",
    "plain/for/all",
    "plain/for",
    "nowhere",
    "$CUSTOM/a",
];

const USERS: &[(Option<&str>, &str)] = &[
    (None, "c1"),
    (Some("alice"), "c1"),
    (Some("alice"), "c2"),
    (Some("bob"), "c2"),
    (Some("empty"), "c1"),
    (Some("dollar"), "c1"),
    (Some("unknown"), "c1"),
    (Some("a+b"), "c1"),
    (Some("a/b"), "c1"),
    (Some("alice"), "c/1"),
    (Some("bob"), "c#"),
    (Some("%c"), "%u"),
];

/// Compares for one file; `witness` sees everything.
fn compare(file: &str) -> Option<usize> {
    let folder = tempfile::tempdir().unwrap();
    let acl = folder.path().join("acl");
    std::fs::write(&acl, file).unwrap();
    let (_broker, [port, open], ()) = Live::with_ports(|[port, open]| {
        // with settings for each listener, the second one has no file and lets everybody do everything
        let text = format!(
            "per_listener_settings true\nset_tcp_nodelay true\nlog_dest stderr\nlistener {port} 127.0.0.1\nallow_anonymous true\n\
             acl_file {}\nlistener {open} 127.0.0.1\nallow_anonymous true\n",
            acl.display()
        );
        let path = folder.path().join("mosquitto.conf");
        std::fs::write(&path, text).unwrap();
        (path, ())
    })?;
    let rules = parse(file).unwrap();
    let mut witness = Client::anonymous(open, "witness");
    witness.subscribe(&["#", "$CUSTOM/#"]);
    let (mut wrong, mut rows) = (Vec::new(), 0);
    for (user, client_id) in USERS {
        let who = Who {
            client_id,
            user: *user,
            password: None,
        };
        let mut client = Client::connect(plain(port).unwrap(), who).unwrap();
        let codes = client.subscribe(&["#", "$CUSTOM/#"]);
        assert_eq!(codes, [0, 0], "any subscription is accepted");
        for topic in TOPICS {
            // the broker has passed it on before it acknowledges, and answers in order
            client.publish(topic, "canary");
            witness.publish("sentinel", "");
            witness.settle();
            let written = witness.take().iter().any(|(to, _)| to == topic);
            client.settle();
            client.take();
            witness.publish(topic, "canary");
            client.settle();
            let read = client.take().iter().any(|(from, _)| from == topic);
            witness.settle();
            witness.take();
            for (wish, got) in [(Wish::Write, written), (Wish::Read, read)] {
                rows += 1;
                let decision = rules.decide(*user, client_id, topic, wish);
                if decision.allowed != got {
                    wrong.push(format!(
                        "{user:?} as {client_id} {wish:?} {topic}: {got}, we say {decision:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Some(rows)
}

#[test]
fn we_decide_as_mosquitto_delivers() {
    let Some(rows) = compare(FILE) else { return };
    assert_eq!(rows, USERS.len() * TOPICS.len() * 2);
}

#[test]
fn without_patterns_and_without_a_rule_we_decide_the_same_too() {
    let topics: String = FILE
        .lines()
        .filter(|line| !line.starts_with("pattern"))
        .map(|line| format!("{line}\n"))
        .collect();
    for file in [&topics, "", "user alice\n", "pattern read %c/%u\n"] {
        if compare(file).is_none() {
            return;
        }
    }
}
