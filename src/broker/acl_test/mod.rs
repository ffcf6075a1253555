//! Proves a table of access rights on a live broker, row by row, *by delivery*: MQTT 3.1.1 has no answer that says that a
//! publish was not allowed (3.3.5), and Mosquitto 2.0 grants a subscription that it then keeps silent.
//!
//! Three kinds of messages, all of them `mqtt-thing-canary TOKEN`, each with a token of its own, never retained: an
//! actuator does not understand it, an executor refuses it as no JSON, so no thing obeys it; and nothing is left behind.
//! Who subscribes to the topics of a table sees them pass by.
//!
//! ```text
//!            publish                                     subscribe
//!   user   ──canary──> broker                  prover ──canary──> broker ──?──> user
//!          <──PUBACK──                                <──PUBACK──
//!   prover ──sentinel─> broker ──> prover      user   ──fence───> broker
//!   the canary came before the sentinel, or not        <──PUBACK── the canary came before it, or not
//! ```
//!
//! **Why an absent canary is denied, and not late.** Mosquitto handles one packet after the other on one thread. It has
//! written a message to all its readers before it acknowledges it, and what it writes to one reader at QoS 0 stays in
//! its order, TCP included. So a canary that passed is at the prover before a sentinel which was sent after the
//! canary's PUBACK; and it is at the user before the acknowledgement of whatever the user sends after that PUBACK. Time
//! does not come into it: a slow broker makes a slow test and no wrong one. What is denied was denied in two rounds, and
//! a round in which a connection broke does not count.
//!
//! **Where that is not sound.** A cluster, a bridge on the way, or a broker that acknowledges before it passes on (or
//! closes the connection instead of dropping a message): there `denied` may be a canary that was late, and a closed
//! connection is told as undecided. What is allowed is certain everywhere. A reader whose queue overflows at the broker
//! may lose a canary; the topics of such a test are quiet.

mod canary;
mod peer;
mod proof;
mod prover;
pub mod table;
mod verdict;

pub use peer::Undecided;
pub use proof::{Proof, ProofError, Way};
pub use verdict::{Decided, Denied, Found, Outcome, Tried, judge};
