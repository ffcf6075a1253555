//! What was judged, for a person.

use super::judged::{Judged, JudgedFilter, JudgedTopic};
use crate::cli::output::columns;
use mqtt_thing::model::{TopicFilter, escaped};
use owo_colors::OwoColorize;

/// The longest topic in a line, in bytes.
const LONGEST: usize = 200;

/// All of it.
pub(super) fn of(judged: &Judged<'_>, all: bool) -> String {
    let several = judged.filters.len() > 1;
    let mut text = String::new();
    for (index, filter) in judged.filters.iter().enumerate() {
        let number = several.then_some(index + 1);
        text.push_str(&meaning(filter.filter, number));
    }
    if !judged.was_asked() {
        return text;
    }
    text.push('\n');
    text.push_str(&counted(judged));
    text.push_str(&match several {
        true => side_by_side(judged, all),
        false => one_by_one(judged, all),
    });
    for (index, filter) in judged.filters.iter().enumerate() {
        text.push_str(&hint(filter, several.then_some(index + 1)));
    }
    for note in &judged.notes {
        text.push_str(&format!("note: {}\n", safe(note)));
    }
    text
}

fn safe(text: &str) -> String {
    escaped(text.as_bytes(), LONGEST).replace("\\\"", "\"")
}

/// A filter level by level.
fn meaning(filter: &TopicFilter, number: Option<usize>) -> String {
    let number = number.map_or_else(String::new, |number| format!("{number}: "));
    let mut text = format!("{number}{}\n", safe(filter.as_str()).bold());
    let rows: Vec<Vec<String>> = filter
        .levels()
        .map(|level| {
            let shown = match level.text {
                "" => "(empty)".to_owned(),
                text => safe(text),
            };
            let place = (level.index + 1).to_string();
            vec![place, shown, level.words().to_owned()]
        })
        .collect();
    text.push_str(&columns("  ", &rows));
    let (least, most) = filter.depth();
    let levels = |count: usize| match count {
        1 => "1 level".to_owned(),
        count => format!("{count} levels"),
    };
    let has_wildcard = filter.as_str().contains(['+', '#']);
    text.push_str(&match most {
        _ if !has_wildcard => "  matches this one topic and no other\n".to_owned(),
        Some(_) => format!("  matches topics of exactly {}\n", levels(least)),
        None => format!("  matches topics of {} or more\n", levels(least)),
    });
    for remark in filter.remarks() {
        text.push_str(&format!("  note: {}\n", safe(&remark)));
    }
    text
}

fn counted(judged: &Judged<'_>) -> String {
    let (matched, all) = (judged.matched(), judged.topics.len());
    let by = match judged.filters.len() {
        1 => "",
        _ => " by one or more",
    };
    match (matched, all) {
        (_, 0) => "there are no topics to match\n".to_owned(),
        (matched, all) => format!("{matched} of {all} topics are matched{by}\n"),
    }
}

fn one_by_one(judged: &Judged<'_>, all: bool) -> String {
    let Some(filter) = judged.filters.first().map(|first| first.filter) else {
        return String::new();
    };
    let (matched, others): (Vec<_>, Vec<_>) =
        judged.topics.iter().partition(|its| its.is_matched());
    let rows = matched.iter().map(|its| row(Vec::new(), its, None));
    let mut text = columns("  ", &rows.collect::<Vec<_>>());
    if all && !others.is_empty() {
        text.push_str(&format!("not matched: {}\n", others.len()));
        let rows = others.iter().map(|its| {
            let why = its.mismatches.first().copied().flatten();
            row(
                Vec::new(),
                its,
                why.map(|why| why.words(filter, &its.topic)),
            )
        });
        text.push_str(&columns("  ", &rows.collect::<Vec<_>>()));
    }
    text
}

/// A column for each filter. Topics that none matches come last, if they are wanted.
fn side_by_side(judged: &Judged<'_>, all: bool) -> String {
    let numbers = (1..=judged.filters.len()).map(|number| number.to_string());
    let mut rows = vec![numbers.chain(["topic".to_owned()]).collect::<Vec<_>>()];
    let matched = judged.topics.iter().filter(|its| its.is_matched());
    let others = judged.topics.iter().filter(|its| all && !its.is_matched());
    for its in matched.chain(others) {
        let marks = its.mismatches.iter().map(|mismatch| match mismatch {
            None => "x".to_owned(),
            Some(_) => "-".to_owned(),
        });
        rows.push(row(marks.collect(), its, None));
    }
    let mut text = match rows.len() {
        1 => String::new(),
        _ => columns("  ", &rows),
    };
    let why = judged.topics.iter().flat_map(|its| {
        let filters = judged.filters.iter().zip(&its.mismatches).enumerate();
        filters.filter_map(move |(index, (judged, mismatch))| {
            let why = mismatch.as_ref()?.words(judged.filter, &its.topic);
            Some(vec![
                (index + 1).to_string(),
                safe(its.topic.as_str()),
                safe(&why),
            ])
        })
    });
    let why: Vec<Vec<String>> = why.filter(|_| all).collect();
    if !why.is_empty() {
        text.push_str("why not:\n");
        text.push_str(&columns("  ", &why));
    }
    text
}

fn row(mut cells: Vec<String>, its: &JudgedTopic, why: Option<String>) -> Vec<String> {
    cells.push(safe(its.topic.as_str()));
    cells.extend(why.as_deref().map(safe));
    cells.extend((!its.what.is_empty()).then(|| safe(&its.what)));
    cells
}

fn hint(judged: &JudgedFilter<'_>, number: Option<usize>) -> String {
    let Some((slip, count)) = judged.near_miss else {
        return String::new();
    };
    let number = number.map_or_else(String::new, |number| format!(" for {number}"));
    let would = match count {
        1 => "1 topic is missed by that".to_owned(),
        count => format!("{count} topics are missed by that"),
    };
    format!("hint{number}: {}; {would}\n", slip.words())
}
