//! Pins that are counted by interrupts: edges in windows, and encoders.

use super::reply::Reply;
use std::time::Duration;

/// Pins 0 to 8 can have interrupts.
const PORTS: usize = 9;

/// Edges of one pin.
#[derive(Debug, Clone, Copy)]
struct Counting {
    /// Whether both edges of a pulse count.
    both: bool,
    window: Duration,
    began: Duration,
    edges: u32,
}

/// An encoder's position; the firmware keeps it between 0 and `most`.
#[derive(Debug, Clone, Copy, Default)]
struct Encoder {
    position: i32,
    most: i32,
}

/// What the firmware counts.
#[derive(Debug, Default)]
pub(super) struct Interrupts {
    counting: [Option<Counting>; PORTS],
    encoders: [Option<Encoder>; PORTS],
    /// The edges of each pin's last complete window.
    complete: [u32; PORTS],
}

impl Interrupts {
    pub(super) const COMMANDS: [u8; 7] = [6, 9, 10, 12, 13, 14, 15];

    /// Pulses came in, each a rising edge and then a falling one.
    pub(super) fn pulse(&mut self, pin: u8, pulses: u32, now: Duration) {
        self.pass(now);
        if let Some(Some(counting)) = self.counting.get_mut(usize::from(pin)) {
            counting.edges += if counting.both { 2 * pulses } else { pulses };
        }
    }

    /// Somebody turned the knob.
    pub(super) fn turn(&mut self, pin: u8, steps: i32) {
        if let Some(Some(encoder)) = self.encoders.get_mut(usize::from(pin)) {
            encoder.position = (encoder.position + steps).clamp(0, encoder.most);
        }
    }

    /// Closes the windows that are over.
    fn pass(&mut self, now: Duration) {
        for (counting, complete) in self.counting.iter_mut().zip(&mut self.complete) {
            let Some(counting) = counting else { continue };
            let elapsed = now.saturating_sub(counting.began).as_millis();
            let over = elapsed / counting.window.as_millis().max(1);
            if over > 0 {
                let edges = std::mem::take(&mut counting.edges);
                // in the windows after that one nothing came
                *complete = if over == 1 { edges } else { 0 };
                counting.began += counting.window * u32::try_from(over).unwrap_or(u32::MAX);
            }
        }
    }

    fn active(&self) -> u16 {
        let counts = |pin: &usize| self.counting[*pin].is_some();
        let is_encoder = |pin: usize| self.encoders[pin].is_some();
        let on = |pin: &usize| counts(pin) || is_encoder(*pin) || *pin > 0 && is_encoder(*pin - 1);
        (0..PORTS).filter(on).map(|pin| 1 << pin).sum()
    }

    /// Carries out a frame that is not wild; `None` for one without a reply.
    pub(super) fn execute(
        &mut self,
        [command, p1, p2, p3]: [u8; 4],
        now: Duration,
    ) -> Option<Reply> {
        self.pass(now);
        let pin = usize::from(p1);
        match command {
            6 => {
                let pin = usize::from(p1 & 0x0f);
                let window = u64::from(u16::from_be_bytes([p2, p3]));
                self.counting[pin] = Some(Counting {
                    both: p1 >> 6 == 1,
                    window: Duration::from_millis(window.max(1)),
                    began: now,
                    edges: 0,
                });
            }
            9 => self.counting[pin] = None,
            10 => {
                let [a, b, c, d] = self.complete[pin].to_le_bytes();
                return Some(Reply::of(&[10, a, b, c, d]));
            }
            12 => {
                let [low, high] = self.active().to_le_bytes();
                return Some(Reply::of(&[12, low, high]));
            }
            13 => {
                let position = self.encoders[pin].map_or(0, |encoder| encoder.position);
                let [low, high, ..] = position.to_le_bytes();
                // the upper half is not the number's
                return Some(Reply::of(&[13, low, high, low, high]));
            }
            14 => {
                let most = i32::from(p2);
                self.encoders[pin] = Some(Encoder { position: 0, most });
            }
            15 => self.encoders[pin] = None,
            _ => {}
        }
        None
    }

    /// Whether `next` after `last` is mishandled now and then: a command in the place of one that the main loop has
    /// not yet left.
    pub(super) fn race(last: [u8; 4], next: [u8; 4]) -> bool {
        match last[0] {
            // it may be set again, with the parameters of the next
            6 | 9 | 14 | 15 => last[1..] != next[1..],
            // the next may be taken for done
            10 | 12 | 13 => Self::COMMANDS.contains(&next[0]) && last != next,
            _ => false,
        }
    }
}
