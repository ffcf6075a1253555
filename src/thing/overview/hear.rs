//! A message comes in.

use super::about::short;
use super::{AboutSeen, Change, FaultSeen, HealthSeen, LONGEST_ID, MOST_THINGS, Member, Overview};
use crate::model::{Message, Now};
use serde::Deserialize;
use std::net::IpAddr;

/// The most resources of which something is remembered, of one thing.
const MOST_RESOURCES: usize = 256;
/// The longest `fault` or `health` that is read, in bytes.
const LONGEST: usize = 16 * 1024;

#[derive(Deserialize)]
struct ToldFault {
    since: u64,
    error: Option<String>,
    #[serde(default)]
    count: u64,
}

/// What a topic is about.
#[derive(Clone, Copy)]
enum Said<'a> {
    Status,
    About,
    Health,
    Availability(&'a str),
    Fault(&'a str),
    Value,
}

impl<'a> Said<'a> {
    /// The thing's id, and what is said of it.
    fn of(topic: &'a str) -> Option<(&'a str, Self)> {
        let mut levels = topic.split('/');
        let id = levels.next().filter(|id| !id.is_empty())?;
        let rest = [levels.next(), levels.next(), levels.next(), levels.next()];
        Some((
            id,
            match rest {
                [Some("status"), None, ..] => Self::Status,
                [Some("about"), None, ..] => Self::About,
                [Some("health"), None, ..] => Self::Health,
                [Some(_), Some(name), Some("availability"), None] => Self::Availability(name),
                [Some(_), Some(name), Some("fault"), None] => Self::Fault(name),
                [Some("sensors"), Some(_), ..] | [Some("stuff"), Some(_), None, _] => Self::Value,
                _ => return None,
            },
        ))
    }
}

impl Overview {
    /// Takes in a message, and tells what became different by it.
    pub fn hear(&mut self, message: &Message, now: Now) -> Vec<Change> {
        let Some((id, about)) = Said::of(message.topic.as_str()) else {
            return Vec::new();
        };
        let is_known = self.members.contains_key(id);
        // a value alone makes a thing only of who has an address, as the labs' Python programs
        let is_stranger = matches!(about, Said::Value) && id.parse::<IpAddr>().is_err();
        if !is_known && (is_stranger || message.payload.is_empty()) {
            return Vec::new();
        }
        if !is_known && (self.members.len() >= MOST_THINGS || id.len() > LONGEST_ID) {
            self.ignored.beyond = self.ignored.beyond.saturating_add(1);
            return Vec::new();
        }
        let mut member = self.members.remove(id).unwrap_or_else(|| Member::new(id));
        let before = member.is_shown().then(|| member.state());
        let mut changes = Vec::new();
        let taken = member.take(about, message, now, &mut changes);
        if let Err(reason) = taken {
            self.ignored.malformed = self.ignored.malformed.saturating_add(1);
            let topic = short(message.topic.as_str().to_owned());
            self.ignored.last = Some((topic, short(reason)));
        }
        if member.is_shown() {
            let after = member.state();
            if before != Some(after) {
                // what is kept was so before, nobody knows since when
                member.since = (!message.retain).then_some(now.wall);
                let (id, from) = (id.to_owned(), before);
                changes.insert(
                    0,
                    Change::State {
                        id,
                        from,
                        to: after,
                    },
                );
            }
        } else if before.is_some() {
            changes = vec![Change::Gone { id: id.to_owned() }];
        }
        if member.is_shown() || !member.resources.is_empty() {
            self.members.insert(id.to_owned(), member);
        }
        changes
    }
}

impl Member {
    fn take(
        &mut self,
        about: Said<'_>,
        message: &Message,
        now: Now,
        changes: &mut Vec<Change>,
    ) -> Result<(), String> {
        let payload = message.payload.as_slice();
        let mut is_alive = !message.retain && !payload.is_empty();
        match about {
            Said::Status => {
                let said = match payload {
                    b"" => None,
                    b"online" => Some(true),
                    b"offline" => Some(false),
                    _ => return Err("`online` or `offline` is allowed".to_owned()),
                };
                is_alive &= said == Some(true);
                if said == Some(true) && self.said != said {
                    // another life, perhaps
                    self.forget_faults();
                }
                self.silent &= said == Some(true);
                self.said = said;
            }
            Said::About => self.take_about(payload, changes)?,
            Said::Health => {
                let told = (payload.len() <= LONGEST).then_some(payload);
                let told = told.ok_or_else(|| "it is too long".to_owned())?;
                let health: HealthSeen =
                    serde_json::from_slice(told).map_err(|error| error.to_string())?;
                // one that somebody let the broker keep says nothing of now
                if !message.retain {
                    self.health = Some(HealthSeen {
                        at: now.wall,
                        ..health
                    });
                }
            }
            Said::Availability(name) => {
                let available = match payload {
                    b"" => None,
                    b"online" => Some(true),
                    b"offline" => Some(false),
                    _ => return Err("`online` or `offline` is allowed".to_owned()),
                };
                let before = self.resource(name)?.available;
                self.resource(name)?.available = available;
                if let Some(available) = available.filter(|_| before != available) {
                    changes.push(Change::Available {
                        id: self.id.clone(),
                        resource: name.to_owned(),
                        available,
                    });
                }
            }
            Said::Fault(name) => self.take_fault(name, payload, changes)?,
            // the same on a thing that has a status is no news
            Said::Value => self.speaks |= is_alive,
        }
        if is_alive {
            self.heard = Some((now.moment, now.wall));
            self.silent = false;
        }
        Ok(())
    }

    fn take_about(&mut self, payload: &[u8], changes: &mut Vec<Change>) -> Result<(), String> {
        self.unreadable = false;
        if payload.is_empty() {
            self.told = None;
            return Ok(());
        }
        let about = AboutSeen::read(payload).inspect_err(|_| self.unreadable = true)?;
        if self.told.as_ref().is_some_and(|told| *told != about) {
            let id = self.id.clone();
            changes.push(Change::About { id });
        }
        self.told = Some(about);
        Ok(())
    }

    fn take_fault(
        &mut self,
        name: &str,
        payload: &[u8],
        changes: &mut Vec<Change>,
    ) -> Result<(), String> {
        let told = (payload.len() <= LONGEST).then_some(payload);
        let told = told.ok_or_else(|| "it is too long".to_owned())?;
        let told: ToldFault = serde_json::from_slice(told).map_err(|error| error.to_string())?;
        let resource = self.resource(name)?;
        let fault = told.error.map(|error| FaultSeen {
            since: told.since,
            error: short(error),
            count: told.count,
        });
        if let Some(fault) = &fault {
            resource.last_fault = Some(fault.clone());
        }
        let is_news = resource.fault != fault;
        let error = fault.as_ref().map(|fault| fault.error.clone());
        resource.fault = fault;
        if is_news {
            changes.push(Change::Fault {
                id: self.id.clone(),
                resource: name.to_owned(),
                error,
            });
            // counted before this; the next health counts anew
            if let Some(health) = &mut self.health {
                health.faulty_resources = 0;
            }
        }
        Ok(())
    }

    fn resource(&mut self, name: &str) -> Result<&mut super::ResourceSeen, String> {
        let is_known = self.resources.contains_key(name);
        if !is_known && (self.resources.len() >= MOST_RESOURCES || name.len() > LONGEST_ID) {
            return Err("there is no room for so many resources of one thing".to_owned());
        }
        Ok(self.resources.entry(name.to_owned()).or_default())
    }

    fn forget_faults(&mut self) {
        self.health = None;
        self.resources.values_mut().for_each(|its| its.fault = None);
    }
}
