//! A session with an MQTT broker (MQTT 3.1.1, OASIS 2014). The only place that knows the client library.
//!
//! ```text
//!   any thread ── Outbox::publish ──> Queue ──┐                       ┌──> sink(Connected | Message | ..)
//!                                             v                       │
//!   Session's task:   dial ──> Connection: fill the library's channel, turn its event loop ──> ended? ──> pause
//!                      ^                                                                                    │
//!                      └────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! | file | what it decides or does |
//! |---|---|
//! | `session` | the task: connect, serve, pause, for ever; closing |
//! | `dial`, `connection` | one connection with a client of its own: what is handed over, events |
//! | `patience` | how long the broker may take |
//! | `outbox`, `letter`, `queue` | what waits, what is dropped, what is sent again |
//! | `queue/wire` | what is on its way, and which answer proves that the broker has it |
//! | `subscriptions` | what is asked for, refusals, packets over the hard cap |
//! | `reconnect` | pauses, and whether another client has our identifier |
//! | `url`, `access`, `credentials`, `tls`, `endpoint` | where the broker is, and what lets us in |
//! | `incoming`, `limits`, `rejected` | what is taken from and given to the network |
//! | `reasons`, `tls_reasons`, `cause`, `journal` | errors in a user's words, said once, and for a program |
//! | `opening` | name, TCP, TLS, WebSocket, for those who do without the client library |
//! | `trial` | a connection that is tried step by step, beside any session |
//! | `exchange` | packets one by one, all qualities of service and kept sessions, for `pub` and `sub` |
//!
//! **Truth is kept at the ends.** Sessions are clean, the broker's memory is not relied on, and of the client
//! library nothing outlives a connection: on each one everything is subscribed to again, `Connected` makes every
//! state be said again, and promises that were not acknowledged are sent again. Who wants to know when the broker has
//! a message for certain asks for a [`Receipt`].

mod access;
mod cause;
mod connection;
mod counters;
mod credentials;
mod dial;
mod endpoint;
pub mod exchange;
mod incoming;
mod journal;
mod letter;
mod limits;
mod opening;
mod options;
mod outbox;
mod patience;
mod queue;
mod reasons;
mod reconnect;
mod rejected;
mod session;
mod subscriptions;
mod tls;
mod tls_reasons;
mod trial;
mod url;

pub use access::{Access, AccessError};
pub use cause::Cause;
pub use counters::Counters;
pub use credentials::{Credentials, CredentialsError};
pub use endpoint::Endpoint;
pub use letter::Receipt;
pub use opening::{Failure, Way};
pub use options::{Options, Pace, SessionError};
pub use outbox::{Outbox, PublishError};
pub use session::{Closed, Session, SessionEvent};
pub use tls::{ClientCertificate, Tls, TlsError, TrustedCa};
pub use trial::{Answered, Heard, Line, Peer};
pub use url::{BrokerUrl, BrokerUrlError, Scheme};
