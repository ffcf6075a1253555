//! How the terminal of standard input is set, and setting it back. Source: termios(3).

use rustix::process::getpgrp;
use rustix::stdio::stdin;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::fmt;

/// The terminal's settings as they were when this was made; dropped, they hold again.
///
/// A process that ends while another of its threads reads keys would leave the terminal as that thread has set it.
pub struct TerminalSettings(Termios);

impl TerminalSettings {
    /// Those of standard input; none if that is no terminal, or if it is another's turn to use it.
    #[must_use]
    pub fn keep() -> Option<Self> {
        is_ours().then_some(())?;
        tcgetattr(stdin()).ok().map(Self)
    }

    /// From now on what is typed is not shown, until this is dropped. Ctrl-C is a signal as before.
    pub fn hide_typing(&self) {
        let mut quiet = self.0.clone();
        quiet
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL);
        set(&quiet);
    }
}

impl Drop for TerminalSettings {
    fn drop(&mut self) {
        set(&self.0);
    }
}

impl fmt::Debug for TerminalSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TerminalSettings")
    }
}

/// Whether this process is in the foreground: one in the background that changes the terminal is stopped.
fn is_ours() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|group| group == getpgrp())
}

fn set(settings: &Termios) {
    if is_ours() {
        // a terminal that has gone needs nothing
        let _ = tcsetattr(stdin(), OptionalActions::Now, settings);
    }
}
