//! One connection, from its CONNACK to its end. Each has a client of its own, so that nothing the client library
//! keeps (pending requests, packet identifiers, a collision) outlives it.

use super::counters::add;
use super::options::{INFLIGHT, wire_qos};
use super::outbox::Shared;
use super::queue::size;
use super::reconnect::Ended;
use super::session::{SessionEvent, Sink};
use super::subscriptions::{Ask, Subscriptions};
use super::{Options, incoming, reasons};
use crate::model::{Message, QoS};
use rumqttc::{
    AsyncClient, ClientError, ConnectionError, Event, EventLoop, Outgoing, Packet, SubAck,
    SubscribeFilter, SubscribeReasonCode,
};
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;

/// Requests that may wait in the client library. It loses them with the connection, so: few.
const CHANNEL: usize = 32;
/// QoS 1 messages that may be unacknowledged: half of the library's window, so that its identifiers never collide.
const WINDOW: usize = INFLIGHT as usize / 2;
/// An UNSUBSCRIBE of this is a fence; nobody subscribes to it.
const FENCE: &str = "mqtt-thing/fence";
/// How long the broker may take to close its side after our DISCONNECT.
const GOODBYE: Duration = Duration::from_millis(500);
/// The slowest line that we bear with, in bytes a second: the answer to a ping waits behind what is on its way.
const SLOWEST_LINE: u64 = 64 * 1024;
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
    /// Requests handed to the library and not yet written.
    handed: usize,
    /// Since when something is handed and nothing gets written.
    writing_since: Option<Instant>,
    /// Since when the broker owes an acknowledgement and sends none.
    owed_since: Option<Instant>,
    /// When the answer to a ping is due.
    ping_due: Option<Instant>,
    /// Bytes handed over since the broker was last known to have read all.
    burden: u64,
    said_farewell: bool,
    phase: Phase,
}

