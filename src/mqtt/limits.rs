//! What brokers throw a client out for, so that it is refused here, with a reason, before it makes a loop.

/// Mosquitto's `TOPIC_HIERARCHY_LIMIT` (`src/mosquitto_broker_internal.h`): more slashes end the connection.
const MOST_SLASHES: usize = 200;

/// What a session says to QoS 2: the client library loses messages with it, or storms.
pub(super) const NO_QOS_2: &str = "it has QoS 2; a session speaks QoS 0 and 1";

/// Whether a topic or filter, well-formed by our model, is also taken by brokers.
///
/// # Errors
/// What was found and what is allowed.
pub(super) fn deliverable(topic: &str) -> Result<(), String> {
    let slashes = topic.bytes().filter(|byte| *byte == b'/').count();
    if slashes > MOST_SLASHES {
        return Err(format!(
            "its topic has {slashes} slashes; brokers end the connection over {MOST_SLASHES}"
        ));
    }
    // section 1.5.3: a receiver may close the connection for these; Mosquitto does
    match topic.chars().find(|c| is_noncharacter(*c)) {
        Some(c) => Err(format!(
            "its topic holds U+{:04X}, which is no character; brokers end the connection for it",
            c as u32
        )),
        None => Ok(()),
    }
}

fn is_noncharacter(c: char) -> bool {
    let code = c as u32;
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_slashes_pass_and_one_more_does_not() {
        assert_eq!(deliverable(&"/".repeat(200)), Ok(()));
        assert!(deliverable(&"/".repeat(201)).is_err());
    }

    #[test]
    fn noncharacters_are_refused_and_rare_characters_are_not() {
        assert_eq!(deliverable("h\u{e4}user/\u{1f321}/\u{fffd}"), Ok(()));
        for bad in ["\u{fdd0}", "\u{ffff}", "\u{1fffe}"] {
            assert!(deliverable(bad).is_err(), "{}", bad.escape_unicode());
        }
    }
}
