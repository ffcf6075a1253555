//! What a session is started with, and the checks that keep the client library from panicking.

use super::{BrokerUrl, Endpoint, Scheme, limits};
use crate::model::{Message, QoS, TopicFilter};
use rumqttc::{LastWill, MqttOptions, Transport};
use std::time::Duration;
use thiserror::Error;

/// One mebibyte.
const MIB: usize = 1 << 20;
/// Incoming packets up to this are read and dropped when they are over `largest_incoming`; a larger one ends the
/// connection. The memory is taken only when such a packet really comes.
const HARD_CAP: usize = 8 * MIB;
/// The largest remaining length of an MQTT packet (section 2.2.3).
const LARGEST_PACKET: usize = 268_435_455;
/// What a PUBLISH holds besides topic and payload: the topic's length and the packet identifier (section 3.3.2).
const BESIDES: usize = 4;
/// The largest message that MQTT can carry, in bytes of topic and payload: a little under 256 MiB.
pub(super) const LARGEST_MESSAGE: usize = LARGEST_PACKET - BESIDES;
/// The client library's window of packet identifiers. Half of it may be unacknowledged.
pub(super) const INFLIGHT: u16 = 64;

/// What a session needs to know. Start from [`Options::new`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the broker is, and as whom we go there.
    pub broker: Endpoint,
    /// The client identifier; two clients with the same one throw each other out.
    pub client_id: String,
    /// How often the broker and the session prove to each other that they live: 1 s to 65 535 s, whole seconds.
    /// A frozen broker is noticed after at most 1.8 times this, and later while a large message is on its way.
    pub keep_alive: Duration,
    /// What the broker publishes when the session is lost without a clean close.
    pub will: Option<Message>,
    /// Subscribed to on every connection.
    pub subscriptions: Vec<(TopicFilter, QoS)>,
    /// Whether `Subscribed` is told only when all that the broker had kept for the subscriptions has come, too. For
    /// subscriptions at QoS 0: at QoS 1 a broker sends no more at once than it wants to have open.
    pub kept_first: bool,
    /// The largest message taken in, in bytes of topic and payload; a larger one is dropped, counted and logged. Up to
    /// 256 MiB make sense, all that MQTT can carry. Memory is taken when a large message really comes: twice its size
    /// for a moment (the network's buffer and the message), and the buffer is kept until the connection ends. Over 8
    /// MiB, patience with the broker grows by a second for each 4 MiB: on a slower line, give `keep_alive` the time
    /// that the largest message takes.
    pub largest_incoming: usize,
    /// The largest message that `publish` takes, in bytes of topic and payload; 256 MiB at most. While it is sent, its
    /// size is needed twice, and the network's buffer is kept until the connection ends.
    pub largest_outgoing: usize,
    /// How many messages of each class (states, events, promises) may wait.
    pub outbox_messages: usize,
    /// How many bytes of each class may wait; at least `largest_outgoing`.
    pub outbox_bytes: usize,
    /// Back-off and patience.
    pub pace: Pace,
}

/// How fast a session tries again and how long it waits. Each pause is jittered by a quarter to either side.
#[derive(Debug, Clone)]
pub struct Pace {
    /// The first pause after a failed attempt to connect; doubled at each further one.
    pub first_retry: Duration,
    /// The longest pause while the broker is away.
    pub longest_retry: Duration,
    /// The longest pause after the broker refused us (identifier, password, authorisation); the first is a tenth.
    pub longest_refused: Duration,
    /// The first pause after another client with our identifier was recognised; doubled each time.
    pub first_takeover: Duration,
    /// The longest pause then.
    pub longest_takeover: Duration,
    /// The first pause before a refused subscription is asked for again; doubled up to sixty times this.
    pub subscribe_again: Duration,
    /// How long a subscription is left out that brings a packet over the hard cap.
    pub left_out: Duration,
    /// How long an attempt to connect may take.
    pub connect: Duration,
    /// How long the broker may owe an acknowledgement, or take a packet, before the connection is given up.
    pub acknowledgement: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_retry: Duration::from_millis(100),
            longest_retry: Duration::from_secs(2),
            longest_refused: Duration::from_secs(30),
            first_takeover: Duration::from_secs(5),
            longest_takeover: Duration::from_secs(60),
            subscribe_again: Duration::from_secs(5),
            left_out: Duration::from_secs(600),
            connect: Duration::from_secs(5),
            acknowledgement: Duration::from_secs(30),
        }
    }
}

