//! What the report of a running thing shows of the broker.

use super::{PATIENCE, Subject, acl, failed};
use crate::doctor::case::now;
use crate::doctor::{Cure, Findings, Severity};
use crate::mqtt::{Cause, Failure, Line, Way};
use crate::runtime::{CannotConnect, Report};
use crate::thing::ThingTopics;

/// Its own word is back sooner.
const ECHO_WITHIN_S: u64 = 10;
/// After so long without a rival there is none any more.
const RIVAL_FOR_S: u64 = 600;
/// Whoever is followed has said something by then.
const HEARD_WITHIN_S: u64 = 60;

/// Judges it.
pub(super) async fn judge(subject: &Subject<'_>, report: &Report, findings: &mut Findings) {
    let session = &report.session;
    let ago = |at: u64| now().saturating_sub(at);
    if let (false, Some(told)) = (report.connected, &report.cannot_connect) {
        if let Some(failure) = now_failing(subject, told).await {
            failed::tell(subject, &failure, findings).await;
            return;
        }
    }
    if session
        .taken_over_at
        .is_some_and(|at| ago(at) < RIVAL_FOR_S)
    {
        subject.rival(findings);
        return;
    }
    let since = report.connected_since.filter(|_| report.connected);
    let long = since.is_some_and(|since| ago(since) >= ECHO_WITHIN_S);
    if long && session.heard_itself == Some(false) {
        let status = ThingTopics::of(&subject.id).status;
        acl::publish_denied(subject, &[status.as_str()], findings);
    }
    if !session.refused.is_empty() {
        let refused: Vec<&str> = session.refused.iter().map(String::as_str).collect();
        acl::subscribe_denied(subject, &refused, findings);
    }
    if !session.left_out.is_empty() {
        let topics: Vec<&str> = session.left_out.iter().map(String::as_str).collect();
        let cause = format!(
            "messages over 8 MiB come on {}, so the thing does not listen there for ten minutes at a time",
            acl::listed(&topics)
        );
        let cures = [Cure::advise(
            "find out who sends them, and limit messages at the broker: `max_packet_size` of Mosquitto's configuration",
        )];
        findings.tell("packets-too-large", Severity::Warning, cause, cures);
    }
    let silent = session.silent.iter();
    let silent: Vec<&str> = silent
        .map(String::as_str)
        .filter(|topic| {
            !acl::is_own(&subject.id, topic) && !session.refused.iter().any(|its| its == topic)
        })
        .collect();
    if long && ago(report.started_at) >= HEARD_WITHIN_S && !silent.is_empty() {
        acl::never_seen(subject, &silent, findings);
    }
}

/// Why it cannot connect, looked at as far as that needs no account: that knows more than the report, and is newer.
/// Nothing, if the reason is gone.
async fn now_failing(subject: &Subject<'_>, told: &CannotConnect) -> Option<Failure> {
    let known = Failure {
        at: Way::Login,
        cause: told.cause,
        words: told.reason.clone(),
        bound: None,
    };
    let network = matches!(
        told.cause,
        Cause::NameUnknown | Cause::NothingListens | Cause::NoRoute
    );
    let Some(endpoint) = subject.without_account().filter(|_| subject.is_tried()) else {
        return Some(known);
    };
    match Line::open(&endpoint, PATIENCE).await {
        Ok(_) if network => None,
        Ok(_) => Some(known),
        // without our certificate TLS may end in another way
        Err(failure) if failure.at <= Way::Tcp || failure.cause == told.cause => Some(failure),
        Err(_) => Some(known),
    }
}
