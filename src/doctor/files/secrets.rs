//! The passwords and keys that `[broker]` names. The thing does not take a secret that others may read, and needs to read
//! it itself.

use super::Seen;
use crate::doctor::case::Case;
use crate::doctor::unit::Account;
use crate::doctor::{Cure, Findings, Severity};
use crate::model::shell_path;

/// For whom a file that holds a secret is open.
const OTHERS: u32 = 0o077;

pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    let Some(topology) = &case.topology else {
        return;
    };
    let access = &topology.broker.access;
    for path in [&access.password_file, &access.key_file]
        .into_iter()
        .flatten()
    {
        let path = case.place(path);
        // whether it is there is told with the way to the broker
        if let Ok(seen) = Seen::of(&path) {
            judge(&seen, &case.account, findings);
        }
    }
}

fn judge(seen: &Seen, account: &Account, findings: &mut Findings) {
    let shown = seen.path.display();
    let who = account.words();
    let file = shell_path(&seen.path);
    let own = Cure::run(format!("sudo chown {}: {file}", account.in_command()));
    let close = Cure::run(format!("sudo chmod 600 {file}"));
    let foreign = seen.owner != account.uid && seen.owner != 0;
    if seen.mode & OTHERS != 0 {
        let cause = format!(
            "{shown} holds a secret, and its mode {:04o} lets others use it; the thing does not take it so",
            seen.mode
        );
        // what is closed is for its owner alone
        let own = Some(own).filter(|_| seen.owner != account.uid);
        let cures = [close].into_iter().chain(own);
        findings.tell("secret-readable", Severity::Broken, cause, cures);
    } else if foreign || !account.may(4, seen.access()) {
        let cause = format!(
            "{shown} holds a secret and belongs to user {}; {who} needs to read it and nobody else may",
            seen.owner
        );
        findings.tell("secret-foreign", Severity::Broken, cause, [own, close]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::tests::{account, rules};

    #[test]
    fn a_secret_is_for_the_things_user_alone() {
        let told = |owner, mode| {
            let seen = Seen {
                path: "/etc/mqtt-thing/password".into(),
                owner,
                group: 0,
                mode,
            };
            rules(|findings| judge(&seen, &account(998), findings))
        };
        assert_eq!(told(998, 0o600), [""; 0]);
        for mode in [0o640, 0o604, 0o660] {
            assert_eq!(told(998, mode), ["secret-readable"]);
        }
        // closed, but not to be read by the thing
        assert_eq!(told(0, 0o600), ["secret-foreign"]);
        assert_eq!(told(1000, 0o600), ["secret-foreign"]);
        assert_eq!(told(998, 0o200), ["secret-foreign"]);
    }
}
