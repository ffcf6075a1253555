//! Which thing of a lab's file this machine is, and which address its topics begin with.

use crate::model::Topic;
use crate::system::{AddressError, Root, default_route, interface_address};
use crate::thing::Class;
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

/// Chooses the thing: by `name` if there is one, else by this machine's addresses. The one thing whose address is open
/// is chosen when it cannot be another: there is none with an address in the file, or its interface has an address
/// (`has_address`), which is none of these.
///
/// # Errors
/// [`Choose::NotYet`] may pass; the others need a person.
pub fn choose<'a>(
    things: &'a [ThingPlan],
    name: Option<&str>,
    local: &[IpAddr],
    has_address: impl Fn(&Address) -> bool,
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
    let any_fixed = things.iter().any(|plan| fixed_ip(&plan.address).is_some());
    match (open.as_slice(), things) {
        ([plan], _) if !any_fixed || has_address(&plan.address) => Ok(plan),
        ([], [plan]) if fixed_ip(&plan.address).is_none() => Ok(plan),
        ([] | [_], _) => Err(Choose::NotYet {
            wanted: things.iter().map(|plan| plan.address.to_string()).collect(),
            found: local.iter().map(ToString::to_string).collect(),
        }),
        _ => Err(Choose::Ambiguous(
            open.iter().map(|plan| plan.name.clone()).collect(),
        )),
    }
}

/// Whether an address that is not in the file is there now, and was given by the network: a link-local one a machine
/// gives itself while no DHCP server answers, so the right one may still come.
#[must_use]
pub fn has_address(address: &Address, root: &Root) -> bool {
    let link_local =
        |id: &Topic| matches!(id.as_str().parse(), Ok(IpAddr::V4(ip)) if ip.is_link_local());
    current_id(address, root).is_ok_and(|id| !link_local(&id))
}

/// What can be put to rest before it is known which of several things this machine is.
pub struct Common {
    /// The outputs that every thing has on the same port of the same bus, as a thing; if there are any.
    pub plan: Option<ThingPlan>,
    /// The other outputs, as `thing/resource on port`.
    pub restless: Vec<String>,
}

/// Tells the outputs that all things have from those that another thing may have an input on.
#[must_use]
pub fn common_outputs(things: &[ThingPlan]) -> Common {
    let drives = |plan: &ThingPlan, port| {
        let mut resources = plan.resources.iter();
        resources
            .any(|resource| resource.kind.class == Class::Actuators && resource.port == Some(port))
    };
    let mut plan = things.first().cloned();
    if let Some(first) = &mut plan {
        let same_bus = things.iter().all(|plan| plan.bus == first.bus);
        first.resources.retain(|resource| {
            same_bus
                && resource
                    .port
                    .is_some_and(|port| things.iter().all(|plan| drives(plan, port)))
        });
        if things
            .iter()
            .any(|plan| plan.reset_gpio != first.reset_gpio)
        {
            first.reset_gpio = None;
        }
    }
    let plan = plan.filter(|plan| !plan.resources.is_empty());
    let rests = |port| plan.as_ref().is_some_and(|plan| drives(plan, port));
    let mut restless = Vec::new();
    for thing in things {
        for resource in &thing.resources {
            let output = resource.kind.class == Class::Actuators;
            if let Some(port) = resource.port.filter(|port| output && !rests(*port)) {
                restless.push(format!("{}/{} on {port}", thing.name, resource.name));
            }
        }
    }
    Common { plan, restless }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology;

    const INNER: &str = "[things.inner]\naddress = \"10.77.0.1\"\n";
    const OUTER: &str = "[things.outer]\ninterface = \"eth0\"\n";

    fn things(inner: &str, outer: &str) -> Vec<ThingPlan> {
        let text = format!(
            "[broker]\nurl = \"mqtt://b\"\n{inner}[things.inner.resources]\n\
             b = {{ kind = \"button\", port = \"D3\" }}\n\
             l = {{ kind = \"led\", port = \"D4\", follows = \"inner/b\" }}\n\
             m = {{ kind = \"led\", port = \"D5\", follows = \"inner/b\" }}\n\
             {outer}[things.outer.resources]\nbutton = {{ kind = \"button\", port = \"D5\" }}\n\
             r = {{ kind = \"relay\", port = \"D4\", follows = \"inner/b\" }}\n"
        );
        topology::parse(&text).unwrap().things
    }

    fn chosen(things: &[ThingPlan], local: &str, has_address: bool) -> Option<String> {
        let local = [local.parse().unwrap()];
        let plan = choose(things, None, &local, |_| has_address);
        if let Err(error) = &plan {
            assert!(matches!(error, Choose::NotYet { .. }), "{error}");
        }
        plan.ok().map(|plan| plan.name.clone())
    }

    #[test]
    fn an_open_thing_beside_one_with_an_address_is_chosen_only_once_it_has_one_itself() {
        let things = things(INNER, OUTER);
        assert_eq!(chosen(&things, "127.0.0.1", false), None);
        assert_eq!(chosen(&things, "10.77.0.9", true).unwrap(), "outer");
        assert_eq!(chosen(&things, "10.77.0.1", true).unwrap(), "inner");
    }

    #[test]
    fn only_outputs_that_every_thing_has_can_rest_before_the_thing_is_known() {
        let common = common_outputs(&things(INNER, OUTER));
        let resources = common.plan.unwrap().resources;
        assert_eq!(resources.len(), 1);
        assert_eq!(resources[0].name, "l");
        assert_eq!(common.restless, ["inner/m on D5"]);
        let other_bus = common_outputs(&things(INNER, &format!("{OUTER}bus = 3\n")));
        assert!(other_bus.plan.is_none());
        let all = ["inner/l on D4", "inner/m on D5", "outer/r on D4"];
        assert_eq!(other_bus.restless, all);
    }
}
