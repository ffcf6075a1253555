//! The overview alone: time is moved by hand.

use super::*;
use crate::model::{Message, Topic};
use proptest::prelude::*;

const ABOUT: &str = r#"{"name":"inner","version":"1.2.3","firmware":"1.4.0","resources":[
    {"name":"button0","kind":"button","port":"D3","topics":{"value":"10.0.0.1/sensors/button0","availability":"a"},"value":"bool"},
    {"name":"dht0","kind":"dht","port":"D7","topics":{},"value":"decimal","channels":[{"topic":"t","value":"decimal","unit":"C"}]}],
    "executors":[{"name":"executor0","commands":"c","responses":"r","progress":"p","governor":null,"signed":true}]}"#;
const HEALTH: &str = r#"{"uptime_s":60,"bus":null,"faults":3,"faulty_resources":1,"refused_messages":0,"dropped_messages":0,"connects":1,"queues":{}}"#;

fn at(seconds: u64) -> Now {
    let passed = Duration::from_secs(seconds);
    Now::new(Moment::after(passed), SystemTime::UNIX_EPOCH + passed)
}

struct Lab(Overview);

impl Lab {
    fn new() -> Self {
        let mut overview = Overview::new(SILENT_AFTER);
        overview.connected(at(0));
        Self(overview)
    }

    fn hear(&mut self, topic: &str, payload: &str, retain: bool, seconds: u64) -> Vec<Change> {
        let topic = Topic::new(topic).unwrap();
        let message = Message {
            retain,
            ..Message::event(topic, payload)
        };
        self.0.hear(&message, at(seconds))
    }

    fn kept(&mut self, topic: &str, payload: &str) -> Vec<Change> {
        self.hear(topic, payload, true, 0)
    }

    fn member(&self, id: &str) -> &Member {
        self.0.members().find(|its| its.id == id).unwrap()
    }

    /// A thing as the broker keeps it.
    fn with_inner() -> Self {
        let mut lab = Self::new();
        lab.kept("10.0.0.1/status", "online");
        lab.kept("10.0.0.1/about", ABOUT);
        lab.kept("10.0.0.1/sensors/button0/availability", "online");
        lab
    }
}

fn state(id: &str, from: Option<State>, to: State) -> Change {
    let id = id.to_owned();
    Change::State { id, from, to }
}

#[test]
fn what_is_kept_tells_how_a_thing_is_but_not_since_when() {
    let lab = Lab::with_inner();
    let inner = lab.member("10.0.0.1");
    assert_eq!(
        (inner.state(), inner.since, inner.heard()),
        (State::Online, None, None)
    );
    assert_eq!(inner.name(), Some("inner"));
    assert_eq!(inner.available(), Some((2, 0)));
    let about = inner.about().unwrap();
    assert_eq!(about.firmware.as_deref(), Some("1.4.0"));
    assert_eq!(about.resources[1].channels, ["t"]);
    assert!(about.executors[0].signed);
    assert!(lab.0.is_well());
}

#[test]
fn what_is_seen_to_happen_has_a_time() {
    let mut lab = Lab::with_inner();
    let lost = lab.hear("10.0.0.1/status", "offline", false, 7);
    assert_eq!(
        lost,
        [state("10.0.0.1", Some(State::Online), State::Offline)]
    );
    assert_eq!(lab.member("10.0.0.1").since, Some(at(7).wall));
    assert!(!lab.0.is_well());
    assert_eq!(lab.hear("10.0.0.1/status", "offline", false, 8), []);
    let back = lab.hear("10.0.0.1/status", "online", false, 9);
    assert_eq!(
        back,
        [state("10.0.0.1", Some(State::Offline), State::Online)]
    );
    let new = lab.hear("10.0.0.2/status", "online", false, 10);
    assert_eq!(new, [state("10.0.0.2", None, State::Online)]);
}

#[test]
fn a_thing_that_tells_no_health_is_silent_when_its_time_is_over_and_not_before() {
    let mut lab = Lab::with_inner();
    lab.hear("10.0.0.1/health", HEALTH, false, 10);
    let due = 10 + SILENT_AFTER.as_secs();
    assert_eq!(lab.0.next_wake(), Some(at(due).moment));
    assert_eq!(lab.0.wake(at(due - 1)), []);
    let silent = lab.0.wake(at(due));
    assert_eq!(
        silent,
        [state("10.0.0.1", Some(State::Online), State::Silent)]
    );
    assert_eq!(
        lab.member("10.0.0.1").since,
        Some(at(10).wall),
        "heard last then"
    );
    assert_eq!(lab.0.next_wake(), None);
    assert!(!lab.0.is_well());
    let back = lab.hear("10.0.0.1/health", HEALTH, false, due + 5);
    assert_eq!(
        back,
        [state("10.0.0.1", Some(State::Silent), State::Online)]
    );
    // what a broker kept shows no life
    let mut lab = Lab::with_inner();
    lab.hear("10.0.0.1/status", "online", true, 30);
    assert_eq!(lab.0.wake(at(SILENT_AFTER.as_secs())).len(), 1);
}

