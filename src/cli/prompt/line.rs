//! A line that is being typed: its text, the cursor in it, and the lines before it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The longest line, in characters: what is pasted by mistake ends there.
const LONGEST: usize = 16 << 10;

/// What a key came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    /// The line may have changed.
    Edited,
    /// The line is complete.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D on an empty line.
    End,
    /// Ctrl-L: the screen is to be cleared.
    Clear,
}

#[derive(Debug, Default)]
pub(super) struct Line {
    text: Vec<char>,
    /// The cursor stands before this character.
    at: usize,
    history: Vec<String>,
    /// Which line of the history is shown; behind the last one, the new line.
    place: usize,
    /// The new line, while the history is looked through.
    draft: Vec<char>,
}

impl Line {
    pub(super) fn new(history: Vec<String>) -> Self {
        Self {
            place: history.len(),
            history,
            ..Self::default()
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Typed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Enter => return Typed::Line(self.complete()),
            KeyCode::Char('j' | 'm') if control => return Typed::Line(self.complete()),
            KeyCode::Char('c') if control => {
                self.set(Vec::new());
                return Typed::Interrupt;
            }
            KeyCode::Char('d') if control && self.text.is_empty() => return Typed::End,
            KeyCode::Char('l') if control => return Typed::Clear,
            KeyCode::Left if control || alt => self.at = self.word_before(),
            KeyCode::Right if control || alt => self.at = self.word_behind(),
            KeyCode::Char('b') if alt => self.at = self.word_before(),
            KeyCode::Char('f') if alt => self.at = self.word_behind(),
            KeyCode::Left => self.at = self.at.saturating_sub(1),
            KeyCode::Right => self.at = (self.at + 1).min(self.text.len()),
            KeyCode::Char('b') if control => self.at = self.at.saturating_sub(1),
            KeyCode::Char('f') if control => self.at = (self.at + 1).min(self.text.len()),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.text.len(),
            KeyCode::Char('a') if control => self.at = 0,
            KeyCode::Char('e') if control => self.at = self.text.len(),
            KeyCode::Backspace => self.remove(self.at.saturating_sub(1), self.at),
            KeyCode::Char('h') if control => self.remove(self.at.saturating_sub(1), self.at),
            KeyCode::Delete => self.remove(self.at, self.at + 1),
            KeyCode::Char('d') if control => self.remove(self.at, self.at + 1),
            KeyCode::Char('w') if control => self.remove(self.word_before(), self.at),
            KeyCode::Char('u') if control => self.remove(0, self.at),
            KeyCode::Char('k') if control => self.remove(self.at, self.text.len()),
            KeyCode::Up => self.look(self.place.saturating_sub(1)),
            KeyCode::Down => self.look((self.place + 1).min(self.history.len())),
            KeyCode::Char('p') if control => self.look(self.place.saturating_sub(1)),
            KeyCode::Char('n') if control => self.look((self.place + 1).min(self.history.len())),
            KeyCode::Char(c) if !control && !alt && self.text.len() < LONGEST => {
                self.text.insert(self.at, c);
                self.at += 1;
            }
            _ => {}
        }
        Typed::Edited
    }

    fn set(&mut self, text: Vec<char>) {
        self.at = text.len();
        self.text = text;
        self.place = self.history.len();
    }

    fn complete(&mut self) -> String {
        let line: String = std::mem::take(&mut self.text).into_iter().collect();
        if !line.trim().is_empty() && self.history.last() != Some(&line) {
            self.history.push(line.clone());
        }
        self.set(Vec::new());
        line
    }

    fn look(&mut self, place: usize) {
        if self.place == self.history.len() {
            self.draft = self.text.clone();
        }
        let text = match self.history.get(place) {
            Some(line) => line.chars().collect(),
            None => self.draft.clone(),
        };
        self.set(text);
        self.place = place;
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.drain(from..to.min(self.text.len()));
        self.at = from;
    }

    fn word_before(&self) -> usize {
        let before = &self.text[..self.at];
        let end = before.iter().rposition(|c| !c.is_whitespace());
        let end = end.map_or(0, |last| last + 1);
        let start = before[..end].iter().rposition(|c| c.is_whitespace());
        start.map_or(0, |blank| blank + 1)
    }

    fn word_behind(&self) -> usize {
        let behind = &self.text[self.at..];
        let start = behind.iter().position(|c| !c.is_whitespace());
        let start = start.unwrap_or(behind.len());
        let end = behind[start..].iter().position(|c| c.is_whitespace());
        self.at + start + end.unwrap_or(behind.len() - start)
    }

