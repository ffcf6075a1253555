//! What each account may do, line by line.

use super::{Account, derive};
use crate::topology::parse;

fn accounts(text: &str) -> Vec<Account> {
    derive(&parse(text).unwrap()).unwrap()
}

fn told(account: &Account) -> Vec<String> {
    let grants = account.grants.iter();
    grants
        .map(|grant| format!("{} {}: {}", grant.access, grant.filter, grant.why))
        .collect()
}

fn refused(text: &str) -> Vec<String> {
    let errors = derive(&parse(text).unwrap()).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

const LAB: &str = r#"
[broker]
url = "mqtt://broker.lab"
[things.inner]
address = "10.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
clock0 = { kind = "clock" }
[things.outer]
address = "10.0.0.2"
[things.outer.resources]
led0 = { kind = "led", port = "D4", follows = ["inner/button0", "10.0.0.99/sensors/button0"] }
[things.outer.resources.executor0]
kind = "executor"
allow = ["no-such-program *"]
governor = { registration = "r", acknowledgment = "a", commands = "c", responses = "s", command_loader = "l" }
"#;

#[test]
fn a_thing_writes_its_own_and_reads_what_it_follows() {
    let accounts = accounts(LAB);
    let users: Vec<&str> = accounts.iter().map(|its| its.user.as_str()).collect();
    assert_eq!(
        users,
        ["10.0.0.1", "10.0.0.2", "operator", "observer", "10.0.0.99"]
    );
    assert_eq!(
        told(&accounts[0]),
        [
            "readwrite 10.0.0.1/status: that it is there, and to contradict who says that it is not",
            "write 10.0.0.1/about: what it has",
            "write 10.0.0.1/health: how it is doing",
            "write 10.0.0.1/sensors/button0: its button0",
            "write 10.0.0.1/sensors/button0/availability: whether its button0 answers",
            "write 10.0.0.1/sensors/button0/fault: what is wrong with its button0",
            "write 10.0.0.1/stuff/clock0: its clock0",
            "write 10.0.0.1/stuff/clock0/fault: what is wrong with its clock0",
        ]
    );
    assert_eq!(
        told(&accounts[1]),
        [
            "readwrite 10.0.0.2/status: that it is there, and to contradict who says that it is not",
            "write 10.0.0.2/about: what it has",
            "write 10.0.0.2/health: how it is doing",
            "write 10.0.0.2/actuators/led0: its led0",
            "write 10.0.0.2/actuators/led0/availability: whether its led0 answers",
            "write 10.0.0.2/actuators/led0/fault: what is wrong with its led0",
            "read 10.0.0.1/sensors/button0: its led0 follows it",
            "read 10.0.0.1/sensors/button0/availability: whether what its led0 follows is there",
            "read 10.0.0.1/status: whether what its led0 follows is there",
            "read 10.0.0.2/actuators/led0/set: wishes for its led0",
            "read 10.0.0.99/sensors/button0: its led0 follows it",
            "read 10.0.0.99/sensors/button0/availability: whether what its led0 follows is there",
            "read 10.0.0.99/status: whether what its led0 follows is there",
            "write 10.0.0.2/executors/executor0/responses: its executor0",
            "write 10.0.0.2/executors/executor0/progress: its executor0",
            "write r: its executor0",
            "write s: its executor0",
            "write 10.0.0.2/executors/executor0/fault: what is wrong with its executor0",
            "read 10.0.0.2/executors/executor0/commands: for its executor0",
            "read c: for its executor0",
            "read a: for its executor0",
        ]
    );
}

#[test]
fn people_have_what_their_programs_need_and_a_stranger_what_is_followed() {
    let accounts = accounts(LAB);
    assert_eq!(
        told(&accounts[2]),
        [
            "read 10.0.0.1/status: whether 10.0.0.1 is there",
            "read 10.0.0.1/about: what 10.0.0.1 has",
            "read 10.0.0.1/health: how 10.0.0.1 is doing",
            "read 10.0.0.2/status: whether 10.0.0.2 is there",
            "read 10.0.0.2/about: what 10.0.0.2 has",
            "read 10.0.0.2/health: how 10.0.0.2 is doing",
            "write 10.0.0.2/actuators/led0/set: wishes for led0 of 10.0.0.2",
            "read 10.0.0.2/actuators/led0: whether led0 of 10.0.0.2 follows",
            "write 10.0.0.2/executors/executor0/commands: commands to executor0 of 10.0.0.2",
            "read 10.0.0.2/executors/executor0/responses: answers of executor0 of 10.0.0.2",
            "read 10.0.0.2/executors/executor0/progress: how far executor0 of 10.0.0.2 is",
            "read r: the governor's: who is there",
            "write a: the governor's: that one is known",
            "write c: the governor's: commands",
            "readwrite s: the governor's: answers",
            "readwrite l: the governor's: from commander to operator",
        ]
    );
    let observer = told(&accounts[3]);
    assert_eq!(observer[0], "read $SYS/#: how the broker is doing");
    assert!(observer.iter().all(|line| line.starts_with("read ")));
    for account in &accounts {
        for grant in &account.grants {
            let line = format!("read {}: ", grant.filter);
            assert!(observer.iter().any(|it| it.starts_with(&line)), "{line}");
        }
    }
    assert_eq!(
        told(&accounts[4]),
        [
            "write 10.0.0.99/sensors/button0: led0 of 10.0.0.2 follows it",
            "write 10.0.0.99/status: whether that is there",
            "write 10.0.0.99/sensors/button0/availability: whether that is there",
        ]
    );
}

#[test]
fn what_things_share_is_granted_to_each_by_its_own_name() {
    let text = r#"
[broker]
url = "mqtt://b"
[things.a]
address = "10.0.0.1"
[things.a.resources]
heartbeat0 = { kind = "heartbeat" }
echo0 = { kind = "echo" }
dht0 = { kind = "dht", port = "D7", room = "house/P_7/S/4" }
"#;
    let accounts = accounts(text);
    let granted = |index: usize| {
        let told = told(&accounts[index]);
        let own = |line: &String| !line.contains("10.0.0.1/");
        told.into_iter().filter(own).collect::<Vec<_>>()
    };
    assert_eq!(
        granted(0),
        [
            "write heartbeat: its heartbeat0",
            "write cb_res: its echo0",
            "read 10.0.0.1: what its echo0 answers",
            "write house/P_7/S/4/TEMP: its dht0, in the room",
            "write house/P_7/S/4/HUM: its dht0, in the room",
        ]
    );
    // the operator asks, and watches over the building
    assert_eq!(
        granted(1),
        [
            "write 10.0.0.1: to ask echo0 of 10.0.0.1",
            "read cb_res: what echo0 of 10.0.0.1 answers",
            "read house/P_7/S/4/TEMP: dht0 of 10.0.0.1, in the room",
            "readwrite house/alarms/P_7/S/4/TEMP: alarms by dht0 of 10.0.0.1",
            "read house/P_7/S/4/HUM: dht0 of 10.0.0.1, in the room",
            "readwrite house/alarms/P_7/S/4/HUM: alarms by dht0 of 10.0.0.1",
        ]
    );
    // at another address nothing of a room is to be cleared: it stays where it is
    let plan = &parse(text).unwrap().things[0];
    let id = crate::model::Topic::new("10.0.0.1").unwrap();
    let retained = super::retained(plan, &id);
    assert!(
        retained
            .iter()
            .all(|topic| topic.as_str().starts_with("10.0.0.1/")),
        "{retained:?}"
    );
}

#[test]
fn without_the_governors_face_nobody_has_its_topics() {
    let at = LAB.find("governor").unwrap();
    for account in accounts(&LAB[..at]) {
        let own = |grant: &super::Grant| grant.filter.as_str().contains('/');
        assert!(account.grants.iter().all(own), "{:?}", account.grants);
    }
}

#[test]
fn a_strangers_odd_level_gives_a_usable_name_that_nobody_has() {
    let text = r#"
[broker]
url = "mqtt://b"
[things.a]
address = "10.0.0.1"
[things.a.resources]
led0 = { kind = "led", port = "D4", follows = ["10.0.0.1/x/y", "/a/b", "an old:pi/a/b", "../a/b", "operator/a/b", "$SYS/a/b"] }
"#;
    let accounts = accounts(text);
    let users: Vec<&str> = accounts[3..].iter().map(|its| its.user.as_str()).collect();
    assert_eq!(
        users,
        [
            "stranger-10.0.0.1",
            "stranger-",
            "an_old_pi",
            "stranger-..",
            "stranger-operator"
        ]
    );
}

#[test]
fn things_whose_topics_or_names_cannot_be_known_are_all_named() {
    let thing = |name: &str, address: &str| {
        format!(
            "[things.{name}]\n{address}\n[things.{name}.resources]\nc = {{ kind = \"clock\" }}\n"
        )
    };
    let text = [
        "[broker]\nurl = \"mqtt://b\"\n".to_owned(),
        thing("a", "interface = \"wlan0\""),
        thing("b", ""),
        thing("c", "address = \"fe80::1\""),
        thing("d", "address = \"observer\""),
        thing("e", "address = \"homeassistant\""),
    ];
    assert_eq!(
        refused(&text.concat()),
        [
            "the thing `a` has the address of wlan0, which may be another tomorrow, so nobody can say which topics are \
             its own; give it a fixed one in the topology: address = \"172.16.32.157\"",
            "the thing `b` has the address of the default route, which may be another tomorrow, so nobody can say which \
             topics are its own; give it a fixed one in the topology: address = \"172.16.32.157\"",
            "the address `fe80::1` of the thing `c` cannot be a user name, since it holds `:`; allowed are letters, \
             digits, `.`, `-` and `_`, as in a host name or an IPv4 address",
            "the address of the thing `d` is `observer`, which is the user name of a person's account; give it another",
            "the address of the thing `e` is `homeassistant`, which is the user name of a person's account; give it another",
        ]
    );
}

#[test]
fn with_discovery_a_thing_has_its_own_announcement_and_home_assistant_what_is_announced() {
    let home = "[home_assistant]\ndiscovery = true\nlab = \"north\"\n[things.inner]";
    let with = LAB.replace("[things.inner]", home);
    let accounts = accounts(&with);
    let users: Vec<&str> = accounts.iter().map(|its| its.user.as_str()).collect();
    assert_eq!(
        users,
        [
            "10.0.0.1",
            "10.0.0.2",
            "operator",
            "homeassistant",
            "observer",
            "10.0.0.99"
        ]
    );
    let of_home = |lines: Vec<String>| -> Vec<String> {
        let mut lines = lines;
        lines.retain(|line| line.contains("homeassistant/"));
        lines
    };
    assert_eq!(
        of_home(told(&accounts[0])),
        [
            "readwrite homeassistant/device/mqtt_thing-north-inner/config: how Home Assistant finds it, and what it \
             found before",
            "read homeassistant/status: that Home Assistant came back",
        ]
    );
    assert_eq!(of_home(told(&accounts[2])), [] as [String; 0]);
    assert_eq!(
        told(&accounts[3]),
        [
            "readwrite homeassistant/device/mqtt_thing-north-inner/config: what 10.0.0.1 has, and to forget it",
            "write homeassistant/status: that it is there",
            "read 10.0.0.1/sensors/button0: what is shown of 10.0.0.1",
            "read 10.0.0.1/sensors/button0/availability: what is shown of 10.0.0.1",
            "read 10.0.0.1/status: what is shown of 10.0.0.1",
            "read 10.0.0.1/stuff/clock0: what is shown of 10.0.0.1",
            "readwrite homeassistant/device/mqtt_thing-north-outer/config: what 10.0.0.2 has, and to forget it",
            "read 10.0.0.2/actuators/led0: what is shown of 10.0.0.2",
            "read 10.0.0.2/actuators/led0/availability: what is shown of 10.0.0.2",
            "read 10.0.0.2/status: what is shown of 10.0.0.2",
            "write 10.0.0.2/actuators/led0/set: what is set on 10.0.0.2",
        ]
    );
    for account in &accounts {
        for grant in &account.grants {
            let line = format!("read {}: ", grant.filter);
            let observer = told(&accounts[4]);
            assert!(observer.iter().any(|it| it.starts_with(&line)), "{line}");
        }
    }
}

#[test]
fn where_discovery_was_taken_back_a_thing_may_clear_and_there_is_no_home() {
    let home = "[home_assistant]\ndiscovery = false\n[things.inner]";
    let accounts = accounts(&LAB.replace("[things.inner]", home));
    assert!(accounts.iter().all(|its| its.user != "homeassistant"));
    let told = told(&accounts[0]);
    assert!(
        told.iter().any(
            |line| line.starts_with("readwrite homeassistant/device/mqtt_thing-inner/config: ")
        ),
        "{told:?}"
    );
    assert!(
        !told
            .iter()
            .any(|line| line.contains("homeassistant/status"))
    );
}

#[test]
fn a_building_without_things_has_an_account_that_speaks_for_it_and_is_watched_by_the_operator() {
    let accounts = accounts(&format!("buildings = [\"house\", \"lab\"]\n{LAB}"));
    let users: Vec<&str> = accounts.iter().map(|its| its.user.as_str()).collect();
    assert_eq!(
        users[2..],
        ["operator", "building", "observer", "10.0.0.99"]
    );
    assert_eq!(
        told(&accounts[3]),
        [
            "readwrite house/+/+/+/+: sensors of house",
            "read house/alarms/+/+/+/+: alarms of house",
            "readwrite lab/+/+/+/+: sensors of lab",
            "read lab/alarms/+/+/+/+: alarms of lab",
        ]
    );
    let operator = told(&accounts[2]);
    for line in [
        "read house/+/+/+/+: what is measured in house",
        "readwrite house/alarms/+/+/+/+: alarms of house",
    ] {
        assert!(operator.iter().any(|told| told == line), "{operator:?}");
    }
    assert_eq!(
        refused(&LAB.replace("10.0.0.1", "building"))[0],
        "the address of the thing `inner` is `building`, which is the user name of a person's account; give it another"
    );
}
