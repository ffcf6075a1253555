//! A fleet of made-up clients, and time that is moved by hand.

mod barriers;
mod console;
mod hostile;
mod many;
mod old_peers;
mod own_topics;
mod resuming;
mod signed;
mod waiting;
mod way_back;

use super::*;
use crate::fleet::governor::Command as GovernorCommand;
use crate::fleet::own::{AboutExecutor, ExecutorTopics, Order, about_json};
use crate::fleet::{OnFailure, Pipeline, Step, StepCommand};
use std::time::{Duration, SystemTime};

/// A command that went out: to whom, what, under which id.
#[derive(Debug, Clone, PartialEq)]
struct Out {
    client: String,
    command: String,
    id: Option<String>,
}

struct Bench {
    operator: Operator,
    at: Duration,
    effects: Vec<Effect>,
    saved: Vec<String>,
}

fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_172_851)
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn step(command: &str) -> Step {
    Step {
        name: command.into(),
        command: StepCommand::Text(command.into()),
        time_limit: None,
        retries: 0,
    }
}

fn pipeline(steps: &[&str]) -> Pipeline {
    Pipeline {
        name: "p".into(),
        steps: steps.iter().map(|command| step(command)).collect(),
        finally: Vec::new(),
        on_failure: OnFailure::Continue,
        barrier: false,
        clients: crate::fleet::Choice::All,
    }
}

fn plan(pipelines: Vec<Pipeline>) -> OperatorPlan {
    OperatorPlan {
        pipelines,
        ..OperatorPlan::default()
    }
}

impl Bench {
    /// A connected operator.
    fn new(plan: OperatorPlan) -> Self {
        let now = Now::new(Moment::ZERO, start());
        Self::of(Operator::new(plan, "t", now), Duration::ZERO)
    }

    fn of(operator: Operator, at: Duration) -> Self {
        let mut bench = Self {
            operator,
            at,
            effects: Vec::new(),
            saved: Vec::new(),
        };
        bench.input(Input::Connected);
        bench
    }

    fn now(&self) -> Now {
        Now::new(Moment::after(self.at), start() + self.at)
    }

    fn input(&mut self, input: Input) {
        let now = self.now();
        for effect in self.operator.handle(input, now) {
            if let Effect::Save(line) = &effect {
                self.saved.push(line.clone());
            }
            self.effects.push(effect);
        }
    }

    /// Lets time pass, waking the operator when it wants to be.
    fn wait(&mut self, time: Duration) {
        let end = self.at + time;
        let mut wakes = 0;
        while let Some(wake) = self.operator.next_wake().map(Moment::since_origin) {
            if wake > end {
                break;
            }
            self.at = self.at.max(wake);
            self.input(Input::Wake);
            wakes += 1;
            assert!(wakes < 100_000, "it wakes without end");
        }
        self.at = end;
    }

    fn say(&mut self, topic: &str, payload: impl Into<Vec<u8>>) {
        let topic = Topic::new(topic).unwrap();
        self.input(Input::Message(Message::event(topic, payload)));
    }

    fn register(&mut self, id: &str) {
        self.say("clients/registration", id);
    }

    fn about(&mut self, thing: &str, governor: Option<&str>) {
        self.about_of(thing, governor, false);
    }

    fn about_of(&mut self, thing: &str, governor: Option<&str>, signed: bool) {
        let executor = AboutExecutor {
            name: "executor0".into(),
            topics: ExecutorTopics::of(&Topic::new(thing).unwrap(), "executor0").unwrap(),
            governor: governor.map(str::to_owned),
            signed,
        };
        let item = String::from_utf8(about_json(&executor)).unwrap();
        let topic = Topic::new(format!("{thing}/about")).unwrap();
        let payload = format!("{{\"executors\": [{item}]}}");
        self.input(Input::Message(Message::state(topic, payload)));
    }

    fn status(&mut self, thing: &str, word: &str) {
        let topic = Topic::new(format!("{thing}/status")).unwrap();
        self.input(Input::Message(Message::state(topic, word)));
    }

    /// An old peer answers in the normal form.
    fn old_answer(&mut self, client: &str, command: &str) {
        let feedback = crate::fleet::governor::Feedback {
            client_id: client.into(),
            command: command.into(),
            start_time: "1.0".into(),
            end_time: "2.0".into(),
            output: Some("out\n".into()),
            error: "None".into(),
        };
        let payload = feedback.encode(crate::fleet::governor::Form::Json);
        self.say("system_performance/responses", payload);
    }

