//! Any text gives a configuration or mistakes inside it; nothing panics, and nothing takes long.

use super::super::{Environment, check, operator};
use crate::topology::report;
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Instant;

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
        "environment = A=1",
        "|", "$(", "clients = a, a", "port = 1", "ack_topic = +/x", "\u{1c}", "#", "[", "]", "broker = mqtt://",
    ]), 0..30)) {
        holds(&pieces.concat());
    }
}

#[test]
fn hostile_files_of_the_largest_size_are_read_in_a_moment() {
    let fill = |piece: &str| format!("[operator]\n{}", piece.repeat(260_000 / piece.len()));
    let many_keys: String = (0..25_000).map(|index| format!("k{index} = \n")).collect();
    let many_sections: String = (0..25_000).map(|index| format!("[s{index}]\n")).collect();
    let nested: String = (0..20)
        .map(|index| {
            format!(
                "p{index} = {}\n",
                format!("%(p{})s", index + 1).repeat(1000)
            )
        })
        .collect();
    let files = [
        fill("a\n"),
        fill("[a]\n"),
        fill("clients = a,\n "),
        fill("pipeline1 = ';\n "),
        format!("[operator]\npipeline1 = '{}'\n", ";".repeat(260_000)),
        format!("[operator]\npipeline1 = {}\n", "%".repeat(260_001)),
        format!(
            "[operator]\nclients = {}\n",
            (0..40_000)
                .map(|index| format!("{index},"))
                .collect::<String>()
        ),
        format!("[operator]\n{many_keys}"),
        format!("[operator]\n{many_sections}"),
        format!("[operator]\npipeline1 = %(p0)s\n{nested}"),
    ];
    for file in files {
        let begun = Instant::now();
        let _ = check(&file);
        let _ = operator(&file, &Environment::default());
        let taken = begun.elapsed();
        assert!(taken.as_secs() < 10, "{taken:?} for {file:.60}");
    }
}
