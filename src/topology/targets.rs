//! Finds out who is meant by each source: a resource of this file, or a stranger's topic.

use super::findings::{Findings, Rule, listed};
use super::follows::{Meaning, WrittenSource};
use super::plan::Address;
use super::section::{Placed, shown};
use super::thing::WrittenThing;
use crate::model::{Mistake, Topic};
use crate::resources::{Elsewhere, Kind, SubChannel};
use crate::thing::Class;
use std::collections::HashMap;

/// A resource by its number in the file, counted through all things.
pub(super) type Node = usize;

/// Who a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Resource(Node),
    /// One of the several values of a resource, by its number.
    Channel(Node, usize),
    Stranger(Topic),
}

impl Target {
    /// The resource of this file that is meant.
    pub(super) const fn node(&self) -> Option<Node> {
        match self {
            Self::Resource(node) | Self::Channel(node, _) => Some(*node),
            Self::Stranger(_) => None,
        }
    }
}

/// All resources of the file by name and by topic.
pub(super) struct Directory<'a, 't> {
    things: &'a [WrittenThing<'t>],
    by_name: HashMap<(&'t str, &'t str), Node>,
    by_topic: HashMap<String, Target>,
    /// For each node: its thing and its number there.
    homes: Vec<(usize, usize)>,
}

