//! An update as an object. Units stand in the names; what is not known is null.

use super::words::unseen;
use mqtt_thing::broker::watch::{Figure, Load, Look, Update};
use serde_json::{Map, Value as Json, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The object of an update. `at` is in Unix seconds, as everywhere.
pub(super) fn of(update: &Update, broker: &str, look: &Look) -> Json {
    let at = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let (reading, rates) = (&update.reading, update.rates.as_ref());
    let mut all = Map::new();
    let mut put = |key: &str, value: Json| drop(all.insert(key.to_owned(), value));
    put("at", json!(at.as_secs_f64()));
    put("broker", json!(broker));
    put("version", json!(reading.version()));
    put("uptime_s", json!(reading.uptime().map(|up| up.as_secs())));
    put(
        "interval_s",
        json!(rates.map(|its| rounded(its.over().as_secs_f64()))),
    );
    put("restarted", json!(update.restarted));
    for figure in Figure::all() {
        put(figure.key(), json!(reading.figure(figure)));
        if figure.grows() {
            let rate = rates.and_then(|rates| rates.per_second(figure));
            put(&format!("{}_per_s", figure.key()), json!(rate.map(rounded)));
        }
    }
    for load in Load::all() {
        let [of_1, of_5, of_15] = reading.load(load);
        put(
            load.key(),
            json!({ "1min": of_1, "5min": of_5, "15min": of_15 }),
        );
    }
    put("process", process(look));
    Json::Object(all)
}

fn process(look: &Look) -> Json {
    match look {
        Look::Seen { state, cpu_percent } => json!({
            "pid": state.pid,
            "name": state.name,
            "cpu_percent": cpu_percent.map(rounded),
            "cpu_s": state.cpu.as_secs_f64(),
            "resident_bytes": state.resident_kib.and_then(|kib| kib.checked_mul(1024)),
            "open_files": state.open_files,
        }),
        look => json!({ "unseen": unseen(look) }),
    }
}

/// A rate has no more than a thousandth that means anything.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
