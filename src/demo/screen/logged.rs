//! A line of the log as it stands among the messages.

use crate::model::escaped;

/// Without the time of day, since each row has its own; the topic that it is about first; what the log has escaped
/// already is not escaped again. At most so many bytes of the line.
pub(super) fn logged(line: &str, most: usize) -> String {
    let line = line.trim();
    let said = match line.split_once(' ') {
        Some((time, rest)) if is_time(time) => rest.trim_start(),
        _ => line,
    };
    // everything that the picture shows by default is one
    let said = said.strip_prefix("WARN ").unwrap_or(said);
    let text = match said.rsplit_once(" topic=") {
        None => said.to_owned(),
        Some((before, after)) => {
            let (topic, behind) = after.split_once(' ').unwrap_or((after, ""));
            format!("{topic}: {before} {behind}")
        }
    };
    let text = text.trim_end().as_bytes();
    escaped(text, most)
        .replace("\\\"", "\"")
        .replace("\\\\", "\\")
}

/// As `2026-11-21T03:57:09.012345Z`.
fn is_time(word: &str) -> bool {
    word.ends_with('Z') && word.contains('T') && word.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_begins_with_its_topic_and_is_escaped_once() {
        let line = "2026-11-21T03:57:09.012345Z  WARN message ignored: payload \"12.7\\u{1b}\" is odd topic=a/b/set held_back=3\n";
        assert_eq!(
            logged(line, 300),
            r#"a/b/set: message ignored: payload "12.7\u{1b}" is odd held_back=3"#
        );
    }

    #[test]
    fn what_has_no_time_and_no_topic_stays_as_it_is() {
        let line = "note: Zoe's clock0 is not waited for";
        assert_eq!(logged(line, 300), line);
        assert_eq!(logged("12 topics", 300), "12 topics");
    }

    #[test]
    fn controls_stay_harmless() {
        assert_eq!(logged("\u{1b}[2Jgone", 300), "\\u{1b}[2Jgone");
    }
}