#[test]
fn nobody_is_silent_for_that_we_do_not_listen() {
    let mut lab = Lab::with_inner();
    lab.0.disconnected();
    assert_eq!(
        (lab.0.next_wake(), lab.0.wake(at(1000))),
        (None, Vec::new())
    );
    lab.0.connected(at(1000));
    assert_eq!(lab.0.wake(at(1001)), []);
    assert_eq!(lab.0.wake(at(1000 + SILENT_AFTER.as_secs())).len(), 1);
}

#[test]
fn simulated_clients_and_strangers_tell_no_health_and_are_not_silent_for_that() {
    let mut lab = Lab::new();
    lab.kept("c1/status", "online");
    lab.kept(
        "c1/about",
        r#"{"name":"sim c1","version":"1","simulated":true,"resources":[]}"#,
    );
    lab.kept("homeassistant/status", "online");
    assert_eq!(lab.0.wake(at(1000)), []);
    assert!(lab.0.is_well(), "what is not ours is not judged");
    lab.hear("homeassistant/status", "offline", false, 1);
    assert!(lab.0.is_well());
    assert!(!lab.member("homeassistant").is_ours());
}

#[test]
fn a_port_that_does_not_answer_and_a_fault_are_told_and_over_when_they_are() {
    let mut lab = Lab::with_inner();
    let away = lab.hear("10.0.0.1/sensors/button0/availability", "offline", false, 1);
    assert!(matches!(
        &away[..],
        [Change::Available {
            available: false,
            ..
        }]
    ));
    assert_eq!(lab.member("10.0.0.1").available(), Some((2, 1)));
    let fault = r#"{"since":5,"error":"it burns","count":2}"#;
    let told = lab.hear("10.0.0.1/sensors/button0/fault", fault, false, 1);
    assert!(matches!(&told[..], [Change::Fault { error: Some(error), .. }] if error == "it burns"));
    lab.hear("10.0.0.1/health", HEALTH, false, 2);
    assert_eq!(lab.member("10.0.0.1").faulty(), 1);
    assert_eq!(
        lab.hear("10.0.0.1/sensors/button0/fault", fault, false, 3),
        []
    );
    let over = r#"{"since":5,"error":null,"count":2}"#;
    let told = lab.hear("10.0.0.1/sensors/button0/fault", over, false, 4);
    assert!(matches!(&told[..], [Change::Fault { error: None, .. }]));
    assert_eq!(
        lab.member("10.0.0.1").faulty(),
        0,
        "what was counted before is over"
    );
    lab.hear("10.0.0.1/sensors/button0/availability", "online", false, 4);
    assert!(lab.0.is_well());
    let (_, seen) = lab.member("10.0.0.1").resources().next().unwrap();
    assert_eq!(seen.last_fault.as_ref().map(|its| its.since), Some(5));
}

#[test]
fn faults_of_an_earlier_life_are_forgotten() {
    let mut lab = Lab::with_inner();
    lab.hear(
        "10.0.0.1/sensors/button0/fault",
        r#"{"since":5,"error":"x"}"#,
        false,
        1,
    );
    lab.hear("10.0.0.1/status", "offline", false, 2);
    lab.hear("10.0.0.1/status", "online", false, 3);
    assert!(lab.0.is_well());
}

#[test]
fn a_resource_that_the_about_no_longer_knows_is_not_counted() {
    let mut lab = Lab::with_inner();
    lab.kept("10.0.0.1/sensors/gone0/availability", "offline");
    assert_eq!(lab.member("10.0.0.1").available(), Some((2, 0)));
    assert!(lab.0.is_well());
}

#[test]
fn another_version_is_news_and_the_same_is_none() {
    let mut lab = Lab::with_inner();
    assert_eq!(lab.hear("10.0.0.1/about", ABOUT, false, 1), []);
    let newer = ABOUT.replace("1.2.3", "1.2.4");
    let id = "10.0.0.1".to_owned();
    assert_eq!(
        lab.hear("10.0.0.1/about", &newer, false, 2),
        [Change::About { id }]
    );
}

#[test]
fn a_thing_that_was_cleared_is_gone() {
    let mut lab = Lab::with_inner();
    lab.hear("10.0.0.1/sensors/button0/availability", "", false, 1);
    lab.hear("10.0.0.1/about", "", false, 1);
    let id = "10.0.0.1".to_owned();
    assert_eq!(
        lab.hear("10.0.0.1/status", "", false, 1),
        [Change::Gone { id }]
    );
    assert_eq!(lab.0.members().count(), 0);
}

