//! Runs, written and read.

use super::samples::{at, full, silent};
use super::{RunClient, RunId, RunResponse, Runs};
use crate::fleet::{Face, Status};
use crate::store::StoreError;
use std::time::SystemTime;

fn store() -> (tempfile::TempDir, Runs) {
    let folder = tempfile::tempdir().unwrap();
    let runs = Runs::open(&folder.path().join("deep/down/runs.db")).unwrap();
    (folder, runs)
}

fn all(runs: &Runs, run: &RunId, client: Option<&str>) -> Vec<RunResponse> {
    let read = runs.responses(run, client).unwrap();
    read.collect::<Result<_, _>>().unwrap()
}

#[test]
fn responses_come_back_as_they_were_in_the_order_of_arrival() {
    let (_folder, mut runs) = store();
    let run = runs.begin(at(1_795_172_800, 1), "the plan").unwrap();
    let other = runs.begin(at(1_795_172_801, 0), "").unwrap();
    let written = [
        full("b", Some("1")),
        silent("a"),
        full("b", None),
        full("a", Some("1")),
    ];
    for response in &written {
        assert!(runs.add_response(&run, response).unwrap());
    }
    assert!(runs.add_response(&other, &full("b", Some("1"))).unwrap());
    assert_eq!(all(&runs, &run, None), written);
    assert_eq!(
        all(&runs, &run, Some("a")),
        [silent("a"), full("a", Some("1"))]
    );
    assert_eq!(all(&runs, &run, Some("c")), []);
    assert_eq!(runs.plan(&run).unwrap(), "the plan");
}

#[test]
fn an_answer_that_comes_twice_is_there_once() {
    let (_folder, mut runs) = store();
    let run = runs.begin(at(0, 0), "").unwrap();
    assert!(runs.add_response(&run, &full("a", Some("1"))).unwrap());
    assert!(!runs.add_response(&run, &full("a", Some("1"))).unwrap());
    let more = [full("a", Some("1")), full("a", Some("2"))];
    runs.add_responses(&run, &more, &["{}".to_owned()]).unwrap();
    assert_eq!(all(&runs, &run, None).len(), 2);
    // without an id nobody can tell
    assert!(runs.add_response(&run, &full("a", None)).unwrap());
    assert!(runs.add_response(&run, &full("a", None)).unwrap());
}

#[test]
fn a_run_is_counted_and_ends() {
    let (_folder, mut runs) = store();
    let run = runs.begin(at(1_795_172_800, 0), "").unwrap();
    assert!(run.as_str().starts_with("20261120-"), "{run}");
    for client in ["b", "a"] {
        let joined = at(1_795_172_801, 0);
        let client = RunClient {
            client: client.to_owned(),
            face: Face::Own,
            joined,
        };
        runs.add_client(&run, &client).unwrap();
        runs.add_client(&run, &client).unwrap();
    }
    let mut good = full("a", None);
    good.status = Some(Status::Succeeded);
    for response in [good, full("a", None), silent("b")] {
        runs.add_response(&run, &response).unwrap();
    }
    runs.end_client(&run, "b", "lost").unwrap();
    let shown = runs.show(&run).unwrap();
    assert_eq!((shown.clients, shown.responses, shown.failed), (2, 3, 2));
    assert_eq!(shown.finished, None);
    let clients = runs.clients(&run).unwrap();
    let told: Vec<_> = clients
        .iter()
        .map(|c| {
            (
                c.client.as_str(),
                c.outcome.as_deref(),
                c.responses,
                c.failed,
            )
        })
        .collect();
    assert_eq!(told, [("a", None, 2, 1), ("b", Some("lost"), 1, 1)]);
    assert_eq!(runs.unfinished().unwrap(), [shown]);

    runs.finish(&run, at(1_795_172_900, 7), "2 of 3 failed")
        .unwrap();
    assert_eq!(runs.unfinished().unwrap(), []);
    let shown = &runs.list().unwrap()[0];
    assert_eq!(shown.finished, Some(at(1_795_172_900, 7)));
    assert_eq!(shown.outcome.as_deref(), Some("2 of 3 failed"));
}

