//! Opening the way to a broker, up to where MQTT begins: name, TCP, TLS, WebSocket. For whoever speaks MQTT without the
//! client library.

use super::{Cause, Endpoint, Scheme, tls_reasons};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The name was looked up.
    Name,
    /// A TCP connection was asked for.
    Tcp,
    /// TLS was spoken.
    Tls,
    /// The broker was asked to let us in.
    Login,
    /// We were in.
    In,
}

/// How it failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// At which step.
    pub at: Way,
    /// Why.
    pub cause: Cause,
    /// The same as a part of a sentence.
    pub words: String,
    /// Until when, or from when on, the broker's certificate counts that does not count now.
    pub bound: Option<SystemTime>,
}

impl Failure {
    pub(super) fn new(at: Way, cause: Cause, words: impl Into<String>) -> Self {
        Self {
            at,
            cause,
            words: words.into(),
            bound: None,
        }
    }

    pub(super) fn silent(at: Way) -> Self {
        Self::new(at, Cause::NoAnswer, "no answer in time")
    }

    pub(super) fn io(at: Way, error: &io::Error) -> Self {
        if let Some(error) = tls_reasons::of_io(error) {
            let words = tls_reasons::in_words(error);
            let bound = tls_reasons::bound(error);
            return Self {
                bound,
                ..Self::new(at, tls_reasons::cause(error), words)
            };
        }
        match Cause::of_io(error) {
            Cause::Closed => Self::new(at, Cause::Closed, "the other side closed the connection"),
            cause => Self::new(at, cause, error.to_string()),
        }
    }
}

/// Bytes both ways, however they are carried.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Bytes for S {}

/// A way on which nothing was said yet.
pub(super) type Stream = Box<dyn Bytes>;

/// Opens it, each step within `patience`; tells which of the name's addresses answers, which is the first that does.
///
/// # Errors
/// A step fails.
pub(super) async fn open(
    endpoint: &Endpoint,
    patience: Duration,
) -> Result<(Stream, SocketAddr), Failure> {
    let url = &endpoint.url;
    let limit = Instant::now() + patience;
    let found = timeout_at(limit, lookup_host((url.host(), url.port()))).await;
    let unknown = |words: String| Failure::new(Way::Name, Cause::NameUnknown, words);
    let addresses: Vec<SocketAddr> = match found {
        Err(_) => return Err(unknown("no name server answers in time".to_owned())),
        Ok(Err(error)) => return Err(unknown(error.to_string())),
        Ok(Ok(addresses)) => addresses.collect(),
    };
    let (tcp, address) = connected(&addresses, patience).await?;
    let stream: Stream = match &endpoint.tls {
        None => Box::new(tcp),
        Some(tls) => {
            let name = ServerName::try_from(url.host().to_owned())
                .map_err(|error| Failure::new(Way::Tls, Cause::WrongName, error.to_string()))?;
            let limit = Instant::now() + patience;
            let spoken = TlsConnector::from(tls.config()).connect(name, tcp);
            match timeout_at(limit, spoken).await {
                Err(_) => return Err(Failure::silent(Way::Tls)),
                Ok(Err(error)) => return Err(Failure::io(Way::Tls, &error)),
                Ok(Ok(stream)) => Box::new(stream),
            }
        }
    };
    let stream = match url.scheme() {
        Scheme::Mqtt | Scheme::Mqtts => stream,
        Scheme::Ws | Scheme::Wss => {
            let limit = Instant::now() + patience;
            let shaken = timeout_at(limit, web_socket(url, stream)).await;
            shaken.map_err(|_| Failure::silent(Way::Tls))??
        }
    };
    Ok((stream, address))
}

/// Shakes hands as RFC 6455 and MQTT 3.1.1 (section 6) want it.
#[cfg(feature = "websockets")]
async fn web_socket(url: &super::BrokerUrl, stream: Stream) -> Result<Stream, Failure> {
    use async_tungstenite::tungstenite::client::IntoClientRequest;
    use async_tungstenite::tungstenite::http::HeaderValue;
    let failed = |words: String| Failure::new(Way::Tls, Cause::NotMqtt, words);
    let said = |error: async_tungstenite::tungstenite::Error| {
        failed(format!("what answers there is no WebSocket: {error}"))
    };
    let mut request = url.to_string().into_client_request().map_err(said)?;
    let headers = request.headers_mut();
    headers.insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mqtt"));
    let (socket, response) = async_tungstenite::tokio::client_async(request, stream)
        .await
        .map_err(said)?;
    match response.headers().get("Sec-WebSocket-Protocol") {
        Some(protocol) if protocol.as_bytes() == b"mqtt" => {
            Ok(Box::new(ws_stream_tungstenite::WsStream::new(socket)))
        }
        _ => Err(failed("the WebSocket there does not carry MQTT".to_owned())),
    }
}

/// No such URL is read in this build.
#[cfg(not(feature = "websockets"))]
async fn web_socket(_: &super::BrokerUrl, _: Stream) -> Result<Stream, Failure> {
    let words = "this build has no WebSockets";
    Err(Failure::new(Way::Tls, Cause::Other, words))
}

async fn connected(
    addresses: &[SocketAddr],
    patience: Duration,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let limit = Instant::now() + patience;
    let mut last = Failure::new(Way::Name, Cause::NameUnknown, "the name has no address");
    for address in addresses {
        match timeout_at(limit, TcpStream::connect(address)).await {
            Err(_) => return Err(Failure::silent(Way::Tcp)),
            Ok(Err(error)) => last = Failure::io(Way::Tcp, &error),
            Ok(Ok(stream)) => {
                let _it_is_only_slower = stream.set_nodelay(true);
                return Ok((stream, *address));
            }
        }
    }
    Err(last)
}
