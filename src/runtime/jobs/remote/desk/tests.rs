use super::*;
use crate::fleet::runner_wire::{Frames, decode};
use crate::fleet::{JobNumber, Run};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// The thing's end and what arrives at the other one.
struct Wire {
    link: Link,
    other: Link,
    frames: Frames,
}

impl Wire {
    fn new() -> Self {
        let (one, other) = UnixStream::pair().unwrap();
        Self {
            link: Link::new(one).unwrap(),
            other: Link::new(other).unwrap(),
            frames: Frames::default(),
        }
    }

    /// What has been said since.
    fn said(&mut self) -> Vec<ToRunner> {
        let mut said = Vec::new();
        let soon = || Some(Instant::now() + Duration::from_millis(1));
        while let Some(frame) = self.other.read(&mut self.frames, soon()).unwrap() {
            said.push(decode(&frame).unwrap());
        }
        said
    }
}

fn key(number: u64) -> JobKey {
    JobKey::new("e", JobNumber(number))
}

fn job(number: u64) -> Job {
    Job {
        executor: "e".to_owned(),
        number: JobNumber(number),
        run: Run::Shell("true".to_owned()),
        time_limit: None,
        kept: 10,
        asked: None,
    }
}

fn desk() -> Desk {
    let mut desk = Desk::new(["e".to_owned()].into_iter());
    desk.resume("e", [].into_iter());
    desk
}

/// The numbers that are over, and how.
fn ends(news: impl IntoIterator<Item = JobNews>) -> Vec<(u64, Option<JobEnd>)> {
    let end = |news| match news {
        JobNews::Done(outcome) => (outcome.number.0, Some(outcome.end)),
        JobNews::Lost(key) => (key.number.0, None),
        JobNews::Progress(_) => unreachable!("nothing runs here"),
    };
    news.into_iter().map(end).collect()
}

#[test]
fn a_job_waits_for_a_runner_and_no_longer_than_the_patience() {
    let (mut desk, mut wire, now) = (desk(), Wire::new(), Instant::now());
    assert!(desk.take(job(1), None, now).is_none());
    assert_eq!(desk.known(), [], "no runner has it");
    assert!(
        desk.over(now + PATIENCE - Duration::from_millis(1), Path::new("/s"))
            .is_empty()
    );
    let over = desk.over(now + PATIENCE, Path::new("/run/s"));
    let [
        (
            1,
            Some(JobEnd::NotStarted {
                reason,
                not_found: false,
            }),
        ),
    ] = &*ends(over)
    else {
        panic!("it goes on");
    };
    assert!(
        reason.contains("it listens on /run/s, and `systemctl status mqtt-thing-runner`"),
        "{reason}"
    );
    assert!(desk.take(job(2), None, now).is_none());
    assert!(desk.connected(&wire.link).is_empty());
    assert_eq!(wire.said(), [ToRunner::Run(job(2))]);
    assert_eq!(desk.known(), [key(2)]);
    assert!(
        desk.over(now + 2 * PATIENCE, Path::new("/s")).is_empty(),
        "it is there"
    );
}

#[test]
fn what_a_runner_had_is_asked_for_and_interrupted_where_nobody_knows() {
    let (mut desk, wire, now) = (desk(), Wire::new(), Instant::now());
    for number in [1, 2, 3, 4] {
        desk.take(job(number), Some(&wire.link), now);
    }
    assert!(desk.tell(&key(4)) && !desk.tell(&key(4)));
    desk.disconnected(now);
    assert!(!desk.tell(&key(1)), "nobody is there to tell");
    assert_eq!(desk.known(), [1, 2, 3, 4].map(key));
    let lost = desk.unknown(&[key(2), key(4), key(9)].into());
    assert_eq!(
        ends(lost),
        [(2, Some(JobEnd::RunnerEnded))],
        "the other one was told"
    );
    assert!(desk.connected(&wire.link).is_empty());
    assert_eq!(
        (desk.is_awaited(&key(1)), desk.is_awaited(&key(2))),
        (Some(true), None)
    );
    desk.disconnected(now);
    let lost = ends(desk.over(now + PATIENCE, Path::new("/s")));
    assert_eq!(
        lost,
        [
            (1, Some(JobEnd::RunnerEnded)),
            (3, Some(JobEnd::RunnerEnded))
        ]
    );
    assert!(!desk.any_is_open());
}

