//! The words that every room shares: topics, values, messages, moments and mistakes. No I/O.

mod color;
mod draw;
mod filter_words;
mod harmless;
mod hidden;
mod message;
mod mismatch;
mod mistake;
mod moment;
mod near_miss;
mod shell;
mod topic;
mod utc;
mod value;

pub use color::Color;
pub use draw::Draw;
pub use filter_words::{Level, LevelKind};
pub use harmless::{harmless, harmless_json, is_harmful};
pub use hidden::{hidden, holds_private_key, may_be_password};
pub use message::{Message, QoS};
pub use mismatch::Mismatch;
pub use mistake::{Mistake, Place, nearest};
pub use moment::{Moment, Now};
pub use near_miss::{NearMiss, near_miss};
pub use shell::{shell_path, shell_word};
pub use topic::{Topic, TopicError, TopicFilter};
pub use utc::utc_text;
pub use value::{CANARY, Value, ValueError, ValueKind, escaped, rescale};
