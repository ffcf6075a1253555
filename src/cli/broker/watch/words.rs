//! What is said in sentences: why nothing comes, and why the process is not seen.

use mqtt_thing::broker::watch::{Look, Silence};
use std::time::Duration;

/// Why nothing comes, for who waits so long already.
pub(super) fn silence(silence: Silence, broker: &str, patience: Duration) -> String {
    let within = patience.as_secs_f64();
    match silence {
        Silence::NoBroker => format!("no broker answers at {broker} within {within} s"),
        Silence::Refused => format!(
            "{broker} refuses the subscription to $SYS/#: this user may not read what the broker tells of itself"
        ),
        Silence::Nothing => format!(
            "{broker} tells nothing under $SYS/broker within {within} s. Either it has no $SYS (only some brokers \
             have; Mosquitto has unless it says `sys_interval 0`), or this user may not read it (`topic read $SYS/#` \
             in the ACL allows it): the two look the same from here"
        ),
        Silence::Foreign => format!(
            "{broker} has a $SYS, but none of the topics that Mosquitto tells its figures on, $SYS/broker/.."
        ),
        Silence::OnlyKept => format!(
            "{broker} tells new figures more seldom than every {within} s (`sys_interval` of its configuration), or \
             not at all: these are the last ones, without rates"
        ),
        Silence::NoMore => format!("{broker} is connected and tells no new figures any more"),
    }
}

/// Why the process is not seen; nothing if it is.
pub(super) const fn unseen(look: &Look) -> Option<&'static str> {
    match look {
        Look::NotYet => Some("not looked for yet"),
        Look::Remote => Some("the broker runs on another machine"),
        Look::Elsewhere => Some("none here has the broker's port: a container's, or a tunnel"),
        Look::Hidden => Some("another user's: only that user and root may look at it"),
        Look::Seen { .. } => None,
    }
}
