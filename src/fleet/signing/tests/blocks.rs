//! What a signer makes, and which blocks are read at all.

use super::*;
use serde_json::{Value as Json, json};

#[test]
fn a_signer_gives_each_repetition_a_number_and_never_prolongs_an_order() {
    let key = SigningKey::generate().unwrap();
    let trust = trusting(key.public(), "");
    let mut signer = Signer::new(key, Box::new(Counting(0)), Duration::from_secs(1_000_000));
    let until = |after: Duration| {
        let Order::Run(command) = run("echo hi") else {
            unreachable!()
        };
        let expires = Some(at(NOW) + after);
        Order::Run(Command { expires, ..command })
    };
    let mut of = |order: &Order| {
        let payload = signer.sign(order, &topic(), at(NOW) + Duration::from_millis(900));
        let found = judged(&payload, &trust, clock(NOW)).unwrap();
        (found.sequence, seconds_passed(found.expires) - NOW)
    };
    assert_eq!(of(&run("echo hi")), (1, 86_400), "at most a day");
    assert_eq!(of(&run("echo hi")), (2, 86_400));
    assert_eq!(of(&until(Duration::from_secs(9_000_000))), (3, 86_400));
    assert_eq!(of(&until(Duration::from_millis(5_700))), (4, 5));
}

#[test]
fn an_order_that_nobody_would_understand_is_not_signed() {
    let key = SigningKey::generate().unwrap();
    let Order::Run(command) = run("x") else {
        unreachable!()
    };
    let order = Order::Run(Command {
        id: "../x".into(),
        ..command
    });
    let payload = signer(key).sign(&order, &topic(), at(NOW));
    assert!(
        Order::decode_signed(&payload)
            .unwrap_err()
            .to_string()
            .contains("`id`")
    );
    assert!(!String::from_utf8(payload).unwrap().contains("signature"));
}

#[test]
fn a_broken_block_is_told_and_still_knows_whom_to_answer() {
    let block = json!({"key": "0123456789abcdef", "sequence": 1, "issued": 2, "value": format!("{}==", "A".repeat(86))});
    let of = |change: &dyn Fn(&mut Json)| {
        let mut object = json!({"id": "a1", "client_id": "c", "command": "x", "expires_at": 5, "signature": block});
        change(&mut object);
        Order::decode_signed(object.to_string().as_bytes())
    };
    assert!(of(&|_| {}).unwrap().signature.is_some());
    let wrong: &[(&str, Json, &str)] = &[
        ("", json!(null), "`signature` is null; an object is allowed"),
        ("", json!([]), "`signature` is an array"),
        ("", json!({}), "in `signature`: `key` is missing"),
        ("key", json!("0123456789ABCDEF"), "16 of the digits"),
        ("key", json!(1), "in `signature`: `key` is a number"),
        (
            "sequence",
            json!(9_007_199_254_740_992_u64),
            "a whole number",
        ),
        ("sequence", json!(-1), "a whole number"),
        ("sequence", json!(1.0), "a whole number"),
        ("sequence", json!("1"), "`sequence` is text"),
        ("issued", json!(253_402_300_800_u64), "a whole number"),
        ("issued", json!(null), "`issued` is null"),
        ("value", json!("AAAA"), "base64 of 64 bytes"),
        ("value", json!("A".repeat(86)), "base64 of 64 bytes"),
        (
            "value",
            json!(format!("{}B==", "A".repeat(85))),
            "base64 of 64 bytes",
        ),
    ];
    for (key, value, told) in wrong {
        let error = of(&|object| match *key {
            "" => object["signature"] = value.clone(),
            key => object["signature"][key] = value.clone(),
        });
        let error = error.unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(
            (error.id.as_deref(), error.client_id.as_deref()),
            (Some("a1"), Some("c"))
        );
    }
    for odd in [json!(5.5), json!("5"), json!(-1)] {
        let error = of(&|object| object["expires_at"] = odd.clone()).unwrap_err();
        assert!(error.to_string().contains("`expires_at`"), "{error}");
        let cancel = of(&|object| {
            object["cancel"] = json!("a1");
            object["expires_at"] = odd.clone();
        });
        assert!(cancel.unwrap_err().to_string().contains("`expires_at`"));
    }
    let both = of(&|object| {
        object["cancel"] = json!("a1");
        object["revoke"] = json!("0123456789abcdef");
    });
    assert!(
        both.unwrap_err()
            .to_string()
            .contains("`cancel` and `revoke`")
    );
    let nobody = of(&|object| object["revoke"] = json!("alice")).unwrap_err();
    assert!(nobody.to_string().contains("the id of a key"), "{nobody}");
}
