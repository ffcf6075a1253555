//! Answers on their way to the broker: a few at a time in memory, the others in the journal until there is room.

use crate::fleet::{JobNumber, Record};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Answers that are on their way at a time.
const MOST: usize = 64;
/// Their bytes; one is always allowed.
const MOST_BYTES: u64 = 2 << 20;
/// An answer on the governor's topics holds a stream whole up to this, and two streams.
const LARGEST: u64 = 2 * (16 << 20);

#[derive(Debug, Default)]
pub(super) struct Answers {
    /// On their way, with their bytes.
    sent: BTreeMap<JobNumber, u64>,
    bytes: u64,
    /// Asked back from the journal.
    recalled: BTreeSet<JobNumber>,
    /// In the journal, in their order.
    backlog: VecDeque<JobNumber>,
}

/// What is to be done with an answer.
#[derive(Debug, PartialEq)]
pub(super) enum Turn {
    /// It is sent.
    Send,
    /// It waits in the journal.
    Later,
}

fn bytes(record: &Record) -> u64 {
    (record.stdout.total + record.stderr.total).min(LARGEST) + 1024
}

impl Answers {
    /// A job has ended, or its stored answer was asked for.
    pub(super) fn ready(&mut self, number: JobNumber, record: &Record) -> Turn {
        self.recalled.remove(&number);
        if self.sent.contains_key(&number) || self.backlog.contains(&number) {
            return Turn::Later;
        }
        if !self.backlog.is_empty() || !self.has_room(bytes(record)) {
            self.backlog.push_back(number);
            return Turn::Later;
        }
        self.send(number, record)
    }

    /// It came back from the journal because there was room.
    pub(super) fn came_back(&mut self, number: JobNumber, record: &Record) -> Turn {
        self.recalled.remove(&number);
        self.send(number, record)
    }

    fn send(&mut self, number: JobNumber, record: &Record) -> Turn {
        self.bytes += bytes(record);
        self.sent.insert(number, bytes(record));
        Turn::Send
    }

    fn has_room(&self, more: u64) -> bool {
        let on_their_way = self.sent.len() + self.recalled.len();
        on_their_way == 0 || (on_their_way < MOST && self.bytes + more <= MOST_BYTES)
    }

    /// An answer that waits in the journal, from an earlier life or because it found no room.
    pub(super) fn wait(&mut self, number: JobNumber) {
        self.gone(number);
        if !self.backlog.contains(&number) {
            self.backlog.push_back(number);
        }
    }

    /// A stored answer is asked for; unless it is on its way anyhow.
    pub(super) fn ask_again(&mut self, number: JobNumber) {
        if !self.sent.contains_key(&number) && !self.recalled.contains(&number) {
            self.wait(number);
        }
    }

    /// It is not on its way any more; returns whether it was.
    pub(super) fn gone(&mut self, number: JobNumber) -> bool {
        self.recalled.remove(&number);
        let bytes = self.sent.remove(&number);
        self.bytes -= bytes.unwrap_or(0);
        bytes.is_some()
    }

    /// The next ones to ask back from the journal.
    pub(super) fn next(&mut self) -> Option<JobNumber> {
        if !self.has_room(1024) {
            return None;
        }
        let number = self.backlog.pop_front()?;
        self.recalled.insert(number);
        Some(number)
    }

    pub(super) fn undelivered(&self) -> usize {
        self.sent.len() + self.recalled.len() + self.backlog.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Captured, Face, Request, Run, Status};
    use std::time::SystemTime;

    fn record(total: u64) -> Record {
        let request = Request {
            face: Face::Own,
            id: None,
            command: String::new(),
            run: Run::Shell(String::new()),
            time_limit: None,
            expires: None,
            signed_by: None,
        };
        let epoch = SystemTime::UNIX_EPOCH;
        let mut record = Record::without_running(&request, "c", Status::Refused, "", epoch);
        record.stdout = Captured {
            total,
            ..Captured::default()
        };
        record
    }

    #[test]
    fn few_answers_are_in_memory_and_the_others_follow_in_order() {
        let mut answers = Answers::default();
        for number in 0..100 {
            let turn = answers.ready(JobNumber(number), &record(1));
            assert_eq!(turn == Turn::Send, number < MOST as u64, "{number}");
        }
        assert_eq!(answers.next(), None);
        assert!(answers.gone(JobNumber(3)));
        assert_eq!(answers.next(), Some(JobNumber(MOST as u64)));
        assert_eq!(answers.next(), None, "it has not come back yet");
        assert_eq!(answers.undelivered(), 99);
    }

    #[test]
    fn one_large_answer_goes_at_a_time() {
        let mut answers = Answers::default();
        assert_eq!(answers.ready(JobNumber(1), &record(100 << 20)), Turn::Send);
        assert_eq!(answers.ready(JobNumber(2), &record(1)), Turn::Later);
        answers.gone(JobNumber(1));
        assert_eq!(answers.next(), Some(JobNumber(2)));
        assert_eq!(answers.came_back(JobNumber(2), &record(1)), Turn::Send);
    }

    #[test]
    fn an_answer_that_is_on_its_way_is_not_sent_a_second_time() {
        let mut answers = Answers::default();
        assert_eq!(answers.ready(JobNumber(1), &record(1)), Turn::Send);
        assert_eq!(answers.ready(JobNumber(1), &record(1)), Turn::Later);
        assert_eq!(answers.undelivered(), 1);
    }
}
