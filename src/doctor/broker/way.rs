//! What the thing goes to the broker with, as the service would have it: the file, the service's variables, what systemd
//! hands over. A doctor that somebody runs by hand has none of the latter, and looks where systemd takes it from.

use crate::doctor::case::Case;
use crate::doctor::unit::variable;
use crate::doctor::{Cure, Findings, Severity};
use crate::model::{Topic, shell_path};
use crate::mqtt::{Access, AccessError, BrokerUrl, CredentialsError, Endpoint};
use crate::system::{Secret, User};
use std::env;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where systemd looks for a credential that a unit names without a path. Source: systemd.exec(5), `LoadCredential=`.
const STORES: [&str; 3] = ["/etc/credstore", "/run/credstore", "/usr/lib/credstore"];
/// The same for what only systemd can decipher.
const SEALED: &str = "/etc/credstore.encrypted";
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The way to the broker.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) endpoint: Endpoint,
    /// The files' names, for commands.
    pub(super) access: Access,
    /// There are secrets, and they cannot be used here: the account cannot be tried.
    pub(super) closed: bool,
}

impl Way {
    /// A broker of which nothing else is known.
    pub(super) fn only(url: BrokerUrl) -> Self {
        Self {
            endpoint: url.into(),
            access: Access::default(),
            closed: false,
        }
    }

    /// As far as whoever has no secrets comes.
    fn closed(url: BrokerUrl, access: Access) -> Self {
        Self {
            access,
            closed: true,
            ..Self::only(url)
        }
    }

    /// The same where they cannot be used by anybody, which was told.
    fn without_secrets(url: BrokerUrl, access: Access, findings: &mut Findings) -> Self {
        let reason = "the account of the thing is not tried, only the way to it: mend its secret first, and look again";
        findings.skip("broker", reason);
        Self::closed(url, access)
    }
}

/// Finds it, or tells why it cannot be used.
pub(super) fn find(case: &Case<'_>, id: &Topic, findings: &mut Findings) -> Option<Way> {
    let broker = &case.topology.as_ref()?.broker;
    let url = set(case, "MQTT_THING_BROKER").unwrap_or_else(|| broker.url.clone());
    // the file was checked; a variable that is none makes the service fail, which it says itself
    let url: BrokerUrl = url.parse().ok()?;
    let written = at_root(case, broker.access.clone());
    let password = set(case, "MQTT_THING_PASSWORD").map(Secret::new);
    let told = at_root(case, variables(case)).or(written);
    let mut stored = Stored::default();
    let handed = Access {
        password_file: stored.find(case, "mqtt-thing.password"),
        ..Access::default()
    };
    let handed = match url.is_tls() {
        false => handed,
        true => Access {
            ca_file: stored.find(case, "mqtt-thing.ca"),
            cert_file: stored.find(case, "mqtt-thing.cert"),
            key_file: stored.find(case, "mqtt-thing.key"),
            ..handed
        },
    };
    let secret = password.is_some() || told.password_file.is_some();
    if let Some(place) = stored.closed.filter(|_| !secret) {
        findings.skip("broker", closed(&place));
        return Some(Way::closed(url, told));
    }
    let handed_over = |path: &Path| stored.found.iter().any(|found| found == path);
    let access = told.or(handed);
    // told already, and worse than what would be told here
    if findings.has("secret-readable") || findings.has("secret-foreign") {
        return Some(Way::without_secrets(url, access, findings));
    }
    let files = [
        &access.password_file,
        &access.key_file,
        &access.cert_file,
        &access.ca_file,
    ];
    for path in files.into_iter().flatten() {
        // systemd reads these as root, whoever the thing is
        if handed_over(path) {
            continue;
        }
        match may_read(case, path, findings) {
            Readable::Yes => {}
            Readable::ByOthers => return Some(Way::closed(url, access.clone())),
            Readable::No => return Some(Way::without_secrets(url, access.clone(), findings)),
        }
    }
    let by_systemd = [&access.password_file, &access.key_file];
    let by_systemd = by_systemd
        .into_iter()
        .flatten()
        .all(|path| handed_over(path));
    let uid = match by_systemd || User::effective().uid != 0 {
        true => User::effective().uid,
        false => case.account.uid,
    };
    match access.endpoint_for(uid, url.clone(), password.as_ref(), Some(id.as_str())) {
        Ok(endpoint) => Some(Way {
            endpoint,
            access,
            closed: false,
        }),
        Err(error) => {
            unusable(case, &access, password.is_none(), &error, findings);
            Some(Way::without_secrets(url, access, findings))
        }
    }
}

/// A variable of this process, else of the service.
fn set(case: &Case<'_>, name: &str) -> Option<String> {
    let own = env::var(name).ok().filter(|value| !value.is_empty());
    own.or_else(|| variable(case.root(), name))
}

fn variables(case: &Case<'_>) -> Access {
    let path = |name| set(case, name).map(PathBuf::from);
    Access {
        username: set(case, "MQTT_THING_USERNAME"),
        password_file: path("MQTT_THING_PASSWORD_FILE"),
        ca_file: path("MQTT_THING_CA_FILE"),
        cert_file: path("MQTT_THING_CERT_FILE"),
        key_file: path("MQTT_THING_KEY_FILE"),
        ..Access::default()
    }
}

/// Where the files are on the machine that is looked at.
fn at_root(case: &Case<'_>, access: Access) -> Access {
    let moved = |path: Option<PathBuf>| path.map(|path| case.place(&path));
    Access {
        password_file: moved(access.password_file),
        ca_file: moved(access.ca_file),
        cert_file: moved(access.cert_file),
        key_file: moved(access.key_file),
        ..access
    }
}

