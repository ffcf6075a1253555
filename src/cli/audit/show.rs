//! The lines of the log for a person. All that came from strangers is escaped.

use super::Show;
use crate::cli::output::{print, tinted};
use crate::cli::{EXIT_OK, EXIT_USAGE, whole};
use anstream::eprintln;
use mqtt_thing::fleet::audit::SeenLine;
use mqtt_thing::model::{escaped, harmless_json};
use owo_colors::OwoColorize;
use std::process::ExitCode;

/// So much of a text is shown; more is not in the log.
const MOST: usize = 300;

impl Show {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let parts = match self.place.parts() {
            Ok(parts) => parts,
            Err(error) => {
                eprintln!("mqtt-thing: {}", whole(error.as_ref()));
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let lines = parts
            .iter()
            .flat_map(|part| part.bytes.split_inclusive(|byte| *byte == b'\n'));
        let shown: Vec<String> = lines.filter_map(|line| self.line(line)).collect();
        let skip = self.last.map_or(0, |last| shown.len().saturating_sub(last));
        let text = shown[skip..].concat();
        print(&match self.json {
            true => text,
            false => tinted(&text),
        })?;
        Ok(ExitCode::from(EXIT_OK))
    }

    /// A line as it is shown, if it is.
    fn line(&self, bytes: &[u8]) -> Option<String> {
        let read = SeenLine::read(bytes.trim_ascii_end());
        let refused = |seen: &SeenLine| seen.event.starts_with("refus");
        match read {
            Ok(seen) if self.refused && !refused(&seen) => None,
            Ok(_) if self.json => {
                let text = String::from_utf8_lossy(bytes.trim_ascii_end());
                Some(format!("{}\n", harmless_json(text.into_owned())))
            }
            Ok(seen) => Some(told(&seen)),
            Err(_) if self.json || self.refused => None,
            Err(error) => Some(format!("{} {error}\n", "?".red())),
        }
    }
}

fn told(seen: &SeenLine) -> String {
    let text = |text: &str| escaped(text.as_bytes(), MOST);
    let mut line = format!("{:>6} {}", seen.number, text(&seen.time));
    if seen.clock_synchronised == Some(false) {
        line.push_str(" (clock not set)");
    }
    let event = text(&seen.event);
    let status = seen.status.as_deref();
    line.push_str(&match (seen.event.as_str(), status) {
        ("ended", Some("succeeded")) => format!(" {}", event.green()),
        ("refused" | "refusals_left_out" | "lost" | "repaired" | "key_revoked", _) => {
            format!(" {}", event.yellow())
        }
        ("ended", _) => format!(" {}", event.red()),
        _ => format!(" {}", event.bold()),
    });
    let mut add = |before: &str, value: Option<String>| {
        if let Some(value) = value {
            line.push_str(&format!(" {before}{value}"));
        }
    };
    let of = |value: &Option<String>| value.as_deref().map(text);
    add("", of(&seen.executor));
    add("job ", seen.job.map(|job| job.to_string()));
    add("id ", of(&seen.id));
    add("over ", of(&seen.face).filter(|face| face != "own"));
    add("by ", of(&seen.name));
    add("key ", of(&seen.key));
    add("", of(&seen.version));
    // unless it simply ran and ended, or was simply refused
    let status = status.filter(|status| *status != seen.event);
    add("", status.map(text));
    add("exit code ", seen.exit_code.map(|code| code.to_string()));
    add("signal ", seen.signal.map(|signal| signal.to_string()));
    add("", seen.count.map(|count| count.to_string()));
    add(
        "",
        of(&seen.command).map(|command| format!("\"{command}\"")),
    );
    let cut = seen.command_bytes;
    add("", cut.map(|bytes| format!("... ({bytes} bytes)")));
    add("because ", of(&seen.reason));
    line.push('\n');
    line
}
