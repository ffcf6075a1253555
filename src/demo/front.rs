//! The front of the broker that is brought along: takes connections for it, without Nagle's algorithm.
//!
//! rumqttd leaves Nagle's algorithm on, and has no setting for it: a small packet waits until the one before is
//! acknowledged, which Linux puts off by 40 ms, so that a turning knob would dim a LED in jerks. Here everything is
//! passed on at once, and what comes from the broker is acknowledged at once (`TCP_QUICKACK`, tcp(7)). Because the
//! port that people see is bound here, nobody else can have taken it either.

use std::io;
use std::net::SocketAddr;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Passes on what comes to `listener`, to `broker` and back, for ever.
pub(super) async fn serve(listener: TcpListener, broker: SocketAddr) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => drop(connections.spawn(connection(client, broker))),
                // too many open files, say: it passes, and a spin would not help
                Err(error) => {
                    tracing::warn!(%error, "the broker cannot take a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            },
            // a connection that broke is its client's business, who sees it as well
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(client: TcpStream, broker: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(broker).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // each direction ends by itself, so that a DISCONNECT on its way is not lost
    let (there, back) = tokio::join!(carry(from_client, to_server), carry(from_server, to_client));
    there.and(back)
}

/// Carries bytes until their end, and passes the end on.
async fn carry(from: OwnedReadHalf, to: OwnedWriteHalf) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        from.readable().await?;
        let read = match from.try_read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        rustix::net::sockopt::set_tcp_quickack(from.as_ref(), true)?;
        let mut rest = &buffer[..read];
        while !rest.is_empty() {
            to.writable().await?;
            match to.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}
