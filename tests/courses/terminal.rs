//! A window for a command of the page: without colours, in its folder, with the program in the `PATH`.

use crate::support::Terminal;
use std::path::Path;

/// Types a command; `None` without what makes a terminal.
pub(crate) fn typed(folder: &Path, command: &str, broker: &str) -> Option<Terminal> {
    let program = Path::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .parent()
        .unwrap();
    let path = std::env::var("PATH").unwrap();
    let inside = format!("stty cols 120 -echo -echoctl; {command}");
    Terminal::run(&inside, |command| {
        command
            .current_dir(folder)
            .env("PATH", format!("{}:{path}:/usr/sbin", program.display()))
            .env("MQTT_THING_BROKER", broker)
            .env("NO_COLOR", "1")
            .env("HOME", folder)
            .env_remove("CI")
            .env_remove("RUST_LOG");
    })
}

/// What it shows, as on a screen: what a carriage return went back over was overwritten.
pub(crate) fn shown(terminal: &Terminal) -> Vec<String> {
    let text = terminal.text();
    let seen = |line: &str| {
        let line = line.trim_end_matches('\r');
        line.rsplit('\r').next().unwrap_or(line).to_owned()
    };
    text.lines().map(seen).collect()
}
