//! A thing on the network: its hosts and its session, from start to a clean close.

use super::former::{Former, Formers};
use super::hands::{Hands, with_hands};
use super::home::Home;
use super::lookout::{Lookout, Wired};
use super::node_options::{NodeError, NodeOptions};
use super::presence::{self, About};
use super::report::Counted;
use super::route::{Route, route};
use super::trusted;
use super::voice::Voice;
use super::{Clock, Host, Inbox};
use crate::fleet::ExecutorCounts;
use crate::model::{Message, QoS, Topic, TopicFilter};
use crate::mqtt::{Closed, Counters, Session, SessionEvent};
use crate::resources::Spec;
use crate::system::{Root, resident_kib};
use crate::thing::{Class, Effect, Thing};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The hosts' part of the time that a close may take: a board stuck in the kernel is not waited for longer.
const REST_WITHIN: Duration = Duration::from_secs(2);

/// How long the network waits at start for outputs to rest.
const START_WITHIN: Duration = Duration::from_secs(1);

/// Resources that share a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Wired,
    Free,
    Executors,
}

impl Part {
    fn of(spec: &Spec) -> Self {
        match spec.kind.class {
            Class::Executors => Self::Executors,
            _ if spec.kind.needs_board() => Self::Wired,
            _ => Self::Free,
        }
    }

    const fn thread(self) -> &'static str {
        match self {
            Self::Wired => "board",
            Self::Free => "resources",
            Self::Executors => "executors",
        }
    }
}

/// A thing that runs.
pub struct Node {
    voice: Arc<Voice>,
    hosts: Vec<Host>,
    hands: Option<Arc<Hands>>,
    session: Session,
    lookout: Lookout,
    retained: Vec<Topic>,
    root: Root,
    name: String,
    broker: String,
}

impl Node {
    /// Puts the outputs to rest, then connects. Resources with a port share one host with the board; the others have
    /// a host of their own, so that a stuck bus stops no clock; executors have a third, so that a slow disk delays no
    /// button. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The options are wrong, a list of trusted keys does not count, the journal cannot be opened, or the operating system gave no thread. A broker or a board
    /// that is away is no error.
    pub async fn start(options: NodeOptions) -> Result<Self, NodeError> {
        let NodeOptions {
            name,
            id,
            specs,
            board,
            mut session,
            formers,
            state,
            runner,
            home,
        } = options;
        let mut specs = trusted::settle(specs)?;
        let client_id = Topic::new(&session.client_id).map_err(NodeError::ClientId)?;
        for spec in &mut specs {
            spec.client_id = client_id.clone();
        }
        let commands = Arc::<Inbox>::default();
        let (specs, hands) = with_hands(state.as_deref(), specs, runner, &commands)?;
        let clock = Clock::default();
        let formers = Formers::new(formers, &id, session.keep_alive);
        let about = About::new(&name, &specs);
        let broker = session.broker.url.to_string();
        let home = Home::subscribed(home, &specs, &mut session);
        let voice = Voice::new(id.clone(), about, formers, home, board.is_some(), clock);
        voice.standing().follows(&specs);
        let voice = Arc::new(voice);
        let mut retained = presence::retained(&id).to_vec();
        let (mut hosts, mut routes) = (Vec::new(), Vec::new());
        let mut wired_host = None;
        let mut board = board;
        for part in [Part::Wired, Part::Free, Part::Executors] {
            let its: Vec<Spec> = specs
                .iter()
                .filter(|spec| Part::of(spec) == part)
                .cloned()
                .collect();
            if its.is_empty() {
                continue;
            }
            let mut thing = Thing::new(id.clone(), board.take_if(|_| part == Part::Wired));
            for spec in &its {
                thing.add(spec.kind.class, &spec.name, (spec.kind.build)(spec));
            }
            let filters = thing.listens_to();
            retained.extend(thing.retained());
            let inbox = match part {
                Part::Executors => Arc::clone(&commands),
                Part::Wired | Part::Free => Arc::default(),
            };
            let (emitter, its_hands) = (Arc::clone(&voice), hands.clone());
            let emit = move |effect| match (effect, &its_hands) {
                (Effect::Executor(name, order), Some(hands)) => hands.carry(name, order),
                (effect, _) => emitter.carry(effect),
            };
            let mut host = Host::start(part.thread(), thing, Arc::clone(&inbox), clock, emit)?;
            if tokio::time::timeout(START_WITHIN, host.started())
                .await
                .is_err()
            {
                tracing::warn!("the board holds up its bus; the network does not wait for it");
            }
            session.subscriptions.extend(filters.iter().cloned());
            if part == Part::Wired {
                let topics = its.iter().map(Spec::availability_topic).collect();
                wired_host = Some(Wired::new(host.pulse(), host.inbox(), topics));
            }
            routes.push(Route {
                filters: filters.into_iter().map(|(filter, _)| filter).collect(),
                commands: part == Part::Executors,
                specs: its,
                inbox,
            });
            hosts.push(host);
        }
        let status = presence::status(&id, false);
        let own = TopicFilter::from(status.topic.clone());
        session.subscriptions.push((own, QoS::AtLeastOnce));
        each_once(&mut session.subscriptions);
        session.will = Some(status);
        let (sink, its_hands) = (Arc::clone(&voice), hands.clone());
        let session = Session::start(session, move |event| match event {
            SessionEvent::Connected => {
                sink.connected();
                routes.iter().for_each(|route| route.inbox.connected());
            }
            SessionEvent::Disconnected { reason } => sink.disconnected(reason),
            SessionEvent::CannotConnect {
                reason,
                refused,
                cause,
            } => sink.cannot_connect(reason, refused, cause),
            SessionEvent::Message(message) => {
                tracing::trace!("received {message:?}");
                sink.hear(&message);
                route(&routes, &message);
            }
            SessionEvent::Delivered(receipt) => {
                its_hands.iter().for_each(|hands| hands.delivered(receipt));
            }
            SessionEvent::Undeliverable { receipt, size } => {
                its_hands
                    .iter()
                    .for_each(|hands| hands.too_large(receipt, size));
            }
            event => sink.take(&event),
        })?;
        voice.goes_out_by(session.outbox());
        if let Some(hands) = &hands {
            hands.goes_out_by(session.outbox());
        }
        Ok(Self {
            lookout: Lookout::start(
                Arc::clone(&voice),
                wired_host,
                hosts.iter().map(Host::inbox).collect(),
            ),
            voice,
            hosts,
            hands,
            session,
            retained,
            root: Root::default(),
            name,
            broker,
        })
    }