/// Why a session does not start.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SessionError {
    /// The client identifier is empty or does not fit.
    #[error(
        "a client identifier of {0} bytes was given; allowed is 1 to 65535 bytes without control characters"
    )]
    ClientId(usize),
    /// The keep-alive is out of range.
    #[error("a keep-alive of {0:?} was given; allowed is 1 s to 65535 s")]
    KeepAlive(Duration),
    /// The will could not be sent.
    #[error("the last will cannot be given to the broker: {0}")]
    Will(String),
    /// A filter that brokers throw a client out for.
    #[error("the subscription `{filter}` cannot be asked for: {reason}")]
    Subscription {
        /// The filter.
        filter: TopicFilter,
        /// What is wrong with it.
        reason: String,
    },
    /// The outbox cannot hold what may be published.
    #[error(
        "the outbox holds {bytes} bytes and {messages} messages; it needs room for one message of {largest} bytes at least"
    )]
    Outbox {
        /// Its bytes.
        bytes: usize,
        /// Its messages.
        messages: usize,
        /// The largest message.
        largest: usize,
    },
    /// The URL asks for TLS, and nobody said how it is spoken.
    #[error("the broker `{0}` asks for TLS, and nothing says whom to trust")]
    NoTls(BrokerUrl),
    /// There is no tokio runtime here.
    #[error("a session was started outside of a tokio runtime")]
    NoRuntime,
}

