//! What is told of a fleet: one line that changes on a terminal, a line for what is news elsewhere, or JSON.

use crate::cli::output::print;
use anstream::{eprint, eprintln};
use mqtt_thing::runtime::sim_fleet::SimFleetCounts;
use mqtt_thing::system::{Root, resident_kib};
use serde_json::{Value as Json, json};
use std::io::IsTerminal;
use std::time::Duration;

/// How often counts are told to a program while they change.
const COUNTS_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Told {
    json: bool,
    live: bool,
    broker: String,
    before: Option<SimFleetCounts>,
    /// Whether all were connected when it was looked last.
    all: bool,
    counted: Duration,
    line: String,
    /// Resident memory before the first connection, in KiB.
    bare: Option<u64>,
}

impl Told {
    pub(super) fn new(json: bool, broker: String) -> Self {
        Self {
            json,
            live: !json && is_live(),
            broker,
            before: None,
            all: false,
            counted: Duration::ZERO,
            line: String::new(),
            bare: resident_kib(&Root::default()),
        }
    }

    /// Tells what is news since the last look.
    pub(super) fn look(&mut self, counts: &SimFleetCounts, since: Duration) -> anyhow::Result<()> {
        let all = counts.connected == counts.clients;
        if all != self.all {
            self.all = all;
            self.turned(counts, all, since)?;
        }
        if self.live {
            self.redraw(counts);
        }
        if self.json && self.before != Some(*counts) && since >= self.counted + COUNTS_EVERY {
            self.counted = since;
            self.before = Some(*counts);
            event("counts", as_json(counts), since)?;
        }
        Ok(())
    }

    /// All are connected now, or not all any more.
    fn turned(
        &mut self,
        counts: &SimFleetCounts,
        all: bool,
        since: Duration,
    ) -> anyhow::Result<()> {
        let each = self.kib_a_client(counts);
        if self.json {
            let mut told = as_json(counts);
            told["kib_a_client"] = json!(each);
            return event(if all { "connected" } else { "disconnected" }, told, since);
        }
        self.clear();
        let (clients, broker) = (counts.clients, &self.broker);
        match (all, each) {
            (true, Some(each)) => eprintln!(
                "{clients} simulated clients are connected to {broker} after {:.1} s; {each:.0} KiB each. Ctrl-C ends them",
                since.as_secs_f64()
            ),
            (true, None) => eprintln!("{clients} simulated clients are connected to {broker}"),
            (false, _) => {
                let connected = counts.connected;
                eprintln!("only {connected} of {clients} are connected; the others try again");
            }
        }
        Ok(())
    }

    fn kib_a_client(&self, counts: &SimFleetCounts) -> Option<f64> {
        let grown = resident_kib(&Root::default())?.saturating_sub(self.bare?);
        #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
        let each = grown as f64 / counts.clients as f64;
        Some((each * 10.0).round() / 10.0)
    }

    fn redraw(&mut self, counts: &SimFleetCounts) {
        let line = match self.all {
            true => summary(counts),
            false => format!(
                "connected {}/{} to {}",
                counts.connected, counts.clients, self.broker
            ),
        };
        if line != self.line {
            // back to the beginning, and what was longer before is cleared
            eprint!("\r{line}\x1b[K");
            self.line = line;
        }
    }

    fn clear(&mut self) {
        if !std::mem::take(&mut self.line).is_empty() {
            eprint!("\r\x1b[K");
        }
    }

    /// Tells what it came to.
    pub(super) fn end(&mut self, counts: &SimFleetCounts, clean: usize) -> anyhow::Result<()> {
        if self.json {
            let mut told = as_json(counts);
            told["closed_cleanly"] = json!(clean);
            told["event"] = json!("ended");
            return print(&format!("{told}\n"));
        }
        self.clear();
        eprintln!("{}", summary(counts));
        if clean < counts.clients {
            let left = counts.clients - clean;
            eprintln!("{left} could not say goodbye; the broker keeps what it knows of them");
        }
        Ok(())
    }
}

/// Whether a line may be written over: on a terminal that can do it.
fn is_live() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    std::io::stderr().is_terminal() && !dumb
}

fn summary(counts: &SimFleetCounts) -> String {
    let did = counts.did;
    let mut line = format!(
        "{} clients, {} registered: {} commands, {} answers",
        counts.clients, did.registered, did.commands, did.answers
    );
    let odd = [
        ("never answered", did.silent),
        ("no commands", did.malformed),
        ("lost connections", counts.lost),
        ("not sent", counts.dropped),
    ];
    for (what, count) in odd.into_iter().filter(|(_, count)| *count > 0) {
        line.push_str(&format!(", {count} {what}"));
    }
    line
}

fn as_json(counts: &SimFleetCounts) -> Json {
    let did = counts.did;
    json!({
        "event": "",
        "clients": counts.clients,
        "connected": counts.connected,
        "registered": did.registered,
        "commands": did.commands,
        "answers": did.answers,
        "silent": did.silent,
        "malformed": did.malformed,
        "lost_connections": counts.lost,
        "not_sent": counts.dropped,
        "resident_kib": resident_kib(&Root::default()),
    })
}

fn event(name: &str, mut told: Json, since: Duration) -> anyhow::Result<()> {
    told["event"] = json!(name);
    told["seconds"] = json!((since.as_secs_f64() * 1e3).round() / 1e3);
    print(&format!("{told}\n"))
}
