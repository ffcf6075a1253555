//! What a client does next, and sending it.

use super::client::{Flight, Walk};
use super::task::{End, Outcome, Task, Way};
use super::watch::FIRST_PAUSE;
use super::{Operator, OperatorEvent, Stage};
use crate::fleet::governor::{Command as GovernorCommand, Form};
use crate::fleet::own::{Command, Order};
use crate::fleet::pipeline::StepCommand;
use crate::model::{Message, QoS};
use std::sync::Arc;

impl Operator {
    /// Sends a client what is next for it, if it has nothing to do.
    pub(super) fn pump(&mut self, index: usize) {
        let client = &self.clients[index];
        let reachable = client.way == Way::Governor || client.own.is_some();
        if !self.connected || client.flight.is_some() || client.lost || !reachable {
            return self.schedule(index);
        }
        if let Some(task) = self.clients[index].extras.pop_front() {
            let (Task::Line(text) | Task::Loaded(text)) = &task else {
                return;
            };
            let text = text.clone();
            return self.launch(index, task, None, 1, text);
        }
        let Walk::At { entry, attempt } = self.clients[index].walk else {
            return;
        };
        if self.stage != Stage::Walking {
            return;
        }
        let at = self.script.entries[entry].at;
        if self.script.entries[entry].way_back && self.clients[index].way == Way::Governor {
            self.step_ended(index, entry, skipped(0, None));
            return self.ready.push_back(index);
        }
        let barrier = self.barriers.iter_mut().find(|(of, _)| *of == at.pipeline);
        if let Some((_, barrier)) = barrier {
            if !barrier.may_begin(self.script.slot(entry), index) {
                return;
            }
        }
        let text = self.script.entries[entry].text.clone();
        self.launch(index, Task::Step(at), Some(entry), attempt, text);
    }

    fn launch(
        &mut self,
        index: usize,
        task: Task,
        entry: Option<usize>,
        attempt: u32,
        text: Arc<str>,
    ) {
        let client = &self.clients[index];
        let way = client.way;
        let id = (way == Way::Own).then(|| match entry {
            Some(entry) => self.step_id(index, entry, attempt),
            None => {
                self.extra_ids += 1;
                format!("{}-x{}", self.token, self.extra_ids).into()
            }
        });
        let before = self.resumed_expiry(index, entry, attempt);
        let overdue = before.is_some_and(|expires| self.is_too_late_to_sign(expires));
        let expires = before.or_else(|| {
            let wall = self.now.wall.checked_add(self.plan.patience);
            wall.filter(|_| way == Way::Own)
                .map(|wall| self.expiry_of(wall))
        });
        let now = self.now.moment;
        let client = &mut self.clients[index];
        client.heard = client.heard.max(now);
        client.flight = Some(Flight {
            task,
            entry,
            attempt,
            way,
            id: id.clone(),
            text,
            sent: now,
            said: Some(now),
            expires,
            again_at: now + FIRST_PAUSE,
            pause: FIRST_PAUSE * 2,
            accepted: false,
            cancelled: false,
        });
        if overdue {
            let why = "it expired while the operator was away";
            return self.landed(index, End::Expired, Some(why.into()), false);
        }
        match self.flight_message(index) {
            Ok(message) => {
                if let Some(id) = id {
                    self.ids.insert(id, index);
                }
                self.save_sent(index);
                self.publish(message);
                self.say_sent(index, false);
                self.schedule(index);
            }
            Err(why) => self.landed(index, End::NotSent, Some(why.into()), false),
        }
    }

    fn step_id(&self, index: usize, entry: usize, attempt: u32) -> Arc<str> {
        let number = self.clients[index].number.unwrap_or(index);
        format!("{}-{number}-{entry}-{attempt}", self.token).into()
    }

    pub(super) fn say_sent(&mut self, index: usize, again: bool) {
        let client = &self.clients[index];
        if let Some(flight) = &client.flight {
            let event = OperatorEvent::Sent {
                client: client.name.clone(),
                task: flight.task.clone(),
                attempt: flight.attempt,
                way: flight.way,
                id: flight.id.clone(),
                again,
            };
            self.event(event);
        }
    }

