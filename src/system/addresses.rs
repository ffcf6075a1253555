//! Which addresses this machine has. A thing's topics begin with one.

use super::Root;
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use thiserror::Error;

/// Why an interface's address is not known.
#[derive(Debug, Error)]
pub enum AddressError {
    /// The kernel did not list the interfaces.
    #[error("cannot list the network interfaces: {0}")]
    List(#[source] io::Error),
    /// There is no such interface now.
    #[error("there is no interface `{name}` with an address; this machine has {}", list(.known))]
    NoInterface {
        /// The name that was asked for.
        name: String,
        /// The names that have an address.
        known: Vec<String>,
    },
    /// No interface has the default route.
    #[error(
        "no interface has the default route yet; name one in the topology with `interface = \"..\"`"
    )]
    NoDefaultRoute,
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// Every address of this machine, loopback included.
///
/// # Errors
/// The kernel did not list the interfaces.
pub fn local_addresses() -> Result<Vec<IpAddr>, AddressError> {
    let interfaces = get_if_addrs::get_if_addrs().map_err(AddressError::List)?;
    Ok(interfaces.iter().map(get_if_addrs::Interface::ip).collect())
}

/// The address of an interface: of several, IPv4 goes before IPv6, and a link-local IPv4 address (which a machine
/// gives itself while no DHCP server answers) comes last. A link-local IPv6 address is none: every interface has one.
///
/// # Errors
/// The interface is not there, or has no address yet.
pub fn interface_address(name: &str) -> Result<IpAddr, AddressError> {
    let interfaces = get_if_addrs::get_if_addrs().map_err(AddressError::List)?;
    let useful = interfaces
        .iter()
        .filter_map(|interface| Some((rank(interface.ip())?, interface)));
    let mut known = BTreeSet::new();
    let mut best = None;
    for (rank, interface) in useful {
        known.insert(interface.name.clone());
        if interface.name == name && best.is_none_or(|(lowest, _)| rank < lowest) {
            best = Some((rank, interface.ip()));
        }
    }
    best.map(|(_, ip)| ip)
        .ok_or_else(|| AddressError::NoInterface {
            name: name.to_owned(),
            known: known.into_iter().collect(),
        })
}

/// How good an address is as a name on the network, the lower the better; `None` if it is none.
const fn rank(ip: IpAddr) -> Option<u8> {
    match ip {
        IpAddr::V4(ip) if ip.is_link_local() => Some(2),
        IpAddr::V4(_) => Some(0),
        IpAddr::V6(ip) if ip.is_unicast_link_local() => None,
        IpAddr::V6(_) => Some(1),
    }
}

/// The interface with the default route: of several, the one with the smallest metric.
///
/// Source: `/proc/net/route` (the kernel's `net/ipv4/fib_trie.c`, `fib_route_seq_show`): interface, destination,
/// gateway, flags, two counters, metric, mask; numbers in hexadecimal but the metric.
///
/// # Errors
/// There is none.
pub fn default_route(root: &Root) -> Result<String, AddressError> {
    let table = std::fs::read_to_string(root.path("/proc/net/route")).unwrap_or_default();
    let routes = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (name, destination, mask) = (fields.first()?, fields.get(1)?, fields.get(7)?);
        let metric: u32 = fields.get(6)?.parse().ok()?;
        (*destination == "00000000" && *mask == "00000000").then(|| (metric, (*name).to_owned()))
    });
    routes
        .min()
        .map(|(_, name)| name)
        .ok_or(AddressError::NoDefaultRoute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_route_with_the_smallest_metric_is_taken() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("proc/net")).unwrap();
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                     eth0\t002010AC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                     wlan0\t00000000\t012010AC\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                     eth0\t00000000\t012010AC\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
        std::fs::write(root.path().join("proc/net/route"), table).unwrap();
        assert_eq!(default_route(&Root::at(root.path())).unwrap(), "eth0");
    }

    #[test]
    fn a_machine_without_a_default_route_says_so() {
        let root = tempfile::tempdir().unwrap();
        let error = default_route(&Root::at(root.path())).unwrap_err();
        assert!(matches!(error, AddressError::NoDefaultRoute));
    }

    #[test]
    fn an_address_that_every_interface_has_is_no_name() {
        let ranks = ["10.0.0.1", "2001:db8::1", "169.254.1.1", "fe80::1"]
            .map(|ip| rank(ip.parse().unwrap()));
        assert_eq!(ranks, [Some(0), Some(1), Some(2), None]);
    }

    #[test]
    fn an_interface_that_is_not_there_is_named_with_those_that_are() {
        let error = interface_address("nope0").unwrap_err().to_string();
        assert!(error.contains("`nope0`") && error.contains("lo"), "{error}");
        assert!(interface_address("lo").unwrap().is_loopback());
        assert!(local_addresses().unwrap().iter().any(IpAddr::is_loopback));
    }
}