#[test]
fn what_an_earlier_life_had_is_lost_or_goes_on() {
    let mut desk = Desk::new(["e", "f"].map(str::to_owned).into_iter());
    desk.resume("e", [1, 2].map(key).into_iter());
    assert!(!desk.is_settled());
    desk.resume("f", [].into_iter());
    assert!(desk.is_settled());
    let (wire, now) = (Wire::new(), Instant::now());
    assert_eq!(ends(desk.unknown(&[key(1)].into())), [(1, None)]);
    desk.connected(&wire.link);
    assert_eq!(desk.is_awaited(&key(2)), Some(true));
    // known to a runner, so it is that one's end now
    desk.disconnected(now);
    assert_eq!(
        ends(desk.unknown(&[key(2)].into())),
        [(2, Some(JobEnd::RunnerEnded))]
    );
}

#[test]
fn a_cancel_reaches_a_job_wherever_it_is() {
    let (mut desk, mut wire, now) = (desk(), Wire::new(), Instant::now());
    assert_eq!(desk.cancel(&key(1), None), (false, None));
    desk.take(job(1), None, now);
    let (known, news) = desk.cancel(&key(1), None);
    assert!(known);
    assert_eq!(ends(news), [(1, Some(JobEnd::Cancelled { signal: None }))]);
    desk.take(job(2), Some(&wire.link), now);
    assert_eq!(desk.cancel(&key(2), Some(&wire.link)), (true, None));
    assert_eq!(
        wire.said(),
        [ToRunner::Run(job(2)), ToRunner::Cancel(key(2))]
    );
    // one that is asked for is cancelled once it is found
    desk.take(job(3), Some(&wire.link), now);
    desk.disconnected(now);
    assert_eq!(desk.cancel(&key(3), None), (true, None));
    wire.said();
    desk.connected(&wire.link);
    assert_eq!(
        wire.said(),
        [ToRunner::Cancel(key(2)), ToRunner::Cancel(key(3))]
    );
    desk.tell(&key(3));
    assert_eq!(
        desk.cancel(&key(3), Some(&wire.link)),
        (false, None),
        "it is over"
    );
}

#[test]
fn a_job_that_an_ending_runner_did_not_start_waits_for_the_next_one() {
    let (mut desk, mut wire, now) = (desk(), Wire::new(), Instant::now());
    desk.take(job(1), Some(&wire.link), now);
    desk.not_now(&key(1), now);
    desk.disconnected(now);
    assert_eq!(desk.known(), [], "it has never run, so nobody is asked");
    assert_eq!(wire.said(), [ToRunner::Run(job(1))]);
    desk.connected(&wire.link);
    assert_eq!(wire.said(), [ToRunner::Run(job(1))]);
    // what was told is not taken back
    desk.tell(&key(1));
    desk.not_now(&key(1), now);
    assert!(!desk.any_is_open());
    assert!(desk.journalled(&key(1)) && !desk.journalled(&key(1)));
}

#[test]
fn a_stop_lets_go_of_those_that_wait_and_of_no_others() {
    let (mut desk, wire, now) = (desk(), Wire::new(), Instant::now());
    desk.take(job(1), None, now);
    desk.take(job(2), Some(&wire.link), now);
    let gone = desk.let_go_of_those_that_wait();
    assert_eq!(ends(gone), [(1, Some(JobEnd::Interrupted))]);
    assert!(desk.any_is_open());
}

#[test]
fn a_command_that_is_too_long_for_the_socket_is_not_run() {
    let (mut desk, wire, now) = (desk(), Wire::new(), Instant::now());
    let long = Job {
        run: Run::Shell("x".repeat(5 << 20)),
        ..job(1)
    };
    let news = desk.take(long, Some(&wire.link), now);
    let [(1, Some(JobEnd::NotStarted { reason, .. }))] = &*ends(news) else {
        panic!("it is run");
    };
    assert!(reason.contains("at most 4194304 are allowed"), "{reason}");
    assert!(!desk.any_is_open());
}
