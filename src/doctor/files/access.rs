//! Who may read the topology file, and who may change it.

use super::Seen;
use crate::doctor::case::Case;
use crate::doctor::unit::Account;
use crate::doctor::{Cure, Findings, Severity};
use crate::model::shell_path;

const WRITTEN_BY_OTHERS: u32 = 0o022;

pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    // whether it is there is known already
    if let Ok(seen) = Seen::of(&case.patient.file) {
        let jobs = case.executors().next().is_some();
        judge(&seen, &case.account, jobs, findings);
    }
}

fn judge(seen: &Seen, account: &Account, jobs: bool, findings: &mut Findings) {
    let shown = seen.path.display();
    let cure = || {
        [Cure::run(format!(
            "sudo chmod 644 {}",
            shell_path(&seen.path)
        ))]
    };
    if !account.may(4, seen.access()) {
        let cause = format!(
            "{} may not read {shown} (mode {:04o}); it holds no secrets, which have files of their own",
            account.words(),
            seen.mode
        );
        findings.tell("topology-forbidden", Severity::Broken, cause, cure());
    } else if jobs && seen.mode & WRITTEN_BY_OTHERS != 0 {
        let cause = format!(
            "others may write {shown} (mode {:04o}), and so decide what executors run here",
            seen.mode
        );
        findings.tell("topology-open", Severity::Warning, cause, cure());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::tests::{account, rules};

    #[test]
    fn the_file_is_for_all_to_read_and_for_its_owner_to_write() {
        let told = |mode, jobs| {
            let seen = Seen {
                path: "/f".into(),
                owner: 0,
                group: 0,
                mode,
            };
            rules(|findings| judge(&seen, &account(998), jobs, findings))
        };
        assert_eq!(told(0o644, true), [""; 0]);
        assert_eq!(told(0o600, true), ["topology-forbidden"]);
        assert_eq!(told(0o664, true), ["topology-open"]);
        assert_eq!(told(0o666, false), [""; 0]);
    }
}
