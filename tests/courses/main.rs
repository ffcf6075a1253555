//! docs/labs.md, played: each task of the courses is typed into terminals as the page shows it, at a real Mosquitto, and
//! what the terminals show is compared with the page.
#![allow(clippy::unwrap_used)]

mod page;
mod play;
mod shown;
mod terminal;

#[path = "../support/mod.rs"]
mod support;

use page::Page;

/// A test for each section of the page, and one that none is left out.
macro_rules! sections {
    ($($test:ident: $title:literal,)*) => {
        $(#[test]
        fn $test() {
            play::section(&Page::read(), $title);
        })*

        #[test]
        fn every_section_of_the_page_is_played() {
            let played = [$($title),*];
            for section in Page::read().sections.iter().filter(|section| section.is_played()) {
                let title = section.title.as_str();
                assert!(played.contains(&title), "nobody plays `{title}`");
            }
        }
    };
}

sections! {
    wildcards: "Topics and wildcards",
    words: "What a filter means, in words",
    broker_topics: "The broker's own topics",
    chat: "A chat between two",
    load: "Load",
    handshake: "The handshake, and the three qualities of service",
    subscriber: "What a subscriber is told",
    overhead: "Overhead",
    retained: "Retained messages and the last will",
    session: "A session that outlives the connection",
    publisher: "A building that speaks",
    questions: "Three questions to a building",
    alarm: "An alarm for a building",
    own_json: "An alarm on one's own JSON",
    heartbeat: "A heartbeat, over TLS and with a password",
    echo: "Echo",
    status: "Who is there",
}
