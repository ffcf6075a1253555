//! How it is shown: a table, a screen, lines or objects.

use super::{detail, json, line, table};
use crate::cli::output::{print_on, tinted};
use crate::cli::screen::{self, Screen};
use crate::cli::text::{Ink, Text};
use mqtt_thing::model::harmless_json;
use mqtt_thing::runtime::overseen::{Link, Overseen};
use mqtt_thing::thing::overview::{Member, Overview};
use std::io::{self, IsTerminal};
use std::time::{Instant, SystemTime};

pub(super) struct Form {
    kind: Kind,
    /// All of it goes on.
    watch: bool,
    /// Only this thing.
    thing: Option<String>,
    broker: String,
    link: Link,
}

enum Kind {
    Json,
    Lines,
    Screen(Box<Screen>),
}

impl Form {
    pub(super) fn new(watch: bool, json: bool, thing: Option<String>, broker: String) -> Self {
        let kind = match (json, watch && Screen::is_possible()) {
            (true, _) => Kind::Json,
            (false, true) => Kind::Screen(Box::new(Screen::begin())),
            (false, false) => Kind::Lines,
        };
        Self {
            kind,
            watch,
            thing,
            broker,
            link: Link::Up,
        }
    }

    pub(super) const fn is_screen(&self) -> bool {
        matches!(self.kind, Kind::Screen(_))
    }

    /// Whether a thing is to be told.
    fn is_meant(&self, member: &Member) -> bool {
        let is_its = |name: &String| *name == member.id || Some(name.as_str()) == member.name();
        self.thing.as_ref().is_none_or(is_its)
    }

    /// Whether all that is told is well.
    pub(super) fn is_well(&self, overview: &Overview) -> bool {
        match self.thing {
            None => overview.is_well(),
            Some(_) => {
                let mut meant = overview
                    .members()
                    .filter(|its| self.is_meant(its))
                    .peekable();
                meant.peek().is_some() && meant.all(Member::is_well)
            }
        }
    }

    /// Tells everything, once.
    pub(super) fn all(&mut self, overseen: &Overseen, now: SystemTime) -> anyhow::Result<()> {
        self.link = overseen.link.clone();
        let text = match (&self.kind, self.watch) {
            (Kind::Screen(_), _) => return Ok(()),
            (Kind::Json, false) => {
                let members = overseen.overview.members().filter(|its| self.is_meant(its));
                let object = json::all(overseen, members, self.is_well(&overseen.overview), now);
                format!("{object}\n")
            }
            (Kind::Json, true) => {
                let members = overseen.overview.members().filter(|its| self.is_meant(its));
                members
                    .map(|its| format!("{}\n", json::seen(its, now)))
                    .collect()
            }
            (Kind::Lines, true) => {
                let members = overseen.overview.members().filter(|its| self.is_meant(its));
                let lines = members.map(|its| format!("{}\n", line::seen(its, now)));
                lines.collect()
            }
            (Kind::Lines, false) => {
                let width = io::stdout().is_terminal().then(|| screen::size().0.into());
                let lines = self.lines(overseen, now, width);
                let lines = lines.iter().map(Text::coloured);
                lines.map(|line| format!("{}\n", tinted(&line))).collect()
            }
        };
        self.say(text).map(|_| ())
    }

    /// Tells what changed. Returns whether anybody still reads.
    pub(super) fn changes(
        &mut self,
        overseen: &mut Overseen,
        now: SystemTime,
    ) -> anyhow::Result<bool> {
        let (changes, lost) = overseen.take_changes();
        if self.is_screen() {
            self.draw(overseen, now);
            return Ok(true);
        }
        let mut text = String::new();
        if self.link != overseen.link {
            match self.kind {
                Kind::Json => text.push_str(&format!("{}\n", json::link(&overseen.link, now))),
                _ => anstream::eprintln!("mqtt-thing: {}", line::link(&overseen.link)),
            }
            self.link = overseen.link.clone();
        }
        for happened in &changes {
            let id = happened.change.id();
            let member = overseen.overview.members().find(|its| its.id == id);
            let is_meant = match member {
                Some(member) => self.is_meant(member),
                None => self.thing.as_deref().is_none_or(|thing| thing == id),
            };
            if is_meant {
                let told = match self.kind {
                    Kind::Json => json::change(happened, member).to_string(),
                    _ => line::change(happened, member),
                };
                text.push_str(&format!("{told}\n"));
            }
        }
        if lost > 0 {
            anstream::eprintln!("mqtt-thing: {lost} changes came too fast to be told");
        }
        self.say(text)
    }

    /// The last drawing stays.
    pub(super) fn end(&mut self) {
        if let Kind::Screen(screen) = &mut self.kind {
            screen.end();
        }
    }

    fn draw(&mut self, overseen: &Overseen, now: SystemTime) {
        let Kind::Screen(mut screen) = std::mem::replace(&mut self.kind, Kind::Lines) else {
            return;
        };
        let note = screen
            .note(Instant::now())
            .filter(|_| overseen.link != Link::Up);
        screen.draw(|width, height| {
            // what is written in the last column would be wiped with the rest of its line
            let width = width.saturating_sub(1);
            let mut lines = self.lines(overseen, now, Some(width));
            let room = height.saturating_sub(1).max(1);
            if lines.len() > room {
                let hidden = lines.len() - room + 1;
                lines.truncate(room - 1);
                lines.push(Text::new(Ink::Faint, format!("and {hidden} more lines")));
            }
            let is_room = lines.len() < room;
            lines.extend(
                note.filter(|_| is_room)
                    .map(|(_, note)| Text::new(Ink::Warn, note)),
            );
            lines.into_iter().map(|line| line.cut(width)).collect()
        });
        self.kind = Kind::Screen(screen);
    }

    fn lines(&self, overseen: &Overseen, now: SystemTime, width: Option<usize>) -> Vec<Text> {
        let mut lines = match &self.thing {
            None => table::lines(overseen, &self.broker, now, width),
            Some(thing) => {
                let meant = overseen.overview.members().filter(|its| self.is_meant(its));
                detail::lines(thing, meant, now)
            }
        };
        lines.extend(table::notes(overseen, self.thing.is_none(), now));
        match width {
            Some(width) => lines.into_iter().map(|line| line.cut(width)).collect(),
            None => lines,
        }
    }

    /// Writes; returns whether anybody still reads.
    fn say(&self, text: String) -> anyhow::Result<bool> {
        let text = match self.kind {
            Kind::Json => harmless_json(text),
            _ => text,
        };
        print_on(&text)
    }
}
