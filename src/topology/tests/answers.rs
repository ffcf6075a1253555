//! Scripts of a simulated fleet: each rule with its exact message.

use super::Frame::Answers;
use super::{Row, row};
use crate::fleet::simulated::Manner;
use crate::topology::answers::parse;
use crate::topology::findings::Rule;
use std::time::Duration;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::UnknownKeyInAnswers,
        Answers,
        r#"outputs = "x"
"#,
        r#"answers.toml:1:1: error: the file has no key `outputs`
 1 | outputs = "x"
   | ^^^^^^^
   = did you mean `output`?
"#,
    ),
    row(
        Rule::UnknownKeyInAnswer,
        Answers,
        r#"[[commands]]
match = "x"
exit = 1
"#,
        r#"answers.toml:3:1: error: a command has no key `exit`
 3 | exit = 1
   | ^^^^
   = its keys: match, output, error, exit_code, fails, silent, takes_s
"#,
    ),
    row(
        Rule::AnswersNoList,
        Answers,
        r#"[commands]
match = "x"
"#,
        r#"answers.toml:1:2: error: `commands` is a table; it takes a list of tables
 1 | [commands]
   |  ^^^^^^^^
   = begin one with [[commands]], and match = "stress-ng *" below it
"#,
    ),
    row(
        Rule::AnswerMatchesNothing,
        Answers,
        r#"[[commands]]
exit_code = 1
"#,
        r#"answers.toml:1:1: error: this command has no `match`
 1 | [[commands]]
   | ^^^^^^^^^^^^
   = write match = "stress-ng *"
"#,
    ),
    row(
        Rule::ExitCodeRange,
        Answers,
        r#"exit_code = 256
"#,
        r#"answers.toml:1:13: error: `exit_code` is 256; allowed is 0 to 255
 1 | exit_code = 256
   |             ^^^
   = what a process ends with; 0 is success
"#,
    ),
    row(
        Rule::ProbabilityRange,
        Answers,
        r#"fails = 1.5
"#,
        r#"answers.toml:1:9: error: `fails` is 1.5; it takes a probability, 0 to 1
 1 | fails = 1.5
   |         ^^^
"#,
    ),
    row(
        Rule::ProbabilityRange,
        Answers,
        r#"silent = "often"
"#,
        r#"answers.toml:1:10: error: `silent` is text; it takes a probability, 0 to 1
 1 | silent = "often"
   |          ^^^^^^^
"#,
    ),
    row(
        Rule::SecondsRange,
        Answers,
        r#"takes_s = [1, -2]
"#,
        r#"answers.toml:1:15: error: `takes_s` is -2; it takes seconds, 0 to 86400
 1 | takes_s = [1, -2]
   |               ^^
"#,
    ),
    row(
        Rule::TakesNoRange,
        Answers,
        r#"takes_s = [2, 1]
"#,
        r#"answers.toml:1:11: error: `takes_s` takes seconds, or a list of the fewest and the most; the second is less than the first
 1 | takes_s = [2, 1]
   |           ^^^^^^
   = as in takes_s = 0.5, or takes_s = [0.5, 2]
"#,
    ),
    row(
        Rule::TakesNoRange,
        Answers,
        r#"takes_s = [1, 2, 3]
"#,
        r#"answers.toml:1:11: error: `takes_s` takes seconds, or a list of the fewest and the most; it has 3
 1 | takes_s = [1, 2, 3]
   |           ^^^^^^^^^
   = as in takes_s = 0.5, or takes_s = [0.5, 2]
"#,
    ),
];

#[test]
fn the_file_that_shows_every_key_is_a_script() {
    let text = include_str!("../../../resources/sim-fleet/answers.toml");
    let script = parse(text, Manner::default()).unwrap();
    let seconds = Duration::from_secs_f64;
    assert_eq!(script.usual.takes, (seconds(0.005), seconds(0.02)));
    let stress = script.manner("stress-ng --cpu 0 --timeout 60s");
    assert_eq!(stress.takes, (seconds(60.0), seconds(60.5)));
    assert!(stress.error.contains("bogo ops"));
    assert_eq!(script.manner("false").exit_code, 1);
    assert_eq!(script.manner("uptime"), &script.usual);
}

#[test]
fn what_a_command_does_not_say_is_as_usual() {
    let usual = Manner {
        fails: 0.25,
        output: "given".into(),
        ..Manner::default()
    };
    let text = "silent = 0.5\n[[commands]]\nmatch = \"a*\"\noutput = \"\"\n";
    let script = parse(text, usual).unwrap();
    let one = script.manner("abc");
    assert_eq!(
        (one.output.as_str(), one.fails, one.silent),
        ("", 0.25, 0.5)
    );
    assert_eq!(script.manner("b").output, "given");
}
