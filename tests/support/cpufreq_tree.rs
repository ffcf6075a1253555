//! A made `/sys/devices/system/cpu/cpufreq`, for machines whose frequency cannot be set.
//!
//! Plain files do not react as a kernel does: what is written is what is read. A kernel that does what it is asked
//! is had by a link ([`CpuFreqTree::obeys`]); one that does something else by a file that stays at its value, one
//! that refuses by a file that nobody can write.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The folder of the policies, below the root.
pub const POLICIES: &str = "sys/devices/system/cpu/cpufreq";

/// A root with policies in it, removed with it.
pub struct CpuFreqTree {
    root: tempfile::TempDir,
}

/// What each policy has at first.
pub struct Made<'a> {
    /// `scaling_available_governors`; the last one is the governor.
    pub governors: &'a [&'a str],
    /// `scaling_available_frequencies`, ascending: the limits are the first and the last one, the latter is current.
    /// No file when empty.
    pub frequencies: &'a [u64],
}

/// As a Pi 4 is at its start.
pub const PI_4: Made<'_> = Made {
    governors: &[
        "conservative",
        "userspace",
        "powersave",
        "performance",
        "schedutil",
        "ondemand",
    ],
    frequencies: &[
        600_000, 700_000, 800_000, 900_000, 1_000_000, 1_100_000, 1_200_000, 1_300_000, 1_400_000,
        1_500_000,
    ],
};

impl CpuFreqTree {
    /// A root with `policy0`, `policy1`, ..: one for each of `policies`.
    pub fn new(policies: &[Made<'_>]) -> Self {
        let tree = Self {
            root: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir_all(tree.root().join(POLICIES)).unwrap();
        for (number, made) in policies.iter().enumerate() {
            let folder = tree.policy(number);
            std::fs::create_dir(&folder).unwrap();
            let lowest = made.frequencies.first().copied().unwrap_or(600_000);
            let highest = made.frequencies.last().copied().unwrap_or(1_500_000);
            let put = |file: &str, text: String| {
                std::fs::write(folder.join(file), text + "\n").unwrap();
            };
            put("scaling_available_governors", made.governors.join(" "));
            put(
                "scaling_governor",
                made.governors.last().unwrap().to_string(),
            );
            put("scaling_setspeed", "<unsupported>".to_owned());
            put("related_cpus", number.to_string());
            for file in ["cpuinfo_min_freq", "scaling_min_freq"] {
                put(file, lowest.to_string());
            }
            for file in ["cpuinfo_max_freq", "scaling_max_freq", "scaling_cur_freq"] {
                put(file, highest.to_string());
            }
            if !made.frequencies.is_empty() {
                let list = made.frequencies.iter().map(u64::to_string);
                put(
                    "scaling_available_frequencies",
                    list.collect::<Vec<_>>().join(" "),
                );
            }
        }
        tree
    }

    /// A Pi 4 that does what it is asked: one policy.
    pub fn pi() -> Self {
        let tree = Self::new(&[PI_4]);
        tree.obeys(0);
        tree
    }

    /// The root, for `Root::at`.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The folder of a policy.
    pub fn policy(&self, number: usize) -> PathBuf {
        self.root().join(POLICIES).join(format!("policy{number}"))
    }

    /// Has the current frequency of a policy be what `scaling_setspeed` was set to.
    pub fn obeys(&self, number: usize) {
        self.link(number, "scaling_cur_freq", "scaling_setspeed");
    }

    /// Puts a link in the place of one of a policy's files. What leads to `/proc/sys/kernel/osrelease` may not be
    /// written, what leads to `/dev/full` refuses what is written: both also for root.
    pub fn link(&self, number: usize, file: &str, to: &str) {
        let path = self.policy(number).join(file);
        let _ = std::fs::remove_file(&path);
        symlink(to, path).unwrap();
    }

    /// What one of a policy's files has.
    pub fn get(&self, number: usize, file: &str) -> String {
        let text = std::fs::read_to_string(self.policy(number).join(file)).unwrap();
        text.trim().to_owned()
    }

    /// Puts something into one of a policy's files.
    pub fn put(&self, number: usize, file: &str, text: &str) {
        std::fs::write(self.policy(number).join(file), text).unwrap();
    }

    /// Every file of every policy with what it has, or with what a link leads to, to be compared.
    pub fn all(&self) -> Vec<(PathBuf, String)> {
        let mut all = Vec::new();
        for folder in std::fs::read_dir(self.root().join(POLICIES)).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                // a link may lead to a file without end
                let text = std::fs::read_link(&path)
                    .map(|to| to.display().to_string())
                    .unwrap_or_else(|_| std::fs::read_to_string(&path).unwrap());
                all.push((path, text.trim().to_owned()));
            }
        }
        all.sort();
        all
    }
}
