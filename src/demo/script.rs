//! The script: moves every input of a lab and checks what every output does, by pins and by messages.

use super::latency::ms;
use super::steps::{Step, steps};
use super::{Expectation, Input, Lab, Latency, Line, Observer, Seen, Station, Who};
use crate::model::{Topic, Value, escaped};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// How long a script waits.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// For what a step has to bring about, beside what the settings of its input take.
    pub step: Duration,
    /// For an end in order.
    pub close: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(10),
            close: Duration::from_millis(4500),
        }
    }
}

/// How a script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was as it should be.
    Passed,
    /// Something was not; a line told what.
    Failed,
    /// It was told to stop.
    Interrupted,
}

/// A script, ready to run once.
pub struct Script {
    stations: Vec<Station>,
    inputs: Vec<Input>,
    /// Where each input stands, once it has been moved.
    standing: Vec<Option<Value>>,
    lab: Expectation,
    observer: Arc<Observer>,
    since: u64,
    pace: Pace,
    tell: Box<dyn FnMut(&Line) + Send>,
    steps: usize,
    checks: usize,
    failed: usize,
    latency: Latency,
}

/// One wait: from when latency is counted, and until when it may take.
#[derive(Clone, Copy)]
struct Wait {
    number: u64,
    from: Option<Instant>,
    until: Instant,
}

impl Script {
    /// A script for these stations; `observer` must have begun before they run. Lines are told as they come.
    pub fn new(
        stations: Vec<Station>,
        observer: Observer,
        pace: Pace,
        tell: impl FnMut(&Line) + Send + 'static,
    ) -> Self {
        let inputs = super::inputs(&stations);
        Self {
            standing: vec![None; inputs.len()],
            lab: Expectation::new(&stations),
            since: observer.first(),
            observer: Arc::new(observer),
            stations,
            inputs,
            pace,
            tell: Box::new(tell),
            steps: 0,
            checks: 0,
            failed: 0,
            latency: Latency::default(),
        }
    }

    /// Plays it on a running lab and ends the lab in order, also when `stop` comes first.
    pub async fn play(self, mut lab: Lab, stop: impl Future<Output = ()>) -> Verdict {
        let close = self.pace.close;
        let moves = spawn_blocking(move || self.all_moves());
        let played = tokio::select! {
            played = moves => played.ok(),
            () = stop => None,
            () = lab.failed() => {
                tracing::error!("a thread of a thing ended that must not");
                None
            }
        };
        let Some(mut script) = played else {
            lab.leave(close).await;
            return Verdict::Interrupted;
        };
        script.step(Who::Lab {}, None, "told to stop".to_owned());
        let number = script.observer.next_number();
        lab.leave(close).await;
        // a waiting thread must not be the one that carries the observer's session
        let ended = spawn_blocking(move || script.end(number)).await;
        let Ok((verdict, observer)) = ended else {
            return Verdict::Failed;
        };
        if let Some(observer) = Arc::into_inner(observer) {
            observer.close().await;
        }
        verdict
    }

    fn all_moves(mut self) -> Self {
        self.settle();
        for step in steps(&self.stations, &self.inputs, &self.lab) {
            if self.failed > 0 {
                break;
            }
            match step {
                Step::Listen { who, topic, every } => self.listen(&who, &topic, every),
                Step::Move { input, value } => self.move_to(input, value),
            }
        }
        self
    }

    /// Everybody says `online` and how things stand, and every output is at rest.
    fn settle(&mut self) {
        self.step(Who::Lab {}, None, "started".to_owned());
        let slowest = self
            .inputs
            .iter()
            .map(|input| input.slowest)
            .max()
            .unwrap_or_default();
        let wait = Wait {
            number: self.since,
            from: None,
            until: Instant::now() + self.pace.step + slowest,
        };
        for station in self.stations.clone() {
            self.message(&station.thing(), &status(&station), Some("online"), wait);
        }
        for index in 0..self.inputs.len() {
            let input = &self.inputs[index];
            if input.port().is_some() {
                let (who, topic, low) =
                    (input.who.clone(), input.topic.clone(), input.low().encode());
                self.message(&who, &topic, Some(&low), wait);
            }
        }
        for index in 0..self.lab.outputs().len() {
            self.output(index, wait);
            self.state(index, wait);
        }
    }

    fn listen(&mut self, who: &Who, topic: &Topic, every: Duration) {
        self.step(who.clone(), None, "speaks by itself".to_owned());
        let now = Instant::now();
        let number = self.observer.next_number();
        self.message(
            who,
            topic,
            None,
            Wait {
                number,
                from: None,
                until: now + every + self.pace.step,
            },
        );
    }

    fn move_to(&mut self, index: usize, value: Value) {
        self.freshen(index);
        let input = self.inputs[index].clone();
        let port = input.port().map(crate::board::Port::name);
        self.step(input.who.clone(), port, input.action(&value));
        let changed = self.lab.hear(&input.topic, input.value, &value);
        let number = self.observer.next_number();
        let moved = input.put(&value, &self.observer.outbox());
        let wait = Wait {
            number,
            from: Some(moved),
            until: moved + self.pace.step + input.slowest,
        };
        self.message(&input.who, &input.topic, Some(&value.encode()), wait);
        self.standing[index] = Some(value);
        for output in &changed {
            self.output(*output, wait);
            self.state(*output, wait);
        }
        for output in 0..self.lab.outputs().len() {
            let expected = &self.lab.outputs()[output];
            let seen = self.stations[expected.station]
                .pins
                .output(expected.port)
                .duty;
            // what has to stay as it is is worth a line only when it did not
            if !changed.contains(&output) && seen != expected.duty() {
                self.output(
                    output,
                    Wait {
                        until: Instant::now(),
                        ..wait
                    },
                );
            }
        }
    }

