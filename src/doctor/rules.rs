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

/// Why a service may not run.
const SERVICE: &[&str] = &["service-failing", "service-not-running"];
/// What cannot be well without a bus.
const BOARD: &[&str] = &[
    "board-silent",
    "bus-errors",
    "resource-faulty",
    "service-failing",
];

/// All of them. Without a file nothing else can be known; without power nothing else can be trusted; then the board, then
/// the way to the broker, and at last what will only break some day.
pub const RULES: &[Rule] = &[
    // the file
    hiding("topology-missing", "there is no topology file", SERVICE),
    hiding("topology-broken", "the topology file has mistakes", SERVICE),
    hiding(
        "not-in-topology",
        "no thing of the file is this machine",
        SERVICE,
    ),
    // the machine
    finds(
        "armv6",
        "the processor is older than this program is built for",
    ),
    hiding(
        "under-voltage",
        "the supply's voltage is too low, or was a moment ago",
        &["throttled", "under-voltage-earlier"],
    ),
    finds(
        "under-voltage-earlier",
        "the supply's voltage was too low since the start",
    ),
    finds(
        "card-errors",
        "the card or its file system failed since the start",
    ),
    hiding(
        "disk-read-only",
        "a disk that is written to is mounted read-only",
        &["service-failing", "state-foreign"],
    ),
    hiding(
        "disk-full",
        "a disk that is written to has no room",
        SERVICE,
    ),
    hiding(
        "clock-wrong",
        "the clock is certainly wrong",
        &["clock-not-synchronised", "thing-frozen"],
    ),
    finds(
        "clock-not-synchronised",
        "no time server has set the clock since the start",
    ),
    hiding(
        "too-hot",
        "the processor is so warm that it is slowed",
        &["throttled"],
    ),
    finds("throttled", "the firmware slows the processor"),
    // what the thing needs at its start
    hiding(
        "secret-readable",
        "others may read a password or a key",
        SERVICE,
    ),
    hiding(
        "secret-foreign",
        "the thing may not read its password or key",
        SERVICE,
    ),
    hiding(
        "trusted-keys-refused",
        "the list of trusted keys does not count",
        SERVICE,
    ),
    hiding(
        "trusted-keys-governor",
        "trusted keys and the governor's topics exclude each other",
        SERVICE,
    ),
    hiding(
        "state-foreign",
        "the thing may not write where it keeps its state",
        SERVICE,
    ),
    // the board
    hiding("i2c-off", "the machine has no I2C bus", BOARD),
    hiding("i2c-module", "the module i2c-dev is not loaded", BOARD),
    hiding(
        "bus-missing",
        "the bus that the file names is not there",
        BOARD,
    ),
    hiding(
        "i2c-forbidden",
        "the thing's user may not use the bus",
        BOARD,
    ),
    hiding("bus-held", "another program has the bus", BOARD),
    hiding("bus-unusable", "the bus does not work", BOARD),
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
    hiding(
        "thing-frozen",
        "the thing's process is there and does nothing",
        SERVICE,
    ),
    hiding(
        "runner-thing-unset",
        "the runner cannot know which of several things it works for",
        &["runner-not-running"],
    ),
    finds("service-failing", "the service ends again and again"),
    hiding(
        "service-not-running",
        "the service does not run",
        &["service-not-enabled"],
    ),
    finds("runner-not-running", "the runner's service does not run"),
    finds("restart-needed", "another version runs than is installed"),
    // the broker
    // what jobs need
    finds("policy-broken", "an entry of an executor's `allow` is none"),
    finds(
        "policy-program-missing",
        "an executor allows a program that is not there",
    ),
    finds(
        "policy-program-forbidden",
        "an executor allows a program that its user may not run",
    ),
    finds(
        "policy-program-writable",
        "an executor allows a program that a job could replace",
    ),
    // what will break some day
    finds(
        "out-of-memory",
        "the kernel ended a process because the memory was used up",
    ),
    finds(
        "slow-sensor",
        "a sensor holds the board for so long that a button beside it is missed",
    ),
    finds(
        "service-not-enabled",
        "the service does not begin with the machine",
    ),
    finds(
        "journal-growing",
        "the journal is larger than what it keeps",
    ),
    finds(
        "answers-waiting",
        "answers wait although the broker is there",
    ),
    finds("audit-log-damaged", "the chain of the audit log is broken"),
    finds("state-open", "others may look into the state"),
    finds(
        "journal-damaged",
        "a journal was found damaged and put aside",
    ),
    finds(
        "memory-cgroup-off",
        "the limit of the runner's memory does nothing",
    ),
    finds("service-not-installed", "no service is installed"),
];
