//! Messages over a connection that stands: what they take of the wire, of the time and of both processors.

use crate::client::Client;
use crate::entrance::Entrance;
use crate::process::usage;
use crate::relay::Relay;
use mqtt_thing::model::Topic;
use std::time::{Duration, Instant};

/// What is sent: a sensor's value or a command's answer, at QoS 1.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub name: &'static str,
    pub topic: &'static str,
    pub bytes: usize,
}

pub const LOADS: [Load; 2] = [
    Load {
        name: "5 bytes",
        topic: "10.0.0.1/sensors/rotary0",
        bytes: 5,
    },
    Load {
        name: "64 KiB",
        topic: "10.0.0.1/executors/executor0/responses",
        bytes: 64 << 10,
    },
];

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Each after the PUBACK of the one before.
    Sequence,
    Bulk,
}

/// Of each message.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub per_s: f64,
    pub ours_us: f64,
    pub broker_us: f64,
}

pub fn cost(entrance: &Entrance, broker: u32, load: Load, order: Order, count: usize) -> Cost {
    let client = Client::connected(entrance.endpoint());
    // warms up, and lets what follows a handshake pass
    send(&client, load, order, 10);
    let read = || (client.cpu(), usage(broker).cpu);
    let (ours, theirs) = read();
    let took = send(&client, load, order, count);
    let after = read();
    client.close();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    Cost {
        per_s: count as f64 / took.as_secs_f64(),
        ours_us: each(after.0 - ours),
        broker_us: each(after.1 - theirs),
    }
}

/// Bytes of each message on the wire, both ways together.
pub fn wire(entrance: &Entrance, load: Load, order: Order, count: usize) -> f64 {
    let relay = Relay::to(entrance.port, Duration::ZERO);
    let client = Client::connected(entrance.through(relay.port()).endpoint());
    send(&client, load, order, 10);
    let before = relay.meter().read();
    send(&client, load, order, count);
    let passed = relay.meter().read() - before;
    client.close();
    (passed.up + passed.down) as f64 / count as f64
}

fn send(client: &Client, load: Load, order: Order, count: usize) -> Duration {
    let topic = Topic::new(load.topic).unwrap();
    let payload = vec![b'7'; load.bytes];
    let last = count as u64 - 1;
    let began = Instant::now();
    for number in 0..=last {
        client.promise(&topic, &payload, number);
        if order == Order::Sequence {
            client.delivered(number);
        }
    }
    if order == Order::Bulk {
        client.delivered(last);
    }
    began.elapsed()
}
