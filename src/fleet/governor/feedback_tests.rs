use super::*;
use crate::fleet::governor::{WHOLE, feedback};
use crate::fleet::{Captured, Face, Record, Request, Run, Status};
use proptest::prelude::*;
use std::time::{Duration, UNIX_EPOCH};

fn hi(output: Option<&str>, error: &str) -> Feedback {
    Feedback {
        client_id: "c1".into(),
        command: "echo hi".into(),
        start_time: "1795172851.846928".into(),
        end_time: "1795172851.848749".into(),
        output: output.map(str::to_owned),
        error: error.into(),
    }
}

fn record(face: Face, status: Status, reason: Option<&str>) -> Record {
    let request = Request {
        face,
        id: None,
        command: "echo hi".into(),
        run: Run::Shell("echo hi".into()),
        time_limit: None,
        expires: None,
        signed_by: None,
    };
    let at = UNIX_EPOCH + Duration::from_micros(1_795_172_851_846_928);
    let mut record = Record::without_running(&request, "c1", status, "", at);
    record.ended = at + Duration::from_micros(1821);
    record.reason = reason.map(str::to_owned);
    record.ran = true;
    record
}

fn captured(bytes: &[u8]) -> Captured {
    Captured {
        head: bytes.to_vec(),
        total: bytes.len() as u64,
        ..Captured::default()
    }
}

fn said(record: &Record) -> String {
    String::from_utf8(feedback(record, b"", b"")).unwrap()
}

#[test]
fn feedback_has_the_bytes_of_the_contract() {
    let json = r#"{"client_id": "c1", "command": "echo hi", "start_time": "1795172851.846928", "end_time": "1795172851.848749", "output": "hi\n", "error": "None"}"#;
    let mut done = record(Face::GovernorJson, Status::Succeeded, None);
    done.stdout = captured(b"hi\n");
    assert_eq!(said(&done), json);
    assert_eq!(hi(Some("hi\n"), "None").encode(Form::Json), json.as_bytes());
    assert_eq!(
        Feedback::decode(json.as_bytes()).unwrap(),
        hi(Some("hi\n"), "None")
    );
    done.face = Face::GovernorText;
    let text = "Client: c1\nCommand: echo hi\nStart Time: 1795172851.846928\nEnd Time: 1795172851.848749\nOutput: hi\n\nError: None";
    assert_eq!(said(&done), text);
    assert_eq!(hi(Some("hi\n"), "None").encode(Form::Text), text.as_bytes());
}

#[test]
fn the_failed_form_has_no_output() {
    let mut failed = record(Face::GovernorJson, Status::Failed, Some("No such file"));
    failed.ran = false;
    let json = r#"{"client_id": "c1", "command": "echo hi", "start_time": "1795172851.846928", "end_time": "1795172851.848749", "error": "Failed to execute command: No such file"}"#;
    assert_eq!(said(&failed), json);
    for status in [Status::Refused, Status::Expired] {
        failed.status = status;
        assert_eq!(said(&failed), json);
    }
    failed.face = Face::GovernorText;
    assert!(said(&failed).ends_with("848749\nError: Failed to execute command: No such file"));
    assert!(
        !Feedback::decode(said(&failed).as_bytes())
            .unwrap()
            .is_normal()
    );
}