    /// Strangers whose silence counts say their value again before something is asked of their followers.
    fn freshen(&mut self, moved: usize) {
        let asked: Vec<usize> = (0..self.lab.outputs().len())
            .filter(|output| self.lab.follows(*output, &self.inputs[moved].topic))
            .collect();
        for (index, input) in self.inputs.iter().enumerate() {
            let matters = asked
                .iter()
                .any(|output| self.lab.follows(*output, &input.topic));
            let Some(value) = self.standing[index]
                .clone()
                .filter(|_| index != moved && input.goes_stale && matters)
            else {
                continue;
            };
            self.lab.hear(&input.topic, input.value, &value);
            let number = self.observer.next_number();
            let said = input.put(&value, &self.observer.outbox());
            // if it does not come, the step that follows fails and says so
            let _ = self.observer.wait(number, said + self.pace.step, |seen| {
                seen.message.topic == input.topic
            });
        }
    }

    /// Outputs at rest, `offline` said.
    fn end(mut self, number: u64) -> (Verdict, Arc<Observer>) {
        let wait = Wait {
            number,
            from: None,
            until: Instant::now() + self.pace.step,
        };
        for index in 0..self.lab.outputs().len() {
            let expected = self.lab.outputs()[index].clone();
            self.pin(
                (expected.station, expected.resource),
                expected.port,
                0,
                wait,
            );
        }
        for station in self.stations.clone() {
            self.message(&station.thing(), &status(&station), Some("offline"), wait);
        }
        let ok = self.failed == 0;
        let (steps, checks, failed) = (self.steps, self.checks, self.failed);
        (self.tell)(&Line::End {
            ok,
            steps,
            checks,
            failed,
            latency_ms: self.latency,
        });
        (
            if ok { Verdict::Passed } else { Verdict::Failed },
            self.observer,
        )
    }

    fn step(&mut self, who: Who, port: Option<&'static str>, action: String) {
        self.steps += 1;
        (self.tell)(&Line::Step {
            step: self.steps,
            who,
            port,
            action,
        });
    }

    /// Checks a message that has to come.
    fn message(&mut self, who: &Who, topic: &Topic, expected: Option<&str>, wait: Wait) {
        let is_it = |seen: &Seen| {
            seen.message.topic == *topic
                && expected.is_none_or(|payload| seen.message.payload == payload.as_bytes())
        };
        let found = self.observer.wait(wait.number, wait.until, is_it);
        let latency = found
            .as_ref()
            .zip(wait.from)
            .and_then(|(seen, from)| seen.at.checked_duration_since(from));
        let ok = found.is_some();
        let instead = || {
            self.observer
                .since(wait.number)
                .into_iter()
                .rev()
                .find(|seen| seen.message.topic == *topic)
        };
        let seen = match found.or_else(instead) {
            Some(seen) => Some(escaped(&seen.message.payload, 64)),
            None => self
                .observer
                .away()
                .map(|reason| format!("nothing, for the observer lost the broker: {reason}")),
        };
        self.check(&Line::Message {
            who: who.clone(),
            topic: topic.to_string(),
            expected: expected.map(str::to_owned),
            seen,
            latency_ms: latency.map(ms),
            ok,
        });
    }

    /// Checks what an output says of itself.
    fn state(&mut self, index: usize, wait: Wait) {
        let expected = &self.lab.outputs()[index];
        let (topic, said) = (expected.topic.clone(), expected.said());
        let who = self.stations[expected.station].who(expected.resource);
        self.message(&who, &topic, Some(&said), wait);
    }

    /// Checks what an output does.
    fn output(&mut self, index: usize, wait: Wait) {
        let expected = &self.lab.outputs()[index];
        let (station, resource, port, duty) = (
            expected.station,
            expected.resource,
            expected.port,
            expected.duty(),
        );
        self.pin((station, resource), port, duty, wait);
    }

    fn pin(
        &mut self,
        (station, resource): (usize, usize),
        port: crate::board::Port,
        expected: u8,
        wait: Wait,
    ) {
        let pins = &self.stations[station].pins;
        let left = wait.until.saturating_duration_since(Instant::now());
        let found = pins.wait_output(port, left, |output| output.duty == expected);
        let ok = found.is_ok();
        let changed = pins.changed_at(port).filter(|_| ok);
        let latency = changed
            .zip(wait.from)
            .and_then(|(at, from)| at.checked_duration_since(from));
        if let Some(latency) = latency {
            self.latency.add(latency);
        }
        self.check(&Line::Output {
            who: self.stations[station].who(resource),
            port: port.name(),
            expected,
            seen: found.unwrap_or_else(|output| output).duty,
            latency_ms: latency.map(ms),
            ok,
        });
    }

    fn check(&mut self, line: &Line) {
        self.checks += 1;
        self.failed += usize::from(line.is_failure());
        (self.tell)(line);
    }
}

fn status(station: &Station) -> Topic {
    station
        .id
        .child("status")
        .expect("a short word below a checked topic is a topic")
}
