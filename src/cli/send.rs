//! `mqtt-thing send`: one command to one client or to all, its answer printed, its exit code passed on.

mod telling;

use super::connection::ConnectionArgs;
use super::seconds::seconds;
use super::signing::{SignedBy, SigningArgs};
use super::{EXIT_OK, EXIT_USAGE, governor};
use anstream::eprintln;
use clap::{Args, ValueEnum};
use mqtt_thing::fleet::operator::{Answer, End};
use mqtt_thing::fleet::{StepCommand, words};
use mqtt_thing::model::escaped;
use mqtt_thing::runtime::commander::{Answered, AskOptions, Commander, Target};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Its time limit ended it, as with timeout(1).
const EXIT_TIMED_OUT: u8 = 124;
/// It is not the command that failed, but the way to it.
const EXIT_OURSELVES: u8 = 125;
/// It may not run there, as a shell says of what it may not execute.
const EXIT_REFUSED: u8 = 126;
/// There is no such program there, as a shell says.
const EXIT_NOT_FOUND: u8 = 127;

/// Send a command to a client, wait for the answer, and exit with the command's own code
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing send pi3 --broker mqtt://10.0.0.1 -- uptime\n  \
    mqtt-thing send pi3 --timeout 60 -- stress-ng --cpu 0 --timeout 30s --metrics-brief\n  \
    mqtt-thing send all -- cat /proc/loadavg               every client of ours that is known\n  \
    mqtt-thing send all --via loader -- uptime             every client that an operator knows\n  \
    mqtt-thing send old1 --no-wait -- 'sudo reboot'\n\n\
    One word after -- is a command line, which the client splits; several are a program and its arguments.\n\
    With a key (`mqtt-thing key new`) what goes out on our own topics is signed; a client that obeys signed\n\
    commands only is not asked without one, unless --no-key wants it.\n\
    Exit codes: the command's own; 124 its time limit ended it, 125 no answer, no broker or no usable key,\n\
    126 refused there, or it needs a signature and there is no key,\n\
    127 no such program there, 128+n ended by signal n. For all: 0, or the largest of the others.")]
pub(super) struct Send {
    /// The client's id, or `all`
    #[arg(value_name = "CLIENT")]
    client: String,

    /// The command
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<String>,

    /// The governor's configuration, for its topics; else config.ini of this folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The time limit that the client keeps, in seconds; old clients know none
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,

    /// How long to wait for the answer, in seconds; without it as long as it takes
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    wait: Option<Duration>,

    /// How long to look for the client, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "2")]
    find: Duration,

    /// Do not wait for an answer
    #[arg(long, conflicts_with_all = ["wait", "timeout"])]
    no_wait: bool,

    /// Which way; by default the client's own topics if it has them, else the governor's
    #[arg(long, value_enum, default_value_t = Via::Best)]
    via: Via,

    /// Print each answer as it came, an object a line
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    signing: SigningArgs,

    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Via {
    /// Its own topics if it has them, else the governor's
    Best,
    /// Its own topics only
    Own,
    /// The governor's topics, as an operator sends
    Governor,
    /// The loader's topic: an operator sends it on
    Loader,
}

impl Send {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let way = match governor::way(self.config.as_deref(), &self.connection) {
            Ok(Some(way)) => way,
            Ok(None) => return Ok(ExitCode::from(EXIT_USAGE)),
            // no other code of ours may look like the command's own
            Err(error) => {
                eprintln!("mqtt-thing: {}", super::whole(error.as_ref()));
                return Ok(ExitCode::from(EXIT_OURSELVES));
            }
        };
        let signing = match self.signing.signing() {
            Ok(signing) => signing,
            Err(error) => {
                eprintln!("mqtt-thing: {}", super::whole(error.as_ref()));
                return Ok(ExitCode::from(EXIT_OURSELVES));
            }
        };
        let by = signing.as_ref().map(|signing| signing.by.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let code = runtime.block_on(async {
            let mut commander = way.connect("send").await?;
            if let Some(signing) = signing {
                commander.sign_with(signing.signer);
            }
            let code = self.send(&mut commander, by.as_ref()).await;
            commander.close().await;
            code
        });
        Ok(ExitCode::from(code.unwrap_or_else(
            |error: anyhow::Error| {
                eprintln!("mqtt-thing: {}", super::whole(error.as_ref()));
                EXIT_OURSELVES
            },
        )))
    }