impl Options {
    /// Options with the defaults of a thing: keep-alive 10 s, messages up to 1 MiB, no will, no subscription.
    #[must_use]
    pub fn new(broker: impl Into<Endpoint>, client_id: impl Into<String>) -> Self {
        Self {
            broker: broker.into(),
            client_id: client_id.into(),
            keep_alive: Duration::from_secs(10),
            will: None,
            subscriptions: Vec::new(),
            kept_first: false,
            largest_incoming: MIB,
            largest_outgoing: MIB,
            outbox_messages: 1000,
            outbox_bytes: 2 * MIB,
            pace: Pace::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), SessionError> {
        let id = &self.client_id;
        if id.is_empty() || id.len() > 65_535 || id.chars().any(char::is_control) {
            return Err(SessionError::ClientId(id.len()));
        }
        if !(1..=65_535).contains(&self.keep_alive.as_secs()) {
            return Err(SessionError::KeepAlive(self.keep_alive));
        }
        if self.broker.url.is_tls() && self.broker.tls.is_none() {
            return Err(SessionError::NoTls(self.broker.url.clone()));
        }
        if let Some(will) = &self.will {
            // its length has two bytes in CONNECT (section 3.1.3.3)
            if will.payload.len() > 65_535 {
                let size = will.payload.len();
                let reason = format!("its payload has {size} bytes; at most 65535 are allowed");
                return Err(SessionError::Will(reason));
            }
            limits::deliverable(will.topic.as_str()).map_err(SessionError::Will)?;
            if will.qos == QoS::ExactlyOnce {
                return Err(SessionError::Will(limits::NO_QOS_2.to_owned()));
            }
        }
        for (filter, qos) in &self.subscriptions {
            let wrong = |reason| SessionError::Subscription {
                filter: filter.clone(),
                reason,
            };
            limits::deliverable(filter.as_str()).map_err(wrong)?;
            if *qos == QoS::ExactlyOnce {
                return Err(wrong(limits::NO_QOS_2.to_owned()));
            }
        }
        if self.outbox_messages == 0 || self.outbox_bytes < self.largest_outgoing {
            return Err(SessionError::Outbox {
                bytes: self.outbox_bytes,
                messages: self.outbox_messages,
                largest: self.largest_outgoing,
            });
        }
        Ok(())
    }

    /// The keep-alive as it is told to the broker: whole seconds.
    pub(super) fn whole_keep_alive(&self) -> Duration {
        Duration::from_secs(self.keep_alive.as_secs())
    }

    /// What the client library is made with. Called after [`Options::check`], so its setters do not panic.
    pub(super) fn for_client(&self) -> MqttOptions {
        let mut options = MqttOptions::new(
            &self.client_id,
            self.broker.url.for_client(),
            self.broker.url.port(),
        );
        let incoming = self.largest_incoming.saturating_add(BESIDES);
        let incoming = incoming.clamp(HARD_CAP, LARGEST_PACKET);
        options
            .set_keep_alive(self.whole_keep_alive())
            .set_clean_session(true)
            .set_inflight(INFLIGHT)
            // outgoing sizes are checked at `publish`, where the error reaches who can do something about it
            .set_max_packet_size(incoming, LARGEST_PACKET + 5);
        if let Some(will) = &self.will {
            let qos = wire_qos(will.qos);
            let (topic, payload) = (will.topic.as_str(), will.payload.clone());
            options.set_last_will(LastWill::new(topic, payload, qos, will.retain));
        }
        if let Some(credentials) = &self.broker.credentials {
            options.set_credentials(credentials.user(), credentials.password());
        }
        if let Some(transport) = self.transport() {
            options.set_transport(transport);
        }
        options
    }
}

impl Options {
    /// How bytes are carried; `None` for plain TCP, the library's own choice.
    fn transport(&self) -> Option<Transport> {
        let tls = || self.broker.tls.as_ref().map(super::Tls::for_client);
        match self.broker.url.scheme() {
            Scheme::Mqtt => None,
            Scheme::Mqtts => tls().map(Transport::tls_with_config),
            #[cfg(feature = "websockets")]
            Scheme::Ws => Some(Transport::Ws),
            #[cfg(feature = "websockets")]
            Scheme::Wss => tls().map(Transport::wss_with_config),
            #[cfg(not(feature = "websockets"))]
            Scheme::Ws | Scheme::Wss => unreachable!("no such URL is read in this build"),
        }
    }
}

pub(super) fn wire_qos(qos: QoS) -> rumqttc::QoS {
    match qos {
        QoS::AtMostOnce => rumqttc::QoS::AtMostOnce,
        QoS::AtLeastOnce => rumqttc::QoS::AtLeastOnce,
        QoS::ExactlyOnce => rumqttc::QoS::ExactlyOnce,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Topic;

    fn options() -> Options {
        Options::new(BrokerUrl::new("localhost", 1).unwrap(), "thing")
    }

    #[test]
    fn a_keep_alive_that_would_panic_is_refused() {
        for (keep_alive, ok) in [
            (0, false),
            (999, false),
            (1000, true),
            (65_535_000, true),
            (65_536_000, false),
        ] {
            let keep_alive = Duration::from_millis(keep_alive);
            let checked = Options {
                keep_alive,
                ..options()
            }
            .check();
            assert_eq!(checked.is_ok(), ok, "{keep_alive:?}");
        }
    }

    #[test]
    fn a_keep_alive_is_cut_to_whole_seconds_so_that_both_sides_count_the_same() {
        let keep_alive = Duration::from_millis(1500);
        let options = Options {
            keep_alive,
            ..options()
        };
        assert_eq!(options.for_client().keep_alive(), Duration::from_secs(1));
    }

    #[test]
    fn a_will_that_does_not_fit_into_connect_is_refused() {
        let will = |size| {
            Some(Message::state(
                Topic::new("t/status").unwrap(),
                vec![0; size],
            ))
        };
        assert_eq!(
            Options {
                will: will(65_535),
                ..options()
            }
            .check(),
            Ok(())
        );
        assert!(
            Options {
                will: will(65_536),
                ..options()
            }
            .check()
            .is_err()
        );
    }

    #[test]
    fn a_subscription_at_qos_2_is_refused_and_never_made_less() {
        let filter = TopicFilter::new("a").unwrap();
        let subscriptions = vec![(filter, QoS::ExactlyOnce)];
        let told = Options {
            subscriptions,
            ..options()
        }
        .check();
        assert!(told.unwrap_err().to_string().contains("QoS 2"));
    }

    #[test]
    fn an_empty_client_id_and_an_outbox_without_room_are_refused() {
        let client_id = String::new();
        assert_eq!(
            Options {
                client_id,
                ..options()
            }
            .check(),
            Err(SessionError::ClientId(0))
        );
        assert!(
            Options {
                outbox_bytes: 10,
                ..options()
            }
            .check()
            .is_err()
        );
        assert!(
            Options {
                outbox_messages: 0,
                ..options()
            }
            .check()
            .is_err()
        );
    }

    #[test]
    fn a_filter_that_mosquitto_throws_a_client_out_for_is_refused() {
        let filter = TopicFilter::new("a/".repeat(300)).unwrap();
        let subscriptions = vec![(filter, QoS::AtLeastOnce)];
        assert!(
            Options {
                subscriptions,
                ..options()
            }
            .check()
            .is_err()
        );
    }
}
