//! A simulated building that speaks.

use crate::building::{Encoding, Said, Shape, Simulation};
use crate::model::{Message, QoS};
use crate::mqtt::Options;
use crate::runtime::Clock;
use crate::runtime::client::{Arrival, Client, ClientError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long a clean close may take: what was said last is to be acknowledged.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// So many speak before it is looked whether anything else happened.
const TURN: u64 = 64;

/// What is simulated, and how it is said.
#[derive(Debug, Clone)]
pub struct SimulateOptions {
    /// How to reach the broker.
    pub session: Options,
    /// How long it is waited for.
    pub patience: Duration,
    /// The building.
    pub shape: Shape,
    /// The same seed says the same.
    pub seed: u64,
    /// JSON or CBOR.
    pub encoding: Encoding,
    /// Quality of service.
    pub qos: QoS,
    /// Whether the broker keeps the last word of each sensor.
    pub retain: bool,
    /// After so many readings it ends.
    pub count: Option<u64>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Readings that were said.
    pub said: u64,
    /// Their bytes, without topics.
    pub bytes: u64,
    /// How often the connection was lost.
    pub lost: u64,
    /// Whether the broker has everything.
    pub all_delivered: bool,
}

/// Speaks until `stop` or as long as the options say; each reading is also `told`. While the broker is away nothing is
/// said: time stands still in the building.
///
/// # Errors
/// The broker is not reached at the start, or a message can never be sent.
pub async fn simulate(
    options: SimulateOptions,
    stop: impl Future<Output = ()>,
    mut told: impl FnMut(&Said, &Tally),
) -> Result<Tally, ClientError> {
    let clock = Clock::default();
    tokio::pin!(stop);
    let connect = Client::connect(options.session.clone(), [], options.patience);
    let mut client = tokio::select! {
        client = connect => client?,
        () = &mut stop => return Ok(Tally::default()),
    };
    let mut tally = Tally::default();
    let spoken = speak(&mut client, &options, &clock, &mut tally, &mut told);
    // also while something waits for room that a broker who is away does not make
    tokio::select! {
        () = &mut stop => {}
        ended = spoken => ended?,
    }
    let closed = client.close(CLOSE_WITHIN).await;
    tally.all_delivered = closed.clean;
    Ok(tally)
}

/// Speaks as long as the options say.
async fn speak(
    client: &mut Client,
    options: &SimulateOptions,
    clock: &Clock,
    tally: &mut Tally,
    told: &mut impl FnMut(&Said, &Tally),
) -> Result<(), ClientError> {
    let message = |said: &Said| Message {
        topic: said.place.topic(),
        payload: said.reading.encode(options.encoding),
        qos: options.qos,
        retain: options.retain,
    };
    let shape = options.shape.clone();
    let mut simulation = Simulation::new(shape, options.seed, clock.now().moment);
    let mut connected = true;
    while options.count.is_none_or(|count| tally.said < count) {
        let next = simulation.next_wake().map(|at| clock.instant(at));
        let next = Instant::from_std(next.unwrap_or_else(std::time::Instant::now));
        tokio::select! {
            arrived = client.arrived() => for arrival in arrived {
                match arrival {
                    Arrival::Connected => {
                        if !std::mem::replace(&mut connected, true) {
                            tracing::warn!("connected again; the building goes on");
                        }
                        // a broker without memory forgot them
                        for said in simulation.last_words().filter(|_| options.retain) {
                            client.say(message(&said)).await?;
                        }
                    }
                    Arrival::Disconnected(reason) => {
                        tracing::warn!("the connection is gone: {reason}; it is tried again");
                        connected = false;
                        tally.lost += 1;
                    }
                    _ => {}
                }
            },
            () = sleep_until(next), if connected => {
                let now = clock.now();
                let left = options.count.map_or(TURN, |count| TURN.min(count - tally.said));
                for _ in 0..left {
                    let Some(said) = simulation.speak(now) else {
                        break;
                    };
                    let message = message(&said);
                    let bytes = message.payload.len() as u64;
                    // what is counted and told is on its way
                    client.say(message).await?;
                    tally.said += 1;
                    tally.bytes += bytes;
                    told(&said, tally);
                }
            }
        }
    }
    Ok(())
}
