//! How long the firmware takes over each command.
//!
//! Source: the firmware 1.4.0, executed cycle by cycle at 100 kHz.

/// The waiting that belongs to one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// From the end of the write to the first read, in microseconds.
    pub(super) gap_us: u32,
    /// From a read that met "not ready" to the next, in microseconds.
    pub(super) again_us: u32,
    /// Reads, the first included, after which the board counts as hung.
    pub(super) reads: u32,
    /// How often the whole command is sent at most. A toggle is sent once, because an attempt that failed may have
    /// worked; a slow one twice, because everything else on the board waits for it.
    pub(super) attempts: usize,
}

impl Pace {
    /// Everything that takes some microseconds. Eight reads of four bytes and their pauses last 5 ms.
    const QUICK: Self = Self {
        gap_us: 100,
        again_us: 100,
        reads: 8,
        attempts: 4,
    };

    /// The pace of a command number.
    pub(super) const fn of(command: u8) -> Self {
        match command {
            // The conversion takes 110 us.
            3 => Self {
                gap_us: 200,
                ..Self::QUICK
            },
            // The ultrasonic ranger listens for its echo for up to 75 ms.
            7 => Self {
                gap_us: 1_000,
                again_us: 2_000,
                reads: 60,
                attempts: 2,
            },
            // A DHT needs 270 ms or more.
            40 => Self {
                gap_us: 250_000,
                again_us: 10_000,
                reads: 35,
                attempts: 2,
            },
            // A chain of LEDs is sent once for each LED of it: 50 ms for five.
            91 | 93 => Self {
                gap_us: 1_000,
                again_us: 2_000,
                reads: 40,
                attempts: 2,
            },
            // Displays are clocked out bit by bit, some ms at most; 54 toggles.
            50..=56 | 70..=79 | 90..=95 => Self {
                gap_us: 200,
                again_us: 500,
                reads: 40,
                attempts: if command == 54 { 1 } else { 4 },
            },
            _ => Self::QUICK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slow_commands_are_waited_for_longer_than_5_ms() {
        for command in 0..=255 {
            let pace = Pace::of(command);
            let longest_us = pace.gap_us + pace.reads * (pace.again_us + 300);
            let allowed_us = match command {
                7 => 150_000,
                40 => 700_000,
                91 | 93 => 100_000,
                50..=56 | 70..=79 | 90..=95 => 35_000,
                _ => 5_000,
            };
            assert!(longest_us <= allowed_us, "{command}: {longest_us} us");
        }
    }
}
