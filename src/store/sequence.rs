//! The numbers of a key's signed messages, from one process and one start to the next.
//!
//! One file a key, `sequences/<key id>` in the state folder: the last number in 16 digits and a line feed. Who draws one
//! holds the file's lock meanwhile, so several processes that sign with one key never get the same.

use super::error::StoreError;
use crate::fleet::signing::{KeyId, SEQUENCES_END, Sequence};
use crate::model::escaped;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long another process is waited for that draws a number: it takes microseconds, unless it is stopped meanwhile.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(5);

/// The first microsecond of the year 2200. A clock that says more is wrong, and must not use up all numbers.
const LATEST: u64 = 7_258_118_400_000_000;

/// The numbers of one key.
#[derive(Debug)]
pub struct SequenceFile {
    path: PathBuf,
    /// The last one that was given here.
    last: u64,
}

impl SequenceFile {
    /// Opens the file of a key in a state folder; it is made, with mode 0600, if it is not there.
    ///
    /// # Errors
    /// It cannot be made or written, or holds something else than a number.
    pub fn open(state: &Path, key: &KeyId) -> Result<Self, StoreError> {
        let folder = state.join("sequences");
        let path = folder.join(key.as_str());
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Path { path, source }
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(failed(&folder))?;
        let file = locked(&path).map_err(failed(&path))?;
        let found = contents(&file).map_err(failed(&path))?;
        let last = number(&found).ok_or_else(|| StoreError::BrokenSequence {
            path: path.clone(),
            found: escaped(&found, 64),
        })?;
        Ok(Self { path, last })
    }

    /// Draws a number, at least `least`, and writes it down before anybody has it.
    fn draw(&self, least: u64) -> io::Result<u64> {
        let file = locked(&self.path)?;
        let found = contents(&file)?;
        let stored = number(&found).unwrap_or_else(|| {
            tracing::warn!(file = %self.path.display(), "it holds no number any more; it gets one again");
            0
        });
        let next = least.max(stored.saturating_add(1)).min(SEQUENCES_END - 1);
        // Always of the same length and in one call, so that a process that is killed leaves the old number or the new
        // one. It is not synced: after a power cut an old number may be there, but the clock has gone on, and the
        // number is at least that. A clock that went back as well is told by the executors: they refuse.
        let line = format!("{next:016}\n");
        file.write_all_at(line.as_bytes(), 0)?;
        if found.len() > line.len() {
            file.set_len(line.len() as u64)?;
        }
        Ok(next)
    }
}

impl Sequence for SequenceFile {
    fn next(&mut self, now: SystemTime) -> u64 {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = u64::try_from(since.as_micros()).map_or(LATEST, |micros| micros.min(LATEST));
        let least = micros.max(self.last.saturating_add(1));
        self.last = self.draw(least).unwrap_or_else(|error| {
            // signing goes on: the number is above all of this process, and above those of others by the clock
            tracing::warn!(file = %self.path.display(), %error, "the number of a signed command is not written down");
            least.min(SEQUENCES_END - 1)
        });
        self.last
    }
}

/// Opens the file and takes its lock, which the file's end gives back. Source: flock(2).
fn locked(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    let over = Instant::now() + PATIENCE;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(Errno::WOULDBLOCK) if Instant::now() < over => std::thread::sleep(PAUSE),
            Err(error) => return Err(error.into()),
        }
    }
}

fn contents(file: &File) -> io::Result<Vec<u8>> {
    let mut found = Vec::new();
    file.take(100).read_to_end(&mut found)?;
    Ok(found)
}

