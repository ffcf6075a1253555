//! A packet as one looks at it in a course: its type, its flags, and what its bytes are spent on.

use crate::model::{Moment, QoS};
use rumqttc::ConnectReturnCode;
use rumqttc::mqttbytes::v4::{Connect, Packet, SubscribeReasonCode};

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the broker.
    Out,
    /// From the broker.
    In,
}

/// What a packet's bytes are spent on, as they are on the wire (MQTT 3.1.1, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// Type in the upper half, flags in the lower.
    pub first_byte: u8,
    /// Type, flags and remaining length: 2 to 5 bytes.
    pub fixed_header: usize,
    /// What stands before the payload: of a PUBLISH its topic and its packet identifier.
    pub variable_header: usize,
    /// The rest: of a PUBLISH the message, of a CONNECT identifier, will and login, of a SUBSCRIBE the filters.
    pub payload: usize,
}

impl Sizes {
    /// All bytes of the packet.
    #[must_use]
    pub const fn whole(&self) -> usize {
        self.fixed_header + self.variable_header + self.payload
    }

    pub(super) fn of(packet: &Packet, first_byte: u8, fixed_header: usize, rest: usize) -> Self {
        let variable_header = match packet {
            // name, level, flags, keep-alive (section 3.1.2)
            Packet::Connect(_) => 10,
            Packet::Publish(publish) => rest.saturating_sub(publish.payload.len()),
            Packet::Subscribe(_) | Packet::SubAck(_) | Packet::Unsubscribe(_) => 2,
            _ => rest,
        };
        let variable_header = variable_header.min(rest);
        Self {
            first_byte,
            fixed_header,
            variable_header,
            payload: rest - variable_header,
        }
    }
}

/// A packet that goes or comes.
#[derive(Debug, Clone)]
pub struct Glimpse<'a> {
    /// Which way.
    pub direction: Direction,
    /// When, since the start.
    pub at: Moment,
    /// Its sizes.
    pub sizes: Sizes,
    /// What it says.
    pub told: Told<'a>,
}

/// What a packet says. Texts come from the network: they are to be escaped.
#[derive(Debug, Clone)]
pub enum Told<'a> {
    /// The client asks to be let in.
    Connect(Greeting<'a>),
    /// The broker answers.
    ConnAck {
        /// It remembers this client.
        session_present: bool,
        /// 0 to 5 (section 3.2.2.3).
        code: u8,
    },
    /// A message.
    Publish {
        /// Sent before, perhaps.
        dup: bool,
        /// How.
        qos: QoS,
        /// To be kept, or kept before.
        retain: bool,
        /// From QoS 1 on.
        id: Option<u16>,
        /// Where to.
        topic: &'a str,
    },
    /// A message has arrived (QoS 1).
    PubAck(u16),
    /// A message has arrived (QoS 2, the first of three answers).
    PubRec(u16),
    /// It is known that it has, so it may be passed on (the second).
    PubRel(u16),
    /// Its identifier is free again (the third).
    PubComp(u16),
    /// Filters with the quality of service asked for.
    Subscribe(u16, Vec<(&'a str, QoS)>),
    /// What is granted, in their order; nothing where refused.
    SubAck(u16, Vec<Option<QoS>>),
    /// Are you there?
    PingReq,
    /// I am.
    PingResp,
    /// The client leaves, and its will is not to be said.
    Disconnect,
    /// Another packet, by its number (section 2.2.1).
    Other(u8),
}

/// What a CONNECT says. The password is not here.
#[derive(Debug, Clone)]
pub struct Greeting<'a> {
    /// The client identifier.
    pub client_id: &'a str,
    /// The broker is to forget what it remembers of this client.
    pub clean_session: bool,
    /// In seconds; 0 is none.
    pub keep_alive: u16,
    /// The will's topic, quality of service, retain flag and size.
    pub will: Option<(&'a str, QoS, bool, usize)>,
    /// The user.
    pub user: Option<&'a str>,
    /// Whether there is a password.
    pub password: bool,
}

impl Told<'_> {
    /// The packet's name in the standard.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connect(_) => "CONNECT",
            Self::ConnAck { .. } => "CONNACK",
            Self::Publish { .. } => "PUBLISH",
            Self::PubAck(_) => "PUBACK",
            Self::PubRec(_) => "PUBREC",
            Self::PubRel(_) => "PUBREL",
            Self::PubComp(_) => "PUBCOMP",
            Self::Subscribe(..) => "SUBSCRIBE",
            Self::SubAck(..) => "SUBACK",
            Self::PingReq => "PINGREQ",
            Self::PingResp => "PINGRESP",
            Self::Disconnect => "DISCONNECT",
            Self::Other(_) => "another packet",
        }
    }

    /// Its packet identifier, if it has one.
    #[must_use]
    pub const fn id(&self) -> Option<u16> {
        match self {
            Self::Publish { id, .. } => *id,
            Self::PubAck(id)
            | Self::PubRec(id)
            | Self::PubRel(id)
            | Self::PubComp(id)
            | Self::Subscribe(id, _)
            | Self::SubAck(id, _) => Some(*id),
            _ => None,
        }
    }
}

