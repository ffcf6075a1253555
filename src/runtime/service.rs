//! What systemd is told: ready, watchdog, status, stopping. Without systemd all of it does nothing.

use sd_notify::NotifyState;
use std::time::Duration;

/// The way to the service manager.
#[derive(Debug, Clone, Copy, Default)]
pub struct Service;

impl Service {
    /// The service is up.
    pub fn ready(self, status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// What it is doing, in one line.
    pub fn status(self, status: &str) {
        tell(&[NotifyState::Status(status)]);
    }

    /// It is alive.
    pub fn alive(self) {
        tell(&[NotifyState::Watchdog]);
    }

    /// It is on its way out.
    pub fn stopping(self) {
        tell(&[NotifyState::Stopping]);
    }

    /// How often systemd wants to hear that it is alive; `None` without a watchdog.
    #[must_use]
    pub fn watchdog(self) -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager was not reached");
    }
}
