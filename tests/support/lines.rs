//! What a child process writes, line by line, for whoever waits for something among it.

use std::io::{BufRead, BufReader};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Lines that a child process wrote, collected by a thread.
#[derive(Clone, Default)]
pub struct Lines(pub(super) Arc<(Mutex<Vec<Line>>, Condvar)>);

/// When it came, and its text.
pub type Line = (Instant, String);

impl Lines {
    pub fn collect(stream: impl std::io::Read + Send + 'static) -> Self {
        let lines = Self::default();
        let writer = lines.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                writer.0.0.lock().unwrap().push((Instant::now(), line));
                writer.0.1.notify_all();
            }
        });
        lines
    }

    /// Waits until `find` finds something among the lines.
    pub fn wait<T>(
        &self,
        limit: Duration,
        mut find: impl FnMut(&[Line]) -> Option<T>,
    ) -> Option<T> {
        let until = Instant::now() + limit;
        let mut lines = self.0.0.lock().unwrap();
        loop {
            if let Some(found) = find(&lines) {
                return Some(found);
            }
            let left = until.checked_duration_since(Instant::now())?;
            lines = self.0.1.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Whether the process has closed the stream, so that no more will come.
    pub fn ended(&self) -> bool {
        // the thread that collects has the other one
        Arc::strong_count(&self.0) == 1
    }

    pub fn all(&self) -> Vec<String> {
        self.0
            .0
            .lock()
            .unwrap()
            .iter()
            .map(|(_, line)| line.clone())
            .collect()
    }
}
