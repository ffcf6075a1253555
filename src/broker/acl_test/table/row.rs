//! From cells to a row that can be tried.

use super::grid::{Cell, Cells};
use super::{Row, nearest};
use crate::model::{Mistake, Topic, TopicFilter};

/// The columns that must be there.
pub(super) const COLUMNS: [&str; 5] = ["topic", "user", "publish", "subscribe", "expected"];
/// The other name of the last one.
const EXPECTATION: &str = "expectation";
/// What stands for a wildcard where a canary goes: no thing has such a name.
const LEVEL: &str = "mqtt-thing-canary";

/// Where the column stands.
pub(super) fn find(header: &Cells, name: &str) -> Option<usize> {
    header.cells.iter().position(|cell| is_named(cell, name))
}

fn is_named(cell: &Cell, name: &str) -> bool {
    cell.text.eq_ignore_ascii_case(name)
        || (name == "expected" && cell.text.eq_ignore_ascii_case(EXPECTATION))
}

/// Which cell of a row is what.
pub(super) struct Columns {
    at: [usize; COLUMNS.len()],
    all: usize,
}

impl Columns {
    pub(super) fn of(header: &Cells, mistakes: &mut Vec<Mistake>) -> Option<Self> {
        let before = mistakes.len();
        let mut at = [0; COLUMNS.len()];
        for (index, name) in COLUMNS.iter().enumerate() {
            let mut named = header.cells.iter().enumerate();
            let mut named = named.by_ref().filter(|(_, cell)| is_named(cell, name));
            match (named.next(), named.next()) {
                (Some((column, _)), None) => at[index] = column,
                (Some(_), Some((_, twice))) => {
                    let message = format!("there are two columns `{name}`");
                    mistakes.push(Mistake::new(twice.place.clone(), message));
                }
                (None, _) => mistakes.push(missing(header, name)),
            }
        }
        let all = header.cells.len();
        (mistakes.len() == before).then_some(Self { at, all })
    }

    /// The row, or nothing after a word about what is wrong with it.
    pub(super) fn row(&self, line: usize, row: &Cells, mistakes: &mut Vec<Mistake>) -> Option<Row> {
        if let Some(more) = row.cells.get(self.all) {
            let message = format!(
                "the row has {} cells; the header has {}",
                row.cells.len(),
                self.all
            );
            mistakes.push(Mistake::new(more.place.clone(), message));
            return None;
        }
        let nothing = Cell {
            text: String::new(),
            place: row.place.end..row.place.end,
        };
        let [topic, user, publish, subscribe, expected] =
            self.at.map(|at| row.cells.get(at).unwrap_or(&nothing));
        let before = mistakes.len();
        let mut keep = |read: Result<bool, Mistake>| {
            let wrong = read.map_err(|mistake| mistakes.push(mistake));
            wrong.unwrap_or_default()
        };
        let publish_it = keep(tried(publish));
        let subscribe_it = keep(tried(subscribe));
        let expected = keep(wanted(expected));
        let user = name(user).map_err(|mistake| mistakes.push(mistake)).ok();
        if mistakes.len() == before && !publish_it && !subscribe_it {
            let mistake = Mistake::new(row.place.clone(), "the row tries nothing");
            mistakes.push(mistake.help("write y under publish, under subscribe, or under both"));
        }
        let canary = canary(topic, publish_it);
        let canary = canary.map_err(|mistake| mistakes.push(mistake)).ok();
        if mistakes.len() > before {
            return None;
        }
        Some(Row {
            line,
            cells: row.cells.iter().map(|cell| cell.text.clone()).collect(),
            topic: topic.text.clone(),
            canary_topic: canary?,
            user: user?,
            publish: publish_it,
            subscribe: subscribe_it,
            expected,
        })
    }
}

fn missing(header: &Cells, name: &str) -> Mistake {
    let others = header.cells.iter().map(|cell| cell.text.as_str());
    let unknown = others.filter(|other| !COLUMNS.contains(&other.to_ascii_lowercase().as_str()));
    let message = format!("the table has no column `{name}`");
    let mistake = Mistake::new(header.place.clone(), message);
    match nearest(name, unknown) {
        Some(near) => mistake.help(format!("is it `{near}`?")),
        None => mistake.help(format!("its columns are {}", COLUMNS.join(", "))),
    }
}

/// Whether a cell says that it is tried.
fn tried(cell: &Cell) -> Result<bool, Mistake> {
    match cell.text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "x" => Ok(true),
        "" | "-" | "n" | "no" => Ok(false),
        _ => Err(wrong(
            cell,
            "y for what is tried; n, - or nothing for what is not",
        )),
    }
}

fn wanted(cell: &Cell) -> Result<bool, Mistake> {
    match cell.text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "allowed" | "allow" => Ok(true),
        "n" | "no" | "denied" | "deny" => Ok(false),
        _ => Err(wrong(cell, "y or allowed, n or denied")),
    }
}

fn wrong(cell: &Cell, allowed: &str) -> Mistake {
    let message = match cell.text.as_str() {
        "" => "nothing is said here".to_owned(),
        text => format!("`{text}` is not understood"),
    };
    Mistake::new(cell.place.clone(), message).help(format!("allowed is {allowed}"))
}

fn name(cell: &Cell) -> Result<Option<String>, Mistake> {
    match cell.text.as_str() {
        "" | "-" => Ok(None),
        text if text.eq_ignore_ascii_case("anonymous") => Ok(None),
        text if text.chars().any(char::is_control) => Err(Mistake::new(
            cell.place.clone(),
            "the user's name holds a control character",
        )),
        text => Ok(Some(text.to_owned())),
    }
}

/// Where the canaries of a row go.
fn canary(cell: &Cell, publish: bool) -> Result<Topic, Mistake> {
    let wrong = |message: String| Mistake::new(cell.place.clone(), message);
    let filter = TopicFilter::new(&cell.text).map_err(|error| wrong(error.to_string()))?;
    if filter.as_str().starts_with('$') {
        let mistake = wrong(format!("the topic `{filter}` is the broker's own"));
        return Err(
            mistake.help("nobody can publish there, so nothing can be proved; leave it out")
        );
    }
    let is_wild = |level: &str| matches!(level, "+" | "#");
    if publish && filter.as_str().split('/').any(is_wild) {
        let mistake = wrong(format!(
            "nobody can publish to `{filter}`, which has a wildcard"
        ));
        return Err(mistake.help("a row that publishes has one topic"));
    }
    let levels = filter.as_str().split('/');
    let levels = levels.map(|level| if is_wild(level) { LEVEL } else { level });
    let topic: Vec<&str> = levels.collect();
    Topic::new(topic.join("/")).map_err(|error| wrong(error.to_string()))
}
