//! A line of text in several colours, that knows how wide it is.

use owo_colors::OwoColorize;

/// How a piece looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Faint,
    Strong,
    /// What a broker receives.
    #[cfg(feature = "broker-tools")]
    In,
    /// What it sends.
    #[cfg(feature = "broker-tools")]
    Out,
    Good,
    Warn,
    Bad,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text(Vec<(Ink, String)>);

impl Text {
    pub(super) fn new(ink: Ink, text: impl Into<String>) -> Self {
        Self(vec![(ink, text.into())])
    }

    /// With another piece behind it.
    pub(super) fn and(mut self, ink: Ink, text: impl Into<String>) -> Self {
        self.0.push((ink, text.into()));
        self
    }

    /// With another line behind it.
    pub(super) fn join(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// In characters.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// At most so wide, and exactly so with blanks behind it.
    pub(super) fn padded(self, width: usize) -> Self {
        let cut = self.cut(width);
        let missing = width - cut.width();
        cut.and(Ink::Plain, " ".repeat(missing))
    }

    /// At most so wide.
    pub(super) fn cut(self, most: usize) -> Self {
        let mut left = most;
        let mut pieces = Vec::with_capacity(self.0.len());
        for (ink, text) in self.0 {
            let kept: String = text.chars().take(left).collect();
            left -= kept.chars().count();
            pieces.push((ink, kept));
        }
        Self(pieces)
    }

    /// Without blanks at its end.
    pub(super) fn trimmed(mut self) -> Self {
        while let Some((_, text)) = self.0.last_mut() {
            text.truncate(text.trim_end().len());
            if !text.is_empty() {
                break;
            }
            self.0.pop();
        }
        self
    }

    /// With colours, for a terminal.
    pub(super) fn coloured(&self) -> String {
        let pieces = self.0.iter().map(|(ink, text)| match ink {
            _ if text.is_empty() => String::new(),
            Ink::Plain => text.clone(),
            Ink::Faint => text.dimmed().to_string(),
            Ink::Strong => text.bold().to_string(),
            #[cfg(feature = "broker-tools")]
            Ink::In => text.cyan().to_string(),
            #[cfg(feature = "broker-tools")]
            Ink::Out => text.magenta().to_string(),
            Ink::Good => text.green().to_string(),
            Ink::Warn => text.yellow().to_string(),
            Ink::Bad => text.red().to_string(),
        });
        pieces.collect()
    }

    #[cfg(test)]
    pub(super) fn plain(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }
}
