//! Messages as bytes, and back. What arrives is hostile.

use super::ToThing;
use crate::fleet::job::{Captured, JobOutcome};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The most bytes of a frame, without its first length: 4 MiB. An outcome has a quarter of a megabyte of output, a
/// command no more than the broker lets through.
pub const LONGEST: usize = 4 << 20;

const LENGTH: usize = 4;

/// Why bytes are no messages of ours, or a message cannot be sent.
#[derive(Debug, Error)]
pub enum FrameError {
    /// It is longer than allowed, or says so.
    #[error("a message of {0} bytes; at most {LONGEST} are allowed")]
    TooLong(usize),
    /// Its lengths contradict each other.
    #[error("a message of {inner} bytes within {whole}")]
    Lengths {
        /// The length of the whole.
        whole: usize,
        /// The length of its part.
        inner: usize,
    },
    /// It is no message that is known.
    #[error("no message that is known: {0}")]
    Message(#[from] serde_json::Error),
}

/// A frame as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The message, as JSON.
    pub message: Vec<u8>,
    /// What follows it.
    pub rest: Vec<u8>,
}

/// A message with what follows it, as bytes to be sent.
///
/// # Errors
/// It is too long.
pub fn frame(message: &impl Serialize, rest: &[&[u8]]) -> Result<Vec<u8>, FrameError> {
    let mut bytes = vec![0; 2 * LENGTH];
    serde_json::to_writer(&mut bytes, message)?;
    let inner = bytes.len() - 2 * LENGTH;
    rest.iter().for_each(|part| bytes.extend_from_slice(part));
    let whole = bytes.len() - LENGTH;
    let length = |length: usize| u32::try_from(length).ok().filter(|_| whole <= LONGEST);
    let (Some(outer), Some(inner)) = (length(whole), length(inner)) else {
        return Err(FrameError::TooLong(whole));
    };
    bytes[..LENGTH].copy_from_slice(&outer.to_be_bytes());
    bytes[LENGTH..2 * LENGTH].copy_from_slice(&inner.to_be_bytes());
    Ok(bytes)
}

/// The message of a frame.
///
/// # Errors
/// It is none.
pub fn decode<T: DeserializeOwned>(frame: &Frame) -> Result<T, FrameError> {
    Ok(serde_json::from_slice(&frame.message)?)
}

/// What arrives, put together to frames. Takes no more memory than what has arrived and is not taken out.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    /// So many of them are taken out.
    at: usize,
}

impl Frames {
    /// Takes in what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..std::mem::take(&mut self.at));
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes out the next frame, if it is all there.
    ///
    /// # Errors
    /// What arrived is no frame; nothing after it can be.
    pub fn take(&mut self) -> Result<Option<Frame>, FrameError> {
        let left = &self.bytes[self.at..];
        let Some(whole) = length(left) else {
            return Ok(None);
        };
        if whole > LONGEST {
            return Err(FrameError::TooLong(whole));
        }
        let left = &left[LENGTH..];
        if whole < LENGTH {
            let inner = LENGTH;
            return Err(FrameError::Lengths { whole, inner });
        }
        let Some(inner) = length(left) else {
            return Ok(None);
        };
        if inner > whole - LENGTH {
            return Err(FrameError::Lengths { whole, inner });
        }
        let Some(body) = left.get(LENGTH..whole) else {
            return Ok(None);
        };
        let (message, rest) = body.split_at(inner);
        let frame = Frame {
            message: message.to_vec(),
            rest: rest.to_vec(),
        };
        self.at += LENGTH + whole;
        if self.at == self.bytes.len() {
            self.bytes.clear();
            self.at = 0;
        }
        Ok(Some(frame))
    }
}

