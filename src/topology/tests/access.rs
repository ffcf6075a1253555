//! What lets us in at the broker.

use super::Frame::Whole;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::AccessEmpty,
        Whole,
        r#"[broker]
url = "mqtts://b"
username = ""
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:12: error: `username` is empty or has control characters
 3 | username = ""
   |            ^^
   = leave it out, or fill it in
"#,
    ),
    row(
        Rule::CertificateHalf,
        Whole,
        r#"[broker]
url = "mqtts://b"
cert_file = "c.pem"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:13: error: `cert_file` stands without `key_file`
 3 | cert_file = "c.pem"
   |             ^^^^^^^
   = a client's certificate takes both: the certificate, and the key that proves that it is ours
"#,
    ),
    row(
        Rule::CaAndAnyCertificate,
        Whole,
        r#"[broker]
url = "mqtts://b"
ca_file = "ca.pem"
dangerously_accept_any_certificate = true
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:1: error: a CA is named, and it is said that any certificate is accepted
 4 | dangerously_accept_any_certificate = true
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = leave out one of the two; `ca_file` is the safe one
"#,
    ),
    row(
        Rule::TlsKeyWithoutTls,
        Whole,
        r#"[broker]
url = "mqtt://b"
ca_file = "ca.pem"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:11: error: `ca_file` is for TLS, and the broker mqtt://b:1883 is reached without
 3 | ca_file = "ca.pem"
   |           ^^^^^^^^
   = write url = "mqtts://b"
"#,
    ),
    row(
        Rule::AnyCertificate,
        Whole,
        r#"[broker]
url = "mqtts://b"
dangerously_accept_any_certificate = true
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:1: warning: whoever answers is taken for the broker: anybody on the way can read and change everything
 3 | dangerously_accept_any_certificate = true
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = name the broker's CA with `ca_file` instead
"#,
    ),
    row(
        Rule::PasswordReadable,
        Whole,
        r#"[broker]
url = "mqtt://b"
username = "lab"
password_file = "/etc/secret"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:17: warning: the password goes to the broker readable by everybody on the way
 4 | password_file = "/etc/secret"
   |                 ^^^^^^^^^^^^^
   = with TLS nobody can: url = "mqtts://b"
"#,
    ),
    row(
        Rule::UnknownKeyInBroker,
        Whole,
        r#"[broker]
url = "mqtts://b"
password = "wonderland"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:1: error: [broker] has no key `password`
 3 | password = ************
   | ^^^^^^^^
   = a password stands in a file of its own, which nobody else may read: password_file = "/etc/mqtt-thing/password"
"#,
    ),
];
