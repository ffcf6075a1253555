//! What systemd is told: ready, watchdog, status, stopping. Without systemd all of it does nothing.

use sd_notify::NotifyState;
use std::time::Duration;

/// How long the manager is asked to wait for the next word.
const STILL_WAITING: Duration = Duration::from_secs(60);

/// The way to the service manager.
#[derive(Debug, Clone, Copy, Default)]
pub struct Service;

impl Service {
    /// The service is up.
    pub fn ready(self, status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// It is still starting, waiting for something outside; the manager's patience at start begins anew.
    pub fn waiting(self, status: &str) {
        let patience = u32::try_from(STILL_WAITING.as_micros()).unwrap_or(u32::MAX);
        tell(&[
            NotifyState::ExtendTimeoutUsec(patience),
            NotifyState::Status(status),
        ]);
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
