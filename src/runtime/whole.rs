//! A stream of a job as an old peer wants it: whole, up to a limit.

use crate::fleet::Captured;
use crate::fleet::governor::WHOLE;
use std::fs::File;
use std::io::Read;

/// The beginning of a stream from the spool, where the answer needs more than head and tail; else nothing.
pub(super) fn spooled(captured: &Captured) -> Vec<u8> {
    let needed = !captured.is_whole() && captured.total <= WHOLE;
    let file = captured.spooled.as_ref().filter(|_| needed);
    let Some(spooled) = file else {
        return Vec::new();
    };
    let mut bytes = Vec::with_capacity(usize::try_from(spooled.bytes.min(WHOLE)).unwrap_or(0));
    let read = File::open(&spooled.path)
        .and_then(|file| file.take(spooled.bytes.min(WHOLE)).read_to_end(&mut bytes));
    match read {
        Ok(_) => bytes,
        Err(error) => {
            // the answer says how much is missing
            tracing::warn!(file = %spooled.path.display(), %error, "the spooled output cannot be read");
            Vec::new()
        }
    }
}
