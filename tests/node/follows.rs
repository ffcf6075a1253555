//! Whatever was said before, in whatever order: a LED agrees with its source as soon as that one speaks, or is gone.

use crate::lab::topic;
use mqtt_thing::board::sim::{Pins, SimGrovePi, Timing};
use mqtt_thing::board::{Board, Port};
use mqtt_thing::model::{Message, Moment, Now, ValueKind};
use mqtt_thing::resources::{Spec, kind};
use mqtt_thing::thing::{Input, Source, Thing};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

const STATUS: &str = "a/status";
const AVAILABILITY: &str = "a/sensors/b/availability";
const VALUE: &str = "a/sensors/b";

/// A topic, a payload, and whether it is delivered as a kept one.
type Said = (&'static str, String, bool);

fn said(topic: &'static str, payload: &str, kept: bool) -> Said {
    (topic, payload.to_owned(), kept)
}

/// A LED in memory.
struct Lamp {
    thing: Thing,
    pins: Pins,
    ms: u64,
}

impl Lamp {
    fn new() -> Self {
        let sim = SimGrovePi::new(Timing::None);
        let pins = sim.pins();
        let board: Box<dyn Board> = Box::new(sim.board());
        let source = Source {
            topic: topic(VALUE),
            value: ValueKind::Bool,
            presence: vec![topic(STATUS), topic(AVAILABILITY)],
            stale_after: None,
        };
        let led = Spec {
            sources: vec![source],
            ..Spec::new(
                topic("me"),
                "led0".to_owned(),
                kind("led").unwrap(),
                Some(Port::D4),
            )
        };
        let mut thing = Thing::new(topic("me"), Some(board));
        thing.add(led.kind.class, &led.name, (led.kind.build)(&led));
        let mut lamp = Self { thing, pins, ms: 0 };
        lamp.thing.start(lamp.now());
        lamp
    }

    fn now(&self) -> Now {
        Now::new(
            Moment::after(Duration::from_millis(self.ms)),
            SystemTime::UNIX_EPOCH,
        )
    }

    fn hear(&mut self, all: &[Said]) -> bool {
        for (at, payload, kept) in all {
            self.ms += 1;
            let message = Message {
                retain: *kept,
                ..Message::event(topic(at), payload.as_str())
            };
            self.thing.handle(&Input::Message(message), self.now());
        }
        self.pins.output(Port::D4).is_on()
    }
}

fn anything() -> impl Strategy<Value = Vec<Said>> {
    let topics = prop::sample::select(vec![STATUS, AVAILABILITY, VALUE]);
    let words = prop::sample::select(vec!["online", "offline", "True", "False", "", "nonsense"]);
    let one = (topics, words, any::<bool>()).prop_map(|(at, word, kept)| said(at, word, kept));
    prop::collection::vec(one, 0..12)
}

fn word(on: bool) -> &'static str {
    if on { "True" } else { "False" }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_source_that_connects_is_followed_whatever_was_before(before in anything(), on: bool) {
        let mut lamp = Lamp::new();
        lamp.hear(&before);
        // as a thing says it at its connect
        let connects = [said(STATUS, "online", false), said(VALUE, word(on), false), said(AVAILABILITY, "online", false)];
        prop_assert_eq!(lamp.hear(&connects), on);
        prop_assert_eq!(lamp.hear(&[said(VALUE, word(!on), false)]), !on);
    }

    #[test]
    fn what_the_broker_keeps_of_a_source_that_is_there_is_followed_in_any_order(
        before in anything(),
        on: bool,
        order in Just(vec![0, 1, 2]).prop_shuffle(),
    ) {
        let mut lamp = Lamp::new();
        lamp.hear(&before);
        let kept = [said(STATUS, "online", true), said(VALUE, word(on), true), said(AVAILABILITY, "online", true)];
        let kept: Vec<Said> = order.into_iter().map(|index: usize| kept[index].clone()).collect();
        prop_assert_eq!(lamp.hear(&kept), on);
    }

    #[test]
    fn what_the_broker_keeps_of_a_source_that_is_gone_leaves_the_led_at_rest_in_any_order(
        before in anything(),
        gone in prop::sample::select(vec![STATUS, AVAILABILITY]),
        order in Just(vec![0, 1, 2]).prop_shuffle(),
    ) {
        let mut lamp = Lamp::new();
        lamp.hear(&before);
        let is = |at| if at == gone { "offline" } else { "online" };
        let kept = [said(STATUS, is(STATUS), true), said(VALUE, "True", true), said(AVAILABILITY, is(AVAILABILITY), true)];
        let kept: Vec<Said> = order.into_iter().map(|index: usize| kept[index].clone()).collect();
        prop_assert!(!lamp.hear(&kept));
        // what it said before it went does not count when it comes back, until it speaks
        prop_assert!(!lamp.hear(&[said(gone, "online", false)]));
        prop_assert!(lamp.hear(&[said(VALUE, "True", false)]));
    }

    #[test]
    fn nonsense_never_changes_the_output(before in anything(), nonsense in prop::collection::vec("[^a-zA-Z01 \t\r\n{][^{]{0,6}", 1..20)) {
        let mut lamp = Lamp::new();
        let on = lamp.hear(&before);
        for text in nonsense {
            for at in [STATUS, AVAILABILITY, VALUE] {
                prop_assert_eq!(lamp.hear(&[said(at, &text, text.len() % 2 == 0)]), on, "{} on {}", text, at);
            }
        }
    }
}
