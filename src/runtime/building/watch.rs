//! A watch over a building, and a question to it: what arrives is handed over, what an alarm wants is done.

use crate::building::{AlarmEffect, AlarmWatch};
use crate::model::{Message, QoS, TopicFilter};
use crate::mqtt::Options;
use crate::runtime::Clock;
use crate::runtime::client::{Arrival, Client, ClientError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long a clean close may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// How a building is watched.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// How to reach the broker.
    pub session: Options,
    /// How long it is waited for.
    pub patience: Duration,
    /// What is listened to.
    pub filters: Vec<TopicFilter>,
}

/// What a watch shows.
#[derive(Debug)]
pub enum Seen<'a> {
    /// A message that arrived.
    Message(&'a Message),
    /// What an alarm tells.
    Alarm(&'a AlarmEffect),
    /// The connection is gone, or something was lost, and why.
    Trouble(&'a str),
    /// The connection is back.
    Back,
}

/// Watches until `stop`, or until `show` has seen enough and returns false. Without an `alarm` messages are only shown.
///
/// # Errors
/// The broker is not reached at the start, or an alarm can never be sent.
pub async fn watch(
    options: WatchOptions,
    mut alarm: Option<AlarmWatch>,
    stop: impl Future<Output = ()>,
    mut show: impl FnMut(Seen<'_>) -> bool,
) -> Result<(), ClientError> {
    let clock = Clock::default();
    let filters = options.filters.into_iter();
    let filters = filters.map(|filter| (filter, QoS::AtLeastOnce));
    let mut client = Client::connect(options.session, filters, options.patience).await?;
    tokio::pin!(stop);
    let mut goes_on = true;
    while goes_on {
        let wake = alarm.as_ref().and_then(AlarmWatch::next_wake);
        let wake = wake.map(|at| Instant::from_std(clock.instant(at)));
        let mut effects = Vec::new();
        tokio::select! {
            () = &mut stop => break,
            arrived = client.arrived() => for arrival in arrived {
                match arrival {
                    // who has seen enough hears no more
                    _ if !goes_on => {}
                    Arrival::Message(message) => {
                        goes_on &= show(Seen::Message(&message));
                        let heard = alarm.as_mut().map(|alarm| alarm.hear(&message, clock.now()));
                        effects.extend(heard.into_iter().flatten());
                    }
                    Arrival::Connected => {
                        goes_on &= show(Seen::Back);
                        // a broker without memory forgot what stood there
                        let standing = alarm.iter().flat_map(AlarmWatch::standing);
                        effects.extend(standing.map(AlarmEffect::Publish));
                    }
                    Arrival::Disconnected(text) | Arrival::Trouble(text) => {
                        goes_on &= show(Seen::Trouble(&text));
                    }
                    Arrival::CannotConnect { reason, .. } => {
                        goes_on &= show(Seen::Trouble(&reason));
                    }
                }
            },
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                let woken = alarm.as_mut().map(|alarm| alarm.wake(clock.now()));
                effects.extend(woken.into_iter().flatten());
            }
        }
        for effect in effects {
            goes_on = goes_on && show(Seen::Alarm(&effect));
            if let AlarmEffect::Publish(message) = effect {
                client.say(message).await?;
            }
        }
    }
    client.close(CLOSE_WITHIN).await;
    Ok(())
}
