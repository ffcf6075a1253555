//! Answers on our own topics: the governor's six keys, then everything else that is known.

use crate::fleet::fields::{Field, Fields, Malformed};
use crate::fleet::governor::{Answer, FEEDBACK_KEYS, Feedback};
use crate::fleet::job::Usage;
use crate::fleet::record::{Record, Status};
use crate::fleet::stream_text::Shown;
use crate::system::HostState;
use serde_json::Number;
use std::time::Duration;

/// How many bytes of the head and of the tail of each stream a response has at most.
const SHOWN: usize = 64 << 10;

const KEYS: &[&str] = &[
    FEEDBACK_KEYS[0],
    FEEDBACK_KEYS[1],
    FEEDBACK_KEYS[2],
    FEEDBACK_KEYS[3],
    FEEDBACK_KEYS[4],
    FEEDBACK_KEYS[5],
    "id",
    "status",
    "reason",
    "exit_code",
    "signal",
    "duration_s",
    "truncated",
    "output_bytes",
    "error_bytes",
    "usage",
    "user_s",
    "system_s",
    "max_rss_kib",
    "host",
    "frequency_khz",
    "measured_khz",
    "governor",
    "temperature_c",
    "temperature_before_c",
    "throttled",
    "throttled_before",
    "under_voltage",
    "load",
    "load_before",
    "clock_synchronised",
];

/// An answer, as an operator reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// Client, command, times, output and error as in the governor's feedback.
    pub feedback: Feedback,
    /// The command's id; none when it was refused for want of a usable one.
    pub id: Option<String>,
    /// How it ended.
    pub status: Status,
    /// Why, unless it simply ran and ended.
    pub reason: Option<String>,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// How long it took, by the client's monotonic clock.
    pub duration: Option<Duration>,
    /// Whether a part of a stream is missing.
    pub truncated: bool,
    /// How many bytes it wrote to standard output.
    pub output_bytes: Option<u64>,
    /// How many bytes it wrote to standard error.
    pub error_bytes: Option<u64>,
    /// What its processes used.
    pub usage: Option<Usage>,
    /// The host around it.
    pub host: HostState,
    /// Whether the client's clock was synchronised.
    pub clock_synchronised: Option<bool>,
}

impl Response {
    /// A result as the payload of a response. The same record gives the same bytes.
    #[must_use]
    pub fn encode(record: &Record) -> Vec<u8> {
        let shown = |captured| Shown::of(captured, &[], SHOWN);
        let answer = Answer::new(record, shown(&record.stdout), shown(&record.stderr));
        let null = || "null".to_owned();
        let mut object = match &record.id {
            Some(id) => answer.object().text("id", id),
            None => answer.object().json("id", "null"),
        };
        object = object.text("status", record.status.as_str());
        object = match &record.reason {
            Some(reason) => object.text("reason", reason),
            None => object.json("reason", "null"),
        };
        if let Some(code) = record.exit_code {
            object = object.json("exit_code", code.to_string());
        }
        if let Some(signal) = record.signal {
            object = object.json("signal", signal.to_string());
        }
        let usage = record.usage.map_or_else(null, |usage| {
            format!(
                r#"{{"user_s": {}, "system_s": {}, "max_rss_kib": {}}}"#,
                usage.user.as_secs_f64(),
                usage.system.as_secs_f64(),
                usage.max_rss_kib
            )
        });
        let host = serde_json::to_string(&record.host).unwrap_or_else(|_| null());
        object
            .json("duration_s", record.duration.as_secs_f64().to_string())
            .json("truncated", (!answer.is_whole()).to_string())
            .json("output_bytes", record.stdout.total.to_string())
            .json("error_bytes", record.stderr.total.to_string())
            .json("usage", usage)
            .json("host", host)
            .json(
                "clock_synchronised",
                record
                    .clock_synchronised
                    .map_or_else(null, |yes| yes.to_string()),
            )
            .finish()
    }

