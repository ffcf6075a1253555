//! A message as it is printed.

use super::color::json;
use crate::cli::exchange::bytes;
use mqtt_thing::model::{Message, harmless_json, is_harmful, utc_text};
use mqtt_thing::payload::{self, Payload};
use owo_colors::OwoColorize;
use serde_json::json;
use std::fmt::Write;
use std::time::SystemTime;

/// So many characters of a text, and bytes of anything else, are shown on a terminal.
const MOST_CHARACTERS: usize = 8192;
const MOST_BYTES: usize = 256;

/// How messages are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For people, and safe for their terminal.
    Terminal,
    /// The bytes with a line's end behind, perhaps the topic before.
    Lines { topics: bool },
    /// The bytes.
    Raw,
    /// An object a line.
    Json,
}

/// How messages are printed, and whether in colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) form: Form,
    pub(super) colors: bool,
    /// When it came, too.
    pub(super) time: bool,
}

impl Look {
    /// Prints a message behind `out`.
    pub(super) fn show(&self, message: &Message, dup: bool, at: SystemTime, out: &mut Vec<u8>) {
        match self.form {
            Form::Raw => out.extend_from_slice(&message.payload),
            Form::Lines { topics } => {
                self.when(at, out);
                if topics {
                    out.extend_from_slice(message.topic.as_str().as_bytes());
                    out.push(b' ');
                }
                out.extend_from_slice(&message.payload);
                out.push(b'\n');
            }
            Form::Json => {
                out.extend_from_slice(object(message, dup, at).as_bytes());
                out.push(b'\n');
            }
            Form::Terminal => {
                let line = self.line(message);
                self.when(at, out);
                out.extend_from_slice(line.as_bytes());
                out.push(b'\n');
            }
        }
    }

    fn when(&self, at: SystemTime, out: &mut Vec<u8>) {
        if self.time {
            let time = utc_text(at);
            let time = match self.colors && self.form == Form::Terminal {
                true => time.dimmed().to_string(),
                false => time,
            };
            out.extend_from_slice(time.as_bytes());
            out.push(b' ');
        }
    }

    fn line(&self, message: &Message) -> String {
        let topic = plain(message.topic.as_str(), MOST_CHARACTERS);
        let topic = match self.colors {
            true => topic.cyan().to_string(),
            false => topic,
        };
        let kept = match (message.retain, self.colors) {
            (true, true) => format!(" {}", "(retained)".dimmed()),
            (true, false) => " (retained)".to_owned(),
            (false, _) => String::new(),
        };
        let size = message.payload.len();
        let shown = match payload::look(&message.payload) {
            Payload::Json(text) => {
                let text = plain(&text, MOST_CHARACTERS);
                if self.colors { json(&text) } else { text }
            }
            Payload::Text("") => match self.colors {
                true => "(empty)".dimmed().to_string(),
                false => "(empty)".to_owned(),
            },
            Payload::Text(text) => plain(text, MOST_CHARACTERS),
            Payload::Cbor(diagnostic) => {
                let text = plain(&diagnostic, MOST_CHARACTERS);
                let text = if self.colors { json(&text) } else { text };
                format!("CBOR {text}")
            }
            Payload::Binary(binary) => {
                let dump = payload::dump(binary, MOST_BYTES);
                let rest = match size {
                    0..=MOST_BYTES => "",
                    _ => "\n...",
                };
                return format!("{topic}{kept} {}\n{dump}{rest}", bytes(size));
            }
        };
        format!("{topic}{kept} {shown}")
    }
}

/// Text on one line and safe for a terminal, at most so much of it.
fn plain(text: &str, most: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(most));
    for (nth, c) in text.chars().enumerate() {
        if nth == most {
            // a String takes everything
            let _never_fails = write!(shown, "... ({} bytes in all)", text.len());
            break;
        }
        match is_harmful(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

/// The message as an object on one line.
fn object(message: &Message, dup: bool, at: SystemTime) -> String {
    let mut head = json!({
        "topic": message.topic.as_str(),
        "qos": message.qos.number(),
        "retain": message.retain,
        "dup": dup,
        "time": utc_text(at),
        "size": message.payload.len(),
    });
    let mut verbatim = None;
    match std::str::from_utf8(&message.payload) {
        Ok(text) => head["payload"] = text.into(),
        Err(_) => head["payload_base64"] = payload::base64(&message.payload).into(),
    }
    match payload::look(&message.payload) {
        Payload::Json(text) => verbatim = Some(text),
        Payload::Cbor(diagnostic) => head["cbor"] = diagnostic.into(),
        Payload::Text(_) | Payload::Binary(_) => {}
    }
    let mut line = head.to_string();
    if let Some(json) = verbatim {
        // as it came, so that no number loses its digits
        line.pop();
        line.push_str(",\"json\":");
        line.push_str(&json);
        line.push('}');
    }
    harmless_json(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqtt_thing::model::Topic;
    use serde_json::Value;

    const PLAIN: Look = Look {
        form: Form::Terminal,
        colors: false,
        time: false,
    };

    fn message(payload: &[u8]) -> Message {
        Message::event(Topic::new("a/b").unwrap(), payload)
    }

    #[test]
    fn each_kind_of_payload_is_shown_so_that_people_can_read_it() {
        for (payload, shown) in [
            (&b"True"[..], "a/b True"),
            (b"say \"hi\"", "a/b say \"hi\""),
            (b"{\"a\":\n 1}", "a/b {\"a\": 1}"),
            (b"\xa1\x61a\xf9\x3e\x00", "a/b CBOR {\"a\": 1.5}"),
            (b"", "a/b (empty)"),
            (b"\x1b[2J\x07\xc2\x9b", "a/b \\u{1b}[2J\\u{7}\\u{9b}"),
        ] {
            assert_eq!(PLAIN.line(&message(payload)), shown);
        }
        let binary = PLAIN.line(&message(&[0xFF; 300]));
        assert!(
            binary.starts_with("a/b 300 bytes\n00000000  ff ff"),
            "{binary}"
        );
        assert!(binary.ends_with("\n..."), "{binary}");
        assert!(PLAIN.line(&message(b"\xff")).starts_with("a/b 1 byte\n"));
    }

    #[test]
    fn a_long_text_does_not_flood_the_terminal() {
        let shown = PLAIN.line(&message(&[b'x'; 100_000]));
        assert!(shown.len() < 9000 && shown.ends_with("... (100000 bytes in all)"));
    }

    #[test]
    fn an_object_says_all_of_a_message() {
        let of = |payload: &[u8]| -> Value {
            let line = object(&message(payload), true, SystemTime::UNIX_EPOCH);
            assert!(!line.contains('\n'));
            serde_json::from_str(&line).unwrap()
        };
        let json = of(b"{\"v\": 12345678901234567890,\n\"\\u001b\": \"\xc2\x9b\"}");
        assert_eq!(json["json"]["v"], 12_345_678_901_234_567_890u64);
        assert_eq!(json["json"]["\u{1b}"], "\u{9b}");
        assert_eq!((&json["dup"], &json["qos"]), (&true.into(), &0.into()));
        assert_eq!(json["time"], "1970-01-01T00:00:00.000Z");
        assert_eq!(of(b"\xff\0")["payload_base64"], "/wA=");
        let text = of(b"it's");
        assert_eq!(
            (&text["payload"], &text["json"]),
            (&"it's".into(), &Value::Null)
        );
        assert_eq!(of(b"\xa1\x61a\x01")["cbor"], "{\"a\": 1}");
    }
}
