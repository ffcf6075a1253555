//! Typed lines, the loader's commands, and the interrupt.

use super::client::Walk;
use super::task::{End, Task, Way};
use super::watch::FIRST_PAUSE;
use super::{Operator, OperatorEvent, Stage};
use crate::fleet::governor::Command;
use crate::model::Message;
use std::sync::Arc;

/// How many lines and loader's commands may wait for one client, and how many lines for the end of the pipelines.
const WAITING: usize = 100;

impl Operator {
    /// A line of realtime mode: to all clients; `exit` leaves once everything is answered.
    pub(super) fn line(&mut self, line: String) {
        let refuse = |operator: &mut Self, why| {
            let command = line.clone();
            operator.event(OperatorEvent::LineRefused { command, why });
        };
        match self.stage {
            _ if line.trim().is_empty() => {}
            _ if !self.plan.realtime => refuse(self, "realtime mode is off"),
            _ if self.interrupted => refuse(self, "the operator is ending"),
            Stage::Waiting(_) | Stage::Walking if self.lines.len() >= WAITING => {
                refuse(self, "100 lines wait already");
            }
            Stage::Waiting(_) | Stage::Walking => {
                self.lines.push_back(line.clone());
                self.event(OperatorEvent::LineQueued { command: line });
            }
            Stage::Open if line.trim() == "exit" => self.stage = Stage::Leaving,
            Stage::Open => {
                let text: Arc<str> = line.as_str().into();
                let all = self.everybody();
                let sent = self.queue(&all, &Task::Line(text));
                if sent == 0 {
                    refuse(self, "no client is there, or all are busy");
                } else {
                    self.event(OperatorEvent::Line {
                        command: line,
                        clients: sent,
                    });
                }
            }
            Stage::Leaving | Stage::Done => refuse(self, "the operator is ending"),
        }
    }

    fn everybody(&self) -> Vec<usize> {
        let clients = self.clients.iter().enumerate();
        clients
            .filter(|(_, client)| client.takes_part && client.is_there())
            .map(|(index, _)| index)
            .collect()
    }

    /// Gives clients something to do besides the pipelines. Returns how many took it.
    fn queue(&mut self, clients: &[usize], task: &Task) -> usize {
        let mut took = 0;
        for index in clients {
            let client = &mut self.clients[*index];
            if client.lost || client.extras.len() >= WAITING {
                continue;
            }
            client.extras.push_back(task.clone());
            self.open += 1;
            took += 1;
            self.ready.push_back(*index);
        }
        took
    }

    /// A commander's command, in either form.
    pub(super) fn loader(&mut self, message: Message) {
        let Command { client_id, command } = match Command::decode_any(&message.payload) {
            Ok((command, _)) => command,
            Err(why) => return self.ignore(message.topic, why.to_string(), message.payload),
        };
        let all = client_id.eq_ignore_ascii_case("all");
        let clients = match self.find(&client_id) {
            _ if all => self.everybody(),
            Some(index) => vec![index],
            None => Vec::new(),
        };
        let strangers = clients.iter().all(|index| !self.clients[*index].takes_part);
        let why = if self.interrupted || self.stage == Stage::Leaving {
            Some("the operator is ending")
        } else if clients.is_empty() && all {
            Some("no client is there")
        } else if clients.is_empty() {
            Some("no client has this id")
        } else if strangers {
            Some("this client is not among those that take part")
        } else {
            None
        };
        let text: Arc<str> = command.as_str().into();
        let took = match why {
            None => self.queue(&clients, &Task::Loaded(text)),
            Some(_) => 0,
        };
        if took > 0 {
            self.event(OperatorEvent::LoaderAccepted {
                client_id,
                command,
                clients: took,
            });
        } else {
            let why = why.unwrap_or("the client is lost or has 100 commands waiting");
            self.event(OperatorEvent::LoaderRefused {
                client_id,
                command,
                why,
            });
        }
    }

    /// Once: nothing new is sent but `finally` steps, and what runs on our own topics is cancelled. Again: the end.
    pub(super) fn interrupt(&mut self) {
        // with nothing to do any more it is no interruption, but the way to leave
        if self.stage == Stage::Open && self.open == 0 && !self.interrupted {
            self.event(OperatorEvent::Interrupted { again: false });
            self.stage = Stage::Leaving;
            return;
        }
        let again = std::mem::replace(&mut self.interrupted, true);
        self.event(OperatorEvent::Interrupted { again });
        if again || matches!(self.stage, Stage::Waiting(_)) {
            return self.finish();
        }
        self.save_interrupted();
        self.lines.clear();
        for index in 0..self.clients.len() {
            for task in std::mem::take(&mut self.clients[index].extras) {
                self.drop_extra(index, task, End::NotSent);
            }
            self.interrupt_client(index);
        }
        if self.stage == Stage::Open {
            self.stage = Stage::Leaving;
        }
    }

    fn interrupt_client(&mut self, index: usize) {
        let client = &mut self.clients[index];
        match &mut client.flight {
            Some(flight) if flight.way == Way::Governor && flight.entry.is_none() => {
                // it cannot be cancelled, and nothing depends on it
                self.landed(index, End::Unknown, None, false);
            }
            Some(flight) => {
                let finally = matches!(&flight.task, Task::Step(at) if at.finally);
                if flight.way == Way::Own && !finally {
                    flight.cancelled = true;
                    flight.said = None;
                    flight.pause = FIRST_PAUSE;
                    self.send_again(index);
                }
            }
            None => {}
        }
        self.no_other_attempt(index);
        let before = self.leave_pipelines(index);
        let after = match self.clients[index].walk {
            Walk::At { entry, .. } => Some(self.script.entries[entry].at.pipeline),
            _ => None,
        };
        self.say_pipelines(index, before, after);
        self.ready.push_back(index);
    }

    /// A step that failed and would be tried again is not.
    fn no_other_attempt(&mut self, index: usize) {
        let client = &mut self.clients[index];
        let Walk::At {
            entry,
            attempt: 2..,
        } = client.walk
        else {
            return;
        };
        if client.asked() == Some(entry) {
            return;
        }
        if let Some(outcome) = client.outcomes.get(entry).cloned().flatten() {
            client.leaving.interrupted = true;
            self.step_ended(index, entry, outcome);
        }
    }

    /// From now on only `finally` steps follow. Returns the client's pipeline before.
    pub(super) fn leave_pipelines(&mut self, index: usize) -> Option<usize> {
        let client = &self.clients[index];
        let Walk::At { entry, attempt } = client.walk else {
            return None;
        };
        let next = if client.asked() == Some(entry) {
            Some(entry)
        } else {
            self.script.interrupted(entry, attempt > 1)
        };
        self.change(index, |client| {
            client.leaving.interrupted = true;
            client.walk = match next {
                Some(next) if next == entry => client.walk,
                Some(entry) => Walk::At { entry, attempt: 1 },
                None => Walk::Ended,
            };
        });
        Some(self.script.entries[entry].at.pipeline)
    }
}
