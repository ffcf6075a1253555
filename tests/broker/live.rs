//! A Mosquitto that is started with a configuration of its own, as it was written.

use crate::support::{LIMIT, Lines, free_port, skipped};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Live {
    child: Child,
    pub log: Lines,
}

impl Live {
    /// Starts it, or tells its log if it ended instead.
    fn start(config: &Path) -> Result<Self, String> {
        let mut child = Command::new(program().unwrap())
            .arg("-c")
            .arg(config)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Lines::collect(child.stderr.take().unwrap());
        let live = |lines: &[(std::time::Instant, String)]| {
            let says = |text: &str| lines.iter().any(|(_, line)| line.contains(text));
            match says(" running") {
                true => Some(true),
                false => says("Error").then_some(false),
            }
        };
        let ready = log.wait(LIMIT, live);
        let started = Self { child, log };
        match ready {
            Some(true) => Ok(started),
            _ => Err(started.log.all().join("\n")),
        }
    }

    /// Starts it with a configuration that `write` makes for so many free ports, and again with others if somebody took
    /// one meanwhile. `None` if there is no Mosquitto.
    pub fn with_ports<const N: usize, T>(
        mut write: impl FnMut([u16; N]) -> (std::path::PathBuf, T),
    ) -> Option<(Self, [u16; N], T)> {
        program()?;
        let mut said = String::new();
        for _ in 0..20 {
            let mut ports = [0; N];
            for index in 0..N {
                while ports[index] == 0 || ports[..index].contains(&ports[index]) {
                    ports[index] = free_port();
                }
            }
            let (config, rest) = write(ports);
            match Self::start(&config) {
                Ok(live) => return Some((live, ports, rest)),
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("mosquitto did not start:\n{log}"),
            }
            said.push('.');
        }
        panic!("mosquitto found its ports taken twenty times {said}");
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The path of the broker; `/usr/sbin` is not in every user's PATH.
fn program() -> Option<String> {
    let found = |path: &&str| Command::new(path).arg("-h").output().is_ok();
    let path = ["mosquitto", "/usr/sbin/mosquitto"].into_iter().find(found);
    if path.is_none() {
        skipped("mosquitto");
    }
    path.map(str::to_owned)
}
