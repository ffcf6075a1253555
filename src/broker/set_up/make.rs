//! What a set-up holds, and what stays of one when it is made again.

use super::folder::{self, Files, OPEN, SECRET};
use super::own::{self, Checked};
use super::{
    Authority, Issued, Options, OwnCertificate, SetUpError, Settings, config, password, place,
    readme, x509,
};
use crate::broker::acl_file;
use crate::system::Secret;
use crate::topology::HomeAssistant;
use crate::topology::rights::{self, Account, Who};
use ring::rand::SystemRandom;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// What a set-up is wanted for.
pub struct Wanted<'a> {
    /// Who is to come in, and what for.
    pub accounts: &'a [Account],
    /// The broker's host.
    pub host: &'a str,
    /// Whether clients of the governor's protocol are served.
    pub governor: bool,
    /// What else was asked for.
    pub options: Options,
    /// A server certificate that somebody else gave.
    pub certificate: Option<OwnCertificate>,
}

/// What became of a set-up.
#[derive(Debug, Clone)]
pub struct Made {
    /// What it is made with.
    pub settings: Settings,
    /// What is new, in order.
    pub changes: Vec<Change>,
    /// The topics on which things were announced to Home Assistant, and that nobody may clear any more once the broker
    /// has these rights.
    pub orphans: Vec<String>,
}

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new CA.
    Authority,
    /// A new certificate for the server.
    Server,
    /// A new account.
    Added(String),
    /// What an account lacked, or what did not fit together, was made anew.
    Mended(String),
    /// Somebody wrote another password for an account, which the broker does not know yet.
    Password(String),
    /// An account that the topology does not have any more.
    Removed(String),
    /// Clients know the broker by another CA than before.
    KnownBy,
    /// The rights are others.
    Rights,
    /// The configuration is another.
    Config,
}

/// Makes a new set-up in a folder that is not there yet, or empty.
///
/// # Errors
/// There is something in the folder, what is wanted does not fit, or the disk.
pub fn init(folder: &Path, wanted: &Wanted<'_>, now: SystemTime) -> Result<Made, SetUpError> {
    if folder.join(place::SETTINGS).exists() {
        return Err(SetUpError::There(folder.to_owned()));
    }
    is_free(folder)?;
    let settings = Settings::new(wanted.host, &wanted.options)?;
    let mut files = Files::default();
    let made = fill(&mut files, wanted, settings, now)?;
    folder::create(folder, &files)?;
    Ok(made)
}

/// That there is nothing, or an empty folder.
///
/// # Errors
/// There is something.
pub fn is_free(folder: &Path) -> Result<(), SetUpError> {
    let is_free = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => fs::symlink_metadata(folder).is_err(),
    };
    match is_free {
        true => Ok(()),
        false => Err(SetUpError::Occupied(folder.to_owned())),
    }
}

/// Makes a set-up again: CA, passwords and keys stay, accounts come and go with the topology.
///
/// # Errors
/// There is no set-up, it is damaged, what is wanted does not fit, or the disk.
pub fn again(folder: &Path, wanted: &Wanted<'_>, now: SystemTime) -> Result<Made, SetUpError> {
    let before = load(folder)?;
    let settings = Settings::read(&before)?.ok_or_else(|| SetUpError::None(folder.to_owned()))?;
    let mut files = before.clone();
    let settings = settings.with(wanted.host, &wanted.options)?;
    let mut made = fill(&mut files, wanted, settings, now)?;
    let is_other = |path| before.bytes(path) != files.bytes(path);
    if is_other(place::SERVER_CA) {
        made.changes.push(Change::KnownBy);
    }
    if is_other(place::ACL) {
        made.changes.push(Change::Rights);
        let known = announced(&files);
        made.orphans = announced(&before).difference(&known).cloned().collect();
    }
    if is_other(place::CONFIG) {
        made.changes.push(Change::Config);
    }
    if files != before {
        folder::replace(folder, &files)?;
    }
    Ok(made)
}

