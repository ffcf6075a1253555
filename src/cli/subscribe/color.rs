//! JSON and the notation of CBOR in colours: names, texts, and the rest.

use owo_colors::OwoColorize;

/// Colours text that is JSON or nearly so; not a character is changed.
pub(super) fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => quoted(rest),
            _ => rest.find(|c: char| !is_bare(c)).unwrap_or(rest.len()),
        };
        let (part, more) = rest.split_at(length.max(c.len_utf8()));
        let colored = match c {
            '"' if more.trim_start().starts_with(':') => part.blue().to_string(),
            '"' => part.green().to_string(),
            c if is_bare(c) => part.yellow().to_string(),
            _ => part.to_owned(),
        };
        shown.push_str(&colored);
        rest = more;
    }
    shown
}

/// What numbers and words are of.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '\'')
}

/// How long the text in quotation marks is that it begins with.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_texts_and_numbers_differ() {
        let shown = json(r#"{"a": ["x\":", -1.5e3, null]}"#);
        let expected = format!(
            "{{{}: [{}, {}, {}]}}",
            "\"a\"".blue(),
            r#""x\":""#.green(),
            "-1.5e3".yellow(),
            "null".yellow()
        );
        assert_eq!(shown, expected);
    }

    proptest! {
        #[test]
        fn no_character_is_changed(text in "[\\PC\"\\\\]{0,60}") {
            prop_assert_eq!(anstream::adapter::strip_str(&json(&text)).to_string(), text);
        }
    }
}
