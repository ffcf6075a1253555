//! Where messages come from.

use anyhow::{Context, bail};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// The most that fits into a packet, whatever the topic.
const MOST: u64 = 268_435_455;
/// So much of standard input is read ahead, and a line more.
const CHUNK: usize = 64 * 1024;

/// Payloads, one after the other.
pub(super) enum Source {
    /// The same again and again.
    Same {
        /// How often still.
        left: u64,
        /// Between two of them.
        every: Option<Duration>,
        /// When the next is due; the first at once.
        due: Option<Instant>,
    },
    /// Each line of standard input.
    Lines {
        /// From the thread that reads.
        from: mpsc::Receiver<io::Result<Vec<Vec<u8>>>>,
        /// What is read already.
        ready: std::vec::IntoIter<Vec<u8>>,
    },
}

/// What is to be sent next.
pub(super) enum Next {
    /// What it was before.
    Same,
    /// This line.
    Line(Vec<u8>),
    /// There is no more.
    End,
}

impl Source {
    pub(super) fn same(times: u64, every: Option<Duration>) -> Self {
        Self::Same {
            left: times,
            every,
            due: None,
        }
    }

    /// Reads standard input line by line, no faster than it is taken. Empty lines are left out.
    pub(super) fn lines() -> Self {
        let (to, from) = mpsc::channel(1);
        // ends with standard input, or when nobody takes its lines any more
        std::thread::spawn(move || read_lines(BufReader::with_capacity(CHUNK, io::stdin()), &to));
        let ready = Vec::new().into_iter();
        Self::Lines { from, ready }
    }

    /// The next one, when it is due. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> anyhow::Result<Next> {
        match self {
            Self::Same { left: 0, .. } => Ok(Next::End),
            Self::Same { left, every, due } => {
                if let Some(every) = every {
                    let due_now = match due {
                        Some(at) => {
                            sleep_until(*at).await;
                            *at
                        }
                        None => Instant::now(),
                    };
                    // late ones are not made up for
                    *due = Some((due_now + *every).max(Instant::now()));
                }
                *left -= 1;
                Ok(Next::Same)
            }
            Self::Lines { from, ready } => loop {
                if let Some(line) = ready.next() {
                    return Ok(Next::Line(line));
                }
                match from.recv().await {
                    None => return Ok(Next::End),
                    Some(batch) => {
                        *ready = batch.context("standard input cannot be read")?.into_iter();
                    }
                }
            },
        }
    }
}

fn read_lines(mut input: BufReader<impl Read>, to: &mpsc::Sender<io::Result<Vec<Vec<u8>>>>) {
    loop {
        let (mut batch, mut size) = (Vec::new(), 0);
        let end = loop {
            match line(&mut input) {
                Ok(Some(line)) => {
                    size += line.len();
                    if !line.is_empty() {
                        batch.push(line);
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(Err(error)),
            }
            // a person at a terminal types one line, and does not wait for the next
            if size >= CHUNK || !input.buffer().contains(&b'\n') {
                break Some(Ok(()));
            }
        };
        let sent = to.blocking_send(Ok(batch));
        match end {
            Some(Ok(())) if sent.is_ok() => {}
            Some(Err(error)) => {
                let _nobody_waits = to.blocking_send(Err(error));
                return;
            }
            _ => return,
        }
    }
}

/// The next line without its end.
fn line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if input.take(MOST + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() as u64 > MOST {
        let words =
            format!("a line has more than {MOST} bytes, which is the most that MQTT carries");
        return Err(io::Error::other(words));
    }
    Ok(Some(line))
}

/// All of standard input.
pub(super) fn standard_input() -> anyhow::Result<Vec<u8>> {
    whole(io::stdin().lock()).context("standard input cannot be sent")
}

/// All of a file.
pub(super) fn file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = std::fs::File::open(path).map_err(anyhow::Error::from);
    let read = read.and_then(whole);
    read.with_context(|| format!("{} cannot be sent", path.display()))
}

fn whole(from: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        bail!("it has more than {MOST} bytes, which is the most that MQTT carries");
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_their_ends_and_keep_all_other_bytes() {
        let mut input = &b"a\r\n\n\xff\0b\nlast"[..];
        let lines: Vec<_> = std::iter::from_fn(|| line(&mut input).unwrap()).collect();
        assert_eq!(lines, [&b"a\r"[..], b"", b"\xff\0b", b"last"]);
    }
}
