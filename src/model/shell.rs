//! Words of commands that a person types as they stand.

use std::borrow::Cow;
use std::path::Path;

/// A word as a shell takes it (POSIX, 2.2): in quotes where that matters.
///
/// ```
/// use mqtt_thing::model::shell_word;
/// assert_eq!(shell_word("/etc/lab.toml"), "/etc/lab.toml");
/// assert_eq!(shell_word("Bob's lab"), r"'Bob'\''s lab'");
/// ```
#[must_use]
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:+@%=".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(format!("'{}'", word.replace('\'', "'\\''"))),
    }
}

/// A path as a shell takes it.
#[must_use]
pub fn shell_path(path: &Path) -> String {
    shell_word(&path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_its_word() {
        assert_eq!(shell_word("a/b0.c"), "a/b0.c");
        for nasty in [
            "a'; reboot; '",
            "$(reboot)",
            "a b",
            "",
            "`x`",
            "a\\",
            "~",
            "é",
        ] {
            let command = format!("printf %s {}", shell_word(nasty));
            let output = std::process::Command::new("sh")
                .args(["-c", &command])
                .output();
            assert_eq!(output.unwrap().stdout, nasty.as_bytes(), "{command}");
        }
    }
}
