//! Commands as they go to every SUT and to the loader, and registrations.

use super::Form;
use crate::fleet::fields::{Fields, Malformed};
use crate::fleet::python_json::Object;

/// One command for one client. From the loader, `client_id` may be `all` in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Whom it is for.
    pub client_id: String,
    /// What is to be run, verbatim.
    pub command: String,
}

impl Command {
    /// The payload. Text cannot carry a client id with a `|`.
    ///
    /// # Errors
    /// That.
    pub fn encode(&self, form: Form) -> Result<Vec<u8>, Malformed> {
        match form {
            Form::Json => Ok(Object::with_capacity(48 + self.command.len())
                .text("client_id", &self.client_id)
                .text("command", &self.command)
                .finish()),
            Form::Text if self.client_id.contains('|') => Err(Malformed::out_of_range(
                "client_id",
                &self.client_id,
                "an id without `|` where commands are text",
            )),
            Form::Text => Ok(format!("{}|{}", self.client_id, self.command).into_bytes()),
        }
    }

    /// Understands a payload in one form.
    ///
    /// # Errors
    /// Everything else, with what was found.
    pub fn decode(payload: &[u8], form: Form) -> Result<Self, Malformed> {
        match form {
            Form::Json => {
                let mut fields = Fields::read(payload, &["client_id", "command"])?;
                Ok(Self {
                    client_id: fields.needed("client_id")?,
                    command: fields.needed("command")?,
                })
            }
            Form::Text => {
                if payload.is_empty() {
                    return Err(Malformed::Empty);
                }
                let text =
                    std::str::from_utf8(payload).map_err(|_| Malformed::not_utf8(payload))?;
                let (client_id, command) = text
                    .split_once('|')
                    .ok_or_else(|| Malformed::no_bar(payload))?;
                Ok(Self {
                    client_id: client_id.to_owned(),
                    command: command.to_owned(),
                })
            }
        }
    }

    /// Understands a payload in either form, and says which it was: what begins with `{` is JSON, and so is what has
    /// no `|`, for the sake of its error.
    ///
    /// # Errors
    /// It is neither.
    pub fn decode_any(payload: &[u8]) -> Result<(Self, Form), Malformed> {
        let begins_as_json = payload.trim_ascii_start().starts_with(b"{");
        let form = if begins_as_json || !payload.contains(&b'|') {
            Form::Json
        } else {
            Form::Text
        };
        Self::decode(payload, form).map(|command| (command, form))
    }
}

/// The client id in a registration or an acknowledgment: the payload itself.
///
/// # Errors
/// It is empty or not UTF-8.
pub fn client_id(payload: &[u8]) -> Result<&str, Malformed> {
    match std::str::from_utf8(payload) {
        Ok("") => Err(Malformed::Empty),
        Ok(id) => Ok(id),
        Err(_) => Err(Malformed::not_utf8(payload)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn command(client_id: &str, command: &str) -> Command {
        Command {
            client_id: client_id.into(),
            command: command.into(),
        }
    }

    #[test]
    fn a_command_has_the_bytes_of_the_contract() {
        let hi = command("c1", "echo hi");
        assert_eq!(
            hi.encode(Form::Json).unwrap(),
            br#"{"client_id": "c1", "command": "echo hi"}"#
        );
        assert_eq!(hi.encode(Form::Text).unwrap(), b"c1|echo hi");
        assert!(command("a|b", "x").encode(Form::Text).is_err());
    }

    #[test]
    fn a_pipe_in_a_text_command_belongs_to_the_command() {
        let (found, form) = Command::decode_any(b"c1|ps | wc").unwrap();
        assert_eq!((found, form), (command("c1", "ps | wc"), Form::Text));
    }

    #[test]
    fn every_message_that_makes_the_original_deaf_is_refused_with_what_was_found() {
        let of = |payload: &[u8]| Command::decode_any(payload).unwrap_err().to_string();
        assert_eq!(of(br#"{"client_id": "c1"}"#), "`command` is missing");
        assert_eq!(
            of(br#"{"client_id": "c1", "command": null}"#),
            "`command` is null; text is allowed"
        );
        assert_eq!(
            of(br#"{"client_id": 1, "command": "a"}"#),
            "`client_id` is a number; text is allowed"
        );
        assert_eq!(
            of(br#"["c1", "a"]"#),
            "the message is an array; an object is allowed"
        );
        assert_eq!(of(b"null"), "the message is null; an object is allowed");
        assert_eq!(of(b""), "the message is empty");
        assert!(of(b"{\"client_id\": \"\xff\"}").contains("is not UTF-8"));
        assert!(of(br#"{"client_id": "c1", "command": "\ud800"}"#).contains("hex escape"));
        assert!(of(&b"[".repeat(100_000)).contains("recursion limit"));
        assert!(of(b"no bar at all").contains("is not JSON"));
        assert!(
            Command::decode(b"no bar", Form::Text)
                .unwrap_err()
                .to_string()
                .contains("has no `|`")
        );
    }

    #[test]
    fn a_registration_is_a_text_of_at_least_one_character() {
        assert_eq!(client_id(b"c1"), Ok("c1"));
        assert_eq!(client_id(b""), Err(Malformed::Empty));
        assert!(client_id(b"\xff").is_err());
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(id in "[^|{ \\s][^|]{0,8}", text: String) {
            let sent = command(&id, &text);
            for form in [Form::Json, Form::Text] {
                let payload = sent.encode(form).unwrap();
                prop_assert_eq!(Command::decode_any(&payload).unwrap(), (sent.clone(), form));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Command::decode_any(&bytes);
            let _ = Command::decode(&bytes, Form::Text);
            let _ = client_id(&bytes);
        }
    }
}
