//! A thing that somebody started by hand: it leaves no report, and has this thing's board and account all the same.
//!
//! Source: proc(5), `cmdline`, `environ`, `cwd`.

use crate::system::Root;
use crate::topology;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The number of a process that runs a thing of this file: that of this name, where both are known.
pub(super) fn by_hand(root: &Root, file: &Path, thing: Option<&str>) -> Option<u32> {
    let file = fs::canonicalize(file).ok()?;
    let entries = fs::read_dir(root.path("/proc")).ok()?.flatten();
    let ours = entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let process = Process::of(entry.path())?;
        let named = process.thing();
        let same = thing.is_none() || named.is_none() || named.as_deref() == thing;
        (same && process.runs(root, &file)).then_some(pid)
    });
    ours.min()
}

/// A process that is `mqtt-thing run`.
struct Process {
    /// Its folder in `/proc`.
    place: PathBuf,
    /// What follows `run` on its command line.
    words: Vec<Vec<u8>>,
}

impl Process {
    fn of(place: PathBuf) -> Option<Self> {
        let line = fs::read(place.join("cmdline")).ok()?;
        let line = line.strip_suffix(b"\0").unwrap_or(&line);
        let mut words = line.split(|byte| *byte == 0);
        let program = Path::new(OsStr::from_bytes(words.next()?)).file_name()?;
        // the options before it have no values of their own
        let command = words.find(|word| !word.starts_with(b"-"))?;
        let is_ours = program == "mqtt-thing" && command == b"run";
        is_ours.then(|| Self {
            place,
            words: words.map(<[u8]>::to_vec).collect(),
        })
    }

    /// Which thing it was told to be.
    fn thing(&self) -> Option<String> {
        let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            if word == b"--thing" {
                return words.next().map(|word| text(word));
            }
            if let Some(name) = word.strip_prefix(b"--thing=") {
                return Some(text(name));
            }
        }
        self.variable("MQTT_THING_THING").map(|name| text(&name))
    }

    /// Whether this file, as its name really is, is what it runs. Each word may be the file's name, so that no list of
    /// options is needed; one behind an option may be that one's value.
    fn runs(&self, root: &Root, file: &Path) -> bool {
        let words = || self.words.iter().filter(|word| !word.starts_with(b"-"));
        if words().any(|word| self.is(word, file)) {
            return true;
        }
        let mut behind_option = false;
        let names_another = self.words.iter().any(|word| {
            let stands_alone = !word.starts_with(b"-") && !behind_option;
            behind_option = word.starts_with(b"--") && !word.contains(&b'=');
            stands_alone
        });
        if names_another {
            return false;
        }
        match self.variable("MQTT_THING_TOPOLOGY") {
            Some(named) => self.is(&named, file),
            None => fs::canonicalize(root.path(topology::FILE)).is_ok_and(|usual| usual == file),
        }
    }

    /// Whether that name means the file. Where its folder cannot be seen, the last part of the name tells: a thing is
    /// rather left alone than thrown out.
    fn is(&self, name: &[u8], file: &Path) -> bool {
        let name = Path::new(OsStr::from_bytes(name));
        match fs::read_link(self.place.join("cwd")) {
            Ok(folder) => fs::canonicalize(folder.join(name)).is_ok_and(|path| path == file),
            Err(_) if name.is_absolute() => fs::canonicalize(name).is_ok_and(|path| path == file),
            Err(_) => name.file_name() == file.file_name(),
        }
    }

    /// A variable of its environment that is set to something.
    fn variable(&self, name: &str) -> Option<Vec<u8>> {
        let text = fs::read(self.place.join("environ")).ok()?;
        let mut lines = text.split(|byte| *byte == 0);
        let value = lines.find_map(|line| {
            let rest = line.strip_prefix(name.as_bytes())?;
            rest.strip_prefix(b"=")
        })?;
        (!value.is_empty()).then(|| value.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn who_runs_this_file_counts_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::at(folder.path());
        let put = |path: &str, text: &str| {
            let path = root.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("/home/lab.toml", "");
        put("/home/other.toml", "");
        put(topology::FILE, "");
        symlink("lab.toml", root.path("/home/link.toml")).unwrap();
        put("/proc/self/cmdline", "mqtt-thing\0run\0lab.toml\0");
        let whole = root.path("/home/lab.toml");
        let whole = whole.to_str().unwrap();
        let found = |line: &str, environment: &str, file: &str| {
            put("/proc/9/cmdline", &line.replace(' ', "\0"));
            put("/proc/9/environ", environment);
            let _ = fs::remove_file(root.path("/proc/9/cwd"));
            symlink(root.path("/home"), root.path("/proc/9/cwd")).unwrap();
            by_hand(&root, &root.path(file), Some("inner"))
        };
        let lab = |line: &str| found(line, "", "/home/lab.toml");
        for line in [
            "mqtt-thing run lab.toml",
            "./mqtt-thing -v --quiet run lab.toml ",
            "mqtt-thing run --thing inner link.toml",
            "mqtt-thing run --thing=inner ./lab.toml",
            "mqtt-thing run --dangerously-accept-any-certificate lab.toml",
            &format!("/opt/mqtt-thing run {whole}"),
        ] {
            assert_eq!(lab(line), Some(9), "{line}");
        }
        for line in [
            "mqtt-thing doctor --topology lab.toml",
            "mqtt-thing check run lab.toml",
            "cat mqtt-thing run lab.toml",
            "mqtt-thing run other.toml",
            "mqtt-thing run missing.toml",
            "mqtt-thing run lab.toml --thing outer",
            "mqtt-thing run --thing=outer lab.toml",
            "mqtt-thing run",
            "mqtt-thing",
            "",
        ] {
            assert_eq!(lab(line), None, "{line}");
        }
        let usual = |line: &str, environment: &str| found(line, environment, topology::FILE);
        assert_eq!(usual("mqtt-thing run", ""), Some(9));
        assert_eq!(usual("mqtt-thing run --thing inner -v", ""), Some(9));
        assert_eq!(usual("mqtt-thing run other.toml", ""), None);
        let elsewhere = "A=1\0MQTT_THING_TOPOLOGY=lab.toml\0";
        assert_eq!(usual("mqtt-thing run", elsewhere), None);
        let line = "mqtt-thing run";
        assert_eq!(found(line, elsewhere, "/home/lab.toml"), Some(9));
        assert_eq!(usual(line, "MQTT_THING_THING=outer"), None);
        // another user's, whose folder we may not see
        put("/proc/9/cmdline", "mqtt-thing\0run\0lab.toml");
        fs::remove_file(root.path("/proc/9/cwd")).unwrap();
        assert_eq!(by_hand(&root, Path::new(whole), None), Some(9));
    }
}
