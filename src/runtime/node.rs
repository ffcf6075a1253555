//! A thing on the network: its hosts and its session, from start to a clean close.

use super::presence::{self, About};
use super::throttle::{Throttle, Turn};
use super::{Clock, Host, Inbox, Sense};
use crate::board::{Board, Firmware};
use crate::model::{Message, QoS, Topic, TopicFilter};
use crate::mqtt::{Counters, Options, Outbox, PublishError, Session, SessionError, SessionEvent};
use crate::resources::Spec;
use crate::system::{Root, resident_kib};
use crate::thing::{Effect, Refusal, Thing};
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use thiserror::Error;

/// The hosts' part of the time that a close may take: a board stuck in the kernel is not waited for longer.
const REST_WITHIN: Duration = Duration::from_secs(2);

/// How long the network waits at start for outputs to rest.
const START_WITHIN: Duration = Duration::from_secs(1);

/// What a node is started with.
pub struct NodeOptions {
    /// The thing's name in the topology.
    pub name: String,
    /// The topic that all of its topics begin with.
    pub id: Topic,
    /// Its resources.
    pub specs: Vec<Spec>,
    /// Its board; needed if a resource has a port.
    pub board: Option<Box<dyn Board>>,
    /// How to reach the broker. Will and subscriptions are the node's own business.
    pub session: Options,
}

/// Why a node does not start.
#[derive(Debug, Error)]
pub enum NodeError {
    /// The session's options are wrong.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The operating system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// What the session's sink and the hosts share.
struct Shared {
    id: Topic,
    outbox: OnceLock<Outbox>,
    about: Mutex<About>,
    throttle: Mutex<Throttle>,
    clock: Clock,
}

/// Which filters lead to which host, and its resources, who know what makes sense.
struct Route {
    filters: Vec<TopicFilter>,
    specs: Vec<Spec>,
    inbox: Arc<Inbox>,
}

/// A thing that runs.
pub struct Node {
    shared: Arc<Shared>,
    hosts: Vec<Host>,
    session: Session,
    retained: Vec<Topic>,
    root: Root,
}

impl Node {
    /// Puts the outputs to rest, then connects. Resources with a port share one host with the board; the others have
    /// a host of their own, so that a stuck bus stops no clock. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The options are wrong, or the operating system gave no thread. A broker or a board that is away is no error.
    pub async fn start(options: NodeOptions) -> Result<Self, NodeError> {
        let NodeOptions {
            name,
            id,
            specs,
            board,
            mut session,
        } = options;
        let clock = Clock::default();
        let (mut wired, mut free) = (Thing::new(id.clone(), board), Thing::new(id.clone(), None));
        for spec in &specs {
            let thing = if spec.port.is_some() {
                &mut wired
            } else {
                &mut free
            };
            thing.add(spec.kind.class, &spec.name, (spec.kind.build)(spec));
        }
        let about = Mutex::new(About::new(&name, &specs));
        let shared = Arc::new(Shared {
            id: id.clone(),
            outbox: OnceLock::new(),
            about,
            throttle: Mutex::default(),
            clock,
        });
        let mut retained = presence::retained(&id).to_vec();
        let (mut hosts, mut routes) = (Vec::new(), Vec::new());
        let parts = [("board", wired), ("resources", free)];
        for (thread, thing) in parts.into_iter().filter(|(_, thing)| !thing.is_empty()) {
            let filters = thing.listens_to();
            retained.extend(thing.retained());
            let emitter = Arc::clone(&shared);
            let mut host = Host::start(thread, thing, clock, move |effect| emitter.carry(effect))?;
            if tokio::time::timeout(START_WITHIN, host.started())
                .await
                .is_err()
            {
                tracing::warn!("the board holds up its bus; the network does not wait for it");
            }
            session.subscriptions.extend(
                filters
                    .iter()
                    .map(|filter| (filter.clone(), QoS::AtLeastOnce)),
            );
            let with_a_port = thread == "board";
            let its = specs
                .iter()
                .filter(|spec| spec.port.is_some() == with_a_port);
            routes.push(Route {
                filters,
                specs: its.cloned().collect(),
                inbox: host.inbox(),
            });
            hosts.push(host);
        }
        session.subscriptions.sort_by(|(a, _), (b, _)| a.cmp(b));
        session.subscriptions.dedup();
        session.will = Some(presence::status(&id, false));
        let sink = Arc::clone(&shared);
        let session = Session::start(session, move |event| match event {
            SessionEvent::Connected => sink.connected(&routes),
            SessionEvent::Message(message) => route(&routes, &message),
            _ => {}
        })?;
        let _ = shared.outbox.set(session.outbox());
        Ok(Self {
            shared,
            hosts,
            session,
            retained,
            root: Root::default(),
        })
    }

