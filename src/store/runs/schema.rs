//! The tables of the run store, and how times and words lie in them.

use crate::fleet::{Face, Status};
use crate::store::database::Format;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Times and durations are nanoseconds, times since 1970 UTC. `responses.number` is the order of arrival. A response
/// with an `id` is there once: an operator that was killed asks again for what it had and did not remember.
pub(super) const FORMAT: Format = Format {
    application: 0x6d71_7472, // "mqtr"
    version: 1,
    steps: &[],
    schema: "
        CREATE TABLE runs (
            run INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            started_ns INTEGER,
            plan TEXT NOT NULL,
            finished_ns INTEGER,
            outcome TEXT
        ) STRICT;
        CREATE TABLE progress (
            number INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            line TEXT NOT NULL
        ) STRICT;
        CREATE INDEX progress_of_run ON progress (run);
        CREATE TABLE clients (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            client TEXT NOT NULL,
            protocol TEXT NOT NULL,
            joined_ns INTEGER,
            outcome TEXT,
            PRIMARY KEY (run, client)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE responses (
            number INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            client TEXT NOT NULL,
            id TEXT,
            pipeline TEXT,
            step TEXT NOT NULL,
            step_index INTEGER,
            attempt INTEGER NOT NULL,
            command TEXT NOT NULL,
            protocol TEXT NOT NULL,
            status TEXT,
            reason TEXT,
            exit_code INTEGER,
            signal INTEGER,
            started_ns INTEGER,
            ended_ns INTEGER,
            received_ns INTEGER,
            duration_ns INTEGER,
            user_ns INTEGER,
            system_ns INTEGER,
            max_rss_kib INTEGER,
            host TEXT,
            output BLOB NOT NULL,
            output_bytes INTEGER NOT NULL,
            output_truncated INTEGER NOT NULL,
            error BLOB NOT NULL,
            error_bytes INTEGER NOT NULL,
            error_truncated INTEGER NOT NULL,
            raw BLOB
        ) STRICT;
        CREATE INDEX of_run ON responses (run);
        CREATE INDEX of_client ON responses (run, client);
        CREATE UNIQUE INDEX by_id ON responses (run, client, id) WHERE id IS NOT NULL;
    ",
};

/// A time as a column has it; none before 1678 or after 2262, which only a broken clock or a hostile message says.
pub(super) fn nanoseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok(),
        Err(before) => {
            let before = i64::try_from(before.duration().as_nanos()).ok();
            before.map(|nanos| -nanos)
        }
    }
}

/// A column's time.
pub(super) fn time(nanos: i64) -> SystemTime {
    let distance = Duration::from_nanos(nanos.unsigned_abs());
    match nanos {
        0.. => UNIX_EPOCH + distance,
        _ => UNIX_EPOCH - distance,
    }
}

/// A duration as a column has it; the longest that fits is 292 years.
pub(super) fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// A column's duration.
pub(super) fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(nanos.unsigned_abs())
}

/// The word for a protocol.
pub(in crate::store) const fn protocol(face: Face) -> &'static str {
    match face {
        Face::Own => "own",
        Face::GovernorJson => "governor",
        Face::GovernorText => "governor-text",
    }
}

/// The protocol that a column means.
pub(super) fn face(word: &str) -> Face {
    match word {
        "own" => Face::Own,
        "governor-text" => Face::GovernorText,
        _ => Face::GovernorJson,
    }
}

/// The status that a column means; none if it is none of ours.
pub(super) fn status(word: &str) -> Option<Status> {
    use Status::{Cancelled, Expired, Failed, Interrupted, Refused, Succeeded, TimedOut};
    let all = [
        Succeeded,
        Failed,
        TimedOut,
        Cancelled,
        Refused,
        Expired,
        Interrupted,
    ];
    all.into_iter().find(|status| status.as_str() == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_time_between_1678_and_2262_comes_back(nanos in -i64::MAX..=i64::MAX) {
            prop_assert_eq!(nanoseconds(time(nanos)), Some(nanos));
        }
    }

    #[test]
    fn a_time_that_nobody_can_mean_is_none() {
        let far = UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(nanoseconds(far), None);
    }

    #[test]
    fn words_come_back() {
        for one in [Face::Own, Face::GovernorJson, Face::GovernorText] {
            assert_eq!(face(protocol(one)), one);
        }
        assert_eq!(status("timed_out"), Some(Status::TimedOut));
        assert_eq!(status("lost"), None);
    }
}
