//! An update as one line, for a pipe or a file.

use super::amounts::{bytes, count, rate};
use crate::cli::seconds::clock;
use mqtt_thing::broker::watch::{Figure, Look, Update};

/// The line; what is not known is left out. `time` is when it came.
pub(super) fn of(update: &Update, look: &Look, time: &str) -> String {
    let known = |figure: Figure| update.reading.figure(figure);
    let rates = update.rates.as_ref();
    let per_second = |figure: Figure| rates.and_then(|rates| rates.per_second(figure));
    let mut parts = vec![time.to_owned()];
    let mut put = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            parts.push(format!("{name} {text}"));
        }
    };
    put("up", update.reading.uptime().map(clock));
    put("clients", known(Figure::ClientsConnected).map(count));
    let apart = |one: Option<String>, other: Option<String>| {
        one.zip(other)
            .map(|(one, other)| format!("in {one}/s out {other}/s"))
    };
    let both = |figures: [Figure; 2], told: fn(f64) -> String| {
        let [one, other] = figures.map(|figure| per_second(figure).map(told));
        apart(one, other)
    };
    put(
        "messages",
        both([Figure::MessagesReceived, Figure::MessagesSent], rate),
    );
    put(
        "bytes",
        both([Figure::BytesReceived, Figure::BytesSent], bytes),
    );
    put("dropped", known(Figure::PublishesDropped).map(count));
    put("subscriptions", known(Figure::Subscriptions).map(count));
    put("retained", known(Figure::RetainedMessages).map(count));
    if let Look::Seen { state, cpu_percent } = look {
        put("cpu", cpu_percent.map(|percent| format!("{percent:.1} %")));
        put(
            "memory",
            state.resident_kib.map(|kib| bytes(kib as f64 * 1024.0)),
        );
    }
    if update.restarted {
        parts.push("(the broker has started anew)".to_owned());
    }
    parts.join("  ")
}
