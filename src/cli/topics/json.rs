//! What was judged, for a program.

use super::judged::{Judged, JudgedFilter, JudgedTopic};
use serde_json::{Value as Json, json};

/// One object. Topics that no filter matches are in it if all are wanted.
pub(super) fn of(judged: &Judged<'_>, all: bool) -> Json {
    let filters: Vec<Json> = judged.filters.iter().map(filter).collect();
    let mut object = json!({ "filters": filters });
    if judged.was_asked() {
        let told = judged.topics.iter().filter(|its| all || its.is_matched());
        let told: Vec<Json> = told.map(|its| topic(judged, its)).collect();
        object["topics"] = json!(told);
        object["topics_in_all"] = json!(judged.topics.len());
        object["topics_matched"] = json!(judged.matched());
        object["notes"] = json!(judged.notes);
    }
    object
}

fn filter(judged: &JudgedFilter<'_>) -> Json {
    let levels = judged.filter.levels().map(|level| {
        json!({
            "level": level.index + 1,
            "text": level.text,
            "kind": level.kind.as_str(),
            "means": level.words(),
        })
    });
    let (least, most) = judged.filter.depth();
    json!({
        "filter": judged.filter.as_str(),
        "levels": levels.collect::<Vec<_>>(),
        "least_levels": least,
        "most_levels": most,
        "remarks": judged.filter.remarks(),
        "matched": judged.matched,
        "hint": judged.near_miss.map(|(slip, _)| slip.words()),
    })
}

fn topic(judged: &Judged<'_>, its: &JudgedTopic) -> Json {
    let matches: Vec<bool> = its.mismatches.iter().map(Option::is_none).collect();
    let filters = judged.filters.iter().map(|judged| judged.filter);
    let why_not = its.mismatches.iter().zip(filters);
    let why_not =
        why_not.map(|(mismatch, filter)| mismatch.map(|why| why.words(filter, &its.topic)));
    json!({
        "topic": its.topic.as_str(),
        "what": (!its.what.is_empty()).then_some(&its.what),
        "matches": matches,
        "why_not": why_not.collect::<Vec<_>>(),
    })
}
