//! What a filter means, in words; and what is wrong with one that is none.

use crate::{matched, object};

const DISKS: &str = "/machines/+/sensors/temperature/hdds/+";
const SDF: &str = "/machines/172.16.32.157/sensors/temperature/hdds/sdf";
const CPU0: &str = "/machines/172.16.32.157/sensors/temperature/cpus/cpu0";

#[test]
fn the_exercise_of_the_course_is_explained_level_by_level() {
    let (code, out, err) = matched(&[DISKS], "");
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        out,
        "/machines/+/sensors/temperature/hdds/+
  1  (empty)      an empty level: the filter begins with a /
  2  machines     exactly this
  3  +            one level of any name, also an empty one
  4  sensors      exactly this
  5  temperature  exactly this
  6  hdds         exactly this
  7  +            one level of any name, also an empty one
  matches topics of exactly 7 levels
"
    );
}

#[test]
fn the_exercise_matches_the_disks_and_says_why_not_the_processor() {
    let (code, out, _) = matched(&[DISKS, "--topic", SDF, "--topic", CPU0, "--all"], "");
    assert_eq!(code, 0);
    assert!(
        out.ends_with(&format!(
            "
1 of 2 topics are matched
  {SDF}
not matched: 1
  {CPU0}  level 6 is `cpus`, the filter has `hdds`
"
        )),
        "{out}"
    );
    let (code, out, _) = matched(
        &["/machines/+/sensors/#", "--topic", SDF, "--topic", CPU0],
        "",
    );
    assert_eq!(code, 0);
    assert!(out.contains("2 of 2 topics are matched"), "{out}");
    assert!(
        out.contains("5  #         any number of levels, also none"),
        "{out}"
    );
    assert!(out.contains("matches topics of 4 levels or more"), "{out}");
}

#[test]
fn a_forgotten_slash_is_recognised() {
    let bare = SDF.trim_start_matches('/');
    let (code, out, _) = matched(&[DISKS, "--topic", bare], "");
    assert_eq!(code, 1);
    assert!(out.contains("0 of 1 topics are matched\n"), "{out}");
    assert!(
        out.ends_with(
            "hint: the filter begins with an empty level (a leading /), those topics do not; \
             1 topic is missed by that\n"
        ),
        "{out}"
    );
}

#[test]
fn several_filters_stand_side_by_side() {
    let arguments = [
        "+/b", "a/#", "--topic", "a/b", "--topic", "a/c", "--topic", "z",
    ];
    let (code, out, _) = matched(&arguments, "");
    assert_eq!(code, 0);
    let table = "2 of 3 topics are matched by one or more
  1  2  topic
  x  x  a/b
  -  x  a/c
";
    assert!(out.ends_with(table), "{out}");
    assert!(
        out.starts_with("1: +/b\n") && out.contains("\n2: a/#\n"),
        "{out}"
    );
    let (_, out, _) = matched(&[&arguments[..], &["--all"]].concat(), "");
    assert!(
        out.contains(&format!("{table}  -  -  z\nwhy not:\n")),
        "{out}"
    );
}

#[test]
fn a_wrong_filter_is_shown_with_its_place_and_what_is_allowed() {
    let wrong = [
        (
            "a+/b",
            "filter:1:2: error: a + shares its level with other characters\n 1 | a+/b\n   |  ^\n   = it stands for a whole level, as in a/+/c\n",
        ),
        (
            "#/a",
            "filter:1:1: error: a # is not alone in the last level\n 1 | #/a\n   | ^\n   = it stands for all levels that follow, as in a/#\n",
        ),
        (
            "",
            "filter:1:1: error: it is empty\n 1 | \n   | ^\n   = it needs one character at least; # alone matches everything\n",
        ),
        (
            "a/\u{1b}[2J",
            "filter:1:3: error: it holds the control character U+001B\n",
        ),
    ];
    for (filter, told) in wrong {
        let (code, out, err) = matched(&["fine/+", filter], "");
        assert_eq!((code, out.as_str()), (2, ""), "{filter}");
        assert!(err.starts_with(told), "{err}");
        assert!(!err.contains('\u{1b}'), "{err:?}");
    }
    let (code, _, err) = matched(&[&"x".repeat(65_536)], "");
    assert_eq!(code, 2);
    assert!(
        err.contains("it has 65536 bytes") && err.len() < 1000,
        "{err}"
    );
    let (code, _, err) = matched(&["a", "--topic", "a/+"], "");
    assert_eq!(code, 2);
    assert!(
        err.contains("topic:1:3: error: it holds the wildcard +"),
        "{err}"
    );
}

#[test]
fn a_program_gets_the_same_as_an_object() {
    let told = object(&[DISKS, "--topic", SDF, "--topic", CPU0, "--all"]);
    let filter = &told["filters"][0];
    assert_eq!(filter["filter"], DISKS);
    assert_eq!(filter["levels"][0]["kind"], "empty");
    assert_eq!(filter["levels"][2]["kind"], "one");
    assert_eq!(
        (&filter["least_levels"], &filter["most_levels"]),
        (&7.into(), &7.into())
    );
    assert_eq!(filter["matched"], 1);
    assert_eq!(told["topics_in_all"], 2);
    let cpu = &told["topics"][0];
    assert_eq!(cpu["topic"], CPU0);
    assert_eq!(cpu["matches"][0], false);
    assert_eq!(
        cpu["why_not"][0],
        "level 6 is `cpus`, the filter has `hdds`"
    );
    assert_eq!(told["topics"][1]["matches"][0], true);
    let told = object(&["#"]);
    assert_eq!(told["filters"][0]["most_levels"], serde_json::Value::Null);
    assert_eq!(
        told["topics"],
        serde_json::Value::Null,
        "none were asked for"
    );
}

#[test]
fn several_filters_are_told_why_not_when_all_is_wanted() {
    let arguments = ["a/b", "a", "--topic", "a/b", "--topic", "c", "--all"];
    let (_, out, _) = matched(&arguments, "");
    let why = "why not:
  2  a/b  it goes on with level 2, `b`, where the filter has ended
  1  c    level 1 is `c`, the filter has `a`
  2  c    level 1 is `c`, the filter has `a`
";
    assert!(out.contains(why), "{out}");
    let (_, out, _) = matched(&arguments[..6], "");
    assert!(!out.contains("why not"), "{out}");
}

#[test]
fn advice_for_a_topic_is_for_topics_and_a_long_text_is_cut() {
    let (code, _, err) = matched(&["a", "--topic", ""], "");
    assert_eq!(code, 2);
    assert!(err.contains("a topic has one character at least"), "{err}");
    assert!(!err.contains('#'), "{err}");
    let long = "a".repeat(70_000);
    let (code, _, err) = matched(&["a", "--topic", &long], "");
    assert_eq!(code, 2);
    assert!(
        err.contains("it has 70000 bytes") && err.len() < 300,
        "{err}"
    );
}
