//! The course of one job as a pure state machine: what happened goes in with the time, what is to be done comes out.
//!
//! ```text
//!  running --main process ends--------------------------> lingering --pipes closed, or 1 s--> over
//!     |                                                       |
//!     | time limit, cancel, stop: TERM                        | cancel, stop: TERM
//!     v                                                       v
//!  ending --kill_after: KILL--> main process ended, and the group empty (or 1 s after KILL)--> over
//! ```
//!
//! A job that ends by itself leaves the other members of its group alone: a shell line may start a daemon on purpose.
//! Once a job is *being ended*, it is over only when its whole group has gone, so that nothing of a timed-out
//! measurement disturbs the next one.

use crate::fleet::JobEnd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// For how long pipes may stay open after the main process, and a group after KILL.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// The first pause between two looks at the rest of a group; each next one is twice as long, up to the last.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_millis(160);

/// What somebody wants of a running job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// End it.
    Cancel,
    /// End it, the thing is stopping; with KILL at this time at the latest.
    Stop(Instant),
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// TERM to the group.
    Term,
    /// KILL to the group.
    Kill,
    /// Look whether the group has members beside the main process, and say so with [`Course::looked`].
    Look,
    /// It is over: close the pipes, collect the main process. The pipes were still open if so.
    LetGo {
        /// Somebody else holds a pipe.
        held: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    TimedOut,
    Cancelled,
    Interrupted,
}

/// How far a job has come.
#[derive(Debug)]
pub(super) struct Course {
    kill_after: Duration,
    deadline: Option<Instant>,
    /// Why it is being ended; none when its main process had ended before.
    cause: Option<Cause>,
    /// When the main process ended.
    ended: Option<Instant>,
    /// It is being ended, and TERM is still to be sent.
    term_due: bool,
    /// It is being ended, and KILL comes then.
    kill_at: Option<Instant>,
    killed: Option<Instant>,
    /// The group is empty, save for the main process.
    alone: bool,
    look_at: Option<Instant>,
    pause: Duration,
}

impl Course {
    pub(super) fn new(started: Instant, limit: Option<Duration>, kill_after: Duration) -> Self {
        Self {
            kill_after,
            // a limit beyond the end of time is none
            deadline: limit.and_then(|limit| started.checked_add(limit)),
            cause: None,
            ended: None,
            term_due: false,
            kill_at: None,
            killed: None,
            alone: false,
            look_at: None,
            pause: FIRST_LOOK,
        }
    }

    /// Somebody wants something. What is being ended already is ended no later for it.
    pub(super) fn order(&mut self, now: Instant, order: Order) {
        match order {
            Order::Cancel => self.end(Cause::Cancelled, later(now, self.kill_after)),
            Order::Stop(at) => self.end(Cause::Interrupted, at.min(later(now, self.kill_after))),
        }
    }

    /// The main process has ended. It is not collected yet, so that its number, and its group's, stay taken.
    pub(super) fn main_ended(&mut self, now: Instant) {
        self.ended.get_or_insert(now);
    }

    /// When the main process ended.
    pub(super) const fn ended(&self) -> Option<Instant> {
        self.ended
    }

    /// The answer to [`Act::Look`].
    pub(super) fn looked(&mut self, now: Instant, alone: bool) {
        self.alone = alone;
        self.look_at = Some(now + self.pause);
        self.pause = (self.pause * 2).min(LAST_LOOK);
    }

