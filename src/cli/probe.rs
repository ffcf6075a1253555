//! `mqtt-thing probe`: is a board there, and does it answer well?

use super::{EXIT_FAILED, EXIT_OK, whole};
use anstream::println;
use clap::Args;
use mqtt_thing::board::{
    BAD_PERCENT, Board, BusCounters, Firmware, Reading, STRETCHING_REMEDIES, Survey, rpi, survey,
};
use serde::Serialize;
use std::process::ExitCode;

/// Is a board there, which firmware, what does each port read, how good is the bus?
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing probe                  the board on bus 1\n  \
    mqtt-thing probe --rounds 5000    a longer look at a bus that is said to be bad\n\n\
    It only reads. It does not run beside `mqtt-thing run`, which owns the bus.\n\
    Exit codes: 0 the board answers, 1 it does not.")]
pub(super) struct Probe {
    /// The I2C bus; 1 on every Pi but the very first
    #[arg(long, default_value_t = 1, env = "MQTT_THING_BUS")]
    bus: u8,

    /// How often each port is read for the error rate
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: u32,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Found {
    bus: u8,
    firmware: Option<Firmware>,
    error: Option<String>,
    ports: Vec<Reading>,
    counters: BusCounters,
    errors_percent: f64,
}

impl Found {
    /// The bus cannot be had.
    fn nothing(bus: u8, error: String) -> Self {
        Self {
            bus,
            firmware: None,
            error: Some(error),
            ports: Vec::new(),
            counters: BusCounters::default(),
            errors_percent: 0.0,
        }
    }
}

impl Probe {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let found = match rpi::open(self.bus, None) {
            Ok(mut board) => look(&mut board, self.bus, self.rounds),
            // a program that asks for JSON gets JSON
            Err(error) if self.json => Found::nothing(self.bus, whole(&error)),
            Err(error) => return Err(error.into()),
        };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&found)?);
        } else {
            show(&found);
        }
        Ok(ExitCode::from(if found.firmware.is_some() {
            EXIT_OK
        } else {
            EXIT_FAILED
        }))
    }
}

fn look(board: &mut dyn Board, bus: u8, rounds: u32) -> Found {
    let Survey {
        firmware,
        ports,
        counters,
    } = survey(board, rounds);
    let (firmware, error) = match firmware {
        Ok(firmware) => (Some(firmware), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Found {
        bus,
        firmware,
        error,
        ports,
        counters,
        errors_percent: counters.errors_percent(),
    }
}

fn show(found: &Found) {
    let Some(firmware) = found.firmware else {
        println!(
            "no board answers on I2C bus {}: {}",
            found.bus,
            found.error.as_deref().unwrap_or("no answer")
        );
        println!(
            "check that the GrovePi sits on all pins and has power, then press its reset button"
        );
        return;
    };
    println!(
        "a GrovePi answers on I2C bus {}, firmware {firmware}",
        found.bus
    );
    if firmware != Firmware::MEASURED {
        println!(
            "this program was measured against firmware {}; others may differ in timing",
            Firmware::MEASURED
        );
    }
    println!("\nport  level  voltage");
    for reading in &found.ports {
        let level = reading
            .digital
            .map_or("-", |high| if high { "high" } else { "low" });
        let voltage = reading
            .analog
            .map_or(String::new(), |counts| format!("{counts} of 1023"));
        let error = reading.error.as_deref().unwrap_or_default();
        println!("{:<4}  {level:<5}  {voltage}{error}", reading.port);
    }
    let BusCounters {
        transfers,
        retries,
        failures,
        ..
    } = found.counters;
    println!(
        "\n{transfers} commands, {retries} sent again, {failures} given up: {:.2} % errors",
        found.errors_percent
    );
    if found.errors_percent > BAD_PERCENT {
        let [best, other] = STRETCHING_REMEDIES;
        println!(
            "more than {BAD_PERCENT} % is bad. Known remedy for the Pi's clock-stretching fault, in /boot/firmware/config.txt:\n  \
             {best}     or, if that cannot be,     {other}"
        );
    }
}
