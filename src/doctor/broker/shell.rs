//! Commands that a user types as they stand. Source: mosquitto_pub(1), mosquitto_sub(1).

use super::Subject;
use crate::doctor::Cure;
use crate::model::{Topic, escaped, harmless_json};
use std::borrow::Cow;
use std::path::Path;

/// Takes away what the broker keeps on a topic.
pub(super) fn clear(subject: &Subject<'_>, topic: &Topic, account: bool) -> Cure {
    let topic = topic.as_str();
    if harmless_json(topic.to_owned()) != topic {
        let shown = escaped(topic.as_bytes(), 300);
        return Cure::advise(format!(
            "the topic \"{shown}\" has characters that no command line takes; the broker forgets it when its persistence file is removed"
        ));
    }
    let mut words = program(subject, "mosquitto_pub", account);
    words.extend(["-r".to_owned(), "-n".to_owned(), "-t".to_owned()]);
    words.push(quoted(topic).into_owned());
    Cure::run(words.join(" "))
}

/// Shows what is said on a topic.
pub(super) fn listen(subject: &Subject<'_>, topic: &str) -> Cure {
    let mut words = program(subject, "mosquitto_sub", false);
    words.extend(["-v".to_owned(), "-t".to_owned(), quoted(topic).into_owned()]);
    Cure::run(words.join(" "))
}

fn program(subject: &Subject<'_>, name: &str, account: bool) -> Vec<String> {
    let (url, access) = (&subject.way.endpoint.url, &subject.way.access);
    let mut words = vec![name.to_owned()];
    let mut option = |option: &str, value: &str| {
        words.push(option.to_owned());
        words.push(quoted(value).into_owned());
    };
    option("-h", url.host());
    option("-p", &url.port().to_string());
    let path = |path: &Path| path.display().to_string();
    if url.is_tls() {
        match &access.ca_file {
            Some(ca) => option("--cafile", &path(ca)),
            None => option("--capath", "/etc/ssl/certs"),
        }
    }
    if account {
        if let (Some(cert), Some(key)) = (&access.cert_file, &access.key_file) {
            option("--cert", &path(cert));
            option("--key", &path(key));
        }
        if let Some(credentials) = &subject.way.endpoint.credentials {
            option("-u", credentials.user());
        }
        if let Some(file) = &access.password_file {
            words.push("-P".to_owned());
            words.push(format!("\"$(sudo cat {})\"", quoted(&path(file))));
        }
    }
    if url.is_tls() && access.dangerously_accept_any_certificate {
        words.push("--insecure".to_owned());
    }
    words
}

/// A word as a shell takes it (POSIX, 2.2).
fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:+@%=".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(format!("'{}'", word.replace('\'', "'\\''"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_topic_breaks_out_of_its_word() {
        assert_eq!(quoted("a/b0.c"), "a/b0.c");
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
            let command = format!("printf %s {}", quoted(nasty));
            let output = std::process::Command::new("sh")
                .args(["-c", &command])
                .output();
            assert_eq!(output.unwrap().stdout, nasty.as_bytes(), "{command}");
        }
    }
}