    async fn send(&self, commander: &mut Commander, by: Option<&SignedBy>) -> anyhow::Result<u8> {
        let command = match self.command.as_slice() {
            [line] => StepCommand::Text(line.clone()),
            argv => StepCommand::Argv(argv.to_vec()),
        };
        if self.via == Via::Loader {
            return self.load(commander, &command).await;
        }
        let mut targets = self.targets(commander).await;
        if targets.is_empty() {
            eprintln!(
                "mqtt-thing: no client of ours is there; old clients are reached by their names, or with --via loader \
                 where an operator serves commanders"
            );
            return Ok(EXIT_OURSELVES);
        }
        if let (Via::Own, Some(old)) = (self.via, targets.iter().find(|its| its.thing().is_none()))
        {
            let (name, find) = (escaped(old.name().as_bytes(), 80), self.find);
            eprintln!("mqtt-thing: no executor of `{name}` was found within {find:?}");
            return Ok(EXIT_OURSELVES);
        }
        let key = by.map(|by| &by.key);
        let several = targets.len() > 1;
        let mut code = EXIT_OK;
        if key.is_none() && !self.signing.is_refused() {
            let (unsigned, others): (Vec<_>, _) =
                targets.into_iter().partition(Target::wants_signature);
            targets = others;
            for client in &unsigned {
                code = EXIT_REFUSED;
                telling::key_is_missing(client);
            }
        }
        if let [one] = targets.as_slice() {
            let name = escaped(one.name().as_bytes(), 80);
            if one.thing().is_none() && self.via == Via::Best {
                let find = self.find;
                eprintln!(
                    "mqtt-thing: no executor of `{name}` was found within {find:?}; asking on the governor's topics, \
                     where an old client may hear it"
                );
            }
            if commander.is_offline(one) {
                eprintln!("mqtt-thing: {name} is offline; waiting for it to come back");
            }
        }
        let options = AskOptions {
            time_limit: self.timeout,
            patience: if self.no_wait {
                Some(Duration::ZERO)
            } else {
                self.wait
            },
        };
        let (word, mut cancel) = mpsc::channel(2);
        interrupts(word)?;
        let mut told = Ok(());
        let no_wait = self.no_wait;
        let asked = commander.ask(&targets, &command, &options, &mut cancel, |answered| {
            let one = match &answered {
                Answered::Progress(..) => EXIT_OK,
                Answered::Answer(_, answer, _) => code_of(answer),
                Answered::None(..) if no_wait => EXIT_OK,
                Answered::None(..) => EXIT_OURSELVES,
            };
            code = code.max(one);
            told = std::mem::replace(&mut told, Ok(()))
                .and_then(|()| self.tell(&answered, several, key));
        });
        asked.await?;
        told?;
        Ok(code)
    }

    async fn targets(&self, commander: &mut Commander) -> Vec<Target> {
        match (self.via, self.client.as_str()) {
            (Via::Governor, name) => vec![Target::old(name)],
            (_, name) if name.eq_ignore_ascii_case("all") => commander.find_all(self.find).await,
            (_, name) => vec![commander.find(name, self.find).await],
        }
    }

    /// By an operator: it knows who `all` are, so answers are printed until nobody answers any more.
    async fn load(&self, commander: &mut Commander, command: &StepCommand) -> anyhow::Result<u8> {
        let text = match command {
            StepCommand::Text(text) => text.clone(),
            StepCommand::Argv(argv) => words::quoted(argv),
        };
        commander.load(&self.client, &text)?;
        if self.no_wait {
            return Ok(EXIT_OK);
        }
        let all = self.client.eq_ignore_ascii_case("all");
        let mut patience = self.wait.unwrap_or(Duration::from_secs(3600));
        let mut code = None;
        while let Ok(heard) = tokio::time::timeout(patience, commander.feedback()).await {
            let Ok(feedback) = heard.feedback else {
                continue;
            };
            let its = feedback.command == text && (all || feedback.client_id == self.client);
            if !its {
                continue;
            }
            let answer = Answer::Governor(Box::new(feedback.clone()));
            code = Some(code.unwrap_or(EXIT_OK).max(code_of(&answer)));
            let client = feedback.client_id;
            let answered = Answered::Answer(client, Box::new(answer), heard.payload);
            self.tell(&answered, all, None)?;
            if !all {
                break;
            }
            // who else answers does so about now
            patience = self
                .wait
                .unwrap_or(Duration::from_secs(5))
                .min(Duration::from_secs(5));
        }
        Ok(code.unwrap_or_else(|| {
            eprintln!("mqtt-thing: nobody has answered; is an operator there with receive_commands = true?");
            EXIT_OURSELVES
        }))
    }
}

/// What the command's end is as an exit code, as a shell tells it.
fn code_of(answer: &Answer) -> u8 {
    let (end, why) = answer.end();
    let why = why.as_deref().unwrap_or_default();
    let is_missing = || why.contains("program-not-found") || why.starts_with("there is no");
    match answer {
        Answer::Governor(_) if end == End::Succeeded => EXIT_OK,
        Answer::Governor(_) if is_missing() => EXIT_NOT_FOUND,
        Answer::Governor(_) => EXIT_REFUSED,
        Answer::Own(response) => match (end, response.exit_code, response.signal) {
            (End::Succeeded, ..) => EXIT_OK,
            (End::TimedOut, ..) => EXIT_TIMED_OUT,
            (End::Refused, ..) if is_missing() => EXIT_NOT_FOUND,
            (End::Refused | End::Expired, ..) => EXIT_REFUSED,
            (_, Some(code), _) => u8::try_from(code).unwrap_or(1),
            (_, None, Some(signal)) => u8::try_from(128 + signal).unwrap_or(EXIT_OURSELVES),
            (End::Failed, ..) if is_missing() => EXIT_NOT_FOUND,
            (End::Failed, ..) => EXIT_REFUSED,
            _ => EXIT_OURSELVES,
        },
    }
}

/// Passes Ctrl-C on: what runs is cancelled; once more gives up.
fn interrupts(word: mpsc::Sender<()>) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if word.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}
