//! A process that writes a journal and says on standard output what it was told. It is this test binary, run again
//! with [`FOLDER`] set.

use mqtt_thing::fleet::{
    Captured, Entry, Face, JobNumber, JournalNews, Record, Request, Run, Status,
};
use mqtt_thing::store::{Journal, JournalOptions, Limits};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::SystemTime;

/// The folder of the journal.
pub const FOLDER: &str = "MQTT_THING_TEST_JOURNAL";
/// What to do there.
const TASK: &str = "MQTT_THING_TEST_TASK";
/// Each line of ours begins with it; the test harness writes lines too.
pub const MARK: &str = "journal: ";

pub const EXECUTOR: &str = "executor0";

pub fn request(id: &str) -> Request {
    Request {
        face: Face::Own,
        id: Some(id.to_owned()),
        command: "true".to_owned(),
        run: Run::Shell("true".to_owned()),
        time_limit: None,
        expires: None,
        signed_by: None,
    }
}

pub fn accept(id: &str) -> Entry {
    Entry::Accept {
        executor: EXECUTOR.to_owned(),
        request: request(id),
        at: SystemTime::now(),
    }
}

pub fn start(number: JobNumber) -> Entry {
    Entry::Start(EXECUTOR.to_owned(), number)
}

pub fn end(number: JobNumber, bytes: usize) -> Entry {
    let at = SystemTime::now();
    let mut record = Record::without_running(&request("x"), "c", Status::Succeeded, "", at);
    record.stdout = Captured {
        head: vec![b'x'; bytes],
        tail: Vec::new(),
        total: bytes as u64,
        spooled: None,
    };
    Entry::End(EXECUTOR.to_owned(), number, Box::new(record))
}

pub fn options() -> JournalOptions {
    JournalOptions {
        executors: [(EXECUTOR.to_owned(), Limits::default())].into(),
        ..JournalOptions::default()
    }
}

/// Opens the journal; its news go to a channel.
pub fn open(folder: &Path) -> (Journal, mpsc::Receiver<JournalNews>) {
    let (tell, news) = mpsc::channel();
    let journal = Journal::open(folder, options(), move |_, news| {
        // the test may have seen enough
        let _ = tell.send(news);
    });
    (journal.unwrap(), news)
}

/// This binary, as a process that does `task`.
pub fn process(folder: &Path, task: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "writer::process_of_its_own", "--nocapture"])
        .env(FOLDER, folder)
        .env(TASK, task)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// One write, past the harness and without a buffer.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{MARK}{text}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

#[test]
fn process_of_its_own() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let (tell, news) = mpsc::channel();
    let journal = Journal::open(Path::new(&folder), options(), move |_, news| {
        match &news {
            JournalNews::Opened(_) => say("open"),
            JournalNews::Accepted(number, request) => {
                say(&format!(
                    "{} accepted {number}",
                    request.id.as_deref().unwrap()
                ));
            }
            JournalNews::Started(number) => say(&format!("- started {number}")),
            JournalNews::Ended(number) => say(&format!("- ended {number}")),
            _ => {}
        }
        tell.send(news).unwrap();
    })
    .unwrap();
    let task = std::env::var(TASK).unwrap();
    match task.split_once(' ') {
        Some(("work", round)) => work(&journal, &news, round),
        Some(("steps", _)) => steps(&journal, &news),
        _ => panic!("no task {task}"),
    }
}

/// Commands without end: accepted by the handful, each started and ended as the news come, half of them delivered.
fn work(journal: &Journal, news: &mpsc::Receiver<JournalNews>, round: &str) {
    let mut count = 0;
    for told in news {
        let mut entries = Vec::new();
        match told {
            JournalNews::Opened(_) => {}
            JournalNews::Accepted(number, _) => entries.push(start(number)),
            JournalNews::Started(number) => entries.push(end(number, 3000)),
            JournalNews::Ended(number) if number.0 % 2 == 0 => {
                entries.push(Entry::Deliver(EXECUTOR.to_owned(), number));
            }
            _ => {}
        }
        for _ in 0..2 {
            count += 1;
            entries.push(accept(&format!("{round}-{count}")));
        }
        // when it is full, what is refused is not told either
        let _ = journal.write_together(entries);
    }
}

/// A few things, one after the other, with a line before each and after.
fn steps(journal: &Journal, news: &mpsc::Receiver<JournalNews>) {
    let wait = |count: usize| assert_eq!(news.iter().take(count).count(), count);
    let write = |entries: Vec<Entry>| assert!(journal.write_together(entries).is_empty());
    wait(1);
    say("step: a thousand commands");
    write((0..1000).map(|n| accept(&format!("{n}"))).collect());
    wait(1000);
    say("step: a start");
    write(vec![start(JobNumber(1))]);
    wait(1);
    say("step: an end and a start");
    write(vec![end(JobNumber(1), 100_000), start(JobNumber(2))]);
    wait(2);
    say("step: a delivery and a recall");
    write(vec![
        Entry::Deliver(EXECUTOR.to_owned(), JobNumber(1)),
        Entry::Recall(EXECUTOR.to_owned(), JobNumber(1)),
    ]);
    wait(1);
    say("step: over");
}
