//! The account that sees and says everything that is tried, and the proof that it can.

use super::canary::Canary;
use super::peer::{Limit, Peer};
use super::proof::{ProofError, Way};
use super::table::AclTable;
use crate::model::Topic;
use std::collections::BTreeSet;
use std::time::Duration;

/// So many topics are tried at once.
const AT_ONCE: usize = 100;
/// How long the prover waits for what is acknowledged already. Mosquitto needs none of it.
const GRACE: Duration = Duration::from_secs(2);

/// Connects the prover and proves that it can read and write all topics of the table.
pub(super) async fn prover(way: &Way, run: &str, table: &AclTable) -> Result<Peer, ProofError> {
    let topics: BTreeSet<Topic> = table
        .rows
        .iter()
        .map(|row| row.canary_topic.clone())
        .collect();
    let filters = topics.iter().cloned().map(Into::into);
    let who = format!("the prover `{}`", way.prover);
    let endpoint = way.prover_endpoint.clone();
    let mut prover = Peer::start(who, endpoint, &format!("{run}-prover"), filters)?;
    let mut lacking: Vec<Topic> = topics.into_iter().collect();
    // twice, since a connection may break
    for _ in 0..2 {
        let mut still = Vec::new();
        for some in lacking.chunks(AT_ONCE) {
            still.extend(unheard(&mut prover, some, way.limit).await?);
        }
        lacking = still;
    }
    if lacking.is_empty() {
        return Ok(prover);
    }
    prover.leave().await;
    Err(ProofError::Lacking {
        user: way.prover.clone(),
        topics: lacking,
    })
}

/// The topics on which the prover does not hear itself.
async fn unheard(
    prover: &mut Peer,
    topics: &[Topic],
    limit: Duration,
) -> Result<Vec<Topic>, ProofError> {
    let limit = Limit::from_now(limit);
    prover.forget();
    let breaks = prover.breaks();
    prover.ready(limit).await.map_err(ProofError::NoProver)?;
    let canaries: Vec<Canary> = topics.iter().map(Canary::to).collect();
    let mut receipts = Vec::new();
    for canary in &canaries {
        prover.await_canary(canary);
        receipts.push(prover.send(canary).map_err(ProofError::NoProver)?);
    }
    for receipt in receipts {
        let acknowledged = prover.acknowledged(receipt, limit).await;
        acknowledged.map_err(ProofError::NoProver)?;
    }
    let grace = Limit::from_now(GRACE);
    let mut unheard = Vec::new();
    for canary in canaries {
        if prover.hears(&canary, breaks, grace).await.is_err() || !prover.has(&canary) {
            unheard.push(canary.topic);
        }
    }
    Ok(unheard)
}
