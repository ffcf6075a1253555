//! A script: how commands are answered.

use std::borrow::Cow;
use std::time::Duration;

/// How a command is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Manner {
    /// Standard output. `{client}` stands for the client's id, `{number}` for its number from 1, `{command}` for the
    /// command.
    pub output: String,
    /// Standard error, alike.
    pub error: String,
    /// The exit code, 0 to 255.
    pub exit_code: u8,
    /// How long it is said to run, from the shortest to the longest, drawn evenly.
    pub takes: (Duration, Duration),
    /// How probable it is that it fails where it would not: exit code 1 and a word on standard error. 0 to 1.
    pub fails: f64,
    /// How probable it is that it is never answered. 0 to 1.
    pub silent: f64,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            output: "sim {client}: {command}\n".to_owned(),
            error: String::new(),
            exit_code: 0,
            takes: (Duration::ZERO, Duration::ZERO),
            fails: 0.0,
            silent: 0.0,
        }
    }
}

/// A text with `*` for any run of characters, an empty one too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard(String);

impl Wildcard {
    /// Any text is one.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether a text is like it.
    ///
    /// ```
    /// use mqtt_thing::fleet::simulated::Wildcard;
    /// assert!(Wildcard::new("stress-ng *--timeout *").is_like("stress-ng --cpu 0 --timeout 60s"));
    /// assert!(!Wildcard::new("stress-ng").is_like("stress-ng --cpu 0"));
    /// ```
    #[must_use]
    pub fn is_like(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == text;
        };
        let Some(mut left) = text.strip_prefix(first) else {
            return false;
        };
        let (middle, last) = rest.rsplit_once('*').map_or(("", rest), |both| both);
        for piece in middle.split('*') {
            match left.find(piece) {
                Some(at) => left = &left[at + piece.len()..],
                None => return false,
            }
        }
        left.ends_with(last)
    }
}

/// How a fleet answers: the first pattern that is like the command counts, and without any the usual manner.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    /// The usual manner.
    pub usual: Manner,
    /// Others, for commands of a kind.
    pub commands: Vec<(Wildcard, Manner)>,
}

impl Script {
    /// How a command is answered.
    #[must_use]
    pub fn manner(&self, command: &str) -> &Manner {
        let found = self.commands.iter().find(|(like, _)| like.is_like(command));
        found.map_or(&self.usual, |(_, manner)| manner)
    }
}

/// Puts client, number and command in their places. What they bring is not looked at again.
pub(super) fn filled<'t>(
    text: &'t str,
    client: &str,
    number: usize,
    command: &str,
) -> Cow<'t, str> {
    let Some((before, mut rest)) = text.split_once('{') else {
        return Cow::Borrowed(text);
    };
    let mut filled = before.to_owned();
    loop {
        let places = [("client}", client), ("command}", command)];
        let place = places.iter().find_map(|(name, value)| {
            let rest = rest.strip_prefix(name)?;
            Some((rest, *value))
        });
        if let Some((behind, value)) = place {
            filled.push_str(value);
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("number}") {
            filled.push_str(&number.to_string());
            rest = behind;
        } else {
            filled.push('{');
        }
        match rest.split_once('{') {
            Some((before, behind)) => {
                filled.push_str(before);
                rest = behind;
            }
            None => {
                filled.push_str(rest);
                return Cow::Owned(filled);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_stands_for_the_whole_command() {
        let like = |pattern: &str, text: &str| Wildcard::new(pattern).is_like(text);
        for (pattern, text) in [
            ("*", ""),
            ("**", "x"),
            ("a*", "a"),
            ("*a", "ba"),
            ("a*a", "aa"),
            ("a*b*c", "a-b-b-c"),
            ("a*b*c", "abc"),
            ("", ""),
        ] {
            assert!(like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "x"),
            ("a", "ab"),
            ("a*a", "a"),
            ("a*b*c", "a-c-b"),
            ("ab*bc", "abc"),
            ("*a", "ab"),
        ] {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn the_first_pattern_that_fits_counts() {
        let with = |exit_code| Manner {
            exit_code,
            ..Manner::default()
        };
        let script = Script {
            usual: with(9),
            commands: vec![
                (Wildcard::new("stress-ng *"), with(1)),
                (Wildcard::new("stress-ng --cpu *"), with(2)),
                (Wildcard::new("true"), with(3)),
            ],
        };
        let code = |command| script.manner(command).exit_code;
        assert_eq!(code("stress-ng --cpu 0"), 1);
        assert_eq!(code("true"), 3);
        assert_eq!(code("truer"), 9);
    }

    #[test]
    fn places_are_filled_and_other_braces_stay() {
        let fill = |text| filled(text, "sim-7", 7, "echo {client}").into_owned();
        assert_eq!(
            fill("{client} {number}: {command}"),
            "sim-7 7: echo {client}"
        );
        assert_eq!(fill("{} {clients} {{client} }{"), "{} {clients} {sim-7 }{");
        assert_eq!(fill("plain"), "plain");
    }

    proptest! {
        #[test]
        fn a_text_is_like_itself_with_any_part_left_open(text in "[a-c]{0,8}", from in 0usize..9, to in 0usize..9) {
            let (from, to) = (from.min(text.len()), to.min(text.len()));
            let (from, to) = (from.min(to), from.max(to));
            let open = format!("{}*{}", &text[..from], &text[to..]);
            prop_assert!(Wildcard::new(open).is_like(&text));
        }

        #[test]
        fn no_text_makes_filling_panic(text in ".{0,40}", command in ".{0,10}") {
            let _ = filled(&text, "c", 1, &command);
        }
    }
}
