//! What the signed bytes cover: all of an order, in a way that can be read back.

use super::covered::{Terms, covered};
use super::*;
use proptest::option;
use proptest::prelude::*;

fn terms<'a>(commands: &'a Topic, key: &'a KeyId) -> Terms<'a> {
    Terms {
        commands,
        key,
        sequence: 0x0102_0304_0506,
        issued: 1_795_172_851,
        expires: 1_795_172_911,
    }
}

/// The fields as the specification has them, put together by hand.
fn by_hand(fields: &[&[u8]]) -> Vec<u8> {
    [b"mqtt-thing/command/1\n".as_slice(), &fields.concat()].concat()
}

const ABSENT: &[u8] = &[0xff; 4];
const END: &[&[u8]] = &[
    b"\0\0\0\x1021fe31dfa154a261",
    b"\0\0\0\x08\0\0\x01\x02\x03\x04\x05\x06",
    b"\0\0\0\x08\0\0\0\0\x6b\x00\x29\xf3",
    b"\0\0\0\x08\0\0\0\0\x6b\x00\x2a\x2f",
];

#[test]
fn the_bytes_are_those_of_the_specification() {
    let (topic, key) = (
        Topic::new("t/c").unwrap(),
        "21fe31dfa154a261".parse().unwrap(),
    );
    let of = |order: &Order| covered(order, &terms(&topic, &key));
    let start: &[u8] = b"\0\0\0\x03t/c";
    let Order::Run(command) = run("\u{e9}") else {
        unreachable!()
    };
    let expected = |middle: &[&[u8]]| by_hand(&[&[start], middle, END].concat());
    assert_eq!(
        of(&Order::Run(command.clone())),
        expected(&[
            b"\0\0\0\x07command",
            b"\0\0\0\x02\xc3\xa9",
            b"\0\0\0\x0810.0.0.7",
            b"\0\0\0\x08\0\0\0\0\0\x26\x25\xa0",
            b"\0\0\0\x02r1",
        ])
    );
    let argv = Order::Run(Command {
        command: StepCommand::Argv(vec!["a".into(), String::new()]),
        time_limit: None,
        ..command
    });
    assert_eq!(
        of(&argv),
        expected(&[
            b"\0\0\0\x04argv",
            b"\0\0\0\x08\0\0\0\0\0\0\0\x02",
            b"\0\0\0\x01a",
            b"\0\0\0\0",
            b"\0\0\0\x0810.0.0.7",
            ABSENT,
            b"\0\0\0\x02r1",
        ])
    );
    let cancel = Order::Cancel {
        id: "r1".into(),
        client_id: None,
    };
    assert_eq!(
        of(&cancel),
        expected(&[b"\0\0\0\x06cancel", b"\0\0\0\x02r1", ABSENT, ABSENT, ABSENT])
    );
    let revoke = Order::Revoke {
        id: "r2".into(),
        key: "0123456789abcdef".parse().unwrap(),
        client_id: Some(String::new()),
    };
    assert_eq!(
        of(&revoke),
        expected(&[
            b"\0\0\0\x06revoke",
            b"\0\0\0\x100123456789abcdef",
            b"\0\0\0\0",
            ABSENT,
            b"\0\0\0\x02r2",
        ])
    );
}

#[test]
fn a_signed_payload_is_this_one_for_whoever_writes_a_signer_of_his_own() {
    // the value is what OpenSSL makes of the bytes of the specification
    let key = SigningKey::from_pem(keys::V1).unwrap();
    let payload = signer(key).sign(&run("echo hi"), &topic(), at(NOW));
    let expected = concat!(
        r#"{"id": "r1", "client_id": "10.0.0.7", "command": "echo hi", "timeout_s": 2.5, "expires_at": 1795172911, "#,
        r#""signature": {"key": "e744c0791320c328", "sequence": 42, "issued": 1795172851, "value": "lyZ3OEHJyM+fa74iUjZLug48GhAgFSlUqniq94NqKvCD//KFhhDNALbZkbhhAndM+SFLGeo809OwRSeXfC/ICw=="}}"#
    );
    assert_eq!(String::from_utf8(payload).unwrap(), expected);
}

/// Reads the bytes back, as no executor needs to: what can be read back is never the same for two orders.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn field(&mut self) -> Option<Vec<u8>> {
        let (length, rest) = self.0.split_at(4);
        let length = u32::from_be_bytes(length.try_into().unwrap());
        let (field, rest) = match length {
            u32::MAX => (None, rest),
            length => {
                let (field, rest) = rest.split_at(length as usize);
                (Some(field.to_vec()), rest)
            }
        };
        self.0 = rest;
        field
    }

    fn text(&mut self) -> Option<String> {
        self.field().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn number(&mut self) -> Option<u64> {
        let bytes = self.field()?;
        Some(u64::from_be_bytes(bytes.try_into().unwrap()))
    }
}

