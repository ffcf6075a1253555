//! Messages that the broker has not finished with: what is sent again on a session that it remembers (section 4.4).

use super::parcel::Parcel;
use crate::model::QoS;
use rumqttc::mqttbytes::v4::{Packet, PubRel, Publish};
use std::collections::VecDeque;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// PUBLISH went out; QoS 1 waits for PUBACK, QoS 2 for PUBREC.
    Published,
    /// QoS 2: PUBREL went out, PUBCOMP is to come.
    Released,
}

#[derive(Debug)]
struct Flight {
    id: u16,
    parcel: Parcel,
    stage: Stage,
}

/// Those on their way, in the order in which they set out.
#[derive(Debug)]
pub(super) struct Flights {
    open: VecDeque<Flight>,
    most: usize,
    last_id: u16,
}

/// The PUBLISH of a parcel.
pub(super) fn publish(parcel: &Parcel, id: u16, dup: bool) -> Packet {
    let qos = super::wire_qos(parcel.qos);
    let mut publish = Publish::from_bytes(parcel.topic.as_str(), qos, parcel.payload.clone());
    publish.retain = parcel.retain;
    publish.pkid = id;
    publish.dup = dup;
    Packet::Publish(publish)
}

impl Flights {
    /// At most so many at once. Identifiers begin behind `last_id`: another process may have left some with the broker.
    pub(super) fn new(most: u16, last_id: u16) -> Self {
        Self {
            open: VecDeque::new(),
            most: usize::from(most.max(1)),
            last_id,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn has_room(&self) -> bool {
        self.open.len() < self.most
    }

    /// An identifier that no packet on its way has; 1 to 65 535 (section 2.3.1).
    pub(super) fn next_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if self.open.iter().all(|flight| flight.id != self.last_id) {
                return self.last_id;
            }
        }
    }

    /// Sends a parcel off; what goes on the wire.
    pub(super) fn start(&mut self, parcel: &Parcel) -> Packet {
        let id = self.next_id();
        self.open.push_back(Flight {
            id,
            parcel: parcel.clone(),
            stage: Stage::Published,
        });
        publish(parcel, id, false)
    }

    /// PUBACK came. One that nobody waits for means nothing.
    pub(super) fn acknowledged(&mut self, id: u16) {
        self.open.retain(|flight| {
            let waits = flight.stage == Stage::Published && flight.parcel.qos == QoS::AtLeastOnce;
            flight.id != id || !waits
        });
    }

    /// PUBREC came.
    pub(super) fn received(&mut self, id: u16) {
        let mut open = self.open.iter_mut();
        let its = open.find(|flight| flight.id == id && flight.parcel.qos == QoS::ExactlyOnce);
        if let Some(flight) = its {
            flight.stage = Stage::Released;
        }
    }

    /// PUBCOMP came.
    pub(super) fn completed(&mut self, id: u16) {
        let waits = |flight: &Flight| flight.stage == Stage::Released && flight.id == id;
        self.open.retain(|flight| !waits(flight));
    }

    /// What is said again on a session that the broker remembers.
    pub(super) fn resumed(&self) -> Vec<Packet> {
        let again = |flight: &Flight| match flight.stage {
            Stage::Published => publish(&flight.parcel, flight.id, true),
            Stage::Released => Packet::PubRel(PubRel::new(flight.id)),
        };
        self.open.iter().map(again).collect()
    }

    /// What is said to a broker that remembers nothing: all of it, as if for the first time.
    pub(super) fn begun_anew(&mut self) -> Vec<Packet> {
        let anew = |flight: &mut Flight| {
            flight.stage = Stage::Published;
            publish(&flight.parcel, flight.id, false)
        };
        self.open.iter_mut().map(anew).collect()
    }
}
