//! What the journal costs: waiting for the disk, opening, memory; and the run store beside it. Nothing is asserted
//! about times. `cargo bench --bench journal -- [--quick] [--folder DIR]`: the disk of DIR is measured.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

use mqtt_thing::fleet::{
    Captured, Entry, Face, JobNumber, JournalNews, Record, Request, Run, Status,
};
use mqtt_thing::store::{Journal, JournalOptions, Limits, RunOutput, RunResponse, Runs};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

const EXECUTOR: &str = "executor0";
/// What this program says to itself: measure memory, where nothing was before.
const MEMORY: &str = "--memory";

fn main() {
    let mut folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let mut quick = false;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => quick = true,
            MEMORY => return memory(Path::new(&words.next().unwrap())),
            "--folder" => folder = words.next().expect("--folder DIR").into(),
            // cargo's own
            "--bench" => {}
            other => panic!("unknown argument {other}; there are --quick and --folder DIR"),
        }
    }
    let single = if quick { 100 } else { 1000 };
    let bursts = if quick { 3 } else { 10 };
    println!("{:44} {:>10} {:>10} {:>7}", "", "synced", "not", "ratio");
    let synced = Costs::measure(&folder, true, single, bursts);
    let not = Costs::measure(&folder, false, single, bursts);
    for ((name, synced), (_, not)) in synced.rows().into_iter().zip(not.rows()) {
        let ratio = synced.as_secs_f64() / not.as_secs_f64();
        println!(
            "{name:44} {:>10} {:>10} {ratio:>6.1}x",
            shown(synced),
            shown(not)
        );
    }
    println!();
    let measured = std::process::Command::new(std::env::current_exe().unwrap())
        .arg(MEMORY)
        .arg(&folder)
        .status();
    assert!(measured.unwrap().success());
    opening(&folder, if quick { 8 } else { 64 });
    runs(&folder, if quick { 300 } else { 3000 });
}

fn shown(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}

struct Open {
    journal: Journal,
    news: Receiver<JournalNews>,
}

impl Open {
    fn new(folder: &Path, sync: bool) -> Self {
        let (tell, news) = channel();
        let options = JournalOptions {
            executors: [(EXECUTOR.to_owned(), Limits::default())].into(),
            sync,
            ..JournalOptions::default()
        };
        let journal = Journal::open(folder, options, move |_, news| {
            let _ = tell.send(news);
        });
        let open = Self {
            journal: journal.unwrap(),
            news,
        };
        open.wait(1);
        open
    }

    fn wait(&self, count: usize) {
        for news in self.news.iter().take(count) {
            assert!(!matches!(news, JournalNews::Failed { .. }), "{news:?}");
        }
    }

    /// How long it takes until `count` news of the entries are there.
    fn write(&self, entries: Vec<Entry>, count: usize) -> Duration {
        let began = Instant::now();
        assert!(self.journal.write_together(entries).is_empty());
        self.wait(count);
        began.elapsed()
    }
}

fn request(id: Option<String>) -> Request {
    Request {
        face: Face::Own,
        id,
        command: "stress-ng --cpu 0 --timeout 60 --metrics-brief".to_owned(),
        run: Run::Program {
            path: "/usr/bin/stress-ng".into(),
            argv: [
                "stress-ng",
                "--cpu",
                "0",
                "--timeout",
                "60",
                "--metrics-brief",
            ]
            .map(str::to_owned)
            .to_vec(),
        },
        time_limit: None,
        expires: None,
        signed_by: None,
    }
}

fn accepts(count: u64, prefix: u64) -> Vec<Entry> {
    let each = 0..count;
    each.map(|n| Entry::Accept {
        executor: EXECUTOR.to_owned(),
        request: request(Some(format!("{prefix}-{n}"))),
        at: SystemTime::now(),
    })
    .collect()
}

fn start(number: u64) -> Entry {
    Entry::Start(EXECUTOR.to_owned(), JobNumber(number))
}

fn end(number: u64, bytes: usize) -> Entry {
    let now = SystemTime::now();
    let mut record =
        Record::without_running(&request(None), "10.0.0.1", Status::Succeeded, "", now);
    record.stdout = Captured {
        head: vec![b'x'; bytes],
        tail: Vec::new(),
        total: bytes as u64,
        spooled: None,
    };
    Entry::End(EXECUTOR.to_owned(), JobNumber(number), Box::new(record))
}

struct Spread(Vec<Duration>);

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    fn at(&self, percent: usize) -> Duration {
        self.0[(self.0.len() - 1) * percent / 100]
    }
}

struct Costs {
    accept: Spread,
    start: Spread,
    end_start: Spread,
    burst: Spread,
}

