//! Brokers that are not Mosquitto, and some that are worse.

use crate::matrix::broker;
use crate::patient::{Patient, Said};
use crate::support::FakeBroker;
use crate::support::fake_broker::{CONNECT, PUBLISH, Packet, Reply, SUBSCRIBE, polite};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

fn speaks_mqtt_5(packet: &Packet) -> bool {
    packet.kind == CONNECT && packet.body.get(6) == Some(&5)
}

fn topic(packet: &Packet) -> String {
    let length = usize::from(packet.body[0]) << 8 | usize::from(packet.body[1]);
    String::from_utf8(packet.body[2..2 + length].to_vec()).unwrap()
}

fn qos(packet: &Packet) -> u8 {
    packet.flags >> 1 & 3
}

/// What was published, as `topic` at that quality of service.
fn published(fake: &FakeBroker, at: u8) -> Vec<String> {
    let packets = fake.packets().into_iter();
    let its = packets.filter(|packet| packet.kind == PUBLISH && qos(packet) == at);
    its.map(|packet| topic(&packet)).collect()
}

/// The doctor's word on a thing of whose broker this is.
fn said_of(url: String) -> Option<Said> {
    let mosquitto = broker()?;
    let mut patient = Patient::healthy(&mosquitto);
    patient.broker = url;
    patient.topology("", "");
    Some(patient.doctor())
}

/// A message that comes to whoever is subscribed, at QoS 0.
fn passed_on(packet: &Packet, properties: &[u8]) -> Vec<u8> {
    let topic = topic(packet);
    let length = u8::try_from(2 + topic.len() + properties.len() + 7).unwrap();
    let size = u8::try_from(topic.len()).unwrap();
    let text = [topic.as_bytes(), properties, b"offline"].concat();
    [&[0x30, length, 0, size][..], &text].concat()
}

/// A broker of MQTT 5 that lets `most` publishes be open, and answers one at QoS 2 with `more` behind.
fn mqtt_5(most: u8, more: impl Fn(&Packet) -> Vec<u8> + Send + Sync + 'static) -> FakeBroker {
    FakeBroker::start(move |packet| match packet.kind {
        CONNECT => Reply::Send(vec![0x20, 6, 0, 0, 3, 0x21, 0, most]),
        SUBSCRIBE => {
            let id = packet.id();
            // for more filters than there are
            let granted = [0; 60];
            Reply::Send([&[0x90, 63, id[0], id[1], 0], &granted[..]].concat())
        }
        PUBLISH => {
            let (id, answer) = (packet.id(), if qos(packet) == 2 { 0x50 } else { 0x40 });
            let mut sent = vec![answer, 2, id[0], id[1]];
            if topic(packet) == "10.77.0.1/status" {
                sent.extend(more(packet));
            }
            Reply::Send(sent)
        }
        _ => polite(packet),
    })
}

#[test]
fn no_more_is_open_than_the_broker_allows() {
    let echo = |packet: &Packet| match qos(packet) {
        1 => passed_on(packet, &[0]),
        _ => Vec::new(),
    };
    let fake = mqtt_5(3, echo);
    let Some(said) = said_of(fake.url()) else {
        return;
    };
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    assert!(published(&fake, 2).len() > 8);
    for connection in 1..=fake.connections() {
        let packets = fake.packets().into_iter();
        let open = packets.filter(|its| its.kind == PUBLISH && its.connection == connection);
        assert!(open.filter(|its| qos(its) == 2).count() <= 3);
    }
}

#[test]
fn on_a_broker_that_passes_on_at_once_nothing_is_said_where_somebody_may_follow() {
    let fake = mqtt_5(20, |packet| passed_on(packet, &[0]));
    let Some(said) = said_of(fake.url()) else {
        return;
    };
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    let mut asked = published(&fake, 2);
    asked.sort();
    let harmless = |topic: &String| {
        ["/about", "/health", "/fault", "/status"]
            .iter()
            .any(|end| topic.ends_with(end))
    };
    assert!(asked.len() > 3 && asked.iter().all(harmless), "{asked:?}");
}

#[test]
fn a_broker_of_mqtt_3_alone_is_asked_for_nothing_but_the_echo_of_the_status() {
    let fake = FakeBroker::start(|packet| match packet.kind {
        CONNECT if speaks_mqtt_5(packet) => Reply::Send(vec![0x20, 2, 0, 1]),
        PUBLISH => {
            let id = packet.id();
            let acknowledged = vec![0x40, 2, id[0], id[1]];
            Reply::Send([acknowledged, passed_on(packet, &[])].concat())
        }
        _ => polite(packet),
    });
    let Some(said) = said_of(fake.url()) else {
        return;
    };
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    assert_eq!(published(&fake, 1), ["10.77.0.1/status"]);
    assert_eq!(published(&fake, 2), [""; 0]);
}

#[test]
fn a_broker_of_mqtt_3_that_swallows_the_status_is_told() {
    let fake = FakeBroker::start(|packet| match packet.kind {
        CONNECT if speaks_mqtt_5(packet) => Reply::Close,
        _ => polite(packet),
    });
    let Some(said) = said_of(fake.url()) else {
        return;
    };
    assert_eq!(said.rules(), ["acl-denies-publish"], "{:#}", said.json);
}

#[test]
fn a_broker_that_drowns_us_holds_the_doctor_up_for_seconds_only() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // ends with the test process
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(&[0x20, 3, 0, 0, 0]);
                // a message of 1000 bytes on `a/b`, for ever, and one that is large in between
                let mut flood = vec![0x30, 0xE8, 0x07, 0, 3, b'a', b'/', b'b', 0];
                flood.resize(1003, b'x');
                for _ in 0..10_000 {
                    if stream.write_all(&flood).is_err() {
                        return;
                    }
                }
                // 200 MiB, whole
                let _ = stream.write_all(&[0x30, 0x80, 0x80, 0x80, 0x64]);
                for _ in 0..200 {
                    if stream.write_all(&vec![0; 1 << 20]).is_err() {
                        return;
                    }
                }
                while stream.write_all(&flood).is_ok() {}
            });
        }
    });
    let began = Instant::now();
    let Some(said) = said_of(format!("mqtt://127.0.0.1:{port}")) else {
        return;
    };
    let took = began.elapsed();
    assert_eq!(said.rules(), ["broker-silent"], "{:#}", said.json);
    println!("took {took:?}");
    assert!(took < Duration::from_secs(25), "{took:?}");
}
