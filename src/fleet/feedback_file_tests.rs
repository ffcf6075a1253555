use super::*;
use proptest::prelude::*;
use proptest::sample::select;

fn feedback(command: &str, output: Option<&str>, error: &str) -> Feedback {
    Feedback {
        client_id: "c1".to_owned(),
        command: command.to_owned(),
        start_time: "1795172851.5".to_owned(),
        end_time: "1795172852.25".to_owned(),
        output: output.map(str::to_owned),
        error: error.to_owned(),
    }
}

/// What is found: a line with its command and form, or a line with what is wrong.
fn told(file: &[u8]) -> Vec<String> {
    FeedbackFile::new(file)
        .map(|found| match found {
            Ok(found) => format!("{} {} {:?}", found.line, found.feedback.command, found.form),
            Err(broken) => broken.to_string(),
        })
        .collect()
}

fn file(payloads: &[(Feedback, Form)]) -> Vec<u8> {
    payloads
        .iter()
        .flat_map(|(feedback, form)| line(&feedback.encode(*form)))
        .collect()
}

#[test]
fn json_and_text_normal_and_failed_are_read_from_one_file() {
    let written = [
        (feedback("echo hi", Some("hi\n"), "None"), Form::Json),
        (
            feedback("no-such", None, "Failed to execute command: no"),
            Form::Json,
        ),
        (feedback("ls\nls", Some("a\n\nb\n"), "x\ny\n"), Form::Text),
        (
            feedback("no-such", None, "Failed to execute command: no"),
            Form::Text,
        ),
        (feedback("true", Some(""), "None"), Form::Text),
        (feedback("true", Some(""), "None"), Form::Json),
    ];
    let read: Vec<Found> = FeedbackFile::new(file(&written).as_slice())
        .map(Result::unwrap)
        .collect();
    let expected: Vec<_> = read
        .iter()
        .map(|found| (found.feedback.clone(), found.form))
        .collect();
    assert_eq!(expected, written);
    let lines: Vec<u64> = read.iter().map(|found| found.line).collect();
    assert_eq!(lines, [1, 2, 3, 15, 20, 26]);
}

#[test]
fn broken_lines_are_told_with_their_number_and_the_others_read() {
    let right = line(&feedback("date", Some("x"), "None").encode(Form::Json));
    let text = [
        right.as_slice(),
        b"nonsense\n",
        b"{\"client_id\": \"c1\"}\n\n",
        b"\xff\n",
        b"[]\n",
        right.as_slice(),
        b"Client: c1\nnothing\n",
    ]
    .concat();
    assert_eq!(
        told(&text),
        [
            "1 date Json",
            "line 2: \"nonsense\" is not JSON: expected ident at line 1 column 2",
            "line 3: `command` is missing",
            "line 5: \"\\xff\" is not UTF-8",
            "line 6: the message is an array; an object is allowed",
            "7 date Json",
            "line 8: \"Client: c1\" has no line that begins with `Command: ` where one belongs",
            "line 9: \"nothing\" is not JSON: expected ident at line 1 column 2",
        ]
    );
}

#[test]
fn a_text_that_was_cut_takes_nothing_of_the_next_with_it() {
    let whole = line(&feedback("date", Some("x"), "None").encode(Form::Text));
    let cut = [&whole[..whole.len() - 14], b"\n", whole.as_slice()].concat();
    let found = told(&cut);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("line 1: "), "{found:?}");
    assert!(found[1].ends_with("date Text"), "{found:?}");
    let at_the_end = told(&whole[..whole.len() - 14]);
    assert!(at_the_end[0].starts_with("line 1: "), "{at_the_end:?}");
}

#[test]
fn json_in_the_output_of_a_text_is_output() {
    let inner = feedback("inner", Some(""), "None").encode(Form::Json);
    let output = format!("{{}}\n{}\n", String::from_utf8(inner).unwrap());
    let written = [(
        feedback("cat feedback.txt", Some(&output), "None"),
        Form::Text,
    )];
    assert_eq!(told(&file(&written)), ["1 cat feedback.txt Text"]);
}

#[test]
fn a_file_from_windows_is_read_alike() {
    let written = [
        (feedback("dir", Some("a\nb\n"), "None"), Form::Text),
        (feedback("dir", Some("a\nb\n"), "None"), Form::Json),
    ];
    let text = String::from_utf8(file(&written))
        .unwrap()
        .replace('\n', "\r\n");
    let read: Vec<_> = FeedbackFile::new(text.as_bytes())
        .map(|found| found.unwrap().feedback)
        .collect();
    assert_eq!(read, [written[0].0.clone(), written[1].0.clone()]);
}

#[test]
fn the_last_payload_needs_no_newline_and_an_empty_file_has_none() {
    assert_eq!(told(b""), [""; 0]);
    assert_eq!(told(b"\n \n\r\n"), [""; 0]);
    let payload = feedback("date", Some(""), "None").encode(Form::Text);
    assert_eq!(told(&payload), ["1 date Text"]);
}

#[test]
fn a_file_that_ends_in_an_error_says_so_and_ends() {
    struct Ill;
    impl io::Read for Ill {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk burns"))
        }
    }
    let payload = line(&feedback("date", Some(""), "None").encode(Form::Json));
    let file = io::BufReader::new(payload.as_slice().chain(Ill));
    let found: Vec<String> = FeedbackFile::new(file)
        .map(|found| found.map_or_else(|broken| broken.to_string(), |found| found.feedback.command))
        .collect();
    assert_eq!(
        found,
        ["date", "line 2: the file cannot be read: the disk burns"]
    );
}

proptest! {
    #[test]
    fn what_was_appended_is_read_again(
        commands in proptest::collection::vec(("[a-z ;|\n]{1,12}", proptest::option::of("[a-z{}\n:]{0,20}"), "[a-z{\n]{1,12}", any::<bool>()), 0..6)
    ) {
        let written: Vec<(Feedback, Form)> = commands
            .into_iter()
            .map(|(command, output, error, jsonify)| (feedback(&command, output.as_deref(), &error), Form::of(jsonify)))
            .collect();
        let read: Vec<_> = FeedbackFile::new(file(&written).as_slice())
            .map(|found| found.unwrap())
            .map(|found| (found.feedback, found.form))
            .collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn any_bytes_end_and_name_lines_in_their_order(pieces in proptest::collection::vec(select(vec![
        "Client: c", "Command: x", "Start Time: 1.0", "End Time: 2.0", "Output: ", "Error: None", "{}", "{", "\n", "\n", "\n", "\r", " ",
        "{\"client_id\":\"c\",\"command\":\"x\",\"start_time\":\"1\",\"end_time\":\"2\",\"error\":\"e\"}", "\u{0}", "ü",
    ]), 0..40)) {
        let mut last = 0;
        for found in FeedbackFile::new(pieces.concat().as_bytes()) {
            let line = found.map_or_else(|broken| broken.line, |found| found.line);
            prop_assert!(line > last);
            last = line;
        }
    }
}
