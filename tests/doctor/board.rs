//! Faults of the bus and the board.

use crate::matrix::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("I2C is switched off", "i2c-off", |patient| {
        patient.remove("/dev/i2c-1");
        patient.put("/boot/firmware/config.txt", "#dtparam=i2c_arm=on\n");
        true
    }),
    row("the board is pulled out", "board-silent", |patient| {
        patient.bus.pins().unplug();
        true
    }),
];
