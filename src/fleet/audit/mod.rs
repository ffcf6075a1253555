//! The audit log of a thing's executors: what was accepted, refused and run, a line each, chained by hash. Pure: the
//! lines and what is wrong with them; `store` keeps the file.
//!
//! | file | what it is |
//! |---|---|
//! | `entry` | what is written down of a command |
//! | `line` | an entry as a line, and a line as it is read |
//! | `head` | the number and the hash of a line |
//! | `verify` | whether lines are the ones that were written |
//! | `rate` | how many refusals are written |
//!
//! # A line, byte for byte
//!
//! One JSON object and a line feed. Keys come in one order; those that say nothing are left out:
//!
//! ```text
//! {"number":18,"time":"2026-11-18T20:00:51.846Z","clock_synchronised":true,"event":"started","executor":"executor0",
//!  "job":7,"id":"r1-2","face":"own","key":"..","name":"..","command":"..","command_bytes":900,"command_sha256":"..",
//!  "status":"..","reason":"..","exit_code":0,"signal":9,"count":3,"version":"..","prev":"HASH","hash":"HASH"}
//! ```
//!
//! `number` rises by one from 1. `prev` is the `hash` of the line before, 64 zeros in line 1; hashes are 64 small
//! hexadecimal digits. `hash` is the SHA-256 of: the text `mqtt-thing audit line 1` and a line feed; the 32 bytes of
//! `prev`; the bytes of the line up to, and without, the comma before `"hash"`. That comma and all after it are 75
//! bytes: `,"hash":"`, 64 digits, `"}`. So a few lines of another language verify a log (`tests/audit/other.py`).
//!
//! A text is cut where its JSON would be longer than 256 bytes (a command or a reason) or 128 (an id, a name); of a
//! command that was cut there are the full length and the SHA-256 in full. No line is longer than [`MOST_LINE`].
//!
//! # What a chain can tell, and what not
//!
//! Every line holds all lines before it, so a line that was changed, removed, put in, moved or doubled breaks the chain
//! at that place or at the next. There is no key in it: whoever may write the file can cut off its end, or make a whole
//! new chain. Only somebody who noted the number and the hash of a line elsewhere (the *head*, which `health` publishes)
//! sees that. What was rotated away cannot be verified any more.
//!
//! The journal, not this log, is what a Pi relies on: a line is written when the journal has the fact, and the disk
//! is waited for within a second, or half a minute for refusals. A power cut may cost the lines of that time; then an
//! `opened` follows that no `closed` precedes.

mod entry;
mod head;
mod line;
mod rate;
mod verify;

pub use entry::{Entry, Event, Subject};
pub use head::{BadHead, Hash, Head, WantedHead};
pub use line::{NoLine, SeenLine};
pub use rate::RefusalRate;
pub use verify::{Fault, Verified, Verifier};

/// No line is longer, in bytes, its line feed included.
pub const MOST_LINE: usize = 2048;
