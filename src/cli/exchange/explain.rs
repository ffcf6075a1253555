//! Packets as a course looks at them: a line each, and what they came to.

use mqtt_thing::model::{QoS, escaped, harmless_json};
use mqtt_thing::mqtt::exchange::{Direction, Glimpse, Greeting, Told, Watcher, return_code};
use owo_colors::OwoColorize;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

/// So much of a text from the network is shown.
const MOST: usize = 200;

/// What stands above the lines.
const HEAD: &str =
    "    time      packet      byte   size = fixed header + variable header + payload, in bytes";

/// What went one way.
#[derive(Debug, Default)]
struct Way {
    packets: u64,
    bytes: u64,
    messages: u64,
    payload: u64,
    /// How many of each kind, in the order in which they first came.
    kinds: Vec<(&'static str, u64)>,
}

#[derive(Debug, Default)]
struct Tally {
    out: Way,
    in_: Way,
}

/// Shows packets on standard error.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Explainer {
    tally: Rc<RefCell<Tally>>,
    json: bool,
}

/// Says it on standard error. A reader that has seen enough (`2>&1 | head`) is no failure.
fn say(text: &str) {
    let _nobody_reads_it = writeln!(anstream::stderr(), "{text}");
}

impl Explainer {
    pub(super) fn new(json: bool) -> Self {
        Self {
            tally: Rc::default(),
            json,
        }
    }

    pub(super) fn watcher(&self) -> Watcher {
        let (tally, json) = (Rc::clone(&self.tally), self.json);
        Box::new(move |glimpse| {
            if tally.borrow().is_empty() && !json {
                say(&HEAD.dimmed().to_string());
            }
            tally.borrow_mut().add(glimpse);
            match json {
                true => say(&harmless_json(as_json(glimpse).to_string())),
                false => say(&line(glimpse)),
            }
        })
    }

    /// What all packets came to; nothing, where there was none.
    pub(super) fn sum_up(&self) {
        let tally = self.tally.borrow();
        match self.json {
            true => say(&json!({ "summary": tally.as_json() }).to_string()),
            false if tally.is_empty() => {}
            false => say(&tally.lines()),
        }
    }
}

impl Tally {
    const fn is_empty(&self) -> bool {
        self.out.packets + self.in_.packets == 0
    }

    fn add(&mut self, glimpse: &Glimpse<'_>) {
        let way = match glimpse.direction {
            Direction::Out => &mut self.out,
            Direction::In => &mut self.in_,
        };
        way.packets += 1;
        way.bytes += glimpse.sizes.whole() as u64;
        if let Told::Publish { .. } = glimpse.told {
            way.messages += 1;
            way.payload += glimpse.sizes.payload as u64;
        }
        let name = glimpse.told.name();
        match way.kinds.iter_mut().find(|(kind, _)| *kind == name) {
            Some((_, count)) => *count += 1,
            None => way.kinds.push((name, 1)),
        }
    }

    /// All bytes, and those of them that are no message's payload.
    fn overhead(&self) -> (u64, u64) {
        let all = self.out.bytes + self.in_.bytes;
        (all, all - self.out.payload - self.in_.payload)
    }

    // bytes lie far below 2^53
    #[allow(clippy::cast_precision_loss)]
    fn share(&self) -> f64 {
        let (all, overhead) = self.overhead();
        match all {
            0 => 0.0,
            all => overhead as f64 * 100.0 / all as f64,
        }
    }

    fn lines(&self) -> String {
        let kinds = |way: &Way| {
            let kinds = way.kinds.iter();
            let kinds = kinds.map(|(kind, count)| format!("{kind} {count}"));
            kinds.collect::<Vec<_>>().join(", ")
        };
        let width = self.out.bytes.max(self.in_.bytes).to_string().len();
        let way = |name: &str, way: &Way| {
            let (packets, bytes) = (way.packets, way.bytes);
            format!(
                "{name:<9} {packets:>width$} packets, {bytes:>width$} bytes: {}",
                kinds(way)
            )
        };
        let (all, overhead) = self.overhead();
        let (messages, payload) = (
            self.out.messages + self.in_.messages,
            self.out.payload + self.in_.payload,
        );
        let share = self.share();
        let (sent, received) = (way("sent", &self.out), way("received", &self.in_));
        format!(
            "{sent}\n{received}\n\
             overhead  {overhead} of {all} bytes, {share:.1} %, beside {payload} bytes of payload (messages: {messages}).\n          \
             TCP, IP and TLS come on top and are not counted."
        )
    }

    fn as_json(&self) -> Value {
        let way = |way: &Way| {
            let kinds = way.kinds.iter();
            let kinds: Map<_, _> = kinds
                .map(|(kind, count)| ((*kind).to_owned(), (*count).into()))
                .collect();
            json!({
                "packets": way.packets, "bytes": way.bytes, "messages": way.messages,
                "payload_bytes": way.payload, "by_type": kinds,
            })
        };
        let (bytes, overhead) = self.overhead();
        json!({
            "sent": way(&self.out), "received": way(&self.in_), "bytes": bytes,
            "overhead_bytes": overhead, "overhead_percent": (self.share() * 10.0).round() / 10.0,
        })
    }
}

