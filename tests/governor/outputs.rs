//! Output of any bytes and any size, as an old peer gets it (wire contract, section 4).

use crate::support::{Next, peak_kib};
use crate::wire::{COMMANDS, Lab, RESPONSES};
use serde_json::Value as Json;
use std::fmt::Write;

/// Up to so much a stream is whole.
const WHOLE: usize = 16 << 20;
/// What is kept of each end of a longer one.
const KEPT: usize = 64 << 10;

/// The first bytes of what `seq 1 ..` writes.
fn numbers(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 16);
    for n in 1.. {
        if text.len() >= bytes {
            break;
        }
        writeln!(text, "{n}").unwrap();
    }
    text.truncate(bytes);
    text
}

/// The answer to a command with much output: too much for a witness that shows bytes as digits.
fn large(lab: &Lab, command: &str) -> String {
    let next = Next::on(&lab.mosquitto, RESPONSES);
    lab.mosquitto.publish(COMMANDS, command.as_bytes(), false);
    String::from_utf8(next.payload()).unwrap()
}

/// Output and error of the text form.
fn streams(answer: &str) -> (&str, &str) {
    let (_, rest) = answer.split_once("\nOutput: ").unwrap();
    rest.rsplit_once("\nError: ").unwrap()
}

#[test]
fn binary_output_is_replaced_and_said_to_be() {
    let Some(lab) = Lab::start() else { return };
    let answer = lab.answer(br"c1|printf 'a\377\376b\0c'");
    assert!(
        answer.ends_with(
            "Output: a\u{fffd}\u{fffd}b\0c\nError: [output: 2 bytes that are not UTF-8 are shown as U+FFFD]"
        ),
        "{answer}"
    );
    let answer =
        lab.answer(br#"{"client_id": "c1", "command": "printf 'oops\\n\\200' >&2; exit 1"}"#);
    assert!(
        answer.ends_with(
            r#""output": "", "error": "oops\n\ufffd\n[error: 1 bytes that are not UTF-8 are shown as U+FFFD]"}"#
        ),
        "{answer}"
    );
    let answer = large(&lab, "c1|head -c 300000 /dev/urandom");
    assert!(
        answer.contains("bytes that are not UTF-8 are shown"),
        "{}",
        answer.len()
    );
}

#[test]
fn carriage_returns_become_ends_of_lines_in_both_streams() {
    let Some(lab) = Lab::start() else { return };
    let answer = lab.answer(br"c1|printf '  a\r\nb\rc\r\r\n'; printf 'x\r\n' >&2");
    assert!(
        answer.ends_with("Output:   a\nb\nc\n\n\nError: x\n"),
        "{answer:?}"
    );
}

#[test]
fn up_to_16_mib_an_output_is_whole_in_json_and_in_text() {
    let Some(lab) = Lab::start() else { return };
    let command = format!("seq 1 3000000 | head -c {WHOLE}");
    let right = numbers(WHOLE);
    let answer = large(&lab, &format!("c1|{command}"));
    let (output, error) = streams(&answer);
    assert!(
        output == right && error == "None",
        "{} {error}",
        output.len()
    );
    let answer = large(
        &lab,
        &format!(r#"{{"client_id": "c1", "command": "{command}"}}"#),
    );
    let json: Json = serde_json::from_str(&answer).unwrap();
    assert!(
        json["output"] == right.as_str() && json["error"] == "None",
        "{}",
        answer.len()
    );
}

#[test]
fn of_more_head_and_tail_are_told_and_memory_stays_flat() {
    let Some(lab) = Lab::start() else { return };
    lab.still_answers("there");
    let before = peak_kib(lab.sut.child.id());
    for (total, command) in [
        (WHOLE + 1, format!("seq 1 3000000 | head -c {}", WHOLE + 1)),
        (100_000_000, "seq 1 20000000 | head -c 100000000".to_owned()),
    ] {
        let right = numbers(total);
        let answer = large(&lab, &format!("c1|{command}"));
        let (output, error) = streams(&answer);
        let (head, rest) = output.split_once("\n[").unwrap();
        let (missing, tail) = rest.split_once(" bytes are missing here]\n").unwrap();
        assert!(head.len().abs_diff(KEPT) <= 1 && right.starts_with(head));
        assert!(tail.len() == KEPT && right.ends_with(tail));
        // the head may end with the end of a line, which is not written twice
        let shown = head.len() + tail.len() + usize::from(right[head.len()..].starts_with('\n'));
        let missing: usize = missing.parse().unwrap();
        assert!(
            (missing + shown).abs_diff(total) <= 1,
            "{missing} + {shown} of {total}"
        );
        assert_eq!(error, "None");
    }
    let peak = peak_kib(lab.sut.child.id());
    println!("most memory: {before} KiB at first, {peak} KiB with 100 MB of output");
    assert!(peak < before + 4_000, "{before} KiB, {peak} KiB");
    // a build without optimisation is larger by itself
    assert!(cfg!(debug_assertions) || peak < 20_000, "{peak} KiB");
}
