//! What the page says is typed, and what is shown then.
//!
//! ````text
//! ```console               a terminal: commands after `$`, and what they show; the last may go on while others are typed
//! $ mqtt-thing sub '#'
//! a/b 7
//! ...                      any lines
//! ^C                       is typed at the end, when all other terminals are through
//! ```
//! ```toml lab.toml         a file of that name in the folder where all is typed
//! ````

use std::path::{Path, PathBuf};

pub(crate) struct Page {
    pub(crate) sections: Vec<Section>,
}

pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
}

pub(crate) enum Block {
    File { name: String, text: String },
    Terminal(Vec<Typed>),
}

/// A command and what it shows.
pub(crate) struct Typed {
    pub(crate) command: String,
    pub(crate) shown: Vec<String>,
    pub(crate) interrupted: bool,
}

impl Section {
    pub(crate) fn is_played(&self) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|block| matches!(block, Block::Terminal(_)))
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/labs.md")
}

/// Whether the page is to be written anew from what terminals show: `MQTT_THING_RECORD=1`, with `--test-threads 1`.
pub(crate) fn is_recorded() -> bool {
    std::env::var_os("MQTT_THING_RECORD").is_some()
}

/// Puts what a command of a section showed into the page.
pub(crate) fn record(section: &str, command: &str, shown: &[String]) {
    let text = std::fs::read_to_string(path()).unwrap();
    let title = format!("\n## {section}\n");
    let begins = text.find(&title).unwrap() + title.len();
    let typed = format!("\n$ {command}\n");
    let after = begins - 1 + text[begins - 1..].find(&typed).unwrap() + typed.len();
    let kept = |line: &str| line.starts_with("$ ") || line == "```" || line == "^C";
    let old: usize = text[after..]
        .split_inclusive('\n')
        .take_while(|line| !kept(line.trim_end()))
        .map(str::len)
        .sum();
    let new: String = shown.iter().map(|line| format!("{line}\n")).collect();
    let text = format!("{}{new}{}", &text[..after], &text[after + old..]);
    std::fs::write(path(), text).unwrap();
}

impl Page {
    pub(crate) fn read() -> Self {
        Self::parse(&std::fs::read_to_string(path()).unwrap())
    }

    fn parse(text: &str) -> Self {
        let mut sections: Vec<Section> = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(title) = line.strip_prefix("## ") {
                sections.push(Section {
                    title: title.to_owned(),
                    blocks: Vec::new(),
                });
            } else if let Some(about) = line.strip_prefix("```") {
                let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                let block = match about.split_once(' ') {
                    Some((_, name)) => Block::File {
                        name: name.to_owned(),
                        text: inside.join("\n") + "\n",
                    },
                    None if about == "console" => Block::Terminal(typed(&inside)),
                    None => continue,
                };
                sections.last_mut().unwrap().blocks.push(block);
            }
        }
        Self { sections }
    }
}

fn typed(lines: &[&str]) -> Vec<Typed> {
    let mut all: Vec<Typed> = Vec::new();
    let mut continued = false;
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            all.push(Typed {
                command: command.to_owned(),
                shown: Vec::new(),
                interrupted: false,
            });
        } else {
            let last = all.last_mut().expect("a terminal begins with a command");
            match *line {
                more if continued => last.command.push_str(&format!("\n{more}")),
                "^C" => last.interrupted = true,
                shown => last.shown.push(shown.to_owned()),
            }
        }
        let last = all.last().expect("a terminal begins with a command");
        continued = last.shown.is_empty() && last.command.ends_with('\\');
    }
    all
}
