//! Waiting, walking, serving, the end.

use super::client::{Client, Walk};
use super::summary::{ClientSummary, Summary};
use super::task::{End, Outcome, StepRef};
use super::{Effect, Operator, OperatorEvent, Stage};
use std::sync::Arc;

impl Operator {
    /// Does what is due until nothing is.
    pub(super) fn settle(&mut self) {
        loop {
            while let Some(index) = self.ready.pop_front() {
                self.pump(index);
            }
            match self.stage {
                Stage::Walking if self.walking == 0 => self.walked(),
                Stage::Leaving if self.open == 0 => self.finish(),
                _ => return,
            }
        }
    }

    pub(super) fn first_connected(&mut self) {
        match self.stage {
            // who is expected and never comes is not waited for without end
            Stage::Waiting(None) if self.expected.is_some() => {
                self.stage = Stage::Waiting(Some(self.now.moment + self.plan.patience));
            }
            Stage::Walking => self.after_absence(),
            _ => {}
        }
    }

    /// A client is there while clients are waited for.
    pub(super) fn one_more(&mut self) {
        if !std::mem::replace(&mut self.anyone, true) {
            let until = self.now.moment + self.plan.registration_timeout;
            self.stage = Stage::Waiting(Some(until));
            self.event(OperatorEvent::Waiting { until });
        }
        let all_there = self.plan.clients.as_ref().is_some_and(|expected| {
            let there = |id: &String| self.find(id).is_some_and(|i| self.clients[i].is_there());
            expected.iter().all(there)
        });
        if all_there {
            self.begin();
        }
    }

    pub(super) fn begin(&mut self) {
        let walks = |client: &Client| client.takes_part && client.is_there();
        let all = 0..self.clients.len();
        let walkers: Vec<usize> = all.filter(|index| walks(&self.clients[*index])).collect();
        if walkers.is_empty() && self.anyone {
            // they came and went
            self.anyone = false;
            let expected = self.expected.is_some();
            let until = expected.then(|| self.now.moment + self.plan.patience);
            self.stage = Stage::Waiting(until);
            return;
        }
        self.stage = Stage::Walking;
        self.save_run();
        let firsts: Vec<Option<usize>> = walkers.iter().map(|index| self.place(*index)).collect();
        let event = OperatorEvent::Begun {
            clients: walkers.len(),
            missing: self.missing(),
        };
        self.event(event);
        for (index, first) in walkers.into_iter().zip(firsts) {
            self.joined(index, first);
        }
    }

    /// A client begins its walk.
    pub(super) fn join(&mut self, index: usize) {
        let first = self.place(index);
        self.joined(index, first);
    }

    fn joined(&mut self, index: usize, first: Option<usize>) {
        self.save_client(index);
        self.say_pipelines(index, None, first);
        self.ready.push_back(index);
    }

    /// Puts a client at its first step; returns the pipeline.
    pub(super) fn place(&mut self, index: usize) -> Option<usize> {
        let name = self.clients[index].name.clone();
        let chosen = |pipeline: usize| self.plan.pipelines[pipeline].clients.takes(&name);
        let first = self.script.first(chosen);
        let number = self.joined;
        self.joined += 1;
        self.change(index, |client| {
            client.number = Some(number);
            client.walk = first.map_or(Walk::Ended, |entry| Walk::At { entry, attempt: 1 });
        });
        first.map(|entry| self.script.entries[entry].at.pipeline)
    }

    fn missing(&self) -> Vec<Arc<str>> {
        let walks = |id: &str| {
            let client = self.find(id).map(|index| &self.clients[index]);
            client.is_some_and(|client| client.walk != Walk::NotBegun)
        };
        let expected = self.plan.clients.iter().flatten();
        expected
            .filter(|id| !walks(id))
            .map(|id| id.as_str().into())
            .collect()
    }

