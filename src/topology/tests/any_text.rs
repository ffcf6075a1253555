//! Any text gives a plan or mistakes inside it; nothing panics.

use super::{RULES, rows};
use crate::model::Topic;
use crate::topology::{Lines, parse, report};
use proptest::prelude::*;
use proptest::sample::select;

/// Reads a text and checks what must hold for every text.
fn holds(text: &str) {
    let lines = Lines::new(text);
    match parse(text) {
        Ok(topology) => {
            assert!(!topology.things.is_empty());
            let id = Topic::new("id").unwrap();
            for thing in &topology.things {
                assert!(!thing.resources.is_empty());
                for spec in thing.specs(&id) {
                    // what is built here must not meet a hole in the plan
                    let resource = (spec.kind.build)(&spec);
                    assert!(!resource.publishes().is_empty());
                }
            }
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "refused without a word:\n{text}");
            let mut last = 0;
            for mistake in &mistakes {
                let place = mistake.place.clone();
                assert!(text.get(place.clone()).is_some(), "{mistake:?}\n{text}");
                assert!(last <= place.start, "not in the order of the file");
                last = place.start;
                let (line, column) = lines.position(place.start);
                let first = report("lab.toml", text, std::slice::from_ref(mistake), false);
                assert!(
                    first.starts_with(&format!("lab.toml:{line}:{column}: error: ")),
                    "{first}"
                );
                assert!(!first.chars().any(|c| c.is_control() && c != '\n'));
            }
        }
    }
}

/// A file of ours: the shipped ones, and each row's.
fn a_file() -> impl Strategy<Value = String> {
    let mut files: Vec<String> = rows().map(super::Row::file).collect();
    for shipped in [
        include_str!("../../../resources/one-pi.toml"),
        include_str!("../../../resources/two-pis.toml"),
        include_str!("../../../resources/dimmer.toml"),
    ] {
        // as often as all the wrong ones together
        files.extend(std::iter::repeat_n(shipped.to_owned(), RULES.len() / 2));
    }
    select(files)
}

/// Something that a slip of the hand puts in.
fn a_slip() -> impl Strategy<Value = String> {
    let pieces = [
        "\"",
        "'",
        "[",
        "]",
        "{",
        "}",
        "=",
        ",",
        ".",
        "/",
        "\n",
        "\r\n",
        "\t",
        "#",
        "-1",
        "0",
        "99999999999999999999",
        "true",
        "inf",
        "\\u0000",
        "ü",
        "日",
        "\u{202e}",
        "\u{feff}",
        "follows = \"outer/led0\"\n",
        "[things]\n",
        "[things.outer]\n",
        "kind = \"led\"\n",
        "1979-05-27",
        "\"\"\"",
        "inner/led0",
        "+",
        "10.0.0.1",
    ];
    prop_oneof![select(pieces.to_vec()).prop_map(str::to_owned), "\\PC{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_refused_with_words(text in "\\PC{0,200}|[ -~\n]{0,200}|.{0,50}") {
        holds(&text);
    }

    #[test]
    fn a_file_with_slips_gives_a_plan_or_mistakes_inside_it(
        file in a_file(),
        slips in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..12, a_slip()), 1..4),
    ) {
        let mut chars: Vec<char> = file.chars().collect();
        for (at, gone, slip) in slips {
            let start = at.index(chars.len() + 1);
            let end = (start + gone).min(chars.len());
            chars.splice(start..end, slip.chars());
        }
        holds(&chars.into_iter().collect::<String>());
    }

    #[test]
    fn a_file_with_lines_that_changed_places_gives_a_plan_or_mistakes_inside_it(
        file in a_file(),
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..5),
    ) {
        let mut lines: Vec<&str> = file.split_inclusive('\n').collect();
        for (one, other) in swaps {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
        holds(&lines.concat());
    }
}
