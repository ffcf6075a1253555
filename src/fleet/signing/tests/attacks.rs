//! Attacks on signed orders. Each breaks a rule of its own, and it alone.

use super::*;

#[test]
fn a_signed_order_of_each_kind_is_obeyed_and_tells_by_whom_it_is() {
    let key = SigningKey::generate().unwrap();
    let trust = trusting(key.public(), r#"allow="echo *""#);
    let id = key.public().id();
    let mut signer = signer(key);
    let orders = [
        run("echo hi"),
        Order::Cancel {
            id: "r1".into(),
            client_id: None,
        },
        Order::Revoke {
            id: "r2".into(),
            key: id.clone(),
            client_id: Some("10.0.0.7".into()),
        },
    ];
    for (count, order) in orders.iter().enumerate() {
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
