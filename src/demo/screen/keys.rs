//! What keys mean.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Leave.
    Quit,
    /// Press or release the switch with this key.
    Toggle(char),
    /// Press the last switch for a moment.
    Tap,
    /// Turn the chosen knob by so many 32nds of its range.
    Turn(i64),
    /// Turn it to an end.
    ToLow,
    /// To the other end.
    ToHigh,
    /// Choose the next knob, or the one before.
    NextKnob,
    /// As above.
    PreviousKnob,
}

/// The keys of switches, in the order in which they are given. `q` is taken.
pub(super) const SWITCH_KEYS: &str = "123456789abcdefghijklmnoprstuvwxyz";

pub(super) fn wish(key: &KeyEvent) -> Option<Wish> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return matches!(key.code, KeyCode::Char('c' | 'd')).then_some(Wish::Quit);
    }
    Some(match key.code {
        KeyCode::Char('q') | KeyCode::Esc => Wish::Quit,
        KeyCode::Char(' ') | KeyCode::Enter => Wish::Tap,
        KeyCode::Right | KeyCode::Up | KeyCode::Char('+' | '=') => Wish::Turn(1),
        KeyCode::Left | KeyCode::Down | KeyCode::Char('-') => Wish::Turn(-1),
        KeyCode::PageUp | KeyCode::Char(']') => Wish::Turn(8),
        KeyCode::PageDown | KeyCode::Char('[') => Wish::Turn(-8),
        KeyCode::Home => Wish::ToLow,
        KeyCode::End => Wish::ToHigh,
        KeyCode::Tab => Wish::NextKnob,
        KeyCode::BackTab => Wish::PreviousKnob,
        KeyCode::Char(c) if SWITCH_KEYS.contains(c) => Wish::Toggle(c),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quitting_is_where_people_look_for_it() {
        let press = |code, modifiers| wish(&KeyEvent::new(code, modifiers));
        for code in [KeyCode::Char('q'), KeyCode::Esc] {
            assert_eq!(press(code, KeyModifiers::NONE), Some(Wish::Quit));
        }
        assert_eq!(
            press(KeyCode::Char('c'), KeyModifiers::CONTROL),
            Some(Wish::Quit)
        );
        assert_eq!(
            press(KeyCode::Char('c'), KeyModifiers::NONE),
            Some(Wish::Toggle('c'))
        );
        assert_eq!(press(KeyCode::Char('x'), KeyModifiers::CONTROL), None);
    }
}
