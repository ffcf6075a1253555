//! The rows, one after the other.

use super::canary::Canary;
use super::peer::{Limit, Peer, Undecided};
use super::prover::prover;
use super::table::{AclTable, Row};
use super::verdict::{Denied, Found, Outcome, Tried};
use crate::broker::acl_file::Wish;
use crate::model::{Topic, TopicFilter};
use crate::mqtt::{Endpoint, SessionError};
use std::collections::HashMap;
use std::time::Duration;
use thiserror::Error;

/// So often a canary must be dropped before that is believed.
const ROUNDS: u32 = 2;

/// Who goes to the broker, and for how long.
#[derive(Debug, Clone)]
pub struct Way {
    /// The name of the account that may read and write every topic of the table.
    pub prover: String,
    /// Its way to the broker.
    pub prover_endpoint: Endpoint,
    /// The ways of the users of the table; none is somebody without a user name.
    pub users: HashMap<Option<String>, Endpoint>,
    /// How long a row may take.
    pub limit: Duration,
}

/// Why nothing can be proved at all.
#[derive(Debug, Error)]
pub enum ProofError {
    /// The prover did not get to the broker.
    #[error("the prover cannot use the broker: {0}")]
    NoProver(#[source] Undecided),
    /// The prover may not do what it is there for.
    #[error(
        "the prover `{user}` cannot read and write {} of the table's topics, the first is `{}`",
        topics.len(), topics.first().map_or("", Topic::as_str)
    )]
    Lacking {
        /// The prover.
        user: String,
        /// What it cannot read, or not write.
        topics: Vec<Topic>,
    },
    /// A session cannot be started like this.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// A test that goes on.
#[derive(Debug)]
pub struct Proof {
    way: Way,
    prover: Peer,
    /// What all client identifiers of this test begin with.
    run: String,
    started: u32,
}

impl Proof {
    /// Connects the prover, and proves that it may read and write every topic of the table.
    ///
    /// # Errors
    /// It may not, or it does not get there.
    pub async fn begin(way: Way, table: &AclTable) -> Result<Self, ProofError> {
        let run = format!("mqtt-thing-acl-{:08x}", rand::random::<u32>());
        let prover = prover(&way, &run, table).await?;
        Ok(Self {
            way,
            prover,
            run,
            started: 0,
        })
    }

    /// Tries one row.
    pub async fn row(&mut self, row: &Row) -> Outcome {
        self.started += 1;
        let client_id = format!("{}-{}", self.run, self.started);
        let limit = Limit::from_now(self.way.limit);
        self.prover.forget();
        let wishes = [(row.publish, Wish::Write), (row.subscribe, Wish::Read)];
        let wishes = wishes.into_iter().filter(|(tried, _)| *tried);
        let mut tried = Vec::new();
        match self.user(row, &client_id, limit).await {
            Ok(Welcome::In(mut user, granted)) => {
                for (_, wish) in wishes {
                    let topic = &row.canary_topic;
                    let found = match wish {
                        Wish::Write => self.publish(&mut user, topic, limit).await,
                        Wish::Read if !granted => Ok(Found::Denied(Denied::SubscriptionRefused)),
                        Wish::Read => self.subscribe(&mut user, topic, limit).await,
                    };
                    let found = found.unwrap_or_else(Found::Undecided);
                    tried.push(Tried { wish, found });
                }
                user.leave().await;
            }
            Ok(Welcome::Out(reason)) => tried.extend(wishes.map(|(_, wish)| Tried {
                wish,
                found: Found::Denied(Denied::NotLetIn(reason.clone())),
            })),
            Err(undecided) => tried.extend(wishes.map(|(_, wish)| Tried {
                wish,
                found: Found::Undecided(undecided.clone()),
            })),
        }
        Outcome { client_id, tried }
    }

    /// Leaves the broker.
    pub async fn end(self) {
        self.prover.leave().await;
    }

    /// A session of the row's own, so that no subscription of another row is in it.
    async fn user(&self, row: &Row, client_id: &str, limit: Limit) -> Result<Welcome, Undecided> {
        let who = match &row.user {
            Some(user) => format!("`{user}`"),
            None => "somebody without a user name".to_owned(),
        };
        let no_way = || Undecided::Unsendable(format!("nothing is known that lets {who} in"));
        let endpoint = self.way.users.get(&row.user).cloned().ok_or_else(no_way)?;
        let filter = row.subscribe.then(|| TopicFilter::new(&row.topic));
        let unsendable = |error: String| Undecided::Unsendable(error);
        let filter = filter
            .transpose()
            .map_err(|error| unsendable(error.to_string()))?;
        let user = Peer::start(who, endpoint, client_id, filter)
            .map_err(|error| unsendable(error.to_string()))?;
        match user.ready(limit).await {
            Ok(granted) => Ok(Welcome::In(user, granted)),
            // a user whose password is wrong says nothing of the rights that it would have
            Err(Undecided::NotLetIn { reason, .. }) if row.user.is_none() => {
                Ok(Welcome::Out(reason))
            }
            Err(undecided) => Err(undecided),
        }
    }

    async fn publish(
        &mut self,
        user: &mut Peer,
        topic: &Topic,
        limit: Limit,
    ) -> Result<Found, Undecided> {
        let mut denied = 0;
        while denied < ROUNDS {
            let round = Round::begin(&self.prover, user, limit).await?;
            let (canary, sentinel) = (Canary::to(topic), Canary::to(topic));
            self.prover.await_canary(&canary);
            self.prover.await_canary(&sentinel);
            user.publish(&canary, limit).await?;
            self.prover.publish(&sentinel, limit).await?;
            self.prover.hears(&sentinel, round.prover, limit).await?;
            if self.prover.has(&canary) {
                return Ok(Found::Allowed);
            }
            denied += u32::from(round.is_unbroken(&self.prover, user));
        }
        Ok(Found::Denied(Denied::Dropped))
    }

    async fn subscribe(
        &mut self,
        user: &mut Peer,
        topic: &Topic,
        limit: Limit,
    ) -> Result<Found, Undecided> {
        let mut denied = 0;
        while denied < ROUNDS {
            let round = Round::begin(&self.prover, user, limit).await?;
            let canary = Canary::to(topic);
            self.prover.await_canary(&canary);
            user.await_canary(&canary);
            self.prover.publish(&canary, limit).await?;
            self.prover.hears(&canary, round.prover, limit).await?;
            user.publish(&Canary::fence(), limit).await?;
            if user.has(&canary) {
                return Ok(Found::Allowed);
            }
            denied += u32::from(round.is_unbroken(&self.prover, user));
        }
        Ok(Found::Denied(Denied::Dropped))
    }
}

/// How a user was received.
enum Welcome {
    /// Let in, and whether the broker granted the subscription.
    In(Peer, bool),
    Out(String),
}

/// How many connections had ended when a round began. One in which another ends does not count.
struct Round {
    prover: u64,
    user: u64,
}

impl Round {
    async fn begin(prover: &Peer, user: &Peer, limit: Limit) -> Result<Self, Undecided> {
        let round = Self {
            prover: prover.breaks(),
            user: user.breaks(),
        };
        prover.ready(limit).await?;
        user.ready(limit).await?;
        Ok(round)
    }

    fn is_unbroken(&self, prover: &Peer, user: &Peer) -> bool {
        (self.prover, self.user) == (prover.breaks(), user.breaks())
    }
}
