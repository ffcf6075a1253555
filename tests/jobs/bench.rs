//! A runner with one executor, `e`, and its news as they come.

use mqtt_thing::fleet::{ExecutorSettings, Job, JobNumber, JobOutcome, JobProgress, Run};
use mqtt_thing::runtime::{JobNews, JobSettings, Runner, RunnerOptions};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Bench {
    pub(crate) runner: Runner,
    pub(crate) folder: tempfile::TempDir,
    news: Receiver<JobNews>,
}

pub(crate) fn job(number: u64, run: Run) -> Job {
    Job {
        executor: "e".to_owned(),
        number: JobNumber(number),
        run,
        time_limit: None,
        kept: 1024,
        asked: None,
    }
}

pub(crate) fn sh(number: u64, text: &str) -> Job {
    job(number, Run::Shell(text.to_owned()))
}

pub(crate) fn program(number: u64, argv: &[&str]) -> Job {
    let run = Run::Program {
        path: PathBuf::from(argv[0]),
        argv: argv.iter().map(|&word| word.to_owned()).collect(),
    };
    job(number, run)
}

pub(crate) fn settings(folder: &Path) -> JobSettings {
    let settings = ExecutorSettings {
        kill_after: Duration::from_millis(300),
        progress: None,
        spool_cap: 1 << 20,
        ..ExecutorSettings::default()
    };
    JobSettings::new(&settings, folder)
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut JobSettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        change(&mut settings);
        let options = RunnerOptions {
            executors: [("e".to_owned(), settings)].into(),
            ..RunnerOptions::default()
        };
        let (tell, news) = mpsc::channel();
        let runner = Runner::start(options, move |one| {
            let _ = tell.send(one);
        });
        Self {
            runner,
            folder,
            news,
        }
    }

    pub(crate) fn news(&self) -> JobNews {
        self.news.recv_timeout(LIMIT).expect("there is news")
    }

    pub(crate) fn progress(&self) -> JobProgress {
        match self.news() {
            JobNews::Progress(progress) => progress,
            other => panic!("it is over: {other:?}"),
        }
    }

    pub(crate) fn done(&self) -> JobOutcome {
        loop {
            if let JobNews::Done(outcome) = self.news() {
                return *outcome;
            }
        }
    }

    pub(crate) fn outcome(&self, job: Job) -> JobOutcome {
        self.runner.run(job);
        self.done()
    }

    /// A file in the folder where jobs start.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    /// What a job wrote there, once it has.
    pub(crate) fn written(&self, name: &str) -> String {
        let path = self.file(name);
        super::support::wait_for("a job's file", || {
            let text = std::fs::read_to_string(&path).ok()?;
            text.ends_with('\n').then(|| text.trim_end().to_owned())
        })
    }
}

pub(crate) fn output(outcome: &JobOutcome) -> String {
    assert!(outcome.stdout.is_whole());
    let bytes = [&*outcome.stdout.head, &*outcome.stdout.tail].concat();
    String::from_utf8(bytes).unwrap()
}

/// Whether a process runs; a zombie does not.
pub(crate) fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat[stat.rfind(')').unwrap()..].starts_with(") Z"))
}

pub(crate) fn is_root() -> bool {
    rustix::process::getuid().is_root()
}