/// Connects. The future may be dropped at any point.
pub(super) async fn dial(options: &Options) -> Result<(AsyncClient, EventLoop), ConnectionError> {
    let (client, mut events) = AsyncClient::new(options.for_client(), CHANNEL);
    events.network_options.set_tcp_nodelay(true);
    let answer = tokio::time::timeout(options.pace.connect, events.poll()).await;
    answer.map_err(|_| ConnectionError::NetworkTimeout)??;
    // from here on it is how long a flush may take
    let patience = options.pace.acknowledgement.as_secs().max(1);
    events.network_options.set_connection_timeout(patience);
    Ok((client, events))
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
            handed: 0,
            writing_since: None,
            owed_since: None,
            ping_due: None,
            burden: 0,
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
        while self.phase == Phase::Open && self.handed < CHANNEL {
            let Some(handed) = self.hand_over_next(now) else {
                break;
            };
            if let Err(error) = handed {
                return Err(given_up(format!(
                    "the client library took no request: {error}"
                )));
            }
            self.handed += 1;
            self.writing_since.get_or_insert(now);
        }
        Ok(())
    }

    fn hand_over_next(&mut self, now: Instant) -> Option<Result<(), ClientError>> {
        let closing = self.shared.lock().farewell.is_some();
        if !closing {
            if let Some(ask) = self.subscriptions.next(now) {
                return Some(self.ask(ask, now));
            }
        }
        if let Some(message) = self.next_message(now) {
            self.burden += size(&message) as u64;
            let Message {
                topic,
                payload,
                qos,
                retain,
            } = message;
            return Some(
                self.client
                    .try_publish(topic.as_str(), wire_qos(qos), retain, payload),
            );
        }
        if closing && self.handed == 0 && self.shared.lock().queue.depth() == 0 {
            self.phase = Phase::Leaving;
            return Some(self.client.try_disconnect());
        }
        None
    }

    fn ask(&mut self, ask: Ask, now: Instant) -> Result<(), ClientError> {
        self.owed_since.get_or_insert(now);
        match ask {
            Ask::Fence => self.client.try_unsubscribe(FENCE),
            Ask::Subscribe(filters) => {
                let filters = filters.into_iter().map(|(filter, qos)| {
                    SubscribeFilter::new(filter.as_str().to_owned(), wire_qos(qos))
                });
                self.client.try_subscribe_many(filters)
            }
        }
    }

    fn next_message(&mut self, now: Instant) -> Option<Message> {
        let mut contents = self.shared.lock();
        let mut message = contents.queue.next(WINDOW);
        if message.is_none() && !self.said_farewell && contents.queue.depth() == 0 {
            if let Some(farewell) = contents.farewell.clone() {
                self.said_farewell = true;
                for last in farewell {
                    contents.queue.push_farewell(last);
                }
                message = contents.queue.next(WINDOW);
            }
        }
        self.shared.note_depth(&contents.queue);
        if message.as_ref()?.qos == QoS::AtLeastOnce {
            self.owed_since.get_or_insert(now);
        }
        message
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
                let mut contents = self.shared.lock();
                if contents.queue.acknowledged(ack.pkid) {
                    add(&counters.acknowledged, 1);
                }
                self.shared.note_depth(&contents.queue);
                drop(contents);
                self.settled(now);
            }
            Event::Incoming(Packet::SubAck(ack)) => self.subscribed(&ack, now),
            Event::Incoming(Packet::UnsubAck(_)) => {
                self.subscriptions.fence_passed();
                self.settled(now);
            }
            Event::Incoming(Packet::PingResp) => {
                self.ping_due = None;
                self.burden = 0;
            }
            Event::Incoming(_) => {}
            Event::Outgoing(outgoing) => return self.written(&outgoing, now),
        }
        Ok(())
    }

    fn written(&mut self, outgoing: &Outgoing, now: Instant) -> Result<(), End> {
        match outgoing {
            Outgoing::Publish(packet) => {
                if *packet != 0 {
                    self.shared.lock().queue.written(*packet);
                }
                add(&self.shared.counters.published, 1);
            }
            Outgoing::Subscribe(packet) => self.subscriptions.written(*packet),
            Outgoing::Unsubscribe(_) => {}
            Outgoing::Disconnect => self.phase = Phase::Left(now + GOODBYE),
            Outgoing::PingReq => {
                let patience = self.options.whole_keep_alive().mul_f64(0.8);
                let burden = Duration::from_millis(self.burden * 1000 / SLOWEST_LINE);
                self.ping_due.get_or_insert(now + patience + burden);
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
        self.handed = self.handed.saturating_sub(1);
        self.writing_since = (self.handed > 0).then_some(now);
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
        self.settled(now);
    }

    /// The broker acknowledged something: if it owes more, its time begins anew.
    fn settled(&mut self, now: Instant) {
        let owed = self.subscriptions.owed() || self.shared.lock().queue.owed();
        self.owed_since = owed.then_some(now);
        if !owed {
            self.burden = 0;
        }
    }

    fn keep_deadlines(&self, now: Instant) -> Result<(), End> {
        let patience = self.options.pace.acknowledgement;
        let over = |since: Option<Instant>| since.is_some_and(|since| now >= since + patience);
        match () {
            () if matches!(self.phase, Phase::Left(until) if now >= until) => Err(End::Closed),
            () if self.ping_due.is_some_and(|due| now >= due) => {
                Err(given_up("the broker did not answer a ping"))
            }
            () if over(self.owed_since) => Err(given_up(format!(
                "the broker acknowledged nothing for {patience:?}"
            ))),
            () if over(self.writing_since) => {
                Err(given_up(format!("nothing could be sent for {patience:?}")))
            }
            () => Ok(()),
        }
    }

    fn next_deadline(&self, now: Instant) -> Instant {
        let patience = self.options.pace.acknowledgement;
        let left = match self.phase {
            Phase::Left(until) => Some(until),
            _ => None,
        };
        let all = [
            left,
            self.ping_due,
            self.owed_since.map(|since| since + patience),
            self.writing_since.map(|since| since + patience),
            // it may lie in the past while the channel is full
            self.subscriptions
                .next_wake()
                .map(|at| at.max(now + BEAT / 20)),
        ];
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
