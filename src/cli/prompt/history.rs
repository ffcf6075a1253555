//! What was typed before: a file with a line each, which grows at its end.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// So many of the newest lines are taken up again.
const MOST: usize = 1000;

/// The file, or none.
#[derive(Debug)]
pub(super) struct History(Option<PathBuf>);

impl History {
    pub(super) const fn at(path: Option<PathBuf>) -> Self {
        Self(path)
    }

    /// The newest lines; a file that cannot be read has none.
    pub(super) fn lines(&self) -> Vec<String> {
        let text = self.0.as_ref().and_then(|path| std::fs::read(path).ok());
        let text = text.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let newest = &lines[lines.len().saturating_sub(MOST)..];
        newest.iter().map(|line| (*line).to_owned()).collect()
    }

    /// Appends a line, unless it is blank; what cannot be kept is forgotten.
    pub(super) fn add(&self, line: &str) {
        let Some(path) = self.0.as_ref().filter(|_| !line.trim().is_empty()) else {
            return;
        };
        // commands are nobody else's business
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path);
        let _ = file.and_then(|mut file| writeln!(file, "{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_there_again_and_a_file_of_any_bytes_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        let history = History::at(Some(path.clone()));
        assert_eq!(history.lines(), [""; 0]);
        for line in ["one", " ", "echo é"] {
            history.add(line);
        }
        assert_eq!(history.lines(), ["one", "echo é"]);
        std::fs::write(&path, b"\xff\n".repeat(MOST + 5)).unwrap();
        assert_eq!(history.lines().len(), MOST);
        let none = History::at(None);
        none.add("x");
        assert_eq!(none.lines(), [""; 0]);
    }
}
