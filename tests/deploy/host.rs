//! A machine to deploy to: `host.py` beside this file, in a folder that the test can look into.

use crate::support::{free_port, skipped, wait_for};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

const FURNISH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy/host.py");

/// The machine. Its processes end with it.
pub struct Host {
    folder: TempDir,
    port: u16,
    covers: Vec<String>,
    machine: Child,
}

impl Host {
    /// Starts one, or says why the test is skipped.
    pub fn start() -> Option<Self> {
        Self::start_with(&[], None)
    }

    /// The same with stand-ins for some of its files, and with `/usr/local` elsewhere, as on a small disk.
    pub fn start_with(covers: &[(&str, &str)], local: Option<&Path>) -> Option<Self> {
        if !possible() {
            return None;
        }
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["etc/ssh", "client", "covers"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for key in ["client/key", "etc/ssh/host_key"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(at(key))
                .status();
            assert!(made.unwrap().success());
        }
        fs::rename(at("client/key.pub"), at("etc/ssh/authorized_keys")).unwrap();
        if let Some(local) = local {
            symlink(local, at("usr-local")).unwrap();
        }
        let mut words = Vec::new();
        for (number, (path, text)) in covers.iter().enumerate() {
            let file = at("covers").join(number.to_string());
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755))
                .unwrap();
            words.push(format!("{path}={}", file.display()));
        }
        let port = free_port();
        let machine = switch_on(folder.path(), port, &words);
        let host = Self {
            folder,
            port,
            covers: words,
            machine,
        };
        host.write_client(host.port);
        host.wait_up();
        Some(host)
    }

    /// What an `ssh_config` says of it: the way through `port`, its key, and the key of ours that it knows.
    fn write_client(&self, port: u16) {
        let client = self.folder.path().join("client");
        let public = fs::read_to_string(self.inside("/etc/ssh/host_key.pub")).unwrap();
        fs::write(client.join("known"), format!("machine {public}")).unwrap();
        fs::write(client.join("config"), self.section("*", port)).unwrap();
    }

    /// Its section of an `ssh_config`, for hosts of that name.
    pub fn section(&self, name: &str, port: u16) -> String {
        let client = self.folder.path().join("client");
        format!(
            "Host {name}\n HostName 127.0.0.1\n Port {port}\n HostKeyAlias machine\n UserKnownHostsFile {0}/known\n \
             GlobalKnownHostsFile none\n IdentityFile {0}/key\n IdentitiesOnly yes\n",
            client.display()
        )
    }

    pub fn ssh_config(&self) -> PathBuf {
        self.folder.path().join("client/config")
    }

    /// From now on everybody reaches it through this port, where a proxy listens.
    pub fn reached_through(&self, port: u16) {
        self.write_client(port);
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A file of the machine, as it is seen from outside.
    pub fn inside(&self, path: &str) -> PathBuf {
        let path = path.trim_start_matches('/');
        self.folder
            .path()
            .join(match path.strip_prefix("usr/local") {
                Some(rest) => format!("usr-local{rest}"),
                None => path.to_owned(),
            })
    }

    /// Runs a command there as root, past any proxy.
    pub fn run(&self, command: &str) -> Output {
        let output = Command::new("ssh")
            .args([
                "-F",
                "none",
                "-T",
                "-o",
                "BatchMode=yes",
                "-o",
                "HostKeyAlias=machine",
                "-o",
            ])
            .arg(format!(
                "UserKnownHostsFile={}",
                self.folder.path().join("client/known").display()
            ))
            .args(["-p", &self.port.to_string(), "-i"])
            .arg(self.folder.path().join("client/key"))
            .args(["root@127.0.0.1", command])
            .stdin(Stdio::null())
            .output();
        output.unwrap()
    }

    /// What a command there prints, without its last line end.
    pub fn says(&self, command: &str) -> String {
        let output = self.run(command);
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }

    /// `mqtt-thing health` there, after some patience: what it says, if it is 0.
    pub fn assert_healthy(&self) {
        let output = self.run("mqtt-thing health --wait 30");
        assert!(output.status.success(), "{output:?}");
    }

    /// The process of the service.
    pub fn main_pid(&self) -> String {
        self.says("systemctl show -p MainPID --value mqtt-thing.service")
    }

    /// Which release runs.
    pub fn release(&self) -> String {
        let link = fs::read_link(self.inside("/usr/local/lib/mqtt-thing/current"));
        link.map_or("none".to_owned(), |link| link.display().to_string())
    }

    /// What sshd there has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("machine.log")).unwrap()
    }

    /// As a power cut does it.
    pub fn switch_off(&mut self) {
        self.machine.kill().unwrap();
        self.machine.wait().unwrap();
        wait_for("the end of sshd", || {
            std::net::TcpListener::bind(("127.0.0.1", self.port)).ok()
        });
    }

    /// The next start of the machine.
    pub fn switch_on(&mut self) {
        self.machine = switch_on(self.folder.path(), self.port, &self.covers);
        self.wait_up();
    }

    fn wait_up(&self) {
        wait_for("sshd", || self.run("true").status.success().then_some(()));
    }

    /// Asserts that every file is as it was then, but for those that do not count.
    #[track_caller]
    pub fn assert_as(&self, before: &BTreeMap<String, String>, counts: impl Fn(&str) -> bool) {
        let after = self.everything();
        let mut differing = Vec::new();
        for path in before.keys().chain(after.keys()) {
            let (then, now) = (before.get(path), after.get(path));
            if then != now && counts(path) {
                differing.push(format!("{path}: {then:?}, now {now:?}"));
            }
        }
        assert!(differing.is_empty(), "{}", differing.join("\n"));
    }

    /// Every file of the machine with its content's hash, owner and mode, but logs and what only a running system has.
    pub fn everything(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for folder in [
            "etc",
            "home",
            "root",
            "tmp",
            "usr-local",
            "var/lib",
            "var/tmp",
        ] {
            look(&self.folder.path().join(folder), &mut found);
        }
        // sudo's own
        found.retain(|path, _| !path.contains("/var/lib/sudo"));
        found
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _already_dead = self.machine.kill();
        let _status = self.machine.wait();
    }
}

