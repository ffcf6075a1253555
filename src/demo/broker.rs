//! The broker that the demo brings along: `rumqttd`, in this process, on the loopback interface.

use super::{Station, front};
use crate::model::{Message, Topic};
use crate::mqtt::{BrokerUrl, Options, Session, SessionError, SessionEvent};
use rumqttd::local::{LinkError, LinkRx};
use rumqttd::{Broker, Config, ConnectionSettings, Notification, RouterConfig, ServerSettings};
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// A new subscriber at QoS 1 gets so many retained messages of this broker, and no more.
pub const RETAINED_TO_ONE: usize = 100;

/// What this broker takes in no client identifier, and therefore in no id of a thing. (Nor `+`, `#` and `/`, which an
/// id cannot hold.) It breaks off, and its thread panics at the second try.
const NOT_IN_IDS: char = '$';

/// How many ports are tried.
const TRIES: usize = 20;
/// How long a broker that has just been started may take to show that it is ours.
const PROOF_WITHIN: Duration = Duration::from_secs(10);
/// The largest message, as things take it in, with room for its topic.
const LARGEST: usize = 2 << 20;

/// Why there is no broker.
#[derive(Debug, Error)]
pub enum EmbeddedBrokerError {
    /// The system gave no port or no thread.
    #[error("the broker cannot start: {0}")]
    System(#[from] io::Error),
    /// Nobody could be reached at any of the ports that were free a moment ago.
    #[error("the broker did not come up on any of {TRIES} free ports of 127.0.0.1")]
    NoPort,
    /// The proof could not be made.
    #[error("the broker cannot be tested: {0}")]
    Link(#[source] Box<LinkError>),
    /// As above.
    #[error("the broker cannot be tested: {0}")]
    Session(#[from] SessionError),
}

/// The id of a station that this broker would not take.
#[must_use]
pub fn refused_id(stations: &[Station]) -> Option<&Topic> {
    stations
        .iter()
        .map(|station| &station.id)
        .find(|id| id.as_str().contains(NOT_IN_IDS))
}

impl EmbeddedBrokerError {
    fn link(error: LinkError) -> Self {
        Self::Link(Box::new(error))
    }
}

/// Starts a broker on a free port of 127.0.0.1. It runs for as long as the process.
///
/// Behind the port that is returned stands another one, of rumqttd itself. It takes an address and only logs a bind
/// that fails, so between our choice and its bind another program may take that port. Hence a token goes in at the
/// front and has to come out inside this process; else another port is tried.
///
/// # Errors
/// The system has no port or no thread, or no try succeeded.
pub async fn embedded_broker() -> Result<BrokerUrl, EmbeddedBrokerError> {
    for _ in 0..TRIES {
        let inner = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let mut broker = Broker::new(config(inner));
        let (mut link, inside) = broker.link("demo").map_err(EmbeddedBrokerError::link)?;
        let token = format!("demo-{:016x}", rand::random::<u64>());
        link.subscribe(token.as_str())
            .map_err(EmbeddedBrokerError::link)?;
        let server = thread("broker", move || {
            // it returns when it has no listener, which `is_finished` shows
            let _ = broker.start();
        })?;
        if !listens(inner, &server).await {
            continue;
        }
        let url = open_front(inner)?;
        if is_ours(&url, &token, inside).await? {
            return Ok(url);
        }
        tracing::debug!(%inner, "another program took the port; trying the next");
    }
    Err(EmbeddedBrokerError::NoPort)
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// Opens the port that people see.
fn open_front(inner: SocketAddr) -> io::Result<BrokerUrl> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread("broker front", move || {
        runtime.block_on(async {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => front::serve(listener, inner).await,
                Err(error) => tracing::error!(%error, "the broker's port cannot be served"),
            }
        });
    })?;
    Ok(BrokerUrl::new("127.0.0.1", port).expect("an IP address is a host"))
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

fn config(listen: SocketAddr) -> Config {
    let settings = ServerSettings {
        name: "demo".to_owned(),
        listen,
        tls: None,
        next_connection_delay_ms: 1,
        connections: ConnectionSettings {
            connection_timeout_ms: 10_000,
            max_payload_size: LARGEST,
            max_inflight_count: 100,
            auth: None,
            external_auth: None,
            dynamic_filters: true,
        },
    };
    Config {
        router: RouterConfig {
            max_connections: 1000,
            max_outgoing_packet_count: 200,
            max_segment_size: LARGEST,
            max_segment_count: 10,
            ..RouterConfig::default()
        },
        v4: Some(HashMap::from([("demo".to_owned(), settings)])),
        ..Config::default()
    }
}

/// Waits until somebody listens at the port; `false` once the server has given up.
async fn listens(address: SocketAddr, server: &JoinHandle<()>) -> bool {
    let tries = async {
        while !server.is_finished() {
            if TcpStream::connect(address).await.is_ok() {
                return true;
            }
            sleep(Duration::from_millis(1)).await;
        }
        false
    };
    timeout(PROOF_WITHIN, tries).await.unwrap_or(false)
}

/// Whether a message that is sent to the port arrives at this process's own end of the broker.
async fn is_ours(
    url: &BrokerUrl,
    token: &str,
    mut inside: LinkRx,
) -> Result<bool, EmbeddedBrokerError> {
    let connected = Arc::new(Notify::new());
    let heard = Arc::clone(&connected);
    // as a client identifier, it must not hold a slash: this broker would break off, and panic at the second try
    let options = Options::new(url.clone(), token);
    let session = Session::start(options, move |event| {
        if event == SessionEvent::Connected {
            heard.notify_one();
        }
    })?;
    let topic = Topic::new(token).expect("hexadecimal digits are a topic");
    let proof = async {
        connected.notified().await;
        // refused only when the session is closed, and then nothing arrives
        let _ = session.outbox().publish(Message::event(topic, token));
        loop {
            match inside.next().await {
                Ok(Some(Notification::Forward(forward)))
                    if forward.publish.payload == token.as_bytes() =>
                {
                    return true;
                }
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    };
    let ours = timeout(PROOF_WITHIN, proof).await.unwrap_or(false);
    session.close(Vec::new(), Duration::from_secs(1)).await;
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_brokers_in_one_process_have_ports_of_their_own() {
        let first = embedded_broker().await.unwrap();
        let second = embedded_broker().await.unwrap();
        assert_ne!(first.port(), second.port());
    }

    #[tokio::test]
    async fn a_broker_that_is_not_ours_is_not_taken_for_ours() {
        let other = embedded_broker().await.unwrap();
        let broker = Broker::new(config(SocketAddr::from((
            Ipv4Addr::LOCALHOST,
            other.port(),
        ))));
        let (mut link, inside) = broker.link("demo").unwrap();
        link.subscribe("demo-token").unwrap();
        let answer = timeout(
            Duration::from_millis(500),
            is_ours(&other, "demo-token", inside),
        )
        .await;
        assert!(!matches!(answer, Ok(Ok(true))));
    }
}
