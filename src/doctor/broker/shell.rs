//! Commands that a user types as they stand. Source: mosquitto_pub(1), mosquitto_sub(1).

use super::Subject;
use crate::doctor::Cure;
use crate::model::{Topic, escaped, harmless_json, shell_path, shell_word};
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
    words.push(shell_word(topic).into_owned());
    Cure::run(words.join(" "))
}

/// Shows what is said on a topic.
pub(super) fn listen(subject: &Subject<'_>, topic: &str) -> Cure {
    let mut words = program(subject, "mosquitto_sub", false);
    words.extend([
        "-v".to_owned(),
        "-t".to_owned(),
        shell_word(topic).into_owned(),
    ]);
    Cure::run(words.join(" "))
}

fn program(subject: &Subject<'_>, name: &str, account: bool) -> Vec<String> {
    let (url, access) = (&subject.way.endpoint.url, &subject.way.access);
    let mut words = vec![name.to_owned()];
    let mut option = |option: &str, value: &str| {
        words.push(option.to_owned());
        words.push(shell_word(value).into_owned());
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
            words.push(format!("\"$(sudo cat {})\"", shell_path(file)));
        }
    }
    if url.is_tls() && access.dangerously_accept_any_certificate {
        words.push("--insecure".to_owned());
    }
    words
}
