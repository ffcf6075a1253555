//! What goes to standard output.

use std::io::{self, Write};
use std::os::fd::AsFd;
use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;

/// Prints text; a reader that has seen enough (`| head`) is no failure.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    print_on(text).map(|_is_read| ())
}

/// Prints text; whether anybody still reads.
pub(super) fn print_on(text: &str) -> anyhow::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Waits until the reader of a pipe has gone (`| head`), also while there is nothing to print; for ever where standard
/// output is no pipe.
pub(super) async fn reader_gone() {
    // a file or a device cannot be waited for; nothing is written here, so that it may block
    let out = io::stdout().as_fd().try_clone_to_owned();
    if let Ok(out) = out.and_then(Sender::from_owned_fd_unchecked) {
        if out.ready(Interest::ERROR).await.is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Text as standard output shows it: without its colours where they are not wanted. For what is written beside commands
/// to the terminal, which stay.
pub(super) fn tinted(text: &str) -> String {
    match anstream::AutoStream::choice(&io::stdout()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

/// Rows with their columns under each other, two blanks between, each row after `indent`.
pub(super) fn columns(indent: &str, rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0))
        .map(width)
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = indent.to_owned();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            // not by a width in a format, which panics beyond 65 535
            line.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
