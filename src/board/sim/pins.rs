//! The bench: inputs, outputs, plug and faults of a simulated board, from any thread.

use super::avr::{Avr, Output};
use super::faults::{Fault, Faults};
use super::lcd::Lcd;
use super::log::{Log, Transfer, TransferCounts, Violation};
use super::timing::{Clock, Timing};
use crate::board::{AnalogPort, Port};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// From a reset to the first acknowledgement.
const START: Duration = Duration::from_millis(1);

/// Changes that a watcher may be behind; further ones are lost to it.
const WATCHED: usize = 4096;

/// What the bus and the bench share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Arc<Clock>,
    pub(super) turn: Mutex<()>,
    pub(super) changed: Condvar,
    state: Mutex<State>,
}

/// The board and everything around it.
#[derive(Debug)]
pub(super) struct State {
    pub(super) avr: Avr,
    pub(super) faults: Faults,
    pub(super) log: Log,
    pub(super) counts: TransferCounts,
    pub(super) violations: Vec<Violation>,
    pub(super) rng: SmallRng,
    pub(super) unplugged: bool,
    pub(super) started_at: Duration,
    pub(super) thaws_at: Option<Duration>,
    pub(super) bus_timeout: Duration,
    pub(super) others: Vec<u8>,
    pub(super) lcd: Option<Lcd>,
    /// As last announced, in the order of [`Port::ALL`].
    outputs: [(Output, Option<Instant>); Port::ALL.len()],
    watchers: Vec<SyncSender<OutputChange>>,
}

/// An output that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputChange {
    /// Its socket.
    pub port: Port,
    /// What it does now.
    pub output: Output,
    /// When it changed.
    pub at: Instant,
}

impl Shared {
    pub(super) fn new(timing: Timing) -> Self {
        let avr = Avr::new();
        let outputs = Port::ALL.map(|port| (avr.output(port.digital().pin()), None));
        Self {
            clock: Arc::new(Clock::new(timing)),
            turn: Mutex::new(()),
            changed: Condvar::new(),
            state: Mutex::new(State {
                avr,
                faults: Faults::none(),
                log: Log::default(),
                counts: TransferCounts::default(),
                violations: Vec::new(),
                rng: SmallRng::seed_from_u64(1_4_0),
                unplugged: false,
                started_at: Duration::ZERO,
                thaws_at: None,
                bus_timeout: Duration::from_secs(1),
                others: Vec::new(),
                lcd: None,
                outputs,
                watchers: Vec::new(),
            }),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn reset(&mut self, now: Duration) {
        self.avr.reset(now);
        self.thaws_at = None;
        self.started_at = now + START;
        self.announce_all();
    }

    fn announce_all(&mut self) {
        for port in Port::ALL {
            self.announce(port.digital().pin());
        }
    }

    /// Whether this pin's output is another than was announced.
    pub(super) fn has_changed(&self, pin: u8) -> bool {
        socket(pin).is_some_and(|index| self.outputs[index].0 != self.avr.output(pin))
    }

    /// Tells the watchers if this pin's output changed.
    pub(super) fn announce(&mut self, pin: u8) {
        let Some(index) = socket(pin).filter(|_| self.has_changed(pin)) else {
            return;
        };
        let output = self.avr.output(pin);
        let at = Instant::now();
        self.outputs[index] = (output, Some(at));
        let change = OutputChange {
            port: Port::ALL[index],
            output,
            at,
        };
        self.watchers.retain(|watcher| {
            use std::sync::mpsc::TrySendError::Disconnected;
            !matches!(watcher.try_send(change), Err(Disconnected(_)))
        });
    }
}

/// The bench on which a simulated board lies. Clones are the same bench.
#[derive(Debug, Clone)]
pub struct Pins {
    pub(super) shared: Arc<Shared>,
}

impl Pins {
    pub(super) fn of(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
        }
    }

    /// Puts a level on a socket's input: `true` is high, a pressed button.
    pub fn set_digital(&self, port: Port, high: bool) {
        self.shared.lock().avr.set_digital(port.digital(), high);
    }

    /// Puts a voltage on an analog input, `0..=1023`; more counts as 1023.
    pub fn set_analog(&self, port: AnalogPort, counts: u16) {
        self.shared.lock().avr.set_analog(port.channel(), counts);
    }

    /// What a socket's output does now.
    #[must_use]
    pub fn output(&self, port: Port) -> Output {
        self.shared.lock().outputs[index(port)].0
    }

    /// When a socket's output last changed; `None` if it never did.
    #[must_use]
    pub fn changed_at(&self, port: Port) -> Option<Instant> {
        self.shared.lock().outputs[index(port)].1
    }

    /// Waits until a socket's output satisfies `wanted`, at most `timeout`, and returns the last one seen: as
    /// `Ok` if it did.
    ///
    /// # Errors
    /// The output that there was when the time was over.
    pub fn wait_output(
        &self,
        port: Port,
        timeout: Duration,
        wanted: impl Fn(Output) -> bool,
    ) -> Result<Output, Output> {
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.lock(), timeout, |state| {
                !wanted(state.outputs[index(port)].0)
            })
            .unwrap_or_else(PoisonError::into_inner);
        let output = state.outputs[index(port)].0;
        if wanted(output) {
            Ok(output)
        } else {
            Err(output)
        }
    }

