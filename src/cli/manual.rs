//! `mqtt-thing manual`: the man pages and the shells' completions, from what the command line says of itself. Only
//! where they are packaged; no Pi's program has it.

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::{Shell, generate_to};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write the man pages and the completions of bash, fish and zsh into a folder
#[derive(Debug, Args)]
#[command(hide = true)]
pub(super) struct Manual {
    /// The folder, which must be there
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Manual {
    /// Writes what there is to know about `command`, without the parts of it that are hidden.
    pub(super) fn run(self, command: Command) -> anyhow::Result<ExitCode> {
        let command = without_hidden(command);
        let place = || self.folder.display().to_string();
        clap_mangen::generate_to(command.clone(), &self.folder).with_context(place)?;
        for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
            let mut command = command.clone();
            let name = command.get_name().to_owned();
            generate_to(shell, &mut command, name, &self.folder).with_context(place)?;
        }
        Ok(ExitCode::from(super::EXIT_OK))
    }
}

/// The same command without its hidden subcommands, which the generators would tell of. A command cannot be taken out
/// of another, so this is a new one with what the generators look at.
fn without_hidden(command: Command) -> Command {
    let shown = command.get_subcommands().filter(|its| !its.is_hide_set());
    let text = |styled: Option<&clap::builder::StyledStr>| styled.cloned().unwrap_or_default();
    let version: &'static str = env!("CARGO_PKG_VERSION");
    Command::new("mqtt-thing")
        .version(version)
        .propagate_version(true)
        .subcommand_required(true)
        .about(text(command.get_about()))
        .after_help(text(command.get_after_help()))
        .args(command.get_arguments().cloned())
        .subcommands(shown.cloned())
}
