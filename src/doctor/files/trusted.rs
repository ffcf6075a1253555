//! The list of trusted keys. What is wrong with it is no start at all: nobody must get in through a mistake.

use super::Seen;
use crate::doctor::case::Case;
use crate::doctor::unit::Account;
use crate::doctor::{Cure, Findings, Severity};
use crate::fleet::TRUSTED_KEYS;
use crate::fleet::signing::Trust;
use crate::model::shell_path;
use crate::topology::Lines;
use std::fs;
use std::io;
use std::path::PathBuf;

const WRITTEN_BY_OTHERS: u32 = 0o022;

pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    let mut seen: Vec<PathBuf> = Vec::new();
    for executor in case.executors() {
        let Some(settings) = &executor.executor else {
            continue;
        };
        let named = settings.trusted_keys.as_ref();
        let path = case.place(named.map_or(TRUSTED_KEYS.as_ref(), PathBuf::as_path));
        let absent =
            fs::symlink_metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        if absent && named.is_none() || seen.contains(&path) {
            continue;
        }
        let unsigned = settings.governor.as_ref();
        if unsigned.is_some_and(|face| face.unsigned.is_none()) {
            governor(&executor.name, &path, findings);
        }
        list(&path, &case.account, findings);
        seen.push(path);
    }
}

fn list(path: &PathBuf, account: &Account, findings: &mut Findings) {
    let shown = path.display();
    let edit = Cure::run(format!("sudoedit {}", shell_path(path)));
    let (cause, cures) = match Seen::of(path) {
        Err(error) => (
            format!("the list of trusted keys {shown} cannot be read: {error}"),
            vec![
                Cure::advise("make it with `mqtt-thing key trust`, or do not name it in the file"),
                edit,
            ],
        ),
        Ok(seen) => match refused(&seen, account) {
            Some(told) => told,
            // what cannot be read by us is none of its faults
            None => match fs::read_to_string(path)
                .ok()
                .and_then(|text| mistake(&text))
            {
                Some(mistake) => (format!("{shown}:{mistake}"), vec![edit]),
                None => return,
            },
        },
    };
    findings.tell("trusted-keys-refused", Severity::Broken, cause, cures);
}

/// Why the thing would not take a list that anybody else could have written.
fn refused(seen: &Seen, account: &Account) -> Option<(String, Vec<Cure>)> {
    let shown = seen.path.display();
    let file = shell_path(&seen.path);
    let close = Cure::run(format!("sudo chmod 644 {file}"));
    let own = Cure::run(format!("sudo chown root: {file}"));
    if seen.mode & WRITTEN_BY_OTHERS != 0 {
        let cause = format!(
            "others may write {shown} (mode {:04o}), and so decide whose commands run here; the thing does not start",
            seen.mode
        );
        return Some((cause, vec![close, own]));
    }
    if seen.owner != 0 && seen.owner != account.uid {
        let cause = format!(
            "{shown} belongs to user {}, who can change it and so decide whose commands run here; the thing does not start",
            seen.owner
        );
        return Some((cause, vec![own, close]));
    }
    if !account.may(4, seen.access()) {
        let cause = format!(
            "{} may not read {shown} (mode {:04o}); the thing does not start",
            account.words(),
            seen.mode
        );
        return Some((cause, vec![close]));
    }
    None
}

/// The first mistake, as `line:column: message`.
fn mistake(text: &str) -> Option<String> {
    let mistakes = Trust::parse(text).err()?;
    let first = mistakes.first()?;
    let (line, column) = Lines::new(text).position(first.place.start);
    Some(format!("{line}:{column}: {}", first.message))
}

fn governor(executor: &str, list: &std::path::Path, findings: &mut Findings) {
    let cause = format!(
        "the executor {executor} obeys signed commands only, since there is {}, and commands on the governor's topics \
         cannot be signed; the thing does not start",
        list.display()
    );
    let cures = [
        Cure::advise(
            "say in the topology what may run unsigned: `governor = { unsigned = true, allow = [..] }`",
        ),
        Cure::run(format!("sudo rm {}", shell_path(list))),
    ];
    findings.tell("trusted-keys-governor", Severity::Broken, cause, cures);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::tests::account;

    #[test]
    fn a_list_that_others_could_have_written_is_refused_and_one_of_roots_is_not() {
        let told = |owner, mode| {
            let seen = Seen {
                path: "/list".into(),
                owner,
                group: 0,
                mode,
            };
            refused(&seen, &account(998)).map(|(cause, _)| cause)
        };
        assert_eq!(told(0, 0o644), None);
        assert_eq!(told(998, 0o600), None);
        assert!(told(0, 0o664).unwrap().contains("others may write"));
        assert!(told(1000, 0o644).unwrap().contains("belongs to user 1000"));
        assert!(told(0, 0o600).unwrap().contains("may not read"));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(mistake("# nobody\n"), None);
        let told = mistake("# ok\n  nonsense\n").unwrap();
        assert!(told.starts_with("2:"), "{told}");
    }
}
