//! What a simulated client has to do: whose turn it is, and what is remembered for those who ask again. One command at
//! a time, in order.

use super::admission;
use super::script::{Manner, Script, filled};
use crate::fleet::{Captured, Face, Record, Request, Status};
use crate::model::Draw;
use crate::model::{Moment, Now};
use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

/// Commands that may wait, as with an executor.
const MOST_WAITING: usize = 10_000;
/// Ids that are remembered: an operator asks again within minutes.
const MOST_KNOWN: usize = 256;

pub(super) const EXPIRED: &str = "it came too late: its `expires_at` is over";
const CANCELLED: &str = "it was cancelled";

/// A command in its place in the order of all that this client had.
#[derive(Debug)]
struct Task {
    request: Request,
    nth: u64,
}

/// The command that has its turn.
#[derive(Debug)]
pub(super) struct Running {
    task: Task,
    began: Now,
    ends: Moment,
    timed_out: bool,
    silent: bool,
}

/// How a command ended: with what the script and the draw say, enough to answer again in the same bytes.
#[derive(Debug, Clone)]
struct End {
    nth: u64,
    started: SystemTime,
    duration: Duration,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// As the script says.
    Ran,
    /// It ran longer than its limit.
    TimedOut(Duration),
    Cancelled,
    CancelledBefore,
    Expired,
}

/// A command with an id.
#[derive(Debug)]
struct Known {
    id: String,
    command: String,
    /// None while it waits or runs, or when it is never answered.
    end: Option<End>,
}

/// What becomes of a command that came.
#[derive(Debug, PartialEq)]
pub(super) enum Turn {
    /// It has its turn now.
    Begins,
    /// It waits.
    Waits,
    /// It is known and has no answer yet.
    Known,
    /// It is known and was answered.
    Again(Box<Record>),
    /// It is refused.
    Refused(String),
}

/// What became of a command.
#[derive(Debug, PartialEq)]
pub(super) enum Ended {
    /// It is answered.
    Answered(Box<Record>),
    /// It never is.
    Silent,
}

/// Who answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answerer<'a> {
    pub(super) id: &'a str,
    pub(super) number: usize,
    pub(super) script: &'a Script,
    pub(super) seed: u64,
}

#[derive(Debug, Default)]
pub(super) struct Work {
    waiting: VecDeque<Task>,
    running: Option<Running>,
    known: VecDeque<Known>,
    had: u64,
}

impl Work {
    /// A command came.
    pub(super) fn take(&mut self, request: Request, who: Answerer<'_>, now: Now) -> Turn {
        if let Some(id) = &request.id {
            if let Some(known) = self.known.iter().find(|known| known.id == *id) {
                return match &known.end {
                    _ if known.command != request.command => Turn::Refused(
                        "this id was used for another command; each command needs an id of its own"
                            .to_owned(),
                    ),
                    Some(end) => Turn::Again(Box::new(end.record(&request, who))),
                    None => Turn::Known,
                };
            }
        }
        if self.waiting.len() >= MOST_WAITING {
            return Turn::Refused(format!("{MOST_WAITING} commands wait already"));
        }
        if let Some(id) = request.id.clone() {
            if self.known.len() >= MOST_KNOWN {
                self.known.pop_front();
            }
            let (command, end) = (request.command.clone(), None);
            self.known.push_back(Known { id, command, end });
        }
        let nth = self.had;
        self.had += 1;
        self.waiting.push_back(Task { request, nth });
        match self.begin_next(who, now) {
            true => Turn::Begins,
            false => Turn::Waits,
        }
    }

    /// Gives the next command its turn, if none has it.
    fn begin_next(&mut self, who: Answerer<'_>, now: Now) -> bool {
        if self.running.is_some() {
            return false;
        }
        let Some(task) = self.waiting.pop_front() else {
            return false;
        };
        let drawn = Drawn::of(&task.request.command, task.nth, who);
        let takes = match task.request.time_limit {
            Some(limit) if limit < drawn.takes => limit,
            _ => drawn.takes,
        };
        self.running = Some(Running {
            began: now,
            ends: now.moment + takes,
            timed_out: takes < drawn.takes,
            silent: drawn.silent,
            task,
        });
        true
    }

    /// The next one that has ended by now.
    pub(super) fn end_due(&mut self, who: Answerer<'_>, now: Now) -> Option<Ended> {
        if let Some(expired) = self.take_expired(who, now) {
            return Some(Ended::Answered(Box::new(expired)));
        }
        let running = self.running.take_if(|running| running.ends <= now.moment)?;
        // the next one begins when this one ended, however late that is seen
        let late = now.moment.since(running.ends);
        let ended = Now::new(running.ends, now.wall.checked_sub(late).unwrap_or(now.wall));
        self.begin_next(who, ended);
        if running.silent {
            return Some(Ended::Silent);
        }
        let how = match running.timed_out {
            true => How::TimedOut(running.task.request.time_limit.unwrap_or_default()),
            false => How::Ran,
        };
        let record = self.ended(running, how, ended.moment, who);
        Some(Ended::Answered(Box::new(record)))
    }

    fn ended(&mut self, running: Running, how: How, at: Moment, who: Answerer<'_>) -> Record {
        let end = End {
            nth: running.task.nth,
            started: running.began.wall,
            duration: at.since(running.began.moment),
            how,
        };
        self.remember(&running.task.request, end, who)
    }

    fn remember(&mut self, request: &Request, end: End, who: Answerer<'_>) -> Record {
        let record = end.record(request, who);
        if let Some(id) = &request.id {
            let known = self.known.iter_mut().find(|known| known.id == *id);
            if let Some(known) = known {
                known.end = Some(end);
            }
        }
        record
    }

