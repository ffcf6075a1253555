//! Connects what is written: who follows whom, what values come along each wire, and whether they fit.

use super::findings::{Findings, Rule};
use super::follows::{LostValue, WrittenLost, WrittenSource};
use super::order::{Circle, Wires};
use super::plan::{ResourcePlan, Said, SourcePlace, SourcePlan};
use super::resource::WrittenResource;
use super::section::{Placed, shown};
use super::targets::{Directory, Node, Target};
use super::thing::WrittenThing;
use crate::fleet::ExecutorSettings;
use crate::model::{Color, Mistake, Topic, Value, ValueKind};
use crate::thing::{Class, OnSourceLost, Source};
use std::sync::Arc;

/// The plans of all resources, thing by thing; complete only if no mistake was found.
pub(super) fn plans(
    things: &[WrittenThing<'_>],
    findings: &mut Findings<'_>,
) -> Vec<Vec<ResourcePlan>> {
    let directory = Directory::new(things);
    let written = |node: Node| {
        let (home, index) = directory.home(node);
        &things[home].resources[index]
    };
    let targets: Vec<Vec<Option<Target>>> = (0..directory.len())
        .map(|node| targets(&directory, node, written(node), findings))
        .collect();
    let mut wires = Wires::new(directory.len());
    for (node, targets) in targets.iter().enumerate() {
        for (index, target) in targets.iter().enumerate() {
            // who would follow itself has been refused, and has no target
            if let Some(to) = target.as_ref().and_then(Target::node) {
                wires.add(node, to, index);
            }
        }
    }
    let (order, circles) = wires.order();
    for circle in &circles {
        refuse_circle(&directory, circle, written(circle.nodes[0]), findings);
    }
    let mut plans: Vec<Option<ResourcePlan>> = vec![None; directory.len()];
    for node in order {
        let resolver = Resolver {
            things,
            directory: &directory,
            plans: &plans,
        };
        plans[node] = resolver.plan(node, &targets[node], findings);
    }
    let mut by_thing: Vec<Vec<ResourcePlan>> = things.iter().map(|_| Vec::new()).collect();
    for (node, plan) in plans.into_iter().enumerate() {
        by_thing[directory.home(node).0].extend(plan);
    }
    by_thing
}

/// Who is followed, source by source; `None` after a mistake.
fn targets<'t>(
    directory: &Directory<'_, 't>,
    node: Node,
    written: &WrittenResource<'t>,
    findings: &mut Findings<'_>,
) -> Vec<Option<Target>> {
    let mut targets: Vec<Option<Target>> = Vec::new();
    for source in &written.wiring.sources {
        let mut target = directory.find(node, source, findings);
        let name = shown(source.text);
        if target == Some(Target::Resource(node)) {
            let message = format!("`{name}` would follow itself");
            let help = "name the sensor that moves it";
            let mistake = Mistake::new(source.place.clone(), message).help(help);
            findings.refuse(Rule::FollowsItself, mistake);
            target = None;
        } else if target.is_some() && targets.contains(&target) {
            let message = format!("`{name}` is followed twice");
            let mistake = Mistake::new(source.place.clone(), message).help("once is enough");
            findings.refuse(Rule::SourceTwice, mistake);
            target = None;
        }
        targets.push(target);
    }
    targets
}

fn refuse_circle(
    directory: &Directory<'_, '_>,
    circle: &Circle,
    first: &WrittenResource<'_>,
    findings: &mut Findings<'_>,
) {
    let nodes = circle.nodes.iter().chain(circle.nodes.first());
    let names: Vec<String> = nodes.map(|node| directory.name(*node)).collect();
    let message = format!("the wire goes in a circle: {}", names.join(" follows "));
    let place = first.wiring.sources[circle.source].place.clone();
    let mistake = Mistake::new(place, message)
        .help("nothing in it would ever move; one of them has to follow a sensor instead");
    findings.refuse(Rule::Loop, mistake);
}

/// What a knob of the original app says; also what a dimmable LED expects from a stranger.
const KNOB: ValueKind = ValueKind::Integer { min: 0, max: 1023 };

/// Makes plans of resources whose sources have theirs.
struct Resolver<'a, 't> {
    things: &'a [WrittenThing<'t>],
    directory: &'a Directory<'a, 't>,
    plans: &'a [Option<ResourcePlan>],
}

