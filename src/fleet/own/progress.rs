//! What an executor says while a command waits or runs.

use crate::fleet::fields::{Fields, Malformed};
use crate::fleet::python_json::Object;
use std::time::Duration;

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It waits for its turn.
    Queued,
    /// It runs.
    Running,
}

impl State {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
        }
    }
}

/// One progress message.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The command's id.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// For how long it has been running; zero while it waits.
    pub elapsed: Duration,
    /// The last lines that it wrote; key `last_lines`.
    pub last: String,
}

impl Progress {
    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Object::default()
            .text("id", &self.id)
            .text("state", self.state.as_str())
            .json("elapsed_s", self.elapsed.as_secs_f64().to_string())
            .text("last_lines", &self.last)
            .finish()
    }

    /// Understands any bytes.
    ///
    /// # Errors
    /// A key is missing, wrong, or not understood. `last_lines` may be absent.
    pub fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::read(payload, &["id", "state", "elapsed_s", "last_lines"])?;
        let state = fields.needed("state")?;
        let elapsed = fields.number("elapsed_s")?.unwrap_or(0.0);
        Ok(Self {
            id: fields.needed("id")?,
            state: match state.as_str() {
                "queued" => State::Queued,
                "running" => State::Running,
                other => {
                    return Err(Malformed::out_of_range("state", other, "queued or running"));
                }
            },
            elapsed: Duration::try_from_secs_f64(elapsed).unwrap_or_default(),
            last: fields.text("last_lines")?.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn progress_has_the_keys_of_the_contract() {
        let progress = Progress {
            id: "r1-2".into(),
            state: State::Running,
            elapsed: Duration::from_millis(1500),
            last: "a\nb".into(),
        };
        let json = br#"{"id": "r1-2", "state": "running", "elapsed_s": 1.5, "last_lines": "a\nb"}"#;
        assert_eq!(progress.encode(), json);
        assert_eq!(Progress::decode(json).unwrap(), progress);
    }

    #[test]
    fn a_state_that_nobody_knows_is_refused() {
        let of = |json: &str| Progress::decode(json.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            of(r#"{"id": "a", "state": "\u001b"}"#),
            r#"`state` is "\u{1b}"; queued or running is allowed"#
        );
        assert_eq!(of(r#"{"state": "queued"}"#), "`id` is missing");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), elapsed: f64) {
            let _ = Progress::decode(&bytes);
            let _ = Progress::decode(format!(r#"{{"id": "a", "state": "queued", "elapsed_s": {elapsed:?}}}"#).as_bytes());
        }
    }
}
