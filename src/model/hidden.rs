//! Secrets in a text that people wrote: what is shown of it with a mistake goes to terminals and logs, and must not have
//! them. A password where none belongs, a URL with one, a file of a password or of a key in place of another.

use std::borrow::Cow;
use std::ops::Range;

/// Keys whose values are not shown.
const KEYS: [&str; 3] = ["password", "passwd", "secret"];

/// Whether a text is, or has in it, a private key in PEM.
#[must_use]
pub fn holds_private_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
}

/// Whether a text is a single word, as a file with a password is, and no topology, configuration or list.
#[must_use]
pub fn is_one_word(text: &str) -> bool {
    !text.trim().contains([' ', '\t', '\n', '=', '[', '#'])
}

/// A line with an asterisk for each byte of a secret in it, so that all other bytes stay where they are.
#[must_use]
pub fn hidden(line: &str) -> Cow<'_, str> {
    let spans: Vec<Range<usize>> = values(line).chain(users(line)).collect();
    if spans.is_empty() {
        return Cow::Borrowed(line);
    }
    let shown = line.char_indices().map(|(at, c)| {
        match spans.iter().any(|span| span.contains(&at)) && !c.is_whitespace() {
            true => "*".repeat(c.len_utf8()),
            false => c.to_string(),
        }
    });
    Cow::Owned(shown.collect())
}

/// What stands behind `password =` and its like, to the end of the line.
fn values(line: &str) -> impl Iterator<Item = Range<usize>> {
    let lower = line.to_ascii_lowercase();
    let found = move |key: &&str| {
        let (at, _) = lower.match_indices(key).find(|(at, _)| {
            let rest = lower[at + key.len()..].trim_start_matches([' ', '\t', '"', '\'']);
            rest.starts_with(['=', ':'])
        })?;
        let sign = at + lower[at..].find(['=', ':'])?;
        Some(sign + 1..lower.len())
    };
    KEYS.into_iter().filter_map(move |key| found(&key))
}

/// What stands before the `@` of a URL.
fn users(line: &str) -> impl Iterator<Item = Range<usize>> {
    line.match_indices("://").filter_map(|(at, sign)| {
        let start = at + sign.len();
        let rest = &line[start..];
        let end = rest.find([' ', '\t', '"', '\'']).unwrap_or(rest.len());
        let user = rest[..end].rfind('@')?;
        Some(start..start + user)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_hidden_and_the_rest_stays_where_it_is() {
        for (line, shown) in [
            ("password = \"a b\"", "password = ** **"),
            ("{ Password: 'x', a = 1 }", "{ Password: **** * * * *"),
            ("\"passwd\"=sésame", "\"passwd\"=*******"),
            (
                "url = \"mqtt://u:p@w@h:1\" # a",
                "url = \"mqtt://*****@h:1\" # a",
            ),
            ("broker = mqtt://u:é@h", "broker = mqtt://****@h"),
        ] {
            assert_eq!(hidden(line), shown);
            assert_eq!(hidden(line).len(), line.len());
        }
        for line in [
            "password_file = \"/etc/password\"",
            "url = \"mqtts://h\" # a@b",
            "no password here",
        ] {
            assert!(matches!(hidden(line), Cow::Borrowed(_)), "{line}");
        }
    }

    #[test]
    fn a_key_and_a_file_of_a_password_are_known() {
        assert!(holds_private_key("-----BEGIN EC PRIVATE KEY-----\nMHc"));
        assert!(!holds_private_key("-----BEGIN PUBLIC KEY-----\nMCow"));
        assert!(is_one_word("sesame\n") && !is_one_word("alice ed25519:x") && !is_one_word("a\nb"));
    }
}