    /// Whether the broker hears it, for somebody who waits for that.
    #[must_use]
    pub fn connection(&self) -> watch::Receiver<bool> {
        self.voice.connection()
    }

    /// Says how the thing is doing, on its `health`. Nobody hears it while there is no connection.
    pub fn say_health(&self) {
        self.voice.publish(self.health());
    }

    fn health(&self) -> Message {
        let reports: Vec<_> = self
            .hosts
            .iter()
            .map(|host| (host.report(), host.inbox().counts()))
            .collect();
        let uptime = self.voice.clock.now().moment.since_origin();
        let session = self.session.counters();
        presence::health(
            &self.voice.id,
            uptime,
            &reports,
            &session,
            resident_kib(&self.root),
            self.hands.as_ref().map(|hands| hands.audit()),
        )
    }

    /// Tells this machine how the thing is doing, in a file in `folder`; only when something changed, or the file is
    /// half a minute old.
    pub fn report(&self, folder: &Path) {
        let now = self.voice.clock.now();
        let mut standing = self.voice.standing();
        if !standing.is_due(now) {
            return;
        }
        let report = standing.report(
            Counted {
                name: &self.name,
                id: &self.voice.id,
                broker: &self.broker,
                connected: self.voice.is_connected(),
                connections: self.voice.connections(),
                health: &self.health().payload,
            },
            now,
        );
        drop(standing);
        if let Err(error) = report.write(folder) {
            tracing::warn!(folder = %folder.display(), %error, "the thing's report cannot be written");
        }
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
    /// Returns what could not be cleared, its own id among it if the connection was lost: for the node that goes on.
    pub async fn leave(self, patience: Duration) -> Vec<Former> {
        let voice = Arc::clone(&self.voice);
        let own = Former {
            id: voice.id.clone(),
            retained: self.retained.clone(),
        };
        let closed = self.end(patience, own.clears().collect()).await;
        let mut left = voice.formers().take();
        if !closed.clean {
            left.push(own);
        }
        left
    }

    /// Ends the jobs that run, and waits until their ends are journalled; then, if the broker hears, until it has their
    /// answers and the journal knows that: an old peer must not get them again in the next life.
    async fn end_jobs(&self, hands: &Hands, patience: Duration) {
        let count = |of: fn(&ExecutorCounts) -> u64| -> u64 {
            let reports = self.hosts.iter().map(Host::report);
            reports.map(|report| of(&report.executors)).sum()
        };
        let beat = || tokio::time::sleep(Duration::from_millis(5));
        let over = tokio::time::Instant::now() + patience;
        let ended = tokio::time::timeout_at(over, async {
            hands.stop(patience).await;
            while count(|executors| executors.running) > 0 {
                beat().await;
            }
        });
        if ended.await.is_err() {
            tracing::warn!("jobs did not end in time; they count as interrupted at the next start");
            return;
        }
        let told = tokio::time::timeout_at(over, async {
            while self.voice.is_connected() && count(|executors| executors.undelivered) > 0 {
                beat().await;
            }
        });
        if told.await.is_err() {
            tracing::warn!(
                "not all answers were delivered in time; the next start tells them again"
            );
        }
    }

    async fn end(self, patience: Duration, mut last_words: Vec<Message>) -> Closed {
        if let Some(hands) = &self.hands {
            self.end_jobs(hands, patience / 2).await;
        }
        drop(self.lookout);
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
        last_words.insert(0, presence::status(&self.voice.id, false));
        let left = patience.saturating_sub(REST_WITHIN.min(patience / 2));
        self.session.close(last_words, left).await
    }
}

/// Leaves each filter once, at its first place and at the highest quality of service that is asked for.
fn each_once(subscriptions: &mut Vec<(TopicFilter, QoS)>) {
    let mut once: Vec<(TopicFilter, QoS)> = Vec::with_capacity(subscriptions.len());
    for (filter, qos) in subscriptions.drain(..) {
        match once.iter_mut().find(|(known, _)| *known == filter) {
            Some((_, known)) => *known = (*known).max(qos),
            None => once.push((filter, qos)),
        }
    }
    *subscriptions = once;
}
