//! One connection, from its CONNACK to its end. Each has a client of its own, so that nothing the client library
//! keeps (pending requests, packet identifiers, a collision) outlives it.

use super::counters::add;
use super::dial::CHANNEL;
use super::letter::{Letter, Receipt};
use super::options::{INFLIGHT, wire_qos};
use super::outbox::Shared;
use super::patience::Patience;
use super::queue::Next;
use super::reconnect::Ended;
use super::session::{SessionEvent, Sink};
use super::subscriptions::{Ask, Subscriptions};
use super::{Options, incoming, reasons};
use rumqttc::{
    AsyncClient, ClientError, ConnectionError, Event, EventLoop, Outgoing, Packet, SubAck,
    SubscribeFilter, SubscribeReasonCode,
};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::Instant;

/// QoS 1 messages that may be unacknowledged: half of the library's window, so that its identifiers never collide.
const WINDOW: usize = INFLIGHT as usize / 2;
/// An UNSUBSCRIBE of this is a fence; nobody subscribes to it.
const FENCE: &str = "mqtt-thing/fence";
/// How long the broker may take to close its side after our DISCONNECT.
const GOODBYE: Duration = Duration::from_millis(500);
/// The session turns at least this often, for the watchdog's sake.
pub(super) const BEAT: Duration = Duration::from_secs(1);

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// By our DISCONNECT, after everything was settled.
    Closed,
    Lost {
        how: Ended,
        reason: String,
        too_large: bool,
    },
}

fn given_up(reason: impl Into<String>) -> End {
    End::Lost {
        how: Ended::Otherwise,
        reason: reason.into(),
        too_large: false,
    }
}

/// A request that the library has and has not written yet. It writes them in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handed {
    /// A message, with its size.
    Letter(u64),
    Subscribe,
    /// A fence of the subscriptions.
    TheirFence,
    /// A fence of the queue.
    OurFence,
    Disconnect,
}

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// DISCONNECT is on its way; nothing may follow it.
    Leaving,
    /// It is written. Polling again after the end would connect anew.
    Left(Instant),
}

pub(super) struct Connection<'a> {
    client: AsyncClient,
    options: &'a Options,
    shared: &'a Shared,
    subscriptions: &'a mut Subscriptions,
    sink: &'a mut Sink,
    handed: VecDeque<Handed>,
    patience: Patience,
    said_farewell: bool,
    phase: Phase,
}

impl<'a> Connection<'a> {
    pub(super) fn new(
        client: AsyncClient,
        options: &'a Options,
        shared: &'a Shared,
        subscriptions: &'a mut Subscriptions,
        sink: &'a mut Sink,
    ) -> Self {
        Self {
            client,
            options,
            shared,
            subscriptions,
            sink,
            handed: VecDeque::with_capacity(CHANNEL),
            patience: Patience::new(options),
            said_farewell: false,
            phase: Phase::Open,
        }
    }

