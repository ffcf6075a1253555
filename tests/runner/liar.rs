//! A thing that says whatever it likes to a runner's socket.

use mqtt_thing::fleet::runner_wire::{
    Frame, Frames, ToRunner, ToThing, VERSION, decode, frame, outcome,
};
use mqtt_thing::fleet::{Job, JobEnd, JobKey, JobNumber, JobOutcome, Run};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::support::LIMIT;

pub struct Liar {
    stream: UnixStream,
    frames: Frames,
}

impl Liar {
    /// Connects, and says nothing.
    pub fn silent(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let frames = Frames::default();
        Self { stream, frames }
    }

    /// Connects as a thing that knows no job.
    pub fn new(socket: &Path) -> Self {
        let mut liar = Self::silent(socket);
        liar.hello(VERSION);
        match liar.hears() {
            Some(ToThing::Welcome { version, .. }) => assert_eq!(version, VERSION),
            other => panic!("{other:?}"),
        }
        liar
    }

    pub fn hello(&mut self, version: u32) {
        let jobs = Vec::new();
        self.says(&ToRunner::Hello {
            version,
            first: true,
            jobs,
        });
    }

    pub fn says(&mut self, message: &ToRunner) {
        let bytes = frame(message, &[]).unwrap();
        self.throws(&bytes);
    }

    /// Any bytes.
    pub fn throws(&mut self, bytes: &[u8]) {
        // the runner may have closed before all is written
        let _closed = self.stream.write_all(bytes);
    }

    /// The next message; none when the runner has closed.
    pub fn hears(&mut self) -> Option<ToThing> {
        self.frame().map(|frame| decode(&frame).unwrap())
    }

    fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.frames.take().unwrap() {
                return Some(frame);
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.frames.push(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                // a signal of another test's came in between
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Has a job run and waits for its outcome.
    pub fn runs(&mut self, job: Job) -> JobOutcome {
        self.says(&ToRunner::Run(job));
        self.outcome()
    }

    /// The next outcome.
    pub fn outcome(&mut self) -> JobOutcome {
        loop {
            let frame = self.frame().expect("an outcome");
            if let ToThing::Done(bare, lengths) = decode(&frame).unwrap() {
                return outcome(*bare, lengths, &frame.rest).unwrap();
            }
        }
    }

    /// Why a job was not started.
    pub fn refusal(&mut self, job: Job) -> String {
        match self.runs(job).end {
            JobEnd::NotStarted { reason, .. } => reason,
            end => panic!("{end:?}"),
        }
    }
}

/// A job of `executor0`.
pub fn job(number: u64, run: Run) -> Job {
    Job {
        executor: "executor0".to_owned(),
        number: JobNumber(number),
        run,
        time_limit: None,
        kept: 1000,
        asked: None,
    }
}

pub fn key(number: u64) -> JobKey {
    JobKey::new("executor0", JobNumber(number))
}

pub fn program(path: &str, argv: &[&str]) -> Run {
    Run::Program {
        path: path.into(),
        argv: argv.iter().map(|&word| word.to_owned()).collect(),
    }
}

pub fn shell(text: &str) -> Run {
    Run::Shell(text.to_owned())
}
