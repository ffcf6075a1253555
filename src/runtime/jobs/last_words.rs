//! The last lines that a job wrote, for its progress.

/// How many bytes are kept.
const KEPT: usize = 320;

/// The end of what both streams said, in the order in which it was read.
#[derive(Debug, Default)]
pub(super) struct LastWords(Vec<u8>);

impl LastWords {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let new = &bytes[bytes.len().saturating_sub(KEPT)..];
        let surplus = (self.0.len() + new.len()).saturating_sub(KEPT);
        self.0.drain(..surplus);
        self.0.extend_from_slice(new);
    }

    /// Whole lines where there is one, and what is not UTF-8 replaced.
    pub(super) fn text(&self) -> String {
        let mut bytes = self.0.as_slice();
        if bytes.len() == KEPT {
            let text_end = bytes.trim_ascii_end().len();
            let line = bytes[..text_end].iter().position(|byte| *byte == b'\n');
            // the middle of a character is no beginning
            let whole = |byte: &u8| byte & 0b1100_0000 != 0b1000_0000;
            let start = line.map_or_else(
                || bytes.iter().take(4).position(whole).unwrap_or(0),
                |line| line + 1,
            );
            bytes = &bytes[start..];
        }
        String::from_utf8_lossy(bytes).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pieces: &[&[u8]]) -> String {
        let mut last = LastWords::default();
        pieces.iter().for_each(|piece| last.push(piece));
        last.text()
    }

    #[test]
    fn little_is_kept_whole_and_in_order() {
        assert_eq!(after(&[b"one\ntw", b"o\n", b"three\n"]), "one\ntwo\nthree");
        assert_eq!(after(&[]), "");
    }

    #[test]
    fn of_much_the_last_whole_lines_are_kept() {
        let lines: String = (0..1000).map(|n| format!("line {n}\n")).collect();
        let text = after(&[lines.as_bytes(), b"end\n"]);
        assert!(text.starts_with("line "), "{text}");
        assert!(
            text.ends_with("line 999\nend") && text.len() <= KEPT,
            "{text}"
        );
    }

    #[test]
    fn of_a_line_without_end_the_last_bytes_are_kept() {
        let text = after(&["ä".repeat(100_000).as_bytes()]);
        assert_eq!(text, "ä".repeat(KEPT / 2));
        let text = after(&[b"x", "ä".repeat(1000).as_bytes(), b"y"]);
        assert!(text.starts_with('ä') && text.ends_with('y'), "{text}");
        assert!(after(&[&[0xff; 5]]).contains('\u{fffd}'));
    }
}
