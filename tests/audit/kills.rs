//! kill -9 at any moment: what was told as the head is in the log, the chain goes on, and nothing that is not a whole
//! line stays.

use crate::log::{good, lines};
use mqtt_thing::fleet::audit::{Entry, Event, Subject};
use mqtt_thing::store::{Audit, AuditOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

/// The folder of the log; set for the process that is killed, which is this test binary run again.
const FOLDER: &str = "MQTT_THING_TEST_AUDIT";
/// Small, so that files are put aside all the time.
const FILE_BYTES: u64 = 200_000;

fn open(folder: &Path) -> Audit {
    let options = AuditOptions {
        file_bytes: FILE_BYTES,
        ..AuditOptions::default()
    };
    Audit::open(folder, options, |_| {}).unwrap()
}

#[test]
fn process_of_its_own() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let audit = open(Path::new(&folder));
    let mut told = 0;
    for n in 0.. {
        let subject = Subject::of_payload(format!("echo {n}").as_bytes());
        audit.write([Entry::new(SystemTime::now(), Event::Accepted).about(subject)]);
        if let Some(state) = audit.state().filter(|state| state.number > told) {
            told = state.number;
            let mut out = std::io::stdout().lock();
            out.write_all(format!("\nhead {}:{}\n", state.number, state.head).as_bytes())
                .unwrap();
            out.flush().unwrap();
        }
        // at a pace at which what was told is not put aside twice before the kill
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_head_that_was_told_before_a_kill_is_in_the_chain_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::process_of_its_own", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let heads = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heads = heads.filter_map(|line| Some(line.ok()?.strip_prefix("head ")?.to_owned()));
        // the first is that of the start; later ones are a second apart
        let wanted = 1 + round % 2;
        let head = (0..wanted).map(|_| heads.next().unwrap()).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        drop(open(folder.path()));
        let verified = good(folder.path(), None);
        assert_eq!(verified["torn_bytes"], 0);
        good(folder.path(), Some(&head));
        let lines = lines(folder.path());
        let last = lines.last().unwrap();
        assert_eq!(last["event"], "closed");
        let size = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len();
        assert!(size("audit.log") <= FILE_BYTES);
    }
}
