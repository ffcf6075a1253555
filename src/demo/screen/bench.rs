//! Hands and eyes: moves inputs as somebody wishes, and gathers what is seen into the view.

use super::Address;
use super::keys::{SWITCH_KEYS, Wish};
use super::logged::logged;
use super::view::{Entry, Panel, Resource, State, View};
use crate::board::Port;
use crate::board::sim::OutputChange;
use crate::demo::{Expectation, Input, Observer, Station, inputs};
use crate::model::{Value, ValueKind, escaped, rescale};
use crate::resources::PortUse;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Lines of the log that are kept.
const LOG: usize = 500;
/// How long a tap lasts: terminals do not tell when a key is released.
const TAP: Duration = Duration::from_millis(200);
/// Bytes of a payload that are shown at most.
const PAYLOAD: usize = 300;

pub(super) struct Bench<'a> {
    stations: &'a [Station],
    observer: &'a Observer,
    inputs: Vec<Moved>,
    lab: Expectation,
    changes: Vec<Receiver<OutputChange>>,
    expected: Vec<Pending>,
    releases: Vec<(Instant, usize)>,
    /// The switch that was used last, and the knob that is chosen, among the inputs.
    switch: Option<usize>,
    knob: Option<usize>,
    began: Instant,
    next_message: u64,
    view: View,
}

/// An input, where it stands, its key, and its place in the view.
struct Moved {
    input: Input,
    value: Value,
    key: Option<char>,
    place: (usize, usize),
}

impl Moved {
    const fn is_knob(&self) -> bool {
        matches!(self.input.value, ValueKind::Integer { .. })
    }
}

/// An output that shall change, and since when.
struct Pending {
    output: usize,
    duty: u8,
    since: Instant,
}

impl<'a> Bench<'a> {
    pub(super) fn new(stations: &'a [Station], observer: &'a Observer, address: Address) -> Self {
        let mut panels: Vec<Panel> = stations.iter().map(panel).collect();
        let mut strangers = Vec::new();
        let mut keys = SWITCH_KEYS.chars();
        let mut moved = Vec::new();
        for input in inputs(stations) {
            let place = match (input.station, input.resource) {
                (Some(station), Some(resource)) => (station, resource),
                _ => {
                    strangers.push(row("", &input.topic.to_string(), State::Switch(false)));
                    (stations.len(), strangers.len() - 1)
                }
            };
            let key = if input.value == ValueKind::Bool {
                keys.next()
            } else {
                None
            };
            let value = input.low();
            moved.push(Moved {
                input,
                value,
                key,
                place,
            });
        }
        if !strangers.is_empty() {
            let (name, id) = ("strangers".to_owned(), "that somebody follows".to_owned());
            panels.push(Panel {
                name,
                id,
                resources: strangers,
            });
        }
        let first = |is: &dyn Fn(&Moved) -> bool| moved.iter().position(is);
        let (switch, knob) = (first(&|one| one.key.is_some()), first(&Moved::is_knob));
        let help = help(&moved);
        let mut bench = Self {
            changes: stations
                .iter()
                .map(|station| station.pins.watch())
                .collect(),
            lab: Expectation::new(stations),
            stations,
            next_message: observer.first(),
            observer,
            inputs: moved,
            expected: Vec::new(),
            releases: Vec::new(),
            switch,
            knob,
            began: Instant::now(),
            view: View {
                broker: address.url,
                join: address.join,
                panels,
                help,
                ..View::default()
            },
        };
        for index in 0..bench.inputs.len() {
            bench.show_input(index);
        }
        bench
    }

    pub(super) const fn view(&self) -> &View {
        &self.view
    }