/// Where things are announced, by what somebody may do.
fn announced(files: &Files) -> BTreeSet<String> {
    let acl = files.text(place::ACL).unwrap_or_default();
    // one that cannot be read is written anew, and was no good to anybody
    let rules = acl_file::parse(acl).map(|file| file.rules().to_vec());
    let rules = rules.unwrap_or_default().into_iter();
    rules
        .map(|rule| rule.filter)
        .filter(|topic| HomeAssistant::object_id_of(topic).is_some())
        .collect()
}

/// Reads a set-up, if there is one.
pub(super) fn load(folder: &Path) -> Result<Files, SetUpError> {
    let is_set_up = folder.join(place::SETTINGS).is_file();
    if !is_set_up {
        return Err(SetUpError::None(folder.to_owned()));
    }
    folder::read(folder)
}

fn fill(
    files: &mut Files,
    wanted: &Wanted<'_>,
    mut settings: Settings,
    now: SystemTime,
) -> Result<Made, SetUpError> {
    let random = SystemRandom::new();
    let mut accounts = wanted.accounts.to_vec();
    if settings.prover {
        if accounts.iter().any(|known| known.user == rights::PROVER) {
            return Err(SetUpError::Prover);
        }
        accounts.push(rights::prover());
    }
    let own = wanted.certificate.as_ref();
    let own = own.map(|own| own.read(&settings, now)).transpose()?;
    let mut changes = Vec::new();
    let authority = authority(files, &mut changes, now)?;
    server(files, &authority, own, &mut settings, &mut changes, now)?;
    let known = files.names_below(place::CLIENTS);
    for gone in known.iter().cloned() {
        if !accounts.iter().any(|account| account.user == gone) {
            files.remove_below(&Path::new(place::CLIENTS).join(&gone));
            changes.push(Change::Removed(gone));
        }
    }
    let (mut things, mut people) = (String::new(), String::new());
    for account in &accounts {
        let user = &account.user;
        let (list, file) = match account.who {
            Who::Thing { .. } => (&mut things, place::THINGS),
            Who::Operator
            | Who::Building
            | Who::HomeAssistant
            | Who::Observer
            | Who::Prover
            | Who::Stranger => (&mut people, place::PEOPLE),
        };
        let mut mended = ensure_certificate(files, &authority, user, &settings, now)?;
        let (line, is_new, is_other) = ensure_password(files, user, file, &random)?;
        list.push_str(&line);
        list.push('\n');
        mended |= is_new;
        match known.contains(user) {
            false => changes.push(Change::Added(user.clone())),
            true if mended => changes.push(Change::Mended(user.clone())),
            true if is_other => changes.push(Change::Password(user.clone())),
            true => {}
        }
    }
    files.put(place::THINGS, SECRET, things);
    files.put(place::PEOPLE, SECRET, people);
    files.put(place::ACL, OPEN, acl_file::render(&accounts));
    let config = config::config(&settings, wanted.governor);
    files.put(place::CONFIG, OPEN, config);
    files.put(place::README, OPEN, readme::text(&settings));
    files.put(place::SETTINGS, OPEN, settings.json());
    Ok(Made {
        settings,
        changes,
        orphans: Vec::new(),
    })
}

fn authority(
    files: &mut Files,
    changes: &mut Vec<Change>,
    now: SystemTime,
) -> Result<Authority, SetUpError> {
    if let Some(authority) = known_authority(files)? {
        return Ok(authority);
    }
    let (authority, key) = Authority::new(now)?;
    files.put(place::CA_KEY, SECRET, key.expose());
    files.put(place::CA, OPEN, authority.certificate());
    files.put(place::CLIENTS_CA, OPEN, authority.certificate());
    changes.push(Change::Authority);
    Ok(authority)
}

/// The CA of a set-up, unless there is nothing at all of one. Half a CA is no reason for a new one: every client would
/// be locked out.
pub(super) fn known_authority(files: &Files) -> Result<Option<Authority>, SetUpError> {
    match (files.bytes(place::CA_KEY), files.text(place::CA)) {
        (Some(key), Some(certificate)) => {
            Ok(Some(Authority::load(&Secret::new(key), certificate)?))
        }
        (None, None) if files.bytes(place::SETTINGS).is_none() => Ok(None),
        (None, _) => Err(SetUpError::damaged(place::CA_KEY, "it is not there")),
        (_, None) => Err(SetUpError::damaged(place::CA, "it is not there")),
    }
}

