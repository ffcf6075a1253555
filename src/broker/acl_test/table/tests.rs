use super::*;
use crate::topology::report;
use proptest::prelude::*;

fn told(text: &str, form: Form) -> Vec<String> {
    let mistakes = parse(text, form).unwrap_err();
    let report = report("t", text, &mistakes, false);
    let heads = report.lines().filter(|line| line.starts_with("t:"));
    heads.map(str::to_owned).collect()
}

#[test]
fn columns_stand_in_any_order_and_further_ones_stay() {
    let text = "Some words.\n\n| # | Expectation | User | TOPIC | subscribe | publish | passed |\n|--|--|--|--|--|--|--|\n\
                | 1 | denied | `alice` | a/+/# | y | | |\n| 2 | Y | anonymous | `b` | y | x | ? |\n| 3 | n | - | c | | y\n";
    let table = parse(text, Form::Markdown).unwrap();
    let rows = table.rows.iter().map(|row| {
        let user = row.user.as_deref();
        let canary = row.canary_topic.as_str();
        (
            row.line,
            row.topic.as_str(),
            canary,
            user,
            row.publish,
            row.subscribe,
            row.expected,
        )
    });
    let rows: Vec<_> = rows.collect();
    assert_eq!(
        rows,
        [
            (
                5,
                "a/+/#",
                "a/mqtt-thing-canary/mqtt-thing-canary",
                Some("alice"),
                false,
                true,
                false
            ),
            (6, "b", "b", None, true, true, true),
            (7, "c", "c", None, true, false, false),
        ]
    );
    assert_eq!(
        table.filled_in(&["y", "n", "?"]),
        "| #   | Expectation | User      | TOPIC | subscribe | publish | passed |\n\
         | --- | ----------- | --------- | ----- | --------- | ------- | ------ |\n\
         | 1   | denied      | alice     | a/+/# | y         |         | y      |\n\
         | 2   | Y           | anonymous | b     | y         | x       | n      |\n\
         | 3   | n           | -         | c     |           | y       | ?      |\n"
    );
}

#[test]
fn a_table_without_the_column_gets_it() {
    let text = "topic,user,publish,subscribe,expected\na,,y,,y\n";
    let table = parse(text, Form::Csv).unwrap();
    assert!(table.filled_in(&["y"]).contains("| expected | PASSED |\n"));
}

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let text = "topic,user,publish,subscribe,expected\na/#,bob,y,,n\n,bob,y,,n\na#,bob,,maybe,sometimes\na,b,,,y\n\
                $SYS/x,b,,y,n\na,b,y,,y,more\n\"a\",\"b\nc\",y,,y\na,b,y\n";
    assert_eq!(
        told(text, Form::Csv),
        [
            "t:2:1: error: nobody can publish to `a/#`, which has a wildcard",
            "t:3:1: error: a topic is empty; it needs at least one character",
            "t:4:1: error: in the topic filter `a#` a `#` is not alone in the last level; it stands for all levels that \
             follow, as in `a/#`",
            "t:4:9: error: `maybe` is not understood",
            "t:4:15: error: `sometimes` is not understood",
            "t:5:1: error: the row tries nothing",
            "t:6:1: error: the topic `$SYS/x` is the broker's own",
            "t:7:10: error: the row has 6 cells; the header has 5",
            "t:8:5: error: the user's name holds a control character",
            "t:10:6: error: nothing is said here",
        ]
    );
}

#[test]
fn a_header_that_does_not_fit_is_told_with_what_is_missing() {
    let text =
        "| a | b |\n|---|---|\n\n| topic | user | publish | subscibe | topic |\n|--|--|--|--|--|\n";
    assert_eq!(
        told(text, Form::Markdown),
        [
            "t:4:1: error: the table has no column `subscribe`",
            "t:4:1: error: the table has no column `expected`",
            "t:4:39: error: there are two columns `topic`",
        ]
    );
    let mistakes = parse(text, Form::Markdown).unwrap_err();
    assert_eq!(mistakes[0].help.as_deref(), Some("is it `subscibe`?"));
    assert_eq!(
        told("prose\n", Form::Markdown),
        ["t:1:1: error: there is no table in this file"]
    );
    let header = "topic,user,publish,subscribe,expected\n";
    assert_eq!(
        told(header, Form::Csv),
        ["t:1:1: error: the table has no row"]
    );
}

#[test]
fn a_table_has_a_thousand_rows_at_most() {
    let header = "topic,user,publish,subscribe,expected\n";
    let text = |rows: usize| format!("{header}{}", "a,b,y,,y\n".repeat(rows));
    assert_eq!(parse(&text(1000), Form::Csv).unwrap().rows.len(), 1000);
    assert_eq!(
        told(&text(1001), Form::Csv),
        ["t:1002:1: error: this is row 1001; at most 1000 are allowed"]
    );
    assert_eq!(told(&text(40_000), Form::Csv).len(), 1);
}

#[test]
fn the_form_is_known_by_the_name_or_else_by_the_text() {
    assert_eq!(Form::of("t.CSV", "| a |"), Form::Csv);
    assert_eq!(Form::of("t.md", "a,b"), Form::Markdown);
    assert_eq!(Form::of("table", "x\n | a |"), Form::Markdown);
    assert_eq!(Form::of("table", "a,b"), Form::Csv);
}

proptest! {
    #[test]
    fn any_text_is_a_table_or_has_mistakes_in_it(
        rows in "([|,`\"\\\\y\\n\\r #+$/é-]|topic|user){0,60}", markdown: bool,
    ) {
        let (form, header) = match markdown {
            true => (Form::Markdown, "topic|user|publish|subscribe|expected\n-|-|-|-|-\n"),
            false => (Form::Csv, "topic,user,publish,subscribe,expected\n"),
        };
        let text = format!("{header}{rows}");
        match parse(&text, form) {
            Ok(table) => prop_assert!(parse(&table.filled_in(&vec!["y"; table.rows.len()]), Form::Markdown).is_ok()),
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                for mistake in mistakes {
                    prop_assert!(text.get(mistake.place).is_some());
                }
            }
        }
    }
}