    /// Serves the connection until it ends.
    pub(super) async fn serve(mut self, mut events: EventLoop) -> End {
        self.subscriptions.connected();
        // the subscriptions go first; then what was promised before; then what `Connected` makes others say
        if let Err(end) = self.fill(Instant::now()) {
            return end;
        }
        self.shared.lock().queue.set_connected();
        (self.sink)(SessionEvent::Connected);
        self.tell_when_all_is_answered();
        loop {
            // its own time limit knows nothing of large messages on slow lines; ours does
            events.state.await_pingresp = false;
            let polled = match self.turn(&mut events).await {
                Ok(polled) => polled,
                Err(end) => return end,
            };
            let handled = match polled {
                Ok(event) => self.handle(event),
                Err(error) => {
                    // what came in before the end
                    while let Some(event) = events.state.events.pop_front() {
                        let _the_end_is_known = self.handle(event);
                    }
                    Err(self.end(&error))
                }
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    /// Waits for the library's next event, filling its channel and keeping the deadlines meanwhile. The future of
    /// `poll` stays in its place: dropped half-way, it would lose what it had read.
    async fn turn(
        &mut self,
        events: &mut EventLoop,
    ) -> Result<Result<Event, ConnectionError>, End> {
        let mut poll = pin!(events.poll());
        loop {
            let now = Instant::now();
            self.shared.counters.progress();
            self.fill(now)?;
            self.keep_deadlines(now)?;
            tokio::select! {
                biased;
                polled = &mut poll => return Ok(polled),
                () = self.shared.wake.notified() => {}
                () = tokio::time::sleep_until(self.next_deadline(now)) => {}
            }
        }
    }

    /// Hands over what may be handed over.
    fn fill(&mut self, now: Instant) -> Result<(), End> {
        while self.phase == Phase::Open && self.handed.len() < CHANNEL {
            let Some(handed) = self.hand_over_next(now) else {
                break;
            };
            let handed = handed.map_err(|error| {
                given_up(format!("the client library took no request: {error}"))
            })?;
            let bytes = match handed {
                Handed::Letter(size) => size,
                _ => 0,
            };
            self.handed.push_back(handed);
            self.patience.handed(bytes, now);
        }
        Ok(())
    }

    fn hand_over_next(&mut self, now: Instant) -> Option<Result<Handed, ClientError>> {
        let closing = self.shared.lock().farewell.is_some();
        if !closing {
            if let Some(ask) = self.subscriptions.next(now) {
                return Some(self.ask(ask, now));
            }
        }
        match self.next_in_queue(now) {
            Some(Next::Letter(letter)) => return Some(self.hand_over(letter)),
            Some(Next::Fence) => {
                let handed = self.client.try_unsubscribe(FENCE);
                return Some(handed.map(|()| Handed::OurFence));
            }
            None => {}
        }
        if closing && self.handed.is_empty() && self.shared.lock().queue.depth() == 0 {
            self.phase = Phase::Leaving;
            let handed = self.client.try_disconnect();
            return Some(handed.map(|()| Handed::Disconnect));
        }
        None
    }

    /// Hands a message over without a copy of its payload. The library has a method for that only in a form that
    /// waits for room; there is room.
    fn hand_over(&self, letter: Letter) -> Result<Handed, ClientError> {
        let size = letter.size() as u64;
        let (topic, qos) = (letter.topic.as_str(), wire_qos(letter.qos));
        let publish = self
            .client
            .publish_bytes(topic, qos, letter.retain, letter.payload);
        match pin!(publish).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(handed) => handed.map(|()| Handed::Letter(size)),
            Poll::Pending => unreachable!("the library's channel holds more than {CHANNEL}"),
        }
    }

    fn ask(&mut self, ask: Ask, now: Instant) -> Result<Handed, ClientError> {
        self.patience.owes(now);
        match ask {
            Ask::Fence => {
                let handed = self.client.try_unsubscribe(FENCE);
                handed.map(|()| Handed::TheirFence)
            }
            Ask::Subscribe(filters) => {
                let filters = filters.into_iter().map(|(filter, qos)| {
                    SubscribeFilter::new(filter.as_str().to_owned(), wire_qos(qos))
                });
                let handed = self.client.try_subscribe_many(filters);
                handed.map(|()| Handed::Subscribe)
            }
        }
    }

    fn next_in_queue(&mut self, now: Instant) -> Option<Next> {
        let mut contents = self.shared.lock();
        let mut next = contents.queue.next(WINDOW);
        if next.is_none() && !self.said_farewell && contents.queue.depth() == 0 {
            if let Some(farewell) = contents.farewell.clone() {
                self.said_farewell = true;
                for last in farewell {
                    contents.queue.push_farewell(last.into());
                }
                next = contents.queue.next(WINDOW);
            }
        }
        self.shared.took(&contents.queue);
        if contents.queue.owed() {
            self.patience.owes(now);
        }
        next
    }

    fn handle(&mut self, event: Event) -> Result<(), End> {
        let now = Instant::now();
        let counters = &self.shared.counters;
        match event {
            Event::Incoming(Packet::Publish(publish)) => {
                self.subscriptions.message_came();
                if let Some(message) =
                    incoming::accept(publish, self.options.largest_incoming, counters)
                {
                    (self.sink)(SessionEvent::Message(message));
                }
            }
            Event::Incoming(Packet::PubAck(ack)) => {
                let settled = self.shared.lock().queue.acknowledged(ack.pkid);
                add(&counters.acknowledged, usize::from(settled.is_some()));
                self.settled(settled.unwrap_or_default(), now);
            }
            Event::Incoming(Packet::SubAck(ack)) => self.subscribed(&ack, now),
            Event::Incoming(Packet::UnsubAck(ack)) => {
                let settled = self.shared.lock().queue.fence_passed(ack.pkid);
                if settled.is_none() && !self.subscriptions.fence_passed(ack.pkid) {
                    let packet = ack.pkid;
                    tracing::debug!(packet, "the broker acknowledged no fence of ours");
                }
                self.tell_when_all_is_answered();
                self.settled(settled.unwrap_or_default(), now);
            }
            Event::Incoming(Packet::PingResp) => {
                self.patience.ponged();
                let settled = self.shared.lock().queue.ponged();
                if !settled.is_empty() {
                    self.settled(settled, now);
                }
            }
            Event::Incoming(_) => {}
            Event::Outgoing(outgoing) => return self.written(&outgoing, now),
        }
        Ok(())
    }

    fn written(&mut self, outgoing: &Outgoing, now: Instant) -> Result<(), End> {
        match outgoing {
            Outgoing::Publish(packet) => {
                self.shared.lock().queue.written(*packet);
                add(&self.shared.counters.published, 1);
            }
            Outgoing::Subscribe(packet) => self.subscriptions.written(*packet),
            Outgoing::Unsubscribe(packet) => match self.handed.front() {
                Some(Handed::OurFence) => self.shared.lock().queue.written(*packet),
                _ => self.subscriptions.fence_written(*packet),
            },
            Outgoing::Disconnect => self.phase = Phase::Left(now + GOODBYE),
            Outgoing::PingReq => {
                self.patience.pinged(now);
                self.shared.lock().queue.pinged();
                return Ok(());
            }
            // the identifier of an unacknowledged message came round: from here on the library is stuck
            Outgoing::AwaitAck(packet) => {
                return Err(given_up(format!(
                    "the packet identifier {packet} is still in use"
                )));
            }
            _ => return Ok(()),
        }
        let bytes = match self.handed.pop_front() {
            Some(Handed::Letter(size)) => size,
            _ => 0,
        };
        self.patience.written(bytes, !self.handed.is_empty(), now);
        Ok(())
    }

    fn subscribed(&mut self, ack: &SubAck, now: Instant) {
        let granted = |code: &SubscribeReasonCode| matches!(code, SubscribeReasonCode::Success(_));
        let codes: Vec<bool> = ack.return_codes.iter().map(granted).collect();
        for refused in self.subscriptions.answered(ack.pkid, &codes, now) {
            let filter = refused.filter;
            if refused.news {
                let again_s = refused.again_in.as_secs_f32();
                tracing::warn!(%filter, again_s, "the broker refused the subscription; it is asked for again");
            }
            (self.sink)(SessionEvent::SubscriptionRefused { filter });
        }
        self.tell_when_all_is_answered();
        self.settled(Vec::new(), now);
    }

    fn tell_when_all_is_answered(&mut self) {
        if let Some(refused) = self.subscriptions.all_answered() {
            (self.sink)(SessionEvent::Subscribed { refused });
        }
    }

    /// The broker answered something, and these receipts are due by that.
    fn settled(&mut self, receipts: Vec<Receipt>, now: Instant) {
        let contents = self.shared.lock();
        let owed = self.subscriptions.owed() || contents.queue.owed();
        self.shared.took(&contents.queue);
        drop(contents);
        self.patience.settled(owed, now);
        for receipt in receipts {
            (self.sink)(SessionEvent::Delivered(receipt));
        }
    }

    fn keep_deadlines(&self, now: Instant) -> Result<(), End> {
        if matches!(self.phase, Phase::Left(until) if now >= until) {
            return Err(End::Closed);
        }
        self.patience
            .over(now)
            .map_or(Ok(()), |reason| Err(given_up(reason)))
    }

    fn next_deadline(&self, now: Instant) -> Instant {
        let left = match self.phase {
            Phase::Left(until) => Some(until),
            _ => None,
        };
        // it may lie in the past while the channel is full
        let ask = self.subscriptions.next_wake();
        let ask = ask.map(|at| at.max(now + BEAT / 20));
        let all = [left, self.patience.next(), ask];
        all.into_iter().flatten().fold(now + BEAT, Instant::min)
    }

    fn end(&self, error: &ConnectionError) -> End {
        if let Phase::Left(_) = self.phase {
            return End::Closed;
        }
        End::Lost {
            how: reasons::ended(error),
            reason: reasons::in_words(error),
            too_large: reasons::too_large(error).is_some(),
        }
    }
}