    /// An old peer answers in the failed form.
    fn old_failure(&mut self, client: &str, command: &str) {
        let json = format!(
            r#"{{"client_id": "{client}", "command": "{command}", "start_time": "1.0", "end_time": "2.0", "error": "Failed to execute command: no"}}"#
        );
        self.say("system_performance/responses", json);
    }

    /// One of ours answers.
    fn answer(&mut self, thing: &str, id: &str, status: &str) {
        let json = format!(
            r#"{{"client_id": "{thing}", "command": "x", "start_time": "1.0", "end_time": "2.0", "output": "", "error": "None", "id": "{id}", "status": "{status}", "exit_code": 3}}"#
        );
        self.say(&format!("{thing}/executors/executor0/responses"), json);
    }

    fn progress(&mut self, thing: &str, id: &str, state: &str) {
        let json = format!(r#"{{"id": "{id}", "state": "{state}", "elapsed_s": 1}}"#);
        self.say(&format!("{thing}/executors/executor0/progress"), json);
    }

    /// The commands that went out since this was asked last; cancels are `cancel <id>`.
    fn sent(&mut self) -> Vec<Out> {
        let mut sent = Vec::new();
        self.effects.retain(|effect| {
            let Effect::Publish(message) = effect else {
                return true;
            };
            let topic = message.topic.as_str();
            if topic == "system_performance/commands" {
                assert_eq!((message.qos, message.retain), (QoS::AtMostOnce, false));
                let (command, _) = GovernorCommand::decode_any(&message.payload).unwrap();
                sent.push(Out {
                    client: command.client_id,
                    command: command.command,
                    id: None,
                });
            } else if topic.ends_with("/commands") {
                assert_eq!((message.qos, message.retain), (QoS::AtLeastOnce, false));
                sent.push(match Order::decode(&message.payload).unwrap() {
                    Order::Run(command) => Out {
                        client: command.client_id,
                        command: super::script::text(&command.command),
                        id: Some(command.id),
                    },
                    Order::Cancel { id, client_id } => Out {
                        client: client_id.unwrap(),
                        command: format!("cancel {id}"),
                        id: None,
                    },
                    Order::Revoke { .. } => panic!("an operator revokes nothing"),
                });
            } else {
                return true;
            }
            false
        });
        sent
    }

    /// The same in short: `client: command`.
    fn sent_short(&mut self) -> Vec<String> {
        let sent = self.sent().into_iter();
        sent.map(|out| format!("{}: {}", out.client, out.command))
            .collect()
    }

    /// The same, sorted: who of several goes first is nobody's business.
    fn sent_sorted(&mut self) -> Vec<String> {
        let mut sent = self.sent_short();
        sent.sort();
        sent
    }

    /// The id of the one command that went out.
    fn sent_id(&mut self) -> String {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent[0].id.clone().unwrap()
    }

    fn acknowledged(&mut self) -> Vec<Vec<u8>> {
        let mut payloads = Vec::new();
        self.effects.retain(|effect| match effect {
            Effect::Publish(message) if message.topic.as_str() == "clients/acknowledgment" => {
                payloads.push(message.payload.clone());
                false
            }
            _ => true,
        });
        payloads
    }

    fn events(&self) -> impl Iterator<Item = &OperatorEvent> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Event(event) => Some(event),
            _ => None,
        })
    }

    fn has(&self, is: impl Fn(&OperatorEvent) -> bool) -> bool {
        self.events().any(is)
    }

    fn count(&self, is: impl Fn(&OperatorEvent) -> bool) -> usize {
        self.events().filter(|event| is(event)).count()
    }

    fn summary(&self) -> Option<&Summary> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Finished(summary) => Some(&**summary),
            _ => None,
        })
    }

    /// The ends of a client's steps, in their order.
    fn ends(&self, client: &str) -> Vec<End> {
        let summary = self.summary().expect("it has finished");
        let client = summary.clients.iter().find(|c| &*c.client == client);
        let steps = &client.expect("it took part").steps;
        steps.iter().map(|(_, outcome)| outcome.end).collect()
    }

    fn whys(&self, client: &str) -> Vec<String> {
        let summary = self.summary().expect("it has finished");
        let failures = summary.failures().filter(|(c, _, _)| &*c.client == client);
        failures
            .map(|(_, _, outcome)| outcome.why.as_deref().unwrap_or_default().to_owned())
            .collect()
    }
}
