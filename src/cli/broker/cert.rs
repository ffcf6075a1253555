//! `mqtt-thing broker cert`: until when a set-up's certificates last, and new ones.

use super::super::output::{columns, print};
use super::init::say_leftovers;
use super::install;
use anstream::eprintln;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use mqtt_thing::broker::set_up::{Shown, certificates, remove_leftovers, renew};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

/// From so many days on an end is near.
const NEAR: i64 = 30;

/// See until when the certificates of a set-up last, and make new ones
#[derive(Debug, Args)]
pub(super) struct Cert {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Which certificates there are, for whom, and until when; warns of those that end within 30 days
    Show {
        /// The set-up's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Print a list for a program
        #[arg(long)]
        json: bool,
    },
    /// Make new certificates with new keys from the same CA, all of them at once
    #[command(after_help = "Examples:\n  \
        mqtt-thing broker cert renew set-up                the broker's and every client's\n  \
        mqtt-thing broker cert renew --only server set-up  the broker's alone: no client has to be touched")]
    Renew {
        /// The set-up's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// How many days they last; by default as the set-up was made
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: Option<u32>,
        /// Only this user's, or `server` for the broker's; may be given again
        #[arg(long, value_name = "USER")]
        only: Vec<String>,
    },
}

impl Cert {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let now = SystemTime::now();
        match self.what {
            What::Show { folder, json } => {
                let all = certificates(&folder)?;
                print(&match json {
                    true => as_json(&all, now),
                    false => table(&all, now),
                })?;
                for Shown { file, certificate } in &all {
                    let left = certificate.days_left(now);
                    if left < NEAR {
                        let ends = match left {
                            ..0 => "has ended".to_owned(),
                            left => format!("ends in {left} days"),
                        };
                        eprintln!(
                            "mqtt-thing: warning: {file} {ends}; `mqtt-thing broker cert renew` makes a new one"
                        );
                    }
                }
            }
            What::Renew { folder, days, only } => {
                say_leftovers(&remove_leftovers(&folder)?);
                let renewed = renew(&folder, &only, days, now)?;
                let mut text = String::new();
                if renewed.server {
                    text.push_str(&install::broker(&folder, &renewed.settings));
                    text.push_str(
                        "  # or, to throw nobody out, `systemctl reload mosquitto` in place of `restart`\n",
                    );
                } else if renewed.settings.own_certificate && only.is_empty() {
                    eprintln!(
                        "mqtt-thing: the broker's certificate is not from this CA and stays; `mqtt-thing broker init --again \
                         --cert FILE --key FILE` takes a new one"
                    );
                }
                text.push_str(&install::certificates(&folder, &renewed.users));
                print(text.trim_start_matches('\n'))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn until(shown: &Shown) -> Option<Timestamp> {
    Timestamp::try_from(shown.certificate.not_after).ok()
}

fn table(all: &[Shown], now: SystemTime) -> String {
    let head = ["file", "subject", "until", "days left", "names"].map(str::to_owned);
    let row = |shown: &Shown| {
        let certificate = &shown.certificate;
        let day = until(shown).map(|at| at.strftime("%Y-%m-%d").to_string());
        vec![
            shown.file.clone(),
            certificate.subject.escape_debug().to_string(),
            day.unwrap_or_default(),
            certificate.days_left(now).to_string(),
            certificate.names.join(", ").escape_debug().to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = std::iter::once(head.to_vec())
        .chain(all.iter().map(row))
        .collect();
    columns("", &rows)
}

fn as_json(all: &[Shown], now: SystemTime) -> String {
    let one = |shown: &Shown| {
        json!({
            "file": shown.file,
            "subject": shown.certificate.subject,
            "names": shown.certificate.names,
            "until": until(shown).map(|at| at.to_string()),
            "days_left": shown.certificate.days_left(now),
        })
    };
    let list: Vec<_> = all.iter().map(one).collect();
    mqtt_thing::model::harmless_json(format!("{:#}\n", json!(list)))
}
