//! What the thing keeps: journal, outputs of jobs, audit log. Whose it is, how large, whether it is whole.

use super::Seen;
use crate::doctor::case::Case;
use crate::doctor::unit::Account;
use crate::doctor::{Cure, Findings, Severity};
use crate::model::shell_path;
use crate::store::{audit_parts, verify_audit};
use crate::system::executor_place;
use std::fs;
use std::path::{Path, PathBuf};

/// So many answers may wait for a broker that hears us.
const MOST_UNDELIVERED: u64 = 1000;
/// A state folder does not have more files than that in normal times; more are not looked at.
const MOST_FILES: usize = 20_000;

pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    let (Some(plan), Some(state)) = (&case.plan, case.state()) else {
        return;
    };
    let limit: u64 = case
        .executors()
        .filter_map(|executor| Some(executor.executor.as_ref()?.keep_bytes))
        .sum();
    if case.executors().next().is_none() || !state.exists() {
        return;
    }
    let folder = executor_place(&state, &plan.name);
    if let Err(error) = fs::read_dir(&state) {
        let reason = format!("{}: {error}; `sudo mqtt-thing doctor` may", state.display());
        return findings.skip("state", reason);
    }
    owner(&state, &case.account, findings);
    journal(&folder, limit, findings);
    undelivered(case, findings);
    audit(&folder, findings);
}

/// Everything in it must be the thing's own, and closed to others.
fn owner(state: &Path, account: &Account, findings: &mut Findings) {
    let Ok(top) = Seen::of(state) else { return };
    let shown = state.display();
    let folder = shell_path(state);
    let cures = || {
        let own = format!("sudo chown -R {}: {folder}", account.in_command());
        [
            Cure::run(own),
            Cure::run(format!("sudo chmod 700 {folder}")),
        ]
    };
    let mut left = MOST_FILES;
    if let Some(wrong) = foreign(&top, account, &mut left) {
        let cause = format!(
            "{} needs {} and may not write to it: it belongs to user {} and has mode {:04o}",
            account.words(),
            wrong.path.display(),
            wrong.owner,
            wrong.mode
        );
        findings.tell("state-foreign", Severity::Broken, cause, cures());
    } else if top.mode & 0o077 != 0 {
        let cause = format!(
            "others may look into {shown} (mode {:04o}), where the outputs of jobs are kept",
            top.mode
        );
        let [_, close] = cures();
        findings.tell("state-open", Severity::Warning, cause, [close]);
    }
}

/// The folder, if the account may not use it; else the first in it that belongs to somebody else.
fn foreign(seen: &Seen, account: &Account, left: &mut usize) -> Option<Seen> {
    if !account.may(7, seen.access()) {
        return Some(seen.clone());
    }
    for entry in fs::read_dir(&seen.path).into_iter().flatten().flatten() {
        *left = left.checked_sub(1)?;
        let Ok(its) = entry.metadata() else { continue };
        let inner = Seen::from(&entry.path(), &its);
        if account.uid != 0 && inner.owner != account.uid {
            return Some(inner);
        }
        let deeper = its.is_dir().then(|| foreign(&inner, account, left));
        if let Some(wrong) = deeper.flatten() {
            return Some(wrong);
        }
    }
    None
}

