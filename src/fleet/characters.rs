//! Characters that an argument may not hold, or that look like others. Source: the Unicode Character Database,
//! general categories Cc and Cf, `Default_Ignorable_Code_Point`, `White_Space`.

use super::words::WordRule;

/// Whether a character may be in an argument: what is seen, a blank, a tab and a newline.
pub(super) fn harmless(c: char) -> Result<(), WordRule> {
    match c {
        '\0' => Err(WordRule::Nul),
        '\t' | '\n' => Ok(()),
        c if c.is_control() => Err(WordRule::ControlCharacter),
        c if is_invisible(c) => Err(WordRule::InvisibleCharacter),
        _ => Ok(()),
    }
}

/// What takes no room, or turns or hides the text around it.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A blank that separates no words.
pub(super) fn is_odd_blank(c: char) -> bool {
    c.is_whitespace() && !matches!(c, ' ' | '\t' | '\n')
}

/// The first letter of a name that is not ASCII, for a name that may only look like another.
pub(super) fn stranger(name: &str) -> Option<char> {
    name.chars().find(|c| !c.is_ascii())
}
