//! One end of the socket between a thing and its runner. Whoever sends is never held up: what the kernel does not take at
//! once waits here, and goes out by whoever reads.

use crate::fleet::runner_wire::{Frame, FrameError, Frames};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use thiserror::Error;

/// How many bytes may wait for an end that does not read: 16 MiB, the outcomes of some sixty jobs. With more, the
/// connection is given up; both ends find together again after that.
const MOST: usize = 16 << 20;

/// How much is read at once.
const READ: usize = 64 << 10;

/// Why a connection is over.
#[derive(Debug, Error)]
pub(super) enum LinkError {
    #[error("the other end closed the connection")]
    Closed,
    #[error("the other end did not read for too long")]
    Full,
    #[error("the other end said nothing in time")]
    Silent,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the other end sent {0}")]
    Frame(#[from] FrameError),
    #[error("{0}")]
    Rules(String),
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Link {
    stream: UnixStream,
    waiting: Mutex<Waiting>,
    /// Rung when there is something that waits to go out.
    bell: OwnedFd,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    full: bool,
}

impl Link {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            waiting: Mutex::default(),
            bell: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
        })
    }

    /// Sends a frame, whole and after all before it. Does not block. That it cannot be sent is found by who reads.
    pub(super) fn send(&self, frame: &[u8]) {
        let mut waiting = self.waiting();
        let mut left = frame;
        if waiting.bytes.is_empty() {
            let sent = write(&self.stream, left);
            left = &left[sent..];
        }
        if left.is_empty() {
            return;
        }
        waiting.full |= waiting.bytes.len() + left.len() > MOST;
        if !waiting.full {
            waiting.bytes.extend_from_slice(left);
        }
        drop(waiting);
        self.ring();
    }

    /// Ends the connection: who reads is told.
    pub(super) fn close(&self) {
        // an error means that it is closed
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// The next frame; `None` if there is none until then.
    pub(super) fn read(
        &self,
        frames: &mut Frames,
        until: Option<Instant>,
    ) -> Result<Option<Frame>, LinkError> {
        loop {
            if let Some(frame) = frames.take()? {
                return Ok(Some(frame));
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            self.once(frames, left)?;
        }
    }

    /// Waits once, and takes in what there is.
    fn once(&self, frames: &mut Frames, patience: Option<Duration>) -> Result<(), LinkError> {
        let mut flags = PollFlags::IN;
        {
            let waiting = self.waiting();
            if waiting.full {
                return Err(LinkError::Full);
            }
            if !waiting.bytes.is_empty() {
                flags |= PollFlags::OUT;
            }
        }
        let mut polled = [
            PollFd::from_borrowed_fd(self.stream.as_fd(), flags),
            PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN),
        ];
        let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
        match poll(&mut polled, patience.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(()),
            Err(error) => return Err(LinkError::Io(error.into())),
        }
        let [stream, bell] = polled.map(|polled| polled.revents());
        if !bell.is_empty() {
            // an error means that it has not been rung
            let _ = rustix::io::read(&self.bell, &mut [0_u8; 8]);
        }
        if stream.contains(PollFlags::OUT) {
            let mut waiting = self.waiting();
            let sent = write(&self.stream, &waiting.bytes);
            waiting.bytes.drain(..sent);
        }
        if stream.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
            let mut buffer = [0; READ];
            match (&self.stream).read(&mut buffer) {
                Ok(0) => return Err(LinkError::Closed),
                Ok(count) => frames.push(&buffer[..count]),
                Err(error) if is_for_later(&error) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(LinkError::Closed);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn ring(&self) {
        // it fails only when it has been rung 2^64 times and nobody came
        let _ = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_for_later(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted)
}

/// Writes what the kernel takes now; how much that was. An end that has gone is found by who reads.
fn write(mut stream: &UnixStream, bytes: &[u8]) -> usize {
    let mut sent = 0;
    while sent < bytes.len() {
        match stream.write(&bytes[sent..]) {
            Ok(0) => break,
            Ok(count) => sent += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::runner_wire::frame;

    fn pair() -> (Link, Link) {
        let (one, other) = UnixStream::pair().unwrap();
        (Link::new(one).unwrap(), Link::new(other).unwrap())
    }

    #[test]
    fn what_the_other_end_does_not_read_holds_nobody_up_and_arrives_in_order() {
        let (one, other) = pair();
        let piece = vec![7; 1 << 20];
        for number in 0..8_u32 {
            one.send(&frame(&number, &[&piece]).unwrap());
        }
        let soon = || Some(Instant::now() + Duration::from_secs(60));
        let reads = std::thread::spawn(move || {
            let mut frames = Frames::default();
            (0..8)
                .map(|_| other.read(&mut frames, soon()).unwrap().unwrap())
                .collect::<Vec<_>>()
        });
        // who sends flushes while it reads, until the other end goes
        let mut frames = Frames::default();
        assert!(matches!(
            one.read(&mut frames, soon()),
            Err(LinkError::Closed)
        ));
        for (number, frame) in reads.join().unwrap().into_iter().enumerate() {
            assert_eq!(frame.message, number.to_string().into_bytes());
            assert!(frame.rest == piece);
        }
    }

    #[test]
    fn an_end_that_never_reads_is_given_up() {
        let (one, _other) = pair();
        let piece = vec![7; 3 << 20];
        for _ in 0..7 {
            one.send(&frame(&(), &[&piece]).unwrap());
        }
        let read = one.read(&mut Frames::default(), None);
        assert!(matches!(read, Err(LinkError::Full)));
    }

    #[test]
    fn silence_ends_with_the_patience() {
        let (one, other) = pair();
        let until = Some(Instant::now() + Duration::from_millis(20));
        assert!(matches!(one.read(&mut Frames::default(), until), Ok(None)));
        other.close();
        let read = one.read(&mut Frames::default(), None);
        assert!(matches!(read, Err(LinkError::Closed)));
    }
}
