//! A thing, its simulated board, and the time that a test moves.

use mqtt_thing::board::sim::{Pins, SimGrovePi, Timing};
use mqtt_thing::board::{Board, Port};
use mqtt_thing::model::{Message, Moment, Now, Topic, ValueKind};
use mqtt_thing::resources::{Spec, kind};
use mqtt_thing::thing::{Effect, Input, Source, Thing};
use std::time::{Duration, SystemTime};

const ID: &str = "10.0.0.7";

pub(crate) fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

pub(crate) fn spec(name: &str, kind_name: &str, port: Option<Port>) -> Spec {
    Spec::new(topic(ID), name.to_owned(), kind(kind_name).unwrap(), port)
}

pub(crate) fn led(port: Port, value: ValueKind) -> Spec {
    let source = Source {
        topic: topic("inner/sensors/source0"),
        value,
        presence: vec![topic("inner/status")],
        stale_after: None,
    };
    Spec {
        sources: vec![source],
        ..spec("led0", "led", Some(port))
    }
}

/// A thing, its board, and the time that the test moves.
pub(crate) struct Bench {
    pub(crate) thing: Thing,
    pub(crate) pins: Pins,
    pub(crate) now: Moment,
    /// What was published, as `topic payload`, with `*` for retained.
    pub(crate) said: Vec<String>,
    pub(crate) effects: Vec<Effect>,
}

impl Bench {
    pub(crate) fn new(specs: &[Spec]) -> Self {
        Self::on(specs, |board| board)
    }

    /// On a board that something stands in front of.
    pub(crate) fn on(specs: &[Spec], front: impl FnOnce(Box<dyn Board>) -> Box<dyn Board>) -> Self {
        let sim = SimGrovePi::new(Timing::None);
        let pins = sim.pins();
        let board = front(Box::new(sim.board()));
        let mut thing = Thing::new(topic(ID), Some(board));
        for spec in specs {
            thing.add(spec.kind.class, &spec.name, (spec.kind.build)(spec));
        }
        Self {
            thing,
            pins,
            now: Moment::ZERO,
            said: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub(crate) fn started(specs: &[Spec]) -> Self {
        let mut bench = Self::new(specs);
        bench.start();
        bench.said.clear();
        bench
    }

    pub(crate) fn now(&self) -> Now {
        Now::new(
            self.now,
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000),
        )
    }

    pub(crate) fn start(&mut self) {
        let effects = self.thing.start(self.now());
        self.note(effects);
    }

    pub(crate) fn note(&mut self, effects: Vec<Effect>) {
        for effect in &effects {
            if let Effect::Publish(message) = effect {
                let kept = if message.retain { "*" } else { "" };
                let payload = String::from_utf8(message.payload.clone()).unwrap();
                self.said.push(format!("{kept}{} {payload}", message.topic));
            }
        }
        self.effects.extend(effects);
    }

    pub(crate) fn input(&mut self, input: &Input) {
        let effects = self.thing.handle(input, self.now());
        self.note(effects);
    }

    pub(crate) fn hear(&mut self, at: &str, payload: &[u8], retain: bool) {
        let message = Message {
            retain,
            ..Message::event(topic(at), payload)
        };
        self.input(&Input::Message(message));
    }

    /// Lets time pass, waking the thing whenever it wants to be.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        while let Some(wake) = self.thing.next_wake().filter(|wake| *wake <= end) {
            self.until(wake.max(self.now));
            self.input(&Input::Wake);
        }
        self.until(end);
    }

    fn until(&mut self, moment: Moment) {
        self.pins.let_pass(moment.since(self.now));
        self.now = moment;
    }

    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }
}
