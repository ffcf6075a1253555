//! From a failed step to a finding: what it is, and what mends it.

use super::Subject;
use crate::doctor::{Cure, Findings, Severity};
use crate::model::{escaped, shell_path, shell_word};
use crate::mqtt::{Cause, Credentials, Endpoint, Failure, Line, Tls, TrustedCa, Way};
use crate::system::clock_synchronised;
use std::time::SystemTime;

/// What speaks at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Tls,
    Mqtt,
    Neither,
}

/// Tells what a failure means. Where a closed connection may mean one or the other, the port is asked once more, without
/// any account.
pub(super) async fn tell(subject: &Subject<'_>, failure: &Failure, findings: &mut Findings) {
    let tls = subject.way.endpoint.url.is_tls();
    let mute = matches!(
        failure.cause,
        Cause::Closed | Cause::NotMqtt | Cause::NotTls
    );
    let speaks = match mute && matches!(failure.at, Way::Tls | Way::Login) {
        true => Some(what_speaks(subject, tls).await),
        false => None,
    };
    let (rule, cause, cures) = judged(subject, failure, speaks);
    findings.tell(rule, Severity::Broken, cause, cures);
}

/// The other language than the one that was tried.
async fn what_speaks(subject: &Subject<'_>, tls_was_tried: bool) -> Speaks {
    let mut stranger = Endpoint::from(subject.way.endpoint.url.clone());
    if tls_was_tried {
        let Ok(line) = Line::open(&stranger, super::PATIENCE).await else {
            return Speaks::Neither;
        };
        let id = subject.client_id();
        return match line.login(&stranger, &id, true, super::PATIENCE).await {
            Ok(peer) => {
                peer.leave().await;
                Speaks::Mqtt
            }
            Err(failure) if is_refusal(failure.cause) => Speaks::Mqtt,
            Err(_) => Speaks::Neither,
        };
    }
    // nothing is said there, so it does not matter who it is
    stranger.tls = Tls::new(&TrustedCa::DangerouslyAnybody, None).ok();
    match Line::open(&stranger, super::PATIENCE).await {
        Ok(_) => Speaks::Tls,
        Err(failure) => match failure.cause {
            Cause::ClientCertificateRequired
            | Cause::ClientCertificateRefused
            | Cause::BadCertificate => Speaks::Tls,
            _ => Speaks::Neither,
        },
    }
}

/// Whether a broker answered.
pub(super) const fn is_refusal(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::VersionRefused
            | Cause::ClientIdRefused
            | Cause::Unavailable
            | Cause::LoginRefused
            | Cause::NotAuthorised
    )
}