fn look(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let about = path.symlink_metadata().unwrap();
        let what = if about.is_dir() {
            look(&path, found);
            "folder".to_owned()
        } else if about.is_symlink() {
            format!("-> {}", fs::read_link(&path).unwrap().display())
        } else {
            let mut content = Vec::new();
            fs::File::open(&path)
                .unwrap()
                .read_to_end(&mut content)
                .unwrap();
            let hash = ring::digest::digest(&ring::digest::SHA256, &content);
            format!("{hash:?}")
        };
        let shown = format!("{:o} {}:{} {what}", about.mode(), about.uid(), about.gid());
        found.insert(path.display().to_string(), shown);
    }
}

fn switch_on(folder: &Path, port: u16, covers: &[String]) -> Child {
    let log = fs::File::options()
        .append(true)
        .create(true)
        .open(folder.join("machine.log"))
        .unwrap();
    // a test that is killed takes its machine along
    let machine = Command::new("setpriv")
        .args([
            "--pdeathsig",
            "KILL",
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
        ])
        .args(["python3", FURNISH])
        .arg(folder)
        .arg(port.to_string())
        .args(covers)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn();
    machine.unwrap()
}

/// Whether this machine has what it takes; if not, says what is missing.
fn possible() -> bool {
    for (program, package) in [
        ("/usr/sbin/sshd", "openssh-server"),
        ("/usr/bin/ssh", "openssh-client"),
        ("/usr/bin/sudo", "sudo"),
        ("/usr/bin/python3", "python3"),
        ("/usr/bin/cc", "gcc"),
        ("/usr/bin/systemd-sysusers", "systemd"),
    ] {
        if !Path::new(program).exists() {
            skipped(package);
            return false;
        }
    }
    let tried = Command::new("unshare")
        .args([
            "--mount",
            "--pid",
            "--fork",
            "mount",
            "--make-rprivate",
            "/",
        ])
        .output();
    let allowed = tried.is_ok_and(|output| output.status.success());
    if !allowed {
        println!("skipped: a root of its own needs root");
    }
    allowed
}
