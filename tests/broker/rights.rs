//! Who may read and write what: every pair of account and topic, by delivery. The broker passes a message on before it
//! acknowledges it, and answers in order; so what has not come when an answer has will not come.

use crate::lab::{LAB, Lab};
use mqtt_thing::topology::rights::{Access, Account};
use std::collections::BTreeSet;

/// Topics off the topology.
const FOREIGN: &[&str] = &[
    "nowhere",
    "10.0.0.1",
    "10.0.0.1/sensors",
    "10.0.0.1/sensors/button0/set",
    "10.0.0.1/sensors/button9",
    "10.0.0.1/actuators/led9/set",
    "10.0.0.3/status",
    "10.0.0.3/executors/executor0/commands",
    "pi-2.lab/executors/executor0/commands/x",
    "pi-2.lab/executors/executor1/commands",
    "172.16.32.99/sensors/button1",
    "clients/registration/x",
    "system_performance",
    "heartbeat",
    "cb_res",
    "homeassistant/light/x/config",
    "/10.0.0.1/status",
    "$SYS/broker/canary",
    "$share/a/10.0.0.1/status",
    "$CONTROL/dynamic-security/v1",
];

fn may(account: &Account, topic: &str, wish: Access) -> bool {
    account.grants.iter().any(|grant| {
        grant.filter.as_str() == topic && [wish, Access::ReadWrite].contains(&grant.access)
    })
}

/// Tries every pair. How many were delivered, and how many were not.
fn try_all(lab: &Lab) -> (usize, usize) {
    let grants = lab.accounts.iter().flat_map(|account| &account.grants);
    let mut topics: BTreeSet<&str> = grants.map(|grant| grant.filter.as_str()).collect();
    assert!(topics.remove("$SYS/#"));
    topics.extend(FOREIGN);
    let (mut delivered, mut dropped, mut wrong) = (0, 0, Vec::new());
    let mut witness = lab.witness();
    witness.subscribe(&["#", "$SYS/#", "$share/#", "$CONTROL/#"]);
    for account in &lab.accounts {
        let user = &account.user;
        let mut client = lab.connect(user).unwrap();
        let codes = client.subscribe(&["#", "+/+", "+/about", "+/executors/+/responses", "$SYS/#"]);
        assert_eq!(codes, [0; 5], "a wildcard is accepted, and says nothing");
        client.subscribe(&topics.iter().copied().collect::<Vec<_>>());
        for topic in &topics {
            client.publish(topic, &format!("canary of {user}"));
            witness.publish("sentinel", "");
            witness.settle();
            let seen = witness.take();
            let is_canary =
                |(to, text): &(String, String)| to == topic && text.starts_with("canary");
            let written = seen.iter().any(is_canary);
            assert!(seen.iter().any(|(to, _)| to == "sentinel"));
            client.settle();
            client.take();
            witness.publish(topic, "canary");
            client.settle();
            let read = client.take().iter().any(is_canary);
            witness.settle();
            witness.take();
            for (wish, got) in [(Access::Write, written), (Access::Read, read)] {
                // what nobody but the broker may say does not come by the back door either
                if may(account, topic, wish) != got {
                    wrong.push(format!("{user} {wish} {topic}: {got}"));
                }
                match got {
                    true => delivered += 1,
                    false => dropped += 1,
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (delivered, dropped)
}

#[test]
fn what_is_granted_is_delivered_and_everything_else_is_dropped() {
    let Some(lab) = Lab::new(LAB) else { return };
    let (delivered, dropped) = try_all(&lab);
    let grants = lab.accounts.iter().flat_map(|account| &account.grants);
    let granted: usize = grants
        .filter(|grant| grant.filter.as_str() != "$SYS/#")
        .map(|grant| match grant.access {
            Access::ReadWrite => 2,
            Access::Read | Access::Write => 1,
        })
        .sum();
    assert_eq!(delivered, granted);
    assert!(dropped > 400, "{dropped}");
}

#[test]
fn the_example_of_two_pis_works_the_same_way() {
    let example = include_str!("../../resources/two-pis.toml");
    let Some(lab) = Lab::new(example) else { return };
    let (delivered, dropped) = try_all(&lab);
    assert!(delivered > 40 && dropped > 200, "{delivered} {dropped}");
}

#[test]
fn only_the_observer_hears_how_the_broker_is_doing() {
    let Some(lab) = Lab::new(LAB) else { return };
    for account in &lab.accounts {
        let mut client = lab.connect(&account.user).unwrap();
        client.subscribe(&["$SYS/#"]);
        client.settle();
        let heard = client
            .take()
            .iter()
            .any(|(from, _)| from == "$SYS/broker/version");
        assert_eq!(heard, account.user == "observer", "{}", account.user);
    }
}
