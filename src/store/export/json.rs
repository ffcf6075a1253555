//! A run as JSON lines: an object for each response, for programs.

use super::ExportError;
use crate::fleet::Status;
use crate::model::harmless_json;
use crate::store::runs::schema::protocol;
use crate::store::{RunId, RunOutput, RunResponse, Runs};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value as Json;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A response as an object. Keys in this order; times are Unix seconds to the microsecond, spans are seconds.
#[derive(Serialize)]
struct Line<'r> {
    run: &'r str,
    client: &'r str,
    pipeline: Option<&'r str>,
    step_index: Option<u32>,
    step: &'r str,
    attempt: u32,
    id: Option<&'r str>,
    command: &'r str,
    protocol: &'static str,
    /// `no_answer`, or the wire's words.
    status: &'static str,
    reason: Option<&'r str>,
    exit_code: Option<i32>,
    signal: Option<i32>,
    started: Option<f64>,
    ended: Option<f64>,
    received: f64,
    duration_s: Option<f64>,
    usage: Option<UsageLine>,
    host: Option<Json>,
    #[serde(flatten)]
    output: Output<'r>,
    #[serde(flatten)]
    error: Errors<'r>,
}

#[derive(Serialize)]
struct UsageLine {
    user_s: f64,
    system_s: f64,
    max_rss_kib: u64,
}

#[derive(Serialize)]
struct Output<'r> {
    output: std::borrow::Cow<'r, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_base64: Option<String>,
    output_bytes: u64,
    output_truncated: bool,
}

#[derive(Serialize)]
struct Errors<'r> {
    error: std::borrow::Cow<'r, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_base64: Option<String>,
    error_bytes: u64,
    error_truncated: bool,
}

/// Writes a run as JSON lines, in the order of arrival, safe for a terminal. Output that is not UTF-8 is there twice: as text with
/// replacement characters, and exactly, as `output_base64`.
///
/// # Errors
/// The run cannot be read, or `out` not be written.
pub fn json(runs: &Runs, run: &RunId, out: &mut dyn Write) -> Result<(), ExportError> {
    for response in runs.responses(run, None)? {
        json_line(run, &response?, out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes one response as an object, without a line end.
///
/// # Errors
/// `out` cannot be written.
pub fn json_line(
    run: &RunId,
    response: &RunResponse,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let exact = |stream: &RunOutput| {
        std::str::from_utf8(&stream.bytes)
            .is_err()
            .then(|| STANDARD.encode(&stream.bytes))
    };
    let host = response.host.as_deref();
    let line = Line {
        run: run.as_str(),
        client: &response.client,
        pipeline: response.pipeline.as_deref(),
        step_index: response.step_index,
        step: &response.step,
        attempt: response.attempt,
        id: response.id.as_deref(),
        command: &response.command,
        protocol: protocol(response.face),
        status: response.status.map_or("no_answer", Status::as_str),
        reason: response.reason.as_deref(),
        exit_code: response.exit_code,
        signal: response.signal,
        started: response.started.map(unix),
        ended: response.ended.map(unix),
        received: unix(response.received),
        duration_s: response.duration.as_ref().map(Duration::as_secs_f64),
        usage: response.usage.map(|usage| UsageLine {
            user_s: usage.user.as_secs_f64(),
            system_s: usage.system.as_secs_f64(),
            max_rss_kib: usage.max_rss_kib,
        }),
        // what is no JSON is shown as the text that came
        host: host.map(|host| serde_json::from_str(host).unwrap_or_else(|_| host.into())),
        output: Output {
            output: String::from_utf8_lossy(&response.output.bytes),
            output_base64: exact(&response.output),
            output_bytes: response.output.total,
            output_truncated: response.output.truncated,
        },
        error: Errors {
            error: String::from_utf8_lossy(&response.error.bytes),
            error_base64: exact(&response.error),
            error_bytes: response.error.total,
            error_truncated: response.error.truncated,
        },
    };
    let line = serde_json::to_string(&line).map_err(std::io::Error::from)?;
    out.write_all(harmless_json(line).as_bytes())?;
    Ok(())
}

/// Unix seconds; whole microseconds, because a double has no room for more.
fn unix(time: SystemTime) -> f64 {
    let (span, sign) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (after, 1.0),
        Err(before) => (before.duration(), -1.0),
    };
    let micros = Duration::from_micros(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
    sign * micros.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::runs::samples::{full, silent};

    fn line(response: &RunResponse) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut runs = Runs::open(&folder.path().join("runs.db")).unwrap();
        let run = runs.begin(UNIX_EPOCH, "").unwrap();
        runs.add_response(&run, response).unwrap();
        let mut out = Vec::new();
        json(&runs, &run, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.replace(run.as_str(), "RUN")
    }

    #[test]
    fn a_response_is_one_line() {
        assert_eq!(
            line(&full("a", Some("7"))),
            concat!(
                r#"{"run":"RUN","client":"a","pipeline":"stress","step_index":2,"step":"all processors, \"hot\"","#,
                r#""attempt":1,"id":"7","command":"stress-ng --cpu 0","protocol":"own","status":"failed","#,
                r#""reason":"exit code 2","exit_code":2,"signal":null,"started":1795172851.846928,"#,
                r#""ended":1795172852.0,"received":1795172853.5,"duration_s":0.153072,"#,
                r#""usage":{"user_s":1.5,"system_s":0.02,"max_rss_kib":4321},"#,
                r#""host":{"frequency_khz":600000,"new":true,"temperature_c":51.5},"#,
                r#""output":"line 1\nläne 2, \"x\"\n","output_bytes":1048576,"output_truncated":true,"#,
                "\"error\":\"\\u001b[31m\u{fffd}\\u0000\",\"error_base64\":\"G1szMW3/AA==\",",
                r#""error_bytes":7,"error_truncated":false}"#,
                "\n"
            )
        );
    }

    #[test]
    fn silence_is_a_line_too() {
        let text = line(&silent("b"));
        assert!(
            text.contains(r#""protocol":"governor-text","status":"no_answer""#),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn a_host_that_is_no_json_is_shown_as_it_came() {
        let mut response = silent("b");
        response.host = Some("hot\n".to_owned());
        assert!(line(&response).contains(r#""host":"hot\n""#));
    }
}
