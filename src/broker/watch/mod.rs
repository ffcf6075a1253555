//! What a broker tells of itself under `$SYS`, as figures and rates. Source: mosquitto(8) of 2.0, "Broker Status".
//!
//! ```text
//!   $SYS messages ──> Reading ──> a round is whole: Watcher ──> Update (figures, rates) ──> who shows it
//!                                     │  history, silence, restarts
//!   /proc ──> BrokerProcess ──────────┘
//! ```
//!
//! | file | what it decides or does |
//! |---|---|
//! | `figures` | which topic is which figure |
//! | `reading` | a message becomes a number, or is not taken |
//! | `rates` | two rounds become rates; whether the broker started anew |
//! | `watcher` | which messages are one round; silence; restarts. Time is an argument |
//! | `history` | the rates of the last minutes |
//! | `session` | the session with the broker |
//! | `process` | the broker's process, where it runs on this machine |
//!
//! Mosquitto keeps each figure and sends only what changed: every `sys_interval` (10 s, unless its configuration says
//! otherwise) a burst that begins with the uptime. What was kept is shown at once; rates take a burst that is fresh.

mod figures;
mod history;
mod process;
mod rates;
mod reading;
mod session;
mod watcher;

pub use figures::{Figure, Load};
pub use history::{History, Point};
pub use process::{BrokerProcess, Look};
pub use rates::{Rates, restarted};
pub use reading::{Reading, Taken};
pub use session::{Heard, Watch};
pub use watcher::{Connection, Silence, Update, Watcher};
