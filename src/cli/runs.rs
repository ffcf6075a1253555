//! `mqtt-thing runs`: what an operator's runs came to.

mod table;

use super::new_file::NewFile;
use super::output::print;
use clap::{Args, Subcommand};
use mqtt_thing::store::{RunId, Runs as Store, StoreError, export};
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// See what an operator's runs came to, also while one goes on, and export them
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing runs list                             the newest first\n  \
    mqtt-thing runs show latest                      its clients and each response\n  \
    mqtt-thing runs show 0311 --client 10.0.0.7      one client, with what its commands wrote\n  \
    mqtt-thing runs export latest --csv -o run.csv   for a spreadsheet or statistics\n\n\
    RUN is `latest`, an id, or any part that only one id has.\n\
    Exit codes: 0 well, 1 the store cannot be read or there is no such run.")]
pub(super) struct Runs {
    /// The run store; by default `runs.db` in the state folder
    #[arg(long, value_name = "FILE", global = true, env = "MQTT_THING_RUNS")]
    store: Option<PathBuf>,

    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// All runs, the newest first
    List {
        /// Print an object a line for a program
        #[arg(long)]
        json: bool,
    },
    /// One run: its clients, and each response
    Show {
        /// `latest`, an id, or a part of one
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
        /// Only this client, with all that its commands wrote
        #[arg(long, value_name = "CLIENT")]
        client: Option<String>,
        /// Print one object for a program
        #[arg(long)]
        json: bool,
    },
    /// Every response of a run as a table or as JSON lines
    #[command(
        after_help = "The table is RFC 4180; numbers are in seconds, KiB, kHz and C, times in Unix seconds. \
        Control characters in it are written as \\xNN, and text that a spreadsheet would take for a formula gets a ' \
        in front. The JSON lines have the exact bytes."
    )]
    Export {
        /// `latest`, an id, or a part of one
        #[arg(value_name = "RUN")]
        run: String,
        #[command(flatten)]
        form: Form,
        /// Where to; standard output when left out. A file is written whole or not at all
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Form {
    /// A table, comma-separated
    #[arg(long)]
    csv: bool,
    /// An object a line
    #[arg(long)]
    json: bool,
}

impl Runs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(path) = self.store.or_else(|| default_store(std::env::var_os)) else {
            anyhow::bail!("there is no state folder: set HOME, or say --store FILE");
        };
        match self.what {
            What::List { json } => list(&path, json),
            What::Show { run, client, json } => {
                let store = Store::open_to_read(&path)?;
                let run = store.find(&run)?;
                to_standard_output(|out| match json {
                    true => table::json(&store, &run, client.as_deref(), out),
                    false => table::show(&store, &run, client.as_deref(), out),
                })
            }
            What::Export { run, form, output } => {
                let mut file = output.as_deref().map(NewFile::create).transpose()?;
                let store = Store::open_to_read(&path)?;
                let run = store.find(&run)?;
                match &mut file {
                    Some(file) => written(&store, &run, &form, file)?,
                    None => {
                        return to_standard_output(|out| written(&store, &run, &form, out));
                    }
                }
                file.map_or(Ok(()), NewFile::finish)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn list(path: &std::path::Path, json: bool) -> anyhow::Result<ExitCode> {
    let runs = match Store::open_to_read(path) {
        Err(StoreError::Path { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Vec::new()
        }
        opened => opened?.list()?,
    };
    if runs.is_empty() && !json {
        anstream::eprintln!("there are no runs in {} yet", path.display());
    }
    print(&if json {
        table::list_json(&runs)
    } else {
        table::list(&runs)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn written(store: &Store, run: &RunId, form: &Form, out: &mut dyn Write) -> anyhow::Result<()> {
    match form.csv {
        true => export::csv(store, run, out)?,
        false => export::json(store, run, out)?,
    }
    Ok(())
}

/// Writes as it is read. A reader that has seen enough (`| head`) is no failure.
fn to_standard_output(
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| Ok(out.flush()?));
    let enough = |error: &anyhow::Error| {
        let mut causes = error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<io::Error>());
        causes.any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    };
    match written {
        Err(error) if !enough(&error) => Err(error),
        _ => {
            // what is left is for nobody
            let _ = out.into_parts();
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// `runs.db` in `$STATE_DIRECTORY`, else in the XDG state folder.
fn default_store(variable: impl Fn(&'static str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let folder = set("STATE_DIRECTORY").map(|all| {
        // systemd puts colons between several
        let all = all.to_string_lossy().into_owned();
        PathBuf::from(all.split(':').next().unwrap_or(&all))
    });
    let xdg = || {
        set("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = || set("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let folder = folder.or_else(|| Some(xdg().or_else(home)?.join("mqtt-thing")));
    Some(folder?.join("runs.db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_lies_in_the_state_folder() {
        let store = |set: &'static [(&str, &str)]| {
            let found = default_store(|name| {
                let pair = set.iter().find(|(key, _)| *key == name);
                pair.map(|(_, value)| OsString::from(value))
            });
            found.map(|path| path.display().to_string())
        };
        let by_default = Some("/home/pi/.local/state/mqtt-thing/runs.db".to_owned());
        assert_eq!(store(&[]), None);
        assert_eq!(
            store(&[("HOME", "/home/pi"), ("XDG_STATE_HOME", "")]),
            by_default
        );
        assert_eq!(
            store(&[("HOME", "/home/pi"), ("XDG_STATE_HOME", "rel")]),
            by_default
        );
        let xdg = store(&[("XDG_STATE_HOME", "/xdg"), ("HOME", "/home/pi")]);
        assert_eq!(xdg.unwrap(), "/xdg/mqtt-thing/runs.db");
        let systemd = store(&[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")]);
        assert_eq!(systemd.unwrap(), "/var/lib/a/runs.db");
    }
}
