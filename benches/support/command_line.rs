//! What every bench's command line asks for.
// each bench takes what it offers
#![allow(dead_code)]

use std::path::PathBuf;

#[derive(Debug, Clone)]
pub struct Arguments<E> {
    pub json: bool,
    pub tls: bool,
    pub binary: PathBuf,
    pub state: PathBuf,
    pub only: Option<Vec<String>>,
    /// How much everything means.
    pub extent: E,
}

/// What one bench offers beside what all do.
pub struct Offer<E> {
    pub help: &'static str,
    pub full: E,
    pub quick: E,
    /// Of `--tls` and `--state`.
    pub further: &'static [&'static str],
}

impl<E> Offer<E> {
    /// `Err` holds what to print instead of measuring.
    pub fn parse(self, mut words: impl Iterator<Item = String>) -> Result<Arguments<E>, String> {
        let help = self.help;
        let (mut asked_for, mut quick) = (false, false);
        let mut arguments = Arguments {
            json: false,
            tls: false,
            binary: PathBuf::from(env!("CARGO_BIN_EXE_mqtt-thing")),
            // not /tmp, which is often memory
            state: PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
            only: None,
            extent: self.full,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            let offered = |name: &str| word == name && self.further.contains(&name);
            match word.as_str() {
                // cargo bench says so, and cargo test does not
                "--bench" => asked_for = true,
                "--quick" => quick = true,
                "--json" => arguments.json = true,
                "--binary" => arguments.binary = PathBuf::from(value()?),
                "--only" => arguments.only = Some(value()?.split(',').map(str::to_owned).collect()),
                "--help" | "-h" => return Err(help.to_owned()),
                _ if offered("--tls") => arguments.tls = true,
                _ if offered("--state") => arguments.state = PathBuf::from(value()?),
                other => return Err(format!("unknown: {other}\n\n{help}")),
            }
        }
        if quick {
            arguments.extent = self.quick;
        }
        match asked_for {
            true => Ok(arguments),
            false => Err(format!("nothing is measured by a test run\n\n{help}")),
        }
    }
}

impl<E> Arguments<E> {
    pub fn wants(&self, part: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| only.iter().any(|wanted| wanted == part))
    }
}
