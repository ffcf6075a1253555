//! A session in a runtime of its own, with everything it said.
#![allow(unreachable_pub)]

use crate::support::LIMIT;
use mqtt_thing::model::{Message, QoS, Topic, TopicFilter};
use mqtt_thing::mqtt::{BrokerUrl, Closed, Counters, Options, Outbox, Session, SessionEvent};
use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

pub fn state(name: &str, payload: &str) -> Message {
    Message::state(topic(name), payload)
}

pub fn event(name: &str, payload: &str) -> Message {
    Message::event(topic(name), payload)
}

pub fn promise(name: &str, payload: impl Into<Vec<u8>>) -> Message {
    Message {
        topic: topic(name),
        payload: payload.into(),
        qos: QoS::AtLeastOnce,
        retain: false,
    }
}

/// Options for a broker; keep-alive 2 s, so that tests need not wait for long.
pub fn options(url: &str, client_id: &str) -> Options {
    let mut options = Options::new(url.parse::<BrokerUrl>().unwrap(), client_id);
    options.keep_alive = Duration::from_secs(2);
    options
}

pub fn subscribing(mut options: Options, filters: &[&str]) -> Options {
    let wanted = |text: &&str| (TopicFilter::new(text).unwrap(), QoS::AtLeastOnce);
    options.subscriptions = filters.iter().map(wanted).collect();
    options
}

/// What the session's thread wrote to the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A running session. Its runtime has one thread, as in the product.
pub struct Client {
    pub outbox: Outbox,
    pub counters: Arc<Counters>,
    events: Receiver<SessionEvent>,
    log: Log,
    /// Ends the session: with a farewell and patience, or, when dropped, without a word.
    close: Option<tokio::sync::oneshot::Sender<(Vec<Message>, Duration)>>,
    closed: Receiver<Closed>,
}

impl Client {
    pub fn start(options: Options) -> Self {
        Self::start_with(options, |_, _| {})
    }

    /// Starts a session whose sink also does `more`, as the product's does at `Connected`.
    pub fn start_with(
        options: Options,
        mut more: impl FnMut(&SessionEvent, &Outbox) + Send + 'static,
    ) -> Self {
        let (sender, events) = channel();
        let (close, asked) = tokio::sync::oneshot::channel();
        let (say_closed, closed) = channel();
        let (give, take) = channel();
        let log = Log::default();
        let writer = log.clone();
        std::thread::spawn(move || {
            let collect = tracing_subscriber::fmt()
                .with_ansi(false)
                .with_writer(move || writer.clone());
            let _until_the_end = tracing::subscriber::set_default(collect.finish());
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let (give_outbox, outbox) = channel::<Outbox>();
                let mut own: Option<Outbox> = None;
                let sink = move |event: SessionEvent| {
                    let own = own.get_or_insert_with(|| outbox.recv().unwrap());
                    more(&event, own);
                    let _nobody_listens_at_the_end = Sender::send(&sender, event);
                };
                let session = Session::start(options, sink).unwrap();
                give_outbox.send(session.outbox()).unwrap();
                give.send((session.outbox(), session.counters())).unwrap();
                if let Ok((farewell, patience)) = asked.await {
                    say_closed
                        .send(session.close(farewell, patience).await)
                        .unwrap();
                }
            });
        });
        let (outbox, counters) = take.recv().unwrap();
        Self {
            outbox,
            counters,
            events,
            log,
            close: Some(close),
            closed,
        }
    }

    /// A session that is connected.
    pub fn connected(options: Options) -> Self {
        let client = Self::start(options);
        client.wait_connected();
        client
    }

    /// How many lines of the log hold `text`.
    pub fn logged(&self, text: &str) -> usize {
        let log = self.log.0.lock().unwrap();
        String::from_utf8_lossy(&log)
            .lines()
            .filter(|line| line.contains(text))
            .count()
    }

    pub fn publish(&self, message: Message) {
        self.outbox.publish(message).unwrap();
    }

    /// Waits for an event that `find` finds something in; others are passed over.
    pub fn wait<T>(&self, what: &str, mut find: impl FnMut(SessionEvent) -> Option<T>) -> T {
        let until = Instant::now() + LIMIT;
        loop {
            match self
                .events
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(event) => {
                    if let Some(found) = find(event) {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("waited {LIMIT:?} for {what}; {:?}", self.counters)
                }
                Err(RecvTimeoutError::Disconnected) => panic!("the session ended before {what}"),
            }
        }
    }

    pub fn wait_connected(&self) {
        self.wait("Connected", |event| {
            (event == SessionEvent::Connected).then_some(())
        });
    }

    pub fn wait_disconnected(&self) -> String {
        self.wait("Disconnected", |event| match event {
            SessionEvent::Disconnected { reason } => Some(reason),
            _ => None,
        })
    }

    pub fn wait_message(&self) -> Message {
        self.wait("a message", |event| match event {
            SessionEvent::Message(message) => Some(message),
            _ => None,
        })
    }

    /// Waits for the next message that is delivered for certain.
    pub fn wait_delivered(&self) -> u64 {
        self.wait("Delivered", |event| match event {
            SessionEvent::Delivered(receipt) => Some(receipt.0),
            _ => None,
        })
    }

    /// Nothing was said but that no attempt succeeded, and that nobody refused us.
    pub fn has_only_failed_to_connect(&self) {
        let failed = |event: &SessionEvent| {
            matches!(event, SessionEvent::NotConnected { refused: false, .. })
        };
        let events = self.so_far();
        assert!(
            !events.is_empty() && events.iter().all(failed),
            "{events:?}"
        );
    }

    /// Events that came so far.
    pub fn so_far(&self) -> Vec<SessionEvent> {
        self.events.try_iter().collect()
    }

    /// Closes the session; returns also how long that took.
    pub fn close(mut self, farewell: Vec<Message>, patience: Duration) -> (Closed, Duration) {
        let began = Instant::now();
        let asked = self.close.take().unwrap().send((farewell, patience));
        assert!(asked.is_ok());
        (self.closed.recv_timeout(LIMIT).unwrap(), began.elapsed())
    }
}