#[test]
fn expected_things_are_never_seen_until_they_are() {
    let mut lab = Lab::new();
    lab.0.expect("inner", Some("10.0.0.1"));
    lab.0.expect("outer", None);
    assert_eq!(lab.member("10.0.0.1").state(), State::NeverSeen);
    assert_eq!(lab.0.missing().collect::<Vec<_>>(), ["outer"]);
    assert!(!lab.0.is_well());
    lab.kept("10.0.0.1/status", "online");
    lab.kept("10.0.0.9/about", r#"{"name":"outer","version":"1"}"#);
    lab.kept("10.0.0.9/status", "online");
    assert_eq!(lab.0.missing().count(), 0);
    assert!(lab.0.is_well());
}

#[test]
fn an_old_program_is_known_by_that_it_speaks_from_an_address() {
    let mut lab = Lab::new();
    lab.kept("10.0.0.3/sensors/button0", "True");
    lab.hear("kitchen/sensors/button0", "True", false, 1);
    assert_eq!(lab.0.members().count(), 0);
    let new = lab.hear("10.0.0.3/stuff/clock0", "2026-11-20 14:03:59", false, 1);
    assert_eq!(new, [state("10.0.0.3", None, State::NoStatus)]);
    assert!(!lab.0.is_well(), "nothing of ours was found");
}

#[test]
fn nonsense_is_counted_and_makes_no_thing() {
    let mut lab = Lab::new();
    for (topic, payload) in [
        ("a/status", "ON"),
        ("a/about", "{"),
        ("a/health", "[]"),
        ("a/sensors/b/fault", "1"),
        ("a/sensors/b/availability", "maybe"),
    ] {
        lab.kept(topic, payload);
    }
    assert_eq!(lab.0.ignored().malformed, 5);
    assert_eq!(
        lab.0.ignored().last.as_ref().unwrap().0,
        "a/sensors/b/availability"
    );
    let shown: Vec<&str> = lab.0.members().map(|its| its.id.as_str()).collect();
    assert_eq!(shown, ["a"], "whose about cannot be read is shown");
    assert!(lab.member("a").is_unreadable());
    let giant = format!(r#"{{"name":"x","more":"{}"}}"#, "x".repeat(300_000));
    lab.kept("b/about", &giant);
    assert!(lab.0.ignored().last.as_ref().unwrap().1.contains("at most"));
}

#[test]
fn a_flood_of_things_and_resources_is_bounded_and_counted() {
    let mut lab = Lab::with_inner();
    for number in 0..MOST_THINGS + 9 {
        lab.kept(&format!("fake{number}/status"), "online");
    }
    assert_eq!(lab.0.members().count(), MOST_THINGS);
    assert_eq!(lab.0.ignored().beyond, 10);
    lab.kept(&format!("{}/status", "x".repeat(LONGEST_ID + 1)), "online");
    assert_eq!(lab.0.ignored().beyond, 11);
    for number in 0..300 {
        lab.kept(
            &format!("10.0.0.1/sensors/r{number}/availability"),
            "online",
        );
    }
    assert!(lab.0.ignored().malformed > 40);
    assert!(lab.member("10.0.0.1").resources.len() <= 256);
    // who was known before is heard as ever
    assert_eq!(lab.hear("10.0.0.1/status", "offline", false, 1).len(), 1);
}

proptest! {
    #[test]
    fn no_message_makes_it_panic_or_grow(
        messages in proptest::collection::vec((
            "(a|10\\.0\\.0\\.1)/(status|about|health|sensors/[ab]/(availability|fault)|stuff/x)",
            prop_oneof!["(online|offline|)", "[\\PC\"{}\\[\\]:,0-9]{0,40}", Just(ABOUT.to_owned()), Just(HEALTH.to_owned())],
            any::<bool>(),
            0_u64..200,
        ), 0..60)
    ) {
        let mut lab = Lab::new();
        let mut clock = 0;
        for (topic, payload, retain, step) in messages {
            clock += step;
            lab.0.wake(at(clock));
            let before: Vec<(String, State)> =
                lab.0.members().map(|its| (its.id.clone(), its.state())).collect();
            let changes = lab.hear(&topic, &payload, retain, clock);
            let after: Vec<(String, State)> =
                lab.0.members().map(|its| (its.id.clone(), its.state())).collect();
            let is_told = changes.iter().any(|its| matches!(its, Change::State { .. } | Change::Gone { .. }));
            prop_assert_eq!(before != after, is_told);
            prop_assert!(after.len() <= 2);
        }
    }
}
