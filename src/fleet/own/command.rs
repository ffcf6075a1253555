//! Commands on our own topics, from whoever may write there.

use crate::fleet::fields::{Field, Fields, Malformed};
use crate::fleet::pipeline::StepCommand;
use crate::fleet::python_json::{Object, push_string};
use crate::fleet::signing::{self, KeyId, Signature};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// The longest time limit: ten years.
const LONGEST: f64 = 10.0 * 366.0 * 86_400.0;

/// The last moment that can be named: the end of the year 9999.
const LATEST: f64 = 253_402_300_800.0;

const KEYS: &[&str] = &[
    "id",
    "client_id",
    "command",
    "argv",
    "timeout_s",
    "expires_at",
    "cancel",
    "revoke",
    "signature",
    // those of a signature
    "key",
    "sequence",
    "issued",
    "value",
];

/// What an executor is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// To run something.
    Run(Command),
    /// To end or forget a command.
    Cancel {
        /// The command's id.
        id: String,
        /// Whom it is for, where that is said.
        client_id: Option<String>,
    },
    /// To obey a key no more.
    Revoke {
        /// The order's own name, for its answer.
        id: String,
        /// The key.
        key: KeyId,
        /// Whom it is for, where that is said.
        client_id: Option<String>,
    },
}

/// An order as it came, with what it says of its signature. Nothing of that is checked but its form.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed {
    /// The order.
    pub order: Order,
    /// The signature block, if there is one.
    pub signature: Option<Signature>,
}

/// One command.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Its name, the same whenever it is repeated. Never used as a file name.
    pub id: String,
    /// The thing's id.
    pub client_id: String,
    /// What is to be run.
    pub command: StepCommand,
    /// Its time limit; at most ten years.
    pub time_limit: Option<Duration>,
    /// When it is not worth running any more.
    pub expires: Option<SystemTime>,
}

/// Why a message is no order, with what is needed to answer that.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct DecodeError {
    /// Its id, if it has a usable one.
    pub id: Option<String>,
    /// Whom it is for, if it says so.
    pub client_id: Option<String>,
    /// The command, if it is text.
    pub command: Option<String>,
    /// What is wrong.
    pub why: Malformed,
}

/// Whether a text is an id: 1 to 64 of `A-Z a-z 0-9 . _ -`, not beginning with a dot.
#[must_use]
pub fn is_usable_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && !id.starts_with('.')
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

fn usable(key: &'static str, id: String) -> Result<String, Malformed> {
    if is_usable_id(&id) {
        Ok(id)
    } else {
        Err(Malformed::out_of_range(
            key,
            &id,
            "1 to 64 of A-Z a-z 0-9 . _ -, not beginning with a dot,",
        ))
    }
}

impl Order {
    /// Understands any bytes. The signature is left out: this is for those who ask nobody for one.
    ///
    /// # Errors
    /// No order; with the id, if there is a usable one.
    pub fn decode(payload: &[u8]) -> Result<Self, Box<DecodeError>> {
        Self::decode_signed(payload).map(|signed| signed.order)
    }

    /// As [`Order::decode`], with what it says of its signature.
    ///
    /// # Errors
    /// As [`Order::decode`]; a broken signature block is one of them, and so is, beside a block, an `expires_at` that
    /// is not in whole seconds.
    pub fn decode_signed(payload: &[u8]) -> Result<Signed, Box<DecodeError>> {
        let mut fields = Fields::read(payload, KEYS).map_err(|why| DecodeError {
            id: None,
            client_id: None,
            command: None,
            why,
        })?;
        let mut told = fields.clone();
        Signed::of_fields(&mut fields).map_err(|why| {
            let mut told = |key| told.text(key).ok().flatten();
            Box::new(DecodeError {
                id: told("id")
                    .or_else(|| told("cancel"))
                    .filter(|id| is_usable_id(id)),
                client_id: told("client_id"),
                command: told("command"),
                why,
            })
        })
    }

    fn of_fields(fields: &mut Fields) -> Result<Self, Malformed> {
        match (fields.text("cancel")?, fields.text("revoke")?) {
            (None, None) => {}
            (Some(_), Some(_)) => return Err(Malformed::Both("cancel", "revoke")),
            (Some(id), None) => {
                return Ok(Self::Cancel {
                    id: usable("cancel", id)?,
                    client_id: fields.text("client_id")?,
                });
            }
            (None, Some(key)) => {
                return Ok(Self::Revoke {
                    id: usable("id", fields.needed("id")?)?,
                    key: key.parse().map_err(|_| {
                        Malformed::out_of_range(
                            "revoke",
                            &key,
                            "the id of a key, 16 of 0-9 and a-f,",
                        )
                    })?,
                    client_id: fields.text("client_id")?,
                });
            }
        }
        Ok(Self::Run(Command {
            id: usable("id", fields.needed("id")?)?,
            client_id: fields.needed("client_id")?,
            command: match (fields.text("command")?, fields.list("argv")?) {
                (Some(text), None) => StepCommand::Text(text),
                (None, Some(words)) => StepCommand::Argv(argv(words)?),
                (Some(_), Some(_)) => return Err(Malformed::Both("command", "argv")),
                (None, None) => return Err(Malformed::Missing("command")),
            },
            time_limit: fields.number("timeout_s")?.map(limit).transpose()?,
            expires: fields.number("expires_at")?.map(moment).transpose()?,
        }))
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.object().finish()
    }

