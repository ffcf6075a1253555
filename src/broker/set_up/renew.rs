//! New certificates with new keys from the same CA.

use super::folder::{self, OPEN, SECRET};
use super::make::{known_authority, load, put_client};
use super::{SetUpError, Settings, place};
use std::path::Path;
use std::time::SystemTime;

/// The word for the server among user names.
const SERVER: &str = "server";

/// What was made anew.
#[derive(Debug, Clone)]
pub struct Renewed {
    /// What the set-up is made with.
    pub settings: Settings,
    /// Whether the server's is among it.
    pub server: bool,
    /// Whose certificates.
    pub users: Vec<String>,
}

/// Makes the certificates of a set-up anew: of all, or of some users, where `server` stands for the broker. A server
/// certificate that somebody else gave stays.
///
/// # Errors
/// There is no set-up, it is damaged, nobody has that user name, or the disk.
pub fn renew(
    folder: &Path,
    only: &[String],
    days: Option<u32>,
    now: SystemTime,
) -> Result<Renewed, SetUpError> {
    let mut files = load(folder)?;
    let settings = Settings::read(&files)?.ok_or_else(|| SetUpError::None(folder.to_owned()))?;
    let authority = known_authority(&files)?
        .ok_or_else(|| SetUpError::damaged(place::CA_KEY, "it is not there"))?;
    let days = days.unwrap_or(settings.days);
    let known = files.names_below(place::CLIENTS);
    for user in only {
        if !known.contains(user) && user != SERVER {
            return Err(SetUpError::NoAccount {
                found: user.clone(),
                known: format!("{SERVER}, {}", known.join(", ")),
            });
        }
    }
    let is_meant = |user: &str| only.is_empty() || only.iter().any(|one| one == user);
    let server = is_meant(SERVER) && !settings.own_certificate;
    if server {
        let issued = authority.server(&settings.all_names(), days, now)?;
        files.put(place::SERVER, OPEN, issued.certificate);
        files.put(place::SERVER_KEY, SECRET, issued.key.expose());
    }
    let users: Vec<String> = known.into_iter().filter(|user| is_meant(user)).collect();
    for user in &users {
        put_client(&mut files, user, &authority.client(user, days, now)?);
    }
    folder::replace(folder, &files)?;
    Ok(Renewed {
        settings,
        server,
        users,
    })
}
