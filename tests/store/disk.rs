//! A disk that is really full: a small file system in memory, where we may mount one.

use crate::writer::{EXECUTOR, accept, end, open, start};
use mqtt_thing::fleet::{Entry, JobNumber, JournalNews};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// One of 1 MiB; none where that is not allowed.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "none"])
            .arg(folder.path())
            .output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then_some(Self(folder))
    }

    fn fill(&self) {
        let mut file = File::create(self.0.path().join("filler")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.0.path().join("filler")).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

#[test]
fn a_full_disk_is_told_in_words_and_passes() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: mounting a file system needs root");
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