    fn take_expired(&mut self, who: Answerer<'_>, now: Now) -> Option<Record> {
        let over = |task: &Task| task.request.expires.is_some_and(|end| end <= now.wall);
        let at = self.waiting.iter().position(over)?;
        let task = self.waiting.remove(at)?;
        Some(self.unrun(&task, How::Expired, who, now))
    }

    fn unrun(&mut self, task: &Task, how: How, who: Answerer<'_>, now: Now) -> Record {
        let end = End {
            nth: task.nth,
            started: now.wall,
            duration: Duration::ZERO,
            how,
        };
        self.remember(&task.request, end, who)
    }

    /// Somebody wants the command with that id ended: its answer, if it has one to give.
    ///
    /// # Errors
    /// There is none with that id.
    pub(super) fn cancel(
        &mut self,
        id: &str,
        who: Answerer<'_>,
        now: Now,
    ) -> Result<Option<Record>, ()> {
        let named = |task: &Task| task.request.id.as_deref() == Some(id);
        if let Some(at) = self.waiting.iter().position(named) {
            let task = self.waiting.remove(at);
            let record = task.map(|task| self.unrun(&task, How::CancelledBefore, who, now));
            return Ok(record);
        }
        if let Some(running) = self.running.take_if(|running| named(&running.task)) {
            self.begin_next(who, now);
            return Ok(Some(self.ended(running, How::Cancelled, now.moment, who)));
        }
        let known = self.known.iter().find(|known| known.id == id).ok_or(())?;
        let request = admission::request(Face::Own, Some(id.to_owned()), &known.command);
        Ok(known.end.as_ref().map(|end| end.record(&request, who)))
    }

    /// When something ends next.
    pub(super) fn next_wake(&self, now: Moment) -> Option<Moment> {
        let expires = self
            .waiting
            .iter()
            .any(|task| task.request.expires.is_some());
        let look = expires.then(|| now + Duration::from_secs(1));
        let ends = self.running.as_ref().map(|running| running.ends);
        [look, ends].into_iter().flatten().min()
    }

    /// The id of the command that has its turn, if it has one, and since when.
    pub(super) fn running(&self) -> Option<(&str, Moment)> {
        let running = self.running.as_ref().filter(|running| !running.silent)?;
        let id = running.task.request.id.as_deref()?;
        Some((id, running.began.moment))
    }
}

/// What script and draw say of one command.
struct Drawn<'a> {
    manner: &'a Manner,
    silent: bool,
    fails: bool,
    takes: Duration,
}

impl<'a> Drawn<'a> {
    fn of(command: &str, nth: u64, who: Answerer<'a>) -> Self {
        let manner = who.script.manner(command);
        let mut draw = Draw::new(who.seed, who.id, command, nth);
        Self {
            silent: draw.happens(manner.silent),
            fails: draw.happens(manner.fails) && manner.exit_code == 0,
            takes: draw.between(manner.takes),
            manner,
        }
    }
}

impl End {
    fn record(&self, request: &Request, who: Answerer<'_>) -> Record {
        let refused = |status, reason: &str| {
            Record::without_running(request, who.id, status, reason, self.started)
        };
        let ran = Record {
            ended: self.started + self.duration,
            duration: self.duration,
            ran: true,
            reason: None,
            ..refused(Status::Succeeded, "")
        };
        match self.how {
            How::Ran => self.played(ran, request, who),
            How::TimedOut(limit) => Record {
                status: Status::TimedOut,
                reason: Some(format!(
                    "its time limit of {} s is over",
                    limit.as_secs_f64()
                )),
                signal: Some(TERM),
                ..ran
            },
            How::Cancelled => Record {
                status: Status::Cancelled,
                reason: Some(CANCELLED.to_owned()),
                signal: Some(TERM),
                ..ran
            },
            How::CancelledBefore => {
                refused(Status::Cancelled, "it was cancelled before it started")
            }
            How::Expired => refused(Status::Expired, EXPIRED),
        }
    }

    /// As the script says.
    fn played(&self, ran: Record, request: &Request, who: Answerer<'_>) -> Record {
        let drawn = Drawn::of(&request.command, self.nth, who);
        let fill = |text| {
            captured(
                &filled(text, who.id, who.number, &request.command),
                request.face,
            )
        };
        let exit_code = if drawn.fails {
            1
        } else {
            drawn.manner.exit_code
        };
        let error = match drawn.fails {
            true => "sim: it was drawn to fail\n",
            false => &drawn.manner.error,
        };
        Record {
            status: if exit_code == 0 {
                Status::Succeeded
            } else {
                Status::Failed
            },
            exit_code: Some(exit_code.into()),
            stdout: fill(&drawn.manner.output),
            stderr: fill(error),
            ..ran
        }
    }
}

/// SIGTERM, signal(7).
const TERM: i32 = 15;

/// A stream as an answer needs it: whole on the governor's topics, head and tail on ours.
fn captured(text: &str, face: Face) -> Captured {
    const KEPT: usize = 64 << 10;
    let bytes = text.as_bytes();
    let total = bytes.len() as u64;
    let (head, tail) = match face {
        Face::Own if bytes.len() > 2 * KEPT => (&bytes[..KEPT], &bytes[bytes.len() - KEPT..]),
        _ => (bytes, &[][..]),
    };
    Captured {
        head: head.to_vec(),
        tail: tail.to_vec(),
        total,
        spooled: None,
    }
}