/// The last number; 0 in a file that has none yet.
fn number(found: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(found).ok()?;
    let digits = match text {
        "" => return Some(0),
        text => text.strip_suffix('\n').unwrap_or(text),
    };
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| all_digits)?;
    // after the last there would be no further one
    (number < SEQUENCES_END - 1).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::signing::PublicKey;
    use std::os::unix::fs::PermissionsExt;

    fn id() -> KeyId {
        PublicKey::from_bytes([7; 32]).id()
    }

    fn at(micros: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(micros)
    }

    fn path(state: &Path) -> PathBuf {
        state.join("sequences").join(id().as_str())
    }

    #[test]
    fn numbers_are_those_of_the_clock_and_rise_when_it_does_not() {
        let state = tempfile::tempdir().unwrap();
        let mut numbers = SequenceFile::open(state.path(), &id()).unwrap();
        let drawn = [1_000_000, 1_000_000, 5, 3_000_000].map(|micros| numbers.next(at(micros)));
        assert_eq!(drawn, [1_000_000, 1_000_001, 1_000_002, 3_000_000]);
        let mode = std::fs::metadata(path(state.path())).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn they_rise_also_over_a_restart_with_a_clock_that_went_back() {
        let state = tempfile::tempdir().unwrap();
        let first = SequenceFile::open(state.path(), &id())
            .unwrap()
            .next(at(1_795_172_851_000_000));
        let mut again = SequenceFile::open(state.path(), &id()).unwrap();
        assert_eq!(again.next(UNIX_EPOCH), first + 1);
        assert_eq!(again.next(UNIX_EPOCH - Duration::from_secs(9)), first + 2);
    }

    #[test]
    fn several_that_draw_at_once_never_get_the_same() {
        const DRAWS: u64 = 300;
        let state = tempfile::tempdir().unwrap();
        let start = std::sync::Arc::new(std::sync::Barrier::new(4));
        let draws: Vec<_> = (0..4)
            .map(|_| {
                let mut numbers = SequenceFile::open(state.path(), &id()).unwrap();
                let start = start.clone();
                std::thread::spawn(move || {
                    start.wait();
                    (0..DRAWS).map(|_| numbers.next(at(1))).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut all: Vec<u64> = draws
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        all.sort_unstable();
        assert_eq!(all, (1..=4 * DRAWS).collect::<Vec<_>>());
    }

    #[test]
    fn while_another_draws_nothing_is_written_but_nobody_is_held_up_for_ever() {
        let state = tempfile::tempdir().unwrap();
        let mut numbers = SequenceFile::open(state.path(), &id()).unwrap();
        let other = locked(&path(state.path())).unwrap();
        other.write_all_at(b"0000000000000500\n", 0).unwrap();
        assert_eq!(numbers.next(at(7)), 7, "from memory");
        assert_eq!(contents(&other).unwrap(), b"0000000000000500\n");
        drop(other);
        assert_eq!(numbers.next(at(7)), 501);
    }

    #[test]
    fn a_file_that_holds_no_number_is_an_error_at_the_start_and_mended_later() {
        let state = tempfile::tempdir().unwrap();
        let mut numbers = SequenceFile::open(state.path(), &id()).unwrap();
        for wrong in [
            "x",
            "-1",
            "+1\n",
            "12 \n",
            "\n",
            "9007199254740991",
            "1\n2\n",
            "\0\0\0",
        ] {
            std::fs::write(path(state.path()), wrong).unwrap();
            let error = SequenceFile::open(state.path(), &id()).unwrap_err();
            let told = error.to_string();
            assert!(
                told.contains(id().as_str()) && told.contains("remove it"),
                "{told}"
            );
        }
        assert_eq!(numbers.next(at(9)), 9);
        let mended = std::fs::read_to_string(path(state.path())).unwrap();
        assert_eq!(mended, "0000000000000009\n");
    }

    #[test]
    fn without_its_file_it_goes_on_from_memory() {
        let state = tempfile::tempdir().unwrap();
        let mut numbers = SequenceFile::open(state.path(), &id()).unwrap();
        assert_eq!(numbers.next(at(5)), 5);
        std::fs::remove_dir_all(state.path().join("sequences")).unwrap();
        assert_eq!([numbers.next(at(5)), numbers.next(at(4))], [6, 7]);
    }

    #[test]
    fn a_clock_of_another_century_does_not_use_up_the_numbers() {
        let state = tempfile::tempdir().unwrap();
        let mut numbers = SequenceFile::open(state.path(), &id()).unwrap();
        let far = UNIX_EPOCH + Duration::from_secs(200_000_000_000);
        assert_eq!([numbers.next(far), numbers.next(far)], [LATEST, LATEST + 1]);
    }
}
