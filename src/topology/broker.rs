//! Reads `[broker]`.

use super::access;
use super::findings::{Findings, Rule};
use super::plan::Broker;
use super::section::Section;
use crate::model::Mistake;
use crate::mqtt::BrokerUrl;
use std::time::Duration;

const KEEP_ALIVE: u16 = 10;

/// Reads the broker from the top of the file; `None` after a mistake.
pub(super) fn read(top: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<Broker> {
    let Some(item) = top.take("broker") else {
        let mistake = Mistake::new(0..0, "there is no [broker]")
            .help("begin with [broker] and url = \"mqtt://172.16.32.5:1883\"");
        top.missing("broker", Rule::BrokerMissing, mistake, findings);
        return None;
    };
    let mut section = item.section("[broker]", Rule::UnknownKeyInBroker, findings)?;
    let url = url(&mut section, findings);
    let keep_alive = keep_alive(&mut section, findings);
    let parsed = url.as_ref().map(|(_, url)| url);
    let access = access::read(&mut section, parsed, findings);
    section.finish(better, findings);
    Some(Broker {
        url: url?.0,
        keep_alive: keep_alive?,
        access,
    })
}

/// A secret has no place in a file that is copied around.
fn better(key: &str) -> Option<String> {
    match key {
        "password" => Some(
            "a password stands in a file of its own, which nobody else may read: password_file = \"/etc/mqtt-thing/password\"".to_owned(),
        ),
        "user" => Some("did you mean `username`?".to_owned()),
        _ => None,
    }
}

/// The URL as it is written, and as it is read.
fn url(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<(String, BrokerUrl)> {
    let Some(item) = section.take("url") else {
        let mistake = Mistake::new(section.place.clone(), "the broker has no `url`")
            .help("write url = \"mqtt://172.16.32.5:1883\" with your broker's address");
        section.missing("url", Rule::UrlMissing, mistake, findings);
        return None;
    };
    let text = item.text(findings)?;
    match text.parse::<BrokerUrl>() {
        Ok(url) => Some((text.to_owned(), url)),
        Err(error) => {
            findings.refuse(Rule::UrlBad, item.mistake(error.to_string()));
            None
        }
    }
}

fn keep_alive(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<Duration> {
    let Some(item) = section.take("keep_alive_s") else {
        return Some(Duration::from_secs(KEEP_ALIVE.into()));
    };
    let about = "a thing that froze is noticed after at most three of these; 10 when left out";
    let range = (1, u16::MAX.into());
    let seconds = item.integer(range, Rule::KeepAliveRange, about, findings)?;
    let odd = match seconds {
        1 => Some("at 1 s, a hiccup of the network of two seconds makes every thing look lost"),
        61.. => Some("a thing that froze, or whose cable was cut, is noticed minutes later only"),
        _ => None,
    };
    if let Some(message) = odd {
        let mistake = item.mistake(message).help("5 to 30 is usual");
        findings.warn(Rule::KeepAliveOdd, mistake);
    }
    Some(Duration::from_secs(seconds.unsigned_abs()))
}
