//! `mqtt-thing home-assistant`: which things are announced to Home Assistant, and forgetting those that are no more.

use super::connection::ConnectionArgs;
use super::output::{columns, print};
use super::serving::Stop;
use super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE, load};
use anstream::eprintln;
use clap::{Args, Subcommand};
use mqtt_thing::model::{Message, Now, Topic, TopicFilter};
use mqtt_thing::mqtt::{BrokerUrl, Endpoint, Options, SessionEvent};
use mqtt_thing::runtime::client::Client;
use mqtt_thing::runtime::onlooker::{Onlooker, TakesIn};
use mqtt_thing::topology::discovery::Kept;
use mqtt_thing::topology::{self, HomeAssistant, Topology};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long a broker is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// So long a broker may take until what was cleared is gone, and so often it is read again meanwhile.
const GONE_WITHIN: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Said where little was found: a broker tells nobody what it keeps from them.
const OR_NOT_READ: &str =
    "; or this account may not read it, and `homeassistant` of `broker init` may";

/// The most announcements that are read.
const MOST: usize = 10_000;

/// See which things are announced to Home Assistant, and have it forget those that are no more
#[derive(Debug, Args)]
pub(super) struct HomeAssistantCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Forget(Forget),
}

/// List what the broker keeps: devices, whether they are online, and whether the file has them
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing home-assistant list --topology lab.toml\n  \
    mqtt-thing home-assistant list --json               for a program\n\n\
    Where the broker asks for an account, `homeassistant` of `broker init` may read it all:\n  \
    mqtt-thing home-assistant list --topology lab.toml --broker mqtts://broker.lab:8884 \\\n    \
    --username homeassistant --password-file set-up/clients/homeassistant/password\n\n\
    Exit codes: 0 listed, 1 the broker was not reached, 2 the file cannot be used.")]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    asked: Asked,
}

/// Have Home Assistant forget the things of this lab that its file has no more, or those that are named
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing home-assistant forget --topology lab.toml          what the file has no more\n  \
    mqtt-thing home-assistant forget --topology lab.toml porch    this one, whatever the file says\n\n\
    A resource that is gone from the file needs no command: its thing takes it back itself. Nor does a thing with\n\
    `discovery = false`. One that is online and not in the file is left alone unless it is named: its own Pi may have a\n\
    newer file. A thing that is named and runs announces itself again when it connects anew or Home Assistant starts.\n\n\
    Where the broker asks for an account, `homeassistant` of `broker init` may, until the broker has the rights that\n\
    `broker init --again` derives from a file without the thing:\n  \
    mqtt-thing home-assistant forget --topology lab.toml --broker mqtts://broker.lab:8884 \\\n    \
    --username homeassistant --password-file set-up/clients/homeassistant/password\n\n\
    Exit codes: 0 forgotten, or nothing to forget; 1 one is left, or the broker was not reached; 2 the file cannot be used.")]
struct Forget {
    /// Things, by their names in the file; those that the file has no more when left out
    #[arg(value_name = "THING")]
    things: Vec<String>,

    #[command(flatten)]
    asked: Asked,
}

#[derive(Debug, Args)]
struct Asked {
    /// The topology file
    #[arg(long, value_name = "FILE", env = "MQTT_THING_TOPOLOGY", default_value = topology::FILE)]
    topology: PathBuf,

    #[command(flatten)]
    connection: ConnectionArgs,
}

/// What the broker keeps: announcements by their object ids, and the status of everybody.
#[derive(Debug, Default)]
struct Heard {
    start: String,
    announced: BTreeMap<String, (Topic, Kept)>,
    statuses: BTreeMap<String, bool>,
    /// The broker refused a subscription.
    refused: bool,
}

impl TakesIn for Heard {
    fn take_in(&mut self, event: &SessionEvent, _: Now) {
        self.refused |= matches!(event, SessionEvent::SubscriptionRefused { .. });
        let SessionEvent::Message(message) = event else {
            return;
        };
        let topic = message.topic.as_str();
        let id = topic.strip_prefix(&self.start);
        if let Some(id) = id.and_then(|rest| rest.strip_suffix("/config")) {
            if let (Ok(kept), true) = (Kept::read(&message.payload), self.announced.len() < MOST) {
                let known = (message.topic.clone(), kept);
                self.announced.insert(id.to_owned(), known);
            }
        } else if self.statuses.len() < MOST {
            let online = message.payload.as_slice() == b"online";
            self.statuses.insert(topic.to_owned(), online);
        }
    }
}

