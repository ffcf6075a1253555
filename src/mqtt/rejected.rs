//! A message that the broker throws us out for, again and again. Pure.
//!
//! MQTT 3.1.1 has no word for "too large": a broker with a limit below ours (Mosquitto's `max_packet_size`) closes
//! the connection, and a promise that is sent again, or a state that is said again, would make that a loop.

use crate::model::Topic;

/// So many connections in a row that end with the same message open convict it.
const TIMES: u32 = 5;
/// Smaller ones are acquitted: it is not for their size.
const SUSPICIOUS: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Rejected {
    suspect: Option<(Topic, usize)>,
    times: u32,
}

impl Rejected {
    /// The peer closed the connection while this message was the largest open one. Returns it once it is convicted.
    pub(super) fn closed_on(
        &mut self,
        largest_open: Option<(Topic, usize)>,
    ) -> Option<(Topic, usize)> {
        let suspect = largest_open.filter(|(_, size)| *size >= SUSPICIOUS);
        if suspect != self.suspect {
            self.suspect = suspect;
            self.times = 0;
        }
        self.times += 1;
        if self.times < TIMES {
            return None;
        }
        self.suspect.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(size: usize) -> Option<(Topic, usize)> {
        Some((Topic::new("a").unwrap(), size))
    }

    #[test]
    fn the_same_large_message_is_convicted_at_the_fifth_time_in_a_row() {
        let mut rejected = Rejected::default();
        let convicted = |rejected: &mut Rejected| {
            (0..5)
                .map(|_| rejected.closed_on(message(2000)))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            convicted(&mut rejected),
            [None, None, None, None, message(2000)]
        );
        for _ in 0..4 {
            assert_eq!(rejected.closed_on(message(3000)), None);
        }
        assert_eq!(
            rejected.closed_on(None),
            None,
            "this time it was not for that one"
        );
        assert_eq!(rejected.closed_on(message(3000)), None);
    }

    #[test]
    fn small_messages_and_no_messages_are_never_convicted() {
        let mut rejected = Rejected::default();
        for _ in 0..20 {
            assert_eq!(rejected.closed_on(message(1023)), None);
        }
        for _ in 0..20 {
            assert_eq!(rejected.closed_on(None), None);
        }
    }
}
