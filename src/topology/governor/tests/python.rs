//! The same files, read by Python's own `configparser` and by ours.

use super::super::DEFAULT;
use super::super::ini;
use super::super::sections::Sections;
use crate::topology::findings::Findings;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// Reads a list of files as JSON; writes for each its sections, or null where it refuses the file. A value that it
/// refuses is null.
const SCRIPT: &str = r#"
import configparser, io, json, sys
def read(text):
    parser = configparser.ConfigParser()
    try:
        # as from a file: any end of a line is one
        parser.read_file(io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    except configparser.Error:
        return None
    def value(section, key):
        try:
            return parser.get(section, key)
        except configparser.InterpolationError:
            return None
    return [[name, [[key, value(name, key)] for key in parser.options(name)]] for name in parser.sections()]
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
"#;

fn by_python(files: &[String]) -> Option<Vec<Json>> {
    let started = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = started else {
        assert!(
            std::env::var_os("CI").is_none(),
            "python3 is missing, and CI must have it"
        );
        println!("skipped: install python3");
        return None;
    };
    let mut input = python.stdin.take().unwrap();
    input
        .write_all(json!(files).to_string().as_bytes())
        .unwrap();
    drop(input);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

const KNOWN: [&str; 4] = ["mqtt", "operator", "commander", "sut"];

/// As the script does it; only the sections that mean something to us are read.
fn by_us(text: &str) -> Json {
    let mut findings = Findings::new(text);
    let ini = ini::read(text, &mut findings);
    let (mistakes, _) = findings.sorted();
    if !mistakes.is_empty() {
        return Json::Null;
    }
    let read = |name: &str| -> Vec<Json> {
        // new for each, since what is odd is told once
        let mut sections = Sections::new(&ini, &mut Findings::new(text));
        let entries = sections.entries(name);
        let values = entries.into_iter().map(|entry| {
            let mut findings = Findings::new(text);
            let value = sections.value(name, entry, &mut findings);
            let is_odd = !findings.sorted().1.is_empty();
            let value = if is_odd {
                Json::Null
            } else {
                value.text.into()
            };
            json!([entry.key.value, value])
        });
        values.collect()
    };
    let known = |name: &str| match KNOWN.contains(&name) {
        true => read(name),
        false => Vec::new(),
    };
    let names = ini.iter().map(|section| section.name.value);
    let list: Vec<Json> = names
        .filter(|name| *name != DEFAULT)
        .map(|name| json!([name, known(name)]))
        .collect();
    list.into()
}

const BY_HAND: &[&str] = &[
    "",
    "[operator]\npipeline1 = a; b ; c # d\n",
    "[operator]\na = 1\n b\n\n c\n\n\n",
    "[operator]\na =\n  b\n  c\n",
    "[operator]\na = 1\n ; comment\n # comment\n 2\n# outside\n 3\n",
    "[operator]\n  a = 1\n  b = 2\n c = 3\n    d = 4\n",
    "  [operator]\n  a = 1\n   2\n",
    "[operator]\nA B : c = d\nE=f: g\nh==i\n",
    "[operator]\na = [ -f x ]\n  [ -f y ] && z\n",
    "[operator] trailing = x\na = 1\n",
    "[operator]]\na = 1\n",
    "[ operator ]\na = 1\n[operator]\na = 2\n",
    "[Operator]\na = 1\n[operator]\nA = 2\n",
    "[DEFAULT]\na = 1\nb = %(c)s\n[operator]\nc = 3\na = 2\n[DEFAULT]\nd = 4\n",
    "[DEFAULT]\na = 1\n[DEFAULT]\na = 2\n",
    "[default]\na = 1\n[operator]\nb = 2\n",
    "a = 1\n[operator]\n",
    "[operator]\na\n",
    "[operator]\n= a\n",
    "[operator]\na =\nb:\n",
    "[operator]\na = 1\nA = 2\n",
    "[operator]\na = 1\n[operator]\nb = 2\n",
    "[]\na = 1\n",
    "[operator]\r\na = 1\r\n\r\n  2\r\nb = 3",
    "[operator]\ra = 1\r  2\rb = 3\r",
    "[operator]\na = 100%%\nb = 5%\nc = %(a)s and %(A)s\nd = %(x)s\ne = %()s\nf = %(a\ng = %(a)d\nh = %%(a)s\n",
    "[operator]\na = %(b)s\nb = %(a)s\n",
    "[operator]\na = x\n  %(b)s\nb = 1\n  2\n",
    "[operator]\nk0 = %(k1)s\nk1 = %(k2)s\nk2 = %(k3)s\nk3 = %(k4)s\nk4 = %(k5)s\nk5 = %(k6)s\nk6 = %(k7)s\nk7 = %(k8)s\nk8 = %(k9)s\nk9 = %(ka)s\nka = end\n",
    "[operator]\nk0 = %(k1)s\nk1 = %(k2)s\nk2 = %(k3)s\nk3 = %(k4)s\nk4 = %(k5)s\nk5 = %(k6)s\nk6 = %(k7)s\nk7 = %(k8)s\nk8 = %(k9)s\nk9 = %(ka)s\nka = %%\n",
    "[operator]\nGRÖSSE = ü\nΣΑΣ = 日本\n",
    "[operator]\na = 1\n\u{a0}2\n\u{1c}3\n\u{3000}4\u{85}\n",
    "[operator]\n\u{1f}a\u{1f}=\u{1f}1\u{1f}\n",
    "[operator]\na = 'x;y' \\; \"z\"\n\tb\n        c\n",
    "[operator]\na = 1\n\n[mqtt]\n  b = 2\n[sut]\nallow = *\n    ls *\n\n    cat\n",
    "#only\n;comments\n",
    "[operator\na = 1\n",
    "[operator]\na = 1\n   \n \t \n  2\n",
];

/// Files of pieces that are likely to meet.
fn a_file() -> impl Strategy<Value = String> {
    let start = select(vec!["", "", " ", "  ", "    ", "\t", "\u{a0}"]);
    let middle = select(vec![
        "[operator]",
        "[mqtt]",
        "[DEFAULT]",
        "[sut]",
        "[x]",
        "a = 1",
        "b: 2",
        "C =",
        "a",
        "d = %(a)s",
        "e = %(b)s%%",
        "f = %(d)s %(e)s",
        "g = 5%",
        "pipeline1 = a; b",
        "pipeline2 = 'a; b'",
        "# note",
        "; note",
        "",
        "",
        "more",
        "[more]",
        "more = 1",
        "h = x = y",
        "=",
        "%(a)s",
    ]);
    let end = select(vec![
        "\n", "\n", "\n", " \n", "\r\n", "\r", " # c\n", "\n\n",
    ]);
    let line =
        (start, middle, end).prop_map(|(start, middle, end)| format!("{start}{middle}{end}"));
    let head = select(vec!["[operator]\n", "[mqtt]\n", "[DEFAULT]\n", ""]);
    (head, proptest::collection::vec(line, 0..8))
        .prop_map(|(head, lines)| format!("{head}{}", lines.concat()))
}

#[test]
fn files_are_read_as_python_reads_them() {
    let mut files: Vec<String> = BY_HAND.iter().map(|text| (*text).to_owned()).collect();
    let mut runner = TestRunner::deterministic();
    files.extend((0..3000).map(|_| a_file().new_tree(&mut runner).unwrap().current()));
    let Some(expected) = by_python(&files) else {
        return;
    };
    let mut right = 0;
    for (file, mut expected) in files.iter().zip(expected) {
        right += usize::from(!expected.is_null());
        for section in expected.as_array_mut().into_iter().flatten() {
            if !KNOWN.contains(&section[0].as_str().unwrap()) {
                section[1] = json!([]);
            }
        }
        assert_eq!(by_us(file), expected, "{file:?}");
    }
    assert!(
        right > 500,
        "of {} files only {right} say something",
        files.len()
    );
}
