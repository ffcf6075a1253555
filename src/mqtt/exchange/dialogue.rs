//! The client's side of MQTT 3.1.1, pure: packets in, packets out, and what they mean. Time is an argument.
//!
//! ```text
//!   we send, QoS 1      PUBLISH ->  <- PUBACK
//!   we send, QoS 2      PUBLISH ->  <- PUBREC   PUBREL ->  <- PUBCOMP
//!   we get,  QoS 1   <- PUBLISH     PUBACK ->
//!   we get,  QoS 2   <- PUBLISH     PUBREC ->   <- PUBREL  PUBCOMP ->
//! ```
//!
//! A message that comes is told before its answer goes out: whoever stops in between gets it once more.

use super::flights::{self, Flights};
use super::frames::Frame;
use super::parcel::Parcel;
use super::{Breach, Event, glimpse};
use crate::model::{Message, Moment, QoS, Topic, TopicFilter};
use rumqttc::mqttbytes::v4::{
    Connect, Packet, PubAck, PubComp, PubRec, PubRel, Publish, Subscribe, SubscribeFilter,
};
use std::collections::{HashSet, VecDeque};
use std::time::Duration;

/// How far the talk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There is no connection.
    Apart,
    /// CONNECT went out.
    Greeting,
    /// The broker let us in.
    Talking,
}

/// The client's side.
#[derive(Debug)]
pub(super) struct Dialogue {
    greeting: Connect,
    subscriptions: Vec<(TopicFilter, QoS)>,
    /// How long the broker may owe an answer.
    patience: Duration,
    phase: Phase,
    flights: Flights,
    /// QoS 2 messages that came and are not released.
    heard: HashSet<u16>,
    /// The SUBSCRIBE that is not answered.
    asked: Option<u16>,
    /// The broker has granted the subscriptions to this client at least once.
    subscribed: bool,
    out: VecDeque<Packet>,
    sent: Moment,
    /// When something came or went last.
    alive: Moment,
    pinged: Option<Moment>,
    /// So many PINGREQs are not answered.
    pings: usize,
    /// One of them was [asked](Dialogue::ask) for.
    asked_alive: bool,
}

impl Dialogue {
    pub(super) fn new(
        greeting: Connect,
        subscriptions: Vec<(TopicFilter, QoS)>,
        patience: Duration,
        flights: Flights,
    ) -> Self {
        Self {
            greeting,
            subscriptions,
            patience,
            phase: Phase::Apart,
            flights,
            heard: HashSet::new(),
            asked: None,
            subscribed: false,
            out: VecDeque::new(),
            sent: Moment::ZERO,
            alive: Moment::ZERO,
            pinged: None,
            pings: 0,
            asked_alive: false,
        }
    }

    /// The way is open.
    pub(super) fn opened(&mut self, now: Moment) {
        self.closed();
        self.phase = Phase::Greeting;
        self.out.push_back(Packet::Connect(self.greeting.clone()));
        (self.sent, self.alive) = (now, now);
    }

    /// The way is gone, and what was not written with it.
    pub(super) fn closed(&mut self) {
        self.phase = Phase::Apart;
        self.out.clear();
        self.asked = None;
        self.pinged = None;
        (self.pings, self.asked_alive) = (0, false);
    }

    pub(super) fn is_talking(&self) -> bool {
        self.phase == Phase::Talking
    }

    /// Whether a message of this kind may be sent now.
    pub(super) fn has_room(&self, qos: QoS) -> bool {
        self.is_talking() && (qos == QoS::AtMostOnce || self.flights.has_room())
    }

    /// How many messages the broker has not finished with.
    pub(super) fn open(&self) -> usize {
        self.flights.len()
    }

    /// Sends a message; there must be room.
    pub(super) fn publish(&mut self, parcel: &Parcel) {
        let packet = match parcel.qos {
            QoS::AtMostOnce => flights::publish(parcel, 0, false),
            QoS::AtLeastOnce | QoS::ExactlyOnce => self.flights.start(parcel),
        };
        self.out.push_back(packet);
    }

    /// Asks for a sign of life behind all that was said.
    pub(super) fn ask(&mut self, now: Moment) {
        if self.is_talking() {
            self.ping(now);
            self.asked_alive = true;
        }
    }

