//! Each row is another way to have run what the file does not allow.

use super::machine::{Sent, machine, policy, refused};
use super::{shellish, wordish};

/// What the executor of a careful owner allows.
pub(crate) const CAREFUL: &[&str] = &[
    "stress-ng --cpu * --timeout *s --metrics-brief",
    "/opt/lab/bench.sh --runs * --out=/tmp/*.csv *.conf",
    "true",
    "linked *",
    "/opt/lab/open.sh",
    "/srv/open/tool",
    "/opt/lab/notes.txt",
    "cpufreq-set -r -f *",
];

/// One attack: what is tried, what is sent, and which rule stops it.
pub(crate) struct Attack {
    pub(crate) tries: &'static str,
    pub(crate) sent: Sent,
    pub(crate) rule: &'static str,
}

pub(crate) fn text(tries: &'static str, text: &str, rule: &'static str) -> Attack {
    Attack {
        tries,
        sent: Sent::Text(text.to_owned()),
        rule,
    }
}

pub(crate) fn argv(tries: &'static str, argv: &[&str], rule: &'static str) -> Attack {
    let argv = argv.iter().map(|&word| word.to_owned()).collect();
    Attack {
        tries,
        sent: Sent::Argv(argv),
        rule,
    }
}

/// All of them.
pub(crate) fn attacks() -> Vec<Attack> {
    let mut attacks = shellish::attacks();
    attacks.extend(wordish::attacks());
    attacks
}

#[test]
fn each_attack_is_refused_by_the_rule_that_is_meant_for_it() {
    let machine = machine();
    // `shell = true` beside a list changes nothing
    for shell in [false, true] {
        let policy = policy(machine.path(), CAREFUL, shell);
        for attack in attacks() {
            let found = refused(&policy, &attack.sent);
            assert_eq!(
                found,
                Some(attack.rule),
                "{}: {:.80?}",
                attack.tries,
                attack.sent
            );
        }
    }
}

#[test]
fn every_attack_is_another() {
    let attacks = attacks();
    assert!(attacks.len() >= 40);
    let mut tries: Vec<&str> = attacks.iter().map(|attack| attack.tries).collect();
    let mut sent: Vec<String> = attacks
        .iter()
        .map(|attack| format!("{:?}", attack.sent))
        .collect();
    tries.sort_unstable();
    tries.dedup();
    sent.sort_unstable();
    sent.dedup();
    assert_eq!((tries.len(), sent.len()), (attacks.len(), attacks.len()));
}

#[test]
fn what_the_owner_meant_is_allowed() {
    let machine = machine();
    let policy = policy(machine.path(), CAREFUL, false);
    for text in [
        "stress-ng --cpu 4 --timeout 60s --metrics-brief",
        "/usr/bin/stress-ng --cpu 0 --timeout 1s --metrics-brief",
        "/opt/lab/bench.sh --runs 3 --out=/tmp/a.csv lab.conf",
        "true",
        "cpufreq-set -r -f 800MHz",
        "sudo cpufreq-set -r -f 1.2GHz",
    ] {
        assert_eq!(
            refused(&policy, &Sent::Text(text.to_owned())),
            None,
            "{text}"
        );
    }
}

#[test]
fn nothing_of_it_runs_without_a_list_either() {
    let machine = machine();
    for shell in [false, true] {
        let policy = policy(machine.path(), &[], shell);
        for attack in attacks() {
            assert_eq!(
                refused(&policy, &attack.sent),
                Some("no-policy"),
                "{}",
                attack.tries
            );
        }
    }
}
