//! `mqtt-thing broker init`: a whole set-up for a topology.

use super::super::output::print;
use super::super::{EXIT_USAGE, load};
use super::install;
use anstream::eprintln;
use clap::{ArgGroup, Args};
use mqtt_thing::broker::set_up::{
    Change, Made, Options, OwnCertificate, SetUpError, Wanted, again, init, is_free, open_broker,
    remove_leftovers,
};
use mqtt_thing::model::shell_path;
use mqtt_thing::mqtt::{BrokerUrl, Scheme};
use mqtt_thing::topology::{HomeAssistant, Topology, rights};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

/// Write everything that a Mosquitto and its clients need: certificates, passwords, and who may read and write what
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("for").required(true).args(["topology", "open"])),
    after_help = "Examples:\n  \
    mqtt-thing broker init --topology lab.toml set-up          a new set-up, and how to install it\n  \
    mqtt-thing broker init --again --topology lab.toml set-up  a thing came or went: the rest keeps its secrets\n  \
    mqtt-thing broker init --topology lab.toml --cert fullchain.pem --key privkey.pem set-up\n  \
    mqtt-thing broker init --open classroom                    a broker that is open to everybody\n\n\
    Everybody's rights follow from the topology, topic by topic. DIR/README.txt says what is in the folder.\n\
    Exit codes: 0 well, 1 something failed, 2 the command line or the file cannot be used."
)]
pub(super) struct Init {
    /// The things, and where the broker is
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,

    /// DANGER: instead of all that, a broker where everybody may do everything, for a classroom's own network
    #[arg(long, conflicts_with_all = ["again", "name", "cert", "key", "ca", "things_port", "people_port", "installed_at", "days", "prover"])]
    open: bool,

    /// Change a set-up that is there: its CA, passwords and keys stay, accounts come and go with the topology
    #[arg(long)]
    again: bool,

    /// A further name or address of the broker's machine; may be given again
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,

    /// The server's own certificate, as PEM with those between; else one is made
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// The key of --cert, which nobody else may read
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// The CA of --cert, for the clients; else they go by their system's list
    #[arg(long, value_name = "FILE", requires = "cert")]
    ca: Option<PathBuf>,

    /// The port for things, where the user name is the client id; by default that of the topology's mqtts URL, else 8883
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    things_port: Option<u16>,

    /// The port for people; by default 8884
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    people_port: Option<u16>,

    /// Where the broker's machine will have the files; by default /etc/mosquitto
    #[arg(long, value_name = "DIR")]
    installed_at: Option<String>,

    /// How many days new certificates last; by default 825
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: Option<u32>,

    /// Add the account `prover` for `broker acl test`; its password opens every topic
    #[arg(long)]
    prover: bool,

    /// Take the account `prover` away again
    #[arg(long, requires = "again", conflicts_with = "prover")]
    no_prover: bool,