impl Costs {
    fn measure(folder: &Path, sync: bool, single: u64, bursts: u64) -> Self {
        let folder = tempfile::tempdir_in(folder).unwrap();
        let open = Open::new(folder.path(), sync);
        let accept = accepts(single, 0);
        let accept = accept.into_iter().map(|entry| open.write(vec![entry], 1));
        let accept = Spread::of(accept.collect());
        // every other one alone, the rest beside the end of the one before
        let start_one = (1..=single)
            .step_by(2)
            .map(|n| open.write(vec![start(n)], 1));
        let start_one = Spread::of(start_one.collect());
        let both = (1..single).step_by(2);
        let both = both.map(|n| open.write(vec![end(n, 1000), start(n + 1)], 2));
        let end_start = Spread::of(both.collect());
        let burst = (1..=bursts).map(|n| open.write(accepts(1000, n), 1000));
        Self {
            accept,
            start: start_one,
            end_start,
            burst: Spread::of(burst.collect()),
        }
    }

    fn rows(&self) -> [(&'static str, Duration); 8] {
        [
            ("accept one, p50", self.accept.at(50)),
            ("accept one, p99", self.accept.at(99)),
            ("start one, p50", self.start.at(50)),
            ("start one, p99", self.start.at(99)),
            ("end one and start the next, p50", self.end_start.at(50)),
            ("end one and start the next, p99", self.end_start.at(99)),
            ("accept 1 000 at once, p50", self.burst.at(50)),
            ("the same, a command", self.burst.at(50) / 1000),
        ]
    }
}

/// Resident memory in KiB: all of it, and what is not the program's own file (proc(5), `RssAnon`).
#[derive(Clone, Copy)]
struct Resident {
    all: u64,
    anonymous: u64,
}

impl Resident {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kib = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok())
                .unwrap_or(0)
        };
        Self {
            all: kib("VmRSS:"),
            anonymous: kib("RssAnon:"),
        }
    }

    fn tell(self, what: &str) {
        println!(
            "resident {what}: {} KiB, {} of them anonymous",
            self.all, self.anonymous
        );
    }
}

fn memory(folder: &Path) {
    let folder = tempfile::tempdir_in(folder).unwrap();
    Resident::now().tell("without a journal");
    let open = Open::new(folder.path(), true);
    Resident::now().tell("with one open");
    for n in 1..=100 {
        open.write(accepts(1, n), 1);
        open.write(vec![start(n)], 1);
        open.write(vec![end(n, 100_000)], 1);
    }
    Resident::now().tell("after 100 commands of 100 kB");
    open.write(accepts(10_000, 1000), 10_000);
    Resident::now().tell("after 10 000 commands at once");
}

/// A journal of so many MiB of answers, closed well and not.
fn opening(folder: &Path, mib: u64) {
    let folder = tempfile::tempdir_in(folder).unwrap();
    let open = Open::new(folder.path(), false);
    let count = mib * 10 - 1;
    for n in 1..=count {
        let mut all = accepts(1, n);
        all.push(end(n, 100_000));
        open.write(all, 2);
    }
    let killed = tempfile::tempdir_in(&folder).unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        std::fs::copy(folder.path().join(name), killed.path().join(name)).unwrap();
    }
    drop(open);
    for (name, folder) in [("closed well", folder.path()), ("killed", killed.path())] {
        let began = Instant::now();
        let open = Open::new(folder, true);
        println!("opening {mib} MiB, {name}: {}", shown(began.elapsed()));
        drop(open);
    }
}

fn runs(folder: &Path, count: u64) {
    let folder = tempfile::tempdir_in(folder).unwrap();
    let mut runs = Runs::open(&folder.path().join("runs.db")).unwrap();
    let run = runs.begin(SystemTime::now(), "").unwrap();
    let mut response = RunResponse {
        client: "10.0.0.1".to_owned(),
        id: None,
        pipeline: Some("stress".to_owned()),
        step: "hot".to_owned(),
        step_index: Some(0),
        attempt: 1,
        command: "stress-ng --cpu 0".to_owned(),
        face: Face::Own,
        status: Some(Status::Succeeded),
        reason: None,
        exit_code: Some(0),
        signal: None,
        started: Some(SystemTime::now()),
        ended: Some(SystemTime::now()),
        received: SystemTime::now(),
        duration: Some(Duration::from_secs(1)),
        usage: None,
        host: None,
        output: RunOutput::whole(vec![b'x'; 1000]),
        error: RunOutput::default(),
        raw: None,
    };
    let add = (0..count).map(|n| {
        response.id = Some(n.to_string());
        let began = Instant::now();
        assert!(runs.add_response(&run, &response).unwrap());
        began.elapsed()
    });
    let spread = Spread::of(add.collect());
    println!(
        "run store, one response of 1 kB: p50 {}, p99 {}",
        shown(spread.at(50)),
        shown(spread.at(99))
    );
    let began = Instant::now();
    let read = runs.responses(&run, None).unwrap().count();
    println!("reading {read}: {}", shown(began.elapsed()));
}
