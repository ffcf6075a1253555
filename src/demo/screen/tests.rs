use super::view::{Entry, Panel, Resource, State, View};
use super::{Row, draw};
use std::time::Duration;

fn text(row: &Row) -> String {
    row.iter().map(|piece| piece.text.as_str()).collect()
}

fn resource(key: &str, port: &'static str, path: &str, state: State, ms: Option<u64>) -> Resource {
    let (key, path) = (key.to_owned(), path.to_owned());
    Resource {
        key,
        port,
        path,
        state,
        latency: ms.map(Duration::from_millis),
    }
}

fn panel(name: &str, id: &str, resources: Vec<Resource>) -> Panel {
    Panel {
        name: name.to_owned(),
        id: id.to_owned(),
        resources,
    }
}

fn view() -> View {
    let knob = State::Knob {
        value: 512,
        share: 128,
        chosen: true,
    };
    let inner = vec![
        resource("1", "D3", "sensors/button0", State::Switch(true), None),
        resource("←→", "A0", "sensors/rotary0", knob, None),
        resource("", "D4", "actuators/led0", State::Output(255), Some(5)),
    ];
    let outer = vec![
        resource("", "D4", "actuators/led0", State::Output(0), None),
        resource("", "D5", "actuators/led1", State::Output(128), Some(12)),
    ];
    let mut view = View {
        broker: "mqtt://127.0.0.1:1883".to_owned(),
        join: "mosquitto_sub -h 127.0.0.1 -p 1883 -v -t '#'".to_owned(),
        panels: vec![
            panel("inner", "172.16.32.157", inner),
            panel("outer", "172.16.32.117", outer),
        ],
        last: Some(Duration::from_millis(5)),
        help: vec![
            ("1".to_owned(), "press, release".to_owned()),
            ("q".to_owned(), "quit".to_owned()),
        ],
        ..View::default()
    };
    view.latency.add(Duration::from_millis(5));
    let note = |ms, topic: &str, text: &str| Entry {
        at: Duration::from_millis(ms),
        topic: topic.to_owned(),
        text: text.to_owned(),
    };
    view.log
        .push_back(note(10, "172.16.32.157/status", "online"));
    view.log
        .push_back(note(1234, "172.16.32.157/sensors/button0", "True"));
    view
}

#[test]
fn the_picture_is_as_people_know_it() {
    let rows: Vec<String> = draw(&view(), (100, 13))
        .iter()
        .map(|row| text(row).trim_end().to_owned())
        .collect();
    let expected = r"
 mqtt-thing demo  broker mqtt://127.0.0.1:1883
 join in: mosquitto_sub -h 127.0.0.1 -p 1883 -v -t '#'
┌ inner 172.16.32.157 ───────────────────────────┐┌ outer 172.16.32.117 ───────────────────────────┐
│ 1  D3 sensors/button0 ▣ pressed                ││    D4 actuators/led0  ○ ░░░░░░░░ off           │
│ ←→ A0 sensors/rotary0 ▸ ████░░░░ 512           ││    D5 actuators/led1  ◑ ████░░░░ 50%    12.0 ms│
│    D4 actuators/led0  ● ████████ on      5.0 ms││                                                │
└────────────────────────────────────────────────┘└────────────────────────────────────────────────┘
 from input to pin: last 5.0 ms   p50 5.0 ms   max 5.0 ms   of 1
─ messages ─────────────────────────────────────────────────────────────────────────────────────────
    0.010 172.16.32.157/status online
    1.234 172.16.32.157/sensors/button0 True

 1 press, release  q quit";
    assert_eq!(format!("\n{}", rows.join("\n")), expected);
}

#[test]
fn every_picture_fills_its_window_exactly() {
    let mut view = view();
    let small = view.panels[0].clone();
    for panels in 0..6 {
        view.panels = vec![small.clone(); panels];
        for (width, height) in (0..230)
            .step_by(7)
            .flat_map(|width| (0..40).map(move |height| (width, height)))
        {
            let rows = draw(&view, (width, height));
            assert_eq!(rows.len(), height, "{width} x {height}");
            for row in &rows {
                assert_eq!(
                    text(row).chars().count(),
                    width,
                    "{width} x {height}: {row:?}"
                );
            }
        }
    }
}

#[test]
fn a_bar_is_empty_only_when_off_and_full_only_when_on() {
    let bar = |duty| {
        let mut view = view();
        view.panels[1].resources[1].state = State::Output(duty);
        let rows = draw(&view, (100, 13));
        let bar = text(&rows[4])
            .chars()
            .filter(|c| "█░".contains(*c))
            .skip(8)
            .collect::<String>();
        bar.chars().filter(|c| *c == '█').count()
    };
    assert_eq!([0, 1, 64, 254, 255].map(bar), [0, 1, 2, 7, 8]);
}

#[test]
fn what_is_not_drawn_is_said() {
    let mut view = view();
    view.panels = vec![view.panels[0].clone(); 9];
    let shown: String = draw(&view, (100, 12)).iter().map(text).collect();
    assert!(shown.contains("more below"), "{shown}");
    view.away = Some("connection refused".to_owned());
    let shown = text(&draw(&view, (100, 30))[0]);
    assert!(shown.contains("away: connection refused"), "{shown}");
}

#[test]
fn a_window_that_is_too_small_says_what_it_needs() {
    let row = text(&draw(&view(), (40, 10))[0]);
    assert_eq!(row.trim_end(), "enlarge to 44 x 7; q quits");
}
