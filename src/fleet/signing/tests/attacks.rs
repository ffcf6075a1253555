//! Attacks on signed orders. Each breaks a rule of its own, and it alone: without it, the order is obeyed.

use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

#[test]
fn a_signed_order_of_each_kind_is_obeyed_and_tells_by_whom_it_is() {
    let key = SigningKey::generate().unwrap();
    let trust = trusting(key.public(), r#"allow="echo *""#);
    let id = key.public().id();
    let mut signer = signer(key);
    for (count, order) in kinds(&id).iter().enumerate() {
        let payload = signer.sign(order, &topic(), at(NOW));
        let verified = judged(&payload, &trust, clock(NOW)).unwrap();
        let expected = Verified {
            key: id.clone(),
            name: "alice".into(),
            sequence: 42 + count as u64,
            issued: at(NOW),
            expires: at(NOW + 60),
            allow: Some(vec!["echo *".into()]),
        };
        assert_eq!(verified, expected);
    }
}

fn kinds(key: &KeyId) -> [Order; 4] {
    let Order::Run(command) = run("echo hi") else {
        unreachable!()
    };
    let client_id = Some("10.0.0.7".to_owned());
    [
        run("echo hi"),
        Order::Run(Command {
            command: StepCommand::Argv(vec!["echo".into(), "a b".into()]),
            ..command
        }),
        Order::Cancel {
            id: "r1".into(),
            client_id: client_id.clone(),
        },
        Order::Revoke {
            id: "r2".into(),
            key: key.clone(),
            client_id,
        },
    ]
}

/// The payload with a change to its object.
fn changed(payload: &[u8], change: impl FnOnce(&mut Json)) -> Vec<u8> {
    let mut object: Json = serde_json::from_slice(payload).unwrap();
    change(&mut object);
    object.to_string().into_bytes()
}

fn rule(payload: &[u8], trust: &Trust, clock: VerifierClock) -> &'static str {
    judged(payload, trust, clock).map_or_else(|refused| refused.rule(), |_| "obeyed")
}

