//! The list of trusted keys, changed by commands and read by people.

use super::{Home, mode, names, set_mode};
use mqtt_thing::fleet::signing::{PublicKey, SigningKey};
use std::fs;

fn key(byte: u8) -> PublicKey {
    PublicKey::from_bytes([byte; 32])
}

#[test]
fn a_key_is_trusted_once_and_a_second_time_changes_nothing() {
    let home = Home::new();
    let (text, id) = (key(1).to_string(), key(1).id());
    let arguments = ["trust", "alice", &text, "--file", "etc/list"];
    let list = home.path("etc/list");
    assert_eq!(
        home.well(&arguments),
        format!("alice ({id}) is trusted in etc/list now, for all that an executor allows\n")
    );
    assert_eq!(
        fs::read_to_string(&list).unwrap(),
        format!("alice {text}\n")
    );
    assert_eq!(mode(&list), 0o644);
    assert_eq!(
        home.well(&arguments),
        format!("alice ({id}) is trusted in etc/list already; nothing is changed\n")
    );
    assert_eq!(names(&home.path("etc")), ["list"]);
}

#[test]
fn a_list_keeps_its_comments_its_mode_and_its_links() {
    let home = Home::new();
    let before = format!("# the lab\n\nalice {} # Alice\n", key(1));
    fs::write(home.path("real"), &before).unwrap();
    set_mode(&home.path("real"), 0o640);
    std::os::unix::fs::symlink("real", home.path("list")).unwrap();
    let public = key(2).to_string();
    let mut arguments = vec!["trust", "bob", &public, "--file", "list", "--may-revoke"];
    arguments.extend(["--allow", "echo \"a\" *", "--allow", "uptime"]);
    let out = home.well(&arguments);
    assert!(
        out.contains("now, for `echo \"a\" *`, `uptime`, where an executor allows it"),
        "{out}"
    );
    let line = format!(r#"bob {public} allow="echo \"a\" *" allow="uptime" may-revoke"#);
    assert_eq!(
        fs::read_to_string(home.path("real")).unwrap(),
        format!("{before}{line}\n")
    );
    assert_eq!(mode(&home.path("real")), 0o640);
    assert!(
        fs::symlink_metadata(home.path("list"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn a_file_with_either_half_of_a_key_will_do() {
    let home = Home::new();
    home.well(&["new", "--out", "own.pem"]);
    let public = home.public("./own.pem");
    home.well(&["trust", "alice", "own.pem", "--file", "list"]);
    let line = format!("alice {public}\n");
    assert_eq!(fs::read_to_string(home.path("list")).unwrap(), line);
    set_mode(&home.path("own.pem"), 0o644);
    let told = home.key(&["trust", "alice", "own.pem", "--file", "list"]);
    assert!(
        told.error.contains("mend that with: chmod 600"),
        "{}",
        told.error
    );
    // RFC 8410, section 10.1
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    fs::write(home.path("public.pem"), pem).unwrap();
    home.well(&["trust", "bob", "public.pem", "--file", "list"]);
    let list = fs::read_to_string(home.path("list")).unwrap();
    assert!(list.contains("bob ed25519:Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"));
    let told = home.key(&["trust", "bob", "bob"]);
    assert!(
        told.error.contains("neither a public one nor a file"),
        "{}",
        told.error
    );
}

#[test]
fn a_revoked_key_keeps_its_line_and_is_not_trusted_again() {
    let home = Home::new();
    let (one, two) = (key(1).to_string(), key(2).to_string());
    fs::write(
        home.path("list"),
        format!("# the lab\nalice {one} # Alice\nbob {two}\n"),
    )
    .unwrap();
    let id = key(2).id().to_string();
    assert!(
        home.well(&["revoke", "alice", "--file", "list"])
            .contains("is revoked in list now")
    );
    assert_eq!(
        home.well(&["revoke", &id, "--file", "list"]),
        format!("bob ({id}) is revoked in list now\n")
    );
    let revoked = format!("# the lab\nalice {one} revoked # Alice\nbob {two} revoked\n");
    assert_eq!(fs::read_to_string(home.path("list")).unwrap(), revoked);
    assert!(
        home.well(&["revoke", "bob", "--file", "list"])
            .contains("already")
    );
    for (arguments, told) in [
        (["trust", "alice", &one], "a revoked key stays so"),
        (
            ["trust", "alice", &key(3).to_string()],
            "the name of another key",
        ),
    ] {
        let refused = home.key(&[arguments.as_slice(), &["--file", "list"]].concat());
        assert_eq!(refused.code, Some(2));
        assert!(refused.error.contains(told), "{}", refused.error);
    }
    let unknown = home.key(&["revoke", "carol", "--file", "list"]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.error.contains("there are alice, bob"),
        "{}",
        unknown.error
    );
    assert_eq!(fs::read_to_string(home.path("list")).unwrap(), revoked);
}

#[test]
fn a_list_with_mistakes_is_shown_with_its_lines_and_left_alone() {
    let home = Home::new();
    let text = format!("alice {} revokd\nbob x\n", key(1));
    fs::write(home.path("list"), &text).unwrap();
    let public = key(2).to_string();
    for arguments in [
        vec!["trust", "carol", &public, "--file", "list"],
        vec!["revoke", "alice", "--file", "list"],
        vec!["show", "--trusted", "list"],
    ] {
        let told = home.key(&arguments);
        assert_eq!((told.code, told.out.as_str()), (Some(2), ""));
        assert!(
            told.error
                .contains("list:1:60: error: `revokd` is no option"),
            "{}",
            told.error
        );
        assert!(told.error.contains("list:2:5: error: "), "{}", told.error);
    }
    assert_eq!(fs::read_to_string(home.path("list")).unwrap(), text);
}

#[test]
fn whom_a_machine_obeys_is_a_table_or_an_array() {
    let home = Home::new();
    let text = format!(
        "alice {} may-revoke\nbob {} allow=\"echo *\" allow=\"uptime\"\ncarol {} revoked\n",
        key(1),
        key(2),
        key(3)
    );
    fs::write(home.path("list"), text).unwrap();
    let [one, two, three] = [1, 2, 3].map(|byte| key(byte).id());
    let expected = format!(
        "NAME   ID                STATE                MAY RUN\n\
         alice  {one}  trusted, may revoke  all that its executor allows\n\
         bob    {two}  trusted              `echo *`, `uptime`\n\
         carol  {three}  revoked              nothing\n"
    );
    assert_eq!(home.well(&["show", "--trusted", "list"]), expected);
    let json = home.well(&["show", "--trusted", "list", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 3);
    assert_eq!(json[1]["allow"], serde_json::json!(["echo *", "uptime"]));
    assert_eq!(json[2]["revoked"], true);
    assert_eq!(json[0]["id"], one.as_str());
    let none = home.key(&["show", "--trusted", "none"]);
    assert_eq!((none.code, none.out.as_str()), (Some(0), ""));
    assert!(none.error.contains("no key is trusted"), "{}", none.error);
}

#[test]
fn a_list_that_others_may_change_is_warned_of() {
    let home = Home::new();
    fs::write(home.path("list"), "").unwrap();
    set_mode(&home.path("list"), 0o666);
    let public = SigningKey::generate().unwrap().public().to_string();
    let told = home.key(&["trust", "alice", &public, "--file", "list"]);
    assert_eq!(told.code, Some(0));
    assert!(told.error.contains("(mode 0666)") && told.error.contains("chmod go-w list"));
}

#[test]
fn what_many_change_at_once_is_all_there_afterwards() {
    let home = Home::new();
    std::thread::scope(|scope| {
        for number in 1..=8 {
            let home = &home;
            scope.spawn(move || {
                let (name, public) = (format!("k{number}"), key(number + 40).to_string());
                home.well(&["trust", &name, &public, "--file", "list"]);
            });
        }
    });
    let text = fs::read_to_string(home.path("list")).unwrap();
    assert_eq!(text.lines().count(), 8, "{text}");
    std::thread::scope(|scope| {
        for number in 1..=8 {
            let home = &home;
            scope.spawn(move || home.well(&["revoke", &format!("k{number}"), "--file", "list"]));
        }
    });
    let text = fs::read_to_string(home.path("list")).unwrap();
    assert_eq!(text.matches(" revoked").count(), 8, "{text}");
}
