//! Runs as a person reads them, and as one object for a program.

use crate::cli::output::columns;
use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt::strtime};
use mqtt_thing::fleet::{Face, Status};
use mqtt_thing::model::{escaped, harmless_json};
use mqtt_thing::store::{ClientSummary, RunId, RunOutput, RunResponse, RunSummary, Runs, export};
use serde_json::{Value as Json, json as object};
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// So much of what is not ours is shown in a cell.
const MOST: usize = 48;

fn cell(text: &str) -> String {
    escaped(text.as_bytes(), MOST)
}

/// All runs, a row each; nothing if there are none.
pub(super) fn list(runs: &[RunSummary]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let head = [
        "RUN",
        "STARTED",
        "TOOK",
        "CLIENTS",
        "RESPONSES",
        "FAILED",
        "OUTCOME",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(runs.iter().map(|run| {
        vec![
            run.id.to_string(),
            local(run.started),
            took(run).map_or_else(String::new, short),
            run.clients.to_string(),
            run.responses.to_string(),
            run.failed.to_string(),
            cell(outcome(run)),
        ]
    }));
    columns("", &rows)
}

fn took(run: &RunSummary) -> Option<Duration> {
    run.finished?.duration_since(run.started).ok()
}

fn outcome(run: &RunSummary) -> &str {
    let unfinished = match run.finished {
        Some(_) => "finished",
        None => "not finished",
    };
    run.outcome.as_deref().unwrap_or(unfinished)
}

/// All runs, an object a line.
pub(super) fn list_json(runs: &[RunSummary]) -> String {
    let lines = runs.iter().map(|run| format!("{}\n", summary(run)));
    harmless_json(lines.collect())
}

fn summary(run: &RunSummary) -> Json {
    object!({
        "run": run.id.as_str(),
        "started": unix(run.started),
        "finished": run.finished.map(unix),
        "outcome": run.outcome,
        "clients": run.clients,
        "responses": run.responses,
        "failed": run.failed,
    })
}

/// A run: what it came to, its clients, its responses; of one client with all that its commands wrote.
pub(super) fn show(
    store: &Runs,
    run: &RunId,
    client: Option<&str>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let whole = store.show(run)?;
    let clients = store.clients(run)?;
    if let Some(client) = client {
        let known = clients.iter().any(|known| known.client == client);
        if !known && store.responses(run, Some(client))?.next().is_none() {
            let shown = escaped(client.as_bytes(), 64);
            anyhow::bail!("run {run} has no client `{shown}`");
        }
    }
    writeln!(
        out,
        "run {run}, {}",
        escaped(outcome(&whole).as_bytes(), 200)
    )?;
    let took = took(&whole).map_or_else(String::new, |took| format!(", took {}", short(took)));
    writeln!(out, "started {}{took}", local(whole.started))?;
    writeln!(
        out,
        "{} clients, {} responses, {} failed",
        whole.clients, whole.responses, whole.failed
    )?;
    if let Some(client) = client {
        return store
            .responses(run, Some(client))?
            .try_for_each(|response| in_full(&response?, out));
    }
    writeln!(out, "\n{}", of_clients(&clients))?;
    let head = [
        "CLIENT", "PIPELINE", "STEP", "TRY", "STATUS", "CODE", "TOOK", "BY", "OUTPUT",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for response in store.responses(run, None)? {
        rows.push(row(&response?));
    }
    out.write_all(columns("", &rows).as_bytes())?;
    Ok(())
}

fn of_clients(clients: &[ClientSummary]) -> String {
    let head = ["CLIENT", "BY", "RESPONSES", "FAILED", "OUTCOME"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(clients.iter().map(|client| {
        vec![
            cell(&client.client),
            by(client.face).to_owned(),
            client.responses.to_string(),
            client.failed.to_string(),
            cell(client.outcome.as_deref().unwrap_or("")),
        ]
    }));
    columns("", &rows)
}

fn row(response: &RunResponse) -> Vec<String> {
    let shown = match (&response.output.bytes[..], &response.error.bytes[..]) {
        ([], []) => response.reason.as_deref().unwrap_or("").as_bytes(),
        ([], error) => error,
        (output, _) => output,
    };
    let first = shown.split(|byte| *byte == b'\n').next().unwrap_or(shown);
    vec![
        cell(&response.client),
        cell(response.pipeline.as_deref().unwrap_or("")),
        cell(&response.step),
        response.attempt.to_string(),
        status(response).to_owned(),
        code(response),
        response.duration.map_or_else(String::new, short),
        by(response.face).to_owned(),
        escaped(first, MOST),
    ]
}

fn status(response: &RunResponse) -> &'static str {
    response.status.map_or("no answer", Status::as_str)
}

fn code(response: &RunResponse) -> String {
    match (response.exit_code, response.signal) {
        (Some(code), _) => code.to_string(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => String::new(),
    }
}

/// Anyone can say something on the governor's topics; our own a broker can protect.
fn by(face: Face) -> &'static str {
    match face {
        Face::Own => "own",
        Face::GovernorJson | Face::GovernorText => "governor",
    }
}

/// A response with all that its command wrote, line by line, escaped.
fn in_full(response: &RunResponse, out: &mut dyn Write) -> anyhow::Result<()> {
    let code = code(response);
    let told = [
        response.pipeline.as_deref().map(cell),
        Some(cell(&response.step)),
        Some(status(response).to_owned()),
        Some(code).filter(|code| !code.is_empty()),
        response.duration.map(short),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    writeln!(out, "\n{}", told.join(", "))?;
    writeln!(out, "  $ {}", escaped(response.command.as_bytes(), 1000))?;
    if let Some(reason) = &response.reason {
        writeln!(out, "  {}", escaped(reason.as_bytes(), 1000))?;
    }
    lines("  ", &response.output, out)?;
    lines("  ! ", &response.error, out)
}

fn lines(indent: &str, stream: &RunOutput, out: &mut dyn Write) -> anyhow::Result<()> {
    let text = stream.bytes.strip_suffix(b"\n").unwrap_or(&stream.bytes);
    if !text.is_empty() {
        for line in text.split(|byte| *byte == b'\n') {
            writeln!(out, "{indent}{}", escaped(line, usize::MAX))?;
        }
    }
    if stream.truncated {
        writeln!(out, "{indent}(not all of {} bytes came)", stream.total)?;
    }
    Ok(())
}

/// A run as one object, written as it is read.
pub(super) fn json(
    store: &Runs,
    run: &RunId,
    client: Option<&str>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let clients: Vec<Json> = store
        .clients(run)?
        .iter()
        .filter(|known| client.is_none_or(|client| client == known.client))
        .map(|client| {
            object!({
                "client": client.client,
                "protocol": by(client.face),
                "joined": unix(client.joined),
                "outcome": client.outcome,
                "responses": client.responses,
                "failed": client.failed,
            })
        })
        .collect();
    let head = summary(&store.show(run)?);
    let plan = Json::String(store.plan(run)?);
    let clients = Json::Array(clients);
    let head =
        format!("{{\"summary\":{head},\"plan\":{plan},\"clients\":{clients},\"responses\":[");
    out.write_all(harmless_json(head).as_bytes())?;
    for (index, response) in store.responses(run, client)?.enumerate() {
        out.write_all(if index > 0 { b",\n" } else { b"\n" })?;
        export::json_line(run, &response?, out)?;
    }
    out.write_all(b"\n]}\n")?;
    Ok(())
}

/// Local time, as people read it.
fn local(time: SystemTime) -> String {
    let shown = Timestamp::try_from(time).ok().and_then(|timestamp| {
        let zoned = timestamp.to_zoned(TimeZone::system());
        strtime::format("%Y-%m-%d %H:%M:%S", &zoned).ok()
    });
    shown.unwrap_or_else(|| "?".to_owned())
}

fn short(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{:.3} s", span.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn unix(time: SystemTime) -> f64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}
