//! What becomes of a message on a topic where commands come in: a request, a refusal, or nothing. Everything here is
//! hostile until it is decided.

use crate::fleet::own::Order;
use crate::fleet::policy::{Command, Policy, Verdict};
use crate::fleet::{ExecutorSettings, Face, Request, Run, Status, StepCommand, governor, words};
use std::time::{Duration, SystemTime};

/// What a message is.
#[derive(Debug, PartialEq)]
pub(super) enum Admission {
    /// A command that may run.
    Accept(Request),
    /// A command, or something like it, that gets an answer but does not run.
    Refuse {
        request: Request,
        status: Status,
        reason: String,
    },
    /// The command with that id is to be ended.
    Cancel(String),
    /// A command for somebody else.
    Foreign,
    /// No command at all; nobody can be answered.
    Malformed(String),
}

/// A request for a command that is not there.
pub(super) fn nothing(id: &str) -> Request {
    shell_of(Face::Own, Some(id.to_owned()), "")
}

/// A request that will not be run: what its answer tells of it.
fn shell_of(face: Face, id: Option<String>, command: &str) -> Request {
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

fn refuse(request: Request, status: Status, reason: impl Into<String>) -> Admission {
    let reason = reason.into();
    Admission::Refuse {
        request,
        status,
        reason,
    }
}

/// The time limit that holds: what was asked for, but no longer than the executor's own.
fn limit(asked: Option<Duration>, settings: &ExecutorSettings) -> Option<Duration> {
    match (asked, settings.time_limit) {
        (Some(asked), Some(own)) => Some(asked.min(own)),
        (asked, own) => asked.or(own),
    }
}

/// A message on the executor's own `commands` topic.
pub(super) fn own_command(
    payload: &[u8],
    retained: bool,
    client_id: &str,
    policy: &Policy,
    settings: &ExecutorSettings,
    now: SystemTime,
) -> Admission {
    let command = match Order::decode(payload) {
        Ok(Order::Cancel { id, client_id: to }) => {
            let for_us = to.is_none_or(|to| to == client_id);
            return match (retained, for_us) {
                (true, _) => refuse(nothing(&id), Status::Refused, RETAINED),
                (_, false) => refuse(nothing(&id), Status::Refused, addressed(client_id)),
                _ => Admission::Cancel(id),
            };
        }
        Ok(Order::Revoke { id, .. }) => {
            let reason = "keys cannot be revoked here: this executor checks no signatures";
            return refuse(nothing(&id), Status::Refused, reason);
        }
        Ok(Order::Run(command)) => command,
        Err(error) => {
            let reason = error.why.to_string();
            let command = error.command.unwrap_or_default();
            return refuse(
                shell_of(Face::Own, error.id, &command),
                Status::Refused,
                reason,
            );
        }
    };
    let shown = match &command.command {
        StepCommand::Text(text) => text.clone(),
        StepCommand::Argv(argv) => words::quoted(argv),
    };
    let request = Request {
        time_limit: limit(command.time_limit, settings),
        expires: command.expires,
        ..shell_of(Face::Own, Some(command.id), &shown)
    };
    if retained {
        return refuse(request, Status::Refused, RETAINED);
    }
    if command.client_id != client_id {
        return refuse(request, Status::Refused, addressed(client_id));
    }
    if request.expires.is_some_and(|end| end <= now) {
        return refuse(request, Status::Expired, EXPIRED);
    }
    decided(request, policy.decide(&Command::from(&command.command)))
}

pub(super) const EXPIRED: &str = "it came too late: its `expires_at` is over";
const RETAINED: &str =
    "it was delivered with the retain flag, so it is an old one; commands are not retained";

fn addressed(client_id: &str) -> String {
    format!("it is for another client; this one is `{client_id}`")
}

fn decided(request: Request, verdict: Verdict) -> Admission {
    match verdict {
        Verdict::Allowed { run, .. } => Admission::Accept(Request { run, ..request }),
        Verdict::Refused { rule, reason } => {
            refuse(request, Status::Refused, format!("{reason} (rule {rule})"))
        }
    }
}

/// A message on the governor's `commands` topic, which all clients share.
pub(super) fn governor_command(
    payload: &[u8],
    client_id: &str,
    policy: &Policy,
    settings: &ExecutorSettings,
) -> Admission {
    let (command, face) = match governor::Command::decode_any(payload) {
        Ok((command, governor::Form::Json)) => (command, Face::GovernorJson),
        Ok((command, governor::Form::Text)) => (command, Face::GovernorText),
        Err(error) => return Admission::Malformed(error.to_string()),
    };
    if command.client_id != client_id {
        return Admission::Foreign;
    }
    let request = Request {
        time_limit: settings.time_limit,
        ..shell_of(face, None, &command.command)
    };
    decided(request, policy.decide(&Command::Text(&command.command)))
}
