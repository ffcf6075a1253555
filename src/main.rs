//! `mqtt-thing`: a Raspberry Pi with a GrovePi board as a thing on an MQTT network.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
