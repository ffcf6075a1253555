//! Faults of the way to the broker and of what it lets through. The broker is a real Mosquitto.

mod beside;
mod healthy;
pub(crate) mod house;
mod odd;

use crate::certificates::{Ca, Valid};
use crate::matrix::{Row, row};
use crate::support::free_port;
use house::{House, ID, account, acl_without, ca, ours, password, server, tls};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

const HOSTS: &[&str] = &["127.0.0.1"];

pub(crate) const ROWS: &[Row] = &[
    row(
        "a broker's name that nobody knows",
        "broker-name-unknown",
        |patient| {
            patient.broker = "mqtt://no-such-host.invalid".to_owned();
            patient.topology("", "");
            true
        },
    ),
    row(
        "nothing listens at the broker's port",
        "broker-unreachable",
        |patient| {
            patient.broker = format!("mqtt://127.0.0.1:{}", free_port());
            patient.topology("", "");
            true
        },
    ),
    row(
        "a firewall drops what is sent to the broker",
        "broker-unreachable",
        |patient| {
            let (port, hole) = black_hole();
            patient.broker = format!("mqtt://127.0.0.1:{port}");
            patient.topology("", "");
            patient.keep(hole);
            true
        },
    ),
    row("a broker that is stuck", "broker-silent", |patient| {
        let Some(house) = House::open(|_| "allow_anonymous true".to_owned()) else {
            return false;
        };
        let pid = Pid::from_raw(i32::try_from(house.live.pid()).unwrap()).unwrap();
        kill_process(pid, Signal::STOP).unwrap();
        house.of(patient, "mqtt", "")
    }),
    row("a web server at the broker's port", "not-mqtt", |patient| {
        patient.broker = format!("mqtt://127.0.0.1:{}", web_server());
        patient.topology("", "");
        true
    }),
    row(
        "a file with TLS for a port without",
        "tls-spoken-to-plain-port",
        |patient| {
            let (_, line) = ca(patient);
            let house = House::open(|folder| account(folder, "", ""));
            house.is_some_and(|house| house.of(patient, "mqtts", line))
        },
    ),
    row(
        "a file without TLS for a port with it",
        "plain-spoken-to-tls-port",
        |patient| {
            let (ca, _) = ca(patient);
            let server = server(&ca, HOSTS, Valid::Now);
            let house = House::open(|_| tls(&server, ""));
            house.is_some_and(|house| house.of(patient, "mqtt", ""))
        },
    ),
    row(
        "a broker's certificate of another CA",
        "tls-unknown-ca",
        |patient| {
            let (_, line) = ca(patient);
            let other = Ca::new(&patient.path("/etc/mqtt-thing"), "other");
            let server = server(&other, HOSTS, Valid::Now);
            let house = House::open(|_| tls(&server, ""));
            house.is_some_and(|house| house.of(patient, "mqtts", line))
        },
    ),
    row(
        "a broker's certificate for another name",
        "tls-wrong-name",
        |patient| {
            let (ca, line) = ca(patient);
            let server = server(&ca, &["broker.lab"], Valid::Now);
            let house = House::open(|_| tls(&server, ""));
            house.is_some_and(|house| house.of(patient, "mqtts", line))
        },
    ),
    row(
        "a broker's certificate of last year",
        "tls-expired",
        |patient| {
            let (ca, line) = ca(patient);
            let server = server(&ca, HOSTS, Valid::InThePast);
            let house = House::open(|_| tls(&server, ""));
            house.is_some_and(|house| house.of(patient, "mqtts", line))
        },
    ),
    row(
        "a broker's certificate of next year",
        "tls-not-yet-valid",
        |patient| {
            let (ca, line) = ca(patient);
            let server = server(&ca, HOSTS, Valid::InTheFuture);
            let house = House::open(|_| tls(&server, ""));
            house.is_some_and(|house| house.of(patient, "mqtts", line))
        },
    ),
    row(
        "a broker that wants a client certificate",
        "client-certificate-required",
        |patient| {
            let (ca, line) = ca(patient);
            let server = server(&ca, HOSTS, Valid::Now);
            let more = format!("cafile {}\nrequire_certificate true", ca.file.display());
            let house = House::open(|_| tls(&server, &more));
            house.is_some_and(|house| house.of(patient, "mqtts", line))
        },
    ),
    row(
        "a client certificate of another CA",
        "client-certificate-refused",
        |patient| {
            let (ca, line) = ca(patient);
            let server = server(&ca, HOSTS, Valid::Now);
            let more = format!("cafile {}\nrequire_certificate true", ca.file.display());
            let other = Ca::new(&patient.path("/etc/mqtt-thing"), "other");
            other.client("client", Valid::Now);
            ours(patient, "/etc/mqtt-thing/client.key");
            let line = format!(
                "{line}\ncert_file = \"/etc/mqtt-thing/client.crt\"\nkey_file = \"/etc/mqtt-thing/client.key\""
            );
            let house = House::open(|_| tls(&server, &more));
            house.is_some_and(|house| house.of(patient, "mqtts", &line))
        },
    ),
    row("a wrong password", "broker-refused-login", |patient| {
        let line = password(patient, "looking-glass\n");
        let house = House::open(|folder| account(folder, "", ""));
        house.is_some_and(|house| house.of(patient, "mqtt", line))
    }),
    row(
        "no account for a broker that wants one",
        "broker-refused-login",
        |patient| {
            let house = House::open(|folder| account(folder, "", ""));
            house.is_some_and(|house| house.of(patient, "mqtt", ""))
        },
    ),
    row(
        "a password's file that is not there",
        "secret-unreadable",
        |patient| {
            patient.topology("password_file = \"/etc/mqtt-thing/password\"", "");
            true
        },
    ),
    row(
        "a CA's file that is no certificate",
        "secret-unreadable",
        |patient| {
            patient.put("/etc/mqtt-thing/lab.crt", "hello\n");
            patient.broker = patient.broker.replace("mqtt:", "mqtts:");
            patient.topology("ca_file = \"/etc/mqtt-thing/lab.crt\"", "");
            true
        },
    ),
    row(
        "another machine with the thing's id",
        "duplicate-client-id",
        |patient| {
            let Some(house) = House::open(|_| "allow_anonymous true".to_owned()) else {
                return false;
            };
            patient.keep(rival(house.door, ""));
            house.of(patient, "mqtt", "")
        },
    ),
    row(
        "the same where the account is the client id",
        "duplicate-client-id",
        |patient| {
            let line = password(patient, "wonderland\n");
            let more = "use_username_as_clientid true";
            let house = House::open(|folder| account(folder, &acl_without(""), more));
            let Some(house) = house else { return false };
            patient.keep(rival(house.door, "wonderland"));
            house.of(patient, "mqtt", line)
        },
    ),
    row(
        "an ACL without a line for an output",
        "acl-denies-publish",
        |patient| {
            let line = password(patient, "wonderland\n");
            let acl = acl_without("led0/availability");
            let house = House::open(|folder| account(folder, &acl, ""));
            house.is_some_and(|house| house.of(patient, "mqtt", line))
        },
    ),
    row(
        "an ACL that keeps the status from the thing",
        "acl-denies-subscribe",
        |patient| {
            let line = password(patient, "wonderland\n");
            let acl = acl_without("status") + "topic write 10.77.0.1/status\n";
            let house = House::open(|folder| account(folder, &acl, ""));
            house.is_some_and(|house| house.of(patient, "mqtt", line))
        },
    ),
    row(
        "an ACL that keeps what is followed from the thing",
        "acl-denies-subscribe",
        |patient| {
            let line = password(patient, "wonderland\n");
            let open = |folder: &std::path::Path| {
                let acl = acl_without("") + "topic write 10.77.0.1/actuators/led1/#\n";
                account(folder, &acl, "").replace("allow_anonymous false", "allow_anonymous true")
            };
            let Some(house) = House::open(open) else {
                return false;
            };
            house.keeps("10.77.0.9/sensors/button0", "True");
            let follower =
                "led1 = { kind = \"led\", port = \"D5\", follows = \"10.77.0.9/sensors/button0\" }";
            let done = house.of(patient, "mqtt", line);
            patient.topology(line, follower);
            done
        },
    ),
    row(
        "a kept message of a resource that is gone",
        "retained-junk",
        |patient| {
            let Some(house) = House::open(|_| "allow_anonymous true".to_owned()) else {
                return false;
            };
            house.keeps(&format!("{ID}/sensors/old\u{202e}button"), "True");
            house.keeps(&format!("{ID}/status"), "offline");
            house.keeps(&format!("{ID}/sensors/button0"), "False");
            house.of(patient, "mqtt", "")
        },
    ),
    row(
        "the thing had another address before",
        "old-address-left",
        |patient| {
            let Some(house) = House::open(|_| "allow_anonymous true".to_owned()) else {
                return false;
            };
            house.keeps("10.77.0.8/about", "{\"name\": \"inner\"}");
            house.keeps("10.77.0.8/status", "offline");
            house.keeps("10.77.0.7/about", "{\"name\": \"outer\"}");
            house.keeps("10.77.0.6/about", "\u{9b}[2J{");
            house.of(patient, "mqtt", "")
        },
    ),
    row(
        "two machines are the same thing of the file",
        "thing-twice",
        |patient| {
            let Some(house) = House::open(|_| "allow_anonymous true".to_owned()) else {
                return false;
            };
            house.keeps("10.77.0.8/about", "{\"name\": \"inner\"}");
            house.keeps("10.77.0.8/status", "online");
            house.of(patient, "mqtt", "")
        },
    ),
    row(
        "a thing is followed that never spoke",
        "follows-silent",
        |patient| {
            patient.topology(
                "",
                "led1 = { kind = \"led\", port = \"D5\", follows = \"outer/button0\" }\n\
                 [things.outer]\naddress = \"10.77.0.2\"\n[things.outer.resources]\n\
                 button0 = { kind = \"button\", port = \"D3\" }",
            );
            true
        },
    ),
];

