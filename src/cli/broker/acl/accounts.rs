//! Who can be let in, and by what.

use clap::Args;
use mqtt_thing::mqtt::{Access, BrokerUrl};
use mqtt_thing::system::{Secret, read_secret};
use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct AccountArgs {
    /// A file with a line `user:password` for each user, which nobody else may read
    #[arg(long, value_name = "FILE")]
    passwords: Option<PathBuf>,

    /// A folder that `broker init` wrote: DIR/clients/USER/password, and the certificate beside it
    #[arg(long, value_name = "DIR")]
    passwords_dir: Option<PathBuf>,
}

/// The accounts that are known.
#[derive(Debug)]
pub(super) enum Accounts {
    Nobody,
    File(PathBuf, HashMap<String, Secret>),
    Folder(PathBuf),
}

impl AccountArgs {
    pub(super) fn read(&self) -> anyhow::Result<Accounts> {
        Ok(match (&self.passwords, &self.passwords_dir) {
            (Some(path), _) => Accounts::File(path.clone(), file(path)?),
            (_, Some(folder)) => Accounts::Folder(folder.clone()),
            _ => Accounts::Nobody,
        })
    }
}

fn file(path: &Path) -> anyhow::Result<HashMap<String, Secret>> {
    let secret = read_secret(path)?;
    let read = std::str::from_utf8(secret.expose())
        .map_err(|_| (1, "the file is no UTF-8 text"))
        .and_then(lines);
    // what stands in the line is a secret
    read.map_err(|(line, what)| {
        anyhow::anyhow!("{}:{line}: {what}; a line is user:password", path.display())
    })
}

fn lines(text: &str) -> Result<HashMap<String, Secret>, (usize, &'static str)> {
    let mut users = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let at = |what| (index + 1, what);
        let (user, password) = line.split_once(':').ok_or(at("there is no colon"))?;
        if user.is_empty() || password.is_empty() {
            return Err(at("the user or the password is empty"));
        }
        let before = users.insert(user.to_owned(), Secret::new(password));
        if before.is_some() {
            return Err(at("this user stands in an earlier line too"));
        }
    }
    Ok(users)
}

impl Accounts {
    /// Whether all of them are known; else who is not, and what would help.
    pub(super) fn hold<'u>(&self, users: impl Iterator<Item = &'u str>) -> Result<(), String> {
        let missing: BTreeSet<&str> = users.filter(|user| !self.holds(user)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing: Vec<&str> = missing.into_iter().collect();
        let missing = missing.join(", ");
        Err(match self {
            Self::Nobody => format!(
                "no passwords are given for {missing}; give --passwords FILE or --passwords-dir DIR"
            ),
            Self::File(path, _) => format!("{} has no line for {missing}", path.display()),
            Self::Folder(folder) => {
                format!(
                    "{}/clients has no folder with a password for {missing}",
                    folder.display()
                )
            }
        })
    }

    fn holds(&self, user: &str) -> bool {
        match self {
            Self::Nobody => false,
            Self::File(_, users) => users.contains_key(user),
            Self::Folder(folder) => {
                client(folder, user).is_some_and(|its| its.join("password").is_file())
            }
        }
    }

    /// What lets a user in; nothing for somebody without a name.
    pub(super) fn of(&self, user: Option<&str>, url: &BrokerUrl) -> (Access, Option<&Secret>) {
        let for_tls = |path: PathBuf| Some(path).filter(|path| url.is_tls() && path.is_file());
        let username = user.map(str::to_owned);
        match (self, user) {
            (Self::File(_, users), Some(user)) => {
                let access = Access {
                    username,
                    ..Access::default()
                };
                (access, users.get(user))
            }
            (Self::Folder(folder), Some(user)) => {
                let its = client(folder, user).unwrap_or_default();
                let access = Access {
                    username,
                    password_file: Some(its.join("password")),
                    ca_file: for_tls(its.join("ca.crt")),
                    cert_file: for_tls(its.join("client.crt")),
                    key_file: for_tls(its.join("client.key")),
                    ..Access::default()
                };
                (access, None)
            }
            (Self::Folder(folder), None) => {
                let access = Access {
                    ca_file: for_tls(folder.join("ca/server-ca.crt")),
                    ..Access::default()
                };
                (access, None)
            }
            _ => (Access::default(), None),
        }
    }
}

/// A user's folder, if the name is one of a folder.
fn client(folder: &Path, user: &str) -> Option<PathBuf> {
    let mut parts = Path::new(user).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(name)), None) if name == user => {
            Some(folder.join("clients").join(name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_user_and_all_behind_the_colon() {
        let users = lines("# lab\nalice:a:b \n\nbob smith:x\n").unwrap();
        let line = |user: &str| users[user].line().map(str::to_owned);
        assert_eq!(line("alice"), Ok("a:b ".to_owned()));
        assert_eq!(line("bob smith"), Ok("x".to_owned()));
        for (text, wrong) in [("a:b\nc", 2), (":x", 1), ("a:", 1), ("a:b\nb:c\na:d", 3)] {
            assert_eq!(lines(text).unwrap_err().0, wrong, "{text}");
        }
    }

    #[test]
    fn a_user_does_not_lead_out_of_the_folder() {
        let folder = Path::new("d");
        assert_eq!(client(folder, "alice"), Some("d/clients/alice".into()));
        for user in ["..", "a/b", "/a", "", ".", "a/", "../a"] {
            assert_eq!(client(folder, user), None, "{user}");
        }
    }
}