#[test]
fn an_end_by_force_is_the_last_line_of_error() {
    for status in [Status::TimedOut, Status::Cancelled, Status::Interrupted] {
        let mut ended = record(Face::GovernorJson, status, Some("it was so"));
        let error = |record: &Record| Feedback::decode(&feedback(record, b"", b"")).unwrap().error;
        assert_eq!(error(&ended), "it was so");
        ended.stderr = captured(b"partly");
        assert_eq!(error(&ended), "partly\nit was so");
        ended.stderr = captured(b"partly\n");
        assert_eq!(error(&ended), "partly\nit was so");
        ended.ran = false;
        assert!(
            Feedback::decode(&feedback(&ended, b"", b""))
                .unwrap()
                .is_normal()
        );
    }
    let plain = record(
        Face::GovernorJson,
        Status::Failed,
        Some("only on our own topics"),
    );
    assert!(said(&plain).ends_with(r#""output": "", "error": "None"}"#));
}

#[test]
fn what_is_not_utf_8_is_replaced_and_said() {
    let mut done = record(Face::GovernorJson, Status::Succeeded, None);
    done.stdout = captured(b"a\xff\xfeb\r\n");
    done.stderr = captured(b"\x80\n");
    let found = Feedback::decode(&feedback(&done, b"", b"")).unwrap();
    assert_eq!(found.output.unwrap(), "a\u{fffd}\u{fffd}b\n");
    assert_eq!(
        found.error,
        "\u{fffd}\n[output: 2 bytes that are not UTF-8 are shown as U+FFFD]\n[error: 1 bytes that are not UTF-8 are shown as U+FFFD]"
    );
}

#[test]
fn a_spooled_stream_is_whole_up_to_16_mib_and_cut_above() {
    let mut done = record(Face::GovernorJson, Status::Succeeded, None);
    let all = vec![b'x'; 300_000];
    done.stdout = Captured {
        head: all[..10].to_vec(),
        tail: all[..10].to_vec(),
        total: 300_000,
        spooled: None,
    };
    let output = |record: &Record, beginning: &[u8]| {
        Feedback::decode(&feedback(record, beginning, b""))
            .unwrap()
            .output
            .unwrap()
    };
    assert_eq!(output(&done, &all).as_bytes(), all);
    assert_eq!(
        output(&done, b""),
        "xxxxxxxxxx\n[299980 bytes are missing here]\nxxxxxxxxxx"
    );
    done.stdout.total = WHOLE + 1;
    assert_eq!(
        output(&done, &all),
        "xxxxxxxxxx\n[16777197 bytes are missing here]\nxxxxxxxxxx"
    );
}

#[test]
fn lines_that_look_like_labels_do_not_confuse_text_feedback() {
    let tricky = Feedback {
        command: "printf 'Start Time: \nStart Time: now\nEnd Time: 1.0\n'".into(),
        output: Some("Error: 1\nStart Time: 1.0\nEnd Time: 2.0\nOutput: x\nError: 2\n".into()),
        ..hi(None, "boom\nmore")
    };
    assert_eq!(
        Feedback::decode(&tricky.encode(Form::Text)).unwrap(),
        tricky
    );
    let failed = hi(None, "Failed to execute command: a\nError: b\nOutput: c");
    assert_eq!(
        Feedback::decode(&failed.encode(Form::Text)).unwrap(),
        failed
    );
    // the documented loss: what stands before the last `Error: ` of a standard error counts as output
    let unlucky = hi(Some("out\n"), "first\nError: second");
    let found = Feedback::decode(&unlucky.encode(Form::Text)).unwrap();
    assert_eq!(found, hi(Some("out\n\nError: first"), "second"));
}

#[test]
fn what_is_no_feedback_is_refused_with_what_was_found() {
    let of = |payload: &[u8]| Feedback::decode(payload).unwrap_err().to_string();
    assert_eq!(of(br#"{"client_id": "c1"}"#), "`command` is missing");
    assert_eq!(of(b"[]"), "the message is an array; an object is allowed");
    assert_eq!(
        of(b"Client: c1\nCommand: x\n"),
        r#""Client: c1\nCommand: x\n" has no line that begins with `Start Time: ` where one belongs"#
    );
    assert!(of(b"Client: \xff").contains("is not UTF-8"));
    assert!(of(b"hello").contains("is not JSON"));
    let number = br#"{"client_id": "c1", "command": "x", "start_time": 1.5, "end_time": 2, "output": "", "error": ""}"#;
    let found = Feedback::decode(number).unwrap();
    assert_eq!(
        (found.start_time.as_str(), found.end_time.as_str()),
        ("1.5", "2")
    );
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(command in "[ -~\n]{0,20}", output in proptest::option::of("[ -~\n\u{e9}]{0,40}"), error in "[ -~\n]{0,20}") {
        let sent = Feedback { command, ..hi(output.as_deref(), &error) };
        for form in [Form::Json, Form::Text] {
            prop_assert_eq!(Feedback::decode(&sent.encode(form)).unwrap(), sent.clone());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "(Client: |\nCommand: |\nStart Time: |\nEnd Time: |\nOutput: |\nError: |1\\.0|x|\n){0,14}") {
        let _ = Feedback::decode(&bytes);
        let _ = Feedback::decode(format!("Client: {text}").as_bytes());
    }
}
