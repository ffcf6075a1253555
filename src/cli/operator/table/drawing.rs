//! The table as lines of a terminal of a given size.

use super::Table;
use super::row::{Doing, Mark, Row};
use crate::cli::operator::lines::{safe, short};
use mqtt_thing::fleet::operator::Way;
use owo_colors::OwoColorize;
use std::time::{Duration, Instant};

/// Lines beside the clients: two of head, one for those without room, the notes, and the one with the cursor.
const AROUND: usize = 4 + super::NOTES;
/// The widest column of names, in characters.
const NAMES: usize = 24;
/// The widest column of marks: longer walks are told as numbers alone.
const MARKS: usize = 30;

/// The columns that all lines share.
struct Columns {
    names: usize,
    marks: usize,
    counts: usize,
}

/// The table as lines, none wider than the terminal as far as characters go, and fewer than it is high.
pub(super) fn lines(table: &Table, width: usize, height: usize, now: Instant) -> Vec<String> {
    let mut lines = vec![cut(&head(table, now), width).bold().to_string()];
    let room = height.saturating_sub(AROUND).max(1);
    let mut rows: Vec<&Row> = table.rows.iter().collect();
    let crowded = rows.len() > room;
    // where not all have room, who is done or waits is of less interest
    let idle = |row: &Row| crowded && matches!(row.doing, Doing::Done | Doing::Waits);
    rows.sort_by(|a, b| (idle(a), &a.order).cmp(&(idle(b), &b.order)));
    let unseen = rows.len() - rows.len().min(room);
    rows.truncate(room);
    let columns = columns(&rows);
    if !rows.is_empty() {
        let Columns {
            names,
            marks,
            counts,
        } = columns;
        let steps = marks + counts;
        let titles = format!(
            "  {:<names$}  BY   {:<steps$}  STATE          NOW",
            "CLIENT", "STEPS"
        );
        lines.push(cut(&titles, width).dimmed().to_string());
    }
    lines.extend(rows.iter().map(|row| line(row, &columns, width, now)));
    if unseen > 0 {
        let text = format!("  .. and {unseen} more: {}", counted(table));
        lines.push(cut(&text, width).dimmed().to_string());
    }
    for note in &table.notes {
        let note = cut(&safe(note, 300), width);
        lines.push(note.yellow().to_string());
    }
    lines.truncate(height.saturating_sub(1).max(1));
    lines
}

fn head(table: &Table, now: Instant) -> String {
    let all = table.rows.len();
    let state = match (table.connected, table.waiting) {
        (false, _) => format!("not connected to {}", table.broker),
        (true, Some(until)) => {
            let left = until.saturating_duration_since(now).as_secs_f64().ceil();
            format!("waiting {left} s for more clients")
        }
        (true, None) if all == 0 => "waiting for the first client".to_owned(),
        (true, None) => format!("{} of {all} clients done", table.count(&Doing::Done)),
    };
    let lost = match table.count(&Doing::Lost) {
        0 => String::new(),
        lost => format!(", {lost} lost"),
    };
    let bad = match table.rows.iter().map(|row| row.count(Mark::Bad)).sum() {
        0_usize => String::new(),
        1 => ", 1 step failed".to_owned(),
        bad => format!(", {bad} steps failed"),
    };
    let signed = table.signed_by.as_deref();
    let signed = signed.map_or(String::new(), |signed| format!("   {signed}"));
    format!("{state}{lost}{bad}   {}{signed}", clock(now - table.began))
}

/// How many are doing what, of all clients.
fn counted(table: &Table) -> String {
    let word = |row: &Row| match row.doing {
        Doing::Asked(_) | Doing::Queued(_) => "asked",
        _ => row.doing.told().0,
    };
    let words = ["runs", "asked", "waits", "done", "lost"];
    let counts = words.map(|wanted| {
        let count = table.rows.iter().filter(|row| word(row) == wanted).count();
        (count > 0).then(|| format!("{count} {wanted}"))
    });
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn columns(rows: &[&Row]) -> Columns {
    let widest = |of: &dyn Fn(&Row) -> usize| rows.iter().map(|row| of(row)).max().unwrap_or(0);
    let names = widest(&|row| short(&row.name).chars().count());
    let marks = widest(&|row| marks(row).chars().count());
    Columns {
        names: names.clamp(6, NAMES),
        marks: if marks > MARKS { 0 } else { marks },
        // at least so wide as the title
        counts: widest(&|row| counts(row).chars().count()).max(5_usize.saturating_sub(marks)),
    }
}

/// A sign a step, a blank between pipelines.
fn marks(row: &Row) -> String {
    let pipelines = row.marks.iter().filter(|marks| !marks.is_empty());
    let texts = pipelines.map(|marks| marks.iter().map(|mark| sign(*mark)).collect::<String>());
    texts.collect::<Vec<_>>().join(" ")
}

const fn sign(mark: Mark) -> char {
    match mark {
        Mark::Ahead => '.',
        Mark::Now => '>',
        Mark::Good => '+',
        Mark::Bad => 'x',
        Mark::Skipped => '-',
    }
}

fn counts(row: &Row) -> String {
    let (behind, all) = row.progress();
    format!("  {behind}/{all}")
}

fn line(row: &Row, columns: &Columns, width: usize, now: Instant) -> String {
    let (word, since) = row.doing.told();
    let time = since.map_or(String::new(), |since| clock(now - since));
    let way = match row.way {
        Way::Own => "own",
        Way::Governor => "gov",
    };
    let Columns {
        names,
        marks: wide,
        counts: count,
    } = columns;
    let name = cut(&short(&row.name), *names);
    let signs = if *wide > 0 { marks(row) } else { String::new() };
    let front = format!("  {name:<names$}  {way}  ");
    let back = format!("{:<count$}  {word:<6} {time:>7}", counts(row));
    let used = front.chars().count() + wide + back.chars().count();
    let said = match (&row.doing, row.last.is_empty()) {
        (Doing::Done, _) => String::new(),
        (_, true) => row.step.clone(),
        (_, false) => format!("{}  | {}", row.step, row.last),
    };
    let said = cut(&safe(&said, 300), width.saturating_sub(used + 3));
    let signs = format!(
        "{}{}",
        coloured(&signs),
        " ".repeat(wide - signs.chars().count())
    );
    let bad = row.count(Mark::Bad) > 0;
    match row.doing {
        Doing::Lost => format!("{}{signs}{}  {said}", front.red(), back.red()),
        Doing::Done if bad => format!("{}{signs}{}", front.red(), back.red()),
        Doing::Done => format!("{}{signs}{}", front.green(), back.green()),
        Doing::Runs(_) => format!("{front}{signs}{}  {}", back.cyan(), said.dimmed()),
        _ => format!("{front}{signs}{back}  {}", said.dimmed()),
    }
}

fn coloured(signs: &str) -> String {
    let each = signs.chars().map(|c| match c {
        '+' => c.green().to_string(),
        'x' => c.red().to_string(),
        '>' => c.cyan().to_string(),
        c => c.dimmed().to_string(),
    });
    each.collect()
}

/// Minutes and seconds, or hours.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => text[..at].to_owned(),
        None => text.to_owned(),
    }
}