    /// The folder that the set-up is written to
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Init {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(path) = &self.topology else {
            return open(&self.folder);
        };
        let Some(topology) = load(path) else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let mut accounts = match rights::derive(&topology) {
            Ok(accounts) => accounts,
            Err(errors) => {
                for error in errors {
                    eprintln!("mqtt-thing: {}: {error}", path.display());
                }
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let url: BrokerUrl = topology.broker.url.parse()?;
        let in_url = explicit_port(&topology.broker.url, &url);
        // a set-up that is there has a port for people already
        let people = in_url.filter(|port| *port == 8884 && !self.again);
        let people = people.map(|_| 8883);
        let key = self.key.clone();
        let wanted = Wanted {
            accounts: &accounts,
            host: url.host(),
            governor: has_governor(&topology),
            options: Options {
                names: self.name.clone(),
                things_port: self.things_port.or(in_url),
                people_port: self.people_port.or(people),
                installed_at: self.installed_at.clone(),
                days: self.days,
                prover: (self.prover || self.no_prover).then_some(self.prover),
            },
            certificate: self.cert.clone().zip(key).map(|(certificate, key)| {
                let ca = self.ca.clone();
                OwnCertificate {
                    certificate,
                    key,
                    ca,
                }
            }),
        };
        let now = SystemTime::now();
        say_leftovers(&remove_leftovers(&self.folder)?);
        let made = match self.again {
            true => again(&self.folder, &wanted, now)?,
            false => init(&self.folder, &wanted, now)?,
        };
        if made.settings.prover {
            accounts.push(rights::prover());
            eprintln!(
                "mqtt-thing: WARNING: the password of the account `prover` opens every topic, to read and to write; \
                 clients/prover is only for whoever tests, and --again --no-prover takes it away"
            );
        }
        let things = made.settings.things_port;
        if let Some(port) = in_url.filter(|port| *port != things) {
            eprintln!(
                "mqtt-thing: warning: by the topology's URL things go to port {port}, and the broker will wait for them \
                 at port {things}"
            );
        }
        self.say_orphans(&made, path, &topology);
        print(&self.told(&made, &accounts))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Tells of devices that would stay in Home Assistant for good.
    fn say_orphans(&self, made: &Made, file: &Path, topology: &Topology) {
        if made.orphans.is_empty() {
            return;
        }
        let home = topology.things.iter().find_map(|plan| plan.home.clone());
        let home = home.unwrap_or_default();
        let ids = made.orphans.iter();
        let ids: Vec<&str> = ids
            .filter_map(|topic| HomeAssistant::object_id_of(topic))
            .collect();
        // names have no `-`
        let names = ids.iter().filter_map(|id| id.rsplit('-').next());
        let names: Vec<&str> = names.collect();
        let mut pairs = names.iter().zip(&made.orphans);
        let what = match pairs.all(|(name, topic)| home.topic(name).as_str() == topic) {
            true => shell_path(file),
            // by its prefix and its lab they are found, and all of its things are named
            false => format!("THE-FILE-AS-IT-WAS {}", names.join(" ")),
        };
        let has_account = self.folder.join("clients").join(rights::HOME_ASSISTANT);
        let account = match has_account.is_dir() {
            true => install::options(&self.folder, &made.settings, rights::HOME_ASSISTANT),
            // Home Assistant has its password
            false => format!("--username {} --password-file FILE", rights::HOME_ASSISTANT),
        };
        eprintln!(
            "mqtt-thing: warning: once the broker has these rights, nobody can take {} back from Home Assistant. Before \
             that:\n  mqtt-thing home-assistant forget --topology {what} {account}",
            ids.join(", ")
        );
    }

    fn told(&self, made: &Made, accounts: &[rights::Account]) -> String {
        let folder = self.folder.display();
        let mut text = match self.again {
            false => format!(
                "{folder}: a set-up for {} accounts. It opens every door of the broker: keep it to yourself.\n",
                accounts.len()
            ),
            true if made.changes.is_empty() => format!("{folder}: nothing has changed\n"),
            true => format!("{folder}: changed\n"),
        };
        if self.again {
            for change in &made.changes {
                text.push_str(&format!("  {}\n", said(change)));
            }
        }
        let is_whole = !self.again || made.changes.contains(&Change::KnownBy);
        let needs = |user: &str| {
            is_whole
                || made.changes.iter().any(|change| {
                    matches!(change, Change::Added(its) | Change::Mended(its) | Change::Password(its) if its == user)
                })
        };
        if !made.changes.is_empty() {
            text.push_str(&install::broker(&self.folder, &made.settings));
        }
        let meant: Vec<&rights::Account> = accounts
            .iter()
            .filter(|account| needs(&account.user))
            .collect();
        text.push_str(&install::clients(&self.folder, &made.settings, &meant));
        text
    }
}

fn said(change: &Change) -> String {
    match change {
        Change::Authority => "a new CA".to_owned(),
        Change::Server => "a new certificate for the broker".to_owned(),
        Change::Added(user) => format!("new: {user}"),
        Change::Mended(user) => format!("made anew what was missing or did not fit: {user}"),
        Change::Password(user) => format!(
            "another password: {user}; it is good as soon as the broker has the new password files"
        ),
        Change::Removed(user) => {
            format!("gone: {user}; its password is no longer good, and its folder was removed")
        }
        Change::KnownBy => {
            "clients know the broker by another CA: each needs its new ca.crt".to_owned()
        }
        Change::Rights => "other rights (acl)".to_owned(),
        Change::Config => "another configuration (mosquitto.conf)".to_owned(),
    }
}

/// Tells of copies of secrets that lay about.
pub(super) fn say_leftovers(removed: &[PathBuf]) {
    for path in removed {
        eprintln!(
            "mqtt-thing: removed {}, which an earlier call that was ended by force left behind; it held copies of secrets",
            path.display()
        );
    }
}

/// The port that a URL with TLS names itself.
fn explicit_port(text: &str, url: &BrokerUrl) -> Option<u16> {
    let named = text.trim().trim_end_matches('/').rsplit(':').next()?;
    let named = named.parse::<u16>().ok()?;
    (url.scheme() == Scheme::Mqtts && named == url.port()).then_some(named)
}

/// Whether old clients are served.
fn has_governor(topology: &Topology) -> bool {
    let mut resources = topology.things.iter().flat_map(|thing| &thing.resources);
    resources.any(|resource| {
        let settings = resource.executor.as_ref();
        settings.is_some_and(|settings| settings.governor.is_some())
    })
}

/// Writes the classroom's broker.
fn open(folder: &Path) -> anyhow::Result<ExitCode> {
    let path = folder.join("mosquitto.conf");
    let failed = |source| SetUpError::Io {
        what: "write",
        path: path.clone(),
        source,
    };
    // what is there already may be a set-up that protects somebody
    is_free(folder)?;
    if !folder.is_dir() {
        fs::create_dir(folder).map_err(failed)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    file.and_then(|mut file| file.write_all(open_broker().as_bytes()))
        .map_err(failed)?;
    eprintln!(
        "mqtt-thing: WARNING: this broker is OPEN TO EVERYBODY who reaches its port 1883: no password, no TLS, no rights.\n\
         mqtt-thing: WARNING: anybody can read everything, switch every output, and run what the executors allow.\n\
         mqtt-thing: WARNING: for a classroom's own network and for an hour only; --topology FILE makes a safe one."
    );
    print(&format!(
        "Start it on the classroom's machine:\n  mosquitto -c {}\n",
        shell_path(&path)
    ))?;
    Ok(ExitCode::SUCCESS)
}
