//! Accounts for those whose topics are followed and who are not in the topology, such as an old Python Pi.

use super::own::Party;
use super::{Access, Account, Grants, OBSERVER, Who, fits};
use crate::model::Topic;

/// An account for each first level of the topics that are followed and that no thing writes.
pub(super) fn accounts<'a>(
    parties: impl Iterator<Item = &'a Party<'a>>,
    known: &[Account],
) -> Vec<Account> {
    let is_written = |topic: &Topic| {
        let mut grants = known
            .iter()
            .filter(|account| matches!(account.who, Who::Thing { .. }))
            .flat_map(|account| &account.grants);
        grants.any(|grant| grant.access != Access::Read && grant.filter.as_str() == topic.as_str())
    };
    let mut levels: Vec<(String, Grants)> = Vec::new();
    for party in parties {
        for part in &party.resources {
            for source in part.sources() {
                let topic = &source.topic;
                // what begins with $ is said by the broker itself
                if is_written(topic) || topic.as_str().starts_with('$') {
                    continue;
                }
                let first = first_level(topic);
                let index = levels.iter().position(|(level, _)| *level == first);
                let index = index.unwrap_or_else(|| {
                    levels.push((first, Grants::default()));
                    levels.len() - 1
                });
                let grants = &mut levels[index].1;
                let why = format!("{} of {} follows it", part.name(), party.id);
                grants.add(Access::Write, topic.clone(), why);
                // it may be a thing of another file, which tells that
                for presence in source.presence.iter().filter(|topic| !is_written(topic)) {
                    grants.add(Access::Write, presence.clone(), "whether that is there");
                }
            }
        }
    }
    let mut accounts: Vec<Account> = Vec::new();
    for (level, grants) in levels {
        let taken = |name: &str| {
            let mut all = known.iter().chain(&accounts);
            name == OBSERVER || all.any(|account| account.user == name)
        };
        let user = free_name(&level, taken);
        accounts.push(Account {
            who: Who::Stranger,
            user,
            grants: grants.0,
        });
    }
    accounts
}

fn first_level(topic: &Topic) -> String {
    let text = topic.as_str();
    text.split('/').next().unwrap_or(text).to_owned()
}

/// A user name like `level` that nobody has.
fn free_name(level: &str, taken: impl Fn(&str) -> bool) -> String {
    let name: String = level
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .take(64)
        .collect();
    let is_usable = !name.trim_matches('.').is_empty();
    if is_usable && !taken(&name) {
        return name;
    }
    let mut number = 1_u64;
    loop {
        let name = match number {
            1 => format!("stranger-{name}"),
            _ => format!("stranger-{name}-{number}"),
        };
        if !taken(&name) {
            return name;
        }
        number += 1;
    }
}
