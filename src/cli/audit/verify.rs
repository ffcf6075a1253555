//! What `audit verify` says: the first thing that is wrong, or what holds and what nobody can see.

use super::Verify;
use crate::cli::output::{print, tinted};
use crate::cli::{EXIT_FAILED, EXIT_OK, EXIT_USAGE, whole};
use anstream::eprintln;
use mqtt_thing::fleet::audit::Verified;
use mqtt_thing::model::harmless_json;
use mqtt_thing::store::{AuditCheck, verify_audit};
use owo_colors::OwoColorize;
use serde_json::json;
use std::process::ExitCode;

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let parts = match self.place.parts() {
            Ok(parts) => parts,
            Err(error) => {
                eprintln!("mqtt-thing: {}", whole(error.as_ref()));
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let found = verify_audit(&parts, self.head);
        let text = match self.json {
            true => format!("{}\n", self.as_json(&found)),
            false => tinted(&self.as_text(&found)),
        };
        print(&text)?;
        Ok(ExitCode::from(match found.outcome {
            Ok(_) => EXIT_OK,
            Err(_) => EXIT_FAILED,
        }))
    }

    fn as_json(&self, found: &AuditCheck) -> String {
        let object = match &found.outcome {
            Ok(verified) => json!({
                "good": true,
                "head": {"number": verified.head.number, "hash": verified.head.hash.to_string()},
                "head_checked": self.head.is_some(),
                "lines": verified.count,
                "first": {"number": verified.first, "time": verified.first_time},
                "last": {"number": verified.head.number, "time": verified.last_time},
                "torn_bytes": found.torn,
            }),
            Err((at, fault)) => json!({
                "good": false,
                "fault": fault.to_string(),
                "file": at.as_ref().map(|(path, _)| path.display().to_string()),
                "line": at.as_ref().map(|(_, line)| line),
                "torn_bytes": found.torn,
            }),
        };
        harmless_json(object.to_string())
    }

    fn as_text(&self, found: &AuditCheck) -> String {
        let mut text = match &found.outcome {
            Err((Some((path, line)), fault)) => {
                let place = format!("{}, line {line}", path.display());
                format!("{} {place}: {fault}\n", "faulty:".red())
            }
            Err((None, fault)) => format!("{} {fault}\n", "faulty:".red()),
            Ok(verified) => self.good(verified),
        };
        if found.torn > 0 {
            text.push_str(&format!(
                "The last line is not whole ({} bytes): it is being written, or a power cut tore it; the next start cuts \
                 it off and says so.\n",
                found.torn
            ));
        }
        text
    }

    fn good(&self, verified: &Verified) -> String {
        let Verified {
            first,
            first_time,
            head,
            last_time,
            count,
        } = verified;
        let lines = match count {
            1 => "1 line".to_owned(),
            count => format!("{count} lines"),
        };
        let escaped = |time: &str| mqtt_thing::model::escaped(time.as_bytes(), 40);
        let mut text = format!(
            "{} {lines}, {} to {}\nhead {head}\n",
            "good:".green(),
            escaped(first_time),
            escaped(last_time)
        );
        if *first > 1 {
            text.push_str(&format!(
                "What was before line {first} was rotated away, or cut off: nothing can be said about it.\n"
            ));
        }
        text.push_str(match self.head {
            Some(_) => "The line of the head that you gave is in it.\n",
            None => {
                "Without --head nobody can see whether its end was cut off, or all of it written anew: the chain has no key. \
                 Note the head elsewhere; `health` tells it.\n"
            }
        });
        text
    }
}
