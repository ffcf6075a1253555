//! Asking a program of the system's, which may be missing or stuck.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than so many bytes are not read.
const MOST: u64 = 1 << 20;
const PAUSE: Duration = Duration::from_millis(10);

/// What a program printed, whatever its exit code; `None` if it is not there or takes too long. It is found by `PATH`, and
/// speaks English.
pub(super) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .env_remove("LANGUAGE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let out = child.stdout.take()?;
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = out.take(MOST).read_to_end(&mut bytes);
        bytes
    });
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            // how a child ends that could not become the program, where that comes to light late (posix_spawn, POSIX.1)
            Ok(Some(status)) if status.code() == Some(127) => return None,
            Ok(Some(_)) => break,
            Ok(None) if Instant::now() < until => thread::sleep(PAUSE),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
    // what the program started may hold the pipe open for ever
    while !reader.is_finished() {
        if Instant::now() >= until {
            return None;
        }
        thread::sleep(PAUSE);
    }
    let bytes = reader.join().ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_heard_out_and_one_that_is_not_there_says_nothing() {
        let said = ask("sh", &["-c", "echo $LC_ALL; exit 3"]);
        assert_eq!(said.as_deref(), Some("C\n"));
        assert_eq!(ask("/nonexistent/systemctl", &[]), None);
        // much is read while it is written, and cut
        let much = ask("sh", &["-c", "head -c 3000000 /dev/zero"]).unwrap();
        assert_eq!(much.len() as u64, MOST);
    }
}
