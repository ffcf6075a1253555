//! One stream of a job: its head and its tail in memory, the whole of it on the disk as soon as the two are too small.
//!
//! Memory grows with what is said, up to twice `kept`; a gigabyte takes no more than a megabyte.

use super::spool::{Spool, SpoolFile};
use crate::fleet::{Captured, JobNumber, Stream};
use std::io;
use std::sync::Arc;

/// What one stream said so far.
pub(super) struct Capture {
    kept: usize,
    head: Vec<u8>,
    /// The last `kept` bytes after the head, as a ring: the oldest is at `oldest`.
    tail: Vec<u8>,
    oldest: usize,
    total: u64,
    spool: Arc<Spool>,
    number: JobNumber,
    stream: Stream,
    file: Option<io::Result<SpoolFile>>,
}

impl Capture {
    pub(super) fn new(kept: usize, spool: &Arc<Spool>, number: JobNumber, stream: Stream) -> Self {
        Self {
            kept,
            head: Vec::new(),
            tail: Vec::new(),
            oldest: 0,
            total: 0,
            spool: Arc::clone(spool),
            number,
            stream,
            file: None,
        }
    }

    /// Takes the next bytes. Never fails: what the disk does not take is noted.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let before = self.total;
        self.total += bytes.len() as u64;
        if self.file.is_none() && self.total > (self.kept as u64).saturating_mul(2) {
            let mut opened = self.spool.open(self.number, self.stream);
            if let Ok(file) = &mut opened {
                // head and tail are all that there was
                debug_assert_eq!(before, (self.head.len() + self.tail.len()) as u64);
                file.write(&self.head);
                file.write(&self.tail[self.oldest..]);
                file.write(&self.tail[..self.oldest]);
            }
            self.file = Some(opened);
        }
        if let Some(Ok(file)) = &mut self.file {
            file.write(bytes);
        }
        let (head, rest) = bytes.split_at(bytes.len().min(self.kept - self.head.len()));
        self.head.extend_from_slice(head);
        self.keep_tail(rest);
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(self.kept)..];
        let (grown, rest) = bytes.split_at(bytes.len().min(self.kept - self.tail.len()));
        // as long as it grows, nothing has been overwritten and the oldest is at 0
        self.tail.extend_from_slice(grown);
        if rest.is_empty() {
            return;
        }
        let (first, second) = rest.split_at(rest.len().min(self.kept - self.oldest));
        self.tail[self.oldest..self.oldest + first.len()].copy_from_slice(first);
        self.tail[..second.len()].copy_from_slice(second);
        self.oldest = (self.oldest + rest.len()) % self.kept;
    }

    /// What was captured, and what is to be noted.
    pub(super) fn finish(mut self) -> (Captured, Option<String>) {
        self.tail.rotate_left(self.oldest);
        let (spooled, note) = match self.file {
            None => (None, None),
            Some(Ok(file)) => (Some(file.finish()), None),
            Some(Err(error)) => {
                let note = format!("{} was not spooled: {error}", self.stream);
                (None, Some(note))
            }
        };
        let captured = Captured {
            head: self.head,
            tail: self.tail,
            total: self.total,
            spooled,
        };
        (captured, note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn capture(kept: usize, cap: u64) -> (Capture, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Arc::new(Spool::new(folder.path().join("spool"), cap, u64::MAX));
        let capture = Capture::new(kept, &spool, JobNumber(7), Stream::Output);
        (capture, folder)
    }

    proptest! {
        #[test]
        fn head_tail_and_file_are_the_stream(
            kept in 0_usize..20,
            cap in 0_u64..80,
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..30), 0..8),
        ) {
            let (mut capture, _folder) = capture(kept, cap);
            pieces.iter().for_each(|piece| capture.push(piece));
            let all = pieces.concat();
            let (captured, note) = capture.finish();
            prop_assert_eq!(note, None);
            prop_assert_eq!(captured.total, all.len() as u64);
            let head = all.len().min(kept);
            prop_assert_eq!(&captured.head, &all[..head]);
            let tail = (all.len() - head).min(kept);
            prop_assert_eq!(&captured.tail, &all[all.len() - tail..]);
            prop_assert_eq!(captured.is_whole(), all.len() <= 2 * kept);
            prop_assert_eq!(captured.spooled.is_some(), !captured.is_whole());
            if let Some(spooled) = captured.spooled {
                let bytes = std::fs::read(&spooled.path).unwrap();
                prop_assert_eq!(spooled.bytes, bytes.len() as u64);
                prop_assert_eq!(&bytes, &all[..all.len().min(usize::try_from(cap).unwrap())]);
                prop_assert_eq!(spooled.cut.is_some(), all.len() as u64 > cap);
            }
        }
    }

    #[test]
    fn little_output_never_touches_the_disk() {
        let (mut capture, folder) = capture(10, 100);
        capture.push(&[1; 20]);
        assert_eq!(capture.finish().0.spooled, None);
        assert!(!folder.path().join("spool").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_noted_and_the_rest_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let spool = Arc::new(Spool::new(file.join("spool"), 100, 100));
        let mut capture = Capture::new(1, &spool, JobNumber(7), Stream::Error);
        capture.push(b"abcdef");
        capture.push(b"ghi");
        let (captured, note) = capture.finish();
        assert_eq!(
            (captured.head, captured.tail),
            (b"a".to_vec(), b"i".to_vec())
        );
        let note = note.unwrap();
        assert!(
            note.starts_with("standard error was not spooled: "),
            "{note}"
        );
    }
}
