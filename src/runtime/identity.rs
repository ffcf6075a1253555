//! Which thing of a lab's file this machine is, and which address its topics begin with.

use crate::model::Topic;
use crate::system::{AddressError, Root, default_route, interface_address};
use crate::topology::{Address, ThingPlan};
use std::net::IpAddr;
use thiserror::Error;

/// Why no thing can be chosen, now or ever.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Choose {
    /// The name on the command line is not in the file.
    #[error("there is no thing `{wanted}` in the file; it has {}", .known.join(", "))]
    Unknown {
        /// The name.
        wanted: String,
        /// The names in the file.
        known: Vec<String>,
    },
    /// Several things could be this machine.
    #[error("this machine could be any of {}; say which with --thing NAME", .0.join(", "))]
    Ambiguous(Vec<String>),
    /// No address of the file is one of this machine's. It may come: with DHCP, say.
    #[error(
        "no address of the file ({}) is one of this machine's ({}); waiting for one of them. \
         If this machine is one of them under another address, say which with --thing NAME",
        .wanted.join(", "), .found.join(", ")
    )]
    NotYet {
        /// The addresses in the file.
        wanted: Vec<String>,
        /// The addresses of this machine.
        found: Vec<String>,
    },
}

/// Chooses the thing: by `name` if there is one, else by this machine's addresses.
///
/// # Errors
/// [`Choose::NotYet`] may pass; the others need a person.
pub fn choose<'a>(
    things: &'a [ThingPlan],
    name: Option<&str>,
    local: &[IpAddr],
) -> Result<&'a ThingPlan, Choose> {
    if let Some(wanted) = name {
        let known = || things.iter().map(|plan| plan.name.clone()).collect();
        let found = things.iter().find(|plan| plan.name == wanted);
        return found.ok_or_else(|| Choose::Unknown {
            wanted: wanted.to_owned(),
            known: known(),
        });
    }
    let by_address = |plan: &&ThingPlan| is_local(&plan.address, local);
    if let Some(plan) = things.iter().find(by_address) {
        return Ok(plan);
    }
    let open: Vec<_> = things
        .iter()
        .filter(|plan| !matches!(plan.address, Address::Fixed(_)))
        .collect();
    match (open.as_slice(), things) {
        ([plan], _) => Ok(plan),
        ([], [plan]) if fixed_ip(&plan.address).is_none() => Ok(plan),
        ([], _) => {
            let wanted = things
                .iter()
                .filter_map(|plan| fixed(&plan.address))
                .map(ToString::to_string)
                .collect();
            Err(Choose::NotYet {
                wanted,
                found: local.iter().map(ToString::to_string).collect(),
            })
        }
        _ => Err(Choose::Ambiguous(
            open.iter().map(|plan| plan.name.clone()).collect(),
        )),
    }
}

/// The topic that the thing's topics begin with now.
///
/// # Errors
/// Its interface has no address yet.
pub fn current_id(address: &Address, root: &Root) -> Result<Topic, AddressError> {
    let of = |name: &str| {
        interface_address(name)
            .map(|ip| Topic::new(ip.to_string()).expect("an address without wildcards is a topic"))
    };
    match address {
        Address::Fixed(id) => Ok(id.clone()),
        Address::Interface(name) => of(name),
        Address::DefaultRoute => default_route(root).and_then(|name| of(&name)),
    }
}

const fn fixed(address: &Address) -> Option<&Topic> {
    match address {
        Address::Fixed(id) => Some(id),
        _ => None,
    }
}

/// The address, if it is one of IP's rather than just a name.
fn fixed_ip(address: &Address) -> Option<IpAddr> {
    fixed(address)?.as_str().parse().ok()
}

fn is_local(address: &Address, local: &[IpAddr]) -> bool {
    fixed_ip(address).is_some_and(|ip| local.contains(&ip))
}