/// A port where packets get lost: a listener whose queue is full takes no more (listen(2), tcp_abort_on_overflow off).
fn black_hole() -> (u16, impl Sized + 'static) {
    use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &nobody).unwrap();
    listen(&socket, 0).unwrap();
    let address = getsockname(&socket).unwrap();
    let address = std::net::SocketAddr::try_from(address).unwrap();
    let mut waiting = Vec::new();
    let soon = std::time::Duration::from_millis(300);
    while let Ok(stream) = TcpStream::connect_timeout(&address, soon) {
        waiting.push(stream);
    }
    (address.port(), (socket, waiting))
}

/// Answers as web servers do. Ends with the test process.
fn web_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    port
}

/// The same thing on another machine, until dropped.
pub(crate) struct Rival {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Rival {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Starts it, and waits until it is online.
pub(crate) fn rival(port: u16, password: &str) -> Rival {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lab.toml");
    let text = format!(
        "[broker]\nurl = \"mqtt://127.0.0.1:{port}\"\n[things.inner]\naddress = \"{ID}\"\n\
         [things.inner.resources]\nclock0 = {{ kind = \"clock\" }}\n"
    );
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command
        .arg("run")
        .arg(&file)
        .args(["--thing", "inner"])
        .env("RUNTIME_DIRECTORY", folder.path())
        .stderr(Stdio::null());
    if !password.is_empty() {
        command.env("MQTT_THING_PASSWORD", password);
    }
    let child = command.spawn().unwrap();
    let report = folder.path().join("inner.json");
    crate::support::wait_for("the rival to be heard", || {
        let text = std::fs::read_to_string(&report).ok()?;
        text.contains("\"heard_itself\":true").then_some(())
    });
    Rival {
        child,
        _folder: folder,
    }
}
