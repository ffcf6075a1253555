//! A section of the page, typed and compared.

use crate::page::{Block, Page, Section, Typed, is_recorded, record};
use crate::shown::difference;
use crate::support::{Mosquitto, Terminal, free_port, wait_for};
use crate::terminal;
use std::net::TcpStream;
use tempfile::TempDir;

/// Plays a section at a broker of its own; skipped without Mosquitto.
pub(crate) fn section(page: &Page, title: &str) {
    let mut sections = page.sections.iter();
    let section = sections.find(|section| section.title == title);
    let section = section.unwrap_or_else(|| panic!("the page has no section `{title}`"));
    if let Some(broker) = Mosquitto::start_with("sys_interval 1") {
        Stage::new(section, &broker).play();
    }
}

/// A command that was typed.
struct Running<'p> {
    typed: &'p Typed,
    terminal: Terminal,
}

struct Stage<'p> {
    section: &'p Section,
    broker: &'p Mosquitto,
    folder: TempDir,
    /// Ports of the page, and those that stand for them here.
    ports: [(&'static str, String); 2],
}

impl<'p> Stage<'p> {
    fn new(section: &'p Section, broker: &'p Mosquitto) -> Self {
        Self {
            section,
            broker,
            folder: TempDir::new().unwrap(),
            ports: ["8883", "8884"].map(|port| (port, free_port().to_string())),
        }
    }

    fn play(&self) {
        let mut running = Vec::new();
        for block in &self.section.blocks {
            match block {
                Block::File { name, text } => {
                    std::fs::write(self.folder.path().join(name), self.here(text)).unwrap();
                }
                Block::Terminal(commands) => {
                    for (typed, number) in commands.iter().zip(1..) {
                        let Some(it) = self.type_in(typed, number == commands.len()) else {
                            return;
                        };
                        running.push(it);
                    }
                }
            }
        }
        let (interrupted, others): (Vec<_>, Vec<_>) =
            running.into_iter().partition(|it| it.typed.interrupted);
        for it in others {
            self.compare(it);
        }
        // what was started last may need what was started first
        for mut it in interrupted.into_iter().rev() {
            // what the page shows of it comes before it is ended
            let name = format!("{} to show what it should", it.typed.command);
            wait_for(&name, || {
                let same = difference(&it.typed.shown, &self.shown(&it)).is_none();
                (same || is_recorded()).then_some(())
            });
            it.terminal.press("\x03");
            self.compare(it);
        }
    }

    /// Types a command, and waits until it is through or, where it may go on, until it listens.
    fn type_in(&self, typed: &'p Typed, may_go_on: bool) -> Option<Running<'p>> {
        let command = self.here(&typed.command);
        if let Some(config) = command.strip_prefix("mosquitto -c ") {
            self.stay_root(config.split_whitespace().next().unwrap());
        }
        let before = self.broker.count_log("Sending SUBACK");
        let terminal = terminal::typed(self.folder.path(), &command, &self.broker.url())?;
        let mut it = Running { typed, terminal };
        wait_for(&command, || {
            let listens = || {
                self.broker.count_log("Sending SUBACK") > before || self.listens_elsewhere(&command)
            };
            (it.terminal.is_over() || may_go_on && listens()).then_some(())
        });
        Some(it)
    }

    /// Whether a broker that the page starts itself has a port, or somebody a subscription there.
    fn listens_elsewhere(&self, command: &str) -> bool {
        if command.starts_with("mosquitto ") {
            let mut ports = self.ports.iter();
            return ports.all(|(_, port)| TcpStream::connect(format!("127.0.0.1:{port}")).is_ok());
        }
        let log = self.folder.path().join("mosquitto.log");
        let log = std::fs::read_to_string(log).unwrap_or_default();
        // this log has no packets: whoever is in will have subscribed before anybody hears anything
        let user = command
            .split_once("clients/")
            .map_or("nobody", |(_, user)| user);
        let user = user.split(';').next().unwrap_or_default();
        log.contains(&format!("u'{user}'"))
    }

    /// A broker that root starts would become another user, who cannot read the set-up.
    fn stay_root(&self, config: &str) {
        let path = self.folder.path().join(config);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("user root\n{text}")).unwrap();
    }

    fn here(&self, text: &str) -> String {
        let replaced = |text: String, (page, here): &(&str, String)| text.replace(page, here);
        self.ports.iter().fold(text.to_owned(), replaced)
    }

    /// What it shows, as the page would have it.
    fn shown(&self, it: &Running<'_>) -> Vec<String> {
        let there = |line: String| {
            let replaced = |text: String, (page, here): &(&str, String)| text.replace(here, page);
            let line = line.replace(&self.broker.url(), "mqtt://localhost");
            self.ports.iter().fold(line, replaced)
        };
        terminal::shown(&it.terminal)
            .into_iter()
            .map(there)
            .collect()
    }

    /// Waits for its end, and compares what it showed with the page.
    fn compare(&self, mut it: Running<'_>) {
        let Typed { command, shown, .. } = it.typed;
        wait_for(&format!("the end of {command}"), || {
            it.terminal.is_over().then_some(())
        });
        let seen = self.shown(&it);
        match difference(shown, &seen) {
            Some(_) if is_recorded() => record(&self.section.title, command, &seen),
            Some(difference) => panic!("$ {command}\n{difference}"),
            None => {}
        }
    }
}