impl Resolver<'_, '_> {
    fn plan(
        &self,
        node: Node,
        targets: &[Option<Target>],
        findings: &mut Findings<'_>,
    ) -> Option<ResourcePlan> {
        let (home, index) = self.directory.home(node);
        let written = &self.things[home].resources[index];
        let kind = written.kind?;
        let mut plan = ResourcePlan {
            name: written.name.value.to_owned(),
            kind,
            port: written.port.as_ref().map(|port| port.value),
            settings: written.settings.clone(),
            sources: Vec::new(),
            combine: written.wiring.combine,
            on_source_lost: OnSourceLost::Rest,
            retain: written.retain,
            qos: written.qos,
            room: written.room.as_ref().map(|room| room.value.clone()),
            executor: written.executor.clone().map(|settings| {
                let face = written.governor.as_ref().map(|face| face.value.clone());
                Arc::new(ExecutorSettings {
                    governor: face,
                    ..settings
                })
            }),
        };
        let mut all_known = true;
        for (source, target) in written.wiring.sources.iter().zip(targets) {
            let found = target.as_ref().and_then(|target| match target {
                Target::Resource(other) => {
                    self.is_kept(*other, source, findings);
                    self.inside(home, *other, None)
                }
                Target::Channel(other, number) => {
                    self.is_kept(*other, source, findings);
                    self.inside(home, *other, Some(*number))
                }
                Target::Stranger(topic) => Some(stranger(topic, source, &plan, findings)),
            });
            match found {
                Some(found) if fits(self.directory, node, source, &found, &plan, findings) => {
                    plan.sources.push(found);
                }
                Some(_) | None => all_known = false,
            }
        }
        // what it takes is sure only when all its sources are
        if all_known {
            plan.on_source_lost = on_lost(&written.wiring.on_lost, &plan, findings);
        }
        Some(plan)
    }

    /// A follower that comes later hears from the broker only what was kept.
    fn is_kept(&self, other: Node, source: &WrittenSource<'_>, findings: &mut Findings<'_>) {
        if self.plans[other].as_ref().is_some_and(|plan| !plan.retain) {
            let name = self.directory.name(other);
            let message = format!(
                "after a restart this does not know `{}` until that changes",
                shown(&name)
            );
            let help = format!("`{}` has retain = false; leave that out", shown(&name));
            let mistake = Mistake::new(source.place.clone(), message).help(help);
            findings.warn(Rule::SourceNotKept, mistake);
        }
    }

    /// A resource of this file, or one of its several values, as a source for the thing `home`.
    fn inside(&self, home: usize, other: Node, number: Option<usize>) -> Option<SourcePlan> {
        let plan = self.plans[other].as_ref()?;
        let thing = &self.things[self.directory.home(other).0];
        let sub = number.and_then(|number| plan.kind.channels.get(number));
        let said = Said {
            class: plan.kind.class,
            resource: plan.name.clone(),
            channel: sub.map(|sub| sub.name),
            value: sub.map_or_else(|| value(plan), |sub| sub.value),
            needs_board: plan.kind.needs_board(),
        };
        let place = if self.directory.home(other).0 == home {
            SourcePlace::Inside(said)
        } else {
            SourcePlace::Outside(said.source(thing.id()?))
        };
        let mut name = self.directory.name(other);
        if let Some(sub) = sub {
            name = format!("{name}/{}", sub.name);
        }
        Some(SourcePlan { name, place })
    }
}

/// What a resource says.
fn value(plan: &ResourcePlan) -> ValueKind {
    let anywhere = Topic::new("id").expect("a word is a topic");
    plan.spec(&anywhere).value()
}

/// Somebody else's topic as a source.
fn stranger(
    topic: &Topic,
    source: &WrittenSource<'_>,
    plan: &ResourcePlan,
    findings: &mut Findings<'_>,
) -> SourcePlan {
    let dimmable = plan
        .kind
        .can_follow
        .is_some_and(|can_follow| can_follow(plan.port, KNOB).is_ok());
    let value = match &source.range {
        Some(range) => ValueKind::Integer {
            min: range.value.0,
            max: range.value.1,
        },
        // what shows one thing only is told that; text and colours are said by somebody who knows of it
        None => match value(&ResourcePlan {
            sources: Vec::new(),
            ..plan.clone()
        }) {
            ValueKind::Bool if dimmable => KNOB,
            own => own,
        },
    };
    let stale_after = source.stale_after.as_ref().map(|stale| stale.value);
    let presence = match stale_after {
        Some(_) => Vec::new(),
        None => presence(topic),
    };
    if presence.is_empty() && stale_after.is_none() {
        let message = "nobody would notice if this source went away";
        let help = format!(
            "write {{ topic = \"{}\", stale_after_s = 60 }} if it speaks at least once a minute",
            shown(source.text)
        );
        let mistake = Mistake::new(source.place.clone(), message).help(help);
        findings.warn(Rule::LossUnnoticed, mistake);
    }
    SourcePlan {
        name: topic.to_string(),
        place: SourcePlace::Outside(Source {
            topic: topic.clone(),
            value,
            presence,
            stale_after,
        }),
    }
}