    /// Carries out a wish.
    pub(super) fn obey(&mut self, wish: Wish) {
        let by_key = |key: char| self.inputs.iter().position(|one| one.key == Some(key));
        match wish {
            Wish::Quit => {}
            Wish::Toggle(key) => {
                if let Some(index) = by_key(key) {
                    self.switch = Some(index);
                    let one = &self.inputs[index];
                    let value = if one.value == one.input.high() {
                        one.input.low()
                    } else {
                        one.input.high()
                    };
                    self.put(index, value);
                }
            }
            Wish::Tap => {
                if let Some(index) = self.switch {
                    self.put(index, self.inputs[index].input.high());
                    self.releases.retain(|(_, other)| *other != index);
                    self.releases.push((Instant::now() + TAP, index));
                }
            }
            Wish::Turn(by) => self.turn(|value, min, max| value + by * (max - min + 1) / 32),
            Wish::ToLow => self.turn(|_, min, _| min),
            Wish::ToHigh => self.turn(|_, _, max| max),
            Wish::NextKnob => self.choose(1),
            Wish::PreviousKnob => self.choose(-1),
        }
    }

    /// Looks at pins, messages, log and clock.
    pub(super) fn look(&mut self, log: &Receiver<String>) {
        let now = Instant::now();
        let (due, later): (Vec<_>, Vec<_>) =
            self.releases.drain(..).partition(|(at, _)| *at <= now);
        self.releases = later;
        for (_, index) in due {
            self.put(index, self.inputs[index].input.low());
        }
        for station in 0..self.stations.len() {
            while let Ok(change) = self.changes[station].try_recv() {
                self.changed(station, change);
            }
        }
        for output in 0..self.lab.outputs().len() {
            let expected = &self.lab.outputs()[output];
            let (station, resource, port) = (expected.station, expected.resource, expected.port);
            let duty = self.stations[station].pins.output(port).duty;
            self.view.panels[station].resources[resource].state = State::Output(duty);
        }
        for seen in self.observer.since(self.next_message) {
            self.next_message = seen.number + 1;
            let (topic, text) = (
                seen.message.topic.to_string(),
                // JSON is easier to read with bare quotes, and they do a terminal no harm
                escaped(&seen.message.payload, PAYLOAD).replace("\\\"", "\""),
            );
            self.heard(&topic, &text);
            self.note(seen.at, topic, text);
        }
        while let Ok(line) = log.try_recv() {
            self.note(now, String::new(), logged(&line, PAYLOAD));
        }
        self.view.away = self.observer.away();
    }

    fn put(&mut self, index: usize, value: Value) {
        let one = &mut self.inputs[index];
        if one.value == value && one.input.port().is_some() {
            return;
        }
        let since = one.input.put(&value, &self.observer.outbox());
        for output in self.lab.hear(&one.input.topic, one.input.value, &value) {
            let duty = self.lab.outputs()[output].duty();
            self.expected.push(Pending {
                output,
                duty,
                since,
            });
        }
        one.value = value;
        self.show_input(index);
    }

    fn turn(&mut self, to: impl Fn(i64, i64, i64) -> i64) {
        let Some(index) = self.knob else { return };
        let one = &self.inputs[index];
        if let (ValueKind::Integer { min, max }, Value::Integer(value)) =
            (one.input.value, &one.value)
        {
            let value = to(*value, min, max).clamp(min, max);
            self.put(index, Value::Integer(value));
        }
    }

    fn choose(&mut self, step: isize) {
        let knobs: Vec<usize> = (0..self.inputs.len())
            .filter(|index| self.inputs[*index].is_knob())
            .collect();
        let Some(at) = knobs.iter().position(|index| Some(*index) == self.knob) else {
            return;
        };
        let next = if step > 0 {
            at + 1
        } else {
            at + knobs.len() - 1
        } % knobs.len();
        self.knob = Some(knobs[next]);
        for index in knobs {
            self.show_input(index);
        }
    }