    /// What a client was asked, as a message: the same whenever it is said, but for the signature.
    pub(super) fn flight_message(&mut self, index: usize) -> Result<Message, String> {
        let client = &self.clients[index];
        let flight = client.flight.as_ref().ok_or("nothing is asked")?;
        if flight.way == Way::Governor {
            let command = GovernorCommand {
                client_id: client.name.to_string(),
                command: flight.text.to_string(),
            };
            let payload = command.encode(Form::of(self.plan.jsonify));
            let topic = self.plan.topics.commands.clone();
            return payload
                .map(|payload| Message::event(topic, payload))
                .map_err(|why| why.to_string());
        }
        let own = client.own.as_ref().ok_or("its executor is not known")?;
        let id = flight.id.as_deref().unwrap_or_default().to_owned();
        let client_id = own.thing.to_string();
        let order = if flight.cancelled {
            Order::Cancel {
                id,
                client_id: Some(client_id),
            }
        } else {
            let step = match flight.task {
                Task::Step(at) => at.of(&self.plan),
                Task::Line(_) | Task::Loaded(_) => None,
            };
            Order::Run(Command {
                id,
                client_id,
                command: match step {
                    Some(step) => step.command.clone(),
                    None => StepCommand::Text(flight.text.to_string()),
                },
                time_limit: step.and_then(|step| step.time_limit),
                expires: flight.expires,
            })
        };
        let topic = own.topics.commands.clone();
        let payload = self.payload(&order, &topic);
        Ok(Message {
            topic,
            payload,
            qos: QoS::AtLeastOnce,
            retain: false,
        })
    }

    /// An old peer's command was not answered and will not be; it is never sent again.
    pub(super) fn failed_unanswered(&mut self, index: usize, why: &str) {
        self.landed(index, End::Failed, Some(why.into()), false);
    }

    /// What a client was asked has ended. `answered`: a failure may be tried again.
    pub(super) fn landed(&mut self, index: usize, end: End, why: Option<Box<str>>, answered: bool) {
        let client = &mut self.clients[index];
        let Some(flight) = client.flight.take() else {
            return;
        };
        if let Some(id) = &flight.id {
            self.ids.remove(id);
        }
        if flight.way == Way::Governor {
            client.done_with = Some(flight.text.clone());
        }
        let name = client.name.clone();
        let entry = flight.entry.map(|entry| &self.script.entries[entry]);
        let way_back = entry.is_some_and(|entry| entry.way_back);
        let outcome = match way_back && end == End::Refused {
            true => skipped(flight.attempt, why),
            false => Outcome {
                end,
                attempts: flight.attempt,
                why,
            },
        };
        self.ready.push_back(index);
        let Some(entry) = flight.entry else {
            self.open -= 1;
            let task = flight.task;
            return self.event(OperatorEvent::Ended {
                client: name,
                task,
                outcome,
            });
        };
        let step = self.script.entries[entry].at.of(&self.plan);
        let retries = step.map_or(0, |step| step.retries);
        let again = answered
            && matches!(end, End::Failed | End::TimedOut)
            && flight.attempt <= retries
            && !self.clients[index].leaving.interrupted;
        if again {
            let attempt = flight.attempt + 1;
            self.change(index, |client| {
                client.walk = Walk::At { entry, attempt };
                client.set_outcome(entry, outcome);
            });
        } else {
            self.step_ended(index, entry, outcome);
        }
    }

    pub(super) fn step_ended(&mut self, index: usize, entry: usize, outcome: Outcome) {
        self.save_ended(index, entry, &outcome);
        let at = self.script.entries[entry].at;
        let (before, after) = self.advance(index, entry, outcome.clone());
        let client = self.clients[index].name.clone();
        self.event(OperatorEvent::Ended {
            client: client.clone(),
            task: Task::Step(at),
            outcome,
        });
        self.say_pipelines(index, Some(before), after);
    }

    /// A client leaves a step. Returns its pipelines before and after.
    pub(super) fn advance(
        &mut self,
        index: usize,
        entry: usize,
        outcome: Outcome,
    ) -> (usize, Option<usize>) {
        let failed = !outcome.end.is_good();
        let client = &mut self.clients[index];
        client.set_outcome(entry, outcome);
        let (name, mut leaving) = (client.name.clone(), client.leaving);
        let chosen = |pipeline: usize| self.plan.pipelines[pipeline].clients.takes(&name);
        let next = self.script.after(entry, failed, &mut leaving, chosen);
        self.change(index, |client| {
            client.leaving = leaving;
            client.walk = next.map_or(Walk::Ended, |entry| Walk::At { entry, attempt: 1 });
        });
        let pipeline = |entry: usize| self.script.entries[entry].at.pipeline;
        (pipeline(entry), next.map(pipeline))
    }

    pub(super) fn say_pipelines(
        &mut self,
        index: usize,
        before: Option<usize>,
        after: Option<usize>,
    ) {
        if before == after {
            return;
        }
        let client = self.clients[index].name.clone();
        if let Some(pipeline) = before {
            self.event(OperatorEvent::PipelineEnded {
                client: client.clone(),
                pipeline,
            });
        }
        if let Some(pipeline) = after {
            self.event(OperatorEvent::PipelineBegun { client, pipeline });
        }
    }
}

fn skipped(attempts: u32, why: Option<Box<str>>) -> Outcome {
    Outcome {
        end: End::Skipped,
        attempts,
        why,
    }
}
