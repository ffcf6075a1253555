//! Every rule, in the order in which its findings are best mended.

use serde::Serialize;

/// A rule.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Rule {
    /// Its name, in words with `-` between, which does not change.
    pub name: &'static str,
    /// What it finds.
    pub about: &'static str,
    /// What only follows from it, and is not told beside it.
    pub hides: &'static [&'static str],
}

const fn finds(name: &'static str, about: &'static str) -> Rule {
    hiding(name, about, &[])
}

const fn hiding(name: &'static str, about: &'static str, hides: &'static [&'static str]) -> Rule {
    Rule { name, about, hides }
}

/// The rule of that name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// All of them. Without a file nothing else can be known; without power nothing else can be trusted; then the board, then
/// the way to the broker, and at last what will only break some day.
pub const RULES: &[Rule] = &[
    // the file
    hiding(
        "topology-missing",
        "there is no topology file",
        &["service-failing", "service-not-running"],
    ),
    hiding(
        "topology-broken",
        "the topology file has mistakes",
        &["service-failing", "service-not-running"],
    ),
    hiding(
        "not-in-topology",
        "no thing of the file is this machine",
        &["service-failing", "service-not-running"],
    ),
    // the machine
    // the board
    hiding(
        "i2c-off",
        "the machine has no I2C bus",
        &["board-silent", "service-failing"],
    ),
    hiding(
        "i2c-module",
        "the module i2c-dev is not loaded",
        &["board-silent", "service-failing"],
    ),
    hiding(
        "bus-missing",
        "the bus that the file names is not there",
        &["board-silent", "service-failing"],
    ),
    hiding(
        "i2c-forbidden",
        "the thing's user may not use the bus",
        &["board-silent", "service-failing"],
    ),
    hiding(
        "bus-held",
        "another program has the bus",
        &["board-silent", "service-failing"],
    ),
    hiding(
        "bus-unusable",
        "the bus does not work",
        &["board-silent", "service-failing"],
    ),
    hiding(
        "board-silent",
        "no board answers on the bus",
        &["bus-errors", "resource-faulty"],
    ),
    finds(
        "board-other-firmware",
        "the board's firmware is not the one that was measured",
    ),
    finds(
        "bus-errors",
        "more than 1 % of the commands on the bus go wrong",
    ),
    finds(
        "resource-faulty",
        "a resource does not work, while its board answers",
    ),
    // the service
    finds("service-not-running", "the service does not run"),
    finds("service-failing", "the service ends again and again"),
    // the broker
    finds("secret-unreadable", "a secret of the thing cannot be used"),
    finds(
        "broker-name-unknown",
        "the broker's name leads to no address",
    ),
    finds("broker-unreachable", "no connection leads to the broker"),
    finds(
        "broker-silent",
        "what listens at the broker's port says nothing",
    ),
    finds("not-mqtt", "what listens at the broker's port is none"),
    finds(
        "tls-spoken-to-plain-port",
        "the file asks for TLS, and the port is without",
    ),
    finds(
        "plain-spoken-to-tls-port",
        "the file does not ask for TLS, and the port is with it",
    ),
    finds(
        "tls-not-yet-valid",
        "the broker's certificate does not count yet",
    ),
    finds("tls-expired", "the broker's certificate has expired"),
    finds(
        "tls-unknown-ca",
        "nobody who is trusted vouches for the broker",
    ),
    finds(
        "tls-wrong-name",
        "the broker's certificate is for another name",
    ),
    finds(
        "tls-bad-certificate",
        "the broker's certificate is not to be trusted",
    ),
    finds(
        "client-certificate-required",
        "the broker wants a client certificate",
    ),
    finds(
        "client-certificate-refused",
        "the broker does not accept the thing's certificate",
    ),
    finds(
        "broker-refused-login",
        "the broker does not let the thing in",
    ),
    finds(
        "broker-closes",
        "the broker closes the connection of the thing",
    ),
    finds(
        "duplicate-client-id",
        "another client uses the thing's identifier",
    ),
    finds(
        "thing-twice",
        "another machine is the same thing of the file",
    ),
    finds(
        "acl-denies-publish",
        "the broker drops what the thing has to say",
    ),
    finds(
        "acl-denies-subscribe",
        "the broker keeps from the thing what it has to hear",
    ),
    finds(
        "packets-too-large",
        "messages come that the thing cannot take",
    ),
    finds("follows-silent", "nothing was seen of what is followed"),
    finds(
        "retained-junk",
        "the broker keeps messages of the thing that nobody needs",
    ),
    finds(
        "old-address-left",
        "the broker tells of the thing under an old id",
    ),
    // what will break some day
];