/// It keeps itself within its limit, but for what waits.
fn journal(folder: &Path, limit: u64, findings: &mut Findings) {
    let size = |name: &str| fs::metadata(folder.join(name)).map_or(0, |its| its.len());
    let (file, log) = (size("journal.db"), size("journal.db-wal"));
    let shown = folder.join("journal.db");
    // the format's own part of a file, and an eighth that may be exceeded in between
    let usual = limit + limit / 4 + (16 << 20);
    if file + log > usual {
        let cause = format!(
            "{} has grown to {} MiB with its log, and the file's executors keep at most {} MiB of answers: commands that \
             wait, or answers that nobody fetches",
            shown.display(),
            (file + log) >> 20,
            limit >> 20
        );
        let cures = [
            Cure::run("mqtt-thing health --json"),
            Cure::advise(
                "let an operator fetch the answers, or set `keep_days` of the executor lower",
            ),
        ];
        findings.tell("journal-growing", Severity::Warning, cause, cures);
    }
    let damaged: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("journal.db.damaged-")
                && !name.ends_with("-wal")
                && !name.ends_with("-shm")
        })
        .collect();
    if let Some(first) = damaged.first() {
        let cause = format!(
            "the journal was found damaged and put aside as {}, {} in all: power was lost while it was written, or the card is \
             failing",
            first.display(),
            damaged.len()
        );
        let cures = [
            Cure::run("journalctl -k -b | grep -i -e mmc -e ext4"),
            Cure::run(format!(
                "sudo rm {}*",
                shell_path(&shown.with_extension("db.damaged-"))
            )),
        ];
        findings.tell("journal-damaged", Severity::Note, cause, cures);
    }
}

/// Answers that wait although the broker hears us.
fn undelivered(case: &Case<'_>, findings: &mut Findings) {
    let Some(report) = case.running.as_ref().filter(|report| report.connected) else {
        return;
    };
    let count = report.health["executors"]["undelivered"].as_u64();
    if let Some(count) = count.filter(|count| *count >= MOST_UNDELIVERED) {
        let cause = format!(
            "{count} answers wait in the journal, although the broker hears the thing: it takes them slower than they come"
        );
        let cures = [
            Cure::run("mqtt-thing health --json"),
            Cure::advise(
                "send fewer commands at a time, or raise the broker's limits (Mosquitto: max_inflight_messages, max_queued_messages)",
            ),
        ];
        findings.tell("answers-waiting", Severity::Warning, cause, cures);
    }
}

/// The chain of its audit log.
fn audit(folder: &Path, findings: &mut Findings) {
    if !folder.join("audit.log").exists() {
        return;
    }
    let parts = match audit_parts(folder) {
        Ok(parts) => parts,
        Err(error) => return findings.skip("audit log", error.to_string()),
    };
    let Err((at, fault)) = verify_audit(&parts, None).outcome else {
        return;
    };
    let (path, line) = at.map_or((folder.join("audit.log"), 0), |at| at);
    let cause = format!("{}:{line}: {fault}", path.display());
    let cures = [
        Cure::run(format!("mqtt-thing audit verify {}", shell_path(folder))),
        Cure::advise(
            "keep a copy as evidence and ask who could write it; if it was the disk, move the file away and restart the thing, \
             which begins a new one",
        ),
    ];
    findings.tell("audit-log-damaged", Severity::Warning, cause, cures);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::tests::{account, rules};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_belongs_to_somebody_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("executors/inner");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("journal.db"), "").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let us = Seen::of(folder.path()).unwrap().owner;
        let found = |uid| {
            let top = Seen::of(folder.path()).unwrap();
            let wrong = foreign(&top, &account(uid), &mut MOST_FILES.clone());
            wrong.map(|seen| seen.path)
        };
        assert_eq!(found(us), None);
        assert_eq!(found(us + 1), Some(folder.path().join("executors")));
        let told = rules(|findings| owner(folder.path(), &account(us), findings));
        assert_eq!(told, ["state-open"]);
    }

    #[test]
    fn a_journal_may_have_its_limit_and_what_the_format_takes() {
        let folder = tempfile::tempdir().unwrap();
        let file = fs::File::create(folder.path().join("journal.db")).unwrap();
        let told = || rules(|findings| journal(folder.path(), 64 << 20, findings));
        file.set_len(96 << 20).unwrap();
        assert_eq!(told(), [""; 0]);
        file.set_len((96 << 20) + 1).unwrap();
        assert_eq!(told(), ["journal-growing"]);
    }
}
