//! Responses for tests.

use super::{RunOutput, RunResponse};
use crate::fleet::{Face, Status, Usage};
use std::time::{Duration, SystemTime};

pub(in crate::store) fn at(seconds: u64, nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_nanos(nanos)
}

/// A response with everything in it.
pub(in crate::store) fn full(client: &str, id: Option<&str>) -> RunResponse {
    RunResponse {
        client: client.to_owned(),
        id: id.map(str::to_owned),
        pipeline: Some("stress".to_owned()),
        step: "all processors, \"hot\"".to_owned(),
        step_index: Some(2),
        attempt: 1,
        command: "stress-ng --cpu 0".to_owned(),
        face: Face::Own,
        status: Some(Status::Failed),
        reason: Some("exit code 2".to_owned()),
        exit_code: Some(2),
        signal: None,
        started: Some(at(1_795_172_851, 846_928_001)),
        ended: Some(at(1_795_172_852, 0)),
        received: at(1_795_172_853, 500_000_000),
        duration: Some(Duration::from_micros(153_072)),
        usage: Some(Usage {
            user: Duration::from_millis(1500),
            system: Duration::from_millis(20),
            max_rss_kib: 4321,
        }),
        host: Some(r#"{"frequency_khz": 600000, "temperature_c": 51.5, "new": true}"#.to_owned()),
        output: RunOutput {
            bytes: b"line 1\nl\xc3\xa4ne 2, \"x\"\n".to_vec(),
            total: 1 << 20,
            truncated: true,
        },
        error: RunOutput::whole(b"\x1b[31m\xff\0".to_vec()),
        raw: Some(b"{\"client_id\"".to_vec()),
    }
}

/// One that did not come.
pub(in crate::store) fn silent(client: &str) -> RunResponse {
    RunResponse {
        client: client.to_owned(),
        id: None,
        pipeline: None,
        step: String::new(),
        step_index: None,
        attempt: 1,
        command: String::new(),
        face: Face::GovernorText,
        status: None,
        reason: Some("no answer within 60 s".to_owned()),
        exit_code: None,
        signal: None,
        started: None,
        ended: None,
        received: at(1_795_172_900, 0),
        duration: None,
        usage: None,
        host: None,
        output: RunOutput::default(),
        error: RunOutput::default(),
        raw: None,
    }
}
