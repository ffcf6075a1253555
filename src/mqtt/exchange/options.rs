//! What an exchange is made with.

use super::frames::LARGEST_REMAINING;
use crate::model::{Message, QoS, TopicFilter};
use crate::mqtt::{Endpoint, limits};
use rumqttc::mqttbytes::v4::{Connect, LastWill};
use std::time::Duration;
use thiserror::Error;

/// What an exchange needs to know.
#[derive(Debug, Clone)]
pub struct ExchangeOptions {
    /// Where the broker is, and as whom we go there.
    pub broker: Endpoint,
    /// The client identifier: 1 to 65 535 bytes. Two clients with the same one throw each other out.
    pub client_id: String,
    /// Whether the broker remembers us: our subscriptions, what comes for them at QoS 1 and 2 while we are away, and
    /// what is half done.
    pub keeps_session: bool,
    /// How often both sides prove that they live: whole seconds up to 65 535; 0 is never.
    pub keep_alive: Duration,
    /// What the broker says when we are lost.
    pub will: Option<Message>,
    /// What we listen to.
    pub subscriptions: Vec<(TopicFilter, QoS)>,
    /// How many messages may wait for an answer at once.
    pub in_flight: u16,
    /// The largest packet that is taken in; of a larger one the payload is skipped.
    pub largest_incoming: usize,
    /// How long a step of connecting may take, and how long the broker may owe an answer without any sign of life.
    pub patience: Duration,
    /// Whether a connection that is lost is opened again.
    pub comes_back: bool,
}

/// What an exchange cannot be made with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OptionsError {
    /// The client identifier is empty or does not fit.
    #[error(
        "a client identifier of {0} bytes was given; allowed is 1 to 65535 bytes without control characters"
    )]
    ClientId(usize),
    /// The keep-alive is out of range.
    #[error("a keep-alive of {0:?} was given; allowed is 0 s, which is none, to 65535 s")]
    KeepAlive(Duration),
    /// The will could not be sent.
    #[error("the last will cannot be given to the broker: {0}")]
    Will(String),
    /// A filter that brokers throw a client out for.
    #[error("the subscription `{filter}` cannot be asked for: {reason}")]
    Subscription {
        /// The filter.
        filter: TopicFilter,
        /// What is wrong with it.
        reason: String,
    },
    /// All filters together do not fit.
    #[error("the filters have {0} bytes together, which does not fit into a packet")]
    Filters(usize),
}

impl ExchangeOptions {
    /// Those of somebody who comes once, with keep-alive 60 s and a patience of 10 s.
    #[must_use]
    pub fn new(broker: impl Into<Endpoint>, client_id: impl Into<String>) -> Self {
        Self {
            broker: broker.into(),
            client_id: client_id.into(),
            keeps_session: false,
            keep_alive: Duration::from_secs(60),
            will: None,
            subscriptions: Vec::new(),
            // what Mosquitto takes at once (`max_inflight_messages`)
            in_flight: 20,
            largest_incoming: 16 << 20,
            patience: Duration::from_secs(10),
            comes_back: false,
        }
    }

    /// The CONNECT, if everything fits.
    pub(super) fn greeting(&self) -> Result<Connect, OptionsError> {
        let id = &self.client_id;
        if id.is_empty() || id.len() > 65_535 || id.chars().any(char::is_control) {
            return Err(OptionsError::ClientId(id.len()));
        }
        let mut greeting = Connect::new(id);
        greeting.clean_session = !self.keeps_session;
        greeting.keep_alive = u16::try_from(self.keep_alive.as_secs())
            .map_err(|_| OptionsError::KeepAlive(self.keep_alive))?;
        if let Some(will) = &self.will {
            if will.payload.len() > 65_535 {
                let size = will.payload.len();
                let reason = format!("its payload has {size} bytes; at most 65535 are allowed");
                return Err(OptionsError::Will(reason));
            }
            limits::deliverable(will.topic.as_str()).map_err(OptionsError::Will)?;
            let qos = super::wire_qos(will.qos);
            let payload = will.payload.clone();
            let will = LastWill::new(will.topic.as_str(), payload, qos, will.retain);
            greeting.last_will = Some(will);
        }
        if let Some(credentials) = &self.broker.credentials {
            greeting.set_login(credentials.user(), credentials.password());
        }
        for (filter, _) in &self.subscriptions {
            limits::deliverable(filter.as_str()).map_err(|reason| OptionsError::Subscription {
                filter: filter.clone(),
                reason,
            })?;
        }
        let filters = self.subscriptions.iter();
        let size: usize = filters.map(|(filter, _)| filter.as_str().len() + 3).sum();
        match size + 2 > LARGEST_REMAINING {
            true => Err(OptionsError::Filters(size)),
            false => Ok(greeting),
        }
    }
}
