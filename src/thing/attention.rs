//! Whether the board is there, and when to look next.

use crate::board::{Board, BoardError, Request};
use crate::model::Moment;
use std::time::Duration;

/// The first look after a failure: most are a moment's noise.
const FIRST_PROBE: Duration = Duration::from_millis(10);
/// The longest pause between two looks, so that a board that came back is seen within it.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The beat on which each resource's modes and outputs are said again: a reset that nobody saw lasts no longer.
pub(super) const RESTORE_EVERY: Duration = Duration::from_secs(1);
/// Looks in vain before the reset line is pulsed, and between two pulses.
const PROBES_TO_RESET: u32 = 5;

/// The engine's view of its board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attention {
    /// It answers. The next resource's modes and outputs are said again at `restore`.
    Up { restore: Moment },
    /// It does not; it is asked again at `probe`.
    Away {
        probe: Moment,
        pause: Duration,
        probes: u32,
    },
}

impl Attention {
    pub(super) fn up(now: Moment) -> Self {
        Self::Up {
            restore: now + RESTORE_EVERY,
        }
    }

    pub(super) fn away(now: Moment) -> Self {
        Self::Away {
            probe: now + FIRST_PROBE,
            pause: FIRST_PROBE,
            probes: 0,
        }
    }

    pub(super) const fn is_up(self) -> bool {
        matches!(self, Self::Up { .. })
    }

    /// After a look in vain: when to look next.
    pub(super) fn later(self, now: Moment) -> Self {
        match self {
            Self::Up { .. } => Self::away(now),
            Self::Away { pause, probes, .. } => {
                let pause = (pause * 2).min(LONGEST_PAUSE);
                Self::Away {
                    probe: now + pause,
                    pause,
                    probes: probes + 1,
                }
            }
        }
    }

    /// Whether a pulse on the reset line is worth a try before this look.
    pub(super) const fn wants_reset(self) -> bool {
        matches!(self, Self::Away { probes, .. } if probes > 0 && probes % PROBES_TO_RESET == 0)
    }

    pub(super) const fn wake(self) -> Moment {
        match self {
            Self::Up { restore } => restore,
            Self::Away { probe, .. } => probe,
        }
    }
}

/// Stands in for a board that is away, or that a thing does not have: every command fails at once.
pub(super) struct NoBoard;

impl Board for NoBoard {
    fn transact(&mut self, _: Request, _: &mut [u8]) -> Result<(), BoardError> {
        Err(BoardError::Away)
    }

    fn write_to(&mut self, _: u8, _: &[u8]) -> Result<(), BoardError> {
        Err(BoardError::Away)
    }
}