    /// Says how the thing is doing, on its `health`.
    pub fn say_health(&self) {
        let reports: Vec<_> = self
            .hosts
            .iter()
            .map(|host| (host.report(), host.inbox().counts()))
            .collect();
        let uptime = self.shared.clock.now().moment.since_origin();
        let session = self.session.counters();
        self.shared.publish(presence::health(
            &self.shared.id,
            uptime,
            &reports,
            &session,
            resident_kib(&self.root),
        ));
    }

    /// What the session counted.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.session.counters()
    }

    /// For how long the slowest of its loops has made no progress. A failed transfer or a turn of back-off is
    /// progress; a bus stuck in the kernel is none.
    #[must_use]
    pub fn stuck_for(&self) -> Duration {
        let hosts = self.hosts.iter().map(Host::busy).max().unwrap_or_default();
        hosts.max(self.session.counters().since_progress())
    }

    /// Waits until a host has ended by itself, which is a fault of the program.
    pub async fn failed(&mut self) {
        let ends = self.hosts.iter_mut().map(|host| Box::pin(host.ended()));
        let mut ends: Vec<_> = ends.collect();
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

    /// Ends in order, within `patience`: outputs to rest, what waits is sent, `offline` is said, a clean disconnect.
    pub async fn stop(self, patience: Duration) {
        self.end(patience, Vec::new()).await;
    }

    /// Ends as [`Node::stop`] does, and clears what the broker keeps of the thing: its topics are not used again.
    pub async fn leave(self, patience: Duration) {
        let clear = self
            .retained
            .iter()
            .map(|topic| Message::state(topic.clone(), ""))
            .collect();
        self.end(patience, clear).await;
    }

    async fn end(self, patience: Duration, mut last_words: Vec<Message>) {
        let rest = tokio::time::timeout(REST_WITHIN.min(patience / 2), async {
            for host in &self.hosts {
                host.inbox().stop();
            }
            for mut host in self.hosts {
                // a panic was logged where it happened
                let _ = host.ended().await;
            }
        });
        if rest.await.is_err() {
            tracing::warn!("the board did not come to rest in time");
        }
        last_words.insert(0, presence::status(&self.shared.id, false));
        let left = patience.saturating_sub(REST_WITHIN.min(patience / 2));
        self.session.close(last_words, left).await;
    }
}

impl Shared {
    /// The broker forgot everything: `online`, `about`, then every state.
    fn connected(&self, routes: &[Route]) {
        self.publish(presence::status(&self.id, true));
        self.say_about();
        for route in routes {
            route.inbox.connected();
        }
    }

    fn say_about(&self) {
        let about = self
            .about
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .message(&self.id);
        self.publish(about);
    }

    /// Carries an effect of a thing to where it belongs. Called on the thing's thread.
    fn carry(&self, effect: Effect) {
        match effect {
            Effect::Publish(message) => self.publish(message),
            Effect::Fault { resource, error } => {
                tracing::warn!(%resource, %error, "a resource does not work");
            }
            Effect::Refused(refusal) => self.refused(&refusal),
            Effect::BoardUp(firmware) => {
                if firmware == Firmware::MEASURED {
                    tracing::info!(%firmware, "the board answers");
                } else {
                    let measured = Firmware::MEASURED;
                    tracing::warn!(%firmware, %measured, "the board answers with a firmware that was not measured");
                }
                self.about
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .set_firmware(firmware);
                self.say_about();
            }
            Effect::BoardAway(error) => {
                tracing::warn!(%error, "the board does not answer; it is asked again");
            }
        }
    }

    /// Logs a payload that was not obeyed, within reason: whoever floods us must not fill the journal.
    fn refused(&self, refusal: &Refusal) {
        let turn = self
            .throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .turn(self.clock.now().moment);
        match turn {
            Turn::Say { held_back: 0 } => {
                tracing::warn!(topic = %refusal.topic, "message ignored: {}", refusal.reason);
            }
            Turn::Say { held_back } => {
                tracing::warn!(topic = %refusal.topic, held_back, "message ignored: {}", refusal.reason);
            }
            Turn::Hold => {}
        }
    }

    fn publish(&self, message: Message) {
        // before the session is there nobody is connected; everything is said again at `Connected`
        let Some(outbox) = self.outbox.get() else {
            return;
        };
        let topic = message.topic.clone();
        match outbox.publish(message) {
            Ok(()) => tracing::trace!(%topic, "published"),
            Err(error @ PublishError::Closed(_)) => {
                tracing::debug!(%topic, %error, "not published");
            }
            Err(error) => tracing::warn!(%topic, %error, "not published"),
        }
    }
}

fn route(routes: &[Route], message: &Message) {
    for Route {
        filters,
        specs,
        inbox,
    } in routes
    {
        if filters.iter().any(|filter| filter.matches(&message.topic)) {
            let sense = match specs.iter().all(|spec| spec.understands(message)) {
                true => Sense::Sense,
                false => Sense::Nonsense,
            };
            inbox.put(message.clone(), sense);
        }
    }
}