fn length(bytes: &[u8]) -> Option<usize> {
    let bytes: [u8; LENGTH] = bytes.get(..LENGTH)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

/// The frame that tells of an outcome: its outputs are not made digits of JSON.
///
/// # Errors
/// It is too long.
pub fn done(outcome: &JobOutcome) -> Result<Vec<u8>, FrameError> {
    let without = |captured: &Captured| Captured {
        head: Vec::new(),
        tail: Vec::new(),
        total: captured.total,
        spooled: captured.spooled.clone(),
    };
    let (out, err) = (&outcome.stdout, &outcome.stderr);
    let parts = [&*out.head, &out.tail, &err.head, &err.tail];
    let bare = JobOutcome {
        executor: outcome.executor.clone(),
        end: outcome.end.clone(),
        stdout: without(out),
        stderr: without(err),
        host: outcome.host.clone(),
        notes: outcome.notes.clone(),
        ..*outcome
    };
    let lengths = parts.map(<[u8]>::len);
    frame(&ToThing::Done(Box::new(bare), lengths), &parts)
}

/// Puts the outputs of an outcome where they belong. One that contradicts itself is put right: more bytes than it counts
/// are counted.
///
/// # Errors
/// The lengths are not those of what followed.
pub fn outcome(
    mut outcome: JobOutcome,
    lengths: [usize; 4],
    rest: &[u8],
) -> Result<JobOutcome, FrameError> {
    let mut left = rest;
    let mut parts = lengths.map(|length| {
        let (part, more) = left.split_at_checked(length)?;
        left = more;
        Some(part.to_vec())
    });
    if !left.is_empty() || parts.iter().any(Option::is_none) {
        let inner = lengths
            .iter()
            .fold(0_usize, |all, next| all.saturating_add(*next));
        let whole = rest.len();
        return Err(FrameError::Lengths { whole, inner });
    }
    let mut parts = parts.iter_mut().filter_map(Option::take);
    for captured in [&mut outcome.stdout, &mut outcome.stderr] {
        captured.head = parts.next().unwrap_or_default();
        captured.tail = parts.next().unwrap_or_default();
        let held = (captured.head.len() + captured.tail.len()) as u64;
        captured.total = captured.total.max(held);
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::job::{JobEnd, JobKey, JobNumber, Spooled};
    use crate::fleet::runner_wire::ToRunner;
    use crate::system::HostState;
    use proptest::prelude::*;
    use std::time::{Duration, SystemTime};

    fn sample(head: &[u8], tail: &[u8], total: u64) -> JobOutcome {
        let captured = |spooled| Captured {
            head: head.to_vec(),
            tail: tail.to_vec(),
            total,
            spooled,
        };
        let spooled = Spooled {
            path: "/spool/1.out".into(),
            bytes: total,
            cut: None,
        };
        JobOutcome {
            executor: "e".to_owned(),
            number: JobNumber(1),
            started: SystemTime::UNIX_EPOCH,
            ended: SystemTime::UNIX_EPOCH,
            duration: Duration::from_micros(1),
            end: JobEnd::Exited(0),
            stdout: captured(Some(spooled)),
            stderr: captured(None),
            usage: None,
            host: HostState::default(),
            clock_synchronised: Some(true),
            notes: vec!["a note".to_owned()],
        }
    }

    fn back(bytes: &[u8]) -> Result<JobOutcome, FrameError> {
        let mut frames = Frames::default();
        frames.push(bytes);
        let frame = frames.take()?.unwrap();
        match decode(&frame)? {
            ToThing::Done(bare, lengths) => outcome(*bare, lengths, &frame.rest),
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn an_outcome_comes_back_as_it_was_whatever_its_output(
            head in proptest::collection::vec(any::<u8>(), 0..200),
            tail in proptest::collection::vec(any::<u8>(), 0..200),
            more in 0_u64..9,
        ) {
            let total = (head.len() + tail.len()) as u64 + more;
            let sample = sample(&head, &tail, total);
            prop_assert_eq!(back(&done(&sample).unwrap()).unwrap(), sample);
        }

        #[test]
        fn frames_are_the_same_however_they_are_cut(cuts in proptest::collection::vec(1_usize..40, 0..60)) {
            let sent: Vec<ToRunner> = (0..5)
                .map(|number| ToRunner::Cancel(JobKey::new("executor0", JobNumber(number))))
                .collect();
            let frames: Vec<Vec<u8>> = sent
                .iter()
                .map(|message| frame(message, &[b"rest"]).unwrap())
                .collect();
            let all = frames.concat();
            let (mut left, mut heard) = (&*all, Vec::new());
            let mut arriving = Frames::default();
            for cut in cuts.into_iter().chain([all.len()]) {
                let (now, later) = left.split_at(cut.min(left.len()));
                left = later;
                arriving.push(now);
                while let Some(frame) = arriving.take().unwrap() {
                    prop_assert_eq!(&*frame.rest, b"rest");
                    heard.push(decode::<ToRunner>(&frame).unwrap());
                }
            }
            prop_assert_eq!(heard, sent);
        }

        #[test]
        fn any_bytes_are_frames_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut frames = Frames::default();
            frames.push(&bytes);
            while let Ok(Some(frame)) = frames.take() {
                let _said = decode::<ToRunner>(&frame);
                let _said = decode::<ToThing>(&frame);
            }
        }
    }

    #[test]
    fn a_length_that_is_too_large_is_refused_before_anything_of_it_arrives() {
        let mut frames = Frames::default();
        frames.push(&u32::MAX.to_be_bytes());
        assert!(matches!(frames.take(), Err(FrameError::TooLong(_))));
        let longest = vec![0; LONGEST + 1];
        assert!(matches!(
            frame(&(), &[&longest]),
            Err(FrameError::TooLong(_))
        ));
        for (whole, inner) in [(3_u32, 0_u32), (8, 5)] {
            let mut frames = Frames::default();
            frames.push(&[whole.to_be_bytes(), inner.to_be_bytes()].concat());
            assert!(
                matches!(frames.take(), Err(FrameError::Lengths { .. })),
                "{whole}"
            );
        }
    }

    #[test]
    fn an_outcome_that_contradicts_itself_is_put_right_or_refused() {
        assert_eq!(
            back(&done(&sample(b"abc", b"de", 1)).unwrap())
                .unwrap()
                .stdout
                .total,
            5
        );
        for lengths in [[1, 0, 0, 0], [0, 0, 0, usize::MAX], [usize::MAX; 4]] {
            assert!(
                outcome(sample(b"", b"", 0), lengths, b"ab").is_err(),
                "{lengths:?}"
            );
        }
    }
}
