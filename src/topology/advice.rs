//! What is allowed, but hardly meant. Few, so that people read them.

use super::findings::{Findings, Rule};
use super::section::Item;
use crate::resources::Kind;

/// The shortest press of a quick finger, in milliseconds.
const SHORT_PRESS: i64 = 50;

/// Two presses of a quick finger follow each other after so many milliseconds.
const NEXT_PRESS: i64 = 200;

/// Looks at one setting of a resource.
pub(super) fn setting(
    kind: &Kind,
    key: &str,
    value: i64,
    item: &Item<'_>,
    findings: &mut Findings<'_>,
) {
    match (kind.name, key) {
        ("button", "every_ms") if value > SHORT_PRESS => {
            let message = format!("a press shorter than {value} ms can be missed");
            let mistake = item.mistake(message).help("10 is usual");
            findings.warn(Rule::ButtonSlow, mistake);
        }
        ("button", "debounce_ms") if value > NEXT_PRESS => {
            let message = format!("a second press within {value} ms of the first can be missed");
            let mistake = item.mistake(message).help("20 is usual");
            findings.warn(Rule::DebounceLong, mistake);
        }
        _ => {}
    }
}
