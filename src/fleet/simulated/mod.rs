//! Simulated clients: they register, say what they are and answer every command, but run nothing. What one answers
//! follows from a script, a seed, the client, the command and how many it had before, so a trial can be repeated.
//!
//! | file | what it decides |
//! |---|---|
//! | `script` | which commands are answered how |
//! | `admission` | which messages are commands for this client |
//! | `work` | whose turn it is, and what is remembered for those who ask again |
//! | `client` | the client: what comes in, what it says |
//!
//! Towards the network a simulated client is what `mqtt-thing sut` is: the same topics, the same forms, one command at
//! a time. It is honest about itself: the `name` in its `about` begins with `sim`.

mod admission;
mod client;
mod script;
mod work;

#[cfg(test)]
mod tests;

pub use client::{Faces, Input, SimulatedClient, SimulatedCounts};
pub use script::{Manner, Script, Wildcard};
