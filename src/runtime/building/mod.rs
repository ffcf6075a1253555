//! A building on the network: a simulated one that speaks, a question that is answered, a watch that gives alarm.

mod refusals;
mod simulate;
mod watch;

pub use refusals::Refusals;
pub use simulate::{SimulateOptions, Tally, simulate};
pub use watch::{Guard, Seen, WatchOptions, watch};
