//! What people type who come from `mosquitto_pub` and `mosquitto_sub`.

use std::ffi::OsString;

/// What to type instead, if words behind `pub` or `sub` are those of Mosquitto's clients: `-t`, `-m`, `-p`, and `-h` with a
/// value. None of them means anything here, but for `-h` alone, which is help.
pub(super) fn habit(words: impl Iterator<Item = OsString>) -> Option<String> {
    let words = words.map(|word| word.to_string_lossy().into_owned());
    let mut words = words.skip_while(|word| word.starts_with('-')).peekable();
    let (topic, example) = match words.next()?.as_str() {
        "pub" => (
            "the topic and the message stand without -t and -m",
            "mqtt-thing pub TOPIC MESSAGE",
        ),
        "sub" => ("the topic stands without -t", "mqtt-thing sub FILTER"),
        _ => return None,
    };
    let (mut of_topic, mut of_broker) = (false, false);
    while let Some(word) = words.next().filter(|word| word != "--") {
        match word.as_str() {
            "-t" | "-m" => of_topic = true,
            "-p" => of_broker = true,
            "-h" if words.peek().is_some_and(|next| !next.starts_with('-')) => of_broker = true,
            _ => {}
        }
    }
    let broker = "the broker is named by --broker instead of -h and -p";
    let said = match (of_topic, of_broker) {
        (false, false) => return None,
        (true, false) => topic.to_owned(),
        (false, true) => broker.to_owned(),
        (true, true) => format!("{topic}, and {broker}"),
    };
    Some(format!("{said}: {example} --broker mqtt://HOST[:PORT]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Option<String> {
        habit(line.split(' ').map(OsString::from))
    }

    #[test]
    fn who_types_as_for_mosquitto_is_told_what_to_type_here() {
        for line in [
            "sub -h pi -t b",
            "sub -t b",
            "-q sub -h pi b",
            "sub a -p 1884",
        ] {
            let told = told(line).unwrap_or_else(|| panic!("{line}"));
            let example = "mqtt-thing sub FILTER --broker mqtt://HOST[:PORT]";
            assert!(told.ends_with(example), "{line}: {told}");
            assert_eq!(told.contains("without -t"), line.contains("-t"), "{told}");
        }
        assert!(told("pub -t a -m x").is_some());
        for line in [
            "sub -h",
            "sub b -h",
            "sub a --topics",
            "pub -- -t -m",
            "send -t a",
            "pub a -1",
            "sub -v -h",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
    }
}
