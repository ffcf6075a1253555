//! The things of a lab, running.

use super::Station;
use crate::mqtt::{Endpoint, Options};
use crate::resources::Spec;
use crate::runtime::{Node, NodeError, NodeOptions};
use crate::thing::{Class, HEALTH_EVERY};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, interval_at};

/// Every station as a node with the real driver and a session of its own.
pub struct Lab {
    nodes: Vec<Node>,
    health: Interval,
}

/// What a demo can play: not executors, which would run real commands on this machine.
fn simulated(specs: &[Spec]) -> Vec<Spec> {
    let plays = |spec: &&Spec| spec.kind.class != Class::Executors;
    specs.iter().filter(plays).cloned().collect()
}

impl Lab {
    /// Starts all of them. The broker's retained messages about them are cleared by [`Lab::leave`].
    ///
    /// # Errors
    /// An id is no client identifier, or the system gave no thread.
    pub async fn start(
        stations: &[Station],
        broker: &Endpoint,
        keep_alive: Duration,
    ) -> Result<Self, NodeError> {
        let mut nodes = Vec::new();
        for station in stations {
            // the bare id is that of the real thing, which must not be thrown out
            let client_id = format!("{}-demo-{:08x}", station.id, rand::random::<u32>());
            let mut session = Options::new(broker.clone(), client_id);
            session.keep_alive = keep_alive;
            let options = NodeOptions {
                name: station.name.clone(),
                id: station.id.clone(),
                specs: simulated(&station.specs),
                board: station
                    .needs_board()
                    .then(|| Box::new(station.board.board()) as _),
                session,
                formers: Vec::new(),
                state: None,
                runner: None,
                home: None,
            };
            nodes.push(Node::start(options).await?);
        }
        let health = interval_at(Instant::now() + HEALTH_EVERY, HEALTH_EVERY);
        Ok(Self { nodes, health })
    }

    /// Waits until a node has ended by itself, which is a fault of the program. Meanwhile they tell how they are doing, or
    /// who looks on would hold them for silent.
    pub async fn failed(&mut self) {
        loop {
            tokio::select! {
                () = any_failed(&mut self.nodes) => return,
                _ = self.health.tick() => self.nodes.iter().for_each(Node::say_health),
            }
        }
    }

    /// Ends all at once and in order: outputs at rest, `offline` said, and nothing of the demo left on the broker.
    pub async fn leave(self, patience: Duration) {
        let mut ends: JoinSet<()> = self
            .nodes
            .into_iter()
            .map(|node| async move {
                // what a lost connection kept from being cleared is its broker's matter: the demo is over
                node.leave(patience).await;
            })
            .collect();
        while let Some(ended) = ends.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a thing did not end in order");
            }
        }
    }
}

async fn any_failed(nodes: &mut [Node]) {
    let mut ends: Vec<_> = nodes
        .iter_mut()
        .map(|node| Box::pin(node.failed()))
        .collect();
    std::future::poll_fn(|cx| {
        let ended = ends.iter_mut().any(|end| end.as_mut().poll(cx).is_ready());
        if ended {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
