//! A thread that owns a thing: it waits for what comes, hands it over, and carries the effects away.

use super::inbox::Arrival;
use super::{Clock, Inbox};
use crate::board::BusCounters;
use crate::fleet::ExecutorCounts;
use crate::thing::{Effect, Input, Thing};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// What a host's thing counted, as of its last turn.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostReport {
    /// The driver's counters, where there is a board.
    pub bus: Option<BusCounters>,
    /// Payloads that were not obeyed.
    pub refused: u64,
    /// Events that resources could not carry out.
    pub faults: u64,
    /// Resources that do not work now.
    pub faulty: usize,
    /// How its executors are doing, in all.
    pub executors: ExecutorCounts,
}

#[derive(Default)]
struct Shared {
    report: Mutex<HostReport>,
    /// When the turn began that has not ended, in nanoseconds after the clock's origin; 0 between turns.
    busy_since: AtomicU64,
}

/// Whether a host turns.
pub(super) struct Pulse {
    shared: Arc<Shared>,
    clock: Clock,
}

impl Pulse {
    pub(super) fn busy(&self) -> Duration {
        match self.shared.busy_since.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => self
                .clock
                .now()
                .moment
                .since_origin()
                .saturating_sub(Duration::from_nanos(since)),
        }
    }
}

/// A running host.
pub struct Host {
    inbox: Arc<Inbox>,
    shared: Arc<Shared>,
    clock: Clock,
    started: Option<oneshot::Receiver<()>>,
    ended: Option<oneshot::Receiver<thread::Result<()>>>,
}

/// The stack of a host, in bytes; memory is taken only for what is used. JSON that a stranger nests to the parser's own
/// limit, 128 levels, takes a quarter of a megabyte of it in a build without optimisation.
const STACK: usize = 2 << 20;

impl Host {
    /// Starts a thread that puts the thing's outputs to rest and then serves it from `inbox`. `emit` must not block.
    ///
    /// # Errors
    /// The operating system gave no thread.
    pub fn start(
        name: &str,
        mut thing: Thing,
        inbox: Arc<Inbox>,
        clock: Clock,
        mut emit: impl FnMut(Effect) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (started, has_started) = oneshot::channel();
        let (ended, has_ended) = oneshot::channel();
        let (its_inbox, its_shared) = (Arc::clone(&inbox), Arc::clone(&shared));
        thread::Builder::new()
            .name(name.to_owned())
            .stack_size(STACK)
            .spawn(move || {
                let turns = std::panic::AssertUnwindSafe(|| {
                    serve(
                        &mut thing,
                        clock,
                        &its_inbox,
                        &its_shared,
                        started,
                        &mut emit,
                    );
                });
                // whoever waits has gone when the process is on its way out
                let _ = ended.send(std::panic::catch_unwind(turns));
            })?;
        Ok(Self {
            inbox,
            shared,
            clock,
            started: Some(has_started),
            ended: Some(has_ended),
        })
    }

    /// Where its inputs go in.
    #[must_use]
    pub fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }

    /// What its thing counted.
    #[must_use]
    pub fn report(&self) -> HostReport {
        *self
            .shared
            .report
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// For how long it has been in one turn: much longer than a bus's time-out means that it is stuck.
    #[must_use]
    pub fn busy(&self) -> Duration {
        self.pulse().busy()
    }

    /// The same for somebody else to ask.
    pub(super) fn pulse(&self) -> Pulse {
        Pulse {
            shared: Arc::clone(&self.shared),
            clock: self.clock,
        }
    }

    /// Waits until its outputs were put to rest once, or it ended.
    pub async fn started(&mut self) {
        if let Some(started) = self.started.take() {
            // an error means that it ended, which `ended` tells
            let _ = started.await;
        }
    }

    /// Waits until it has ended; an error is a panic.
    ///
    /// # Errors
    /// It panicked.
    pub async fn ended(&mut self) -> thread::Result<()> {
        let Some(ended) = &mut self.ended else {
            return Ok(());
        };
        let outcome = ended.await.unwrap_or(Ok(()));
        self.ended = None;
        outcome
    }
}

fn serve(
    thing: &mut Thing,
    clock: Clock,
    inbox: &Inbox,
    shared: &Shared,
    started: oneshot::Sender<()>,
    emit: &mut impl FnMut(Effect),
) {
    let mut turn = |thing: &mut Thing, act: &mut dyn FnMut(&mut Thing) -> Vec<Effect>| {
        let since = clock.now().moment.since_origin().as_nanos();
        shared.busy_since.store(
            u64::try_from(since).unwrap_or(u64::MAX).max(1),
            Ordering::Relaxed,
        );
        act(thing).into_iter().for_each(&mut *emit);
        let (refused, faults, faulty) = (thing.refused(), thing.faults(), thing.faulty());
        let report = HostReport {
            bus: thing.bus(),
            refused,
            faults,
            faulty,
            executors: thing.executors(),
        };
        *shared.report.lock().unwrap_or_else(PoisonError::into_inner) = report;
        shared.busy_since.store(0, Ordering::Relaxed);
    };
    turn(thing, &mut |thing| thing.start(clock.now()));
    let _ = started.send(());
    loop {
        let wake = thing.next_wake().map(|moment| clock.instant(moment));
        match inbox.next(wake) {
            Arrival::Input(input) => turn(thing, &mut |thing| thing.handle(&input, clock.now())),
            Arrival::Time => turn(thing, &mut |thing| thing.handle(&Input::Wake, clock.now())),
            Arrival::Stop => break,
        }
    }
    turn(thing, &mut |thing| thing.stop(clock.now()));
}
