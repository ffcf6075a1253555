//! A host, a broker, a topology, and somebody who listens.

use crate::deployment::Deployment;
use crate::host::Host;
use crate::program;
use crate::support::{Mosquitto, Observer, wait_for};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What the thing's topics begin with.
pub const ID: &str = "10.9.8.7";

pub struct Lab {
    pub host: Host,
    pub mosquitto: Mosquitto,
    folder: TempDir,
}

impl Lab {
    pub fn new() -> Option<Self> {
        Self::on(Host::start()?)
    }

    pub fn on(host: Host) -> Option<Self> {
        let mosquitto = Mosquitto::start()?;
        let lab = Self {
            host,
            mosquitto,
            folder: TempDir::new().unwrap(),
        };
        lab.write("lab.toml", &topology(lab.mosquitto.port()));
        Some(lab)
    }

    /// A file of the user who deploys.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a program there, with the lab's topology.
    pub fn deploy(&self, program: &Path) -> Deployment {
        self.deploy_file(program, &self.folder.path().join("lab.toml"))
    }

    pub fn deploy_file(&self, program: &Path, topology: &Path) -> Deployment {
        Deployment::to(&self.host)
            .option("--binary", program)
            .option("--topology", topology)
            .with(&["--thing", "inner", "--wait", "30"])
    }

    /// The usual beginning: ours is there and online.
    pub fn deployed(self) -> Self {
        self.deploy(&program::ours())
            .run()
            .assert(0, &["installed: online"]);
        self.assert_works();
        self
    }

    /// Our program where a broken one finds it.
    pub fn with_the_real_program(self) -> Self {
        fs::copy(program::ours(), self.host.inside(program::REAL)).unwrap();
        self
    }

    /// That the host says that it is well, and that the broker keeps its `online`.
    #[track_caller]
    pub fn assert_works(&self) {
        self.host.assert_healthy();
        let observer = Observer::start(&self.mosquitto, &format!("{ID}/status"));
        let status = observer.wait_where("a retained status", |seen| seen.retained);
        assert_eq!(status.text(), "online");
    }

    /// Waits until no deployment is at work on the host.
    pub fn wait_idle(&self) {
        wait_for("the end of the activation", || {
            let lock = "test ! -e /usr/local/lib/mqtt-thing/lock || flock -n /usr/local/lib/mqtt-thing/lock true";
            self.host.run(lock).status.success().then_some(())
        });
    }
}

/// A thing without a board, and another with one.
pub fn topology(port: u16) -> String {
    format!(
        "[broker]\nurl = \"mqtt://127.0.0.1:{port}\"\n\n[things.inner]\naddress = \"{ID}\"\n\n[things.inner.resources]\n\
         clock0 = {{ kind = \"clock\" }}\n\n[things.outer]\naddress = \"10.9.8.6\"\n\n[things.outer.resources]\n\
         led0 = {{ kind = \"led\", port = \"D4\" }}\n"
    )
}
