//! The way to the broker, the same for every subcommand. A setting of the command line goes before one of the
//! environment, and that before one of the file; secrets have no place on a command line, which everybody can read.

use anstream::eprintln;
use anyhow::Context;
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use mqtt_thing::mqtt::{Access, BrokerUrl, BrokerUrlError, Endpoint};
use mqtt_thing::system::Secret;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The password itself, for where a file is too much.
const PASSWORD: &str = "MQTT_THING_PASSWORD";
/// Where systemd puts what a unit's `LoadCredential=` names (systemd.exec, "Credentials").
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// What is said of `--broker`: what it is for a command, and how it is written.
pub(super) fn broker_help(what: &str) -> String {
    let web = match cfg!(feature = "websockets") {
        true => ", ws:// or wss:// for WebSockets",
        false => "",
    };
    format!("{what}: mqtt://HOST[:PORT], mqtts:// for TLS{web}")
}

/// Where the broker is, and what lets us in
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Broker")]
pub(super) struct ConnectionArgs {
    #[arg(long, value_name = "URL", help = broker_help("The broker; goes before one that a file names"), env = "MQTT_THING_BROKER", hide_env_values = true, value_parser = UrlParser)]
    pub(super) broker: Option<BrokerUrl>,

    /// The user; a thing's own is its id
    #[arg(long, value_name = "NAME", env = "MQTT_THING_USERNAME")]
    username: Option<String>,

    /// A file with the password, which nobody else may read; MQTT_THING_PASSWORD holds one itself
    #[arg(long, value_name = "FILE", env = "MQTT_THING_PASSWORD_FILE")]
    password_file: Option<PathBuf>,

    /// The CA that vouches for the broker; else the system's
    #[arg(long, value_name = "FILE", env = "MQTT_THING_CA_FILE")]
    ca_file: Option<PathBuf>,

    /// Our client certificate
    #[arg(long, value_name = "FILE", env = "MQTT_THING_CERT_FILE")]
    cert_file: Option<PathBuf>,

    /// The key of our certificate, which nobody else may read
    #[arg(long, value_name = "FILE", env = "MQTT_THING_KEY_FILE")]
    key_file: Option<PathBuf>,

    /// DANGER: take whoever answers for the broker, and check no certificate
    #[arg(long)]
    dangerously_accept_any_certificate: bool,
}

/// Reads a URL; one that holds a password is not repeated in the error, as clap does with what it cannot read.
#[derive(Debug, Clone, Copy)]
struct UrlParser;

impl TypedValueParser for UrlParser {
    type Value = BrokerUrl;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<BrokerUrl, clap::Error> {
        match value.to_string_lossy().parse::<BrokerUrl>() {
            Err(error @ BrokerUrlError::Credentials) => {
                let error = format!("{error}\n");
                Err(clap::Error::raw(ErrorKind::ValueValidation, error).with_cmd(command))
            }
            _ => str::parse::<BrokerUrl>.parse_ref(command, arg, value),
        }
    }
}

impl ConnectionArgs {
    /// The broker with what lets us in: as given here, else as `access` of the file in `folder` says. `usual_user` is
    /// whose a password is when nobody is named.
    pub(super) fn endpoint(
        &self,
        url: BrokerUrl,
        access: &Access,
        file: Option<&Path>,
        usual_user: Option<&str>,
    ) -> anyhow::Result<Endpoint> {
        let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let written = access.clone().below(folder);
        let given = Access {
            username: self.username.clone(),
            password_file: self.password_file.clone(),
            ca_file: self.ca_file.clone(),
            cert_file: self.cert_file.clone(),
            key_file: self.key_file.clone(),
            dangerously_accept_any_certificate: self.dangerously_accept_any_certificate,
        };
        // a file that is named on the command line goes before a secret of the environment
        let password = std::env::var_os(PASSWORD)
            .filter(|password| !password.is_empty() && self.password_file.is_none())
            .map(|password| Secret::new(password.into_encoded_bytes()));
        let credentials = credentials(&url);
        let access = given.or(written).or(credentials);
        access
            .endpoint(url, password.as_ref(), usual_user)
            .context("the way to the broker")
    }

    /// The broker with what lets an account in that is named elsewhere: of what is given here, whom we trust.
    #[cfg(feature = "broker-tools")]
    pub(super) fn endpoint_of(
        &self,
        url: BrokerUrl,
        account: Access,
        password: Option<&Secret>,
    ) -> anyhow::Result<Endpoint> {
        let trust = Access {
            ca_file: self.ca_file.clone(),
            dangerously_accept_any_certificate: self.dangerously_accept_any_certificate,
            ..Access::default()
        };
        let endpoint = trust.or(account).endpoint(url, password, None);
        endpoint.context("the way to the broker")
    }

    /// The user that is named.
    #[cfg(feature = "broker-tools")]
    pub(super) fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// The broker of the command line, else of the configuration. Without any it is said how to name one.
    pub(super) fn broker(&self, configured: Option<&str>) -> anyhow::Result<Option<BrokerUrl>> {
        match (&self.broker, configured) {
            (Some(url), _) => Ok(Some(url.clone())),
            (None, Some(url)) => Ok(Some(
                url.parse().with_context(|| format!("the broker `{url}`"))?,
            )),
            (None, None) => {
                eprintln!(
                    "mqtt-thing: no broker is named; give --broker mqtt://HOST, set MQTT_BROKER, or name one under [mqtt] of the configuration"
                );
                Ok(None)
            }
        }
    }
}

/// What systemd hands over, under names that are ours: what of it makes sense for this broker.
fn credentials(url: &BrokerUrl) -> Access {
    let folder = std::env::var_os(CREDENTIALS).map(PathBuf::from);
    let there = |name: &str| {
        let path = folder.as_ref()?.join(name);
        path.exists().then_some(path)
    };
    let for_tls = |name: &str| there(name).filter(|_| url.is_tls());
    Access {
        password_file: there("mqtt-thing.password"),
        ca_file: for_tls("mqtt-thing.ca"),
        cert_file: for_tls("mqtt-thing.cert"),
        key_file: for_tls("mqtt-thing.key"),
        ..Access::default()
    }
}
