//! What a broker tells of itself, by topic. Source: mosquitto(8) of 2.0, "Broker Status", and its `src/sys_tree.c`.

/// A whole number of the broker's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "they are in the table below, with their topics"
)]
pub enum Figure {
    ClientsConnected,
    ClientsDisconnected,
    ClientsTotal,
    ClientsMaximum,
    ClientsExpired,
    MessagesReceived,
    MessagesSent,
    BytesReceived,
    BytesSent,
    PublishesReceived,
    PublishesSent,
    PublishesDropped,
    PublishBytesReceived,
    PublishBytesSent,
    Subscriptions,
    SharedSubscriptions,
    RetainedMessages,
    StoredMessages,
    StoredBytes,
    HeapBytes,
    HeapMaximumBytes,
}

/// Of an exponentially smoothed mean, three of which are kept, over 1, 5 and 15 minutes: what is counted a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "they are in the table below, with their topics"
)]
pub enum Load {
    MessagesReceived,
    MessagesSent,
    PublishesReceived,
    PublishesSent,
    PublishesDropped,
    BytesReceived,
    BytesSent,
    Sockets,
    Connections,
}

/// Whether a figure only grows while the broker runs, so that it has a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Grows,
    Varies,
}
use Kind::{Grows, Varies};

/// By figure: its topic below [`BELOW`], its name in JSON, its kind.
const FIGURES: &[(Figure, &str, &str, Kind)] = &[
    (
        Figure::ClientsConnected,
        "clients/connected",
        "clients_connected",
        Varies,
    ),
    (
        Figure::ClientsDisconnected,
        "clients/disconnected",
        "clients_disconnected",
        Varies,
    ),
    (
        Figure::ClientsTotal,
        "clients/total",
        "clients_total",
        Varies,
    ),
    (
        Figure::ClientsMaximum,
        "clients/maximum",
        "clients_maximum",
        Varies,
    ),
    (
        Figure::ClientsExpired,
        "clients/expired",
        "clients_expired",
        Varies,
    ),
    (
        Figure::MessagesReceived,
        "messages/received",
        "messages_received",
        Grows,
    ),
    (
        Figure::MessagesSent,
        "messages/sent",
        "messages_sent",
        Grows,
    ),
    (
        Figure::BytesReceived,
        "bytes/received",
        "bytes_received",
        Grows,
    ),
    (Figure::BytesSent, "bytes/sent", "bytes_sent", Grows),
    (
        Figure::PublishesReceived,
        "publish/messages/received",
        "publishes_received",
        Grows,
    ),
    (
        Figure::PublishesSent,
        "publish/messages/sent",
        "publishes_sent",
        Grows,
    ),
    (
        Figure::PublishesDropped,
        "publish/messages/dropped",
        "publishes_dropped",
        Grows,
    ),
    (
        Figure::PublishBytesReceived,
        "publish/bytes/received",
        "publish_bytes_received",
        Grows,
    ),
    (
        Figure::PublishBytesSent,
        "publish/bytes/sent",
        "publish_bytes_sent",
        Grows,
    ),
    (
        Figure::Subscriptions,
        "subscriptions/count",
        "subscriptions",
        Varies,
    ),
    (
        Figure::SharedSubscriptions,
        "shared_subscriptions/count",
        "shared_subscriptions",
        Varies,
    ),
    // a topic with a blank
    (
        Figure::RetainedMessages,
        "retained messages/count",
        "retained_messages",
        Varies,
    ),
    (
        Figure::StoredMessages,
        "store/messages/count",
        "stored_messages",
        Varies,
    ),
    (
        Figure::StoredBytes,
        "store/messages/bytes",
        "stored_bytes",
        Varies,
    ),
    (Figure::HeapBytes, "heap/current", "heap_bytes", Varies),
    (
        Figure::HeapMaximumBytes,
        "heap/maximum",
        "heap_maximum_bytes",
        Varies,
    ),
];

/// By load: its topic below `load/`, without the minutes; its name in JSON.
const LOADS: &[(Load, &str, &str)] = &[
    (
        Load::MessagesReceived,
        "messages/received",
        "load_messages_received_per_min",
    ),
    (
        Load::MessagesSent,
        "messages/sent",
        "load_messages_sent_per_min",
    ),
    (
        Load::PublishesReceived,
        "publish/received",
        "load_publishes_received_per_min",
    ),
    (
        Load::PublishesSent,
        "publish/sent",
        "load_publishes_sent_per_min",
    ),
    (
        Load::PublishesDropped,
        "publish/dropped",
        "load_publishes_dropped_per_min",
    ),
    (
        Load::BytesReceived,
        "bytes/received",
        "load_bytes_received_per_min",
    ),
    (Load::BytesSent, "bytes/sent", "load_bytes_sent_per_min"),
    (Load::Sockets, "sockets", "load_sockets_per_min"),
    (Load::Connections, "connections", "load_connections_per_min"),
];

/// The last level of a load's topic, by place.
const MINUTES: [&str; 3] = ["1min", "5min", "15min"];

/// What every topic begins with that is read here.
pub(super) const BELOW: &str = "$SYS/broker/";
pub(super) const FIGURE_COUNT: usize = FIGURES.len();
pub(super) const LOAD_COUNT: usize = LOADS.len();

impl Figure {
    /// Every figure, in the order of the broker's manual.
    pub fn all() -> impl Iterator<Item = Self> {
        FIGURES.iter().map(|row| row.0)
    }

    /// Its name in JSON; the unit is in it where it is no plain count.
    #[must_use]
    pub const fn key(self) -> &'static str {
        FIGURES[self as usize].2
    }

    /// Its topic.
    #[must_use]
    pub fn topic(self) -> String {
        format!("{BELOW}{}", FIGURES[self as usize].1)
    }

    /// Whether it only grows while the broker runs.
    #[must_use]
    pub fn grows(self) -> bool {
        FIGURES[self as usize].3 == Grows
    }

    pub(super) fn of(topic: &str) -> Option<Self> {
        FIGURES.iter().find(|row| row.1 == topic).map(|row| row.0)
    }
}

impl Load {
    /// Every load, in the order of the broker's manual.
    pub fn all() -> impl Iterator<Item = Self> {
        LOADS.iter().map(|row| row.0)
    }

    /// Its name in JSON, with its unit.
    #[must_use]
    pub const fn key(self) -> &'static str {
        LOADS[self as usize].2
    }

    /// By topic: which, and which of the three.
    pub(super) fn of(topic: &str) -> Option<(Self, usize)> {
        let (name, minutes) = topic.strip_prefix("load/")?.rsplit_once('/')?;
        let place = MINUTES.iter().position(|its| *its == minutes)?;
        let row = LOADS.iter().find(|row| row.1 == name)?;
        Some((row.0, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_stands_where_its_name_points() {
        for (place, figure) in Figure::all().enumerate() {
            assert_eq!(figure as usize, place);
        }
        for (place, load) in Load::all().enumerate() {
            assert_eq!(load as usize, place);
        }
    }

    #[test]
    fn a_topic_with_a_blank_and_one_of_minutes_are_found() {
        assert_eq!(
            Figure::RetainedMessages.topic(),
            "$SYS/broker/retained messages/count"
        );
        assert_eq!(
            Figure::of("retained messages/count"),
            Some(Figure::RetainedMessages)
        );
        assert_eq!(
            Load::of("load/publish/dropped/15min"),
            Some((Load::PublishesDropped, 2))
        );
        for wrong in ["load/", "load/sockets", "load/sockets/2min", "load//1min"] {
            assert_eq!(Load::of(wrong), None, "{wrong}");
        }
    }
}
