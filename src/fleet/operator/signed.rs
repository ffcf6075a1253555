//! By which key the commands on our own topics are signed, and who wants that.

use super::{Operator, OperatorEvent};
use crate::fleet::own::Order;
use crate::fleet::signing::{PublicKey, Signer, whole_second_from};
use crate::model::Topic;
use std::time::SystemTime;

impl Operator {
    /// Has every command and cancellation on our own topics signed, at the moment when it goes out. What goes to old
    /// peers and to commanders is never signed: their protocol has no place for it.
    #[must_use]
    pub fn signing_with(mut self, signer: Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    /// The public half of the key that signs.
    #[must_use]
    pub fn signed_by(&self) -> Option<&PublicKey> {
        self.signer.as_ref().map(Signer::public)
    }

    /// An order as it goes out now.
    pub(super) fn payload(&mut self, order: &Order, commands: &Topic) -> Vec<u8> {
        match &mut self.signer {
            Some(signer) => signer.sign(order, commands, self.now.wall),
            None => order.encode(),
        }
    }

    /// When a command expires that would at this moment: a signature counts for whole seconds.
    pub(super) fn expiry_of(&self, at: SystemTime) -> SystemTime {
        match self.signer {
            Some(_) => whole_second_from(at),
            None => at,
        }
    }

    /// Whether nothing can be signed any more that expires then.
    pub(super) fn is_too_late_to_sign(&self, expires: SystemTime) -> bool {
        self.signer.is_some() && expires <= self.now.wall
    }

    /// A client says that it obeys signed commands only. It is asked all the same: what it answers is what counts, and
    /// an `about` may be old.
    pub(super) fn signature_wanted(&mut self, index: usize) {
        let client = &self.clients[index];
        if self.signer.is_none() && client.takes_part {
            let client = client.name.clone();
            self.event(OperatorEvent::SignatureWanted { client });
        }
    }
}
