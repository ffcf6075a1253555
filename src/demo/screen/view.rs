//! What there is to see, without how it is drawn.

use crate::demo::Latency;
use std::collections::VecDeque;
use std::time::Duration;

/// Everything on the screen.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The broker's URL.
    pub broker: String,
    /// How to join in.
    pub join: String,
    /// Why the broker cannot be reached, while it cannot.
    pub away: Option<String>,
    /// The things, then what is not in the lab.
    pub panels: Vec<Panel>,
    /// Times from an input to an output's pin.
    pub latency: Latency,
    /// The latest of them.
    pub last: Option<Duration>,
    /// What was seen, oldest first.
    pub log: VecDeque<Entry>,
    /// Keys and what they do.
    pub help: Vec<(String, String)>,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, since the start.
    pub at: Duration,
    /// A topic; empty for what the program itself says.
    pub topic: String,
    /// A payload, escaped, or what the program says.
    pub text: String,
}

/// A box: a thing with its resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// Its name.
    pub name: String,
    /// What its topics begin with.
    pub id: String,
    /// What is plugged in.
    pub resources: Vec<Resource>,
}

/// A row in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The key that moves it.
    pub key: String,
    /// Its socket.
    pub port: &'static str,
    /// Its topic, below the thing's id.
    pub path: String,
    /// How it stands.
    pub state: State,
    /// How long the last change took to reach it.
    pub latency: Option<Duration>,
}

/// How a resource stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// A switch: pressed or not.
    Switch(bool),
    /// A knob.
    Knob {
        /// Its value.
        value: i64,
        /// Of 255.
        share: u8,
        /// Whether the keys turn this one.
        chosen: bool,
    },
    /// An output: high so much of the time, of 255.
    Output(u8),
    /// What it said last.
    Said(String),
}
