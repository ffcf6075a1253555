//! A journal on a disk that is really full.

use crate::support::SmallDisk;
use crate::writer::{EXECUTOR, accept, end, open, start};
use mqtt_thing::fleet::{Entry, JobNumber, JournalNews};

#[test]
fn a_full_disk_is_told_in_words_and_passes() {
    let Some(disk) = SmallDisk::mount(1) else {
        return;
    };
    let (journal, news) = open(disk.path());
    assert!(matches!(news.recv().unwrap(), JournalNews::Opened(_)));
    assert!(
        journal
            .write_together([accept("a"), start(JobNumber(1))])
            .is_empty()
    );
    assert!(matches!(news.recv().unwrap(), JournalNews::Accepted(..)));
    assert!(matches!(news.recv().unwrap(), JournalNews::Started(..)));
    disk.fill();
    let both = || [accept("b"), end(JobNumber(1), 200_000)];
    assert!(journal.write_together(both()).is_empty());
    for _ in 0..2 {
        match news.recv().unwrap() {
            JournalNews::Failed { reason, .. } => {
                assert!(reason.starts_with("the disk is full"), "{reason}");
            }
            other => panic!("failed, rather than {other:?}"),
        }
    }
    disk.free();
    assert!(journal.write_together(both()).is_empty());
    assert!(matches!(news.recv().unwrap(), JournalNews::Accepted(..)));
    assert!(matches!(news.recv().unwrap(), JournalNews::Ended(..)));
    disk.fill();
    // on a full disk it is closed, and opened again with all that was told
    assert!(journal.close(std::time::Duration::from_secs(30)));
    let (journal, news) = open(disk.path());
    assert!(matches!(news.recv().unwrap(), JournalNews::Opened(waiting) if waiting.len() == 2));
    journal
        .write(Entry::Recall(EXECUTOR.to_owned(), JobNumber(1)))
        .unwrap();
    assert!(matches!(
        news.recv().unwrap(),
        JournalNews::Recalled(_, Some(_))
    ));
}