    fn walked(&mut self) {
        if !self.script.entries.is_empty() {
            self.event(OperatorEvent::Walked);
        }
        if self.interrupted || !(self.plan.realtime || self.plan.receive_commands) {
            return self.finish();
        }
        self.stage = Stage::Open;
        for index in 0..self.clients.len() {
            self.give_up(index);
        }
        for line in std::mem::take(&mut self.lines) {
            self.line(line);
        }
    }

    /// What a lost client has not answered will not be waited for any more.
    fn give_up(&mut self, index: usize) {
        let client = &mut self.clients[index];
        let Walk::At { entry, attempt } = client.walk else {
            return;
        };
        client.walk = Walk::Ended;
        if let Some(id) = client.flight.take().and_then(|flight| flight.id) {
            self.ids.remove(&id);
        }
        client.set_outcome(entry, lost(attempt));
    }

    pub(super) fn finish(&mut self) {
        for index in 0..self.clients.len() {
            if self.clients[index]
                .flight
                .as_ref()
                .is_some_and(|flight| flight.entry.is_none())
            {
                self.landed(index, End::Unknown, None, false);
            }
            for task in std::mem::take(&mut self.clients[index].extras) {
                self.drop_extra(index, task, End::NotSent);
            }
        }
        self.stage = Stage::Done;
        self.ready.clear();
        let summary = Box::new(self.summary());
        self.effects.push(Effect::Finished(summary));
    }

    fn summary(&self) -> Summary {
        let walked = |client: &&Client| client.walk != Walk::NotBegun;
        let clients: Vec<ClientSummary> = self
            .clients
            .iter()
            .filter(walked)
            .map(|client| ClientSummary {
                client: client.name.clone(),
                way: client.way,
                lost: client.lost,
                steps: self.steps_of(client),
            })
            .collect();
        let pipelines = self.plan.pipelines.iter();
        let unwalked = pipelines
            .filter(|pipeline| !pipeline.steps.is_empty())
            .filter(|pipeline| !clients.iter().any(|c| pipeline.clients.takes(&c.client)))
            .map(|pipeline| pipeline.name.clone())
            .collect();
        Summary {
            clients,
            missing: self.missing(),
            unwalked,
            interrupted: self.interrupted,
            counts: self.counts,
        }
    }

    /// Every step that a client was to walk; `finally` steps of pipelines that it never began are left out.
    fn steps_of(&self, client: &Client) -> Vec<(StepRef, Outcome)> {
        let mut steps = Vec::new();
        let mut begun = None;
        for (index, entry) in self.script.entries.iter().enumerate() {
            let at = entry.at;
            if !self.plan.pipelines[at.pipeline].clients.takes(&client.name) {
                continue;
            }
            let known = client.outcomes.get(index).cloned().flatten();
            let asked = client.asked() == Some(index);
            let attempts = client.flight.as_ref().map_or(1, |flight| flight.attempt);
            let outcome = match known {
                _ if asked && client.lost && client.in_flight.is_none() => lost(attempts),
                _ if asked => lost_answer(attempts),
                Some(outcome) => outcome,
                None if at.finally && begun != Some(at.pipeline) => continue,
                None => not_sent(client),
            };
            if outcome.end != End::NotSent {
                begun = Some(at.pipeline);
            }
            steps.push((at, outcome));
        }
        steps
    }
}

fn lost(attempts: u32) -> Outcome {
    Outcome {
        end: End::Lost,
        attempts,
        why: Some("the client was lost".into()),
    }
}

pub(super) fn lost_answer(attempts: u32) -> Outcome {
    Outcome {
        end: End::Unknown,
        attempts,
        why: Some("the operator ended before the answer came".into()),
    }
}

fn not_sent(client: &Client) -> Outcome {
    let why = if client.lost {
        "the client was lost"
    } else if client.leaving.interrupted {
        "the operator was interrupted"
    } else {
        "a step before it failed"
    };
    Outcome {
        end: End::NotSent,
        attempts: 0,
        why: Some(why.into()),
    }
}