    /// What is to be done; to be asked until it is none.
    pub(super) fn step(&mut self, now: Instant, pipes_open: bool) -> Option<Act> {
        if self.ended.is_none() && self.deadline.is_some_and(|deadline| deadline <= now) {
            self.deadline = None;
            self.end(Cause::TimedOut, later(now, self.kill_after));
        }
        if self.term_due {
            self.term_due = false;
            return Some(Act::Term);
        }
        if self.killed.is_none() && !self.alone && self.kill_at.is_some_and(|at| at <= now) {
            self.killed = Some(now);
            return Some(Act::Kill);
        }
        let ended = self.ended?;
        let lingered = ended + LINGER <= now;
        let being_ended = self.kill_at.is_some();
        if being_ended && !self.alone {
            let given_up = self
                .killed
                .is_some_and(|killed| killed.max(ended) + LINGER <= now);
            if given_up {
                return Some(Act::LetGo { held: pipes_open });
            }
            return self.look_at.is_none_or(|at| at <= now).then_some(Act::Look);
        }
        (!pipes_open || lingered).then_some(Act::LetGo { held: pipes_open })
    }

    /// When there is something to be done by the time alone.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        let kill = self
            .kill_at
            .filter(|_| self.killed.is_none() && !self.alone);
        let Some(ended) = self.ended else {
            let deadline = self.deadline.filter(|_| self.kill_at.is_none());
            return kill.into_iter().chain(deadline).min();
        };
        let look = self
            .look_at
            .filter(|_| self.kill_at.is_some() && !self.alone);
        let rest = self.killed.map_or(ended, |killed| killed.max(ended)) + LINGER;
        let rest = Some(rest).filter(|_| look.is_none() || self.killed.is_some());
        kill.into_iter().chain(look).chain(rest).min()
    }

    /// How it ended, once the main process was collected. None if the kernel did not tell.
    pub(super) fn end_of(&self, status: Option<ExitStatus>) -> JobEnd {
        let signal = status.and_then(|status| status.signal());
        match (self.cause, status) {
            (Some(Cause::TimedOut), _) => JobEnd::TimedOut { signal },
            (Some(Cause::Cancelled), _) => JobEnd::Cancelled { signal },
            (Some(Cause::Interrupted), _) | (None, None) => JobEnd::Interrupted,
            (None, Some(status)) => match (status.code(), signal) {
                (Some(code), _) => JobEnd::Exited(code),
                (None, Some(signal)) => JobEnd::Signalled(signal),
                // neither: it was stopped or went on, which is not waited for
                (None, None) => JobEnd::Interrupted,
            },
        }
    }

    fn end(&mut self, cause: Cause, kill_at: Instant) {
        if let Some(at) = &mut self.kill_at {
            *at = kill_at.min(*at);
            return;
        }
        if self.ended.is_none() {
            self.cause = Some(cause);
        }
        self.kill_at = Some(kill_at);
        self.term_due = true;
    }
}