    /// What of it has room in so many columns, with the cursor in it: the text, and the cursor's column.
    pub(super) fn shown(&self, room: usize) -> (String, usize) {
        let room = room.max(2);
        let first = (self.at + 1).saturating_sub(room);
        let visible = self.text.iter().skip(first).take(room);
        // what would do something to the terminal stands for nothing else
        let shown = visible.map(|c| if c.is_control() { '?' } else { *c });
        (shown.collect(), self.at - first)
    }
}

/// A line as it stays on the screen.
pub(super) fn safe(line: &str) -> String {
    line.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn press(line: &mut Line, code: KeyCode, modifiers: KeyModifiers) -> Typed {
        line.key(KeyEvent::new(code, modifiers))
    }

    fn type_in(line: &mut Line, text: &str) {
        for c in text.chars() {
            press(line, KeyCode::Char(c), KeyModifiers::NONE);
        }
    }

    fn control(line: &mut Line, c: char) -> Typed {
        press(line, KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    fn enter(line: &mut Line) -> Typed {
        press(line, KeyCode::Enter, KeyModifiers::NONE)
    }

    #[test]
    fn a_line_is_edited_where_the_cursor_stands() {
        let mut line = Line::default();
        type_in(&mut line, "echo hallo");
        for code in [
            KeyCode::Backspace,
            KeyCode::Home,
            KeyCode::Delete,
            KeyCode::End,
        ] {
            press(&mut line, code, KeyModifiers::NONE);
        }
        type_in(&mut line, "é");
        assert_eq!(enter(&mut line), Typed::Line("cho hallé".into()));
        type_in(&mut line, "one two  three");
        control(&mut line, 'w');
        press(&mut line, KeyCode::Left, KeyModifiers::CONTROL);
        control(&mut line, 'u');
        type_in(&mut line, "2 ");
        assert_eq!(line.shown(80), ("2 two  ".into(), 2));
        press(&mut line, KeyCode::Char('f'), KeyModifiers::ALT);
        control(&mut line, 'k');
        assert_eq!(enter(&mut line), Typed::Line("2 two".into()));
    }

    #[test]
    fn the_history_is_looked_through_and_the_new_line_is_not_lost() {
        let mut line = Line::new(vec!["a".into(), "b".into()]);
        type_in(&mut line, "new");
        for (code, shown) in [
            (KeyCode::Up, "b"),
            (KeyCode::Up, "a"),
            (KeyCode::Up, "a"),
            (KeyCode::Down, "b"),
            (KeyCode::Down, "new"),
            (KeyCode::Down, "new"),
        ] {
            press(&mut line, code, KeyModifiers::NONE);
            assert_eq!(line.shown(80).0, shown);
        }
        enter(&mut line);
        press(&mut line, KeyCode::Up, KeyModifiers::NONE);
        assert_eq!(enter(&mut line), Typed::Line("new".into()));
    }

    #[test]
    fn control_c_drops_the_line_and_control_d_ends_on_an_empty_one_only() {
        let mut line = Line::default();
        type_in(&mut line, "abc");
        assert_eq!(control(&mut line, 'd'), Typed::Edited);
        assert_eq!(control(&mut line, 'c'), Typed::Interrupt);
        assert_eq!(control(&mut line, 'd'), Typed::End);
    }

    #[test]
    fn of_a_long_line_the_part_with_the_cursor_is_shown() {
        let mut line = Line::default();
        type_in(&mut line, "0123456789");
        assert_eq!(line.shown(4), ("789".into(), 3));
        press(&mut line, KeyCode::Home, KeyModifiers::NONE);
        assert_eq!(line.shown(4), ("0123".into(), 0));
    }

    proptest! {
        #[test]
        fn no_keys_make_it_panic_and_the_cursor_stays_in_sight(keys in proptest::collection::vec((0usize..30, any::<char>(), 0u8..8), 0..200), room in 0usize..20) {
            let mut line = Line::new(vec!["one two".into()]);
            let codes = [KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End, KeyCode::Up, KeyCode::Down, KeyCode::Backspace, KeyCode::Delete, KeyCode::Enter];
            for (which, c, modifiers) in keys {
                let code = codes.get(which).copied().unwrap_or(KeyCode::Char(c));
                press(&mut line, code, KeyModifiers::from_bits_truncate(modifiers));
                let (shown, at) = line.shown(room);
                prop_assert!(at < room.max(2) && at <= shown.chars().count());
            }
        }
    }
}
