//! A look at a board that only reads: which firmware, what each port reads, how good the bus is.

use super::{Board, BoardError, BusCounters, Firmware, Port};
use serde::Serialize;

/// More errors than so many in a hundred attempts are a bad bus.
pub const BAD_PERCENT: f64 = 1.0;

/// What helps against the clock-stretching fault of the Pi's own controller, the better one first: lines for
/// `/boot/firmware/config.txt`. Source: Raspberry Pi's `overlays/README`, `i2c-gpio` and `i2c_arm_baudrate`.
pub const STRETCHING_REMEDIES: [&str; 2] =
    ["dtoverlay=i2c-gpio,bus=1", "dtparam=i2c_arm_baudrate=50000"];

/// What was found.
#[derive(Debug)]
pub struct Survey {
    /// Which firmware answers.
    pub firmware: Result<Firmware, BoardError>,
    /// The last reading of each port; none if no firmware answers.
    pub ports: Vec<Reading>,
    /// What it took.
    pub counters: BusCounters,
}

/// What a port reads.
#[derive(Debug, Clone, Serialize)]
pub struct Reading {
    /// The port.
    pub port: Port,
    /// Its level, if it could be read.
    pub digital: Option<bool>,
    /// Its voltage in counts of 1023, if it has an analog input that could be read.
    pub analog: Option<u16>,
    /// Why something could not be read.
    pub error: Option<String>,
}

/// Asks for the firmware, and reads each port so many times.
pub fn survey(board: &mut dyn Board, rounds: u32) -> Survey {
    let firmware = board.firmware_version();
    let mut ports = Vec::new();
    if firmware.is_ok() {
        for _ in 0..rounds {
            ports = Port::ALL.map(|port| read(board, port)).into();
        }
    }
    Survey {
        firmware,
        ports,
        counters: board.counters(),
    }
}

fn read(board: &mut dyn Board, port: Port) -> Reading {
    let digital = board.digital_read(port.digital());
    let analog = port
        .analog()
        .ok()
        .map(|port| board.analog_read(port))
        .transpose();
    let error = |error: &BoardError| error.to_string();
    let errors = digital
        .as_ref()
        .err()
        .map(error)
        .or_else(|| analog.as_ref().err().map(error));
    Reading {
        port,
        digital: digital.ok(),
        analog: analog.ok().flatten(),
        error: errors,
    }
}

impl BusCounters {
    /// How many attempts of a hundred went wrong: each that was made again, and each after which it was given up.
    // counts lie far below 2^53
    #[allow(clippy::cast_precision_loss)]
    #[must_use]
    pub fn errors_percent(&self) -> f64 {
        let attempts = self.transfers + self.retries;
        let errors = (self.retries + self.failures).min(attempts);
        100.0 * errors as f64 / attempts.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::sim::{Fault, SimGrovePi, Timing};

    #[test]
    fn each_port_is_read_as_often_as_was_asked_and_a_silent_board_is_left_alone() {
        let sim = SimGrovePi::new(Timing::None);
        sim.pins().set_digital(Port::D3, true);
        let found = survey(&mut sim.board(), 2);
        assert_eq!(found.firmware.unwrap(), Firmware::MEASURED);
        // ten digital, three analog, twice; and the version
        assert_eq!((found.ports.len(), found.counters.transfers), (10, 27));
        let d3 = found.ports.iter().find(|reading| reading.port == Port::D3);
        assert_eq!(d3.unwrap().digital, Some(true));
        sim.pins().plan_faults(Fault::Nak, 1000);
        let found = survey(&mut sim.board(), 2);
        assert!(found.firmware.is_err() && found.ports.is_empty());
        assert!((found.counters.errors_percent() - 100.0).abs() < 0.01);
    }
}