/// Whose a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belongs {
    /// To a thing of the file, which announces it.
    Here,
    /// To a thing of the file, which announces nothing.
    Quiet,
    /// To this lab, and the file does not have it.
    Gone,
    /// To another lab.
    Elsewhere,
}

impl Belongs {
    const fn told(self) -> &'static str {
        match self {
            Self::Here => "in the file",
            Self::Quiet => "in the file, without discovery",
            Self::Gone => "not in the file",
            Self::Elsewhere => "another lab's",
        }
    }
}

impl Heard {
    fn is_online(&self, kept: &Kept) -> bool {
        let status = kept.status.as_ref();
        status.is_some_and(|topic| self.statuses.get(topic) == Some(&true))
    }
}

impl HomeAssistantCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let asked = match &self.what {
            What::List(list) => &list.asked,
            What::Forget(forget) => &forget.asked,
        };
        let Some(topology) = load(&asked.topology) else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let home = topology.things.iter().find_map(|plan| plan.home.clone());
        let lab = Lab {
            topology: &topology,
            home: home.unwrap_or_default(),
            endpoint: asked.endpoint(&topology)?,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let code = runtime.block_on(async {
            let Some(heard) = lab.listen().await? else {
                return Ok(EXIT_OK);
            };
            match &self.what {
                What::List(list) => lab.list(&heard, list.json),
                What::Forget(forget) => lab.forget(&heard, &forget.things).await,
            }
        });
        Ok(ExitCode::from(code?))
    }
}

impl Asked {
    fn endpoint(&self, topology: &Topology) -> anyhow::Result<Endpoint> {
        let url = match &self.connection.broker {
            Some(url) => url.clone(),
            None => topology.broker.url.parse::<BrokerUrl>()?,
        };
        let access = &topology.broker.access;
        self.connection
            .endpoint(url, access, Some(&self.topology), None)
    }
}

struct Lab<'a> {
    topology: &'a Topology,
    home: HomeAssistant,
    endpoint: Endpoint,
}

