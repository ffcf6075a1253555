//! Reads `[home_assistant]`: whether, and under which names, things announce themselves to Home Assistant.

use super::findings::{Findings, Rule};
use super::section::{Item, Placed, Section, shown};
use super::thing;
use crate::model::{Mistake, Topic};

/// The prefix of discovery unless Home Assistant was told another (`/integrations/mqtt/#discovery-options`).
const PREFIX: &str = "homeassistant";

/// Where Home Assistant says that it is there (`/integrations/mqtt/#birth-and-last-will-messages`). Another prefix of
/// discovery does not move it: they are two settings there.
const STATUS: &str = "homeassistant/status";

/// The longest prefix or topic; far more than anybody types there.
const LONGEST: usize = 64;

/// What a file says about Home Assistant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeAssistant {
    /// Whether things announce themselves. If not, they take back what they announced before.
    pub discovery: bool,
    /// The first level or levels of the topics of discovery.
    pub prefix: Topic,
    /// The topic on which Home Assistant says `online` when it comes back.
    pub status: Topic,
    /// What tells this lab's things from those of another on the same broker.
    pub lab: Option<String>,
}

impl Default for HomeAssistant {
    /// As Home Assistant is at first; nothing is announced.
    fn default() -> Self {
        let topic = |text| Topic::new(text).expect("words are a topic");
        Self {
            discovery: false,
            prefix: topic(PREFIX),
            status: topic(STATUS),
            lab: None,
        }
    }
}

impl HomeAssistant {
    /// What identifies a thing by its name in the file, and never by its address. Names have no `-`, so no two things
    /// of any labs have one id.
    ///
    /// ```
    /// let text = "[broker]\nurl = \"mqtt://b\"\n[home_assistant]\ndiscovery = true\nlab = \"north\"\n\
    ///     [things.inner.resources]\nclock0 = { kind = \"clock\" }\n";
    /// let topology = mqtt_thing::topology::parse(text).unwrap();
    /// let home = topology.things[0].home.as_ref().unwrap();
    /// assert_eq!(home.object_id("inner"), "mqtt_thing-north-inner");
    /// ```
    #[must_use]
    pub fn object_id(&self, thing: &str) -> String {
        format!("{}{thing}", self.object_id_start())
    }

    /// What the ids of all things of this lab begin with.
    #[must_use]
    pub fn object_id_start(&self) -> String {
        match &self.lab {
            Some(lab) => format!("mqtt_thing-{lab}-"),
            None => "mqtt_thing-".to_owned(),
        }
    }

    /// The object id of the thing that is announced on this topic; `None` if that is none of this program's.
    #[must_use]
    pub fn object_id_of(topic: &str) -> Option<&str> {
        let id = topic.strip_suffix("/config")?.rsplit_once("/device/")?.1;
        id.starts_with("mqtt_thing-").then_some(id)
    }

    /// Where the thing of that name is announced.
    #[must_use]
    pub fn topic(&self, thing: &str) -> Topic {
        let below = format!("device/{}/config", self.object_id(thing));
        self.prefix
            .child(&below)
            .expect("checked names below a checked prefix are a topic")
    }
}

/// Reads it from the top of the file; the inner `None` is a mistake.
pub(super) fn read(
    top: &mut Section<'_>,
    findings: &mut Findings<'_>,
) -> Option<Option<HomeAssistant>> {
    let item = top.take("home_assistant")?;
    Some(section(&item, findings))
}

fn section(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<HomeAssistant> {
    let mut section = item.section("[home_assistant]", Rule::UnknownKeyInHome, findings)?;
    let discovery = match section.take("discovery") {
        Some(item) => item.boolean(findings),
        None => {
            let mistake =
                Mistake::new(section.place.clone(), "[home_assistant] has no `discovery`").help(
                    "discovery = true announces every thing; false takes back what was announced",
                );
            section.missing("discovery", Rule::HomeDiscoveryMissing, mistake, findings);
            None
        }
    };
    let mut topic = |key: &'static str, default: &str| match section.take(key) {
        Some(item) => topic(&item, findings),
        None => Topic::new(default).ok(),
    };
    let prefix = topic("prefix", PREFIX);
    let status = topic("status", STATUS);
    let lab = match section.take("lab") {
        Some(item) => lab(&item, findings).map(Some),
        None => Some(None),
    };
    section.finish(meant, findings);
    Some(HomeAssistant {
        discovery: discovery?,
        prefix: prefix?,
        status: status?,
        lab: lab?,
    })
}

fn meant(key: &str) -> Option<String> {
    match key {
        "discovery_prefix" => Some("did you mean `prefix`?".to_owned()),
        "birth_topic" | "status_topic" => Some("did you mean `status`?".to_owned()),
        "enabled" => Some("did you mean `discovery`?".to_owned()),
        _ => None,
    }
}

fn topic(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Topic> {
    let text = item.text(findings)?;
    let word = |level: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        !level.is_empty() && level.chars().all(fits)
    };
    if text.len() <= LONGEST && text.split('/').all(word) {
        return Topic::new(text).ok();
    }
    let message = format!("`{}` cannot be `{}`", item.key.value, shown(text));
    let help = format!(
        "levels of letters, digits, _ and -, with / between, at most {LONGEST} in all, as in \"homeassistant\"; \
         it is what Home Assistant's MQTT options say"
    );
    findings.refuse(Rule::HomeTopic, item.mistake(message).help(help));
    None
}

fn lab(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<String> {
    let name = Placed {
        value: item.text(findings)?,
        place: item.place.clone(),
    };
    let fits = thing::name(&name, "lab", Rule::HomeLab, findings);
    fits.then(|| name.value.to_owned())
}