fn line(glimpse: &Glimpse<'_>) -> String {
    let sizes = &glimpse.sizes;
    let time = glimpse.at.since_origin().as_secs_f64();
    let name = format!("{:<10}", glimpse.told.name());
    let (arrow, name) = match glimpse.direction {
        Direction::Out => ("→", name.green().to_string()),
        Direction::In => ("←", name.cyan().to_string()),
    };
    let spent = format!(
        "{} + {} + {}",
        sizes.fixed_header, sizes.variable_header, sizes.payload
    );
    let said = said(&glimpse.told);
    let (first, whole) = (sizes.first_byte, sizes.whole());
    let line =
        format!("{time:>8.4}  {arrow} {name}  0x{first:02x} {whole:>6} = {spent:<14}  {said}");
    line.trim_end().to_owned()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text.as_bytes(), MOST))
}

/// `1 byte`, `2 bytes`.
pub(in crate::cli) fn bytes(count: usize) -> String {
    match count {
        1 => "1 byte".to_owned(),
        count => format!("{count} bytes"),
    }
}

/// Its flags and fields, in words.
fn said(told: &Told<'_>) -> String {
    match told {
        Told::Connect(greeting) => greeted(greeting),
        Told::ConnAck {
            session_present,
            code,
        } => {
            let session = match session_present {
                true => "session present",
                false => "no session present",
            };
            format!("code {code} ({}), {session}", return_code(*code))
        }
        Told::Publish {
            dup,
            qos,
            retain,
            id,
            topic,
        } => {
            let mut said = vec![format!("QoS {}", qos.number())];
            said.extend(id.map(|id| format!("id {id}")));
            said.extend(dup.then(|| "DUP".to_owned()));
            said.extend(retain.then(|| "RETAIN".to_owned()));
            said.push(format!("topic {} ({})", quoted(topic), bytes(topic.len())));
            said.join(", ")
        }
        Told::Subscribe(id, filters) => {
            let filters = filters.iter();
            let filters =
                filters.map(|(filter, qos)| format!("{} QoS {}", quoted(filter), qos.number()));
            format!("id {id}, {}", filters.collect::<Vec<_>>().join(", "))
        }
        Told::SubAck(id, granted) => {
            let granted = granted.iter().map(|granted| match granted {
                Some(qos) => format!("granted QoS {}", qos.number()),
                None => "refused (0x80)".to_owned(),
            });
            format!("id {id}, {}", granted.collect::<Vec<_>>().join(", "))
        }
        Told::PingReq => "are you there?".to_owned(),
        Told::Other(kind) => format!("type {kind}"),
        other => other.id().map_or_else(String::new, |id| format!("id {id}")),
    }
}

fn greeted(greeting: &Greeting<'_>) -> String {
    let clean = match greeting.clean_session {
        true => "clean session",
        false => "session to be kept",
    };
    let mut said = vec![
        clean.to_owned(),
        format!("keep-alive {} s", greeting.keep_alive),
        format!("client id {}", quoted(greeting.client_id)),
    ];
    if let Some((topic, qos, retain, size)) = greeting.will {
        let retain = if retain { ", RETAIN" } else { "" };
        let (topic, qos) = (quoted(topic), qos.number());
        let size = bytes(size);
        said.push(format!("will on {topic} (QoS {qos}{retain}, {size})"));
    }
    said.extend(greeting.user.map(|user| format!("user {}", quoted(user))));
    said.extend(greeting.password.then(|| "a password".to_owned()));
    said.join(", ")
}

fn as_json(glimpse: &Glimpse<'_>) -> Value {
    let sizes = &glimpse.sizes;
    // to the microsecond: more is noise
    let time = (glimpse.at.since_origin().as_secs_f64() * 1e6).round() / 1e6;
    let mut json = json!({
        "time_s": time,
        "direction": match glimpse.direction { Direction::Out => "out", Direction::In => "in" },
        "packet": glimpse.told.name(),
        "first_byte": sizes.first_byte,
        "bytes": sizes.whole(),
        "fixed_header": sizes.fixed_header,
        "variable_header": sizes.variable_header,
        "payload": sizes.payload,
    });
    if let Some(id) = glimpse.told.id() {
        json["packet_id"] = id.into();
    }
    let number = |qos: &Option<QoS>| qos.map_or(0x80, QoS::number);
    match &glimpse.told {
        Told::Connect(greeting) => {
            json["clean_session"] = greeting.clean_session.into();
            json["keep_alive_s"] = greeting.keep_alive.into();
            json["client_id"] = greeting.client_id.into();
            json["user"] = greeting.user.into();
            json["password"] = greeting.password.into();
            json["will"] = greeting.will.map_or(Value::Null, |(topic, qos, retain, size)| {
                json!({ "topic": topic, "qos": qos.number(), "retain": retain, "bytes": size })
            });
        }
        Told::ConnAck {
            session_present,
            code,
        } => {
            json["session_present"] = (*session_present).into();
            json["code"] = (*code).into();
            json["meaning"] = return_code(*code).into();
        }
        Told::Publish {
            dup,
            qos,
            retain,
            topic,
            ..
        } => {
            json["dup"] = (*dup).into();
            json["qos"] = qos.number().into();
            json["retain"] = (*retain).into();
            json["topic"] = (*topic).into();
        }
        Told::Subscribe(_, filters) => {
            let filters = filters.iter();
            json["filters"] = filters
                .map(|(filter, qos)| json!({ "filter": filter, "qos": qos.number() }))
                .collect();
        }
        Told::SubAck(_, granted) => json["codes"] = granted.iter().map(number).collect(),
        _ => {}
    }
    json
}
