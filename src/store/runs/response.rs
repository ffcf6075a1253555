//! One response of a run, and how it lies in its table.

use super::schema::{duration, face, nanoseconds, protocol, span, status, time};
use crate::fleet::{Face, Status, Usage};
use rusqlite::{Connection, Row, named_params};
use std::time::{Duration, SystemTime};

/// What a client answered, or that it did not.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResponse {
    /// The client's id.
    pub client: String,
    /// The command's `id`; none on the governor's topics.
    pub id: Option<String>,
    /// The pipeline's name; none in realtime mode.
    pub pipeline: Option<String>,
    /// The step's name.
    pub step: String,
    /// Its place in the pipeline, from 0.
    pub step_index: Option<u32>,
    /// Which attempt this was, from 1.
    pub attempt: u32,
    /// The command as it was sent.
    pub command: String,
    /// By which protocol it came: on the governor's topics anyone could have said it.
    pub face: Face,
    /// How it ended; none if no answer came.
    pub status: Option<Status>,
    /// Why, unless it simply ran and ended.
    pub reason: Option<String>,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// When it began, by the client's clock.
    pub started: Option<SystemTime>,
    /// When it ended, by the client's clock.
    pub ended: Option<SystemTime>,
    /// When the operator had the answer, by its own clock.
    pub received: SystemTime,
    /// How long it took, by the client's monotonic clock; by its wall clock on the governor's topics.
    pub duration: Option<Duration>,
    /// What it used.
    pub usage: Option<Usage>,
    /// The host around it: JSON as it came.
    pub host: Option<String>,
    /// Standard output.
    pub output: RunOutput,
    /// Standard error.
    pub error: RunOutput,
    /// The answer as it came, where that is to be kept.
    pub raw: Option<Vec<u8>>,
}

/// A stream as the answer has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunOutput {
    /// What came.
    pub bytes: Vec<u8>,
    /// How many bytes the command wrote.
    pub total: u64,
    /// Whether something is missing: the client has all of it, up to a cap.
    pub truncated: bool,
}

impl RunOutput {
    /// A stream that came whole.
    #[must_use]
    pub fn whole(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self {
            total: bytes.len() as u64,
            bytes,
            truncated: false,
        }
    }
}

impl RunResponse {
    /// Whether the command did what it was to do.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == Some(Status::Succeeded)
    }

    /// Writes it. Returns whether it was not there yet.
    pub(super) fn insert(
        &self,
        connection: &Connection,
        run: i64,
    ) -> Result<bool, rusqlite::Error> {
        let count = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let usage = self.usage.as_ref();
        // what is known already is passed over; any other constraint that is broken is an error
        let sql = "INSERT INTO responses (
                run, client, id, pipeline, step, step_index, attempt, command, protocol, status, reason, exit_code,
                signal, started_ns, ended_ns, received_ns, duration_ns, user_ns, system_ns, max_rss_kib, host, output,
                output_bytes, output_truncated, error, error_bytes, error_truncated, raw)
            VALUES (
                :run, :client, :id, :pipeline, :step, :step_index, :attempt, :command, :protocol, :status, :reason,
                :exit_code, :signal, :started, :ended, :received, :duration, :user, :system, :max_rss, :host, :output,
                :output_bytes, :output_truncated, :error, :error_bytes, :error_truncated, :raw)
            ON CONFLICT (run, client, id) WHERE id IS NOT NULL DO NOTHING";
        let written = connection.prepare(sql)?.execute(named_params! {
            ":run": run,
            ":client": self.client,
            ":id": self.id,
            ":pipeline": self.pipeline,
            ":step": self.step,
            ":step_index": self.step_index,
            ":attempt": self.attempt,
            ":command": self.command,
            ":protocol": protocol(self.face),
            ":status": self.status.map(Status::as_str),
            ":reason": self.reason,
            ":exit_code": self.exit_code,
            ":signal": self.signal,
            ":started": self.started.and_then(nanoseconds),
            ":ended": self.ended.and_then(nanoseconds),
            ":received": nanoseconds(self.received),
            ":duration": self.duration.map(span),
            ":user": usage.map(|usage| span(usage.user)),
            ":system": usage.map(|usage| span(usage.system)),
            ":max_rss": usage.map(|usage| count(usage.max_rss_kib)),
            ":host": self.host,
            ":output": self.output.bytes,
            ":output_bytes": count(self.output.total),
            ":output_truncated": self.output.truncated,
            ":error": self.error.bytes,
            ":error_bytes": count(self.error.total),
            ":error_truncated": self.error.truncated,
            ":raw": self.raw,
        })?;
        Ok(written > 0)
    }

    /// Reads a row with every column, by name.
    pub(super) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        let moment = |name| -> Result<Option<SystemTime>, rusqlite::Error> {
            Ok(row.get::<_, Option<i64>>(name)?.map(time))
        };
        let length = |name| -> Result<Option<Duration>, rusqlite::Error> {
            Ok(row.get::<_, Option<i64>>(name)?.map(duration))
        };
        let stream = |bytes, total, truncated| -> Result<RunOutput, rusqlite::Error> {
            Ok(RunOutput {
                bytes: row.get(bytes)?,
                total: row.get::<_, i64>(total)?.unsigned_abs(),
                truncated: row.get(truncated)?,
            })
        };
        let max_rss: Option<i64> = row.get("max_rss_kib")?;
        let usage = match (length("user_ns")?, length("system_ns")?, max_rss) {
            (Some(user), Some(system), Some(max_rss)) => Some(Usage {
                user,
                system,
                max_rss_kib: max_rss.unsigned_abs(),
            }),
            _ => None,
        };
        let word: Option<String> = row.get("status")?;
        Ok(Self {
            client: row.get("client")?,
            id: row.get("id")?,
            pipeline: row.get("pipeline")?,
            step: row.get("step")?,
            step_index: row.get("step_index")?,
            attempt: row.get("attempt")?,
            command: row.get("command")?,
            face: face(row.get_ref("protocol")?.as_str()?),
            status: word.and_then(|word| status(&word)),
            reason: row.get("reason")?,
            exit_code: row.get("exit_code")?,
            signal: row.get("signal")?,
            started: moment("started_ns")?,
            ended: moment("ended_ns")?,
            received: moment("received_ns")?.unwrap_or(SystemTime::UNIX_EPOCH),
            duration: length("duration_ns")?,
            usage,
            host: row.get("host")?,
            output: stream("output", "output_bytes", "output_truncated")?,
            error: stream("error", "error_bytes", "error_truncated")?,
            raw: row.get("raw")?,
        })
    }
}
