//! A runner that was taken over: it may say of its own jobs what it likes, and no more than that.

use crate::lab::{ANYTHING, Lab, RESPONSES};
use crate::support::{LIMIT, wait_for};
use mqtt_thing::fleet::runner_wire::{Frames, ToRunner, ToThing, VERSION, decode, done, frame};
use mqtt_thing::fleet::{
    Captured, Job, JobEnd, JobKey, JobNumber, JobOutcome, JobProgress, Spooled,
};
use mqtt_thing::system::HostState;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, SystemTime};

struct FalseRunner {
    listener: UnixListener,
    stream: UnixStream,
    frames: Frames,
}

impl FalseRunner {
    fn listen(socket: &Path) -> UnixListener {
        UnixListener::bind(socket).unwrap()
    }

    /// Takes in a thing that comes, and hears its hello.
    fn accept(listener: UnixListener) -> Self {
        listener.set_nonblocking(true).unwrap();
        let (stream, _) = wait_for("the thing to come", || listener.accept().ok());
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let frames = Frames::default();
        let mut runner = Self {
            listener,
            stream,
            frames,
        };
        assert!(matches!(runner.hears(), ToRunner::Hello { .. }));
        runner.says(&ToThing::Welcome {
            version: VERSION,
            running: Vec::new(),
            unknown: Vec::new(),
        });
        runner
    }

    fn hears(&mut self) -> ToRunner {
        loop {
            if let Some(frame) = self.frames.take().unwrap() {
                return decode(&frame).unwrap();
            }
            let mut buffer = [0; 4096];
            let count = self.stream.read(&mut buffer).unwrap();
            assert!(count > 0, "the thing has gone");
            self.frames.push(&buffer[..count]);
        }
    }

    fn run(&mut self) -> Job {
        loop {
            match self.hears() {
                ToRunner::Run(job) => return job,
                // of the one before
                ToRunner::Journalled(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn says(&mut self, message: &ToThing) {
        self.throws(&frame(message, &[]).unwrap());
    }

    fn throws(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Waits until the thing has had enough and comes again.
    fn again(mut self) -> Self {
        let mut rest = Vec::new();
        let _reset = self.stream.read_to_end(&mut rest);
        Self::accept(self.listener)
    }
}

fn outcome(number: JobNumber) -> JobOutcome {
    JobOutcome {
        executor: "executor0".to_owned(),
        number,
        started: SystemTime::UNIX_EPOCH,
        ended: SystemTime::UNIX_EPOCH,
        duration: Duration::MAX,
        end: JobEnd::Exited(0),
        stdout: Captured::default(),
        stderr: Captured::default(),
        usage: None,
        host: HostState::default(),
        clock_synchronised: None,
        notes: Vec::new(),
    }
}

#[test]
fn what_a_runner_says_of_files_and_numbers_is_not_believed() {
    let Some(lab) = Lab::new(ANYTHING) else {
        return;
    };
    let listener = FalseRunner::listen(&lab.socket());
    let thing = lab.thing();
    let mut runner = FalseRunner::accept(listener);
    lab.command("a", "true");
    let number = runner.run().number;
    let lie = Captured {
        head: b"head".to_vec(),
        tail: Vec::new(),
        total: u64::MAX,
        spooled: Some(Spooled {
            path: "/etc/passwd".into(),
            bytes: u64::MAX,
            cut: None,
        }),
    };
    let mut its = outcome(number);
    its.stdout = lie.clone();
    its.stderr = lie;
    runner.throws(&done(&its).unwrap());
    for error in [None, Some("enough".to_owned())] {
        assert!(matches!(runner.hears(), ToRunner::Fetch { from: 0, .. }));
        runner.throws(&frame(&ToThing::Piece { error: None }, &[b"bytes"]).unwrap());
        assert!(matches!(runner.hears(), ToRunner::Fetch { from: 5, .. }));
        runner.says(&ToThing::Piece { error });
    }
    let answer = lab.answer_of("a");
    assert_eq!(answer["status"], "succeeded");
    assert!(!answer.to_string().contains("passwd"), "{answer}");
    assert!(matches!(runner.hears(), ToRunner::Journalled(key) if key.number == number));
    let spool = thing
        .folder
        .path()
        .join("state/executors/pi/executor0/spool");
    for file in crate::lab::files(&spool) {
        assert_eq!(std::fs::read(file).unwrap(), b"bytes");
    }
}

#[test]
fn what_is_not_about_a_job_of_the_things_is_nothing_and_nonsense_ends_the_connection() {
    let Some(lab) = Lab::new(ANYTHING) else {
        return;
    };
    let listener = FalseRunner::listen(&lab.socket());
    let thing = lab.thing();
    let mut runner = FalseRunner::accept(listener);
    runner.throws(&done(&outcome(JobNumber(99))).unwrap());
    assert!(
        matches!(runner.hears(), ToRunner::Journalled(_)),
        "it may forget it"
    );
    runner.says(&ToThing::NotNow(JobKey::new("executor9", JobNumber(1))));
    let progress = |last: String| {
        ToThing::Progress(JobProgress {
            executor: "executor0".to_owned(),
            number: JobNumber(99),
            elapsed: Duration::MAX,
            last,
        })
    };
    runner.says(&progress("a lie".to_owned()));
    for (bytes, said) in [
        (
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            "at most 4194304 are allowed",
        ),
        (
            frame(&ToThing::Piece { error: None }, &[b"x"]).unwrap(),
            "a piece that nobody asked for",
        ),
        (
            frame(&progress("x".repeat(70_000)), &[]).unwrap(),
            "without its outputs",
        ),
        (
            frame(
                &ToThing::Done(Box::new(outcome(JobNumber(1))), [9; 4]),
                &[b"x"],
            )
            .unwrap(),
            "a message of 36 bytes within 1",
        ),
        (
            frame(&ToRunner::Cancel(JobKey::new("", JobNumber(1))), &[]).unwrap(),
            "no message that is known",
        ),
        (
            frame(&ToThing::Refused("no\nway\u{1b}[31m".to_owned()), &[]).unwrap(),
            "it refuses us: no\\nway\\u{1b}[31m",
        ),
    ] {
        runner.throws(&bytes);
        runner = runner.again();
        thing.wait_err(said);
    }
    lab.command("a", "true");
    let number = runner.run().number;
    runner.throws(&done(&outcome(number)).unwrap());
    runner.throws(&done(&outcome(number)).unwrap());
    assert_eq!(lab.answer_of("a")["status"], "succeeded");
    lab.command("b", "true");
    let number = runner.run().number;
    runner.throws(&done(&outcome(number)).unwrap());
    lab.answer_of("b");
    assert_eq!(lab.observer.texts(RESPONSES).len(), 2, "each is told once");
}
