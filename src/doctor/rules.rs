//! Every rule, in the order in which its findings are best mended.

/// A rule.
#[derive(Debug, Clone, Copy)]
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
        &["service-failing"],
    ),
    hiding(
        "topology-broken",
        "the topology file has mistakes",
        &["service-failing"],
    ),
    // the machine
    // the board
    hiding("i2c-off", "the machine has no I2C bus", &["board-silent"]),
    finds("board-silent", "no board answers on the bus"),
    // the service
    finds("service-failing", "the service ends again and again"),
    // the broker
    // what will break some day
];