impl Lab<'_> {
    fn session(&self) -> Options {
        let id = format!("mqtt-thing-home-{:08x}", rand::random::<u32>());
        Options::new(self.endpoint.clone(), id)
    }

    /// What is added where something was not found.
    fn or_not_read(&self, heard: &Heard) -> &'static str {
        match self.endpoint.credentials.is_some() || heard.refused {
            true => OR_NOT_READ,
            false => "",
        }
    }

    /// Everything that the broker keeps; `None` if it was told to stop meanwhile.
    async fn listen(&self) -> anyhow::Result<Option<Heard>> {
        let heard = Heard {
            start: format!("{}/device/", self.home.prefix),
            ..Heard::default()
        };
        let filters = [format!("{}+/config", heard.start), "+/status".to_owned()];
        let filters = filters.into_iter().map(TopicFilter::new);
        let filters = filters.collect::<Result<Vec<_>, _>>()?;
        let onlooker = Onlooker::start(self.session(), filters, heard)?;
        let mut stop = Stop::new()?;
        tokio::select! {
            caught_up = onlooker.caught_up(PATIENCE) => caught_up?,
            () = stop.told() => return Ok(None),
        }
        let heard = onlooker.with(|heard, _| std::mem::take(heard));
        onlooker.close().await;
        Ok(Some(heard))
    }

    /// Whose the device with this object id is.
    fn belongs(&self, id: &str) -> Belongs {
        let names = self.topology.things.iter().map(|plan| &plan.name);
        let is_known = names
            .into_iter()
            .any(|name| self.home.object_id(name) == id);
        let rest = id.strip_prefix(&self.home.object_id_start());
        match (is_known, rest) {
            (true, _) if self.home.discovery => Belongs::Here,
            (true, _) => Belongs::Quiet,
            (false, Some(name)) if !name.contains('-') => Belongs::Gone,
            _ => Belongs::Elsewhere,
        }
    }

    fn list(&self, heard: &Heard, as_json: bool) -> anyhow::Result<u8> {
        let rows = heard.announced.iter().map(|(id, (topic, kept))| {
            let status = match heard.is_online(kept) {
                true => "online",
                false => "offline",
            };
            (id, topic, kept, status, self.belongs(id))
        });
        if as_json {
            let list = rows.map(|(id, topic, kept, status, belongs)| {
                json!({
                    "id": id, "name": kept.name, "topic": topic.as_str(), "status": status,
                    "entities": kept.components.keys().collect::<Vec<_>>(),
                    "in_file": matches!(belongs, Belongs::Here | Belongs::Quiet),
                    "of_this_lab": belongs != Belongs::Elsewhere,
                })
            });
            print(&format!("{:#}\n", Json::Array(list.collect())))?;
            return Ok(EXIT_OK);
        }
        if heard.announced.is_empty() {
            eprintln!(
                "mqtt-thing: no thing is announced below {}{}",
                self.home.prefix,
                self.or_not_read(heard)
            );
            return Ok(EXIT_OK);
        }
        let mut cells = vec![
            ["device", "status", "entities", "it is"]
                .map(str::to_owned)
                .to_vec(),
        ];
        cells.extend(rows.map(|(id, _, kept, status, belongs)| {
            let entities = kept.components.len().to_string();
            vec![
                id.clone(),
                status.to_owned(),
                entities,
                belongs.told().to_owned(),
            ]
        }));
        print(&columns("", &cells))?;
        Ok(EXIT_OK)
    }

    async fn forget(&self, heard: &Heard, names: &[String]) -> anyhow::Result<u8> {
        let (mut chosen, mut code) = (Vec::new(), EXIT_OK);
        for name in names {
            let id = self.home.object_id(name);
            match heard.announced.get_key_value(&id) {
                Some((id, (topic, _))) => chosen.push((id, topic)),
                None => {
                    eprintln!(
                        "mqtt-thing: there is no {} among what is announced{}",
                        id.escape_debug(),
                        self.or_not_read(heard)
                    );
                    code = EXIT_FAILED;
                }
            }
        }
        let all = heard.announced.iter().filter(|_| names.is_empty());
        for (id, (topic, kept)) in all {
            match self.belongs(id) {
                Belongs::Gone if heard.is_online(kept) => {
                    eprintln!(
                        "mqtt-thing: {id} is not in the file, and online: has its Pi a newer file? Name it to forget it all the same"
                    );
                    code = EXIT_FAILED;
                }
                Belongs::Gone | Belongs::Quiet => chosen.push((id, topic)),
                Belongs::Here | Belongs::Elsewhere => {}
            }
        }
        if chosen.is_empty() {
            if code == EXIT_OK {
                eprintln!(
                    "mqtt-thing: nothing is to be forgotten{}",
                    self.or_not_read(heard)
                );
            }
            return Ok(code);
        }
        let client = Client::connect(self.session(), [], PATIENCE).await?;
        for (_, topic) in &chosen {
            let cleared = Message::state((*topic).clone(), "");
            client.say(cleared).await?;
        }
        if !client.close(PATIENCE).await.clean {
            anyhow::bail!("the connection was lost; not everything may be forgotten");
        }
        let Some(left) = self.left(&chosen).await? else {
            anyhow::bail!("told to stop before it was known whether the broker forgot");
        };
        for (id, topic) in chosen {
            if !left.announced.contains_key(id) {
                print(&format!("forgotten: {id}\n"))?;
                continue;
            }
            eprintln!(
                "mqtt-thing: {id} is left: the broker still keeps {topic}. This account may not write there, or the thing \
                 has announced itself again; `homeassistant` of `broker init` may: --username homeassistant \
                 --password-file FILE"
            );
            code = EXIT_FAILED;
        }
        Ok(code)
    }

    /// What is still announced once these are gone, or had their time to go: a broker acknowledges also what it does
    /// not let us write (MQTT 3.1.1, section 3.3.5). `None` if it was told to stop meanwhile.
    async fn left(&self, cleared: &[(&String, &Topic)]) -> anyhow::Result<Option<Heard>> {
        let until = Instant::now() + GONE_WITHIN;
        loop {
            let Some(heard) = self.listen().await? else {
                return Ok(None);
            };
            let is_left = |(id, _): &(&String, &Topic)| heard.announced.contains_key(*id);
            if !cleared.iter().any(is_left) || Instant::now() >= until {
                return Ok(Some(heard));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
