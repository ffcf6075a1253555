//! Our matcher beside Mosquitto's: topics are kept at a real broker, each filter is subscribed to on a connection of its
//! own, and what comes must be what we say matches.

use crate::support::Mosquitto;
use mqtt_thing::model::{Topic, TopicFilter};
use mqtt_thing::mqtt::{BrokerUrl, Endpoint, Line};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeSet;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
const TOPICS: usize = 120;
const FILTERS: usize = 400;

/// Different texts of a pattern, the same in each run.
fn texts(pattern: &'static str, count: usize) -> BTreeSet<String> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = proptest::string::string_regex(pattern).unwrap();
    let mut found = BTreeSet::new();
    for _ in 0..count * 50 {
        if found.len() < count {
            found.insert(strategy.new_tree(&mut runner).unwrap().current());
        }
    }
    found
}

#[test]
fn mosquitto_matches_as_we_do() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let topics: Vec<Topic> = texts("(\\$?[ab]?)(/[abé]?){0,4}", TOPICS)
        .iter()
        .filter_map(|text| Topic::new(text).ok())
        .collect();
    let filters: Vec<TopicFilter> = texts("(\\$?[ab]|\\+|)?(/([abé]|\\+|)){0,4}(/?#)?", FILTERS)
        .iter()
        .filter_map(|text| TopicFilter::new(text).ok())
        .collect();
    assert!(
        topics.len() > 80 && filters.len() > 200,
        "{} {}",
        topics.len(),
        filters.len()
    );
    for topic in &topics {
        mosquitto.publish(topic.as_str(), b"x", true);
    }
    let endpoint = Endpoint::from(mosquitto.url().parse::<BrokerUrl>().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (mut pairs, mut matches) = (0, 0);
    runtime.block_on(async {
        for (number, filter) in filters.iter().enumerate() {
            let line = Line::open(&endpoint, PATIENCE).await.unwrap();
            let id = format!("agreement-{number}");
            let mut peer = line.login(&endpoint, &id, true, PATIENCE).await.unwrap();
            let granted = peer.subscribe(&[filter.as_str()]).await.unwrap();
            assert_eq!(granted, [true], "{filter}");
            let heard = peer.take_heard();
            let heard: BTreeSet<&Topic> = heard.iter().map(|heard| &heard.topic).collect();
            let ours: BTreeSet<&Topic> = topics.iter().filter(|its| filter.matches(its)).collect();
            assert_eq!(ours, heard, "{filter}");
            peer.leave().await;
            pairs += topics.len();
            matches += ours.len();
        }
    });
    println!("{pairs} pairs, {matches} of them match, as Mosquitto says");
    assert!(matches > 500, "only {matches} of {pairs}");
}
