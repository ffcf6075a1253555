//! Modules that show something and have commands of their own: LED bars, four digits, chains of RGB LEDs.

use super::reply::Reply;
use std::time::Duration;

/// The firmware keeps its two-wire modules in tables of six, for D2 to D7.
const PAIRS: usize = 6;

/// A LED bar.
#[derive(Debug, Clone, Copy, Default)]
struct Bar {
    begun: bool,
    state: u16,
    /// What the module shows; it keeps that when the firmware forgets it.
    shown: u16,
}

/// A four-digit display.
#[derive(Debug, Clone, Copy, Default)]
struct Digits {
    begun: bool,
    /// 8 switches the chip on; the firmware adds it to the brightness that it is told.
    control: u8,
    shown: Option<u16>,
}

/// A chain of RGB LEDs.
#[derive(Debug, Clone, Default)]
struct Chain {
    length: usize,
    shown: Vec<[u8; 3]>,
}

/// Whatever shows something.
#[derive(Debug, Default)]
pub(super) struct Displays {
    bars: [Bar; PAIRS],
    digits: [Digits; PAIRS],
    chains: [Chain; PAIRS],
    /// The colour that command 90 stored, for all chains.
    color: [u8; 3],
    /// Bytes that `begin` took for chains and never gives back.
    taken: usize,
}

impl Displays {
    /// The firmware forgets them; the modules go on showing what they showed.
    pub(super) fn reset(&mut self) {
        for bar in &mut self.bars {
            (bar.begun, bar.state) = (false, 0);
        }
        for digits in &mut self.digits {
            (digits.begun, digits.control) = (false, 0);
        }
        for chain in &mut self.chains {
            chain.length = 0;
        }
        (self.color, self.taken) = ([0; 3], 0);
    }

    /// They lose their power.
    pub(super) fn darken(&mut self) {
        for pair in 0..PAIRS {
            self.bars[pair].shown = 0;
            self.digits[pair].shown = None;
            self.chains[pair].shown.clear();
        }
    }

    pub(super) fn bar(&self, pin: u8) -> u16 {
        self.bars[pair(pin)].shown
    }

    pub(super) fn digits(&self, pin: u8) -> Option<u16> {
        self.digits[pair(pin)].shown
    }

    pub(super) fn chain(&self, pin: u8) -> Vec<[u8; 3]> {
        self.chains[pair(pin)].shown.clone()
    }

    pub(super) fn memory_taken(&self) -> usize {
        self.taken
    }

    /// How long the main loop is busy with sending a frame's bits to the module.
    pub(super) fn takes(&self, [command, pin, p2, _]: [u8; 4]) -> Option<Duration> {
        let chain = |length: usize| 1_400 * (length * (length + 2)) as u64;
        let us = match command {
            51..=55 => 4_000,
            72..=76 | 78 | 79 => 11_000,
            91 => chain(p2.into()),
            93 => chain(self.chains[pair(pin)].length),
            _ => return None,
        };
        Some(Duration::from_micros(us.max(43)))
    }

    /// Carries out a frame that is not wild; `None` for one without a reply, or that is not answered.
    pub(super) fn execute(&mut self, [command, p1, p2, p3]: [u8; 4]) -> Option<Reply> {
        if command == 90 {
            self.color = [p1, p2, p3];
            return None;
        }
        let (bar, digits) = (&mut self.bars[pair(p1)], &mut self.digits[pair(p1)]);
        let chain = &mut self.chains[pair(p1)];
        match command {
            50 => (bar.begun, bar.state) = (true, 0),
            52 if bar.begun => {
                bar.state = (1 << p2.min(10)) - 1;
                bar.shown = bar.state;
            }
            55 if bar.begun => {
                bar.state = u16::from_le_bytes([p2, p3]) & 0x3ff;
                bar.shown = bar.state;
            }
            56 if bar.begun => {
                let [low, high] = bar.state.to_le_bytes();
                return Some(Reply::of(&[56, low, high]));
            }
            70 => digits.begun = true,
            71 if digits.begun => digits.control = p2.min(7) + 8,
            72 if digits.begun => {
                let is_lit = digits.control >= 8;
                digits.shown = Some(u16::from_le_bytes([p2, p3])).filter(|_| is_lit);
            }
            79 if digits.begun => digits.shown = None,
            91 => {
                chain.length = p2.into();
                chain.shown = vec![[0; 3]; chain.length];
                // three bytes each, and two for the list of what was given away
                self.taken += 3 * chain.length + 2;
            }
            93 => {
                let nth = usize::from(p3);
                for (index, led) in chain.shown.iter_mut().take(chain.length).enumerate() {
                    let meant = match p2 {
                        0 => index == nth,
                        1 => index != nth,
                        2 => index <= nth,
                        3 => index >= nth,
                        _ => false,
                    };
                    if meant {
                        *led = self.color;
                    }
                }
            }
            _ => {}
        }
        None
    }
}

fn pair(pin: u8) -> usize {
    usize::from(pin.saturating_sub(2)).min(PAIRS - 1)
}
