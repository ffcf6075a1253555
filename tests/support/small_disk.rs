//! A disk that is really full: a small file system in memory, where we may mount one.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// One of so many MiB; none, and a word about it, where that is not allowed.
    pub fn mount(mib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "none"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: mounting a file system needs root");
        None
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        let mut file = File::create(self.0.path().join("filler")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    /// Gives it back.
    pub fn free(&self) {
        std::fs::remove_file(self.0.path().join("filler")).unwrap();
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // whoever was killed a moment ago may still hold it; the folder in memory is gone with the machine at the latest
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}
