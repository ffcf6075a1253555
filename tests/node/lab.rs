//! Two things on simulated boards: `inner` has a button and a knob, `outer` has LEDs that follow them.

use crate::support::LIMIT;
use mqtt_thing::board::sim::{Pins, SimGrovePi, Timing};
use mqtt_thing::board::{Board, Port};
use mqtt_thing::model::{Topic, ValueKind};
use mqtt_thing::mqtt::Options;
use mqtt_thing::resources::{Spec, kind};
use mqtt_thing::runtime::{Node, NodeOptions};
use mqtt_thing::thing::Source;
use std::time::Duration;

pub(crate) const INNER: &str = "10.0.0.1";
pub(crate) const OUTER: &str = "10.0.0.2";

pub(crate) fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

fn spec(id: &str, name: &str, kind_name: &str, port: Option<Port>) -> Spec {
    Spec::new(topic(id), name.to_owned(), kind(kind_name).unwrap(), port)
}

fn source(name: &str, value: ValueKind) -> Source {
    let sensor = format!("{INNER}/sensors/{name}");
    let presence = vec![
        topic(&format!("{INNER}/status")),
        topic(&format!("{sensor}/availability")),
    ];
    Source {
        topic: topic(&sensor),
        value,
        presence,
        stale_after: None,
    }
}

pub(crate) fn inner() -> Vec<Spec> {
    vec![
        spec(INNER, "button0", "button", Some(Port::D3)),
        spec(INNER, "rotary0", "rotary", Some(Port::A0)),
        spec(INNER, "clock0", "clock", None),
    ]
}

pub(crate) fn outer() -> Vec<Spec> {
    let follows = |led: Spec, source: Source| Spec {
        sources: vec![source],
        ..led
    };
    vec![
        follows(
            spec(OUTER, "led0", "led", Some(Port::D4)),
            source("button0", ValueKind::Bool),
        ),
        follows(
            spec(OUTER, "led1", "led", Some(Port::D5)),
            source("rotary0", ValueKind::Integer { min: 0, max: 1023 }),
        ),
    ]
}

/// A node on a simulated board, on a thread of its own with a runtime of its own, as a process has.
pub(crate) struct Running {
    pub(crate) pins: Pins,
    stop: Option<tokio::sync::oneshot::Sender<Duration>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(name: &str, id: &str, specs: Vec<Spec>, broker: &str) -> Self {
        let sim = SimGrovePi::new(Timing::Bus);
        let pins = sim.pins();
        let board: Box<dyn Board> = Box::new(sim.board());
        let session = Options::new(broker.parse().unwrap(), id);
        let options = NodeOptions {
            name: name.to_owned(),
            id: topic(id),
            specs,
            board: Some(board),
            session,
        };
        let (stop, told) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let node = Node::start(options).await.unwrap();
                if let Ok(patience) = told.await {
                    node.stop(patience).await;
                }
            });
        });
        Self {
            pins,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// A clean close.
    pub(crate) fn stop(mut self) {
        self.stop
            .take()
            .unwrap()
            .send(Duration::from_secs(5))
            .unwrap();
        self.thread.take().unwrap().join().unwrap();
    }

    /// Waits until a LED is lit or dark.
    pub(crate) fn wait_led(&self, port: Port, lit: bool) {
        assert!(
            self.pins
                .wait_output(port, LIMIT, |output| output.is_on() == lit)
                .is_ok(),
            "the LED on {port} did not become {}",
            if lit { "lit" } else { "dark" }
        );
    }
}
