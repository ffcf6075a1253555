use super::*;
use proptest::prelude::*;

fn wrong(json: &str) -> DecodeError {
    *Order::decode(json.as_bytes()).unwrap_err()
}

#[test]
fn a_command_has_the_keys_of_the_contract() {
    let order = Order::Run(Command {
        id: "r1-2.3".into(),
        client_id: "10.0.0.7".into(),
        command: StepCommand::Argv(vec!["echo".into(), "\"hi\"".into()]),
        time_limit: Some(Duration::from_millis(2500)),
        expires: Some(UNIX_EPOCH + Duration::from_secs(1_795_172_851)),
    });
    let json = br#"{"id": "r1-2.3", "client_id": "10.0.0.7", "argv": ["echo", "\"hi\""], "timeout_s": 2.5, "expires_at": 1795172851}"#;
    assert_eq!(order.encode(), json);
    assert_eq!(Order::decode(json).unwrap(), order);
    let cancel = Order::Cancel {
        id: "a".into(),
        client_id: None,
    };
    assert_eq!(cancel.encode(), br#"{"cancel": "a"}"#);
    assert_eq!(Order::decode(br#"{"cancel": "a"}"#).unwrap(), cancel);
}

#[test]
fn unknown_keys_are_ignored() {
    let json =
        br#"{"id": "a", "client_id": "c", "command": "x", "new": [[{}]], "expires_at": 0.5}"#;
    let Ok(Order::Run(command)) = Order::decode(json) else {
        panic!()
    };
    assert_eq!(
        command.expires,
        Some(UNIX_EPOCH + Duration::from_millis(500))
    );
    assert_eq!(command.time_limit, None);
}

#[test]
fn a_refusal_still_knows_whom_to_answer() {
    let error = wrong(r#"{"id": "a1", "client_id": "c", "command": "x", "timeout_s": "5"}"#);
    assert_eq!(error.id.as_deref(), Some("a1"));
    assert_eq!(error.client_id.as_deref(), Some("c"));
    assert_eq!(error.command.as_deref(), Some("x"));
    assert_eq!(
        error.to_string(),
        "`timeout_s` is text; a number is allowed"
    );
    assert_eq!(wrong(r#"{"id": "../a", "client_id": 1}"#).id, None);
    assert_eq!(wrong("{").id, None);
}

#[test]
fn each_wrong_kind_of_value_is_named() {
    let of = |rest: &str| wrong(&format!(r#"{{"id": "a", "client_id": "c", {rest}}}"#)).to_string();
    assert_eq!(of(r#""x": 1"#), "`command` is missing");
    assert_eq!(
        of(r#""command": null"#),
        "`command` is null; text is allowed"
    );
    assert_eq!(
        of(r#""command": "a", "argv": ["a"]"#),
        "`command` and `argv` are both there; one of them is allowed"
    );
    assert_eq!(of(r#""argv": "a""#), "`argv` is text; an array is allowed");
    assert!(of(r#""argv": []"#).contains("a program and its arguments"));
    assert_eq!(
        of(r#""argv": ["a", 1]"#),
        "`argv` is an array with a number; an array of texts is allowed"
    );
    for seconds in ["0", "-1", "1e300", "3.2e8", "1e-30"] {
        let told = of(&format!(r#""command": "a", "timeout_s": {seconds}"#));
        assert!(told.contains("at most ten years"), "{told}");
    }
    assert!(of(r#""command": "a", "timeout_s": 1e999"#).contains("not JSON"));
    for seconds in ["-1", "1e300", "253402300801"] {
        let told = of(&format!(r#""command": "a", "expires_at": {seconds}"#));
        assert!(told.contains("year 9999"), "{told}");
    }
}

#[test]
fn a_time_limit_is_the_nearest_microsecond_which_is_what_is_signed() {
    for (seconds, micros) in [
        ("2.5000009", 2_500_001),
        ("2.5000004", 2_500_000),
        ("0.0000005", 1),
        ("3e2", 300_000_000),
        ("316224000", 316_224_000_000_000),
    ] {
        let json =
            format!(r#"{{"id": "a", "client_id": "c", "command": "x", "timeout_s": {seconds}}}"#);
        let Ok(Order::Run(command)) = Order::decode(json.as_bytes()) else {
            panic!("{seconds}")
        };
        assert_eq!(command.time_limit, Some(Duration::from_micros(micros)));
    }
}

#[test]
fn to_revoke_a_key_has_an_id_for_its_answer() {
    let order = Order::Revoke {
        id: "r2".into(),
        key: "0123456789abcdef".parse().unwrap(),
        client_id: Some("c".into()),
    };
    let json = br#"{"revoke": "0123456789abcdef", "id": "r2", "client_id": "c"}"#;
    assert_eq!(order.encode(), json);
    assert_eq!(Order::decode(json).unwrap(), order);
    let without = wrong(r#"{"revoke": "0123456789abcdef"}"#);
    assert_eq!(without.to_string(), "`id` is missing");
    let odd = wrong(r#"{"revoke": "alice", "id": "r2"}"#);
    assert_eq!(odd.id.as_deref(), Some("r2"));
}

#[test]
fn an_id_is_one_to_64_of_its_characters_and_begins_with_no_dot() {
    for id in ["a", "A-9_.z", &"x".repeat(64), "-"] {
        assert!(is_usable_id(id), "{id}");
    }
    for id in ["", ".a", "..", "a/b", "a b", "é", "a\0", &"x".repeat(65)] {
        assert!(!is_usable_id(id), "{id}");
    }
    assert!(
        wrong(r#"{"cancel": "../x"}"#)
            .to_string()
            .contains("`cancel` is \"../x\"")
    );
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(id in "[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}", client_id: String, text: String, words in proptest::collection::vec(any::<String>(), 0..5), millis in proptest::option::of(1u64..1_000_000_000)) {
        let command = if words.is_empty() { StepCommand::Text(text) } else { StepCommand::Argv(words) };
        let order = Order::Run(Command {
            id, client_id, command,
            time_limit: millis.map(Duration::from_millis),
            expires: millis.map(|n| UNIX_EPOCH + Duration::from_secs(n)),
        });
        prop_assert_eq!(Order::decode(&order.encode()).unwrap(), order);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), number: f64) {
        let _ = Order::decode(&bytes);
        let json = format!(r#"{{"id": "a", "client_id": "c", "command": "x", "timeout_s": {number:?}, "expires_at": {number:?}}}"#);
        let _ = Order::decode(json.as_bytes());
    }
}