impl<'a, 't> Directory<'a, 't> {
    pub(super) fn new(things: &'a [WrittenThing<'t>]) -> Self {
        let mut directory = Self {
            things,
            by_name: HashMap::new(),
            by_topic: HashMap::new(),
            homes: Vec::new(),
        };
        for (home, thing) in things.iter().enumerate() {
            for (index, resource) in thing.resources.iter().enumerate() {
                let (node, name) = (directory.homes.len(), resource.name.value);
                directory.homes.push((home, index));
                directory.by_name.insert((thing.name, name), node);
                // a topic that all things share says nothing of one of them
                let own = resource.kind.filter(|kind| shared(kind).is_none());
                if let (Some(id), Some(kind)) = (thing.id(), own) {
                    let topic = format!("{id}/{}/{name}", kind.class);
                    for (number, sub) in kind.channels.iter().enumerate() {
                        let target = Target::Channel(node, number);
                        let topic = format!("{topic}/{}", sub.name);
                        directory.by_topic.insert(topic, target);
                    }
                    directory.by_topic.insert(topic, Target::Resource(node));
                }
            }
        }
        directory
    }

    /// How many resources there are.
    pub(super) fn len(&self) -> usize {
        self.homes.len()
    }

    pub(super) fn home(&self, node: Node) -> (usize, usize) {
        self.homes[node]
    }

    /// `thing/resource`.
    pub(super) fn name(&self, node: Node) -> String {
        let (home, index) = self.homes[node];
        let thing = &self.things[home];
        format!("{}/{}", thing.name, thing.resources[index].name.value)
    }

    /// Who `source` of `follower` is; `None` after a mistake.
    pub(super) fn find(
        &self,
        follower: Node,
        source: &WrittenSource<'t>,
        findings: &mut Findings<'_>,
    ) -> Option<Target> {
        let target = match &source.meaning {
            Meaning::Resource { thing, resource } => {
                let node = self.named(thing, resource, source, findings)?;
                self.is_known_to(follower, node, source, findings)?;
                Target::Resource(node)
            }
            Meaning::Alone => {
                self.refuse_alone(follower, source, findings);
                return None;
            }
            Meaning::Topic(topic) => match self.by_topic.get(topic.as_str()) {
                Some(target) => target.clone(),
                None => match self.of_several(topic) {
                    Some((node, channel)) => {
                        self.is_known_to(follower, node, source, findings)?;
                        self.channel(node, channel, source, findings)?
                    }
                    None => self.stranger(topic, source, findings)?,
                },
            },
        };
        if let Some(node) = target.node() {
            self.is_not_described_twice(node, source, findings);
        }
        if let Target::Resource(node) = target {
            self.has_a_topic(node, source, findings)?;
            self.is_one_value(node, source, findings)?;
        }
        Some(target)
    }

    /// `thing/resource/channel`, if there is such a resource.
    fn of_several<'s>(&self, topic: &'s Topic) -> Option<(Node, &'s str)> {
        let levels: Vec<&str> = topic.as_str().split('/').collect();
        let [thing, resource, channel] = levels[..] else {
            return None;
        };
        Some((*self.by_name.get(&(thing, resource))?, channel))
    }

    /// The several values of a resource, as names for a file.
    fn several(&self, node: Node) -> Vec<String> {
        let (home, index) = self.homes[node];
        let kind = self.things[home].resources[index].kind;
        let channels = kind.map_or(&[][..], |kind| kind.channels);
        let name = self.name(node);
        let named = |sub: &SubChannel| format!("{name}/{}", sub.name);
        channels.iter().map(named).collect()
    }

    fn channel(
        &self,
        node: Node,
        channel: &str,
        source: &WrittenSource<'t>,
        findings: &mut Findings<'_>,
    ) -> Option<Target> {
        let (name, several) = (self.name(node), self.several(node));
        let wanted = format!("{name}/{channel}");
        if let Some(number) = several.iter().position(|known| *known == wanted) {
            return Some(Target::Channel(node, number));
        }
        let help = match several.is_empty() {
            true => format!("it has one value; write \"{}\"", shown(&name)),
            false => format!("it has {}", listed(several.iter().map(String::as_str))),
        };
        let message = format!("`{}` has no value `{}`", shown(&name), shown(channel));
        let mistake = Mistake::new(source.place.clone(), message).help(help);
        findings.refuse(Rule::UnknownChannel, mistake);
        None
    }

    /// What all things say on one topic cannot be followed as one thing's.
    fn has_a_topic(
        &self,
        node: Node,
        source: &WrittenSource<'t>,
        findings: &mut Findings<'_>,
    ) -> Option<()> {
        let (home, index) = self.homes[node];
        let kind = self.things[home].resources[index].kind;
        let Some(topic) = kind.and_then(shared) else {
            return Some(());
        };
        let name = self.name(node);
        let message = format!(
            "`{}` speaks on `{topic}`, as others do; it has no topic of its own",
            shown(&name)
        );
        let help = format!(
            "what anybody says there is followed by {{ topic = \"{topic}\", stale_after_s = 10 }}"
        );
        let mistake = Mistake::new(source.place.clone(), message).help(help);
        findings.refuse(Rule::FollowsShared, mistake);
        None
    }

    /// Of a resource with several values one has to be named.
    fn is_one_value(
        &self,
        node: Node,
        source: &WrittenSource<'t>,
        findings: &mut Findings<'_>,
    ) -> Option<()> {
        let several = self.several(node);
        if several.is_empty() {
            return Some(());
        }
        let message = format!("`{}` says several values", shown(&self.name(node)));
        let help = format!(
            "follow one of {}",
            listed(several.iter().map(String::as_str))
        );
        let mistake = Mistake::new(source.place.clone(), message).help(help);
        findings.refuse(Rule::FollowsSeveral, mistake);
        None
    }

    /// A resource without its thing: if there is one of that name, the nearest thing's is meant.
    fn refuse_alone(
        &self,
        follower: Node,
        source: &WrittenSource<'t>,
        findings: &mut Findings<'_>,
    ) {
        let own = &self.things[self.homes[follower].0];
        let mut things = std::iter::once(own).chain(self.things);
        let home = things.find(|thing| self.by_name.contains_key(&(thing.name, source.text)));
        let help = match home {
            Some(home) => format!("did you mean `{}/{}`?", home.name, source.text),
            None => "write \"thing/resource\", also for a resource of the same thing".to_owned(),
        };
        let message = format!("`{}` does not say of which thing", shown(source.text));
        let mistake = Mistake::new(source.place.clone(), message).help(help);
        findings.refuse(Rule::FollowsNoSlash, mistake);
    }

    fn named(
        &self,
        thing: &str,
        resource: &str,
        source: &WrittenSource<'t>,
        findings: &mut Findings<'_>,
    ) -> Option<Node> {
        if let Some(node) = self.by_name.get(&(thing, resource)) {
            return Some(*node);
        }
        let home = self.things.iter().find(|known| known.name == thing);
        let (rule, message, help, (start, len)) = match home {
            None => {
                let names = || self.things.iter().map(|thing| thing.name);
                let help = match findings.nearest(thing, names()) {
                    Some(near) => format!("did you mean `{near}/{resource}`?"),
                    None => format!(
                        "the things are {}; a topic of somebody else is written {{ topic = \"{thing}/{resource}\" }}",
                        listed(names())
                    ),
                };
                let message = format!("there is no thing `{}`", shown(thing));
                (Rule::UnknownThing, message, help, (0, thing.len()))
            }
            Some(home) => {
                let names = || home.resources.iter().map(|known| known.name.value);
                let help = match findings.nearest(resource, names()) {
                    Some(near) => format!("did you mean `{thing}/{near}`?"),
                    None => format!("it has {}", listed(names())),
                };
                let message = format!(
                    "thing `{}` has no resource `{}`",
                    shown(thing),
                    shown(resource)
                );
                let part = (thing.len() + 1, resource.len());
                (Rule::UnknownResource, message, help, part)
            }
        };
        let place = findings.part(&source.place, source.text, start, len);
        findings.refuse(rule, Mistake::new(place, message).help(help));
        None
    }

    /// Topics of another thing are known only if its address is.
    fn is_known_to(
        &self,
        follower: Node,
        node: Node,
        source: &WrittenSource<'t>,
        findings: &mut Findings<'_>,
    ) -> Option<()> {
        let (home, _) = self.homes[node];
        let thing = &self.things[home];
        let found = match thing.address.as_ref().map(|address| &address.value) {
            Some(Address::Interface(_) | Address::DefaultRoute) => "no `address`",
            // an address with a mistake has been named already
            Some(Address::Fixed(_)) | None => return Some(()),
        };
        if self.homes[follower].0 == home {
            return Some(());
        }
        let name = shown(thing.name);
        let message =
            format!("thing `{name}` has {found} in this file, so others cannot know its topics");
        let help = format!("give [things.{name}] an address, as in address = \"172.16.32.157\"");
        let mistake = Mistake::new(source.place.clone(), message).help(help);
        findings.refuse(Rule::NoFixedAddress, mistake);
        None
    }

    /// A topic that no resource of this file has.
    fn stranger(
        &self,
        topic: &Topic,
        source: &WrittenSource<'t>,
        findings: &mut Findings<'_>,
    ) -> Option<Target> {
        let text = topic.as_str();
        let levels: Vec<&str> = text.split('/').collect();
        if let [thing, resource] = levels[..] {
            if self.by_name.contains_key(&(thing, resource)) {
                let message = format!("`{}` is a name of this file and no topic", shown(text));
                let help = format!("write \"{text}\" or {{ source = \"{text}\" }}");
                let mistake = Mistake::new(source.place.clone(), message).help(help);
                findings.refuse(Rule::TopicIsName, mistake);
                return None;
            }
        }
        let classes = [Class::Sensors, Class::Stuff, Class::Actuators].map(Class::as_str);
        if let [id, class, name] = levels[..] {
            let home = self
                .things
                .iter()
                .find(|thing| thing.id().is_some_and(|own| own.as_str() == id));
            if let (Some(home), true) = (home, classes.contains(&class)) {
                let known = home.resources.iter().map(|resource| resource.name.value);
                let help = match findings.nearest(name, known.clone()) {
                    Some(near) => format!("did you mean \"{}/{near}\"?", home.name),
                    None => format!("it has {}", listed(known)),
                };
                let message = format!(
                    "nobody speaks on this topic: thing `{}` has no `{}` among its {class}",
                    home.name,
                    shown(name)
                );
                let mistake = Mistake::new(source.place.clone(), message).help(help);
                findings.refuse(Rule::TopicOfNobody, mistake);
                return None;
            }
        }
        Some(Target::Stranger(topic.clone()))
    }

    /// A resource of this file tells by itself what it says and when it is lost.
    fn is_not_described_twice(
        &self,
        node: Node,
        source: &WrittenSource<'t>,
        findings: &mut Findings<'_>,
    ) {
        let name = self.name(node);
        let name = shown(&name);
        if let Some(stale) = &source.stale_after {
            let message = format!("`{name}` says by itself when it goes away");
            let help = "`stale_after_s` is for sources without a status topic; leave it out";
            let mistake = Mistake::new(stale.place.clone(), message).help(help);
            findings.refuse(Rule::StaleOnOurs, mistake);
        }
        if let Some(range) = &source.range {
            let message = format!("the range of `{name}` is known from its kind");
            let help = "`range` is for topics of others; leave it out";
            let mistake = Mistake::new(range.place.clone(), message).help(help);
            findings.refuse(Rule::RangeOnOurs, mistake);
        }
    }
}

/// The topic that a kind shares with other things.
fn shared(kind: &Kind) -> Option<&'static str> {
    kind.elsewhere.and_then(Elsewhere::shared)
}

impl WrittenThing<'_> {
    /// Its id, if the file says it.
    pub(super) fn id(&self) -> Option<&Topic> {
        match &self.address {
            Some(Placed {
                value: Address::Fixed(id),
                ..
            }) => Some(id),
            _ => None,
        }
    }
}