    /// Whether that is not answered.
    pub(super) fn is_asked(&self) -> bool {
        self.asked_alive
    }

    fn ping(&mut self, now: Moment) {
        self.out.push_back(Packet::PingReq);
        self.pinged = Some(now);
        self.pings += 1;
    }

    /// What was not said yet stays unsaid.
    pub(super) fn hold_tongue(&mut self) {
        self.out.clear();
    }

    /// Says goodbye.
    pub(super) fn leave(&mut self) {
        if self.is_talking() {
            self.out.push_back(Packet::Disconnect);
        }
    }

    /// The next packet that is to be written.
    pub(super) fn take(&mut self, now: Moment) -> Option<Packet> {
        let packet = self.out.pop_front()?;
        self.sent = now;
        Some(packet)
    }

    pub(super) fn has_unsent(&self) -> bool {
        !self.out.is_empty()
    }

    /// Bytes came or went.
    pub(super) fn progressed(&mut self, now: Moment) {
        self.alive = now;
    }

    /// When [`Dialogue::wake`] has something to do; `unsent` tells whether bytes still wait for the network.
    pub(super) fn next_wake(&self, unsent: bool) -> Option<Moment> {
        let owed = (self.is_owed() || unsent).then(|| self.alive + self.patience);
        let ping = match (self.pinged, self.keep_alive()) {
            (_, None) => None,
            (None, Some(keep_alive)) if self.is_talking() => Some(self.sent + keep_alive),
            (None, _) => None,
            (Some(at), Some(keep_alive)) => Some(at + keep_alive),
        };
        match (owed, ping) {
            (Some(owed), Some(ping)) => Some(owed.min(ping)),
            (owed, ping) => owed.or(ping),
        }
    }

    /// Time has passed.
    pub(super) fn wake(&mut self, now: Moment, unsent: bool) -> Result<(), Breach> {
        let is_owed = self.is_owed() || unsent;
        if is_owed && now >= self.alive + self.patience {
            return Err(Breach::Silent);
        }
        let Some(keep_alive) = self.keep_alive() else {
            return Ok(());
        };
        match self.pinged {
            Some(at) if now >= at + keep_alive => return Err(Breach::Silent),
            None if self.is_talking() && now >= self.sent + keep_alive => {
                self.ping(now);
            }
            _ => {}
        }
        Ok(())
    }

    /// The PINGREQ that is due while nothing is read, to be written before anything else.
    pub(super) fn ping_unheard(&mut self, now: Moment) -> Option<Packet> {
        let keep_alive = self.keep_alive()?;
        let due = self.is_talking() && now >= self.sent + keep_alive;
        due.then(|| {
            self.sent = now;
            self.pings += 1;
            Packet::PingReq
        })
    }

    /// When that is due.
    pub(super) fn next_ping(&self) -> Option<Moment> {
        let keep_alive = self.keep_alive().filter(|_| self.is_talking());
        keep_alive.map(|keep_alive| self.sent + keep_alive)
    }

    /// Reading goes on: the time in which nothing was read does not count against the broker.
    pub(super) fn listens_again(&mut self, now: Moment) {
        self.alive = now;
        if self.pinged.is_some() {
            self.pinged = Some(now);
        }
    }

