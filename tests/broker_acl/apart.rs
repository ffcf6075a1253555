//! One of the two is far from the broker, and the other is near: what is allowed is found allowed all the same.

use crate::lab::Lab;
use crate::support::{LIMIT, Proxy, wait_for};
use mqtt_thing::broker::acl_test::table::{Form, parse};
use mqtt_thing::broker::acl_test::{Found, Proof, Way};
use mqtt_thing::mqtt::BrokerUrl;
use std::time::Duration;

const FAR: Duration = Duration::from_millis(100);

/// Tries to publish and to subscribe, where everybody may do everything; each goes its own way.
fn tried(prover: &str, user: &str) -> Vec<Found> {
    let url = |text: &str| text.parse::<BrokerUrl>().unwrap().into();
    let text = "topic,user,publish,subscribe,expected\na/b,,y,,y\na/b,,,y,y\n";
    let table = parse(text, Form::Csv).unwrap();
    let way = Way {
        prover: "prover".to_owned(),
        prover_endpoint: url(prover),
        users: [(None, url(user))].into(),
        limit: LIMIT,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut proof = Proof::begin(way, &table).await.unwrap();
        let mut found = Vec::new();
        for row in &table.rows {
            let outcome = proof.row(row).await;
            found.extend(outcome.tried.into_iter().map(|tried| tried.found));
        }
        proof.end().await;
        found
    })
}

fn open() -> Option<(Lab, String)> {
    let lab = Lab::start("mosquitto-anonymous.conf", "topic readwrite #\n")?;
    let near = format!("mqtt://127.0.0.1:{}", lab.port());
    Some((lab, near))
}

#[test]
fn a_canary_that_reaches_the_prover_late_is_not_taken_for_denied() {
    let Some((lab, near)) = open() else { return };
    let far = Proxy::to(lab.port());
    far.delay_downwards(FAR);
    assert_eq!(tried(&far.url(), &near), [Found::Allowed, Found::Allowed]);
}

#[test]
fn a_canary_that_reaches_the_user_late_is_not_taken_for_denied() {
    let Some((lab, near)) = open() else { return };
    let far = Proxy::to(lab.port());
    far.delay_downwards(FAR);
    assert_eq!(tried(&near, &far.url()), [Found::Allowed, Found::Allowed]);
}

/// Each connection is cut when the broker has sent the canary and the far one has not yet got it.
#[test]
fn a_canary_that_is_lost_with_its_connection_is_not_taken_for_denied() {
    let Some((lab, near)) = open() else { return };
    for user_is_far in [true, false] {
        let far = Proxy::to(lab.port());
        far.delay_downwards(FAR);
        let found = std::thread::scope(|scope| {
            let (far_url, near) = (far.url(), near.clone());
            let tested = scope.spawn(move || match user_is_far {
                true => tried(&near, &far_url),
                false => tried(&far_url, &near),
            });
            // the far user has a connection for each row, and is cut in the second; the far prover has one
            let mut seen = usize::from(user_is_far);
            for _ in 0..5 {
                wait_for("a connection", || (far.accepted() > seen).then_some(()));
                seen = far.accepted();
                // its CONNACK and SUBACK took so long; what it was sent since then is on the way
                std::thread::sleep(FAR * 5 / 2);
                far.cut();
            }
            tested.join().unwrap()
        });
        assert_eq!(found, [Found::Allowed, Found::Allowed], "{user_is_far}");
    }
}