/// The broker's answer to a CONNECT as a part of a sentence.
#[must_use]
pub fn return_code(code: u8) -> String {
    match code {
        0 => "accepted".to_owned(),
        code => crate::mqtt::reasons::refused(crate::mqtt::Cause::of_code(code), code),
    }
}

pub(super) const fn code_of(code: ConnectReturnCode) -> u8 {
    crate::mqtt::reasons::code_of(code)
}

pub(super) const fn qos_of(qos: rumqttc::QoS) -> QoS {
    match qos {
        rumqttc::QoS::AtMostOnce => QoS::AtMostOnce,
        rumqttc::QoS::AtLeastOnce => QoS::AtLeastOnce,
        rumqttc::QoS::ExactlyOnce => QoS::ExactlyOnce,
    }
}

pub(super) fn told(packet: &Packet) -> Told<'_> {
    match packet {
        Packet::Connect(connect) => Told::Connect(greeting(connect)),
        Packet::ConnAck(ack) => Told::ConnAck {
            session_present: ack.session_present,
            code: code_of(ack.code),
        },
        Packet::Publish(publish) => Told::Publish {
            dup: publish.dup,
            qos: qos_of(publish.qos),
            retain: publish.retain,
            id: (publish.pkid != 0).then_some(publish.pkid),
            topic: &publish.topic,
        },
        Packet::PubAck(ack) => Told::PubAck(ack.pkid),
        Packet::PubRec(ack) => Told::PubRec(ack.pkid),
        Packet::PubRel(ack) => Told::PubRel(ack.pkid),
        Packet::PubComp(ack) => Told::PubComp(ack.pkid),
        Packet::Subscribe(asked) => {
            let filters = asked.filters.iter();
            let filters = filters.map(|filter| (filter.path.as_str(), qos_of(filter.qos)));
            Told::Subscribe(asked.pkid, filters.collect())
        }
        Packet::SubAck(ack) => Told::SubAck(ack.pkid, granted(&ack.return_codes)),
        Packet::PingReq => Told::PingReq,
        Packet::PingResp => Told::PingResp,
        Packet::Disconnect => Told::Disconnect,
        Packet::Unsubscribe(_) => Told::Other(10),
        Packet::UnsubAck(_) => Told::Other(11),
    }
}

pub(super) fn granted(codes: &[SubscribeReasonCode]) -> Vec<Option<QoS>> {
    let granted = |code: &SubscribeReasonCode| match code {
        SubscribeReasonCode::Success(qos) => Some(qos_of(*qos)),
        SubscribeReasonCode::Failure => None,
    };
    codes.iter().map(granted).collect()
}

fn greeting(connect: &Connect) -> Greeting<'_> {
    let login = connect.login.as_ref();
    Greeting {
        client_id: &connect.client_id,
        clean_session: connect.clean_session,
        keep_alive: connect.keep_alive,
        will: connect.last_will.as_ref().map(|will| {
            let size = will.message.len();
            (will.topic.as_str(), qos_of(will.qos), will.retain, size)
        }),
        user: login.map(|login| login.username.as_str()),
        password: login.is_some_and(|login| !login.password.is_empty()),
    }
}
