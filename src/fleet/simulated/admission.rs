//! Which messages are commands for a simulated client. The rules are the executor's, but for its policy: everything is
//! answered, since nothing is run.

use crate::fleet::own::Order;
use crate::fleet::{Face, Request, Run, Status, StepCommand, governor, words};
use std::time::SystemTime;

/// What a message is.
#[derive(Debug, PartialEq)]
pub(super) enum Admission {
    /// A command.
    Accept(Request),
    /// One that gets an answer at once.
    Refuse(Request, Status, String),
    /// The command with that id is to be ended.
    Cancel(String),
    /// For somebody else.
    Foreign,
    /// No command at all.
    Malformed,
}

/// A request with that id, that command and nothing else.
pub(super) fn request(face: Face, id: Option<String>, command: &str) -> Request {
    Request {
        face,
        id,
        command: command.to_owned(),
        run: Run::Shell(String::new()),
        time_limit: None,
        expires: None,
        signed_by: None,
    }
}

/// A message on the client's own `commands` topic.
pub(super) fn own(payload: &[u8], retained: bool, client_id: &str, now: SystemTime) -> Admission {
    let refuse =
        |request, reason: &str| Admission::Refuse(request, Status::Refused, reason.to_owned());
    let command = match Order::decode(payload) {
        Ok(Order::Cancel { .. }) if retained => return Admission::Malformed,
        Ok(Order::Cancel { id, .. }) => return Admission::Cancel(id),
        Ok(Order::Revoke { id, .. }) => {
            let request = request(Face::Own, Some(id), "");
            return refuse(
                request,
                "a simulated client obeys everybody and has no keys",
            );
        }
        Ok(Order::Run(command)) => command,
        Err(error) => {
            let command = error.command.as_deref().unwrap_or_default();
            let request = request(Face::Own, error.id.clone(), command);
            return refuse(request, &error.why.to_string());
        }
    };
    let shown = match &command.command {
        StepCommand::Text(text) => text.clone(),
        StepCommand::Argv(argv) => words::quoted(argv),
    };
    let request = Request {
        time_limit: command.time_limit,
        expires: command.expires,
        ..request(Face::Own, Some(command.id), &shown)
    };
    if retained {
        return refuse(
            request,
            "it was delivered with the retain flag, so it is an old one",
        );
    }
    if command.client_id != client_id {
        return refuse(
            request,
            &format!("it is for another client; this one is `{client_id}`"),
        );
    }
    match request.expires {
        Some(end) if end <= now => {
            Admission::Refuse(request, Status::Expired, super::work::EXPIRED.to_owned())
        }
        _ => Admission::Accept(request),
    }
}

/// A message on the governor's `commands` topic. Each client of a fleet gets the commands of all.
pub(super) fn governors(payload: &[u8], retained: bool, client_id: &str) -> Admission {
    if !may_concern(payload, client_id) {
        return Admission::Foreign;
    }
    let Ok((command, form)) = governor::Command::decode_any(payload) else {
        return Admission::Malformed;
    };
    let face = match form {
        governor::Form::Json => Face::GovernorJson,
        governor::Form::Text => Face::GovernorText,
    };
    if command.client_id != client_id {
        return Admission::Foreign;
    }
    match retained {
        true => Admission::Malformed,
        false => Admission::Accept(request(face, None, &command.command)),
    }
}

/// Whether the payload can name this client: it holds the id as it is, or an escape of JSON that may stand for some of
/// it. A fleet of a thousand looks at a million payloads for a thousand commands, so this comes before any parsing.
pub(super) fn may_concern(payload: &[u8], client_id: &str) -> bool {
    payload.contains(&b'\\') || holds(payload, client_id.as_bytes())
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.len() >= part.len()
        && bytes
            .windows(part.len().max(1))
            .any(|window| window == part)
}
