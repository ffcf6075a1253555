//! The task's side of an exchange: opens the way, carries packets, and opens it again. Decides nothing about MQTT.

use super::dialogue::Dialogue;
use super::flights::Flights;
use super::frames::{Frame, Frames};
use super::glimpse::{self, Direction, Glimpse, Sizes, Told};
use super::options::{ExchangeOptions, OptionsError};
use super::parcel::Parcel;
use super::wire::{Moved, Wire};
use super::{Breach, Event, ExchangeError};
use crate::model::{Moment, QoS};
use crate::mqtt::reconnect::{Ended, Failed, Reconnect};
use crate::mqtt::{BrokerUrl, Pace, opening};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// Who looks at packets.
pub type Watcher = Box<dyn FnMut(&Glimpse<'_>)>;

/// A client that a person drives.
pub struct Exchange {
    options: ExchangeOptions,
    dialogue: Dialogue,
    wire: Option<Wire>,
    watcher: Option<Watcher>,
    began: Instant,
    reconnect: Reconnect,
    /// The broker has let us in before.
    was_in: bool,
    /// Nothing is tried before.
    not_before: Instant,
    /// What was told last of why there is no connection.
    told: Option<String>,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exchange({})", self.options.broker)
    }
}

impl Exchange {
    /// Makes one; nothing happens before [`Exchange::step`]. `watcher` sees each packet.
    ///
    /// # Errors
    /// The options do not fit into a CONNECT or a SUBSCRIBE.
    pub fn new(options: ExchangeOptions, watcher: Option<Watcher>) -> Result<Self, OptionsError> {
        // a broker that remembers us may remember identifiers of ours, too; else they begin with 1, as in a book
        let last_id = match options.keeps_session {
            true => rand::random(),
            false => 0,
        };
        let flights = Flights::new(options.in_flight, last_id);
        let subscriptions = options.subscriptions.clone();
        let dialogue = Dialogue::new(
            options.greeting()?,
            subscriptions,
            options.patience,
            flights,
        );
        Ok(Self {
            dialogue,
            wire: None,
            watcher,
            began: Instant::now(),
            reconnect: Reconnect::new(Pace::default()),
            was_in: false,
            not_before: Instant::now(),
            told: None,
            options,
        })
    }

    fn now(&self) -> Moment {
        Moment::after(self.began.elapsed())
    }

    /// Whether a message of this kind is taken now.
    #[must_use]
    pub fn has_room(&self, qos: QoS) -> bool {
        let wire = self.wire.as_ref();
        wire.is_some_and(Wire::has_room)
            && !self.dialogue.has_unsent()
            && self.dialogue.has_room(qos)
    }

    /// Sends a message; there must be [room](Exchange::has_room).
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn publish(&mut self, parcel: &Parcel) -> Result<(), ExchangeError> {
        self.dialogue.publish(parcel);
        self.pump()
            .map_err(|breach| ExchangeError::Packet(breach.words()))
    }

    /// Asks the broker for a sign of life. It reads one packet after the other, so with its answer it has read all that
    /// went before, which at QoS 0 nothing else tells. [Busy](Exchange::is_busy) until then, or until the connection is
    /// lost. Does nothing without one.
    pub fn ask(&mut self) {
        let now = self.now();
        self.dialogue.ask(now);
    }

