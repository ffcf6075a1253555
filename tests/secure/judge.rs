//! Whether a run was a full one, and whether a secret was seen in it.

use crate::lab::Lab;
use crate::search::Secrets;
use crate::stage::{Evidence, files, holds_a_secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;

/// Fails if anything is missing that a full run leaves, or a secret is seen where none may be.
pub fn judge(evidence: &Evidence, secrets: &Secrets, folders: &[&Path]) {
    // that it is a full run, and that what holds secrets is seen to
    for (name, least) in [
        ("journal.db", 2),
        ("audit.log", 2),
        ("runs.db", 1),
        ("feedback.txt", 1),
        ("err.log", 2),
        ("broker/passwords-", 4),
        ("/about", 2),
        ("/health", 2),
        ("/responses", 4),
        ("the arguments of a process", 20),
        ("what ", 25),
    ] {
        let count = evidence.count(name);
        assert!(count >= least, "{count} of {name}, not {least}");
    }
    let holders = folders.iter().flat_map(|folder| files(folder));
    let holders: Vec<_> = holders.filter(|path| holds_a_secret(path)).collect();
    assert!(holders.len() > 20 && secrets.len() == holders.len());
    for path in holders {
        let found = secrets.found_in(&std::fs::read(&path).unwrap());
        let name = path.display().to_string();
        assert!(
            found.contains(name.as_str()),
            "{name} is not found in itself"
        );
    }
    let leaks = evidence.leaks(secrets);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// What is put where nothing may be is found.
pub fn plant(evidence: &mut Evidence, secrets: &Secrets, lab: &Lab) {
    let key = std::fs::read_to_string(lab.file("clients/10.0.0.1/client.key")).unwrap();
    let line = key.lines().nth(1).unwrap().to_owned();
    let password = lab.password("operator");
    for planted in [
        password.clone(),
        STANDARD.encode(format!("u:{password}")),
        line,
    ] {
        evidence.put(
            "a log",
            format!("12:00 TRACE all well {planted}, and so on"),
        );
    }
    let leaks = evidence.leaks(secrets);
    assert_eq!(leaks.len(), 3, "{leaks:?}");
    assert!(
        leaks.iter().all(|leak| leak.starts_with("a log: ")),
        "{leaks:?}"
    );
}
