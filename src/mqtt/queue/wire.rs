//! What was handed to the client library on this connection and is not settled. Pure.
//!
//! A QoS 1 message is settled by its PUBACK. For QoS 0 there is no answer, so what is to be kept is followed by a
//! *fence*: an UNSUBSCRIBE of a topic that nobody uses. A broker takes the packets of a connection in their order, so
//! its answer to the fence proves that it has read all that was written before. So does its answer to anything else:
//! a PUBACK, a PINGRESP (rumqttd 0.20 leaves an UNSUBSCRIBE of what was not subscribed to without an answer).

use super::Letter;
use crate::mqtt::letter::Class;
use std::collections::VecDeque;

/// What takes a packet identifier: a QoS 1 message, or a fence.
#[derive(Debug)]
struct Sent {
    number: u64,
    /// Known once the library has written it.
    packet: Option<u16>,
    settled: bool,
    /// The message until it is acknowledged; a fence has none.
    letter: Option<Letter>,
    fence: bool,
}

#[derive(Debug, Default)]
pub(super) struct Wire {
    /// The running number of what is handed over next; all messages and our fences have one.
    next: u64,
    /// The running number of what is written next.
    unwritten: u64,
    sent: VecDeque<Sent>,
    /// QoS 0 promises that no answer has proven yet, with their numbers.
    unproven: VecDeque<(u64, Letter)>,
    /// So many of them, the last ones, are behind the last fence.
    unfenced: usize,
    /// The number of the fence that is on its way.
    fence: Option<u64>,
    /// What a PINGRESP will prove.
    pinged: Option<u64>,
}

impl Wire {
    /// How many packet identifiers lie between the oldest open one and the newest.
    pub(super) fn identifiers(&self) -> usize {
        self.sent.len()
    }

    /// Messages that are not settled.
    pub(super) fn letters(&self) -> impl Iterator<Item = &Letter> {
        let sent = self.sent.iter().filter_map(|sent| sent.letter.as_ref());
        sent.chain(self.unproven.iter().map(|(_, letter)| letter))
    }

    /// How many these are.
    pub(super) fn depth(&self) -> usize {
        let sent = self.sent.iter().filter(|sent| sent.letter.is_some());
        sent.count() + self.unproven.len()
    }

    /// Whether the broker owes an answer.
    pub(super) fn owed(&self) -> bool {
        !self.sent.is_empty()
    }

    /// How many kept messages no fence stands behind; none while a fence is on its way: it is one at a time.
    pub(super) fn to_be_fenced(&self) -> usize {
        match self.fence {
            Some(_) => 0,
            None => self.unfenced,
        }
    }

    pub(super) fn hand_over(&mut self, letter: &Letter) {
        let number = self.number();
        match (letter.is_acknowledged(), letter.class()) {
            (true, _) => self.sent.push_back(Sent {
                number,
                packet: None,
                settled: false,
                letter: Some(letter.clone()),
                fence: false,
            }),
            (false, Class::Promise) => {
                self.unproven.push_back((number, letter.clone()));
                self.unfenced += 1;
            }
            _ => {}
        }
    }

    pub(super) fn hand_over_fence(&mut self) {
        let number = self.number();
        self.fence = Some(number);
        self.unfenced = 0;
        self.sent.push_back(Sent {
            number,
            packet: None,
            settled: false,
            letter: None,
            fence: true,
        });
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// The library wrote the oldest that was handed over and not written yet; QoS 0 has the identifier 0.
    pub(super) fn written(&mut self, packet: u16) {
        self.unwritten += 1;
        if packet != 0 {
            if let Some(sent) = self.sent.iter_mut().find(|sent| sent.packet.is_none()) {
                sent.packet = Some(packet);
            }
        }
    }

    /// The broker answered a QoS 1 message, or a fence. Returns what is settled by that, in the order of handing
    /// over; nothing if nothing waited for this answer.
    pub(super) fn answered(&mut self, packet: u16, fence: bool) -> Option<Vec<Letter>> {
        let open =
            |sent: &&mut Sent| sent.packet == Some(packet) && sent.fence == fence && !sent.settled;
        let sent = self.sent.iter_mut().find(open)?;
        sent.settled = true;
        let (number, own) = (sent.number, sent.letter.take());
        let mut settled = self.prove(number + 1);
        settled.extend(own);
        Some(settled)
    }

    /// PINGREQ is written.
    pub(super) fn pinged(&mut self) {
        self.pinged.get_or_insert(self.unwritten);
    }

    /// The broker answered the oldest ping. Returns what is settled by that.
    pub(super) fn ponged(&mut self) -> Vec<Letter> {
        let number = self.pinged.take();
        number.map_or_else(Vec::new, |number| self.prove(number))
    }

    /// The broker has read everything below this number.
    fn prove(&mut self, number: u64) -> Vec<Letter> {
        let proven = self.unproven.partition_point(|(own, _)| *own < number);
        let settled = self.unproven.drain(..proven).map(|(_, letter)| letter);
        let settled = settled.collect();
        self.unfenced = self.unfenced.min(self.unproven.len());
        if self.fence.is_some_and(|fence| fence < number) {
            self.fence = None;
        }
        for sent in &mut self.sent {
            sent.settled |= sent.fence && sent.number < number;
        }
        while self.sent.front().is_some_and(|sent| sent.settled) {
            self.sent.pop_front();
        }
        settled
    }

    /// The connection is gone. Returns what was not settled, in the order of handing over.
    pub(super) fn end(&mut self) -> impl Iterator<Item = Letter> + use<> {
        let Self { sent, unproven, .. } = std::mem::take(self);
        let sent = sent.into_iter().filter_map(|sent| {
            let number = sent.number;
            sent.letter.map(|letter| (number, letter))
        });
        let mut open: Vec<_> = sent.chain(unproven).collect();
        open.sort_by_key(|(number, _)| *number);
        open.into_iter().map(|(_, letter)| letter)
    }
}