type Judged = (&'static str, String, Vec<Cure>);

fn judged(subject: &Subject<'_>, failure: &Failure, speaks: Option<Speaks>) -> Judged {
    let url = &subject.way.endpoint.url;
    let (host, port) = (url.host(), url.port());
    // words may hold what a stranger put into a certificate
    let words = escaped(failure.words.as_bytes(), 400);
    let edit = || {
        Cure::run(format!(
            "sudoedit {}",
            shell_path(&subject.case.patient.file)
        ))
    };
    let word = shell_word(host);
    match failure.cause {
        Cause::NameUnknown => (
            "broker-name-unknown",
            format!("the broker's name `{host}` leads to no address: {words}"),
            vec![
                Cure::run(format!("getent hosts {word}")),
                Cure::advise(
                    "write the broker's address into `url` of the topology file, or its name and address into /etc/hosts; \
                     a name in .local needs the package libnss-mdns",
                ),
                edit(),
            ],
        ),
        Cause::NothingListens => (
            "broker-unreachable",
            format!("{host} is there, and nothing listens on its port {port}"),
            vec![
                Cure::advise(
                    "see on the broker's machine whether it runs: sudo systemctl status mosquitto",
                ),
                Cure::advise(format!(
                    "without a line `listener {port} 0.0.0.0` in its configuration Mosquitto 2 listens for its own machine alone"
                )),
                Cure::advise(
                    "or `url` of the topology file has the wrong port: 1883 is usual, 8883 with TLS",
                ),
            ],
        ),
        Cause::NoRoute => (
            "broker-unreachable",
            format!("no way leads from this machine to {host}: {words}"),
            vec![
                Cure::run(format!("ip route get {word}")),
                Cure::advise(
                    "see whether this machine is on the network: cable, Wi-Fi, `ip address`",
                ),
            ],
        ),
        Cause::NoAnswer if failure.at <= Way::Tcp => (
            "broker-unreachable",
            format!(
                "nothing comes back from {host}, port {port}: it is off, elsewhere, or a firewall drops what we send"
            ),
            vec![
                Cure::run(format!("ping -c 3 {word}")),
                Cure::advise(format!(
                    "open the port in the firewall of the broker's machine: sudo ufw allow {port}/tcp"
                )),
                edit(),
            ],
        ),
        Cause::NoAnswer => (
            "broker-silent",
            match failure.at {
                Way::In => format!(
                    "the broker {url} lets the thing in and then does not answer in time: it is stuck, or drowned in messages"
                ),
                _ => format!(
                    "{host}, port {port}, takes the connection and then says nothing: a broker that is stuck, or something else"
                ),
            },
            vec![
                Cure::advise(
                    "on the broker's machine: sudo systemctl restart mosquitto; its log may say why: journalctl -u mosquitto",
                ),
                Cure::advise(
                    "or `url` of the topology file has the wrong port: 1883 is usual, 8883 with TLS",
                ),
            ],
        ),
        Cause::Closed if failure.at == Way::In => (
            "broker-closes",
            format!(
                "the broker {url} lets the thing in and then closes the connection, without a reason"
            ),
            vec![
                Cure::advise(
                    "its log may say why: journalctl -u mosquitto, on the broker's machine",
                ),
                Cure::advise(
                    "another machine may use the same account, where the account is the client identifier; or the broker does \
                     not allow what the thing needs, and closes instead of saying so",
                ),
            ],
        ),
        Cause::Closed | Cause::NotTls | Cause::NotMqtt => mute(subject, &words, speaks),
        Cause::VersionRefused
        | Cause::ClientIdRefused
        | Cause::Unavailable
        | Cause::LoginRefused
        | Cause::NotAuthorised => refused(subject, failure.cause, &words),
        cause => certificate(subject, cause, failure.bound, words),
    }
}

/// It is there, and does not talk to us as we do.
fn mute(subject: &Subject<'_>, words: &str, speaks: Option<Speaks>) -> Judged {
    let url = &subject.way.endpoint.url;
    let (host, port) = (url.host(), url.port());
    let write = |scheme: &str| {
        Cure::advise(format!(
            "write url = \"{scheme}://{host}:{port}\" into the topology file, or the port that is meant: 1883 is usual without TLS, 8883 with it"
        ))
    };
    match speaks {
        Some(Speaks::Mqtt) => (
            "tls-spoken-to-plain-port",
            format!("`url` asks for TLS, and {host} speaks MQTT without it on port {port}"),
            vec![write("mqtt")],
        ),
        Some(Speaks::Tls) => (
            "plain-spoken-to-tls-port",
            format!("`url` asks for MQTT without TLS, and {host} speaks TLS on port {port}"),
            vec![
                write("mqtts"),
                Cure::advise("name the CA of that broker with `ca_file`"),
            ],
        ),
        _ => (
            "not-mqtt",
            format!("what listens at {host}, port {port}, is no broker that talks to us: {words}"),
            vec![
                Cure::advise("see on that machine what listens there: sudo ss -ltnp"),
                Cure::advise(
                    "or `url` of the topology file has the wrong port: 1883 is usual, 8883 with TLS",
                ),
                Cure::advise(
                    "a broker that is full closes connections, too: `max_connections` of its configuration",
                ),
            ],
        ),
    }
}

fn refused(subject: &Subject<'_>, cause: Cause, words: &str) -> Judged {
    let (endpoint, access) = (&subject.way.endpoint, &subject.way.access);
    let url = &endpoint.url;
    let user = endpoint.credentials.as_ref().map(Credentials::user);
    // what a running thing has read is not read here
    let written = || access.username.as_deref();
    let usual = || {
        let named = access.password_file.is_some();
        named.then_some(subject.id.as_str())
    };
    let user = user.or_else(written).or_else(usual);
    let user = user.map(|user| escaped(user.as_bytes(), 100));
    let told = match (cause, &user) {
        (Cause::LoginRefused | Cause::NotAuthorised, Some(user)) => {
            format!(
                "the broker {url} does not let `{user}` in: the password is wrong, or there is no such account ({words})"
            )
        }
        (Cause::LoginRefused | Cause::NotAuthorised, None) => {
            format!("the broker {url} wants an account, and none is named ({words})")
        }
        _ => format!("the broker {url} refuses the thing: {words}"),
    };
    let name = user.unwrap_or_else(|| subject.id.to_string());
    let cures = match cause {
        Cause::LoginRefused | Cause::NotAuthorised => vec![
            Cure::advise(match &access.password_file {
                Some(file) => format!(
                    "put the password that the broker knows into {}",
                    file.display()
                ),
                None => format!(
                    "name the account under [broker] of the topology file: username = \"{name}\" and password_file = \
                     \"/etc/mqtt-thing/password\", with the password that the broker knows"
                ),
            }),
            Cure::advise(format!(
                "or make the account on the broker's machine: sudo mosquitto_passwd FILE {name}, with the `password_file` \
                 of its configuration, then sudo systemctl reload mosquitto"
            )),
        ],
        Cause::Unavailable => vec![Cure::advise(
            "its log says why it is not available: journalctl -u mosquitto, on the broker's machine",
        )],
        _ => vec![Cure::advise(
            "let the broker take MQTT 3.1.1, and client identifiers that begin with the thing's id; its log says what it minds",
        )],
    };
    ("broker-refused-login", told, cures)
}

fn certificate(
    subject: &Subject<'_>,
    cause: Cause,
    bound: Option<SystemTime>,
    words: String,
) -> Judged {
    let url = &subject.way.endpoint.url;
    let (word, port) = (shell_word(url.host()), url.port());
    let look = Cure::run(format!(
        "openssl s_client -connect {word}:{port} -servername {word} </dev/null"
    ));
    let renew = || {
        Cure::advise("renew it on the broker's machine: mqtt-thing broker cert, or whoever made it")
    };
    let clock = || Cure::run("timedatectl set-ntp true && timedatectl timesync-status");
    let times = bound.map(|bound| {
        format!(
            " (it is {} here, and the certificate's time is {})",
            utc(SystemTime::now()),
            utc(bound)
        )
    });
    let words = words + &times.unwrap_or_default();
    let unset = clock_synchronised(subject.case.root()) == Some(false);
    match cause {
        Cause::UnknownCa => (
            "tls-unknown-ca",
            words,
            vec![
                Cure::advise(
                    "name the CA of the broker with `ca_file`: `broker init` makes it as ca.crt",
                ),
                look,
            ],
        ),
        Cause::WrongName => (
            "tls-wrong-name",
            words,
            vec![
                Cure::advise(
                    "write a name into `url` that the certificate has, or have it made anew for this one",
                ),
                look,
            ],
        ),
        Cause::Expired if unset => (
            "tls-expired",
            format!(
                "{words}; this machine's clock was not set since it started, so it may be the clock"
            ),
            vec![clock(), renew()],
        ),
        Cause::Expired => ("tls-expired", words, vec![renew(), clock()]),
        Cause::NotYetValid if unset => (
            "tls-not-yet-valid",
            format!(
                "{words}; this machine's clock was not set since it started, which is the cause"
            ),
            vec![clock()],
        ),
        Cause::NotYetValid => ("tls-not-yet-valid", words, vec![clock(), renew()]),
        Cause::ClientCertificateRequired => (
            "client-certificate-required",
            words,
            vec![Cure::advise(
                "name one with `cert_file` and `key_file`: `broker init` makes client.crt and client.key for each thing",
            )],
        ),
        Cause::ClientCertificateRefused => (
            "client-certificate-refused",
            words,
            vec![Cure::advise(
                "have a new one made by the CA that the broker trusts (`cafile` of its configuration): mqtt-thing broker cert",
            )],
        ),
        Cause::BadCertificate => ("tls-bad-certificate", words, vec![look, renew()]),
        _ => (
            "broker-unreachable",
            format!("there is no connection to {url}: {words}"),
            vec![Cure::run(format!("ping -c 3 {word}"))],
        ),
    }
}

/// As `2026-11-18T20:00:51Z`.
fn utc(at: SystemTime) -> String {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| format!("{seconds} s"), |at| at.to_string())
}
