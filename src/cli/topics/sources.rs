//! Where topics come from: the command line, a topology, a running broker.

use super::wrong;
use crate::cli::connection::ConnectionArgs;
use crate::cli::serving::Stop;
use crate::cli::{governor, load};
use anstream::eprintln;
use mqtt_thing::model::{Topic, TopicFilter, escaped};
use mqtt_thing::mqtt::Access;
use mqtt_thing::runtime::onlooker::Onlooker;
use mqtt_thing::runtime::topics_heard::{MOST_TOPICS, TopicsHeard};
use mqtt_thing::topology::Address;
use mqtt_thing::topology::rights::{self, Access as May};
use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::Path;
use std::time::Duration;

/// How long a broker is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest line of standard input that is looked at, in bytes: one more than a topic may have, and its end.
const LONGEST_LINE: u64 = 65_537;
/// So many lines that are no topics are told; the others are counted.
const TOLD: usize = 5;

/// Topics, and what they are as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) topics: BTreeMap<Topic, String>,
    /// Topics were asked for, even if there are none.
    pub(super) was_asked: bool,
    /// What must be known to judge the topics, a sentence each.
    pub(super) notes: Vec<String>,
}

impl Found {
    /// Those of the command line and of standard input; `false` after a word about a wrong one.
    pub(super) fn given(&mut self, texts: &[String]) -> bool {
        let mut is_well = true;
        for text in texts {
            self.was_asked = true;
            if text == "-" {
                self.standard_input();
                continue;
            }
            match Topic::new(text) {
                Ok(topic) => self.add(topic, ""),
                Err(error) => {
                    wrong::told("topic", text, &error);
                    is_well = false;
                }
            }
        }
        is_well
    }

    fn standard_input(&mut self) {
        let mut input = std::io::stdin().lock();
        let (mut wrong, mut beyond, mut number) = (0, 0_u64, 0_u64);
        loop {
            let mut line = Vec::new();
            let read = input
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line);
            if !matches!(read, Ok(1..)) {
                break;
            }
            if !line.ends_with(b"\n") {
                // too long, or the last one
                let _ = input.skip_until(b'\n');
            }
            number += 1;
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            let topic = match std::str::from_utf8(text) {
                Ok("") => continue,
                Ok(text) => Topic::new(text).map_err(|error| error.mistake(text).message),
                Err(_) => Err("it is not UTF-8".to_owned()),
            };
            match topic {
                Ok(_) if self.topics.len() >= MOST_TOPICS => beyond += 1,
                Ok(topic) => self.add(topic, ""),
                Err(why) => {
                    wrong += 1;
                    if wrong <= TOLD {
                        let text = escaped(text, 60);
                        eprintln!("mqtt-thing: line {number} is no topic: `{text}`: {why}");
                    }
                }
            }
        }
        if wrong > TOLD {
            eprintln!("mqtt-thing: {} further lines are no topics", wrong - TOLD);
        }
        if beyond > 0 {
            self.notes.push(format!(
                "{beyond} further lines were left out: {MOST_TOPICS} topics are judged at most"
            ));
        }
    }

    /// All that the things of a topology publish and listen to; `false` after a word about a file that cannot be used.
    pub(super) fn topology(&mut self, path: &Path) -> bool {
        let Some(topology) = load(path) else {
            return false;
        };
        self.was_asked = true;
        for plan in &topology.things {
            let name = &plan.name;
            let id = match &plan.address {
                Address::Fixed(id) => id.clone(),
                other => {
                    self.notes.push(format!(
                        "{name} has the {other}, which the file does not know; {name} stands in its place here"
                    ));
                    Topic::new(name).expect("a checked name is a topic")
                }
            };
            for grant in rights::of_thing(plan, &id).grants {
                let Ok(topic) = Topic::new(grant.filter.as_str()) else {
                    self.notes
                        .push(format!("{name} also listens to {}", grant.filter));
                    continue;
                };
                let does = match grant.access {
                    May::Read => "hears",
                    May::Write => "says",
                    May::ReadWrite => "says and hears",
                };
                self.add(topic, &format!("{name} {does}: {}", grant.why));
            }
        }
        true
    }

    /// What a broker keeps and what passes meanwhile.
    pub(super) fn broker(
        &mut self,
        connection: &ConnectionArgs,
        filters: &[TopicFilter],
        long: Duration,
    ) -> anyhow::Result<()> {
        let Some(url) = connection.broker(None)? else {
            return Ok(());
        };
        self.was_asked = true;
        let endpoint = connection.endpoint(url, &Access::default(), None, None)?;
        let session = governor::session(endpoint, "topics");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut heard = runtime.block_on(async {
            let mut stop = Stop::new()?;
            let onlooker = Onlooker::start(session, asked(filters), TopicsHeard::default())?;
            tokio::select! {
                caught_up = onlooker.caught_up(PATIENCE) => {
                    caught_up?;
                    stop.within(long).await;
                }
                () = stop.told() => {}
            }
            let heard = onlooker.with(|heard, _| std::mem::take(heard));
            onlooker.close().await;
            anyhow::Ok(heard)
        })?;
        for topic in std::mem::take(&mut heard.topics) {
            self.add(topic, "");
        }
        for filter in &heard.refused {
            self.notes.push(format!(
                "the broker refuses the subscription to {}: this user may not read it",
                escaped(filter.as_str().as_bytes(), 80)
            ));
        }
        if heard.beyond > 0 {
            self.notes.push(format!(
                "{} messages came on further topics; {MOST_TOPICS} topics of 16 MiB are remembered at most",
                heard.beyond
            ));
        }
        Ok(())
    }

    fn add(&mut self, topic: Topic, what: &str) {
        let known = self.topics.entry(topic).or_default();
        if !known.is_empty() && !what.is_empty() {
            known.push_str("; ");
        }
        known.push_str(what);
    }
}

/// What is subscribed to: the filters, everything, and all that begins with the same `$` level. Never a shared
/// subscription: it would take messages away from the group's members.
fn asked(filters: &[TopicFilter]) -> Vec<TopicFilter> {
    let first = |filter: &TopicFilter| filter.as_str().split('/').next().map(str::to_owned);
    let is_shared = |level: &str| ["$share", "$queue"].contains(&level);
    let mut asked = Vec::new();
    for filter in filters {
        let first = first(filter).unwrap_or_default();
        if is_shared(&first) {
            continue;
        }
        asked.push(filter.clone());
        if first.starts_with('$') {
            asked.extend(TopicFilter::new(format!("{first}/#")).ok());
        }
    }
    asked.extend(TopicFilter::new("#").ok());
    asked.sort();
    asked.dedup();
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_away_from_the_members_of_a_group() {
        let filters = ["a/+", "#", "$SYS/broker/+", "$share/g/a/#", "$queue/a"];
        let filters = filters.map(|text| TopicFilter::new(text).unwrap());
        let asked = asked(&filters);
        let texts: Vec<&str> = asked.iter().map(TopicFilter::as_str).collect();
        assert_eq!(texts, ["#", "$SYS/#", "$SYS/broker/+", "a/+"]);
    }
}
