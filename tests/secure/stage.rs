//! Where a full run is watched: whatever it wrote and said, and the arguments of every process meanwhile.

use crate::search::Secrets;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Every regular file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.symlink_metadata().unwrap() {
                about if about.is_dir() => left.push(path),
                about if about.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// Whether a file is there to hold a secret: it is named so.
pub fn holds_a_secret(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    let of_keys = path.parent().unwrap().ends_with("keys") && name.ends_with(".pem");
    name == "password" || name.ends_with(".key") || of_keys
}

/// Whether somebody wrote a password into a file where none belongs: into one of that folder.
fn has_one_by_mistake(path: &Path) -> bool {
    path.parent().unwrap().ends_with("inline")
}

/// The secrets of all files that are there to hold one.
pub fn secrets_of(folders: &[&Path]) -> Secrets {
    let mut secrets = Secrets::new();
    let all = folders.iter().flat_map(|folder| files(folder));
    for path in all.filter(|path| holds_a_secret(path)) {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        match path.ends_with("password") {
            true => secrets.password(&name, &text),
            false => secrets.key(&name, &text),
        }
    }
    secrets
}

/// What was written and said, and by what name.
#[derive(Default)]
pub struct Evidence(Vec<(String, Vec<u8>)>);

impl Evidence {
    pub fn put(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((name.into(), bytes.into()));
    }

    /// All files of a folder but those that are there to hold a secret.
    pub fn put_files(&mut self, folder: &Path) {
        let all = files(folder).into_iter();
        for path in all.filter(|path| !holds_a_secret(path) && !has_one_by_mistake(path)) {
            self.put(path.display().to_string(), std::fs::read(&path).unwrap());
        }
    }

    /// How many pieces have that in their name.
    pub fn count(&self, name: &str) -> usize {
        let with = |piece: &&(String, Vec<u8>)| piece.0.contains(name);
        self.0.iter().filter(with).count()
    }

    /// Where which secrets are seen, in words.
    pub fn leaks(&self, secrets: &Secrets) -> Vec<String> {
        let look = |(name, bytes): &(String, Vec<u8>)| {
            let found = secrets.found_in(bytes);
            (!found.is_empty()).then(|| format!("{name}: {found:?}"))
        };
        self.0.iter().filter_map(look).collect()
    }
}

/// Looks at the arguments of all processes, again and again.
pub struct Arguments {
    seen: Arc<Mutex<BTreeSet<Vec<u8>>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Arguments {
    pub fn watch() -> Self {
        let (seen, over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (ours, ends): (Arc<Mutex<BTreeSet<_>>>, _) = (Arc::clone(&seen), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            while !ends.load(Ordering::SeqCst) {
                for process in std::fs::read_dir("/proc").unwrap().flatten() {
                    // it may be gone
                    if let Ok(arguments) = std::fs::read(process.path().join("cmdline")) {
                        ours.lock().unwrap().insert(arguments);
                    }
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self {
            seen,
            over,
            thread: Some(thread),
        }
    }

    pub fn take(mut self) -> BTreeSet<Vec<u8>> {
        self.over.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl Drop for Arguments {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}
