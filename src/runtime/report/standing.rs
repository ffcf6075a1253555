//! How a thing stands, gathered from what its hosts and its session tell.

use super::{BoardState, CannotConnect, FaultyResource, Report, SessionState};
use crate::model::{Now, Topic};
use crate::mqtt::{Cause, SessionEvent};
use crate::resources::Spec;
use crate::thing::ResourceError;
use std::time::{Duration, SystemTime};

/// After that a report is written again, although nothing changed: its counters did.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// What is told of a thing beside its counters.
#[derive(Debug, Clone)]
pub(in crate::runtime) struct Standing {
    started_at: u64,
    connected_since: Option<u64>,
    cannot_connect: Option<CannotConnect>,
    disconnected: Option<String>,
    session: SessionState,
    board: Option<BoardState>,
    faults: Vec<FaultyResource>,
    changed: bool,
    told_at: Option<Now>,
}

/// What a report has beside that.
pub(in crate::runtime) struct Counted<'a> {
    pub(in crate::runtime) name: &'a str,
    pub(in crate::runtime) id: &'a Topic,
    pub(in crate::runtime) broker: &'a str,
    pub(in crate::runtime) connected: bool,
    pub(in crate::runtime) connections: u64,
    /// The JSON that is published on `<id>/health`.
    pub(in crate::runtime) health: &'a [u8],
}

/// Unix seconds; before 1970 they are 0.
pub(super) fn unix(now: Now) -> u64 {
    let since = now.wall.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

impl Standing {
    /// At the start; `board` says whether there is one.
    pub(in crate::runtime) fn new(board: bool, now: Now) -> Self {
        Self {
            started_at: unix(now),
            connected_since: None,
            cannot_connect: None,
            disconnected: None,
            session: SessionState::default(),
            board: board.then(BoardState::default),
            faults: Vec::new(),
            changed: true,
            told_at: None,
        }
    }

    /// Whether there is something to tell; then it counts as told.
    pub(in crate::runtime) fn is_due(&mut self, now: Now) -> bool {
        let old = |told: Now| now.moment.since(told.moment) >= AGAIN_AFTER;
        let due = std::mem::take(&mut self.changed) || self.told_at.is_none_or(old);
        if due {
            self.told_at = Some(now);
        }
        due
    }

    /// All of it.
    pub(in crate::runtime) fn report(&self, counted: Counted<'_>, now: Now) -> Report {
        let Counted {
            name,
            id,
            broker,
            connected,
            connections,
            health,
        } = counted;
        Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            name: name.to_owned(),
            id: id.to_string(),
            broker: broker.to_owned(),
            written_at: unix(now),
            started_at: self.started_at,
            connected,
            connections,
            connected_since: self.connected_since,
            cannot_connect: self.cannot_connect.clone(),
            disconnected: self.disconnected.clone(),
            session: self.session.clone(),
            board: self.board.clone(),
            faults: self.faults.clone(),
            health: serde_json::from_slice(health).unwrap_or_default(),
        }
    }

    pub(in crate::runtime) fn connected(&mut self, now: Now) {
        self.connected_since = Some(unix(now));
        self.cannot_connect = None;
        self.session.connected();
        self.changed = true;
    }

    /// What its resources follow, and what it has heard nothing of yet.
    pub(in crate::runtime) fn follows(&mut self, specs: &[Spec]) {
        let sources = specs.iter().flat_map(|spec| &spec.sources);
        let mut topics: Vec<String> = sources.map(|source| source.topic.to_string()).collect();
        topics.sort();
        topics.dedup();
        self.session.silent = topics;
    }

    /// Something came on this topic.
    pub(in crate::runtime) fn heard(&mut self, topic: &Topic) {
        self.changed |= self.session.heard(topic);
    }

    /// Its own word came back.
    pub(in crate::runtime) fn heard_itself(&mut self) {
        let before = self.session.heard_itself.replace(true);
        self.changed |= before != Some(true);
    }

    /// What the session tells beside that.
    pub(in crate::runtime) fn take(&mut self, event: &SessionEvent, now: Now) {
        self.changed |= self.session.take(event, now);
    }

    pub(in crate::runtime) fn disconnected(&mut self, reason: String) {
        self.connected_since = None;
        self.disconnected = Some(reason);
        self.changed = true;
    }

    pub(in crate::runtime) fn cannot_connect(
        &mut self,
        reason: String,
        refused: bool,
        cause: Cause,
        now: Now,
    ) {
        let at = unix(now);
        self.cannot_connect = Some(CannotConnect {
            reason,
            refused,
            cause,
            at,
        });
        self.changed = true;
    }

    pub(in crate::runtime) fn board_up(&mut self, firmware: String) {
        self.board = Some(BoardState {
            up: true,
            firmware: Some(firmware),
            error: None,
        });
        self.changed = true;
    }

    pub(in crate::runtime) fn board_away(&mut self, error: &ResourceError) {
        let board = self.board.get_or_insert_default();
        board.up = false;
        board.error = Some(error.to_string());
        self.changed = true;
    }

    pub(in crate::runtime) fn fault(&mut self, resource: String, error: &ResourceError, now: Now) {
        self.mended(&resource);
        self.faults.push(FaultyResource {
            resource,
            error: error.to_string(),
            since: unix(now),
        });
        self.changed = true;
    }

    pub(in crate::runtime) fn mended(&mut self, resource: &str) {
        self.faults.retain(|fault| fault.resource != resource);
        self.changed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    #[test]
    fn it_is_told_when_it_changes_and_else_now_and_then() {
        let at = |s| {
            Now::new(
                Moment::after(Duration::from_secs(s)),
                SystemTime::UNIX_EPOCH,
            )
        };
        let mut standing = Standing::new(true, at(0));
        assert!(standing.is_due(at(0)));
        assert!(!standing.is_due(at(29)));
        assert!(standing.is_due(at(30)));
        standing.cannot_connect("refused".to_owned(), true, Cause::LoginRefused, at(31));
        assert!(standing.is_due(at(31)));
        standing.connected(at(32));
        assert_eq!(standing.cannot_connect, None);
        standing.fault(
            "led0".to_owned(),
            &ResourceError::Journal("no".to_owned()),
            at(33),
        );
        standing.fault(
            "led0".to_owned(),
            &ResourceError::Journal("still no".to_owned()),
            at(34),
        );
        assert_eq!(standing.faults.len(), 1);
        standing.mended("led0");
        assert_eq!(standing.faults, []);
    }
}
