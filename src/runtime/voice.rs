//! What a node says, from whichever thread: to the broker, and to the log.

use super::Clock;
use super::former::Formers;
use super::home::Home;
use super::presence::{self, About};
use super::report::Standing;
use super::throttle::{Throttle, Turn};
use crate::board::Firmware;
use crate::model::{Message, Moment, Topic};
use crate::mqtt::{Cause, Outbox, PublishError, SessionEvent};
use crate::thing::{Effect, Refusal};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::watch;
use tracing::Level;

/// The voice of a node; the session's sink, the hosts and the lookout share it.
pub(super) struct Voice {
    pub(super) id: Topic,
    pub(super) clock: Clock,
    outbox: OnceLock<Outbox>,
    connected: watch::Sender<bool>,
    connections: AtomicU64,
    /// Somebody said that it is offline.
    denied: AtomicBool,
    about: Mutex<About>,
    throttle: Mutex<Throttle>,
    formers: Mutex<Formers>,
    home: Mutex<Option<Home>>,
    standing: Mutex<Standing>,
}

impl Voice {
    /// Mute until it is told by [`Voice::goes_out_by`] which way its words go.
    pub(super) fn new(
        id: Topic,
        about: About,
        formers: Formers,
        home: Option<Home>,
        board: bool,
        clock: Clock,
    ) -> Self {
        Self {
            id,
            clock,
            outbox: OnceLock::new(),
            connected: watch::Sender::new(false),
            connections: AtomicU64::new(0),
            denied: AtomicBool::new(false),
            about: Mutex::new(about),
            throttle: Mutex::default(),
            formers: Mutex::new(formers),
            home: Mutex::new(home),
            standing: Mutex::new(Standing::new(board, clock.now())),
        }
    }

    /// The way to the broker.
    pub(super) fn goes_out_by(&self, outbox: Outbox) {
        let _ = self.outbox.set(outbox);
    }

    /// Whether the broker hears it now.
    pub(super) fn is_connected(&self) -> bool {
        *self.connected.borrow()
    }

    /// The same for somebody who waits for it.
    pub(super) fn connection(&self) -> watch::Receiver<bool> {
        self.connected.subscribe()
    }

    /// How often the broker began to hear it.
    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// The broker forgot everything: `online` and `about`; the states are the things' part.
    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.connected.send_replace(true);
        self.standing().connected(self.clock.now());
        self.publish(presence::status(&self.id, true));
        self.say_about();
        let words = self.formers().connected(self.clock.now().moment);
        words.into_iter().for_each(|message| self.publish(message));
        self.at_home(|home, now| {
            home.connected(now);
            None
        });
    }

    /// Takes what else the session tells.
    pub(super) fn take(&self, event: &SessionEvent) {
        if let SessionEvent::Subscribed { .. } = event {
            self.at_home(Home::caught_up);
        }
        self.standing().take(event, self.clock.now());
    }

    /// Has the announcement to Home Assistant, if there is one, decide what is to be said, and says it.
    fn at_home(&self, decide: impl FnOnce(&mut Home, Moment) -> Option<Message>) {
        let now = self.clock.now().moment;
        let mut home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        let word = home.as_mut().and_then(|home| decide(home, now));
        drop(home);
        word.into_iter().for_each(|message| self.publish(message));
    }

    /// Says of the announcement to Home Assistant what is due; `true` if what nobody keeps is to be said again.
    pub(super) fn say_of_home(&self) -> bool {
        let mut states = false;
        self.at_home(|home, now| {
            let due = home.take_due(now);
            states = due.states;
            due.message
        });
        states
    }

    /// The broker hears nothing any more.
    pub(super) fn disconnected(&self, reason: String) {
        self.connected.send_replace(false);
        self.standing().disconnected(reason);
    }

    /// It does not hear it yet.
    pub(super) fn cannot_connect(&self, reason: String, refused: bool, cause: Cause) {
        let now = self.clock.now();
        self.standing().cannot_connect(reason, refused, cause, now);
    }

    /// How it stands.
    pub(super) fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears what comes, and what others say on the thing's own `status`. What the broker kept is older than our `online`.
    pub(super) fn hear(&self, message: &Message) {
        self.standing().heard(&message.topic);
        self.at_home(|home, now| home.hear(message, now, rand::random()));
        let own = presence::status(&self.id, true);
        if message.topic != own.topic || message.retain {
            return;
        }
        if message.payload == own.payload {
            self.standing().heard_itself();
        } else {
            self.denied.store(true, Ordering::Relaxed);
        }
    }

    /// If somebody said that it is offline, a late last will or a liar: says that it is not. `true` if every state is
    /// to be said again, since whoever follows them holds them for lost.
    pub(super) fn contradict(&self) -> bool {
        let denied = self.denied.swap(false, Ordering::Relaxed);
        if denied {
            tracing::warn!(
                "somebody said on the status topic that this thing is not online; it says that it is"
            );
            self.publish(presence::status(&self.id, true));
        }
        denied
    }

    /// The ids that the thing had before.
    pub(super) fn formers(&self) -> MutexGuard<'_, Formers> {
        self.formers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says of former ids what is due.
    pub(super) fn say_of_formers(&self) {
        let words = self.formers().take_due(self.clock.now().moment);
        words.into_iter().for_each(|message| self.publish(message));
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
    pub(super) fn carry(&self, effect: Effect) {
        match effect {
            Effect::Publish(message) => self.publish(message),
            Effect::Fault { resource, error } => {
                tracing::warn!(%resource, %error, "a resource does not work");
                let now = self.clock.now();
                self.standing().fault(resource, &error, now);
            }
            Effect::Recovered(resource) => self.standing().mended(&resource),
            Effect::Refused(refusal) => self.refused(&refusal),
            Effect::Executor(executor, _) => {
                tracing::error!(executor, "an executor stands where nobody runs its jobs");
            }
            Effect::BoardUp(firmware) => {
                self.standing().board_up(firmware.to_string());
                if firmware == Firmware::MEASURED {
                    tracing::info!(%firmware, "the board answers");
                } else {
                    let measured = Firmware::MEASURED;
                    tracing::warn!(%firmware, %measured, "the board answers with a firmware that was not measured");
                }
                let news = self
                    .about
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .set_firmware(firmware);
                if news {
                    self.say_about();
                }
            }
            Effect::BoardAway(error) => {
                tracing::warn!(%error, "the board does not answer; it is asked again");
                self.standing().board_away(&error);
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

    /// Says something, if there is a way to say it.
    pub(super) fn publish(&self, message: Message) {
        // before the session is there nobody is connected; everything is said again at `Connected`
        let Some(outbox) = self.outbox.get() else {
            return;
        };
        let topic = message.topic.clone();
        let told = tracing::enabled!(Level::TRACE)
            .then(|| format!("{message:?}"))
            .unwrap_or_default();
        match outbox.publish(message) {
            Ok(()) => tracing::trace!("published {told}"),
            Err(error @ PublishError::Closed(_)) => {
                tracing::debug!(%topic, %error, "not published");
            }
            Err(error) => tracing::warn!(%topic, %error, "not published"),
        }
    }
}
