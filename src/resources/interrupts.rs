//! The firmware's interrupt commands, with what keeps them apart.
//!
//! Source: `grovepi.ino` 1.4.0, `processIO` and `loop`. The main loop looks at an interrupt command in several steps
//! and does not notice when the next command takes its place between them: what was set may then be set again with the
//! new command's parameters, and the new command may be lost. 2 to 7 % of such commands went wrong. None did when
//! - a plain command stands before each interrupt command, so that two of them never follow each other;
//! - what sets something is followed by a version with the same parameters, which setting it twice would not change.

use crate::board::{Board, BoardError, DigitalPort, Request};

/// Sets something.
pub(super) fn set(
    request: Request,
    port: DigitalPort,
    board: &mut dyn Board,
) -> Result<(), BoardError> {
    board.digital_read(port)?;
    board.transact(request, &mut [])?;
    let [_, p1, p2, p3] = request.bytes();
    board.transact(Request::new(8, p1, p2, p3), &mut [0; 4])
}

/// Asks for something.
pub(super) fn ask<const LENGTH: usize>(
    request: Request,
    port: DigitalPort,
    board: &mut dyn Board,
) -> Result<[u8; LENGTH], BoardError> {
    board.digital_read(port)?;
    let mut reply = [0; LENGTH];
    board.transact(request, &mut reply)?;
    Ok(reply)
}

/// Which pins have interrupts, a bit each from bit 0 on. Any number above the last pin asks for all.
pub(super) fn active(port: DigitalPort, board: &mut dyn Board) -> Result<u16, BoardError> {
    let [_, low, high] = ask(Request::new(12, 15, 0, 0), port, board)?;
    Ok(u16::from_le_bytes([low, high]))
}