type Read = (Order, String, String, [u64; 3]);

fn read_back(bytes: &[u8]) -> Read {
    let mut fields = Reader(bytes.strip_prefix(b"mqtt-thing/command/1\n").unwrap());
    let topic = fields.text().unwrap();
    let kind = fields.text().unwrap();
    let words = match kind.as_str() {
        "argv" => fields.number().unwrap(),
        _ => 1,
    };
    let mut words: Vec<String> = (0..words).map(|_| fields.text().unwrap()).collect();
    let client_id = fields.text();
    let time_limit = fields.number().map(Duration::from_micros);
    let id = fields.text();
    let key = fields.text().unwrap();
    let numbers = [(); 3].map(|()| fields.number().unwrap());
    assert!(fields.0.is_empty());
    let run = |command| {
        Order::Run(Command {
            id: id.clone().unwrap(),
            client_id: client_id.clone().unwrap(),
            command,
            time_limit,
            expires: Some(at(numbers[2])),
        })
    };
    let order = match kind.as_str() {
        "command" => run(StepCommand::Text(words.remove(0))),
        "argv" => run(StepCommand::Argv(words)),
        "cancel" => Order::Cancel {
            id: words.remove(0),
            client_id,
        },
        _ => Order::Revoke {
            id: id.unwrap(),
            key: words.remove(0).parse().unwrap(),
            client_id,
        },
    };
    (order, topic, key, numbers)
}

fn ids() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-][A-Za-z0-9._-]{0,10}"
}

/// Any order that can be sent.
fn orders() -> impl Strategy<Value = Order> {
    let commands = prop_oneof![
        any::<String>().prop_map(StepCommand::Text),
        proptest::collection::vec(any::<String>(), 1..5).prop_map(StepCommand::Argv),
    ];
    let micros = option::of(1u64..316_000_000_000_000);
    let runs = (
        ids(),
        any::<String>(),
        commands,
        micros,
        option::of(0u64..253_402_300_800),
    );
    prop_oneof![
        runs.prop_map(
            |(id, client_id, command, micros, expires)| Order::Run(Command {
                id,
                client_id,
                command,
                time_limit: micros.map(Duration::from_micros),
                expires: expires.map(at),
            })
        ),
        (ids(), option::of(any::<String>()))
            .prop_map(|(id, client_id)| Order::Cancel { id, client_id }),
        (ids(), any::<[u8; 32]>(), option::of(any::<String>())).prop_map(|(id, key, client_id)| {
            Order::Revoke {
                id,
                key: PublicKey::from_bytes(key).id(),
                client_id,
            }
        }),
    ]
}

proptest! {
    #[test]
    fn the_bytes_of_any_order_can_be_read_back(mut order in orders(), topic in "[a-z/]{1,20}", key: [u8; 32], numbers: [u64; 3]) {
        let (commands, key) = (Topic::new(topic).unwrap(), PublicKey::from_bytes(key).id());
        let [sequence, issued, expires] = numbers.map(|number| number >> 12);
        if let Order::Run(command) = &mut order {
            command.expires = Some(at(expires));
        }
        let bytes = covered(&order, &Terms { commands: &commands, key: &key, sequence, issued, expires });
        let expected = (order, commands.to_string(), key.to_string(), [sequence, issued, expires]);
        prop_assert_eq!(read_back(&bytes), expected);
    }

    #[test]
    fn any_order_that_is_signed_is_obeyed_as_it_was_meant(order in orders(), now in 0u64..253_000_000_000, nanos in 0u32..1_000_000_000) {
        let key = SigningKey::from_pem(keys::V1).unwrap();
        let trust = trusting(key.public(), "may-revoke");
        let now = at(now) + Duration::from_nanos(nanos.into());
        let payload = signer(key).sign(&order, &topic(), now);
        let Signed { order: found, signature } = Order::decode_signed(&payload).unwrap();
        let clock = VerifierClock { now, synchronised: true, newest_issued: None };
        let judged = verify(&payload, &found, signature.as_ref(), &topic(), &trust, &BTreeSet::new(), clock);
        let (mut meant, mut found) = (order, found);
        let mut over = false;
        if let (Order::Run(meant), Order::Run(found)) = (&mut meant, &mut found) {
            over = meant.expires.is_some_and(|expires| seconds_passed(expires) <= seconds_passed(now));
            prop_assert!(meant.expires.is_none_or(|expires| found.expires.unwrap() <= expires));
            (meant.expires, found.expires) = (None, None);
        }
        prop_assert_eq!(meant, found);
        prop_assert_eq!(judged.is_err(), over);
    }
}
