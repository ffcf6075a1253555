//! A whole set-up of Mosquitto for a topology: who may come in, by what they prove it, and what they may do then.
//!
//! ```text
//! DIR/set-up.json                   what it was made with, for the next time
//! DIR/README.txt                    this list, for whoever finds the folder
//! DIR/ca/ca.key, ca.crt             the CA. The key never leaves this machine
//! DIR/ca/server-ca.crt              by which clients know the broker: the same CA, or that of an own certificate
//! DIR/broker/                       to the broker's machine: mosquitto.conf, acl, server.crt, server.key,
//!                                   clients-ca.crt, passwords-things, passwords-people
//! DIR/clients/<user>/               to that Pi or person: password, client.crt, client.key, ca.crt
//! ```
//! Two listeners, each with accounts of its own. On the things' one the user name *is* the client id, and a certificate
//! is asked for beside the password: nobody takes another thing's place. On the people's one a person may be connected
//! several times, by a password alone.
//!
//! | file | what it decides |
//! |---|---|
//! | `make` | what a set-up holds, and what stays when it is made again |
//! | `renew` | new certificates |
//! | `own` | a server certificate that somebody else gave |
//! | `authority`, `x509`, `password` | certificates and passwords, and how they are read again |
//! | `config` | the broker's configuration |
//! | `folder` | the disk |
//! | `leftovers` | what one that was ended by force left there |
//!
//! Source: mosquitto.conf(5) of Mosquitto 2.0.

mod authority;
mod certificates;
mod config;
mod error;
mod folder;
mod leftovers;
mod make;
mod own;
mod password;
mod readme;
mod renew;
mod settings;
mod x509;

pub use authority::{Authority, Issued};
pub use certificates::{Shown, certificates};
pub use config::open_broker;
pub use error::SetUpError;
pub use leftovers::remove_leftovers;
pub use make::{Change, Made, Wanted, again, init, is_free};
pub use own::OwnCertificate;
pub use renew::{Renewed, renew};
pub use settings::{Options, Settings};
pub use x509::Certificate;

/// The names of the files, below the folder.
mod place {
    pub(super) const SETTINGS: &str = "set-up.json";
    pub(super) const README: &str = "README.txt";
    pub(super) const CA_KEY: &str = "ca/ca.key";
    pub(super) const CA: &str = "ca/ca.crt";
    pub(super) const CONFIG: &str = "broker/mosquitto.conf";
    pub(super) const ACL: &str = "broker/acl";
    pub(super) const SERVER: &str = "broker/server.crt";
    pub(super) const SERVER_KEY: &str = "broker/server.key";
    pub(super) const CLIENTS_CA: &str = "broker/clients-ca.crt";
    pub(super) const THINGS: &str = "broker/passwords-things";
    pub(super) const PEOPLE: &str = "broker/passwords-people";
    /// By which clients know the broker.
    pub(super) const SERVER_CA: &str = "ca/server-ca.crt";
    pub(super) const CLIENTS: &str = "clients";

    /// Of one account.
    pub(super) fn client(user: &str, file: &str) -> String {
        format!("{CLIENTS}/{user}/{file}")
    }
}