    fn keep_alive(&self) -> Option<Duration> {
        let seconds = self.greeting.keep_alive;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    fn is_owed(&self) -> bool {
        self.phase == Phase::Greeting || self.asked.is_some() || self.flights.len() > 0
    }

    /// Whether a packet may begin with this byte: the first is a CONNACK. Who speaks something else, as HTTP, may never
    /// come to an end of what looks like a packet.
    pub(super) fn expects(&self, first: u8) -> bool {
        self.phase == Phase::Talking || first == 0x20
    }

    /// A packet came.
    pub(super) fn received(&mut self, frame: Frame) -> Result<Option<Event>, Breach> {
        let packet = match (self.phase, frame) {
            (Phase::Greeting, Frame::Packet(Packet::ConnAck(ack), _)) => {
                let code = glimpse::code_of(ack.code);
                return match code {
                    0 => Ok(Some(self.let_in(ack.session_present))),
                    code => Err(Breach::Refused(code)),
                };
            }
            (Phase::Talking, Frame::Packet(packet, _)) => packet,
            (
                Phase::Talking,
                Frame::TooLarge {
                    topic,
                    qos,
                    id,
                    sizes,
                },
            ) => {
                let size = sizes.payload;
                let told = self.take_in(qos, id);
                return Ok(told.then_some(Event::LeftOut { topic, size }));
            }
            (Phase::Apart | Phase::Greeting, _) => return Err(Breach::NotMqtt),
        };
        match packet {
            Packet::Publish(publish) => return Ok(self.message(publish)),
            Packet::PubAck(ack) => self.flights.acknowledged(ack.pkid),
            Packet::PubRec(ack) => {
                self.flights.received(ack.pkid);
                // also of one that we do not know: the broker has it from a process before this one
                self.out.push_back(Packet::PubRel(PubRel::new(ack.pkid)));
            }
            Packet::PubComp(ack) => self.flights.completed(ack.pkid),
            Packet::PubRel(ack) => {
                self.heard.remove(&ack.pkid);
                self.out.push_back(Packet::PubComp(PubComp::new(ack.pkid)));
            }
            Packet::SubAck(ack) if self.asked == Some(ack.pkid) => {
                self.asked = None;
                self.subscribed = true;
                let granted = glimpse::granted(&ack.return_codes);
                if granted.len() != self.subscriptions.len() {
                    return Err(Breach::NotMqtt);
                }
                let asked = self.subscriptions.iter().cloned();
                return Ok(Some(Event::Subscribed(
                    asked
                        .zip(granted)
                        .map(|((filter, asked), granted)| (filter, asked, granted))
                        .collect(),
                )));
            }
            Packet::PingResp => {
                self.pinged = None;
                self.pings = self.pings.saturating_sub(1);
                self.asked_alive &= self.pings > 0;
            }
            Packet::SubAck(_) | Packet::UnsubAck(_) => {}
            Packet::ConnAck(_)
            | Packet::Connect(_)
            | Packet::Subscribe(_)
            | Packet::Unsubscribe(_)
            | Packet::PingReq
            | Packet::Disconnect => return Err(Breach::NotMqtt),
        }
        Ok(None)
    }

    fn let_in(&mut self, session_present: bool) -> Event {
        self.phase = Phase::Talking;
        let again = match session_present {
            true => self.flights.resumed(),
            false => {
                self.heard.clear();
                self.flights.begun_anew()
            }
        };
        let repeated = again.len();
        let stands = session_present && self.subscribed;
        if !stands && !self.subscriptions.is_empty() {
            let filters = self.subscriptions.iter().map(|(filter, qos)| {
                SubscribeFilter::new(filter.as_str().to_owned(), super::wire_qos(*qos))
            });
            let mut subscribe = Subscribe::new_many(filters);
            subscribe.pkid = self.flights.next_id();
            self.asked = Some(subscribe.pkid);
            self.out.push_back(Packet::Subscribe(subscribe));
        }
        self.out.extend(again);
        Event::Connected {
            session_present,
            repeated,
        }
    }

    fn message(&mut self, publish: Publish) -> Option<Event> {
        let Publish {
            dup,
            qos,
            retain,
            topic,
            pkid,
            payload,
        } = publish;
        let qos = glimpse::qos_of(qos);
        if !self.take_in(qos.number(), pkid) {
            return None;
        }
        let Ok(topic) = Topic::new(&topic) else {
            let size = payload.len();
            return Some(Event::LeftOut { topic, size });
        };
        // an exact copy: the buffer it lies in is the network's
        let payload = payload.to_vec();
        let message = Message {
            topic,
            payload,
            qos,
            retain,
        };
        Some(Event::Message { message, dup })
    }

    /// Answers a PUBLISH; whether it is to be told, which it is not when it came before and is not released.
    fn take_in(&mut self, qos: u8, id: u16) -> bool {
        match qos {
            0 => true,
            1 => {
                self.out.push_back(Packet::PubAck(PubAck::new(id)));
                true
            }
            _ => {
                self.out.push_back(Packet::PubRec(PubRec::new(id)));
                self.heard.insert(id)
            }
        }
    }
}

#[cfg(test)]
mod tests;
