//! `mqtt-thing broker acl test`: proves a table of access rights on a live broker.

mod accounts;
mod files;
mod told;

use super::super::connection::ConnectionArgs;
use super::super::output::{print, tinted};
use super::super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE, whole};
use crate::cli::seconds::seconds_up_to;
use accounts::{AccountArgs, Accounts};
use anstream::eprintln;
use clap::{Args, Subcommand};
use files::shown;
use mqtt_thing::broker::acl_test::table::{self, AclTable, Form};
use mqtt_thing::broker::acl_test::{Proof, ProofError, Way};
use mqtt_thing::model::harmless_json;
use mqtt_thing::mqtt::{Access, BrokerUrl, Endpoint};
use mqtt_thing::topology::report;
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use told::{AclText, Told};

/// See what a broker's file of access rights really does
#[derive(Debug, Args)]
pub(super) struct AclCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Test(Box<Test>),
}

impl AclCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Test(test) => test.run(),
        }
    }
}

/// Prove on a live broker, row by row and by what is delivered, who may publish and subscribe to what
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing broker acl test table.md --broker mqtt://localhost --prover prover --passwords secrets --acl acl\n  \
    mqtt-thing broker acl test table.csv --broker mqtts://lab:8884 --prover prover --passwords-dir set-up\n  \
    mqtt-thing broker acl test table.md --prover prover --passwords secrets --markdown > handed-in.md\n\n\
    `broker init --prover` makes the account `prover`, in the folder for --passwords-dir; its password opens every topic.\n\
    TABLE is Markdown or CSV with the columns topic, user, publish, subscribe (y for what is tried) and expected\n\
    (y or n). A user that is empty, - or `anonymous` is somebody without a user name. Canaries are sent to the topics\n\
    of the table, which no thing obeys and no broker keeps; who subscribes to them sees them pass.\n\
    Where the user name is the client id, as on the things' listener of `broker init`, a row puts the thing out whose\n\
    account it uses, until that one connects again.\n\
    Exit codes: 0 all rows passed, 1 a row failed or could not be decided, 2 nothing could be tried.")]
struct Test {
    /// The table
    #[arg(value_name = "TABLE")]
    table: PathBuf,

    /// The account that may read and write every topic of the table; else --username
    #[arg(long, value_name = "USER")]
    prover: Option<String>,

    #[command(flatten)]
    accounts: AccountArgs,

    /// The broker's ACL file: say which line decided, and where the broker does otherwise
    #[arg(long, value_name = "FILE")]
    acl: Option<PathBuf>,

    /// How long a row may take, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = |text: &str| seconds_up_to(text, 3600), default_value = "10")]
    timeout: Duration,

    /// Print an object for a program
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Print the table in Markdown with the column PASSED filled in
    #[arg(long)]
    markdown: bool,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Test {
    fn run(self) -> anyhow::Result<ExitCode> {
        // each of them says all that is wrong with it
        let (table, acl) = (self.table(), self.acl());
        let (Some(table), Some(acl)) = (table, acl) else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let way = match self.way(&table) {
            Ok(Some(way)) => way,
            Ok(None) => return Ok(ExitCode::from(EXIT_USAGE)),
            Err(error) => {
                eprintln!("mqtt-thing: {}", shown(&whole(error.as_ref())));
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        match runtime.block_on(prove(way, &table)) {
            Ok(outcomes) => {
                let file = self.table.display().to_string();
                self.tell(&Told::new(file, &table, outcomes, acl.as_ref()))
            }
            Err(error) => {
                eprintln!("mqtt-thing: {}", shown(&whole(&error)));
                if let ProofError::Lacking { user, topics } = &error {
                    eprintln!("{}", told::snippet(user, topics));
                }
                Ok(ExitCode::from(EXIT_USAGE))
            }
        }
    }

    fn table(&self) -> Option<AclTable> {
        let text = files::text(&self.table, table::LARGEST)?;
        let file = self.table.display().to_string();
        let read = table::parse(&text, Form::of(&file, &text));
        let told =
            |mistakes: Vec<_>| anstream::eprint!("{}", report(&file, &text, &mistakes, true));
        read.map_err(told).ok()
    }

    /// The ACL file if one is named; nothing if it cannot be used.
    fn acl(&self) -> Option<Option<AclText>> {
        match &self.acl {
            None => Some(None),
            Some(path) => files::acl(path).map(Some),
        }
    }

    fn way(&self, table: &AclTable) -> anyhow::Result<Option<Way>> {
        let Some(url) = self.connection.broker(None)? else {
            return Ok(None);
        };
        let Some(prover) = self.prover.as_deref().or(self.connection.username()) else {
            eprintln!(
                "mqtt-thing: no prover is named; give --prover USER, an account that may read and write every topic of the table"
            );
            return Ok(None);
        };
        let accounts = self.accounts.read()?;
        let named = table.rows.iter().filter_map(|row| row.user.as_deref());
        let needed = named.chain(self.prover.as_deref());
        if let Err(why) = accounts.hold(needed) {
            eprintln!("mqtt-thing: {}", shown(&why));
            return Ok(None);
        }
        let prover_endpoint = match &self.prover {
            Some(user) => self.endpoint(&url, &accounts, Some(user))?,
            None => self
                .connection
                .endpoint(url.clone(), &Access::default(), None, None)?,
        };
        let mut users = HashMap::new();
        for row in &table.rows {
            if !users.contains_key(&row.user) {
                let endpoint = self.endpoint(&url, &accounts, row.user.as_deref())?;
                users.insert(row.user.clone(), endpoint);
            }
        }
        if !url.is_tls() && !url.is_loopback() {
            eprintln!(
                "mqtt-thing: the passwords go to the broker readable by everybody on the way; mqtts:// would hide them"
            );
        }
        Ok(Some(Way {
            prover: prover.to_owned(),
            prover_endpoint,
            users,
            limit: self.timeout,
        }))
    }

    fn endpoint(
        &self,
        url: &BrokerUrl,
        accounts: &Accounts,
        user: Option<&str>,
    ) -> anyhow::Result<Endpoint> {
        let (access, password) = accounts.of(user, url);
        self.connection.endpoint_of(url.clone(), access, password)
    }

    fn tell(&self, told: &Told<'_>) -> anyhow::Result<ExitCode> {
        match (self.json, self.markdown) {
            (true, _) => print(&harmless_json(format!("{:#}\n", told.json())))?,
            (_, true) => print(&told.markdown())?,
            _ => print(&tinted(&told.text()))?,
        }
        Ok(ExitCode::from(match told.all_passed() {
            true => EXIT_OK,
            false => EXIT_FAILED,
        }))
    }
}

async fn prove(
    way: Way,
    table: &AclTable,
) -> Result<Vec<mqtt_thing::broker::acl_test::Outcome>, ProofError> {
    let mut proof = Proof::begin(way, table).await?;
    let mut outcomes = Vec::new();
    for row in &table.rows {
        outcomes.push(proof.row(row).await);
    }
    proof.end().await;
    Ok(outcomes)
}
