//! What waits: threads, tasks and timers that carry inputs to things and their effects away, and decide nothing.

mod clock;
mod host;
mod identity;
mod inbox;
mod node;
mod presence;
mod service;
mod throttle;

pub use clock::Clock;
pub use host::{Host, HostReport};
pub use identity::{Choose, choose, current_id};
pub use inbox::{Inbox, InboxCounts, Sense};
pub use node::{Node, NodeError, NodeOptions};
pub use presence::{About, AboutResource};
pub use service::Service;
