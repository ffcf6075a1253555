//! Characters that do something to a terminal, or to the text around them.

/// Whether it does: controls, and what turns or hides the text around it (Unicode Cf).
#[must_use]
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Text on one line that is safe for a terminal: what would do something to it is a replacement mark.
#[must_use]
pub fn harmless(text: &str) -> String {
    let safe = |c| if is_harmful(c) { '\u{fffd}' } else { c };
    text.chars().map(safe).collect()
}

/// JSON text, on any number of lines, that is safe for a terminal and means the same.
///
/// JSON itself only demands that the controls of ASCII are escaped; a terminal also heeds those above, as U+009B.
///
/// ```
/// use mqtt_thing::model::harmless_json;
/// assert_eq!(harmless_json("{\"a\": \"é\u{9b}\"}".to_owned()), r#"{"a": "é\u009b"}"#);
/// ```
#[must_use]
pub fn harmless_json(json: String) -> String {
    let is_bad = |c: char| c != '\n' && is_harmful(c);
    if !json.contains(is_bad) {
        return json;
    }
    let mut text = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        match is_bad(c) {
            // all of them are in the plane that has four digits
            true => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn json_means_the_same_and_has_nothing_harmful(text in "[\\PC\\pC\u{80}-\u{9f}\u{202e}\"\\\\]{0,40}") {
            let json = serde_json::json!({ "a": text, &text: [] });
            let told = harmless_json(format!("{json}\n{json}"));
            prop_assert!(!told.contains(|c| c != '\n' && is_harmful(c)));
            for line in told.lines() {
                prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(line).unwrap(), &json);
            }
        }
    }
}
