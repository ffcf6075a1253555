//! Who may read and write which topic, derived from a topology: for a broker's access list.
//!
//! What a thing needs is asked of its resources themselves, so that a new kind needs nothing here:
//! [`Thing::listens_to`](crate::thing::Thing::listens_to) and [`Thing::publishes`](crate::thing::Thing::publishes).
//! Everything is granted topic by topic; a wildcard in a subscription asks for no more than that, since brokers decide
//! about what is read message by message.

mod building;
mod own;
mod people;
mod stranger;
#[cfg(test)]
mod tests;

use super::plan::{Address, ThingPlan, Topology};
use crate::model::{Topic, TopicFilter};
use std::fmt;
use thiserror::Error;

/// The user name of whoever sends commands.
pub const OPERATOR: &str = "operator";
/// The user name of whoever looks on.
pub const OBSERVER: &str = "observer";

/// The user name of Home Assistant.
pub const HOME_ASSISTANT: &str = "homeassistant";

/// The user name of whoever speaks for a building's sensors.
pub const BUILDING: &str = "building";
/// The user name of whoever proves what the broker lets through.
pub const PROVER: &str = "prover";

/// Somebody who connects to the broker, and what he may do there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who it is.
    pub who: Who,
    /// The user name. A thing's is its id, as is its client id.
    pub user: String,
    /// Topics, each once.
    pub grants: Vec<Grant>,
}

/// Who an account belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A thing of the topology.
    Thing {
        /// Its name there.
        name: String,
    },
    /// Whoever sends commands and sets outputs.
    Operator,
    /// Home Assistant, where things announce themselves to it.
    HomeAssistant,
    /// Whoever speaks for the sensors of buildings that are no thing's.
    Building,
    /// Whoever looks on.
    Observer,
    /// Whoever proves what the broker lets through: no topic is closed to it.
    Prover,
    /// Somebody whose topics are followed, and who is not in the topology.
    Stranger,
}

/// What an account may do with some topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What it may do.
    pub access: Access,
    /// With which topics.
    pub filter: TopicFilter,
    /// What for, in a few words.
    pub why: String,
}

/// What one may do with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Receive.
    Read,
    /// Publish.
    Write,
    /// Both.
    ReadWrite,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadWrite => "readwrite",
        })
    }
}

/// Why no rights can be derived for a thing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RightsError {
    /// Nobody knows its topics beforehand.
    #[error(
        "the thing `{thing}` has the {found}, which may be another tomorrow, so nobody can say which topics are its own; \
         give it a fixed one in the topology: address = \"172.16.32.157\""
    )]
    NoAddress {
        /// Its name.
        thing: String,
        /// Where its address comes from.
        found: String,
    },
    /// Its id cannot be a user's name.
    #[error(
        "the address `{id}` of the thing `{thing}` cannot be a user name, since it holds `{character}`; allowed are \
         letters, digits, `.`, `-` and `_`, as in a host name or an IPv4 address"
    )]
    NoUserName {
        /// Its name.
        thing: String,
        /// Its id.
        id: Topic,
        /// The first character that does not fit.
        character: char,
    },
    /// It is the name of a person's account, or of Home Assistant's.
    #[error(
        "the address of the thing `{thing}` is `{user}`, which is the user name of a person's account; give it another"
    )]
    Taken {
        /// Its name.
        thing: String,
        /// That user name.
        user: String,
    },
}

/// The accounts that a topology needs: its things in the order of the file, the operator, who speaks for buildings, Home
/// Assistant where things announce themselves to it, the observer, strangers.
///
/// # Errors
/// Every thing for which that cannot be said.
pub fn derive(topology: &Topology) -> Result<Vec<Account>, Vec<RightsError>> {
    let (mut errors, mut parties) = (Vec::new(), Vec::new());
    for plan in &topology.things {
        match id(&plan.name, &plan.address) {
            Ok(id) => parties.push((plan, own::Party::new(id, plan))),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut accounts: Vec<Account> = parties
        .iter()
        .map(|(plan, party)| party.account(&plan.name))
        .collect();
    let operator = people::operator(parties.iter().map(|(_, party)| party), &topology.buildings);
    accounts.push(operator);
    accounts.extend(building::account(&topology.buildings));
    accounts.extend(people::home_assistant(
        parties.iter().map(|(_, party)| party),
    ));
    let strangers = stranger::accounts(parties.iter().map(|(_, party)| party), &accounts);
    let observer = people::observer(accounts.iter().chain(&strangers));
    accounts.push(observer);
    accounts.extend(strangers);
    Ok(accounts)
}

/// What a thing of a topology needs under this id, whatever the others of the file are.
#[must_use]
pub fn of_thing(plan: &ThingPlan, id: &Topic) -> Account {
    own::Party::new(id, plan).account(&plan.name)
}

/// Every topic on which the broker keeps something of a thing with this id.
#[must_use]
pub fn retained(plan: &ThingPlan, id: &Topic) -> Vec<Topic> {
    own::Party::new(id, plan).retained()
}

/// The account for `broker acl test`. No topology needs it.
#[must_use]
pub fn prover() -> Account {
    people::prover()
}

/// The id of a thing, if it can be the name of a user.
fn id<'a>(thing: &str, address: &'a Address) -> Result<&'a Topic, RightsError> {
    let thing = thing.to_owned();
    let Address::Fixed(id) = address else {
        let found = address.to_string();
        return Err(RightsError::NoAddress { thing, found });
    };
    let user = id.as_str();
    if let Some(character) = user.chars().find(|c| !fits(*c)) {
        let id = id.clone();
        return Err(RightsError::NoUserName {
            thing,
            id,
            character,
        });
    }
    let taken = [
        OPERATOR,
        HOME_ASSISTANT,
        OBSERVER,
        BUILDING,
        PROVER,
        ".",
        "..",
    ];
    match taken.contains(&user) {
        true => Err(RightsError::Taken {
            thing,
            user: user.to_owned(),
        }),
        false => Ok(id),
    }
}

/// Whether a character can be in a user name that is also the name of a folder, a part of a certificate's subject and
/// a field of a file whose fields end at a colon.
const fn fits(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Grants, each filter once.
#[derive(Debug, Default)]
struct Grants(Vec<Grant>);

impl Grants {
    fn add(&mut self, access: Access, filter: impl Into<TopicFilter>, why: impl Into<String>) {
        let (filter, why) = (filter.into(), why.into());
        let Some(known) = self.0.iter_mut().find(|known| known.filter == filter) else {
            self.0.push(Grant {
                access,
                filter,
                why,
            });
            return;
        };
        if known.access != access {
            known.access = Access::ReadWrite;
        }
        if !known.why.split("; ").any(|told| told == why) {
            known.why = format!("{}; {why}", known.why);
        }
    }
}
