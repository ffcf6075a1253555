//! Whoever sends commands and wants to know what became of each: it repeats a command under its id until it is
//! answered, and needs nobody to remember anything.

use crate::bench::{COMMANDS, RESPONSES};
use mqtt_thing::model::{Message, QoS, Topic, TopicFilter};
use mqtt_thing::mqtt::{Options, Outbox, Session, SessionEvent};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;

/// What was heard: each answer as it came, by id.
#[derive(Default)]
struct Heard {
    answers: Mutex<BTreeMap<String, Vec<Vec<u8>>>>,
    news: Condvar,
}

pub struct Sender {
    _runtime: Runtime,
    session: Option<Session>,
    outbox: Outbox,
    heard: Arc<Heard>,
}

impl Sender {
    pub fn start(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let mut options = Options::new(
            url.parse::<mqtt_thing::mqtt::BrokerUrl>().unwrap(),
            "sender",
        );
        let responses = TopicFilter::new(RESPONSES).unwrap();
        options.subscriptions = vec![(responses, QoS::AtLeastOnce)];
        options.outbox_messages = 100_000;
        options.pace.longest_retry = Duration::from_millis(200);
        let heard = Arc::<Heard>::default();
        let its = Arc::clone(&heard);
        let _guard = runtime.enter();
        let session = Session::start(options, move |event| {
            if let SessionEvent::Message(message) = event {
                let answer: Json = serde_json::from_slice(&message.payload).unwrap();
                let id = answer["id"].as_str().unwrap().to_owned();
                its.answers
                    .lock()
                    .unwrap()
                    .entry(id)
                    .or_default()
                    .push(message.payload);
                its.news.notify_all();
            }
        })
        .unwrap();
        drop(_guard);
        Self {
            _runtime: runtime,
            outbox: session.outbox(),
            session: Some(session),
            heard,
        }
    }

    /// Says it once, at QoS 1: the session repeats it when the broker is lost before it has acknowledged it.
    pub fn say(&self, payload: &str) {
        let message = Message {
            topic: Topic::new(COMMANDS).unwrap(),
            payload: payload.into(),
            qos: QoS::AtLeastOnce,
            retain: false,
        };
        self.outbox.publish(message).unwrap();
    }

    /// Waits until more ids are answered than `known`; how many are, also when that takes too long.
    pub fn more_than(&self, known: usize, patience: Duration) -> usize {
        let answers = self.heard.answers.lock().unwrap();
        let waited = self
            .heard
            .news
            .wait_timeout_while(answers, patience, |answers| answers.len() <= known);
        waited.unwrap().0.len()
    }

    pub fn is_answered(&self, id: &str) -> bool {
        self.heard.answers.lock().unwrap().contains_key(id)
    }

    pub fn answers(&self) -> BTreeMap<String, Vec<Vec<u8>>> {
        self.heard.answers.lock().unwrap().clone()
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // it needs its runtime to end
        let _guard = self._runtime.enter();
        drop(self.session.take());
    }
}
