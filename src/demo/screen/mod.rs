//! The screen: a lab that is pressed and turned by hand.
//!
//! ```text
//!   keys ──> bench (moves inputs, expects outputs) ──> view (what there is to see) ──> draw (rows of text)
//!   pins, messages, log ────────────────^                                                 │
//!                                                                          terminal <─────┘  only rows that changed
//! ```

mod bench;
mod draw;
mod keys;
mod logged;
mod terminal;
mod view;

#[cfg(test)]
mod tests;

pub use draw::{Ink, Piece, Row, Size, draw};
pub use view::{Entry, Panel, Resource, State, View};

use super::{Latency, Observer, Station};
use bench::Bench;
use crossterm::event::{self, Event};
use keys::Wish;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;
use terminal::Terminal;

/// How often it is looked for changes; times are measured elsewhere.
const FRAME: Duration = Duration::from_millis(30);

/// Where the broker is, for the first line.
#[derive(Debug, Clone)]
pub struct Address {
    /// Its URL.
    pub url: String,
    /// A command that shows everything that goes over it.
    pub join: String,
}

/// Shows the lab on the terminal until somebody quits or `stop` is set. Blocks its thread. The terminal is restored
/// however it ends, also by a panic on any thread. Returns the times from an input to an output's pin.
///
/// # Errors
/// The terminal cannot be used, or a thread panicked.
pub fn show(
    stations: &[Station],
    observer: &Observer,
    address: Address,
    log: &Receiver<String>,
    stop: &AtomicBool,
) -> io::Result<Latency> {
    let mut bench = Bench::new(stations, observer, address);
    let mut terminal = Terminal::enter()?;
    while !stop.load(Ordering::Relaxed) && Terminal::is_ours() {
        bench.look(log);
        terminal.paint(|size| draw(bench.view(), size))?;
        let mut patience = FRAME;
        // all keys that wait, then one picture
        while event::poll(patience)? {
            patience = Duration::ZERO;
            match event::read()? {
                Event::Key(key) => match keys::wish(&key) {
                    Some(Wish::Quit) => return Ok(bench.view().latency.clone()),
                    Some(wish) => bench.obey(wish),
                    None => {}
                },
                Event::Resize(..) => terminal.forget(),
                _ => {}
            }
        }
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(bench.view().latency.clone());
    }
    Err(io::Error::other(
        "a thread panicked, so the terminal was given back",
    ))
}
