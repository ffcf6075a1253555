//! What every long-running subcommand does: serves until it is told to stop, and keeps the service manager informed.

use anyhow::Context;
use mqtt_thing::model::Topic;
use mqtt_thing::mqtt::Options;
use mqtt_thing::runtime::{Node, Service};
use mqtt_thing::thing::HEALTH_EVERY;
use std::path::Path;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How long a clean close may take in all.
pub(super) const CLOSE_WITHIN: Duration = Duration::from_millis(4500);
/// How often an address that is not there, or that may change, is looked for.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Loops that made progress within this time turn.
const TURNS_WITHIN: Duration = Duration::from_millis(500);
/// How often it looks whether this machine is to be told something.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// An answer on the governor's topics holds two streams of 16 MiB, and JSON can make six bytes of one.
const LARGEST_ANSWER: usize = 256 << 20;
/// Refusals wait in the outbox as well.
const MOST_ANSWERS: usize = 4000;

/// Makes room for the answers that a governor's operator may get.
pub(super) fn answers_governor(session: &mut Options) {
    session.largest_outgoing = LARGEST_ANSWER;
    session.outbox_bytes = LARGEST_ANSWER;
    session.outbox_messages = MOST_ANSWERS;
}

/// Why a turn of being a thing ended.
pub(super) enum End {
    Told,
    AddressChanged(Topic),
    Failed,
}

/// Serves until something ends it: ready as soon as outputs rest and all loops turn; then health and watchdog on
/// their beats, a look at the address, and a report to this machine in the folder `reports`.
pub(super) async fn watch(
    node: &mut Node,
    status: &str,
    reports: Option<&Path>,
    moved: impl Fn() -> Option<Topic>,
    stop: &mut Stop,
) -> End {
    let mut ready = false;
    let mut soon = ticks(TURNS_WITHIN / 10);
    let patience = Service.watchdog();
    let beat = patience.map_or(Duration::from_secs(3600), |patience| patience / 3);
    let mut beat = ticks(beat);
    let mut health = ticks(HEALTH_EVERY);
    let mut connection = node.connection();
    let mut look = ticks(LOOK_EVERY);
    let mut report = ticks(REPORT_EVERY);
    loop {
        tokio::select! {
            () = stop.told() => return End::Told,
            () = node.failed() => return End::Failed,
            _ = soon.tick(), if !ready => {
                ready = node.stuck_for() < TURNS_WITHIN;
                if ready {
                    Service.ready(status);
                }
            }
            () = connected_and(&mut connection, &mut health) => node.say_health(),
            _ = beat.tick() => {
                // a loop that is stuck for longer than systemd waits is not vouched for
                if patience.is_some_and(|patience| node.stuck_for() < patience) {
                    Service.alive();
                }
            }
            _ = report.tick(), if reports.is_some() => {
                reports.iter().for_each(|folder| node.report(folder));
            }
            _ = look.tick() => if let Some(new) = moved() {
                return End::AddressChanged(new);
            },
        }
    }
}

pub(super) fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for a beat at a time when the broker hears; without it until it does, and then not for another beat.
async fn connected_and(connection: &mut watch::Receiver<bool>, beat: &mut Interval) {
    // an error means that the node has ended, and nobody waits for this any more
    let _ = connection.wait_for(|connected| *connected).await;
    beat.tick().await;
}

/// SIGINT and SIGTERM.
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    pub(super) fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen to signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    pub(super) async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits until it is told, or that long if there is a limit.
    pub(super) async fn told_or_after(&mut self, limit: Option<Duration>) {
        match limit {
            Some(limit) => {
                self.within(limit).await;
            }
            None => self.told().await,
        }
    }

    /// Whether it is told within `patience`.
    pub(super) async fn within(&mut self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.told()).await.is_ok()
    }
}
