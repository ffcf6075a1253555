//! From text to rules. As strict as the broker, which does not start on a line that it does not know.

use super::{AclFile, Right, Rule, Whose};
use crate::model::{TopicFilter, escaped};
use thiserror::Error;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct AclMistake {
    /// The line, from 1.
    pub line: usize,
    /// What was found, and what is allowed.
    pub message: String,
}

/// The longest part of a line that an error shows.
const SHOWN: usize = 80;

/// Reads a file of access rights.
///
/// ```
/// use mqtt_thing::broker::acl_file::{Wish, parse};
/// let file = parse("user alice\ntopic read house/#\n").unwrap();
/// assert!(file.decide(Some("alice"), "a1", "house/door", Wish::Read).allowed);
/// assert!(!file.decide(Some("alice"), "a1", "house/door", Wish::Write).allowed);
/// ```
///
/// # Errors
/// Every line that Mosquitto would not start on, and topics with control characters, which are hardly meant.
pub fn parse(text: &str) -> Result<AclFile, Vec<AclMistake>> {
    let (mut file, mut mistakes) = (AclFile::default(), Vec::new());
    let mut whose = Whose::Anonymous;
    for (index, raw) in text.split('\n').enumerate() {
        let line = index + 1;
        let written = raw.trim_end_matches(is_space);
        if written.starts_with('#') {
            continue;
        }
        // words are separated by blanks alone; a tab belongs to its word
        let (word, rest) = first_word(written);
        let outcome = match word {
            "" => Ok(()),
            "user" => user(rest).map(|name| whose = Whose::User(name)),
            "topic" | "pattern" => right(rest).map(|(right, filter)| {
                let whose = match word {
                    "topic" => whose.clone(),
                    _ => Whose::Pattern,
                };
                file.rules.push(Rule {
                    line,
                    text: written.trim_start_matches(' ').to_owned(),
                    whose,
                    right,
                    filter,
                });
            }),
            other => Err(format!(
                "`{}` is no word of an ACL file; a line begins with user, topic, pattern or #",
                shown(other)
            )),
        };
        if let Err(message) = outcome {
            mistakes.push(AclMistake { line, message });
        }
    }
    if mistakes.is_empty() {
        Ok(file)
    } else {
        Err(mistakes)
    }
}

/// What C calls a space.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// The first word and what follows it, without the blanks around.
fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(' ');
    match text.split_once(' ') {
        Some((word, rest)) => (word, rest.trim_start_matches(' ')),
        None => (text, ""),
    }
}

fn user(rest: &str) -> Result<String, String> {
    match rest {
        "" => Err("`user` lacks a name; write `user NAME`".to_owned()),
        name => Ok(name.to_owned()),
    }
}

fn right(rest: &str) -> Result<(Right, String), String> {
    let (first, behind) = first_word(rest);
    let (right, topic) = match (first, behind) {
        ("", _) => return Err("a topic is missing; write `topic read some/topic`".to_owned()),
        // one word alone is a topic, even if it is `read`
        (topic, "") => (Right::ReadWrite, topic),
        ("read", topic) => (Right::Read, topic),
        ("write", topic) => (Right::Write, topic),
        ("readwrite", topic) => (Right::ReadWrite, topic),
        ("deny", topic) => (Right::Deny, topic),
        (other, _) => {
            return Err(format!(
                "`{}` is no right; allowed are read, write, readwrite and deny, and a topic with a blank in it needs one \
                 of these before it",
                shown(other)
            ));
        }
    };
    TopicFilter::new(topic).map_err(|error| error.to_string())?;
    Ok((right, topic.to_owned()))
}

fn shown(text: &str) -> String {
    escaped(text.as_bytes(), SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules(text: &str) -> Vec<(usize, Whose, &'static str, String)> {
        let file = parse(text).unwrap();
        let told = file.rules.into_iter();
        told.map(|rule| (rule.line, rule.whose, rule.right.as_str(), rule.filter))
            .collect()
    }

    fn mistakes(text: &str) -> Vec<String> {
        let mistakes = parse(text).unwrap_err();
        mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_rule_holds_for_the_user_above_it_and_for_the_anonymous_before_any() {
        let text = "# all\ntopic read news/#\n\nuser alice\n  topic  write  a b \r\nuser bob smith\ntopic x\n\
                    pattern deny %u/#\ntopic read\n";
        let (alice, bob) = (Whose::User("alice".into()), Whose::User("bob smith".into()));
        assert_eq!(
            rules(text),
            [
                (2, Whose::Anonymous, "read", "news/#".to_owned()),
                (5, alice, "write", "a b".to_owned()),
                (7, bob.clone(), "readwrite", "x".to_owned()),
                (8, Whose::Pattern, "deny", "%u/#".to_owned()),
                (9, bob, "readwrite", "read".to_owned()),
            ]
        );
        assert_eq!(parse(text).unwrap().users(), ["alice", "bob smith"]);
        assert_eq!(parse(text).unwrap().rules()[1].text, "topic  write  a b");
    }

    #[test]
    fn each_line_that_the_broker_would_not_start_on_is_named_with_its_number() {
        let text = "topic\nuser  \nTopic a\ntopic READ a\ntopic read a#\ntopic read a/+b\n # late\ntopic\tread a\n\
                    topic read\ta\n";
        assert_eq!(
            mistakes(text),
            [
                "line 1: a topic is missing; write `topic read some/topic`",
                "line 2: `user` lacks a name; write `user NAME`",
                "line 3: `Topic` is no word of an ACL file; a line begins with user, topic, pattern or #",
                "line 4: `READ` is no right; allowed are read, write, readwrite and deny, and a topic with a blank in it \
                 needs one of these before it",
                "line 5: in the topic filter `a#` a `#` is not alone in the last level; it stands for all levels that \
                 follow, as in `a/#`",
                "line 6: in the topic filter `a/+b` a `+` shares its level with other characters; it stands for a whole \
                 level, as in `a/+/c`",
                "line 7: `#` is no word of an ACL file; a line begins with user, topic, pattern or #",
                "line 8: `topic\\tread` is no word of an ACL file; a line begins with user, topic, pattern or #",
                "line 9: the topic `read\\ta` holds the control character U+0009; printable characters are allowed",
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(user|topic|pattern|read|deny|[ \\t#+/%ua\\n\\r\\x1b]){0,40}") {
            match parse(&text) {
                Ok(file) => prop_assert!(file.rules().iter().all(|rule| rule.line >= 1)),
                Err(mistakes) => prop_assert!(mistakes.iter().all(|m| !m.message.contains('\x1b'))),
            }
        }
    }
}
