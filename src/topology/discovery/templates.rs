//! What Home Assistant is to make of our words, in its template language (Jinja; `/docs/configuration/templating/`).
//! A template that gives nothing has the message ignored.

use crate::model::Value;

/// A press is an event; the release that follows it is none.
pub(super) const PRESS: &str = r#"{% if value == 'True' %}{"event_type": "press"}{% endif %}"#;

/// A number that may be nothing: an empty message, as of four dark digits, is unknown.
pub(super) const NUMBER: &str = "{{ value if value else 'None' }}";

/// A colour is off when it is black.
pub(super) const COLOR_STATE: &str = "{{ 'OFF' if value == '#000000' else 'ON' }}";

/// A colour to three numbers, as `255,0,127`.
pub(super) const COLOR_VALUE: &str =
    "{{ value[1:3] | int(0, 16) }},{{ value[3:5] | int(0, 16) }},{{ value[5:7] | int(0, 16) }}";

/// Three numbers to a colour.
pub(super) const COLOR_COMMAND: &str = "{{ '#%02x%02x%02x' | format(red, green, blue) }}";

/// A dimmed light is off at the low end of its range.
pub(super) fn dimmed_state(min: i64) -> String {
    let off = Value::Integer(min).encode();
    format!("{{{{ 'OFF' if value == '{off}' else 'ON' }}}}")
}

/// A brightness counts from 0, a range may not: the way there, and back.
pub(super) fn moved(min: i64) -> Option<(String, String)> {
    let by = |n: i64| format!("{{{{ (value | int) + ({n}) }}}}");
    (min != 0).then(|| (by(min), by(min.saturating_neg())))
}

/// Text to at most so many characters.
pub(super) fn cut(most: u8) -> String {
    format!("{{{{ value[:{most}] }}}}")
}
