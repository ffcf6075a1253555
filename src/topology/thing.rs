//! Reads `[things.<name>]`.

use super::address;
use super::advice;
use super::findings::{Findings, Rule};
use super::plan::Address;
use super::resource::{self, WrittenResource};
use super::section::{Item, Placed, Section, shown};
use crate::board::Port;
use crate::model::Mistake;
use crate::resources::PortUse;

/// A thing as it is written.
pub(super) struct WrittenThing<'t> {
    pub(super) name: &'t str,
    /// `None` after a mistake.
    pub(super) address: Option<Placed<Address>>,
    pub(super) bus: u8,
    pub(super) reset_gpio: Option<u8>,
    pub(super) resources: Vec<WrittenResource<'t>>,
}

/// The longest name of a thing or a resource. Far more than anybody wants to type, far less than a topic holds.
const LONGEST_NAME: usize = 64;

/// The GPIOs (BCM numbers) that are the two wires of I2C bus 1.
const BUS_1_GPIO: [i64; 2] = [2, 3];

/// Reads all things from the top of the file.
pub(super) fn read<'t>(
    top: &mut Section<'t>,
    findings: &mut Findings<'_>,
) -> Vec<WrittenThing<'t>> {
    let help = "add [things.inner] and [things.inner.resources]";
    let Some(item) = top.take("things") else {
        let mistake = Mistake::new(0..0, "there are no things").help(help);
        top.missing("things", Rule::NoThings, mistake, findings);
        return Vec::new();
    };
    let Some(mut section) = item.section("`things`", Rule::UnknownKeyInFile, findings) else {
        return Vec::new();
    };
    let items = section.take_all();
    if items.is_empty() {
        let mistake = Mistake::new(item.key.place, "there are no things").help(help);
        findings.refuse(Rule::NoThings, mistake);
    }
    let things: Vec<WrittenThing<'t>> = items
        .iter()
        .filter_map(|item| thing(item, findings))
        .collect();
    things
}

fn thing<'t>(item: &Item<'t>, findings: &mut Findings<'_>) -> Option<WrittenThing<'t>> {
    name(&item.key, "thing", Rule::ThingName, findings);
    let mut section = item.section("a thing", Rule::UnknownKeyInThing, findings)?;
    let address = address::read(&mut section, findings);
    let bus = section
        .take("bus")
        .map_or(Some(1), |item| {
            let about = "the number in /dev/i2c-1; 1 when left out";
            item.integer((0, 255), Rule::BusRange, about, findings)
        })
        .unwrap_or(1);
    let reset_gpio = section
        .take("reset_gpio")
        .and_then(|item| reset_gpio(&item, bus, findings));
    let resources = resources(&mut section, findings);
    section.finish(misplaced, findings);
    Some(WrittenThing {
        name: item.key.value,
        address,
        bus: u8::try_from(bus).unwrap_or(u8::MAX),
        reset_gpio,
        resources,
    })
}

/// A resource that stands right in the thing is a frequent slip.
fn misplaced(key: &str) -> Option<String> {
    let looks_like_a_resource = key.ends_with(|c: char| c.is_ascii_digit());
    looks_like_a_resource.then(|| "resources stand under [things.<name>.resources]".to_owned())
}

fn reset_gpio(item: &Item<'_>, bus: i64, findings: &mut Findings<'_>) -> Option<u8> {
    let about = "the BCM number of the Pi's pin that is wired to the board's reset";
    let gpio = item.integer((0, 27), Rule::ResetGpioRange, about, findings)?;
    if bus == 1 && BUS_1_GPIO.contains(&gpio) {
        let message = format!("GPIO {gpio} is a wire of I2C bus 1 itself");
        findings.refuse(Rule::ResetGpioIsBus, item.mistake(message).help(about));
    }
    u8::try_from(gpio).ok()
}

fn resources<'t>(
    section: &mut Section<'t>,
    findings: &mut Findings<'_>,
) -> Vec<WrittenResource<'t>> {
    let none = Mistake::new(
        section.place.clone(),
        "this thing has no resources, so it would do nothing",
    )
    .help("give it one, as `mqtt-thing kinds` shows, or leave the thing out");
    let Some(item) = section.take("resources") else {
        section.missing("resources", Rule::NoResources, none, findings);
        return Vec::new();
    };
    let Some(mut table) = item.section("`resources`", Rule::UnknownKeyInThing, findings) else {
        return Vec::new();
    };
    let items = table.take_all();
    if items.is_empty() {
        let none = Mistake {
            place: item.key.place,
            ..none
        };
        findings.refuse(Rule::NoResources, none);
    }
    let resources: Vec<WrittenResource<'t>> = items
        .iter()
        .map(|item| resource::read(item, findings))
        .collect();
    ports_are_used_once(&resources, findings);
    advice::slow_ones(&resources, findings);
    resources
}

fn ports_are_used_once(resources: &[WrittenResource<'_>], findings: &mut Findings<'_>) {
    let taken = |resource: &WrittenResource<'_>, pin: Port| {
        let uses = resource.kind.map_or(PortUse::None, |kind| kind.port);
        let port = resource.port.as_ref();
        port.is_some_and(|port| uses.takes(port.value, pin))
    };
    for (index, resource) in resources.iter().enumerate() {
        let Some(port) = &resource.port else { continue };
        let shared = |other: &&WrittenResource<'_>| {
            Port::ALL
                .into_iter()
                .find(|pin| taken(resource, *pin) && taken(other, *pin))
        };
        let first = resources[..index].iter();
        if let Some((first, pin)) = first.filter_map(|it| Some((it, shared(&it)?))).next() {
            let first_name = shown(first.name.value);
            let message = format!("port {pin} is taken by `{first_name}`");
            let help = if first.port.as_ref().map(|first| first.value) == Some(port.value) {
                "each resource needs a socket of its own"
            } else {
                "a module with two signal wires takes the next socket's pin as well; leave that one empty"
            };
            let mistake = Mistake::new(port.place.clone(), message).help(help);
            findings.refuse(Rule::PortTwice, mistake);
        }
    }
}

/// Checks the name of a thing, a resource or a lab; returns whether it is one.
pub(super) fn name(
    key: &Placed<&str>,
    what: &str,
    rule: Rule,
    findings: &mut Findings<'_>,
) -> bool {
    let text = key.value;
    let fits = text.len() <= LONGEST_NAME
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !fits {
        let message = format!("`{}` is no name for a {what}", shown(text));
        let help = format!(
            "a name begins with a letter a to z and goes on with a to z, 0 to 9 and _, at most {LONGEST_NAME} in all"
        );
        findings.refuse(rule, Mistake::new(key.place.clone(), message).help(help));
    }
    fits
}
