//! A machine with a systemd of its own, made of namespaces: what a unit says is then done by systemd itself, and not
//! by us. Its files are those of this system with others laid over them; what it writes is gone with it. `machine.sh`
//! beside this file makes it.

use super::{skipped, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// Where the kernel has the control groups of version 2: alone, or beside those of version 1.
const CGROUPS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/// Runs from `boot` until it is dropped.
pub struct Machine {
    folder: TempDir,
    cgroup: PathBuf,
    outside: Child,
    /// Its systemd, as this system numbers it.
    init: u32,
}

impl Machine {
    /// Boots one, with `files` laid over this system's. None, and a word about it, where that is not possible.
    pub fn boot(files: &Path) -> Option<Self> {
        let systemd = Path::new("/usr/lib/systemd/systemd");
        if !systemd.exists() {
            skipped("systemd");
            return None;
        }
        let Some(cgroup) = cgroup() else {
            println!("skipped: a machine of namespaces needs root and control groups of version 2");
            return None;
        };
        let folder = TempDir::new().unwrap();
        for name in ["work", "shared"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let log = std::fs::File::create(folder.path().join("console")).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/machine.sh");
        let mut outside = Command::new("bash")
            .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
            .arg(&cgroup)
            .args(["unshare", "--mount", "--pid", "--net", "--uts", "--ipc"])
            .args(["--cgroup", "--fork", "--kill-child"])
            .arg(script)
            .arg(folder.path().join("work"))
            .arg(files)
            .arg(folder.path().join("shared"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let console = || std::fs::read_to_string(folder.path().join("console")).unwrap();
        let init = wait_for("a machine's first process", || {
            let ended = outside.try_wait().unwrap();
            assert!(ended.is_none(), "the machine did not start: {}", console());
            let pid = outside.id();
            let children =
                std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
            children.split_whitespace().next()?.parse().ok()
        });
        let machine = Self {
            folder,
            cgroup,
            outside,
            init,
        };
        wait_for("a machine's systemd", || {
            let path = format!("/proc/{init}/root/run/systemd/private");
            let up = Path::new(&path).exists();
            (up && machine.try_run(&["systemctl", "show", "machine.target"])).then_some(())
        });
        Some(machine)
    }

    /// A program inside, as root.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.init.to_string()])
            .args([
                "--mount", "--pid", "--net", "--uts", "--ipc", "--root", "--wd",
            ])
            .args(["timeout", "60"])
            .args(words)
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs it to its end; whether it succeeded.
    pub fn try_run(&self, words: &[&str]) -> bool {
        self.output(words).status.success()
    }

    /// Runs what must succeed; what it said, without the last line's end.
    pub fn run(&self, words: &[&str]) -> String {
        let output = self.output(words);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{words:?}: {}{said}{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr),
            self.journal()
        );
        said.trim_end().to_owned()
    }

    /// One property of a unit.
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.run(&["systemctl", "show", "--value", "--property", name, unit])
    }

    /// The last that its services wrote.
    pub fn journal(&self) -> String {
        let output = self.output(&["journalctl", "--no-pager", "--lines=60", "--output=short"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// One of its files, from outside.
    pub fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.init))
    }

    /// A folder that is `/run/shared` inside.
    pub fn shared(&self) -> PathBuf {
        self.folder.path().join("shared")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.journal());
        }
        // with the first process end all others
        if let Some(pid) = i32::try_from(self.init).ok().and_then(Pid::from_raw) {
            let _already_dead = kill_process(pid, Signal::KILL);
        }
        let _status = self.outside.wait();
        remove_cgroup(&self.cgroup);
    }
}

/// A control group for one machine; none where they cannot be made.
fn cgroup() -> Option<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("mqtt-thing-machine-{}-{number}", std::process::id());
    CGROUPS
        .iter()
        .filter(|folder| Path::new(folder).join("cgroup.procs").exists())
        .map(|folder| Path::new(folder).join(&name))
        .find(|path| std::fs::create_dir(path).is_ok())
}

/// Removes it from its leaves up; the kernel takes a moment to see that its processes are gone.
fn remove_cgroup(path: &Path) {
    for _ in 0..200 {
        let mut folders = vec![path.to_owned()];
        let mut next = 0;
        while let Some(folder) = folders.get(next).cloned() {
            let below = std::fs::read_dir(folder).into_iter().flatten().flatten();
            folders.extend(below.map(|its| its.path()).filter(|its| its.is_dir()));
            next += 1;
        }
        for folder in folders.iter().rev() {
            let _busy = std::fs::remove_dir(folder);
        }
        if !path.exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
