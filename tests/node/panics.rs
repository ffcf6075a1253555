//! A resource that panics, which is a fault of the program: it is seen, and nobody is left waiting.

use crate::lab::topic;
use crate::support::{LIMIT, free_port};
use mqtt_thing::model::ValueKind;
use mqtt_thing::mqtt::Options;
use mqtt_thing::resources::{Entity, Kind, PortUse, Spec};
use mqtt_thing::runtime::{Node, NodeOptions};
use mqtt_thing::thing::{Class, Context, Event, Resource, ResourceError};
use std::time::Duration;

static BOMB: Kind = Kind {
    name: "bomb",
    summary: "panics on its first beat",
    class: Class::Stuff,
    port: PortUse::None,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[],
    value: |_| ValueKind::Bool,
    home: Entity::None,
    can_follow: None,
    example: "",
    build: |_| Box::new(Bomb),
};

struct Bomb;

impl Resource for Bomb {
    fn period(&self) -> Option<Duration> {
        Some(Duration::from_millis(10))
    }

    fn handle(&mut self, event: &Event<'_>, _: &mut Context<'_>) -> Result<(), ResourceError> {
        assert!(
            !matches!(event, Event::Tick),
            "this is what the test is about"
        );
        Ok(())
    }
}

#[tokio::test]
async fn a_resource_that_panics_ends_the_wait_and_does_not_hold_up_the_close() {
    let broker = format!("mqtt://127.0.0.1:{}", free_port());
    let options = NodeOptions {
        name: "inner".to_owned(),
        id: topic("10.0.0.1"),
        specs: vec![Spec::new(
            topic("10.0.0.1"),
            "bomb0".to_owned(),
            &BOMB,
            None,
        )],
        board: None,
        session: Options::new(
            broker.parse::<mqtt_thing::mqtt::BrokerUrl>().unwrap(),
            "10.0.0.1",
        ),
        formers: Vec::new(),
        state: None,
        runner: None,
        home: None,
    };
    let mut node = Node::start(options).await.unwrap();
    let failed = tokio::time::timeout(LIMIT, node.failed()).await;
    assert!(failed.is_ok(), "nobody saw it");
    let began = std::time::Instant::now();
    node.stop(Duration::from_secs(5)).await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}
