//! A lab without hardware: every thing of a topology on a simulated board, with the real driver, the real session and
//! a real broker between them.
//!
//! ```text
//!   topology -> stations ──> lab       a board, a driver, a node for each thing
//!                  │
//!                  ├──> inputs         what can be pressed, turned or said
//!                  ├──> expectation    what every output has to do then, worked out without the engine
//!                  └──> observer       a session of its own that sees what goes over the broker
//!
//!   script   moves every input, checks every output        screen   the same by hand
//! ```

mod broker;
mod expectation;
mod front;
mod input;
mod lab;
mod latency;
mod line;
mod observer;
pub mod screen;
mod script;
mod station;
mod steps;

pub use broker::{EmbeddedBrokerError, RETAINED_TO_ONE, embedded_broker, refused_id};
pub use expectation::Expectation;
pub use input::{Drive, Input, inputs};
pub use lab::Lab;
pub use latency::Latency;
pub use line::{Line, Who};
pub use observer::{Observer, ObserverError, Seen};
pub use script::{Pace, Script, Verdict};
pub use station::{Station, StationError, retained_topics, stations};
pub use steps::left_out;

/// The scenario that is shown when no other is asked for: two Pis, a button, a knob, three LEDs.
pub const SCENARIO: &str = include_str!("../../resources/dimmer.toml");