fn server(
    files: &mut Files,
    authority: &Authority,
    own: Option<Checked>,
    settings: &mut Settings,
    changes: &mut Vec<Change>,
    now: SystemTime,
) -> Result<(), SetUpError> {
    if let Some(own) = own {
        settings.own_certificate = true;
        settings.system_ca = own.by_system();
        let before = files.bytes(place::SERVER).map(<[u8]>::to_vec);
        let ca = own.put(files);
        if files.bytes(place::SERVER) != before.as_deref() {
            changes.push(Change::Server);
        }
        clients_know(files, ca.as_deref());
        return Ok(());
    }
    if settings.own_certificate {
        // it was given once and is kept
        let pem = files.text(place::SERVER).unwrap_or_default();
        let found = x509::leaf(pem)
            .map_err(|error| SetUpError::damaged(place::SERVER, error.to_string()))?;
        return own::is_for(&found, settings).map_err(|message| SetUpError::Own {
            path: place::SERVER.into(),
            message,
        });
    }
    clients_know(files, Some(authority.certificate()));
    let names = settings.all_names();
    let found = files.text(place::SERVER).map(x509::leaf);
    let fits = matches!(&found, Some(Ok(found)) if names.iter().all(|name| found.is_for(name)));
    if !fits || files.bytes(place::SERVER_KEY).is_none() {
        let Issued { certificate, key } = authority.server(&names, settings.days, now)?;
        files.put(place::SERVER, OPEN, certificate);
        files.put(place::SERVER_KEY, SECRET, key.expose());
        changes.push(Change::Server);
    }
    Ok(())
}

/// Keeps the CA by which clients know the broker; none, if it is one of the system's.
fn clients_know(files: &mut Files, ca: Option<&str>) {
    match ca {
        Some(ca) => files.put(place::SERVER_CA, OPEN, ca),
        None => files.remove_below(Path::new(place::SERVER_CA)),
    }
}

/// Whether something had to be made.
fn ensure_certificate(
    files: &mut Files,
    authority: &Authority,
    user: &str,
    settings: &Settings,
    now: SystemTime,
) -> Result<bool, SetUpError> {
    let ca = files.text(place::SERVER_CA).map(str::to_owned);
    let ca_place = place::client(user, "ca.crt");
    match ca {
        Some(ca) => files.put(ca_place, OPEN, ca),
        None => files.remove_below(Path::new(&ca_place)),
    }
    let key = files.bytes(place::client(user, "client.key"));
    let found = files.text(place::client(user, "client.crt"));
    let fits = match (key, found.map(x509::leaf)) {
        (Some(key), Some(Ok(found))) => {
            super::authority::belongs(&Secret::new(key), &found) == Some(true)
        }
        _ => false,
    };
    if !fits {
        let issued = authority.client(user, settings.days, now)?;
        put_client(files, user, &issued);
    }
    Ok(!fits)
}

pub(super) fn put_client(files: &mut Files, user: &str, issued: &Issued) {
    let certificate = issued.certificate.as_str();
    files.put(place::client(user, "client.crt"), OPEN, certificate);
    let key = issued.key.expose();
    files.put(place::client(user, "client.key"), SECRET, key);
}

/// The line for the password file, whether a password had to be made, and whether it is another than in that file.
fn ensure_password(
    files: &mut Files,
    user: &str,
    list: &str,
    random: &SystemRandom,
) -> Result<(String, bool, bool), SetUpError> {
    let path = place::client(user, "password");
    let known = files.bytes(&path).map(Secret::new);
    let known = known.filter(|secret| secret.line().is_ok());
    let is_new = known.is_none();
    let secret = known.map_or_else(|| password::new(random), Ok)?;
    let word = secret
        .line()
        .map_err(|error| SetUpError::damaged(&path, error.to_string()))?;
    let mut lines = files.text(list).unwrap_or_default().lines();
    let kept = lines.find(|line| password::holds(line, user, word));
    let is_other = kept.is_none();
    let line = match kept {
        Some(line) => line.to_owned(),
        None => password::line(user, word, random)?,
    };
    if is_new {
        files.put(path, SECRET, format!("{word}\n"));
    }
    Ok((line, is_new, is_other))
}
