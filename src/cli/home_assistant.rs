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
use std::time::Duration;

/// How long a broker is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

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
    newer file. A thing that is named and runs announces itself again when it starts the next time.\n\n\
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
}

impl TakesIn for Heard {
    fn take_in(&mut self, event: &SessionEvent, _: Now) {
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
        let endpoint = asked.endpoint(&topology)?;
        let home = topology.things.iter().find_map(|plan| plan.home.clone());
        let lab = Lab {
            topology: &topology,
            home: home.unwrap_or_default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let code = runtime.block_on(async {
            let Some(heard) = lab.listen(endpoint.clone()).await? else {
                return Ok(EXIT_OK);
            };
            match &self.what {
                What::List(list) => lab.list(&heard, list.json),
                What::Forget(forget) => lab.forget(&heard, &forget.things, endpoint).await,
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
}

fn session(endpoint: Endpoint) -> Options {
    let id = format!("mqtt-thing-home-{:08x}", rand::random::<u32>());
    Options::new(endpoint, id)
}

impl Lab<'_> {
    /// Everything that the broker keeps; `None` if it was told to stop meanwhile.
    async fn listen(&self, endpoint: Endpoint) -> anyhow::Result<Option<Heard>> {
        let heard = Heard {
            start: format!("{}/device/", self.home.prefix),
            ..Heard::default()
        };
        let filters = [format!("{}+/config", heard.start), "+/status".to_owned()];
        let filters = filters.into_iter().map(TopicFilter::new);
        let filters = filters.collect::<Result<Vec<_>, _>>()?;
        let onlooker = Onlooker::start(session(endpoint), filters, heard)?;
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
                "mqtt-thing: no thing is announced below {}",
                self.home.prefix
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

    async fn forget(
        &self,
        heard: &Heard,
        names: &[String],
        endpoint: Endpoint,
    ) -> anyhow::Result<u8> {
        let (mut chosen, mut code) = (Vec::new(), EXIT_OK);
        for name in names {
            let id = self.home.object_id(name);
            match heard.announced.get_key_value(&id) {
                Some((id, (topic, _))) => chosen.push((id, topic)),
                None => {
                    eprintln!(
                        "mqtt-thing: there is no {} among what is announced",
                        id.escape_debug()
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
                eprintln!("mqtt-thing: nothing is to be forgotten");
            }
            return Ok(code);
        }
        let client = Client::connect(session(endpoint), [], PATIENCE).await?;
        for (id, topic) in chosen {
            client.say(Message::state(topic.clone(), "")).await?;
            print(&format!("forgotten: {id}\n"))?;
        }
        if !client.close(PATIENCE).await.clean {
            anyhow::bail!("the connection was lost; not everything may be forgotten");
        }
        Ok(code)
    }
}
