//! The bytes that a signature covers. The module above has them as a specification.

use super::public_key::KeyId;
use crate::fleet::own::Order;
use crate::fleet::pipeline::StepCommand;
use crate::model::Topic;

const DOMAIN: &[u8] = b"mqtt-thing/command/1\n";

/// In the place of a length: there is nothing.
const ABSENT: u32 = u32::MAX;

/// What is signed beside the order itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms<'a> {
    pub(super) commands: &'a Topic,
    pub(super) key: &'a KeyId,
    pub(super) sequence: u64,
    /// In Unix seconds, as the next.
    pub(super) issued: u64,
    pub(super) expires: u64,
}

/// The bytes for an order as its decoder sees it: time limits are whole microseconds.
pub(super) fn covered(order: &Order, terms: &Terms<'_>) -> Vec<u8> {
    let mut out = Fields(DOMAIN.to_vec());
    out.text(terms.commands.as_str());
    let (client_id, limit, id) = match order {
        Order::Run(command) => {
            match &command.command {
                StepCommand::Text(text) => {
                    out.text("command");
                    out.text(text);
                }
                StepCommand::Argv(words) => {
                    out.text("argv");
                    out.number(words.len() as u64);
                    words.iter().for_each(|word| out.text(word));
                }
            }
            let client_id = Some(command.client_id.as_str());
            (client_id, command.time_limit, Some(command.id.as_str()))
        }
        Order::Cancel { id, client_id } => {
            out.text("cancel");
            out.text(id);
            (client_id.as_deref(), None, None)
        }
        Order::Revoke { id, key, client_id } => {
            out.text("revoke");
            out.text(key.as_str());
            (client_id.as_deref(), None, Some(id.as_str()))
        }
    };
    out.perhaps(client_id, Fields::text);
    // ten years are less than 2^64 microseconds
    let micros = limit.map(|limit| u64::try_from(limit.as_micros()).unwrap_or(u64::MAX));
    out.perhaps(micros, Fields::number);
    out.perhaps(id, Fields::text);
    out.text(terms.key.as_str());
    out.number(terms.sequence);
    out.number(terms.issued);
    out.number(terms.expires);
    out.0
}

struct Fields(Vec<u8>);

impl Fields {
    fn length(&mut self, length: u32) {
        self.0.extend_from_slice(&length.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        let length = u32::try_from(text.len()).ok();
        let length = length.filter(|length| *length != ABSENT);
        self.length(length.expect("a text of a message is shorter than 4 GiB"));
        self.0.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.length(8);
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn perhaps<T>(&mut self, field: Option<T>, put: impl FnOnce(&mut Self, T)) {
        match field {
            Some(field) => put(self, field),
            None => self.length(ABSENT),
        }
    }
}
