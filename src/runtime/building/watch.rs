//! A watch over a building, and a question to it: what arrives is handed over, what an alarm wants is done.

use super::Refusals;
use crate::building::{
    AlarmEffect, AlarmLine, AlarmWatch, Siren, SirenEffect, SirenWord, Sirens, Watching,
};
use crate::model::{Message, Moment, Now, QoS, TopicFilter};
use crate::mqtt::Options;
use crate::runtime::Clock;
use crate::runtime::client::{Arrival, Client, ClientError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// How long a clean close may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// How a building is watched.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// How to reach the broker.
    pub session: Options,
    /// How long it is waited for.
    pub patience: Duration,
    /// What is listened to, beside what sirens say.
    pub filters: Vec<TopicFilter>,
}

/// What a watch shows.
#[derive(Debug)]
pub enum Seen<'a> {
    /// The broker hears us and has our subscriptions.
    Connected,
    /// A message that arrived.
    Message(&'a Message),
    /// What an alarm tells.
    Alarm(&'a AlarmLine),
    /// What became of an actuator.
    Siren(&'a Siren, SirenWord),
    /// The connection is gone, or something was lost or not understood, and why.
    Trouble(&'a str),
    /// The connection is back.
    Back,
}

/// Who gives alarm, and what is on then.
pub struct Guard {
    alarm: AlarmWatch,
    sirens: Sirens,
    /// Readings that nobody understands are told within reason.
    refused: Refusals,
}

impl Guard {
    /// One that has heard nothing yet. The rules' sirens are places in that list.
    #[must_use]
    pub fn new(set: Watching, sirens: impl IntoIterator<Item = Siren>) -> Self {
        Self {
            alarm: AlarmWatch::new(set),
            sirens: Sirens::new(sirens),
            refused: Refusals::default(),
        }
    }

    fn next_wake(&self) -> Option<Moment> {
        let wakes = [self.alarm.next_wake(), self.sirens.next_wake()];
        wakes.into_iter().flatten().min()
    }
}

/// What is shown, and whether more is wanted.
struct Shown<F> {
    show: F,
    goes_on: bool,
    /// Whose connection it is.
    broker: String,
}

impl<F: FnMut(Seen<'_>) -> bool> Shown<F> {
    /// Who has seen enough sees no more.
    fn see(&mut self, sight: Seen<'_>) {
        self.goes_on = self.goes_on && (self.show)(sight);
    }
}

/// Watches until `stop`, or until `show` has seen enough and returns false. Without a `guard` messages are only shown.
/// At the end what is on for an alarm's sake is put off; alarms stay on their topics for whoever watches next.
///
/// # Errors
/// The broker is not reached at the start, or an alarm can never be sent.
pub async fn watch(
    options: WatchOptions,
    mut guard: Option<Guard>,
    stop: impl Future<Output = ()>,
    show: impl FnMut(Seen<'_>) -> bool,
) -> Result<(), ClientError> {
    let clock = Clock::default();
    let mut filters = options.filters;
    filters.extend(guard.iter().flat_map(|guard| guard.sirens.filters()));
    filters.sort();
    filters.dedup();
    let filters = filters.into_iter();
    let filters = filters.map(|filter| (filter, QoS::AtLeastOnce));
    let broker = options.session.broker.url.to_string();
    tokio::pin!(stop);
    let connect = Client::connect(options.session, filters, options.patience);
    let mut client = tokio::select! {
        client = connect => client?,
        () = &mut stop => return Ok(()),
    };
    let mut shown = Shown {
        show,
        goes_on: true,
        broker,
    };
    shown.see(Seen::Connected);
    let attended = attend(&mut client, guard.as_mut(), &mut shown, &clock);
    // also while something waits for room that a broker who is away does not make
    tokio::select! {
        () = &mut stop => {}
        ended = attended => ended?,
    }
    let off = match &mut guard {
        Some(guard) => guard.leave(&client, &mut shown, &clock).await?,
        None => false,
    };
    let closed = client.close(CLOSE_WITHIN).await;
    if off && !closed.clean {
        let text = "the broker did not take our last word: what was on for an alarm may still be";
        shown.goes_on = true;
        shown.see(Seen::Trouble(text));
    }
    Ok(())
}

/// Watches until `shown` has seen enough.
async fn attend(
    client: &mut Client,
    mut guard: Option<&mut Guard>,
    shown: &mut Shown<impl FnMut(Seen<'_>) -> bool>,
    clock: &Clock,
) -> Result<(), ClientError> {
    if let Some(guard) = &mut guard {
        let effects = guard.sirens.connected(clock.now().moment);
        guard.drive(effects, client, shown).await?;
    }
    while shown.goes_on {
        let wake = guard.as_ref().and_then(|guard| guard.next_wake());
        let wake = wake.map(|at| Instant::from_std(clock.instant(at)));
        tokio::select! {
            arrived = client.arrived() => for arrival in arrived {
                see(&arrival, shown);
                if let Some(guard) = guard.as_mut().filter(|_| shown.goes_on) {
                    guard.arrived(&arrival, clock.now(), client, shown).await?;
                }
            },
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                if let Some(guard) = &mut guard {
                    guard.woken(clock.now(), client, shown).await?;
                }
            }
        }
    }
    Ok(())
}

fn see(arrival: &Arrival, shown: &mut Shown<impl FnMut(Seen<'_>) -> bool>) {
    match arrival {
        Arrival::Message(message) => shown.see(Seen::Message(message)),
        Arrival::Connected => shown.see(Seen::Back),
        Arrival::Trouble(text) => shown.see(Seen::Trouble(text)),
        Arrival::Disconnected(reason) => {
            let text = format!(
                "the connection to {} is gone: {reason}; it is tried again",
                shown.broker
            );
            shown.see(Seen::Trouble(&text));
        }
        Arrival::CannotConnect { reason, .. } => {
            let text = format!(
                "{} is not reached: {reason}; it is tried again",
                shown.broker
            );
            shown.see(Seen::Trouble(&text));
        }
    }
}

impl Guard {
    /// Puts off what is on, and says so; whether anything was.
    async fn leave(
        &mut self,
        client: &Client,
        shown: &mut Shown<impl FnMut(Seen<'_>) -> bool>,
        clock: &Clock,
    ) -> Result<bool, ClientError> {
        let effects = self.sirens.stop(clock.now().moment);
        let any = !effects.is_empty();
        // whoever has seen enough lines still is to know this
        shown.goes_on = true;
        match timeout(CLOSE_WITHIN, self.drive(effects, client, shown)).await {
            Ok(driven) => driven?,
            Err(_) => tracing::debug!("there is no room for the last words"),
        }
        Ok(any)
    }

    async fn arrived(
        &mut self,
        arrival: &Arrival,
        now: Now,
        client: &Client,
        shown: &mut Shown<impl FnMut(Seen<'_>) -> bool>,
    ) -> Result<(), ClientError> {
        match arrival {
            Arrival::Message(message) => {
                let sirens = self.sirens.hear(message, now.moment);
                self.drive(sirens, client, shown).await?;
                let alarm = self.alarm.hear(message, now);
                self.carry_out(alarm, now, client, shown).await
            }
            Arrival::Disconnected(_) => {
                self.alarm.deaf(now);
                Ok(())
            }
            Arrival::Connected => {
                self.alarm.hears_again(now);
                // a broker without memory forgot what stood there
                let standing = self.alarm.standing().into_iter();
                let standing = standing.map(AlarmEffect::Publish).collect();
                self.carry_out(standing, now, client, shown).await?;
                let sirens = self.sirens.connected(now.moment);
                self.drive(sirens, client, shown).await
            }
            _ => Ok(()),
        }
    }

    async fn woken(
        &mut self,
        now: Now,
        client: &Client,
        shown: &mut Shown<impl FnMut(Seen<'_>) -> bool>,
    ) -> Result<(), ClientError> {
        let alarm = self.alarm.wake(now);
        self.carry_out(alarm, now, client, shown).await?;
        let sirens = self.sirens.wake(now.moment);
        self.drive(sirens, client, shown).await
    }

    /// Does what an alarm wants.
    async fn carry_out(
        &mut self,
        effects: Vec<AlarmEffect>,
        now: Now,
        client: &Client,
        shown: &mut Shown<impl FnMut(Seen<'_>) -> bool>,
    ) -> Result<(), ClientError> {
        for effect in effects {
            match effect {
                AlarmEffect::Line(line) => shown.see(Seen::Alarm(&line)),
                AlarmEffect::Publish(message) => client.say(message).await?,
                AlarmEffect::Siren(place, on) => {
                    let sirens = self.sirens.want(place, on, now.moment);
                    self.drive(sirens, client, shown).await?;
                }
                AlarmEffect::Refused(topic, error) => {
                    let told = self.refused.told_at(&topic, &error, now.moment);
                    told.iter().for_each(|text| shown.see(Seen::Trouble(text)));
                }
                AlarmEffect::NoPlace(topic, error) => {
                    let told = self.refused.told_at(&topic, &error, now.moment);
                    told.iter().for_each(|text| shown.see(Seen::Trouble(text)));
                }
                AlarmEffect::Full(most) => {
                    let text =
                        format!("there are more than {most} sensors; the rest is not watched");
                    shown.see(Seen::Trouble(&text));
                }
            }
        }
        Ok(())
    }

    /// Does what a siren wants.
    async fn drive(
        &mut self,
        effects: Vec<SirenEffect>,
        client: &Client,
        shown: &mut Shown<impl FnMut(Seen<'_>) -> bool>,
    ) -> Result<(), ClientError> {
        for effect in effects {
            match effect {
                SirenEffect::Publish(message) => client.say(message).await?,
                SirenEffect::Tell(place, word) => {
                    if let Some(siren) = self.sirens.get(place) {
                        shown.see(Seen::Siren(siren, word));
                    }
                }
            }
        }
        Ok(())
    }
}
