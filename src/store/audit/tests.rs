use super::*;
use crate::fleet::audit::{RefusalRate, SeenLine, Subject, Verified, Verifier, WantedHead};
use crate::model::Moment;
use std::collections::VecDeque;
use std::os::unix::fs::PermissionsExt;

fn entry(n: u64) -> Entry {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(n);
    let subject = Subject::of_payload(format!("echo {n}").as_bytes());
    Entry::new(at, Event::Accepted)
        .by("executor0")
        .about(subject)
}

fn open(folder: &Path) -> LogFile {
    LogFile::open(folder, 4 << 20, true).unwrap().0
}

fn append(log: &mut LogFile, numbers: std::ops::Range<u64>) {
    let mut entries: VecDeque<Entry> = numbers.map(entry).collect();
    log.append(&mut entries, None).unwrap();
    assert!(entries.is_empty());
}

/// Verifies what is in the folder; without line feed it is no line.
fn verify(folder: &Path, head: Option<Head>) -> Result<Verified, String> {
    let mut verifier = Verifier::new(head.map(WantedHead::from));
    for part in audit_parts(folder).unwrap() {
        for line in part.bytes.split_inclusive(|byte| *byte == b'\n') {
            if let Some(line) = line.strip_suffix(b"\n") {
                verifier.line(line).map_err(|fault| fault.to_string())?;
            }
        }
    }
    verifier.finish().map_err(|fault| fault.to_string())
}

fn events(folder: &Path) -> Vec<String> {
    let parts = audit_parts(folder).unwrap();
    let lines = parts
        .iter()
        .flat_map(|part| part.bytes.split(|b| *b == b'\n'));
    let lines = lines.filter(|line| !line.is_empty());
    lines
        .map(|line| SeenLine::read(line).unwrap().event)
        .collect()
}

#[test]
fn the_chain_goes_on_across_files_and_lives_and_both_files_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let size = |name: &str| std::fs::metadata(folder.path().join(name)).map_or(0, |its| its.len());
    let mut head = Head::NONE;
    for life in 0..40 {
        let mut log = LogFile::open(folder.path(), 3000, true).unwrap().0;
        assert_eq!(log.head(), head);
        append(&mut log, life * 10..life * 10 + 7);
        head = log.head();
        assert!(size(NAME) <= 3000 && size(OLDER) <= 3000);
        let verified = verify(folder.path(), Some(head)).unwrap();
        assert_eq!((verified.head, head.number), (head, (life + 1) * 7));
    }
    assert!(size(OLDER) > 2000, "it is used");
    // a line that is larger than a file goes alone
    let mut log = LogFile::open(folder.path(), 10, true).unwrap().0;
    append(&mut log, 0..3);
    let verified = verify(folder.path(), Some(log.head())).unwrap();
    assert_eq!(verified.count, 2);
}

#[test]
fn only_its_owner_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    append(&mut open(folder.path()), 0..1);
    let mode = std::fs::metadata(folder.path().join(NAME)).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_power_cut_between_the_two_names_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(folder.path());
    append(&mut log, 0..3);
    let path = |name| folder.path().join(name);
    std::fs::rename(path(NAME), path(OLDER)).unwrap();
    let (mut next, found) = LogFile::open(folder.path(), 4 << 20, true).unwrap();
    assert_eq!((next.head(), found), (log.head(), None));
    append(&mut next, 3..5);
    assert_eq!(verify(folder.path(), Some(next.head())).unwrap().count, 5);
    // and neither does one after the new file was made, before its first line
    std::fs::rename(path(NAME), path(OLDER)).unwrap();
    std::fs::write(path(NAME), "").unwrap();
    assert_eq!(open(folder.path()).head(), next.head());
}

#[test]
fn a_torn_last_line_is_cut_off_wherever_it_was_torn_and_the_chain_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    append(&mut open(folder.path()), 0..4);
    let whole = std::fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n');
    let last = last.unwrap() + 1;
    for cut in last..=whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let (mut log, found) = LogFile::open(folder.path(), 4 << 20, true).unwrap();
        let torn = cut > last && cut < whole.len();
        assert_eq!(found.is_some(), torn, "{cut}");
        assert_eq!(log.head().number, if cut == whole.len() { 4 } else { 3 });
        append(&mut log, 9..10);
        verify(folder.path(), Some(log.head())).unwrap();
    }
    // the first line alone, and what some file systems leave after a power cut
    for torn in [&whole[..50], &[whole.as_slice(), &[0; 5000]].concat()] {
        std::fs::write(&path, torn).unwrap();
        let (mut log, found) = LogFile::open(folder.path(), 4 << 20, true).unwrap();
        assert!(found.unwrap().contains("was cut off"));
        append(&mut log, 9..10);
        verify(folder.path(), Some(log.head())).unwrap();
    }
}

