//! Sessions over TLS, with users, passwords and client certificates, on a real Mosquitto: what is right connects,
//! whatever is wrong is told in words, and no secret shows.
#![allow(clippy::unwrap_used)]

mod certificates;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod trust;

use certificates::Pair;
use std::path::Path;
use std::process::{Command, Output};
use support::Mosquitto;

/// The lines of a listener that speaks TLS by this certificate. Appended to the plain one that the harness needs.
pub(crate) fn tls_listener(port: u16, server: &Pair, more: &str) -> String {
    let (cert, key) = (server.cert.display(), server.key.display());
    // as root, Mosquitto would become somebody else, who may not read these files
    format!("user root\nlistener {port} 127.0.0.1\ncertfile {cert}\nkeyfile {key}\n{more}\n")
}

/// A broker that speaks TLS on a second port; returned with that port.
pub(crate) fn broker(server: &Pair, more: &str) -> Option<(Mosquitto, u16)> {
    // the port may be taken between our choice and Mosquitto's bind
    for _ in 0..10 {
        let port = support::free_port();
        let mosquitto = Mosquitto::start_with(&tls_listener(port, server, more))?;
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some((mosquitto, port));
        }
    }
    panic!("mosquitto takes none of ten ports for TLS");
}

/// Sends a command to nobody, which ends as soon as the broker is reached, or tells why it is not.
pub(crate) fn send(url: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .args(["send", "nobody", "--no-wait", "--broker", url])
        .args(arguments)
        .args(["--", "true"])
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("STATE_DIRECTORY", folder)
        .output()
        .unwrap()
}

pub(crate) fn told(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}
