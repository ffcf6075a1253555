//! What becomes of a message on a topic where commands come in: a request, a refusal, or nothing. Everything here is
//! hostile until it is decided.

use super::signing::{self, No, Signing};
use crate::fleet::own::{self, Order};
use crate::fleet::policy::{Command, Policy, Verdict};
use crate::fleet::signing::{KeyId, Refused};
use crate::fleet::{
    ExecutorSettings, Face, Request, Run, SignedBy, Stamp, Status, StepCommand, governor, words,
};
use crate::model::Topic;
use std::time::{Duration, SystemTime};

/// What a message is.
#[derive(Debug, PartialEq)]
pub(super) enum Admission {
    /// A command that may run, and which message of its key it is.
    Accept(Request, Option<Stamp>),
    /// A command, or something like it, that gets an answer but does not run.
    Refuse {
        request: Request,
        status: Status,
        reason: String,
    },
    /// The command with that id is to be ended; by whom, where that is known.
    Cancel(String, Option<(SignedBy, Stamp)>),
    /// A key is to be obeyed no more.
    Revoke {
        request: Request,
        key: KeyId,
        stamp: Stamp,
    },
    /// A key that is to be obeyed no more is not, already.
    RevokedAlready(Request, KeyId),
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

/// What an executor judges commands by.
pub(super) struct Desk<'a> {
    pub(super) client_id: &'a str,
    pub(super) commands: &'a Topic,
    pub(super) policy: &'a Policy,
    pub(super) settings: &'a ExecutorSettings,
}

/// A message on the executor's own `commands` topic.
pub(super) fn own_command(
    payload: &[u8],
    retained: bool,
    desk: &Desk<'_>,
    signing: Option<&mut Signing>,
    now: SystemTime,
) -> Admission {
    let signed = match Order::decode_signed(payload) {
        Ok(signed) => signed,
        Err(error) => {
            let reason = error.why.to_string();
            let command = error.command.unwrap_or_default();
            let request = shell_of(Face::Own, error.id, &command);
            return refuse(request, Status::Refused, reason);
        }
    };
    let (mut request, to) = told(&signed.order, desk.settings);
    if retained {
        return refuse(request, Status::Refused, RETAINED);
    }
    if to.is_some_and(|to| to != desk.client_id) {
        return refuse(request, Status::Refused, addressed(desk.client_id));
    }
    let Some(signing) = signing else {
        return match signed.order {
            Order::Cancel { id, .. } => Admission::Cancel(id, None),
            Order::Revoke { .. } => {
                let reason = "keys cannot be revoked here: this executor checks no signatures";
                refuse(request, Status::Refused, reason)
            }
            Order::Run(command) => run(request, None, &command, (desk.policy, None), now),
        };
    };
    let (signed_by, stamp) = match signing.judge(payload, &signed, desk.commands, now) {
        Ok(verified) => {
            request.expires = Some(verified.expires);
            signing::facts(&verified)
        }
        Err(no) => return not_obeyed(request, &signed.order, &no),
    };
    request.signed_by = Some(signed_by.clone());
    match signed.order {
        // whoever is trusted may end anything: it is the safe direction
        Order::Cancel { id, .. } => Admission::Cancel(id, Some((signed_by, stamp))),
        Order::Revoke { key, .. } => Admission::Revoke {
            request,
            key,
            stamp,
        },
        Order::Run(command) => {
            let limit = signing.limit(&stamp.key);
            let now = signing.floor(&request, now);
            run(request, Some(stamp), &command, (desk.policy, limit), now)
        }
    }
}

/// What an answer tells of an order, and whom the order is for.
fn told<'o>(order: &'o Order, settings: &ExecutorSettings) -> (Request, Option<&'o str>) {
    match order {
        Order::Cancel { id, client_id } | Order::Revoke { id, client_id, .. } => {
            (nothing(id), client_id.as_deref())
        }
        Order::Run(command) => {
            let shown = match &command.command {
                StepCommand::Text(text) => text.clone(),
                StepCommand::Argv(argv) => words::quoted(argv),
            };
            let request = Request {
                time_limit: limit(command.time_limit, settings),
                expires: command.expires,
                ..shell_of(Face::Own, Some(command.id.clone()), &shown)
            };
            (request, Some(&command.client_id))
        }
    }
}

fn run(
    request: Request,
    stamp: Option<Stamp>,
    command: &own::Command,
    (policy, limit): (&Policy, Option<&Policy>),
    now: SystemTime,
) -> Admission {
    if request.expires.is_some_and(|end| end <= now) {
        return refuse(request, Status::Expired, EXPIRED);
    }
    let command = Command::from(&command.command);
    match decided(request, policy.decide(&command)) {
        Admission::Accept(request, _) => match limit {
            None => Admission::Accept(request, stamp),
            Some(limit) => match limited(request, limit.decide(&command), KEY_LIMIT) {
                Admission::Accept(request, _) => Admission::Accept(request, stamp),
                other => other,
            },
        },
        other => other,
    }
}

/// An order that does not count by its signature.
fn not_obeyed(request: Request, order: &Order, no: &No) -> Admission {
    match (no, order) {
        // a key that revokes itself and hears no answer says it again
        (No::Signature(Refused::Revoked { key: by, .. }), Order::Revoke { key, .. })
            if by == key =>
        {
            Admission::RevokedAlready(request, key.clone())
        }
        (No::Signature(Refused::Expired { .. }), _) => {
            refuse(request, Status::Expired, no.reason())
        }
        _ => refuse(request, Status::Refused, no.reason()),
    }
}

/// How a second policy, that must allow a command as well, is named in an answer.
type Second = (&'static str, &'static str);
const KEY_LIMIT: Second = ("its key may not have this run", "signature-key-limit");
const UNSIGNED: Second = ("this may not run unsigned", "signature-missing");

/// What the second policy says of a command that the first allows. It has no shell, so where the two would run it
/// differently, what is run is what the second looked at.
fn limited(request: Request, verdict: Verdict, (whose, rule): Second) -> Admission {
    match verdict {
        Verdict::Allowed { run, .. } => Admission::Accept(Request { run, ..request }, None),
        Verdict::Refused { reason, .. } => {
            let reason = format!("{whose}: {reason} (rule {rule})");
            refuse(request, Status::Refused, reason)
        }
    }
}

pub(super) const EXPIRED: &str = "it came too late: its `expires_at` is over";
const RETAINED: &str =
    "it was delivered with the retain flag, so it is an old one; commands are not retained";

fn addressed(client_id: &str) -> String {
    format!("it is for another client; this one is `{client_id}`")
}

fn decided(request: Request, verdict: Verdict) -> Admission {
    match verdict {
        Verdict::Allowed { run, .. } => Admission::Accept(Request { run, ..request }, None),
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
    unsigned: Option<&Policy>,
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
    let command = Command::Text(&command.command);
    match (decided(request, policy.decide(&command)), unsigned) {
        (Admission::Accept(request, _), Some(unsigned)) => {
            limited(request, unsigned.decide(&command), UNSIGNED)
        }
        (admission, _) => admission,
    }
}
