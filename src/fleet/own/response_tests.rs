use super::*;
use crate::fleet::{Captured, Face, Request, Run};
use proptest::prelude::*;
use std::time::UNIX_EPOCH;

fn record() -> Record {
    let request = Request {
        face: Face::Own,
        id: Some("r1-2".into()),
        command: "echo hi".into(),
        run: Run::Shell("echo hi".into()),
        time_limit: None,
        expires: None,
        signed_by: None,
    };
    let at = UNIX_EPOCH + Duration::from_micros(1_795_172_851_846_928);
    let mut record = Record::without_running(&request, "10.0.0.7", Status::Failed, "", at);
    record.reason = None;
    record.ended = at + Duration::from_secs(1);
    record.duration = Duration::from_millis(1002);
    record.ran = true;
    record.exit_code = Some(3);
    record.stdout = Captured {
        head: b"hi\n".to_vec(),
        total: 3,
        ..Captured::default()
    };
    record.usage = Some(Usage {
        user: Duration::from_millis(2),
        system: Duration::from_millis(1),
        max_rss_kib: 1500,
    });
    record.host.load = Some(0.25);
    record.clock_synchronised = Some(true);
    record
}

#[test]
fn a_response_has_all_keys_of_the_contract_in_their_order() {
    let json = r#"{"client_id": "10.0.0.7", "command": "echo hi", "start_time": "1795172851.846928", "end_time": "1795172852.846928", "output": "hi\n", "error": "None", "id": "r1-2", "status": "failed", "reason": null, "exit_code": 3, "duration_s": 1.002, "truncated": false, "output_bytes": 3, "error_bytes": 0, "usage": {"user_s": 0.002, "system_s": 0.001, "max_rss_kib": 1500}, "host": {"load":0.25}, "clock_synchronised": true}"#;
    assert_eq!(
        String::from_utf8(Response::encode(&record())).unwrap(),
        json
    );
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    assert_eq!(
        Response::encode(&record()),
        Response::encode(&record().clone())
    );
}

#[test]
fn an_operator_reads_what_an_executor_says() {
    let mut record = record();
    record.signal = Some(9);
    record.reason = Some("why".into());
    record.host.throttled = Some(5);
    let found = Response::decode(&Response::encode(&record)).unwrap();
    assert_eq!(found.feedback.output.as_deref(), Some("hi\n"));
    assert_eq!(found.id, record.id);
    assert_eq!((found.status, found.reason), (record.status, record.reason));
    assert_eq!((found.exit_code, found.signal), (Some(3), Some(9)));
    assert_eq!(found.duration, Some(record.duration));
    assert_eq!((found.output_bytes, found.error_bytes), (Some(3), Some(0)));
    assert_eq!(found.usage, record.usage);
    assert_eq!(found.host, record.host);
    assert_eq!(found.clock_synchronised, Some(true));
}

#[test]
fn of_a_large_stream_64_kib_of_head_and_tail_are_shown() {
    let mut record = record();
    let all: Vec<u8> = (0..500_000).map(|n| b'a' + (n % 26) as u8).collect();
    record.stdout = Captured {
        head: all[..400_000].to_vec(),
        tail: all[400_000..].to_vec(),
        total: 500_000,
        spooled: None,
    };
    let payload = Response::encode(&record);
    assert!(payload.len() < 140_000);
    let found = Response::decode(&payload).unwrap();
    assert!(found.truncated);
    let output = found.feedback.output.unwrap();
    assert!(
        output.as_bytes().starts_with(&all[..65_536])
            && output.as_bytes().ends_with(&all[500_000 - 65_536..])
    );
    assert!(output.contains("\n[368928 bytes are missing here]\n"));
}

#[test]
fn a_refusal_without_an_id_is_a_response_too() {
    let mut record = record();
    record.id = None;
    record.ran = false;
    record.status = Status::Refused;
    record.reason = Some("no rule".into());
    let found = Response::decode(&Response::encode(&record)).unwrap();
    assert_eq!(found.id, None);
    assert_eq!(found.feedback.output, None);
    assert_eq!(found.feedback.error, "Failed to execute command: no rule");
}

#[test]
fn strange_measurements_cost_no_result_but_a_strange_status_does() {
    let json = r#"{"client_id": "c", "command": "x", "start_time": "1.0", "end_time": "2.0", "output": "", "error": "", "id": "a", "status": "succeeded", "exit_code": 99999999999, "duration_s": -1, "usage": {"user_s": 1e300}, "host": [], "output_bytes": -1, "truncated": 1}"#;
    let found = Response::decode(json.as_bytes()).unwrap();
    assert_eq!(
        (found.exit_code, found.duration, found.usage),
        (None, None, None)
    );
    assert!(!found.truncated && found.output_bytes.is_none());
    let strange = json.replace("succeeded", "\\u0007great");
    assert_eq!(
        Response::decode(strange.as_bytes())
            .unwrap_err()
            .to_string(),
        "`status` is \"\\u{7}great\"; one of the contract's seven words is allowed"
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..400, byte: u8) {
        let _ = Response::decode(&bytes);
        let mut near = Response::encode(&record());
        let at = at % near.len();
        near[at] = byte;
        let _ = Response::decode(&near);
    }

    #[test]
    fn any_stream_is_shown_as_json(head in proptest::collection::vec(any::<u8>(), 0..60), tail in proptest::collection::vec(any::<u8>(), 0..60), gap in 0u64..9) {
        let mut record = record();
        record.stdout = Captured { total: (head.len() + tail.len()) as u64 + gap, head, tail, spooled: None };
        let found = Response::decode(&Response::encode(&record)).unwrap();
        prop_assert_eq!(found.truncated, gap > 0);
    }
}
