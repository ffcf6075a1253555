//! How a SUT makes itself known to a governor's operator: it says its id until that is acknowledged, and again after
//! every reconnect, since an operator may have been restarted as well.

use super::GovernorFace;
use crate::model::escaped;
use crate::model::{Message, Moment};
use std::time::Duration;

/// The first registration comes so long after the connection: the subscriptions stand by then.
const FIRST: Duration = Duration::from_millis(500);
/// Further ones follow each other at this distance.
const AGAIN: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Registration {
    face: GovernorFace,
    /// When it is said next; nothing once it is acknowledged, or without a connection.
    due: Option<Moment>,
    acknowledged: bool,
}

impl Registration {
    pub(crate) const fn new(face: GovernorFace) -> Self {
        Self {
            face,
            due: None,
            acknowledged: false,
        }
    }

    pub(crate) const fn face(&self) -> &GovernorFace {
        &self.face
    }

    pub(crate) fn connected(&mut self, now: Moment) {
        self.due = Some(now + FIRST);
        self.acknowledged = false;
    }

    pub(crate) const fn due(&self) -> Option<Moment> {
        self.due
    }

    /// Whether an operator knows it, as of its last connection.
    pub(crate) const fn is_acknowledged(&self) -> bool {
        self.acknowledged
    }

    /// The registration, if it is time.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<Message> {
        self.due.filter(|due| *due <= now)?;
        self.due = Some(now + AGAIN);
        let id = self.face.client_id.clone();
        Some(Message::event(self.face.topics.registration.clone(), id))
    }

    /// Somebody was acknowledged.
    pub(crate) fn acknowledged(&mut self, payload: &[u8]) {
        if payload == self.face.client_id.as_bytes() {
            if self.due.is_some() {
                let client_id = escaped(self.face.client_id.as_bytes(), 128);
                tracing::info!(client_id, "registered with the operator");
            }
            self.due = None;
            self.acknowledged = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::GovernorTopics;

    #[test]
    fn it_registers_after_half_a_second_and_every_five_until_its_exact_id_is_acknowledged() {
        let at = |ms| Moment::after(Duration::from_millis(ms));
        let mut registration = Registration::new(GovernorFace::new(
            GovernorTopics::default(),
            "c1".to_owned(),
        ));
        assert_eq!(registration.take_due(at(1000)), None, "nobody hears it");
        registration.connected(at(1000));
        assert_eq!(registration.take_due(at(1499)), None);
        let said = registration.take_due(at(1500)).unwrap();
        assert_eq!(
            format!("{said:?}"),
            "clients/registration \"c1\" AtMostOnce"
        );
        registration.acknowledged(b"c1 ");
        registration.acknowledged(b"C1");
        assert_eq!(registration.take_due(at(6499)), None);
        assert!(registration.take_due(at(6500)).is_some());
        registration.acknowledged(b"c1");
        assert_eq!(registration.due(), None);
        registration.connected(at(60_000));
        assert!(
            registration.take_due(at(60_500)).is_some(),
            "again after a reconnect"
        );
    }
}
