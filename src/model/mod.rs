//! The words that every room shares: topics, values, messages, moments and mistakes. No I/O.

mod color;
mod harmless;
mod hidden;
mod message;
mod mistake;
mod moment;
mod topic;
mod value;

pub use color::Color;
pub use harmless::{harmless, harmless_json};
pub use hidden::{hidden, holds_private_key, may_be_password};
pub use message::{Message, QoS};
pub use mistake::{Mistake, Place, nearest};
pub use moment::{Moment, Now};
pub use topic::{Topic, TopicError, TopicFilter};
pub use value::{CANARY, Value, ValueError, ValueKind, escaped, rescale};
