//! Watching one running process: both pipes, its end, orders and time are awaited all together, in one `poll`.

use super::capture::Capture;
use super::course::{Act, Course};
use super::last_words::LastWords;
use super::orders::Orders;
use super::{group, process};
use crate::system::Root;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ChildStderr, ChildStdout};
use std::time::{Duration, Instant};

/// How much is read at once: what a pipe holds.
const READ: usize = 64 * 1024;

/// How often it is asked whether the process has ended, where the kernel has no pidfd (before 5.3).
const ASK: Duration = Duration::from_millis(5);

/// When progress is said.
pub(super) struct Beat<'a> {
    pub(super) every: Option<Duration>,
    pub(super) say: &'a dyn Fn(Duration, String),
}

/// A running process and its streams.
pub(super) struct Watch<'a> {
    pub(super) child: &'a mut Child,
    pub(super) started: Instant,
    pub(super) course: &'a mut Course,
    pub(super) orders: &'a Orders,
    pub(super) output: &'a mut Capture,
    pub(super) error: &'a mut Capture,
    pub(super) beat: Beat<'a>,
    pub(super) root: &'a Root,
}

struct Pipes {
    output: Option<ChildStdout>,
    error: Option<ChildStderr>,
    buffer: Vec<u8>,
    last: LastWords,
}

impl Watch<'_> {
    /// Returns when the job is over, its pipes closed and its main process still to be collected.
    pub(super) fn until_over(mut self, notes: &mut Vec<String>) {
        let leader = process::pid(self.child);
        let pidfd = pidfd_open(leader, PidfdFlags::empty()).ok();
        let mut pipes = Pipes {
            output: self.child.stdout.take(),
            error: self.child.stderr.take(),
            buffer: vec![0; READ],
            last: LastWords::default(),
        };
        let every = self.beat.every.filter(|every| !every.is_zero());
        let mut beat_at = every.and_then(|every| self.started.checked_add(every));
        loop {
            let now = Instant::now();
            while let Some(act) = self.course.step(now, pipes.open()) {
                match act {
                    Act::Term => note_signal("TERM", group::term(leader), notes),
                    Act::Kill => note_signal("KILL", group::kill(leader), notes),
                    Act::Look => self.course.looked(now, group::is_alone(leader, self.root)),
                    Act::LetGo { held } => {
                        if held {
                            notes.push(HELD.to_owned());
                        }
                        return;
                    }
                }
            }
            if let (Some(every), Some(at)) = (every, beat_at) {
                if at <= now {
                    (self.beat.say)(now - self.started, pipes.last.text());
                    // late ones are not made up for
                    beat_at = now.checked_add(every);
                }
            }
            let beat = beat_at.filter(|_| self.course.ended().is_none());
            let wake = self.course.next_wake().into_iter().chain(beat).min();
            self.wait(leader, pidfd.as_ref(), &mut pipes, wake);
        }
    }

    /// Waits until something happens, and takes it in.
    fn wait(
        &mut self,
        leader: Pid,
        pidfd: Option<&OwnedFd>,
        pipes: &mut Pipes,
        wake: Option<Instant>,
    ) {
        let lives = self.course.ended().is_none();
        let mut timeout = wake.map(|wake| wake.saturating_duration_since(Instant::now()));
        if lives && pidfd.is_none() {
            timeout = Some(timeout.map_or(ASK, |timeout| timeout.min(ASK)));
        }
        let bell = self.orders.bell();
        let fds = [
            pipes.output.as_ref().map(AsFd::as_fd),
            pipes.error.as_ref().map(AsFd::as_fd),
            pidfd.filter(|_| lives).map(AsFd::as_fd),
            Some(bell),
        ];
        // what is not there any more is replaced by the bell, asked for nothing
        let mut polled = fds.map(|fd| {
            let flags = fd.map_or(PollFlags::empty(), |_| PollFlags::IN);
            PollFd::from_borrowed_fd(fd.unwrap_or(bell), flags)
        });
        let timeout = timeout.map(|timeout| {
            Timespec::try_from(timeout).unwrap_or(Timespec {
                tv_sec: 86_400,
                tv_nsec: 0,
            })
        });
        let ready = match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => [0, 1, 2, 3]
                .map(|index| fds[index].is_some() && !polled[index].revents().is_empty()),
            // a signal for us, or no memory in the kernel: the next turn asks again
            Err(_) => [false; 4],
        };
        let [output, error, ended, order] = ready;
        if output {
            pipes.read_output(self.output);
        }
        if error {
            pipes.read_error(self.error);
        }
        let now = Instant::now();
        // the end before orders: what has ended by itself was not cancelled
        if ended || (lives && pidfd.is_none() && has_ended(leader)) {
            self.course.main_ended(now);
        }
        if order {
            if let Some(order) = self.orders.take() {
                self.course.order(now, order);
            }
        }
    }
}

const HELD: &str = "a child process kept its output open; it was closed after 1 s";

fn note_signal(name: &str, sent: Result<(), Errno>, notes: &mut Vec<String>) {
    if let Err(error) = sent {
        let note = format!("{name} could not be sent to its process group: {error}");
        tracing::warn!("{note}");
        notes.push(note);
    }
}

/// Without collecting it. An error means that somebody else did.
fn has_ended(leader: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(leader), options), Ok(None))
}

impl Pipes {
    const fn open(&self) -> bool {
        self.output.is_some() || self.error.is_some()
    }

    fn read_output(&mut self, capture: &mut Capture) {
        if let Some(pipe) = &mut self.output {
            if !read(pipe, &mut self.buffer, &mut self.last, capture) {
                self.output = None;
            }
        }
    }

    fn read_error(&mut self, capture: &mut Capture) {
        if let Some(pipe) = &mut self.error {
            if !read(pipe, &mut self.buffer, &mut self.last, capture) {
                self.error = None;
            }
        }
    }
}

/// Reads once. False at the end.
fn read(pipe: &mut impl Read, buffer: &mut [u8], last: &mut LastWords, to: &mut Capture) -> bool {
    match pipe.read(buffer) {
        Ok(0) => false,
        Ok(count) => {
            last.push(&buffer[..count]);
            to.push(&buffer[..count]);
            true
        }
        Err(error) => error.kind() == io::ErrorKind::Interrupted,
    }
}
