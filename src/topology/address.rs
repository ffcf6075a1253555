//! Reads where a thing's id comes from: `address` or `interface`.

use super::findings::{Findings, Rule};
use super::plan::Address;
use super::section::{Item, Placed, Section, shown};
use super::thing::WrittenThing;
use crate::model::{Mistake, Topic};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

/// The longest name of a host (RFC 1035, section 2.3.4, without the dots at the ends).
const LONGEST: usize = 253;

/// The longest name of a network interface on Linux (`IFNAMSIZ` without its zero).
const LONGEST_INTERFACE: usize = 15;

/// What an address is for.
const HELP: &str = "the Pi's own address, as in \"172.16.32.157\"; all its topics begin with it";

/// Reads it; `None` after a mistake.
pub(super) fn read(
    section: &mut Section<'_>,
    findings: &mut Findings<'_>,
) -> Option<Placed<Address>> {
    let (item, address) = match (section.take("address"), section.take("interface")) {
        (None, None) => {
            let place = section.place.clone();
            return Some(Placed {
                value: Address::DefaultRoute,
                place,
            });
        }
        (Some(item), None) => (item.clone(), fixed(&item, findings).map(Address::Fixed)),
        (None, Some(item)) => (
            item.clone(),
            interface(&item, findings).map(Address::Interface),
        ),
        (Some(_), Some(item)) => {
            let mistake = Mistake::new(item.key.place, "`address` and `interface` exclude each other")
                .help("`address` gives the id here; `interface` takes the address that the Pi has when it runs");
            findings.refuse(Rule::AddressAndInterface, mistake);
            return None;
        }
    };
    address.map(|value| Placed {
        value,
        place: item.place,
    })
}

fn fixed(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Topic> {
    let text = item.text(findings)?;
    let at = |test: fn(char) -> bool| text.char_indices().find(|(_, c)| test(*c));
    let name = shown(text);
    let (rule, message, odd) = if text.is_empty() {
        (Rule::AddressEmpty, "the address is empty".to_owned(), None)
    } else if text.len() > LONGEST {
        let message = format!(
            "an address of {} bytes is too long; at most {LONGEST}",
            text.len()
        );
        (Rule::AddressTooLong, message, None)
    } else if let odd @ Some((_, c)) = at(|c| matches!(c, '+' | '#')) {
        let message =
            format!("the address `{name}` holds `{c}`, which is a wildcard in subscriptions");
        (Rule::AddressWildcard, message, odd)
    } else if let odd @ Some(_) = at(|c| c == '/') {
        let message = format!("the address `{name}` holds `/`; it is one level of a topic");
        (Rule::AddressSlash, message, odd)
    } else if text.starts_with('$') {
        let message =
            format!("the address `{name}` begins with `$`, which brokers keep for themselves");
        (Rule::AddressDollar, message, Some((0, '$')))
    } else if let odd @ Some(_) = at(char::is_control) {
        let message = format!("the address `{name}` holds a control character");
        (Rule::AddressControl, message, odd)
    } else if let odd @ Some(_) = at(char::is_whitespace) {
        let message = format!("the address `{name}` holds a blank");
        (Rule::AddressBlank, message, odd)
    } else if looks_like_ipv4(text) && text.parse::<Ipv4Addr>().is_err() {
        let message =
            format!("the address `{name}` looks like IPv4, which has four numbers of 0 to 255");
        (Rule::AddressNoIp, message, None)
    } else if text.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified()) {
        let message = format!("the address `{name}` means any or none, so it is nobody's");
        (Rule::AddressNowhere, message, None)
    } else {
        if looks_mistyped(text) {
            let message =
                format!("the address `{name}` looks like a mistyped one; it is taken as a name");
            let mistake = item.mistake(message).help(HELP);
            findings.warn(Rule::AddressOdd, mistake);
        }
        return Topic::new(text).ok();
    };
    let place = odd.map_or_else(
        || item.place.clone(),
        |(start, c)| findings.part(&item.place, text, start, c.len_utf8()),
    );
    findings.refuse(rule, Mistake::new(place, message).help(HELP));
    None
}

fn looks_like_ipv4(text: &str) -> bool {
    text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Digits with punctuation between, as `172,16,32,157`. A number alone may well be somebody's name for a Pi.
fn looks_mistyped(text: &str) -> bool {
    let is_known = |c: char| c.is_ascii_digit() || c.is_ascii_punctuation();
    text.chars().all(is_known)
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_punctuation())
        && text.parse::<IpAddr>().is_err()
}

fn interface(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<String> {
    let text = item.text(findings)?;
    let fits = !text.is_empty()
        && text.len() <= LONGEST_INTERFACE
        && text.chars().all(|c| c.is_ascii_graphic() && c != '/');
    if !fits {
        let message = format!("`{}` is no name of a network interface", shown(text));
        let help = "`ip link` lists them, as eth0 or wlan0; without `interface` the default route's is taken";
        findings.refuse(Rule::InterfaceBad, item.mistake(message).help(help));
        return None;
    }
    Some(text.to_owned())
}

/// Two things with one address would be one client to the broker, and their topics would mix.
pub(super) fn are_used_once(things: &[WrittenThing<'_>], findings: &mut Findings<'_>) {
    let mut first: HashMap<String, &str> = HashMap::new();
    for thing in things {
        let Some(Placed {
            value: Address::Fixed(id),
            place,
        }) = &thing.address
        else {
            continue;
        };
        // one IPv6 address can be written in several ways
        let plain = id
            .as_str()
            .parse::<IpAddr>()
            .map_or_else(|_| id.to_string(), |ip| ip.to_string());
        match first.get(&plain) {
            Some(other) => {
                let message = format!("thing `{}` has the same address", shown(other));
                let mistake = Mistake::new(place.clone(), message).help(
                    "one Pi is one thing: put all its resources into one, or correct the address",
                );
                findings.refuse(Rule::AddressTwice, mistake);
            }
            None => {
                first.insert(plain, thing.name);
            }
        }
    }
}
