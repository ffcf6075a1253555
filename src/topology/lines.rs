//! Bytes of a text as people count: lines and columns.

/// A text with the places at which its lines begin.
#[derive(Debug, Clone)]
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Looks through a text once.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let after_each_end = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(after_each_end).collect(),
        }
    }

    /// Line and column of a byte, both from 1; the column counts characters. A byte order mark is not counted.
    ///
    /// ```
    /// use mqtt_thing::topology::Lines;
    /// let lines = Lines::new("a = 1\r\nä = 2\r\n");
    /// assert_eq!(lines.position("a = 1\r\nä".len()), (2, 2));
    /// ```
    #[must_use]
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let line = self.index(byte);
        let start = self.starts[line];
        let before = self.text.get(start..byte).unwrap_or_default();
        (
            line + 1,
            before.trim_start_matches('\u{feff}').chars().count() + 1,
        )
    }

    /// The line in which a byte stands, without its end and without a byte order mark, and the bytes that it takes.
    pub(super) fn line(&self, byte: usize) -> (&'t str, std::ops::Range<usize>) {
        let line = self.index(byte);
        let start = self.starts[line];
        let end = self.starts.get(line + 1).copied();
        let whole = &self.text[start..end.unwrap_or(self.text.len())];
        let shown = whole.strip_suffix('\n').unwrap_or(whole);
        let shown = shown.strip_suffix('\r').unwrap_or(shown);
        let end = start + shown.len();
        let shown = shown.trim_start_matches('\u{feff}');
        (shown, end - shown.len()..end)
    }

    fn index(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte) - 1
    }
}
