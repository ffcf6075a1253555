//! The caret stands under the wrong part and nowhere else, whatever the line holds.

use super::told;
use crate::model::Mistake;
use crate::topology::{Lines, report, report_warnings};

/// The report of a mistake at `part` in `text`.
fn at(text: &str, part: &str) -> String {
    let start = text.find(part).unwrap();
    let mistake = Mistake::new(start..start + part.len(), "wrong").help("do right");
    report("lab.toml", text, &[mistake], false)
}

#[test]
fn a_tab_is_one_column_for_editors_and_four_blanks_on_the_screen() {
    assert_eq!(
        at("a = 1\n\tled = bad\n", "bad"),
        "lab.toml:2:8: error: wrong\n 2 |     led = bad\n   |           ^^^\n   = do right\n"
    );
    assert_eq!(
        at("led\t=\tbad", "bad"),
        "lab.toml:1:7: error: wrong\n 1 | led    =    bad\n   |             ^^^\n   = do right\n"
    );
}

#[test]
fn wide_characters_take_two_columns_and_marks_on_letters_none() {
    assert_eq!(
        at("x = \"日本\" bad", "bad"),
        "lab.toml:1:10: error: wrong\n 1 | x = \"日本\" bad\n   |            ^^^\n   = do right\n"
    );
    assert_eq!(
        at("x = \"日本\" bad", "日本"),
        "lab.toml:1:6: error: wrong\n 1 | x = \"日本\" bad\n   |      ^^^^\n   = do right\n"
    );
    assert_eq!(
        at("gro\u{308}ße bad", "bad"),
        "lab.toml:1:8: error: wrong\n 1 | gro\u{308}ße bad\n   |       ^^^\n   = do right\n"
    );
}

#[test]
fn files_from_windows_look_the_same() {
    assert_eq!(
        at("a = 1\r\nled = bad\r\nb = 2\r\n", "bad"),
        "lab.toml:2:7: error: wrong\n 2 | led = bad\n   |       ^^^\n   = do right\n"
    );
    let text =
        "\u{feff}[broker]\r\nurl = 1\r\n[things.a.resources]\r\nc = { kind = \"clock\" }\r\n";
    assert_eq!(
        told(text),
        "lab.toml:2:7: error: `url` is a whole number; it takes text\n 2 | url = 1\n   |       ^\n   = text stands in quotes\n"
    );
    let text = "\u{feff}[brokr]\r\n[things.a.resources]\r\nc = { kind = \"clock\" }\r\n";
    assert_eq!(
        told(text),
        "lab.toml:1:2: error: the file has no key `brokr`\n 1 | [brokr]\n   |  ^^^^^\n   = did you mean `broker`?\n"
    );
}

#[test]
fn a_mistake_over_several_lines_is_shown_by_its_first() {
    assert_eq!(
        at("a = [\n  1,\n]\n", "[\n  1,\n]"),
        "lab.toml:1:5: error: wrong\n 1 | a = [\n   |     ^\n   = do right\n"
    );
}

#[test]
fn at_the_end_of_the_text_there_is_still_a_caret() {
    let end = |text: &str| {
        let mistake = Mistake::new(text.len()..text.len(), "missing");
        report("lab.toml", text, &[mistake], false)
    };
    assert_eq!(end(""), "lab.toml:1:1: error: missing\n 1 | \n   | ^\n");
    assert_eq!(
        end("a = 1"),
        "lab.toml:1:6: error: missing\n 1 | a = 1\n   |      ^\n"
    );
    assert_eq!(
        end("a = 1\n"),
        "lab.toml:2:1: error: missing\n 2 | \n   | ^\n"
    );
}

#[test]
fn the_line_numbers_width_moves_the_caret_with_the_line() {
    let text = format!("{}bad\n", "\n".repeat(99));
    assert_eq!(
        at(&text, "bad"),
        "lab.toml:100:1: error: wrong\n 100 | bad\n     | ^^^\n     = do right\n"
    );
}

#[test]
fn of_a_long_line_the_part_around_the_mistake_is_shown() {
    let text = format!("{}bad{}", "a".repeat(300), "z".repeat(300));
    let shown = at(&text, "bad");
    let expected = format!(
        "lab.toml:1:301: error: wrong\n 1 | ...{}bad{}...\n   | {}^^^\n   = do right\n",
        "a".repeat(60),
        "z".repeat(100),
        " ".repeat(63)
    );
    assert_eq!(shown, expected);
}

#[test]
fn what_would_move_the_cursor_or_turn_the_text_is_not_printed() {
    let text = "a\u{1b}[2J\u{202e} = bad";
    assert_eq!(
        at(text, "bad"),
        "lab.toml:1:10: error: wrong\n 1 | a\u{fffd}[2J\u{fffd} = bad\n   |          ^^^\n   = do right\n"
    );
    let mistake = Mistake::new(0..0, "found \u{7}").help("not \u{200b}");
    assert_eq!(
        report("lab\n.toml", "", &[mistake], false),
        "lab\u{fffd}.toml:1:1: error: found \u{fffd}\n 1 | \n   | ^\n   = not \u{fffd}\n"
    );
}

#[test]
fn colours_are_there_when_asked_for_and_change_no_word() {
    let mistake = [Mistake::new(0..1, "wrong").help("do right")];
    let plain = |coloured: &str| -> String {
        let mut parts = coloured.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
    };
    for told in [report, report_warnings] {
        let coloured = told("lab.toml", "abc", &mistake, true);
        assert!(coloured.contains("\u{1b}["));
        assert_eq!(plain(&coloured), told("lab.toml", "abc", &mistake, false));
    }
}

#[test]
fn positions_count_lines_and_characters_from_one() {
    let text = "\u{feff}ä\r\n\n日本\n";
    let lines = Lines::new(text);
    let of = |part: &str| lines.position(text.find(part).unwrap());
    assert_eq!(of("ä"), (1, 1));
    assert_eq!(of("\r"), (1, 2));
    assert_eq!(of("日"), (3, 1));
    assert_eq!(of("本"), (3, 2));
    assert_eq!(lines.position(text.len()), (4, 1));
}

#[test]
fn of_very_many_mistakes_the_first_are_shown_and_the_others_counted() {
    let told = |count: usize| {
        let mistakes = vec![Mistake::new(0..1, "odd"); count];
        report("lab.toml", "x = 1\n", &mistakes, false)
    };
    let fifty = told(50);
    assert_eq!(fifty.matches("error: odd").count(), 50);
    assert!(!fifty.contains("more"));
    assert_eq!(told(120_000), format!("{fifty}... and 119950 more\n"));
}
