//! From derived rights to a file, with a word for each line about what it is for.

use crate::topology::rights::{Account, Who};

/// A whole ACL file for these accounts. Without an account for it nobody may do anything, and the anonymous neither.
#[must_use]
pub fn render(accounts: &[Account]) -> String {
    let mut text = String::from(
        "# Derived from the topology by `mqtt-thing broker init`; with --again it is written anew.\n\
         # Whatever is not granted here is denied.\n",
    );
    for account in accounts {
        let who = match &account.who {
            Who::Thing { name } => format!("the thing `{name}`"),
            Who::Operator => "whoever sends commands and sets outputs".to_owned(),
            Who::HomeAssistant => {
                "Home Assistant: what was announced to it, and no command".to_owned()
            }
            Who::Building => {
                "whoever speaks for the sensors of buildings, and asks them".to_owned()
            }
            Who::Observer => "whoever looks on".to_owned(),
            Who::Prover => "whoever tests these rights: EVERYTHING IS OPEN TO IT".to_owned(),
            Who::Stranger => "not in the topology, but followed".to_owned(),
        };
        text.push_str(&format!("\n# {who}\nuser {}\n", account.user));
        for grant in &account.grants {
            // a comment has a line of its own: behind a topic it would be part of it
            text.push_str(&format!(
                "# {}\ntopic {} {}\n",
                grant.why, grant.access, grant.filter
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Wish, parse};
    use super::*;
    use crate::topology::{self, rights};

    #[test]
    fn what_is_written_is_read_again_as_what_was_derived() {
        let text = "[broker]\nurl = \"mqtt://b\"\n[things.a]\naddress = \"10.0.0.1\"\n[things.a.resources]\n\
                    led0 = { kind = \"led\", port = \"D4\", follows = \"a b/c d/e\" }\n";
        let accounts = rights::derive(&topology::parse(text).unwrap()).unwrap();
        let written = render(&accounts);
        assert!(
            written.contains("\n# its led0 follows it\ntopic read a b/c d/e\n"),
            "{written}"
        );
        let file = parse(&written).unwrap();
        let rules: usize = accounts.iter().map(|account| account.grants.len()).sum();
        assert_eq!(file.rules().len(), rules);
        let read = |user| file.decide(Some(user), "c", "a b/c d/e", Wish::Read);
        assert!(read("10.0.0.1").allowed);
        assert!(!read("10.0.0.2").allowed);
    }
}
