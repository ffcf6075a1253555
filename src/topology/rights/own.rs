//! What a thing needs: its own topics to write, and to read what its resources listen to.

use super::{Access, Account, Grants, Who};
use crate::building::Place;
use crate::fleet::{ExecutorSettings, GovernorTopics, own::ExecutorTopics};
use crate::model::{Topic, TopicFilter};
use crate::resources::Spec;
use crate::thing::{Channel, Class, Source, Thing, ThingTopics};
use crate::topology::discovery::Announcing;
use crate::topology::plan::ThingPlan;
use std::sync::Arc;

/// A thing, and what its resources say of themselves.
pub(super) struct Party<'a> {
    pub(super) id: &'a Topic,
    pub(super) topics: ThingTopics,
    pub(super) resources: Vec<Part>,
    /// What it announces to Home Assistant, and where.
    pub(super) announcing: Option<Announcing>,
}

/// A resource of it.
pub(super) struct Part {
    spec: Spec,
    listens_to: Vec<TopicFilter>,
    publishes: Vec<Topic>,
    retained: Vec<Topic>,
}

impl<'a> Party<'a> {
    pub(super) fn new(id: &'a Topic, plan: &ThingPlan) -> Self {
        Self {
            id,
            topics: ThingTopics::of(id),
            resources: plan.specs(id).into_iter().map(Part::new).collect(),
            announcing: plan.announcing(id),
        }
    }

    /// Every topic on which the broker keeps something of it.
    pub(super) fn retained(&self) -> Vec<Topic> {
        let own = [&self.topics.status, &self.topics.about];
        let parts = self.resources.iter().flat_map(|part| &part.retained);
        own.into_iter().chain(parts).cloned().collect()
    }

    pub(super) fn account(&self, name: &str) -> Account {
        let mut grants = Grants::default();
        let ThingTopics {
            status,
            about,
            health,
        } = &self.topics;
        grants.add(
            Access::ReadWrite,
            status.clone(),
            "that it is there, and to contradict who says that it is not",
        );
        grants.add(Access::Write, about.clone(), "what it has");
        grants.add(Access::Write, health.clone(), "how it is doing");
        if let Some(its) = &self.announcing {
            let why = "how Home Assistant finds it, and what it found before";
            grants.add(Access::ReadWrite, its.topic.clone(), why);
            if its.announcement.is_some() {
                let why = "that Home Assistant came back";
                grants.add(Access::Read, its.status.clone(), why);
            }
        }
        for part in &self.resources {
            for topic in &part.publishes {
                grants.add(Access::Write, topic.clone(), part.why_written(topic));
            }
            for filter in &part.listens_to {
                grants.add(Access::Read, filter.clone(), part.why_read(filter));
            }
        }
        Account {
            who: Who::Thing {
                name: name.to_owned(),
            },
            user: self.id.to_string(),
            grants: grants.0,
        }
    }
}

impl Part {
    fn new(mut spec: Spec) -> Self {
        // which programs it may run for whom changes no topic; without them nothing is looked for on this machine
        spec.executor = spec.executor.map(|settings| {
            Arc::new(ExecutorSettings {
                allow: Vec::new(),
                shell: false,
                trusted_keys: None,
                ..ExecutorSettings::clone(&settings)
            })
        });
        let mut thing = Thing::new(spec.id.clone(), None);
        thing.add(spec.kind.class, &spec.name, (spec.kind.build)(&spec));
        let listens_to = thing.listens_to().into_iter().map(|(filter, _)| filter);
        Self {
            listens_to: listens_to.collect(),
            publishes: thing.publishes(),
            retained: thing.retained(),
            spec,
        }
    }

    /// What it follows.
    pub(super) fn sources(&self) -> &[Source] {
        &self.spec.sources
    }

    pub(super) fn name(&self) -> &str {
        &self.spec.name
    }

    /// The topic on which an actuator takes wishes.
    pub(super) fn set(&self) -> Option<Topic> {
        let set = self.spec.kind.can_follow.map(|_| self.spec.set_topic());
        set.filter(|set| self.listens_to.contains(&set.clone().into()))
    }

    /// Where it is asked and answers, if it is an echo.
    pub(super) fn echo(&self) -> Option<(Topic, Topic)> {
        let asked = self.spec.asked_on()?;
        Some((asked.clone(), self.spec.channel().topic))
    }

    /// Where it speaks and its alarms stand, if it is in a room.
    pub(super) fn in_room(&self) -> Vec<(Topic, Topic)> {
        let channels = self.spec.room_channels().into_iter();
        let pair = |channel: Channel| {
            let place = Place::of(&channel.topic).ok()?;
            Some((channel.topic, place.alarm_topic()))
        };
        channels.filter_map(pair).collect()
    }

    /// Where it says what it shows.
    pub(super) fn state(&self) -> Topic {
        self.spec.topic()
    }

    /// Its topics, if it is an executor.
    pub(super) fn executor(&self) -> Option<ExecutorTopics> {
        (self.spec.kind.class == Class::Executors)
            .then(|| ExecutorTopics::of(&self.spec.id, &self.spec.name).ok())?
    }

    /// The governor's topics, if it has that face.
    pub(super) fn governor(&self) -> Option<&GovernorTopics> {
        let face = self.spec.executor.as_ref()?.governor.as_ref();
        face.map(|face| &face.topics)
    }

    fn why_written(&self, topic: &Topic) -> String {
        let name = &self.spec.name;
        let rest = topic.as_str().strip_prefix(self.spec.topic().as_str());
        match rest {
            None if Place::of(topic).is_ok() => format!("its {name}, in the room"),
            Some("/availability") => format!("whether its {name} answers"),
            Some("/fault") => format!("what is wrong with its {name}"),
            _ => format!("its {name}"),
        }
    }

    fn why_read(&self, filter: &TopicFilter) -> String {
        let name = &self.spec.name;
        let is = |topic: &Topic| topic.as_str() == filter.as_str();
        let sources = self.sources();
        if sources.iter().any(|source| is(&source.topic)) {
            format!("its {name} follows it")
        } else if sources.iter().any(|source| source.presence.iter().any(is)) {
            format!("whether what its {name} follows is there")
        } else if self.set().as_ref().is_some_and(is) {
            format!("wishes for its {name}")
        } else if self.spec.asked_on().is_some_and(is) {
            format!("what its {name} answers")
        } else {
            format!("for its {name}")
        }
    }
}