/// What systemd keeps for the service.
#[derive(Debug, Default)]
struct Stored {
    found: Vec<PathBuf>,
    /// Something that is there, and that we may not read.
    closed: Option<PathBuf>,
}

impl Stored {
    fn find(&mut self, case: &Case<'_>, name: &str) -> Option<PathBuf> {
        let root = case.root();
        let handed = env::var_os(CREDENTIALS).map(PathBuf::from);
        let unit = case
            .unit
            .iter()
            .flat_map(|unit| unit.values("LoadCredential"));
        let loaded = unit.filter_map(|value| value.split_once(':'));
        let loaded = loaded.filter(|(its, path)| *its == name && path.starts_with('/'));
        let loaded = loaded.map(|(_, path)| root.path(path));
        let stores = STORES.iter().map(|store| root.path(store).join(name));
        let places = handed.map(|folder| folder.join(name));
        for place in places.into_iter().chain(loaded).chain(stores) {
            match fs::File::open(&place) {
                Ok(_) => {
                    self.found.push(place.clone());
                    return Some(place);
                }
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    self.closed = Some(place);
                    return None;
                }
                Err(_) => {}
            }
        }
        let sealed = root.path(SEALED).join(name);
        self.closed = sealed.exists().then_some(sealed).or(self.closed.take());
        None
    }
}

fn closed(place: &Path) -> String {
    let shown = place.display();
    match place
        .parent()
        .is_some_and(|folder| folder.ends_with("credstore.encrypted"))
    {
        true => format!(
            "{shown} is sealed, and only systemd can open it: the report of the running service tells the rest"
        ),
        false => format!("{shown} may not be read by this user; run it with sudo"),
    }
}

/// Whether the thing's user gets at a file.
enum Readable {
    Yes,
    /// Perhaps, but we do not.
    ByOthers,
    No,
}

/// As far as we can see; tells why not.
fn may_read(case: &Case<'_>, path: &Path, findings: &mut Findings) -> Readable {
    let top = case.root().path("/");
    let below = path.ancestors().take_while(|place| **place != top);
    let mut below: Vec<&Path> = below.filter(|place| place.starts_with(&top)).collect();
    below.reverse();
    for place in below {
        let wanted = if place == path { 4 } else { 1 };
        let about = match place.metadata() {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                findings.skip("broker", closed(place));
                return Readable::ByOthers;
            }
            Err(error) => {
                missing(path, &error, findings);
                return Readable::No;
            }
        };
        if !case.account.may(wanted, rights(&about)) {
            forbidden(case, place, &about, findings);
            return Readable::No;
        }
    }
    match fs::File::open(path) {
        Ok(_) => Readable::Yes,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            findings.skip("broker", closed(path));
            Readable::ByOthers
        }
        Err(error) => {
            missing(path, &error, findings);
            Readable::No
        }
    }
}

fn rights(about: &Metadata) -> (u32, u32, u32) {
    (about.uid(), about.gid(), about.mode())
}

fn missing(path: &Path, error: &io::Error, findings: &mut Findings) {
    let cause = format!("{} cannot be read: {error}", path.display());
    let cures = [
        Cure::advise(
            "put it there from the folder that `mqtt-thing broker init` made for this thing, or from whoever runs the broker",
        ),
        Cure::advise("or take its name out of the topology file, if the broker asks for none"),
    ];
    findings.tell("secret-unreadable", Severity::Broken, cause, cures);
}

fn forbidden(case: &Case<'_>, place: &Path, about: &Metadata, findings: &mut Findings) {
    let (shown, who) = (place.display(), case.account.words());
    let mode = about.mode() & 0o7777;
    let owner = about.uid();
    let cause = format!("{who} may not read {shown} (mode {mode:04o}, owner {owner})");
    let (user, file) = (case.account.in_command(), shell_path(place));
    let cure = match about.is_dir() {
        true => Cure::run(format!("sudo chmod o+x {file}")),
        false => Cure::run(format!(
            "sudo chown {user}: {file} && sudo chmod 600 {file}"
        )),
    };
    findings.tell("secret-unreadable", Severity::Broken, cause, [cure]);
}

/// What stands in the files, or who else may use them, is wrong.
fn unusable(
    case: &Case<'_>,
    access: &Access,
    from_file: bool,
    error: &AccessError,
    findings: &mut Findings,
) {
    let files = [&access.password_file, &access.key_file];
    let files: Vec<String> = files
        .into_iter()
        .flatten()
        .map(|path| shell_path(path))
        .collect();
    let all = files.join(" ");
    let user = case.account.in_command();
    let cures = match error {
        AccessError::Secret(_) | AccessError::Tls(crate::mqtt::TlsError::Secret(_)) => {
            vec![Cure::run(format!(
                "sudo chown {user}: {all} && sudo chmod 600 {all}"
            ))]
        }
        AccessError::NoUser | AccessError::Half { .. } | AccessError::WithoutTls { .. } => {
            vec![Cure::run(format!(
                "sudoedit {}",
                shell_path(&case.patient.file)
            ))]
        }
        _ => vec![Cure::advise(
            "put the files there again from the folder that `mqtt-thing broker init` made for this thing",
        )],
    };
    let cause = match (error, &access.password_file) {
        (AccessError::Credentials(CredentialsError::Password(_)), Some(path)) if from_file => {
            no_password(path, error)
        }
        _ => error.to_string(),
    };
    findings.tell("secret-unreadable", Severity::Broken, cause, cures);
}

fn no_password(path: &Path, error: &AccessError) -> String {
    let shown = path.display();
    let empty = fs::read(path).is_ok_and(|text| text.trim_ascii().is_empty());
    match empty {
        true => format!("{shown} is empty, and should hold the thing's password"),
        false => format!("{shown}: {error}"),
    }
}