    /// Understands any bytes. The governor's keys and `status` must be there; what is wrong among the measured values
    /// counts as absent, so that a strange client's result is not lost for the sake of a temperature.
    ///
    /// # Errors
    /// The rest.
    pub fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::read(payload, KEYS)?;
        let feedback = Feedback::of_fields(&mut fields)?;
        let status = fields.needed("status")?;
        let status = status_of(&status).ok_or_else(|| {
            Malformed::out_of_range("status", &status, "one of the contract's seven words")
        })?;
        let id = match fields.take("id") {
            None | Some(Field::Null) => None,
            Some(Field::Text(id)) => Some(id),
            Some(other) => {
                return Err(Malformed::WrongType {
                    key: "id",
                    found: other.kind(),
                    allowed: "text or null",
                });
            }
        };
        Ok(Self {
            feedback,
            id,
            status,
            reason: fields.text("reason").ok().flatten(),
            exit_code: integer(&mut fields, "exit_code"),
            signal: integer(&mut fields, "signal"),
            duration: seconds(&mut fields, "duration_s"),
            truncated: fields.take("truncated") == Some(Field::Bool(true)),
            output_bytes: number(&mut fields, "output_bytes").and_then(|n| n.as_u64()),
            error_bytes: number(&mut fields, "error_bytes").and_then(|n| n.as_u64()),
            usage: object(&mut fields, "usage").and_then(|mut usage| {
                Some(Usage {
                    user: seconds(&mut usage, "user_s")?,
                    system: seconds(&mut usage, "system_s")?,
                    max_rss_kib: number(&mut usage, "max_rss_kib")?.as_u64()?,
                })
            }),
            host: object(&mut fields, "host").map_or_else(HostState::default, host),
            clock_synchronised: match fields.take("clock_synchronised") {
                Some(Field::Bool(yes)) => Some(yes),
                _ => None,
            },
        })
    }
}

fn host(mut told: Fields) -> HostState {
    let whole = |fields: &mut Fields, key| number(fields, key).and_then(|n| n.as_u64());
    let decimal = |fields: &mut Fields, key| number(fields, key).and_then(|n| n.as_f64());
    let flags = |fields: &mut Fields, key| whole(fields, key).and_then(|n| n.try_into().ok());
    HostState {
        frequency_khz: whole(&mut told, "frequency_khz"),
        measured_khz: whole(&mut told, "measured_khz"),
        governor: told.text("governor").ok().flatten(),
        temperature_c: decimal(&mut told, "temperature_c"),
        temperature_before_c: decimal(&mut told, "temperature_before_c"),
        throttled: flags(&mut told, "throttled"),
        throttled_before: flags(&mut told, "throttled_before"),
        under_voltage: match told.take("under_voltage") {
            Some(Field::Bool(yes)) => Some(yes),
            _ => None,
        },
        load: decimal(&mut told, "load"),
        load_before: decimal(&mut told, "load_before"),
    }
}

fn status_of(word: &str) -> Option<Status> {
    let all = [
        Status::Succeeded,
        Status::Failed,
        Status::TimedOut,
        Status::Cancelled,
        Status::Refused,
        Status::Expired,
        Status::Interrupted,
    ];
    all.into_iter().find(|status| status.as_str() == word)
}

fn number(fields: &mut Fields, key: &'static str) -> Option<Number> {
    match fields.take(key)? {
        Field::Number(number) => Some(number),
        _ => None,
    }
}

fn integer(fields: &mut Fields, key: &'static str) -> Option<i32> {
    number(fields, key)?.as_i64()?.try_into().ok()
}

fn seconds(fields: &mut Fields, key: &'static str) -> Option<Duration> {
    Duration::try_from_secs_f64(number(fields, key)?.as_f64()?).ok()
}

fn object(fields: &mut Fields, key: &'static str) -> Option<Fields> {
    match fields.take(key)? {
        Field::Object(object) => Some(object),
        _ => None,
    }
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
