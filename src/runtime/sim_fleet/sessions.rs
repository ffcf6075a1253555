//! A session for each client. A few connect at a time: a broker's backlog is short, and who finds it full waits for a
//! second.

use super::member::Member;
use crate::mqtt::{Options, Session, SessionError, SessionEvent};
use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many connect at a time for the first time.
const AT_A_TIME: usize = 64;

#[derive(Debug)]
pub(super) struct Sessions {
    started: Arc<Mutex<Vec<Session>>>,
    /// The task that starts them.
    starting: JoinSet<()>,
}

impl Sessions {
    /// Begins to start them.
    ///
    /// # Errors
    /// The options of one are wrong; then none is started.
    pub(super) fn start(
        members: &[Arc<Member>],
        options: impl Fn(&Member) -> Options,
    ) -> Result<Self, SessionError> {
        let mut waiting = VecDeque::with_capacity(members.len());
        for member in members {
            let mut options = options(member);
            options.subscriptions = member.listens_to();
            options.will = member.will();
            waiting.push_back((Arc::clone(member), options));
        }
        let started = Arc::<Mutex<Vec<Session>>>::default();
        let turns = Arc::new(Semaphore::new(AT_A_TIME));
        // the first one shows whether the options are right: they differ in names only
        if let Some((member, options)) = waiting.pop_front() {
            let session = one(&member, options, None)?;
            lock(&started).push(session);
        }
        let (list, mut starting) = (Arc::clone(&started), JoinSet::new());
        starting.spawn(async move {
            while let Some((member, options)) = waiting.pop_front() {
                let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
                    return;
                };
                match one(&member, options, Some(turn)) {
                    Ok(session) => lock(&list).push(session),
                    Err(error) => tracing::error!(client = member.id(), %error, "not started"),
                }
            }
        });
        Ok(Self { started, starting })
    }

    /// Ends them all; returns how many ended in good order, those that were never started included.
    pub(super) async fn stop(mut self, members: &[Arc<Member>], patience: Duration) -> usize {
        self.starting.shutdown().await;
        let sessions = std::mem::take(&mut *lock(&self.started));
        let never = members.len() - sessions.len();
        let mut closing = JoinSet::new();
        for (session, member) in sessions.into_iter().zip(members) {
            let words = member.last_words();
            closing.spawn(async move { session.close(words, patience).await.clean });
        }
        let clean = closing.join_all().await.into_iter().filter(|clean| *clean);
        clean.count() + never
    }
}

/// One session; its turn ends when it is connected for the first time.
fn one(
    member: &Arc<Member>,
    options: Options,
    mut turn: Option<tokio::sync::OwnedSemaphorePermit>,
) -> Result<Session, SessionError> {
    let its = Arc::clone(member);
    let session = Session::start(options, move |event| {
        if matches!(event, SessionEvent::Subscribed { .. }) {
            drop(turn.take());
        }
        if matches!(event, SessionEvent::Disconnected { .. }) {
            its.tally().lost.fetch_add(1, Relaxed);
        }
        its.hear(&event);
    })?;
    member.goes_out_by(session.outbox());
    Ok(session)
}

fn lock(sessions: &Mutex<Vec<Session>>) -> std::sync::MutexGuard<'_, Vec<Session>> {
    sessions.lock().unwrap_or_else(PoisonError::into_inner)
}
