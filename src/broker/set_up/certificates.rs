//! Which certificates a set-up has, and until when.

use super::make::load;
use super::x509::{self, Certificate};
use super::{SetUpError, place};
use std::path::Path;

/// One of them.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its file, below the folder.
    pub file: String,
    /// What it says.
    pub certificate: Certificate,
}

/// All of them: the CA's, the server's, the clients' in the order of their names.
///
/// # Errors
/// There is no set-up, or one of them cannot be read.
pub fn certificates(folder: &Path) -> Result<Vec<Shown>, SetUpError> {
    let files = load(folder)?;
    let clients = files.names_below(place::CLIENTS).into_iter();
    let clients = clients.map(|user| place::client(&user, "client.crt"));
    let all = [place::CA, place::SERVER].into_iter().map(str::to_owned);
    all.chain(clients)
        .map(|file| {
            let pem = files
                .text(&file)
                .ok_or_else(|| SetUpError::damaged(&file, "it is not there"))?;
            let certificate =
                x509::leaf(pem).map_err(|error| SetUpError::damaged(&file, error.to_string()))?;
            Ok(Shown { file, certificate })
        })
        .collect()
}
