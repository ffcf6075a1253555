//! The engine: a board with its resources, as a state machine that neither waits nor reads a clock.
//!
//! [`Thing::handle`] takes what happened and returns what is to be done about it; [`Thing::next_wake`] says when it
//! wants to be called again. Whoever writes a new kind of resource meets [`Sensor`] and [`Actuator`], or, for
//! something unusual, [`Resource`].

mod attention;
mod driven;
mod engine;
mod event;
mod follow;
mod gate;
pub mod overview;
mod polled;
mod resource;
mod slot;
mod source;
mod topics;

pub use driven::{Actuator, Driven};
pub use engine::Thing;
pub use event::{Effect, Event, Input, Refusal};
pub use follow::{Combine, Follow, OnSourceLost};
pub use gate::Gate;
pub use polled::{Polled, Reading, Sensor};
pub use resource::{Channel, Class, Context, Resource, ResourceError};
pub use slot::Fault;
pub use source::Source;
pub use topics::{HEALTH_EVERY, ThingTopics};