    /// Whether the broker has not finished with everything, or not all of it is on the wire.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.dialogue.open() > 0
            || self.dialogue.is_asked()
            || self.dialogue.has_unsent()
            || self.wire.as_ref().is_none_or(Wire::has_unsent)
    }

    /// How many messages the broker has not finished with.
    #[must_use]
    pub fn open(&self) -> usize {
        self.dialogue.open()
    }

    /// Whether the next [`Exchange::step`] has a packet to look at without waiting. Before it waits, it writes the
    /// answers to what was told: whoever writes messages down does that before.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.wire
            .as_ref()
            .is_some_and(|wire| wire.frames.has_next())
    }

    /// Goes on for a bit: connects, reads a packet, or reads or writes some bytes. May be dropped while it waits, as
    /// long as there is a connection.
    ///
    /// # Errors
    /// It is over: nobody is there or wants us, or the connection is lost and is not to be opened again.
    pub async fn step(&mut self) -> Result<Option<Event>, ExchangeError> {
        if self.wire.is_none() {
            return self.dial().await;
        }
        match self.turn().await {
            Ok(event) => Ok(self.note(event)),
            Err(breach) => self.lost(&breach).map(Some),
        }
    }

    async fn turn(&mut self) -> Result<Option<Event>, Breach> {
        let now = self.now();
        let Some(wire) = &mut self.wire else {
            return Ok(None);
        };
        let first = wire.frames.buffer.first();
        if first.is_some_and(|first| !self.dialogue.expects(*first)) {
            return Err(Breach::NotMqtt);
        }
        if let Some(frame) = wire.frames.next()? {
            self.look(Direction::In, now, &frame);
            return self.dialogue.received(frame);
        }
        self.pump()?;
        let Some(wire) = &mut self.wire else {
            return Ok(None);
        };
        let wake = self.dialogue.next_wake(wire.has_unsent());
        let wake = wake.map(|wake| self.began + wake.since_origin());
        let moved = tokio::select! {
            moved = wire.turn() => Some(moved?),
            () = until(wake) => None,
        };
        let unsent = wire.has_unsent();
        let now = self.now();
        match moved {
            Some(Moved::In | Moved::Out) => self.dialogue.progressed(now),
            None => self.dialogue.wake(now, unsent)?,
        }
        Ok(None)
    }

    fn note(&mut self, event: Option<Event>) -> Option<Event> {
        if let Some(Event::Connected {
            session_present, ..
        }) = event
        {
            tracing::debug!(session_present, "connected");
            self.was_in = true;
            self.told = None;
            self.reconnect.connected(Instant::now());
        }
        event
    }

    /// Puts what is to be said on the wire, as long as it takes more.
    fn pump(&mut self) -> Result<(), Breach> {
        let now = self.now();
        while self.wire.as_ref().is_some_and(Wire::has_room) {
            let Some(packet) = self.dialogue.take(now) else {
                break;
            };
            let Some(wire) = &mut self.wire else { break };
            let sizes = wire.put(&packet)?;
            self.look(Direction::Out, now, &Frame::Packet(packet, sizes));
        }
        Ok(())
    }

    fn look(&mut self, direction: Direction, at: Moment, frame: &Frame) {
        if self.watcher.is_none() && !tracing::enabled!(tracing::Level::TRACE) {
            return;
        }
        let (sizes, told): (&Sizes, Told<'_>) = match frame {
            Frame::Packet(packet, sizes) => (sizes, glimpse::told(packet)),
            Frame::TooLarge {
                topic,
                qos,
                id,
                sizes,
            } => {
                let told = Told::Publish {
                    dup: sizes.first_byte & 8 != 0,
                    qos: QoS::of_number(*qos).unwrap_or(QoS::AtMostOnce),
                    retain: sizes.first_byte & 1 != 0,
                    id: (*id != 0).then_some(*id),
                    topic,
                };
                (sizes, told)
            }
        };
        let sizes = *sizes;
        let (packet, bytes, id) = (told.name(), sizes.whole(), told.id());
        tracing::trace!(?direction, packet, bytes, id, "a packet");
        if let Some(watcher) = &mut self.watcher {
            watcher(&Glimpse {
                direction,
                at,
                sizes,
                told,
            });
        }
    }

    async fn dial(&mut self) -> Result<Option<Event>, ExchangeError> {
        sleep_until(self.not_before).await;
        let (broker, client_id) = (&self.options.broker.url, &self.options.client_id);
        tracing::debug!(%broker, client_id, "connecting");
        match opening::open(&self.options.broker, self.options.patience).await {
            Ok((stream, address)) => {
                tracing::debug!(%address, "the way is open");
                let frames = Frames::new(self.options.largest_incoming);
                self.wire = Some(Wire::new(stream, frames));
                self.dialogue.opened(self.now());
                Ok(None)
            }
            Err(failure) => {
                let breach = Breach::opening(failure, &self.options.broker.url);
                self.failed(&breach)
            }
        }
    }

    /// No connection came about.
    fn failed(&mut self, breach: &Breach) -> Result<Option<Event>, ExchangeError> {
        let (cause, words) = (breach.cause(), breach.words());
        if !self.options.comes_back || !self.was_in || !breach.mends() {
            return Err(ExchangeError::Connect {
                broker: self.options.broker.url.clone(),
                words,
                cause,
            });
        }
        let pause = self.reconnect.failed(Failed::Unreachable, rand::random());
        self.not_before = Instant::now() + pause;
        if self.told.as_ref() == Some(&words) {
            return Ok(None);
        }
        self.told = Some(words.clone());
        Ok(Some(Event::Lost { words, pause }))
    }

    fn lost(&mut self, breach: &Breach) -> Result<Event, ExchangeError> {
        let was_talking = self.dialogue.is_talking();
        self.wire = None;
        self.dialogue.closed();
        let words = breach.words();
        tracing::debug!(reason = words, "the connection has ended");
        if !was_talking {
            let breach = &breach.clone().unheard(&self.options.broker.url);
            let words = breach.words();
            let pause = Duration::ZERO;
            return Ok(self.failed(breach)?.unwrap_or(Event::Lost { words, pause }));
        }
        if !self.options.comes_back {
            return Err(ExchangeError::Lost {
                broker: self.options.broker.url.clone(),
                words,
            });
        }
        let how = match breach {
            Breach::Closed => Ended::ByPeer,
            _ => Ended::Otherwise,
        };
        let verdict = self.reconnect.ended(how, Instant::now(), rand::random());
        let pause = verdict.pause;
        self.not_before = Instant::now() + pause;
        let words = match verdict.taken_over {
            true => format!(
                "another client comes with the client identifier `{}` again and again",
                self.options.client_id
            ),
            false => words,
        };
        self.told = Some(words.clone());
        Ok(Event::Lost { words, pause })
    }

    /// Waits for something else, and reads nothing meanwhile: what the broker sends stays with it and in the network.
    /// Only a sign of life goes out when it is due.
    pub async fn hold<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let done = loop {
            let next = self.dialogue.next_ping().filter(|_| self.wire.is_some());
            let next = next.map(|at| self.began + at.since_origin());
            tokio::select! {
                biased;
                done = &mut work => break done,
                () = until(next) => {
                    let now = self.now();
                    let ping = self.dialogue.ping_unheard(now);
                    if let (Some(ping), Some(wire)) = (ping, &mut self.wire) {
                        // if the connection is gone, the next step finds it so
                        if let Ok(sizes) = wire.put(&ping) {
                            self.look(Direction::Out, now, &Frame::Packet(ping, sizes));
                        }
                    }
                }
            }
            if let Some(wire) = self.wire.as_mut().filter(|wire| wire.has_unsent()) {
                let _seen_by_the_next_step = timeout(Duration::from_secs(1), wire.write()).await;
            }
        };
        let now = self.now();
        self.dialogue.listens_again(now);
        done
    }

    /// What was told since the last wait is not written down: the broker is not to hear that we have it, and gives it to
    /// the session's next client. Only [`Exchange::close`] makes sense after this.
    pub fn give_back(&mut self) {
        self.dialogue.hold_tongue();
    }

    /// Leaves as one should: answers what was told, says goodbye, and no last will is said.
    ///
    /// # Errors
    /// The broker does not take it in time.
    pub async fn close(mut self) -> Result<(), ExchangeError> {
        self.dialogue.leave();
        let lost = |broker: &BrokerUrl, breach: &Breach| ExchangeError::Lost {
            broker: broker.clone(),
            words: breach.words(),
        };
        let broker = self.options.broker.url.clone();
        while self.dialogue.has_unsent() && self.wire.is_some() {
            self.pump().map_err(|breach| lost(&broker, &breach))?;
            let Some(wire) = &mut self.wire else { break };
            if self.dialogue.has_unsent() {
                let written = timeout(self.options.patience, wire.write()).await;
                let written = written.unwrap_or(Err(Breach::Silent));
                written.map_err(|breach| lost(&broker, &breach))?;
            }
        }
        match self.wire.take() {
            Some(wire) => wire
                .close(self.options.patience)
                .await
                .map_err(|breach| lost(&broker, &breach)),
            None => Ok(()),
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
