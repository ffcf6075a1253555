//! Things on simulated boards in this process, each on a thread with a runtime of its own, as a process has.

use crate::support::{LIMIT, Observer, until};
use mqtt_thing::board::sim::{Pins, SimGrovePi, Timing};
use mqtt_thing::board::{Board, Port};
use mqtt_thing::model::Topic;
use mqtt_thing::mqtt::Options;
use mqtt_thing::runtime::{Node, NodeOptions};
use mqtt_thing::topology::{self, Address};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};

pub(crate) const INNER: &str = "10.0.0.1";
pub(crate) const OUTER: &str = "10.0.0.2";

/// `inner` has a button and a knob, `outer` has LEDs that follow them.
pub(crate) const LAB: &str = r#"
[broker]
url = "mqtt://127.0.0.1"

[things.inner]
address = "10.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
rotary0 = { kind = "rotary", port = "A0" }
clock0 = { kind = "clock" }

[things.outer]
address = "10.0.0.2"
[things.outer.resources]
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
led1 = { kind = "led", port = "D5", follows = "inner/rotary0" }
"#;

#[derive(Debug)]
enum Order {
    SayHealth,
    Stop,
    Leave,
}

/// A thing that runs. Dropped without a word it is cut off, as by `kill -9`.
pub(crate) struct Running {
    pub(crate) pins: Pins,
    id: Topic,
    orders: Option<Sender<Order>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// The thing `name` of a topology, at a broker of our own choice.
    pub(crate) fn start(text: &str, name: &str, broker: &str) -> Self {
        let topology = topology::parse(text).unwrap();
        let plan = topology.things.iter().find(|plan| plan.name == name);
        let plan = plan.unwrap();
        let Address::Fixed(id) = plan.address.clone() else {
            panic!("the things of these tests have fixed addresses");
        };
        let sim = SimGrovePi::new(Timing::Bus);
        let pins = sim.pins();
        let board: Box<dyn Board> = Box::new(sim.board());
        let mut session = Options::new(
            broker.parse::<mqtt_thing::mqtt::BrokerUrl>().unwrap(),
            id.as_str(),
        );
        session.keep_alive = topology.broker.keep_alive;
        let options = NodeOptions {
            name: name.to_owned(),
            id: id.clone(),
            specs: plan.specs(&id),
            board: Some(board),
            session,
            formers: Vec::new(),
            state: None,
            runner: None,
            home: plan.announcing(&id),
        };
        let (orders, told) = channel(8);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(serve(options, told));
        });
        Self {
            pins,
            id,
            orders: Some(orders),
            thread: Some(thread),
        }
    }

    fn order(&self, order: Order) {
        let orders = self.orders.as_ref().unwrap();
        let taken = orders.try_send(order);
        assert!(taken.is_ok(), "the thing has ended, or hangs: {taken:?}");
    }

    /// Waits for its end; `false` if it panicked, or does not come to an end.
    fn ended(&mut self) -> bool {
        let Some(thread) = self.thread.take() else {
            return true;
        };
        until(|| thread.is_finished().then_some(())).is_some() && thread.join().is_ok()
    }

    /// A clean close.
    pub(crate) fn stop(mut self) {
        self.order(Order::Stop);
        assert!(
            self.ended(),
            "the thing did not stop within {LIMIT:?}, or it panicked"
        );
    }

    /// A clean close that also clears what the broker keeps of it.
    pub(crate) fn leave(mut self) {
        self.order(Order::Leave);
        assert!(
            self.ended(),
            "the thing did not leave within {LIMIT:?}, or it panicked"
        );
    }

    /// Its `health` as of now, as the observer sees it.
    pub(crate) fn health(&self, observer: &Observer) -> serde_json::Value {
        let topic = format!("{}/health", self.id);
        let before = observer.texts(&topic).len();
        self.order(Order::SayHealth);
        let mut count = 0;
        let seen = observer.wait_where("its health", |seen| {
            count += usize::from(seen.topic == topic);
            count > before && seen.topic == topic
        });
        serde_json::from_slice(&seen.payload).unwrap()
    }

    pub(crate) fn press(&self, pressed: bool) {
        self.pins.set_digital(Port::D3, pressed);
    }

    pub(crate) fn turn(&self, counts: u16) {
        self.pins.set_analog(Port::A0.analog().unwrap(), counts);
    }

    /// Waits until a LED is lit or dark.
    pub(crate) fn wait_led(&self, port: Port, lit: bool) {
        let seen = self
            .pins
            .wait_output(port, LIMIT, |output| output.is_on() == lit);
        let wanted = if lit { "lit" } else { "dark" };
        assert!(seen.is_ok(), "the LED on {port} did not become {wanted}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.orders = None;
        // a test that fails already is not to hang instead, nor to panic twice
        if !self.ended() && !std::thread::panicking() {
            panic!(
                "the thing {} did not end within {LIMIT:?}, or it panicked",
                self.id
            );
        }
    }
}

async fn serve(options: NodeOptions, mut told: Receiver<Order>) {
    let node = Node::start(options).await.unwrap();
    let patience = Duration::from_secs(5);
    loop {
        match told.recv().await {
            Some(Order::SayHealth) => node.say_health(),
            Some(Order::Stop) => return node.stop(patience).await,
            Some(Order::Leave) => {
                assert_eq!(node.leave(patience).await, [], "all is cleared");
                return;
            }
            None => return,
        }
    }
}

pub(crate) fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}