#[test]
fn a_wrong_last_line_is_left_for_the_verifier_and_the_thing_starts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    append(&mut open(folder.path()), 0..400);
    let good = std::fs::read_to_string(&path).unwrap();
    for wrong in [
        "garbage\n".to_owned(),
        "x\n".repeat(200_000),
        good.replace("echo 399", "x"),
    ] {
        let text = if wrong.len() > good.len() / 2 && wrong.starts_with('{') {
            wrong
        } else {
            format!("{good}{wrong}")
        };
        std::fs::write(&path, &text).unwrap();
        let (mut log, found) = LogFile::open(folder.path(), 4 << 20, true).unwrap();
        assert!(found.unwrap().contains("they stay as they are"));
        assert!((399..=400).contains(&log.head().number));
        append(&mut log, 0..1);
        verify(folder.path(), None).unwrap_err();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(&text));
    }
    // nothing in it is a line: it begins again, and that cannot be hidden either
    std::fs::write(&path, "x\n").unwrap();
    let mut log = open(folder.path());
    append(&mut log, 0..1);
    assert_eq!(log.head().number, 1);
    verify(folder.path(), None).unwrap_err();
}

#[test]
fn it_says_when_it_was_opened_and_closed_and_one_process_has_it() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let audit = Audit::open(folder.path(), AuditOptions::default(), |_| {}).unwrap();
        let second = Audit::open(folder.path(), AuditOptions::default(), |_| {});
        assert!(matches!(second, Err(StoreError::InUse { .. })));
        audit.write([entry(1)]);
    }
    let life = ["opened", "accepted", "closed"];
    assert_eq!(events(folder.path()), [life, life].concat());
}

#[test]
fn the_head_that_is_told_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::open(folder.path(), AuditOptions::default(), |_| {}).unwrap();
    audit.write((0..10).map(entry));
    let over = std::time::Instant::now() + Duration::from_secs(30);
    let state = loop {
        if let Some(state) = audit.state().filter(|state| state.number == 11) {
            break state;
        }
        assert!(std::time::Instant::now() < over, "{:?}", audit.state());
        std::thread::sleep(Duration::from_millis(5));
    };
    let head = Head {
        number: state.number,
        hash: state.head.parse().unwrap(),
    };
    assert_eq!(verify(folder.path(), Some(head)).unwrap().head, head);
    let json = serde_json::to_string(&state).unwrap();
    assert_eq!(
        json,
        format!(r#"{{"number":11,"head":"{}","left_out":0}}"#, head.hash)
    );
}

#[test]
fn a_log_that_cannot_be_written_is_told_and_what_waited_is_written_when_it_can() {
    let folder = tempfile::tempdir().unwrap();
    // nobody, not even root, appends to a folder
    let path = folder.path().join(NAME);
    let (tell, told) = std::sync::mpsc::channel();
    let aside = folder.path().join("aside");
    std::fs::create_dir(&path).unwrap();
    let refused = Audit::open(folder.path(), AuditOptions::default(), |_| {});
    assert!(matches!(refused, Err(StoreError::Path { .. })));
    std::fs::rename(&path, &aside).unwrap();
    // a link to where there is nothing: it cannot be made, and that is found when it is written
    std::os::unix::fs::symlink("nowhere/audit.log", &path).unwrap();
    let audit = Audit::open(folder.path(), AuditOptions::default(), move |trouble| {
        tell.send(trouble).unwrap();
    })
    .unwrap();
    let reason = told.recv_timeout(Duration::from_secs(30)).unwrap().unwrap();
    assert!(reason.contains("No such file"), "{reason}");
    assert_eq!(audit.state().unwrap().fault, Some(reason));
    audit.write((0..3000).map(entry));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(told.recv_timeout(Duration::from_secs(30)), Ok(None));
    assert_eq!(audit.state().unwrap().fault, None);
    let left_out = audit.state().unwrap().left_out;
    drop(audit);
    let events = events(folder.path());
    let count = |event: &str| events.iter().filter(|its| *its == event).count() as u64;
    assert_eq!(count("accepted") + left_out, 3000);
    assert!(left_out == 0 || count("lost") >= 1);
    assert_eq!(
        (events.first().unwrap().as_str(), count("closed")),
        ("opened", 1)
    );
    verify(folder.path(), None).unwrap();
}

#[test]
fn a_hundred_thousand_refusals_at_once_are_few_bytes_and_the_rest_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut rate = RefusalRate::default();
    let mut entries = VecDeque::new();
    for _ in 0..100_000 {
        if rate.turn(Moment::ZERO) {
            let refused = Event::Refused { status: None };
            let payload = Subject::of_payload(&[7; 100_000]);
            entries.push_back(Entry::new(SystemTime::UNIX_EPOCH, refused).about(payload));
        }
    }
    let count = rate.take().unwrap();
    let left_out = Event::RefusalsLeftOut { count };
    entries.push_back(Entry::new(SystemTime::UNIX_EPOCH, left_out));
    let mut log = open(folder.path());
    log.append(&mut entries, None).unwrap();
    let bytes = std::fs::metadata(folder.path().join(NAME)).unwrap().len();
    assert_eq!((log.head().number, count), (101, 99_900));
    assert!(bytes < 100_000, "{bytes} bytes");
}