    /// The payload with a signature block. When it expires, a command says itself.
    pub(crate) fn encode_signed(&self, expires: u64, signature: &Signature) -> Vec<u8> {
        let object = match self {
            Self::Run(_) => self.object(),
            Self::Cancel { .. } | Self::Revoke { .. } => {
                self.object().json("expires_at", expires.to_string())
            }
        };
        object.json("signature", signature.json()).finish()
    }

    fn object(&self) -> Object {
        let (object, client_id) = match self {
            Self::Run(command) => return command.object(),
            Self::Cancel { id, client_id } => (Object::default().text("cancel", id), client_id),
            Self::Revoke { id, key, client_id } => {
                let object = Object::default().text("revoke", key.as_str());
                (object.text("id", id), client_id)
            }
        };
        match client_id {
            Some(client_id) => object.text("client_id", client_id),
            None => object,
        }
    }
}

impl Signed {
    fn of_fields(fields: &mut Fields) -> Result<Self, Malformed> {
        let order = Order::of_fields(fields)?;
        let Some(mut block) = fields.object("signature")? else {
            let signature = None;
            return Ok(Self { order, signature });
        };
        let signature = Signature::of_fields(&mut block)
            .map_err(|why| Malformed::Inside("signature", Box::new(why)))?;
        let expires = match &order {
            Order::Run(command) => command.expires,
            Order::Cancel { .. } | Order::Revoke { .. } => {
                fields.number("expires_at")?.map(moment).transpose()?
            }
        };
        match expires.filter(|expires| signing::whole_seconds(*expires).is_none()) {
            Some(odd) => Err(Malformed::out_of_range(
                "expires_at",
                &since_epoch(odd).to_string(),
                "a whole number of seconds, as it is signed,",
            )),
            None => Ok(Self {
                order,
                signature: Some(signature),
            }),
        }
    }
}

/// When a payload says that it expires; none if it does not say so in a way that is allowed.
pub(crate) fn expires_at(payload: &[u8]) -> Option<SystemTime> {
    let mut fields = Fields::read(payload, &["expires_at"]).ok()?;
    moment(fields.number("expires_at").ok()??).ok()
}

fn since_epoch(moment: SystemTime) -> f64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64()
}

impl Command {
    /// The payload: the same bytes whenever it is repeated.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.object().finish()
    }

    fn object(&self) -> Object {
        let mut object = Object::default()
            .text("id", &self.id)
            .text("client_id", &self.client_id);
        object = match &self.command {
            StepCommand::Text(text) => object.text("command", text),
            StepCommand::Argv(words) => object.json("argv", json_of(words)),
        };
        if let Some(limit) = self.time_limit {
            object = object.json("timeout_s", limit.as_secs_f64().to_string());
        }
        if let Some(expires) = self.expires {
            object = object.json("expires_at", since_epoch(expires).to_string());
        }
        object
    }
}

fn json_of(words: &[String]) -> Vec<u8> {
    let mut out = vec![b'['];
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        push_string(&mut out, word);
    }
    out.push(b']');
    out
}

fn argv(words: Vec<Field>) -> Result<Vec<String>, Malformed> {
    let wrong = |found: &Field| Malformed::WrongType {
        key: "argv",
        found: match found {
            Field::Null => "an array with null",
            Field::Number(_) => "an array with a number",
            _ => "an array with something else than text",
        },
        allowed: "an array of texts",
    };
    if words.is_empty() {
        return Err(Malformed::out_of_range(
            "argv",
            "[]",
            "a program and its arguments",
        ));
    }
    words
        .into_iter()
        .map(|word| match word {
            Field::Text(text) => Ok(text),
            other => Err(wrong(&other)),
        })
        .collect()
}

/// A time limit, in whole microseconds: the unit in which it is signed.
fn limit(seconds: f64) -> Result<Duration, Malformed> {
    let micros = (seconds * 1e6).round();
    if seconds <= LONGEST && micros >= 1.0 {
        // below 2^53, so nothing is lost
        return Ok(Duration::from_micros(micros as u64));
    }
    Err(Malformed::out_of_range(
        "timeout_s",
        &seconds.to_string(),
        "a number of seconds above 0, at most ten years,",
    ))
}

fn moment(seconds: f64) -> Result<SystemTime, Malformed> {
    let allowed = (0.0..=LATEST).contains(&seconds);
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|_| allowed)
        .and_then(|since| UNIX_EPOCH.checked_add(since))
        .ok_or_else(|| {
            Malformed::out_of_range(
                "expires_at",
                &seconds.to_string(),
                "a moment in Unix seconds up to the year 9999",
            )
        })
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
