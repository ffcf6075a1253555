//! Connections, sending again, silence, and coming back.

use super::task::{End, Outcome, Task, Way};
use super::{Operator, OperatorEvent, Stage};
use crate::fleet::signing::whole_second_from;
use std::time::Duration;

/// After so long a command on our own topics goes out again, then after twice as long, and so on.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// The longest pause between two of them.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// So long counts what is said again of a command that was accepted: more than clocks differ.
const ASKED_FOR: Duration = Duration::from_secs(600);

impl Operator {
    pub(super) fn connected(&mut self) {
        self.connected = true;
        self.connected_at = self.now.moment;
        self.connections += 1;
        for index in 0..self.clients.len() {
            // nobody could be heard while we were away
            self.clients[index].heard = self.now.moment;
            self.send_again(index);
            self.ready.push_back(index);
        }
        if self.connections == 1 {
            self.first_connected();
        }
        self.wake();
    }

    pub(super) fn wake(&mut self) {
        if let Stage::Waiting(Some(until)) = self.stage {
            if self.connected && self.now.moment >= until {
                self.begin();
            }
        }
        while let Some((at, index)) = self.wakes.due(self.now.moment) {
            if self.clients[index].wake == Some(at) {
                self.clients[index].wake = None;
                self.look_after(index);
                self.schedule(index);
            }
        }
    }

    /// When a client is to be looked after next; while we are cut off, not at all.
    pub(super) fn schedule(&mut self, index: usize) {
        let client = &mut self.clients[index];
        if client.lost || !self.connected {
            return;
        }
        let silent = client.heard + self.plan.silence;
        let due = match &client.flight {
            Some(flight) if flight.way == Way::Own => silent.min(flight.again_at),
            Some(flight) => flight.sent + self.plan.patience,
            None if client.is_awaited() => silent,
            None => return,
        };
        if client.wake.is_none_or(|wake| due < wake) {
            client.wake = Some(due);
            self.wakes.add(due, index);
        }
    }

    fn look_after(&mut self, index: usize) {
        let client = &self.clients[index];
        if client.lost || !self.connected {
            return;
        }
        let now = self.now.moment;
        let silent = now.since(client.heard);
        match &client.flight {
            Some(flight) if flight.way == Way::Governor => {
                let waited = now.since(flight.sent);
                if waited >= self.plan.patience {
                    self.lose(index, format!("no answer for {} s", waited.as_secs()));
                }
            }
            None if !client.is_awaited() => {}
            _ if silent >= self.plan.silence => {
                let offline = client.online == Some(false);
                let how = if offline { "offline, and not" } else { "not" };
                self.lose(index, format!("{how} heard for {} s", silent.as_secs()));
            }
            Some(flight) if now >= flight.again_at => self.send_again(index),
            _ => {}
        }
    }

    /// Says again what a client of ours was asked and has not answered.
    pub(super) fn send_again(&mut self, index: usize) {
        let now = self.now;
        let client = &mut self.clients[index];
        let Some(flight) = client.flight.as_mut().filter(|f| f.way == Way::Own) else {
            return;
        };
        if !self.connected || flight.said == Some(now.moment) {
            return;
        }
        flight.said = Some(now.moment);
        flight.again_at = now.moment + flight.pause;
        flight.pause = (flight.pause * 2).min(LONGEST_PAUSE);
        let expired = flight.expires.is_some_and(|expires| now.wall >= expires);
        if flight.accepted {
            // its expiry is the client's now; what comes too late is refused there, also when it asks for an answer
            let least = now.wall.checked_add(ASKED_FOR).map(whole_second_from);
            flight.expires = flight.expires.max(least);
        }
        if !expired || flight.accepted || flight.cancelled {
            if let Ok(message) = self.flight_message(index) {
                self.publish(message);
                self.say_sent(index, true);
            }
        }
        self.schedule(index);
    }

    /// A client was heard.
    pub(super) fn hear(&mut self, index: usize) {
        self.clients[index].heard = self.now.moment;
        if !self.clients[index].lost {
            return;
        }
        self.change(index, |client| client.lost = false);
        let client = self.clients[index].name.clone();
        self.event(OperatorEvent::Back { client });
        self.send_again(index);
        self.ready.push_back(index);
    }

    fn lose(&mut self, index: usize, why: String) {
        self.change(index, |client| client.lost = true);
        let name = self.clients[index].name.clone();
        let client = name.clone();
        self.event(OperatorEvent::Lost { client, why });
        let flight = self.clients[index].flight.as_ref();
        if flight.is_some_and(|flight| flight.entry.is_none()) {
            self.landed(index, End::Lost, None, false);
        }
        for task in std::mem::take(&mut self.clients[index].extras) {
            self.drop_extra(index, task, End::Lost);
        }
    }

    /// A line or a loader's command comes to nothing.
    pub(super) fn drop_extra(&mut self, index: usize, task: Task, end: End) {
        self.open -= 1;
        let outcome = Outcome {
            end,
            attempts: 0,
            why: None,
        };
        let client = self.clients[index].name.clone();
        self.event(OperatorEvent::Ended {
            client,
            task,
            outcome,
        });
    }
}