/// Each signed field of a command, with another value.
const CHANGES: &[(&str, &str)] = &[
    ("/command", r#""echo ho""#),
    ("/client_id", r#""10.0.0.8""#),
    ("/timeout_s", "2.500001"),
    ("/id", r#""r2""#),
    ("/expires_at", "1795172912"),
    ("/signature/sequence", "43"),
    ("/signature/issued", "1795172850"),
];

#[test]
fn whatever_is_changed_the_signature_is_wrong() {
    let key = SigningKey::generate().unwrap();
    let trust = trusting(key.public(), "may-revoke");
    let payload = signer(key).sign(&run("echo hi"), &topic(), at(NOW));
    assert_eq!(rule(&payload, &trust, clock(NOW)), "obeyed");
    for (place, value) in CHANGES {
        let tampered = changed(&payload, |object| {
            let field = object.pointer_mut(place).unwrap();
            let value: Json = serde_json::from_str(value).unwrap();
            assert_ne!(*field, value, "{place} is changed");
            *field = value;
        });
        let found = rule(&tampered, &trust, clock(NOW));
        assert_eq!(found, "signature-wrong", "{place}");
    }
    let without = changed(&payload, |object| {
        object.as_object_mut().unwrap().remove("timeout_s");
    });
    assert_eq!(rule(&without, &trust, clock(NOW)), "signature-wrong");
    let as_argv = changed(&payload, |object| {
        object.as_object_mut().unwrap().remove("command");
        object["argv"] = json!(["echo hi"]);
    });
    assert_eq!(rule(&as_argv, &trust, clock(NOW)), "signature-wrong");
    let as_cancel = changed(&payload, |object| object["cancel"] = json!("r1"));
    assert_eq!(rule(&as_cancel, &trust, clock(NOW)), "signature-wrong");
    let unknown = changed(&payload, |object| object["note"] = json!([{}]));
    assert_eq!(rule(&unknown, &trust, clock(NOW)), "obeyed");
}

#[test]
fn an_order_for_one_executor_is_none_for_another() {
    let key = SigningKey::generate().unwrap();
    let trust = trusting(key.public(), "");
    let elsewhere = Topic::new("10.0.0.7/executors/executor1/commands").unwrap();
    let id = key.public().id();
    let mut signer = signer(key);
    for order in kinds(&id) {
        let payload = signer.sign(&order, &elsewhere, at(NOW));
        assert_eq!(rule(&payload, &trust, clock(NOW)), "signature-wrong");
    }
}

#[test]
fn only_a_key_that_is_trusted_counts_and_only_its_own_signature() {
    let (key, stranger) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let trust = trusting(key.public(), "");
    let order = run("echo hi");
    assert_eq!(
        rule(&order.encode(), &trust, clock(NOW)),
        "signature-missing"
    );
    let foreign = sealed(&stranger, &order, (42, NOW, NOW + 60));
    assert_eq!(rule(&foreign, &trust, clock(NOW)), "signature-key-unknown");
    let claimed = changed(&foreign, |object| {
        object["signature"]["key"] = json!(key.public().id().as_str());
    });
    assert_eq!(rule(&claimed, &trust, clock(NOW)), "signature-wrong");
    let nobody = Trust::default();
    let own = sealed(&key, &order, (42, NOW, NOW + 60));
    assert_eq!(rule(&own, &nobody, clock(NOW)), "signature-key-unknown");
}

#[test]
fn a_revoked_key_counts_no_more_and_only_its_owner_is_told() {
    let key = SigningKey::generate().unwrap();
    let revoked = trusting(key.public(), "revoked may-revoke");
    let payload = sealed(&key, &run("echo hi"), (42, NOW, NOW + 60));
    assert_eq!(
        rule(&payload, &revoked, clock(NOW)),
        "signature-key-revoked"
    );
    let forged = changed(&payload, |object| object["command"] = json!("reboot"));
    assert_eq!(rule(&forged, &revoked, clock(NOW)), "signature-wrong");
    // over the network
    let trust = trusting(key.public(), "");
    let Signed { order, signature } = Order::decode_signed(&payload).unwrap();
    let own = BTreeSet::from([key.public().id()]);
    let refused = verify(
        &payload,
        &order,
        signature.as_ref(),
        &topic(),
        &trust,
        &own,
        clock(NOW),
    );
    assert_eq!(refused.unwrap_err().rule(), "signature-key-revoked");
}

#[test]
fn times_that_were_signed_are_held_to_the_second() {
    let key = SigningKey::generate().unwrap();
    let trust = trusting(key.public(), "");
    const DAY: u64 = 86_400;
    let unsynchronised = |now| VerifierClock {
        synchronised: false,
        ..clock(now)
    };
    let after = |newest, now| VerifierClock {
        newest_issued: Some(at(newest)),
        ..unsynchronised(now)
    };
    // issued, expires, the verifier's clock
    let table = [
        (NOW, NOW + 60, clock(NOW), "obeyed"),
        (NOW, NOW + 60, clock(NOW + 59), "obeyed"),
        (NOW, NOW + 60, clock(NOW + 60), "signature-expired"),
        (NOW, NOW + DAY, clock(NOW), "obeyed"),
        (NOW, NOW + DAY + 1, clock(NOW), "signature-expiry-too-far"),
        (NOW, NOW, clock(NOW - 1), "signature-expiry-before-issue"),
        (
            NOW,
            NOW - 9,
            clock(NOW - 10),
            "signature-expiry-before-issue",
        ),
        (NOW + 300, NOW + 360, clock(NOW), "obeyed"),
        (NOW + 301, NOW + 361, clock(NOW), "signature-from-future"),
        // a clock that nobody has set is behind, and says nothing about the future
        (NOW + 301, NOW + 361, unsynchronised(NOW), "obeyed"),
        (NOW, NOW + 60, unsynchronised(0), "obeyed"),
        // but it is later than what the key has signed before
        (NOW, NOW + 60, after(NOW + 59, 0), "obeyed"),
        (NOW, NOW + 60, after(NOW + 60, 0), "signature-expired"),
        (NOW, NOW + 60, after(NOW, NOW + 60), "signature-expired"),
    ];
    for (issued, expires, clock, expected) in table {
        for order in kinds(&key.public().id()) {
            let payload = sealed(&key, &order, (42, issued, expires));
            let found = rule(&payload, &trust, clock);
            assert_eq!(found, expected, "{issued} {expires} {clock:?}");
        }
    }
}

#[test]
fn a_signature_without_an_expiry_counts_for_nothing() {
    let key = SigningKey::generate().unwrap();
    let trust = trusting(key.public(), "");
    for order in kinds(&key.public().id()) {
        let payload = sealed(&key, &order, (42, NOW, NOW + 60));
        let without = changed(&payload, |object| {
            object.as_object_mut().unwrap().remove("expires_at");
        });
        let found = rule(&without, &trust, clock(NOW));
        assert_eq!(found, "signature-expiry-missing");
    }
}

#[test]
fn a_key_revokes_itself_and_others_only_where_it_may() {
    let (key, other) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let revoke = |whose: &SigningKey| Order::Revoke {
        id: "r2".into(),
        key: whose.public().id(),
        client_id: None,
    };
    for (options, own, others) in [
        ("", "obeyed", "signature-may-not-revoke"),
        ("may-revoke", "obeyed", "obeyed"),
    ] {
        let trust = trusting(key.public(), options);
        let of = |order| {
            rule(
                &sealed(&key, &order, (42, NOW, NOW + 60)),
                &trust,
                clock(NOW),
            )
        };
        assert_eq!((of(revoke(&key)), of(revoke(&other))), (own, others));
    }
}

#[test]
fn each_refusal_says_what_was_found_in_words_of_its_own() {
    let key = SigningKey::generate().unwrap().public().id();
    let (issued, expires) = (at(NOW), at(NOW + 60));
    let all = [
        Refused::Unsigned,
        Refused::UnknownKey(key.clone()),
        Refused::BadSignature,
        Refused::Revoked {
            key: key.clone(),
            name: "alice".into(),
        },
        Refused::ExpiryMissing,
        Refused::ExpiryBeforeIssue { issued, expires },
        Refused::ExpiryTooFar(Duration::from_secs(86_401)),
        Refused::Expired {
            expires,
            floor: issued,
            by_newer: false,
        },
        Refused::IssuedInFuture {
            issued,
            now: issued,
        },
        Refused::MayNotRevoke {
            by: key.clone(),
            key,
        },
    ];
    let rules: BTreeSet<&str> = all.iter().map(Refused::rule).collect();
    assert_eq!(rules.len(), all.len());
    assert!(rules.iter().all(|rule| rule.starts_with("signature-")));
    assert!(all[6].to_string().contains("25 hours") && all[6].to_string().contains("at most 24"));
    let by_newer = Refused::Expired {
        expires,
        floor: issued,
        by_newer: true,
    };
    assert!(by_newer.to_string().contains("same key"), "{by_newer}");
}

proptest! {
    #[test]
    fn one_other_byte_is_refused_or_means_the_same(kind in 0usize..4, at_byte: usize, byte: u8) {
        let key = SigningKey::from_pem(keys::V1).unwrap();
        let trust = trusting(key.public(), "may-revoke");
        let order = &kinds(&key.public().id())[kind];
        let payload = sealed(&key, order, (42, NOW, NOW + 60));
        let whole = Order::decode_signed(&payload).unwrap();
        let mut tampered = payload.clone();
        let place = at_byte % payload.len();
        tampered[place] = byte;
        if let Ok(Signed { order, signature }) = Order::decode_signed(&tampered) {
            let judged = verify(&tampered, &order, signature.as_ref(), &topic(), &trust, &BTreeSet::new(), clock(NOW));
            if judged.is_ok() {
                // a blank for a blank, for instance
                prop_assert_eq!(Signed { order, signature }, whole);
            }
        }
    }
}