/// The topics that tell whether a stranger is there, if it is one of ours from another file.
fn presence(topic: &Topic) -> Vec<Topic> {
    let levels: Vec<&str> = topic.as_str().split('/').collect();
    let classes = [Class::Sensors, Class::Actuators].map(Class::as_str);
    match levels[..] {
        [id, class, name] if !id.is_empty() && !name.is_empty() && classes.contains(&class) => {
            let told = [format!("{id}/status"), format!("{topic}/availability")];
            told.into_iter()
                .filter_map(|text| Topic::new(text).ok())
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the actuator can show what the source says.
fn fits(
    directory: &Directory<'_, '_>,
    node: Node,
    source: &WrittenSource<'_>,
    found: &SourcePlan,
    plan: &ResourcePlan,
    findings: &mut Findings<'_>,
) -> bool {
    let says = match &found.place {
        SourcePlace::Inside(said) => said.value,
        SourcePlace::Outside(source) => source.value,
    };
    let Some(can_follow) = plan.kind.can_follow else {
        return false;
    };
    match can_follow(plan.port, says) {
        Ok(()) => true,
        Err(reason) => {
            let message = format!(
                "`{}` cannot follow `{}`: {reason}",
                shown(&directory.name(node)),
                shown(&found.name)
            );
            let help = format!("`{}` says {says}", shown(&found.name));
            let mistake = Mistake::new(source.place.clone(), message).help(help);
            findings.refuse(Rule::CannotFollow, mistake);
            false
        }
    }
}

fn on_lost(
    written: &WrittenLost,
    plan: &ResourcePlan,
    findings: &mut Findings<'_>,
) -> OnSourceLost {
    let Placed { value: wish, place } = match written {
        WrittenLost::Rest => return OnSourceLost::Rest,
        WrittenLost::Hold => return OnSourceLost::Hold,
        WrittenLost::Value(placed) => placed,
    };
    let kind = value(plan);
    match (*wish, kind) {
        (LostValue::Bool(on), ValueKind::Bool) => OnSourceLost::Value(Value::Bool(on)),
        (LostValue::Bool(on), ValueKind::Integer { min, max }) => {
            OnSourceLost::Value(Value::Integer(if on { max } else { min }))
        }
        (LostValue::Bool(on), ValueKind::Color) => {
            OnSourceLost::Value(Value::Color(if on { Color::WHITE } else { Color::BLACK }))
        }
        (LostValue::Integer(n), ValueKind::Integer { min, max }) if (min..=max).contains(&n) => {
            OnSourceLost::Value(Value::Integer(n))
        }
        (LostValue::Color(color), ValueKind::Color) => OnSourceLost::Value(Value::Color(color)),
        (LostValue::Bool(_) | LostValue::Integer(_) | LostValue::Color(_), _) => {
            let wish = match wish {
                LostValue::Bool(on) => on.to_string(),
                LostValue::Integer(n) => n.to_string(),
                LostValue::Color(color) => color.to_string(),
            };
            let name = shown(&plan.name);
            let mut message = format!("`{name}` cannot show {wish}");
            let help = match kind {
                ValueKind::Bool => "it shows true or false".to_owned(),
                ValueKind::Color => {
                    "it shows a colour, as \"#ff0000\"; true is white, false is dark".to_owned()
                }
                ValueKind::Text => {
                    message = format!("`{name}` shows text, and {wish} is none");
                    "write \"rest\", and it is dark, or \"hold\", and it shows what was said last"
                        .to_owned()
                }
                other => format!("it shows {other}, true or false"),
            };
            let mistake = Mistake::new(place.clone(), message).help(help);
            findings.refuse(Rule::LostUnfit, mistake);
            OnSourceLost::Rest
        }
    }
}
