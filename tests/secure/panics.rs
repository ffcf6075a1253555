//! A fault of the program itself, with secrets in its hands: what the panic says, what the log says on its finest level,
//! and what `Debug` shows, all without them.

use crate::lab::Lab;
use crate::person::Person;
use crate::stage::{Evidence, secrets_of};
use crate::support::{LIMIT, wait_for};
use mqtt_thing::fleet::signing::SigningKey;
use mqtt_thing::model::{Topic, ValueKind};
use mqtt_thing::mqtt::{Access, BrokerUrl, Options};
use mqtt_thing::resources::{Entity, Kind, PortUse, Spec};
use mqtt_thing::runtime::{Node, NodeOptions};
use mqtt_thing::system::read_secret;
use mqtt_thing::thing::{Class, Context, Event, Resource, ResourceError};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TOPOLOGY: &str = "[broker]\nurl = \"mqtt://broker.lab\"\n[things.pi]\naddress = \"10.0.0.1\"\n\
    [things.pi.resources]\nclock0 = { kind = \"clock\" }\n";

static BOMB: Kind = Kind {
    name: "bomb",
    summary: "panics once it is connected",
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
    build: |_| Box::new(Bomb(0)),
};

struct Bomb(u32);

impl Resource for Bomb {
    fn period(&self) -> Option<Duration> {
        Some(Duration::from_millis(10))
    }

    fn handle(&mut self, event: &Event<'_>, _: &mut Context<'_>) -> Result<(), ResourceError> {
        self.0 += u32::from(matches!(event, Event::Tick));
        assert!(self.0 < 100, "this is what the test is about: {event:?}");
        Ok(())
    }
}

/// What is written here can be read.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_and_what_debug_shows_have_no_secret_in_them() {
    let Some(lab) = Lab::new(TOPOLOGY) else {
        return;
    };
    let person = Person::new(&lab);
    assert_eq!(person.call(&["key", "new", "alice"]).code, Some(0));
    let paper = Paper::default();
    let pen = paper.clone();
    let log = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || pen.clone());
    log.try_init().unwrap();
    let (pen, before) = (paper.clone(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        let text = format!("{panic}\n{panic:?}\n");
        pen.0.lock().unwrap().extend(text.as_bytes());
        before(panic);
    }));

    let its = |file: &str| Some(lab.file(&format!("clients/10.0.0.1/{file}")));
    let access = Access {
        password_file: its("password"),
        ca_file: its("ca.crt"),
        cert_file: its("client.crt"),
        key_file: its("client.key"),
        ..Access::default()
    };
    let url: BrokerUrl = format!("mqtts://localhost:{}", lab.things).parse().unwrap();
    let endpoint = access.endpoint(url, None, Some("10.0.0.1")).unwrap();
    let password = read_secret(&its("password").unwrap()).unwrap();
    let key = std::fs::read_to_string(person.key_file("alice")).unwrap();
    let key = SigningKey::from_pem(&key).unwrap();
    let session = Options::new(endpoint.clone(), "10.0.0.1");
    let mut evidence = Evidence::default();
    let shown = format!(
        "{endpoint:?} {endpoint:#?} {session:?} {access:?} {password:?} {key:?} {:?}",
        lab.issued("10.0.0.1").key
    );
    evidence.put("what Debug shows", shown);

    let id = Topic::new("10.0.0.1").unwrap();
    let options = NodeOptions {
        name: "pi".to_owned(),
        id: id.clone(),
        specs: vec![Spec::new(id, "bomb0".to_owned(), &BOMB, None)],
        board: None,
        session,
        formers: Vec::new(),
        state: None,
        runner: None,
        home: None,
    };
    let mut node = Node::start(options).await.unwrap();
    assert!(tokio::time::timeout(LIMIT, node.failed()).await.is_ok());
    wait_for("what it said of the panic", || {
        let text = paper.text();
        (text.contains("this is what the test is about") && text.contains("TRACE")).then_some(())
    });
    node.stop(Duration::from_secs(5)).await;
    let connected = lab.broker.log.all().join("\n");
    assert!(connected.contains("as 10.0.0.1 "), "{connected}");
    evidence.put("panics and the log", paper.text());
    let secrets = secrets_of(&[&lab.set_up, person.home()]);
    let leaks = evidence.leaks(&secrets);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    evidence.put("what would be wrong", format!("{:?}", password.expose()));
    assert_eq!(evidence.leaks(&secrets).len(), 1);
}
