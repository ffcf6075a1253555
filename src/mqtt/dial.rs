//! From nothing to a CONNACK.

use super::patience::time_for;
use super::{Options, Tls};
use rumqttc::{AsyncClient, ConnectionError, EventLoop};

/// Requests that may wait in the client library. It loses them with the connection, so: few.
pub(super) const CHANNEL: usize = 32;

/// Connects. The future may be dropped at any point.
pub(super) async fn dial(options: &Options) -> Result<(AsyncClient, EventLoop), ConnectionError> {
    warn(options);
    let (client, mut events) = AsyncClient::new(options.for_client(), CHANNEL);
    events.network_options.set_tcp_nodelay(true);
    let answer = tokio::time::timeout(options.pace.connect, events.poll()).await;
    answer.map_err(|_| ConnectionError::NetworkTimeout)??;
    // from here on it is how long a flush may take; our own patience, which knows what is on its way, ends before
    let patience = options.pace.acknowledgement + time_for(options.largest_outgoing as u64);
    let patience = patience.as_secs() + 1;
    events.network_options.set_connection_timeout(patience);
    Ok((client, events))
}

/// Says each time what nobody should get used to.
fn warn(options: &Options) {
    let broker = &options.broker;
    if broker.tls.as_ref().is_some_and(Tls::checks_nothing) {
        tracing::warn!(
            %broker,
            "DANGER: whoever answers is taken for the broker, and no certificate is checked; anybody on the way can read and change everything"
        );
    }
}
