use super::*;
use crate::store::runs::samples::{full, silent};
use proptest::prelude::*;

fn exported(responses: &[RunResponse]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = Runs::open(&folder.path().join("runs.db")).unwrap();
    let run = runs.begin(UNIX_EPOCH, "").unwrap();
    runs.add_responses(&run, responses, &[]).unwrap();
    let mut out = Vec::new();
    csv(&runs, &run, &mut out).unwrap();
    String::from_utf8(out).unwrap().replace(run.as_str(), "RUN")
}

/// A reader of RFC 4180, as plain as its grammar.
fn parsed(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut record = Vec::new();
        loop {
            let mut cell = String::new();
            if let Some(inside) = rest.strip_prefix('"') {
                rest = inside;
                loop {
                    let end = rest.find('"').expect("a quote is closed");
                    cell.push_str(&rest[..end]);
                    rest = &rest[end + 1..];
                    match rest.strip_prefix('"') {
                        Some(more) => {
                            cell.push('"');
                            rest = more;
                        }
                        None => break,
                    }
                }
            } else {
                let end = rest.find([',', '\r']).expect("a record ends");
                cell.push_str(&rest[..end]);
                assert!(!cell.contains(['"', '\n']), "{cell}");
                rest = &rest[end..];
            }
            record.push(cell);
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => {
                    rest = rest.strip_prefix("\r\n").expect("CRLF");
                    break;
                }
            }
        }
        records.push(record);
    }
    records
}

fn cell<'r>(records: &'r [Vec<String>], row: usize, column: &str) -> &'r str {
    let index = records[0].iter().position(|name| name == column);
    &records[row][index.unwrap()]
}

#[test]
fn a_run_is_a_table_with_units_in_its_header() {
    let text = exported(&[full("a", Some("7")), silent("b")]);
    let expected = [
        "run,client,pipeline,step_index,step,attempt,id,command,protocol,status,reason,exit_code,signal,started_unix_s,\
         ended_unix_s,received_unix_s,duration_s,user_s,system_s,max_rss_KiB,frequency_kHz,measured_kHz,temperature_C,\
         throttled,load,output_bytes,output_truncated,error_bytes,error_truncated,output,error\r\n",
        "RUN,a,stress,2,\"all processors, \"\"hot\"\"\",1,7,stress-ng --cpu 0,own,failed,exit code 2,2,,\
         1795172851.846928001,1795172852,1795172853.5,0.153072,1.5,0.02,4321,600000,,51.5,,,1048576,true,7,false,\
         \"line 1\nläne 2, \"\"x\"\"\n\",\\x1b[31m\\xff\\x00\r\n",
        "RUN,b,,,\"\",1,,\"\",governor-text,no_answer,no answer within 60 s,,,,,1795172900,,,,,,,,,,0,false,0,false,\
         \"\",\"\"\r\n",
    ];
    assert_eq!(text, expected.concat());
    let records = parsed(&text);
    assert!(records.iter().all(|record| record.len() == COLUMNS.len()));
}

#[test]
fn no_text_becomes_a_formula_and_no_number_becomes_text() {
    for (text, expected) in [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1+2", "'+1+2"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("-5.3\n", "-5.3\n"),
        ("+7", "+7"),
        ("-1e-3", "-1e-3"),
        ("a=1", "a=1"),
        ("\r=1", "\\x0d=1"),
        ("\r\n=1", "'\r\n=1"),
    ] {
        let mut response = silent("a");
        response.output = crate::store::RunOutput::whole(text);
        response.client = text.to_owned();
        let records = parsed(&exported(&[response]));
        assert_eq!(cell(&records, 1, "output"), expected);
        assert_eq!(cell(&records, 1, "client"), expected);
    }
}

#[test]
fn what_a_client_says_of_its_host_is_a_number_or_nothing() {
    let mut response = silent("a");
    response.host = Some(r#"{"load": "=1", "temperature_c": [1], "throttled": 327680}"#.to_owned());
    let records = parsed(&exported(&[response]));
    assert_eq!(cell(&records, 1, "load"), "");
    assert_eq!(cell(&records, 1, "temperature_C"), "");
    assert_eq!(cell(&records, 1, "throttled"), "327680");
}

proptest! {
    #[test]
    fn any_text_without_controls_comes_back_from_the_table(text in "[^\\p{Cc}=+@-][^\\p{Cc}]*|", lines in "[a-z,\"]{1,9}(\r\n|\n|\t)[a-z']*") {
        for text in [text, lines] {
            let table = format!("{},{}\r\n", quoted(text.as_bytes()), quoted(text.as_bytes()));
            prop_assert_eq!(parsed(&table), [[text.clone(), text]]);
        }
    }

    #[test]
    fn any_bytes_are_a_cell_without_controls(bytes: Vec<u8>) {
        let table = format!("{}\r\n", quoted(&bytes));
        let records = parsed(&table);
        prop_assert_eq!(records.len(), 1);
        prop_assert_eq!(records[0].len(), 1);
        let clean = records[0][0].chars().all(|c| !c.is_control() || ['\n', '\r', '\t'].contains(&c));
        prop_assert!(clean);
    }
}
