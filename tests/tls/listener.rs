//! A broker's listeners that speak TLS, beside the plain one that the harness needs.
#![allow(unreachable_pub)]

use crate::certificates::Pair;
use crate::support::{Mosquitto, free_port};
use std::net::TcpStream;
use std::path::Path;

/// The lines of a listener that speaks TLS by this certificate.
pub fn tls_listener(port: u16, server: &Pair, more: &str) -> String {
    let (cert, key) = (server.cert.display(), server.key.display());
    // as root, Mosquitto would become somebody else, who may not read these files
    format!("user root\nlistener {port} 127.0.0.1\ncertfile {cert}\nkeyfile {key}\n{more}\n")
}

/// A broker that speaks TLS on a second port; returned with that port.
pub fn broker(server: &Pair, more: &str) -> Option<(Mosquitto, u16)> {
    broker_in(&[], server, more)
}

/// The same with more in its environment.
pub fn broker_in(
    environment: &[(&str, &str)],
    server: &Pair,
    more: &str,
) -> Option<(Mosquitto, u16)> {
    // the port may be taken between our choice and Mosquitto's bind
    for _ in 0..10 {
        let port = free_port();
        let lines = tls_listener(port, server, more);
        let mosquitto = Mosquitto::start_in(environment, &lines)?;
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some((mosquitto, port));
        }
    }
    panic!("mosquitto takes none of ten ports for TLS");
}

/// Writes a configuration of OpenSSL that knows nothing newer than this version, as `TLSv1.2`, and its oldest ciphers.
/// Returns what makes a program read it. Source: config(5ssl) and SSL_CONF_cmd(3ssl) of OpenSSL 3.
pub fn nothing_newer_than(folder: &Path, version: &str) -> (&'static str, String) {
    let path = folder.join(format!("no-newer-than-{version}.cnf"));
    let text = format!(
        "openssl_conf = main\n[main]\nssl_conf = tls\n[tls]\nsystem_default = limits\n\
         [limits]\nMinProtocol = TLSv1\nMaxProtocol = {version}\nCipherString = DEFAULT:@SECLEVEL=0\n"
    );
    std::fs::write(&path, text).unwrap();
    ("OPENSSL_CONF", path.to_str().unwrap().to_owned())
}