    fn changed(&mut self, station: usize, change: OutputChange) {
        let is_it = |output: &usize| {
            let expected = &self.lab.outputs()[*output];
            expected.station == station && expected.port == change.port
        };
        let Some(output) = (0..self.lab.outputs().len()).find(is_it) else {
            return;
        };
        let duty = change.output.duty;
        let Some(found) = self
            .expected
            .iter()
            .rposition(|one| one.output == output && one.duty == duty)
        else {
            return;
        };
        let took = change.at.checked_duration_since(self.expected[found].since);
        // what was asked before was overtaken
        let mut index = 0;
        self.expected.retain(|one| {
            index += 1;
            one.output != output || index > found + 1
        });
        if let Some(took) = took {
            self.view.latency.add(took);
            self.view.last = Some(took);
            let resource = self.lab.outputs()[output].resource;
            self.view.panels[station].resources[resource].latency = Some(took);
        }
    }

    /// Resources that are neither input nor output show what they said last.
    fn heard(&mut self, topic: &str, text: &str) {
        for panel in &mut self.view.panels {
            let Some(path) = topic
                .strip_prefix(&panel.id)
                .and_then(|rest| rest.strip_prefix('/'))
            else {
                continue;
            };
            for resource in &mut panel.resources {
                if resource.path == path && matches!(resource.state, State::Said(_)) {
                    resource.state = State::Said(text.to_owned());
                }
            }
        }
    }

    fn note(&mut self, at: Instant, topic: String, text: String) {
        let at = at.saturating_duration_since(self.began);
        self.view.log.push_back(Entry { at, topic, text });
        if self.view.log.len() > LOG {
            self.view.log.pop_front();
        }
    }

    fn show_input(&mut self, index: usize) {
        let one = &self.inputs[index];
        let (panel, row) = one.place;
        let key = match (one.key, Some(index) == self.knob) {
            (Some(key), _) => key.to_string(),
            (None, true) => "←→".to_owned(),
            (None, false) => String::new(),
        };
        let resource = &mut self.view.panels[panel].resources[row];
        resource.key = key;
        // an actuator that is moved by `set` alone shows its pin
        if matches!(resource.state, State::Output(_)) {
            return;
        }
        resource.state = match (one.input.value, &one.value) {
            (ValueKind::Integer { min, max }, Value::Integer(value)) => State::Knob {
                value: *value,
                share: u8::try_from(rescale(*value, (min, max), (0, 255))).unwrap_or(u8::MAX),
                chosen: Some(index) == self.knob,
            },
            (_, value) => State::Switch(*value == Value::Bool(true)),
        };
    }
}

fn panel(station: &Station) -> Panel {
    let rows = station.specs.iter().map(|spec| {
        let state = match (spec.kind.can_follow, spec.kind.port) {
            (Some(_), PortUse::Digital) => State::Output(0),
            _ => State::Said(String::new()),
        };
        row(
            spec.port.map_or("", Port::name),
            &format!("{}/{}", spec.kind.class, spec.name),
            state,
        )
    });
    Panel {
        name: station.name.clone(),
        id: station.id.to_string(),
        resources: rows.collect(),
    }
}

fn row(port: &'static str, path: &str, state: State) -> Resource {
    Resource {
        key: String::new(),
        port,
        path: path.to_owned(),
        state,
        latency: None,
    }
}

fn help(inputs: &[Moved]) -> Vec<(String, String)> {
    let mut keys: Vec<char> = inputs.iter().filter_map(|one| one.key).collect();
    let knobs = inputs.iter().filter(|one| one.is_knob()).count();
    let mut help = Vec::new();
    let mut add = |key: &str, what: &str| help.push((key.to_owned(), what.to_owned()));
    if let (Some(first), Some(last)) = (keys.first().copied(), keys.pop()) {
        let range = if first == last {
            first.to_string()
        } else {
            format!("{first}..{last}")
        };
        add(&range, "press, release");
        add("space", "tap");
    }
    if knobs > 0 {
        add("←→ [ ]", "turn");
    }
    if knobs > 1 {
        add("tab", "other knob");
    }
    add("q", "quit");
    help
}