/// A year is for ever here.
fn later(now: Instant, span: Duration) -> Instant {
    now + span.min(Duration::from_secs(365 * 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn course(limit: Option<Duration>) -> (Course, Instant) {
        let now = Instant::now();
        (Course::new(now, limit, 5 * SECOND), now)
    }

    fn exited(code: i32) -> Option<ExitStatus> {
        Some(ExitStatus::from_raw(code << 8))
    }

    #[test]
    fn a_job_that_ends_by_itself_is_over_when_its_pipes_are_closed() {
        let (mut course, now) = course(None);
        assert_eq!((course.step(now, true), course.next_wake()), (None, None));
        course.main_ended(now);
        assert_eq!(course.step(now, true), None);
        assert_eq!(course.next_wake(), Some(now + LINGER));
        assert_eq!(course.step(now, false), Some(Act::LetGo { held: false }));
        assert_eq!(course.end_of(exited(3)), JobEnd::Exited(3));
        assert_eq!(
            course.end_of(Some(ExitStatus::from_raw(11))),
            JobEnd::Signalled(11)
        );
        assert_eq!(course.end_of(None), JobEnd::Interrupted);
    }

    #[test]
    fn a_pipe_that_is_kept_open_is_waited_for_one_second_and_not_longer() {
        let (mut course, now) = course(Some(SECOND / 2));
        course.main_ended(now);
        let before = now + LINGER - Duration::from_nanos(1);
        assert_eq!(
            course.step(before, true),
            None,
            "the limit is over, the main process was not"
        );
        assert_eq!(
            course.step(now + LINGER, true),
            Some(Act::LetGo { held: true })
        );
    }

    #[test]
    fn a_job_gets_term_at_its_limit_and_kill_when_the_patience_is_over() {
        let (mut course, now) = course(Some(SECOND));
        assert_eq!(course.next_wake(), Some(now + SECOND));
        assert_eq!(
            course.step(now + SECOND - Duration::from_nanos(1), true),
            None
        );
        assert_eq!(course.step(now + SECOND, true), Some(Act::Term));
        assert_eq!(course.step(now + SECOND, true), None);
        assert_eq!(course.next_wake(), Some(now + 6 * SECOND));
        assert_eq!(course.step(now + 6 * SECOND, true), Some(Act::Kill));
        assert_eq!(course.step(now + 6 * SECOND, true), None);
        assert_eq!(course.next_wake(), None, "KILL is the last word");
        course.main_ended(now + 6 * SECOND);
        assert_eq!(course.step(now + 6 * SECOND, false), Some(Act::Look));
        course.looked(now + 6 * SECOND, true);
        assert_eq!(
            course.step(now + 6 * SECOND, false),
            Some(Act::LetGo { held: false })
        );
        assert_eq!(
            course.end_of(Some(ExitStatus::from_raw(9))),
            JobEnd::TimedOut { signal: Some(9) }
        );
    }

    #[test]
    fn what_is_left_of_an_ended_group_is_killed_too() {
        let (mut course, now) = course(None);
        course.order(now, Order::Cancel);
        assert_eq!(course.step(now, true), Some(Act::Term));
        course.main_ended(now);
        assert_eq!(course.step(now, true), Some(Act::Look));
        course.looked(now, false);
        assert_eq!(course.step(now, true), None);
        assert_eq!(course.next_wake(), Some(now + FIRST_LOOK));
        assert_eq!(course.step(now + FIRST_LOOK, true), Some(Act::Look));
        course.looked(now + FIRST_LOOK, false);
        assert_eq!(course.step(now + 5 * SECOND, true), Some(Act::Kill));
        course.looked(now + 5 * SECOND, false);
        assert_eq!(
            course.step(now + 6 * SECOND, true),
            Some(Act::LetGo { held: true })
        );
        assert_eq!(course.end_of(exited(0)), JobEnd::Cancelled { signal: None });
    }

    #[test]
    fn a_cancel_after_the_main_process_ends_the_rest_and_leaves_the_verdict() {
        let (mut course, now) = course(None);
        course.main_ended(now);
        course.order(now, Order::Cancel);
        assert_eq!(course.step(now, true), Some(Act::Term));
        course.looked(now, true);
        assert_eq!(course.step(now, false), Some(Act::LetGo { held: false }));
        assert_eq!(course.end_of(exited(0)), JobEnd::Exited(0));
    }

    #[test]
    fn a_stop_hurries_a_cancel_and_does_not_rename_it() {
        let (mut course, now) = course(None);
        course.order(now, Order::Cancel);
        course.order(now, Order::Stop(now + SECOND));
        assert_eq!(course.step(now, true), Some(Act::Term));
        assert_eq!(course.next_wake(), Some(now + SECOND));
        course.order(now, Order::Stop(now + 3 * SECOND));
        assert_eq!(course.next_wake(), Some(now + SECOND));
        assert_eq!(
            course.end_of(Some(ExitStatus::from_raw(15))),
            JobEnd::Cancelled { signal: Some(15) }
        );
    }

    #[test]
    fn no_limit_is_too_long() {
        let (mut course, now) = course(Some(Duration::MAX));
        assert_eq!((course.step(now, true), course.next_wake()), (None, None));
        assert!(later(now, Duration::MAX) > now);
    }
}