    /// Every change of an output from now on, in order, with its moment. A watcher that falls 4096 behind misses
    /// some.
    #[must_use]
    pub fn watch(&self) -> Receiver<OutputChange> {
        let (sender, receiver) = sync_channel(WATCHED);
        self.shared.lock().watchers.push(sender);
        receiver
    }

    /// Resets the board: modes, outputs and replies are lost, and for a millisecond it does not acknowledge.
    pub fn reset_board(&self) {
        let now = self.shared.clock.now();
        self.shared.lock().reset(now);
        self.shared.changed.notify_all();
    }

    /// Takes the board off the bus; its outputs lose their power.
    pub fn unplug(&self) {
        self.reset_board();
        let mut state = self.shared.lock();
        state.avr.modules.displays.darken();
        state.unplugged = true;
    }

    /// Puts the board back; it starts.
    pub fn plug_in(&self) {
        self.reset_board();
        self.shared.lock().unplugged = false;
    }

    /// The firmware hangs until [`Pins::thaw`] or a reset: the next command stays pending, every read from then on
    /// says "not ready", and commands after it are lost.
    pub fn freeze(&self) {
        let mut state = self.shared.lock();
        state.avr.freeze();
        state.thaws_at = None;
    }

    /// The firmware goes on, with the command that was pending.
    pub fn thaw(&self) {
        let now = self.shared.clock.now();
        self.shared.lock().thaw(now);
        self.shared.changed.notify_all();
    }

    /// Each of the next `transfers` to which it can happen meets this fault, after those planned before.
    pub fn plan_faults(&self, fault: Fault, transfers: usize) {
        self.shared.lock().faults.plan(fault, transfers);
    }

    /// From now on each transfer meets each fault with its probability, by a random sequence that `seed` fixes.
    pub fn random_faults(&self, seed: u64, rates: &[(Fault, f64)]) {
        self.shared.lock().faults.at_random(seed, rates);
    }

    /// No more faults, planned or random. A frozen board stays frozen until its time.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// How long a transfer that is held lasts ([`Fault::TimedOut`]); a second unless set.
    pub fn set_bus_timeout(&self, timeout: Duration) {
        self.shared.lock().bus_timeout = timeout;
    }

    /// Another device on the bus, which takes every write and answers `ff`.
    pub fn attach(&self, address: u8) {
        self.shared.lock().others.push(address);
    }

    /// Keeps the last `transfers` from now on; none unless asked.
    pub fn keep_transfers(&self, transfers: usize) {
        self.shared.lock().log.keep(transfers);
    }

    /// The transfers kept, oldest first.
    #[must_use]
    pub fn transfers(&self) -> Vec<Transfer> {
        self.shared.lock().log.transfers()
    }

    /// How many transfers there were.
    #[must_use]
    pub fn counts(&self) -> TransferCounts {
        self.shared.lock().counts
    }

    /// Time on the bus's clock since the board was made.
    #[must_use]
    pub fn bus_time(&self) -> Duration {
        self.shared.clock.now()
    }

    /// What a driver must never do, and did.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.lock().violations.clone()
    }

    /// Fails a test whose driver did something that would harm a real board.
    ///
    /// # Panics
    /// If there is any [`Violation`].
    pub fn assert_no_violations(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "on a real board: {violations:?}");
    }
}

/// A pin's place in [`Port::ALL`].
fn socket(pin: u8) -> Option<usize> {
    Port::ALL
        .iter()
        .position(|port| port.digital().pin() == pin)
}

fn index(port: Port) -> usize {
    port as usize
}
