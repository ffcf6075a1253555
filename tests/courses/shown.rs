//! What a terminal shows, compared with what the page says: word for word but for what differs each time.

/// Nothing if they are the same, else what is not.
pub(crate) fn difference(page: &[String], shown: &[String]) -> Option<String> {
    if matches(&masked(page), &masked(shown)) {
        return None;
    }
    let listed = |lines: &[String]| lines.join("\n    ");
    Some(format!(
        "the page says\n    {}\nand the terminal shows\n    {}",
        listed(page),
        listed(shown)
    ))
}

/// `...` stands for any lines.
fn matches(page: &[String], shown: &[String]) -> bool {
    match page.split_first() {
        None => shown.is_empty(),
        Some((line, rest)) if line.trim() == "..." => {
            (0..=shown.len()).any(|skipped| matches(rest, &shown[skipped..]))
        }
        Some((line, rest)) => shown.first() == Some(line) && matches(rest, &shown[1..]),
    }
}

fn masked(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| mask(line.trim_end())).collect()
}

/// Times, dates, durations and what is random in a client's identifier say nothing.
fn mask(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        let inside = out.ends_with(|c: char| c.is_ascii_digit() || c == '.');
        let found = [
            date(rest),
            time(rest),
            moment(rest),
            measured(rest),
            version(rest),
        ]
        .into_iter()
        .flatten()
        .next();
        if let Some((length, word)) = found.filter(|_| !inside) {
            out.push_str(word);
            rest = &rest[length..];
            continue;
        }
        out.push(next);
        rest = &rest[next.len_utf8()..];
        if ["-pub-", "-sub-", "-building-", "-status-", "-topics-"]
            .iter()
            .any(|end| out.ends_with(end))
        {
            let random = rest.len()
                - rest
                    .trim_start_matches(|c: char| c.is_ascii_alphanumeric())
                    .len();
            out.push_str("RANDOM");
            rest = &rest[random..];
        }
    }
    out
}

/// `version 2.0.11`: which broker it is does not matter.
fn version(text: &str) -> Option<(usize, &'static str)> {
    let number = text.strip_prefix("version ")?;
    let is_of_it = |c: char| c.is_ascii_digit() || c == '.';
    let length = number.len() - number.trim_start_matches(is_of_it).len();
    (length > 0).then_some(("version ".len() + length, "VERSION"))
}

/// How many digits it begins with.
fn digits(text: &str) -> usize {
    text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len()
}

/// `2026-11-20`
fn date(text: &str) -> Option<(usize, &'static str)> {
    let bytes = text.as_bytes();
    let fits = digits(text) == 4 && digits(text.get(5..)?) == 2 && digits(text.get(8..)?) == 2;
    (fits && bytes[4] == b'-' && bytes[7] == b'-').then_some((10, "DATE"))
}

/// `14:03:59`, `14:03:59.123`
fn time(text: &str) -> Option<(usize, &'static str)> {
    let bytes = text.as_bytes();
    let fits = digits(text) == 2 && digits(text.get(3..)?) == 2 && digits(text.get(6..)?) == 2;
    if !(fits && bytes[2] == b':' && bytes[5] == b':') {
        return None;
    }
    let fraction = match text[8..].strip_prefix('.') {
        Some(fraction) => 1 + digits(fraction),
        None => 0,
    };
    Some((8 + fraction, "TIME"))
}

/// How long a number with or without a point is.
fn number(text: &str) -> usize {
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, digits);
    match (whole, fraction) {
        (0, _) => 0,
        (_, 0) => whole,
        _ => whole + 1 + fraction,
    }
}

/// `0.0039`, a moment of `--explain`
fn moment(text: &str) -> Option<(usize, &'static str)> {
    let whole = digits(text);
    (whole > 0 && number(text) == whole + 5).then_some((whole + 5, "MOMENT"))
}

/// `0.013 s`, `12 ms`, `31097 a second`, `0.45 MB/s`
fn measured(text: &str) -> Option<(usize, &'static str)> {
    let length = number(text);
    let ends = |after: &str| !after.starts_with(|c: char| c.is_ascii_alphanumeric());
    let unit = [" ms", " s", " us", " a second", " MB/s"]
        .into_iter()
        .find(|unit| text[length..].strip_prefix(unit).is_some_and(ends))?;
    (length > 0).then_some((length + unit.len(), "MEASURED"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn only_what_differs_each_time_is_masked() {
        assert_eq!(
            mask("2026-11-20T14:03:59.123Z 75 in 0.013 s by pi-sub-x7f3 (12 bytes)"),
            "DATETTIMEZ 75 in MEASURED by pi-sub-RANDOM (12 bytes)"
        );
        assert_eq!(mask("P_7/S/4 21.5 C"), "P_7/S/4 21.5 C");
        assert_eq!(mask("  0.0039  x 14 = 2 + 12"), "  MOMENT  x 14 = 2 + 12");
        assert_eq!(
            mask("3 in 0.1 s, 31097 a second"),
            "3 in MEASURED, MEASURED"
        );
    }

    #[test]
    fn three_dots_are_any_lines_and_nothing_else_is() {
        assert!(difference(&of(&["a", "...", "d"]), &of(&["a", "b", "c", "d"])).is_none());
        assert!(difference(&of(&["a", "...", "d"]), &of(&["a", "d"])).is_none());
        assert!(difference(&of(&["a", "b"]), &of(&["a", "b", "c"])).is_some());
        assert!(difference(&of(&["a", "7 C"]), &of(&["a", "8 C"])).is_some());
    }
}
