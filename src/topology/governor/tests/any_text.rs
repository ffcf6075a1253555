//! Any text gives a configuration or mistakes inside it; nothing panics.

use super::super::check;
use crate::topology::report;
use proptest::prelude::*;
use proptest::sample::select;

fn holds(text: &str) {
    let inside = |place: &std::ops::Range<usize>| {
        assert!(text.get(place.clone()).is_some(), "{place:?} in\n{text}");
    };
    match check(text) {
        Ok(config) => config.warnings.iter().for_each(|one| inside(&one.place)),
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "refused without a word:\n{text}");
            mistakes.iter().for_each(|one| inside(&one.place));
            let told = report("config.ini", text, &mistakes, false);
            assert!(!told.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read_or_refused_with_words(text in "\\PC{0,200}|[ -~\n\r\t]{0,200}|.{0,50}") {
        holds(&text);
    }

    #[test]
    fn any_pieces_are_read_or_refused_with_words(pieces in proptest::collection::vec(select(vec![
        "[operator]\n", "[mqtt]\n", "[sut]\n", "[DEFAULT]\n", "pipeline1 = ", "pipeline2 = ", "a = ", "allow = ", "\n",
        "\n  ", "\r", ";", "\\", "'", "\"", "%", "%%", "%(a)s", "%(pipeline2)s", "ü", "日", "\u{feff}", "echo", " ",
        "environment = A=1", "LD_A=", "PATH=", "shell = on", "nice = ",
        "|", "$(", "clients = a, a", "port = 1", "ack_topic = +/x", "\u{1c}", "#", "[", "]", "broker = mqtt://",
    ]), 0..30)) {
        holds(&pieces.concat());
    }
}