#[test]
fn an_operator_that_was_killed_finds_where_it_was() {
    let (folder, mut runs) = store();
    let run = runs.begin(at(0, 0), "").unwrap();
    assert!(runs.progress(&run).unwrap().is_empty());
    let line = |text: &str| text.to_owned();
    runs.add_responses(&run, &[], &[line("first")]).unwrap();
    runs.add_responses(&run, &[silent("a")], &[line("second"), line("third")])
        .unwrap();
    drop(runs);
    let mut runs = Runs::open(&folder.path().join("deep/down/runs.db")).unwrap();
    let unfinished = runs.unfinished().unwrap().remove(0).id;
    assert_eq!(unfinished, run);
    assert_eq!(runs.progress(&run).unwrap(), ["first", "second", "third"]);
    runs.finish(&run, at(1, 0), "done").unwrap();
    assert!(runs.progress(&run).unwrap().is_empty());
}

#[test]
fn a_run_is_found_by_any_part_that_only_it_has() {
    let (_folder, mut runs) = store();
    assert!(
        matches!(runs.find("latest"), Err(StoreError::NoRun { known, .. }) if known == "there are none yet")
    );
    let first = runs.begin(at(1_795_172_800, 0), "").unwrap();
    // a clock that went back: the newest is the one that began last
    let second = runs.begin(at(1_795_000_000, 0), "").unwrap();
    assert_eq!(runs.find("latest").unwrap(), second);
    assert_eq!(runs.find(first.as_str()).unwrap(), first);
    assert_eq!(runs.find(&first.as_str()[..8]).unwrap(), first);
    let several = runs.find("2026").unwrap_err();
    assert!(
        matches!(&several, StoreError::Ambiguous { runs, .. } if runs.len() == 2),
        "{several}"
    );
    for nobody in ["", "%", "_", "2027", "x\x1b[2J"] {
        let error = runs.find(nobody).unwrap_err();
        assert!(matches!(error, StoreError::NoRun { .. }), "{error}");
        assert!(!error.to_string().contains('\x1b'));
    }
}

#[test]
fn a_reader_sees_what_a_writer_has_written_so_far() {
    let (folder, mut runs) = store();
    let path = folder.path().join("deep/down/runs.db");
    let run = runs.begin(at(0, 0), "").unwrap();
    runs.add_response(&run, &full("a", Some("1"))).unwrap();
    let reader = Runs::open_to_read(&path).unwrap();
    let mut reading = reader.responses(&run, None).unwrap();
    assert!(reading.next().is_some());
    runs.add_response(&run, &full("a", Some("2"))).unwrap();
    assert_eq!(reading.next().unwrap().unwrap(), full("a", Some("2")));
    assert!(reading.next().is_none());
}

#[test]
fn a_store_that_is_not_there_or_not_ours_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let absent = Runs::open_to_read(&path).unwrap_err();
    assert!(
        matches!(&absent, StoreError::Path { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    );
    assert!(!path.exists());
    std::fs::write(&path, "text, and much of it".repeat(1000)).unwrap();
    for error in [
        Runs::open_to_read(&path).unwrap_err(),
        Runs::open(&path).unwrap_err(),
    ] {
        assert!(error.to_string().contains("the file is damaged"), "{error}");
    }
}

#[test]
fn a_time_that_nobody_can_mean_does_no_harm() {
    let (_folder, mut runs) = store();
    let far = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 40);
    let run = runs.begin(far, "").unwrap();
    let mut response = full("a", None);
    response.started = Some(far);
    runs.add_response(&run, &response).unwrap();
    assert_eq!(all(&runs, &run, None)[0].started, None);
}
