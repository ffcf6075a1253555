//! One run of `deploy.sh`, as a user types it.

use crate::host::Host;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/deploy.sh");

/// The command, not yet run.
pub struct Deployment(Command);

/// What it came to.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    /// All that it said.
    pub text: String,
}

impl Deployment {
    /// To the user `pi` of one host.
    pub fn to(host: &Host) -> Self {
        Self::by(&host.ssh_config(), &["pi@machine"])
    }

    /// To several that an `ssh_config` knows.
    pub fn by(config: &Path, hosts: &[&str]) -> Self {
        let mut command = Command::new(SCRIPT);
        command.arg("--ssh-config").arg(config).args(hosts);
        command.stdin(Stdio::null());
        Self(command)
    }

    pub fn with(mut self, words: &[&str]) -> Self {
        self.0.args(words);
        self
    }

    pub fn option(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.arg(name).arg(value);
        self
    }

    /// The command itself, for tests that end it.
    pub fn command(self) -> Command {
        self.0
    }

    pub fn run(mut self) -> Outcome {
        let output = self.0.output().unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        println!("{text}");
        Outcome {
            code: output.status.code(),
            text,
        }
    }
}

impl Outcome {
    /// Asserts its exit code, and that it said each of these.
    #[track_caller]
    pub fn assert(self, code: i32, says: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.text);
        for wanted in says {
            assert!(
                self.text.contains(wanted),
                "no `{wanted}` in:\n{}",
                self.text
            );
        }
        self
    }
}
