use super::*;
use crate::fleet::own::{Command, Order, Signed};
use crate::fleet::pipeline::StepCommand;
use crate::model::Topic;
use std::collections::BTreeSet;

mod attacks;
mod blocks;
mod covering;
mod keys;
mod list;

/// Counts by itself, as a file would.
struct Counting(u64);

impl Sequence for Counting {
    fn next(&mut self, _: SystemTime) -> u64 {
        self.0 += 1;
        self.0
    }
}

const NOW: u64 = 1_795_172_851;

fn at(seconds: u64) -> SystemTime {
    moment(seconds)
}

fn topic() -> Topic {
    Topic::new("10.0.0.7/executors/executor0/commands").unwrap()
}

fn signer(key: SigningKey) -> Signer {
    Signer::new(key, Box::new(Counting(41)), Duration::from_secs(60))
}

fn trusting(key: &PublicKey, options: &str) -> Trust {
    Trust::parse(&format!("alice {key} {options}\n")).unwrap()
}

fn clock(now: u64) -> VerifierClock {
    VerifierClock {
        now: at(now),
        synchronised: true,
        newest_issued: None,
    }
}

fn run(text: &str) -> Order {
    Order::Run(Command {
        id: "r1".into(),
        client_id: "10.0.0.7".into(),
        command: StepCommand::Text(text.into()),
        time_limit: Some(Duration::from_millis(2500)),
        expires: None,
    })
}

/// What an executor makes of a payload.
fn judged(payload: &[u8], trust: &Trust, clock: VerifierClock) -> Result<Verified, Refused> {
    let Signed { order, signature } = Order::decode_signed(payload).unwrap();
    let revoked = BTreeSet::new();
    verify(
        payload,
        &order,
        signature.as_ref(),
        &topic(),
        trust,
        &revoked,
        clock,
    )
}

/// A payload that its signer would not make: everything is as it is told.
fn sealed(key: &SigningKey, order: &Order, terms: (u64, u64, u64)) -> Vec<u8> {
    let (sequence, issued, expires) = terms;
    let id = key.public().id();
    let commands = &topic();
    let mut order = order.clone();
    if let Order::Run(command) = &mut order {
        command.expires = Some(at(expires));
    }
    let terms = covered::Terms {
        commands,
        key: &id,
        sequence,
        issued,
        expires,
    };
    let value = key.sign(&covered::covered(&order, &terms));
    let signature = Signature {
        key: id,
        sequence,
        issued: at(issued),
        value,
    };
    order.encode_signed(expires, &signature)
}
