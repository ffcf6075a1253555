//! What people need: the operator, who sends commands and sets outputs, the observer, who reads, and Home Assistant,
//! which reads and sets what was announced to it.

use super::building;
use super::own::Party;
use super::{Access, Account, Grants, HOME_ASSISTANT, OBSERVER, OPERATOR, PROVER, Who};
use crate::building::Building;
use crate::model::TopicFilter;

/// Where a broker tells how it is doing.
const BROKER: &str = "$SYS/#";

/// Whoever uses `mqtt-thing operator`, `send`, `commander` and `building alarm`, or the governor's own programs in their place.
pub(super) fn operator<'a>(
    parties: impl Iterator<Item = &'a Party<'a>>,
    buildings: &[Building],
) -> Account {
    let mut grants = Grants::default();
    for party in parties {
        let id = party.id;
        let its = &party.topics;
        grants.add(
            Access::Read,
            its.status.clone(),
            format!("whether {id} is there"),
        );
        grants.add(Access::Read, its.about.clone(), format!("what {id} has"));
        grants.add(
            Access::Read,
            its.health.clone(),
            format!("how {id} is doing"),
        );
        for part in &party.resources {
            let name = format!("{} of {id}", part.name());
            if let Some(set) = part.set() {
                grants.add(Access::Write, set, format!("wishes for {name}"));
                grants.add(
                    Access::Read,
                    part.state(),
                    format!("whether {name} follows"),
                );
            }
            if let Some((asked, answers)) = part.echo() {
                grants.add(Access::Write, asked, format!("to ask {name}"));
                grants.add(Access::Read, answers, format!("what {name} answers"));
            }
            for (said, alarm) in part.in_room() {
                grants.add(Access::Read, said, format!("{name}, in the room"));
                // written by whoever watches, and read when the watch begins anew
                grants.add(Access::ReadWrite, alarm, format!("alarms by {name}"));
            }
            if let Some(own) = part.executor() {
                grants.add(Access::Write, own.commands, format!("commands to {name}"));
                grants.add(Access::Read, own.responses, format!("answers of {name}"));
                grants.add(Access::Read, own.progress, format!("how far {name} is"));
            }
            let Some(its) = part.governor().cloned() else {
                continue;
            };
            grants.add(
                Access::Read,
                its.registration,
                "the governor's: who is there",
            );
            grants.add(
                Access::Write,
                its.acknowledgment,
                "the governor's: that one is known",
            );
            grants.add(Access::Write, its.commands, "the governor's: commands");
            // written where it passes an answer on to a commander
            grants.add(Access::ReadWrite, its.responses, "the governor's: answers");
            grants.add(
                Access::ReadWrite,
                its.command_loader,
                "the governor's: from commander to operator",
            );
        }
    }
    for building in buildings {
        building::watched(building, &mut grants);
    }
    Account {
        who: Who::Operator,
        user: OPERATOR.to_owned(),
        grants: grants.0,
    }
}

/// Home Assistant, if any thing announces itself to it. It reads and sets what is announced, no more: no command.
pub(super) fn home_assistant<'a>(parties: impl Iterator<Item = &'a Party<'a>>) -> Option<Account> {
    let mut grants = Grants::default();
    for party in parties {
        let id = party.id;
        let Some(its) = &party.announcing else {
            continue;
        };
        let Some(announcement) = &its.announcement else {
            continue;
        };
        // it takes an announcement away when somebody deletes the device there
        let why = format!("what {id} has, and to forget it");
        grants.add(Access::ReadWrite, its.topic.clone(), why);
        let why = "that it is there";
        grants.add(Access::Write, its.status.clone(), why);
        for topic in announcement.reads() {
            grants.add(Access::Read, topic, format!("what is shown of {id}"));
        }
        for topic in announcement.sets() {
            grants.add(Access::Write, topic, format!("what is set on {id}"));
        }
    }
    (!grants.0.is_empty()).then(|| Account {
        who: Who::HomeAssistant,
        user: HOME_ASSISTANT.to_owned(),
        grants: grants.0,
    })
}

/// Whoever tries every topic in other accounts' stead.
pub(super) fn prover() -> Account {
    let mut grants = Grants::default();
    let all = TopicFilter::new("#").expect("it is a filter");
    grants.add(Access::ReadWrite, all, "to prove what others may do");
    let broker = TopicFilter::new(BROKER).expect("it is a filter");
    grants.add(Access::Read, broker, "how the broker is doing");
    Account {
        who: Who::Prover,
        user: PROVER.to_owned(),
        grants: grants.0,
    }
}

/// Whoever may see all that the others say, and how the broker is doing.
pub(super) fn observer<'a>(others: impl Iterator<Item = &'a Account>) -> Account {
    let mut grants = Grants::default();
    let broker = TopicFilter::new(BROKER).expect("it is a filter");
    grants.add(Access::Read, broker, "how the broker is doing");
    for grant in others.flat_map(|account| &account.grants) {
        if !grants.0.iter().any(|known| known.filter == grant.filter) {
            grants.add(Access::Read, grant.filter.clone(), "to look on");
        }
    }
    Account {
        who: Who::Observer,
        user: OBSERVER.to_owned(),
        grants: grants.0,
    }
}
