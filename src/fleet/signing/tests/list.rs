//! The list of trusted keys: what it may say, and how it is changed.

use super::trust_list::{EditError, line_of, named, with_key, with_revoked};
use super::*;
use proptest::prelude::*;

const ONE: &str = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const TWO: &str = "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";

fn key(text: &str) -> PublicKey {
    text.parse().unwrap()
}

/// The mistakes of a list: what is marked, and what is told.
fn wrong(text: &str) -> Vec<(String, String)> {
    let mistakes = Trust::parse(text).unwrap_err();
    let told = mistakes.iter().map(|mistake| {
        let help = mistake.help.clone().unwrap_or_default();
        (
            text[mistake.place.clone()].to_owned(),
            format!("{}; {help}", mistake.message),
        )
    });
    told.collect()
}

#[test]
fn a_list_is_read_with_its_comments_blank_lines_and_options() {
    let text = format!(
        "# whom we obey\r\n\r\n\t alice@lab {ONE}\r\n  \nbob {TWO} allow=\"echo \\\"a b\\\" *\" may-revoke allow=\"cut -d \\\\* x#y\" revoked # left in May"
    );
    let trust = Trust::parse(&text).unwrap();
    let [alice, bob] = trust.keys() else { panic!() };
    assert_eq!((alice.name.as_str(), &alice.key), ("alice@lab", &key(ONE)));
    assert!(alice.allow.is_none() && !alice.revoked && !alice.may_revoke);
    let allowed = [r#"echo "a b" *"#, r"cut -d \* x#y"].map(str::to_owned);
    assert_eq!(bob.allow.as_deref(), Some(allowed.as_slice()));
    assert!(bob.revoked && bob.may_revoke);
    assert_eq!(trust.find(&key(TWO).id()), Some(bob));
    assert_eq!(Trust::parse("# nobody"), Ok(Trust::default()));
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let text = format!(
        "alice {ONE}\nalice {TWO}\nbob {ONE} revokd\nbo/b ssh-ed25519 x\ncarol\nd {TWO}x allow=echo allow=\"\" allow=\"a;b\" allow=\"\\*\" revoked revoked\ne {TWO} allow=\"echo\nf {TWO} allow=\"a\"b\"\n"
    );
    let expected = [
        ("alice", "the name of another key already"),
        ("revokd", "did you mean `revoked`?"),
        ("bo/b", "cannot be a name"),
        ("ssh-ed25519", "does not begin with `ed25519:`"),
        ("x", "is no option"),
        ("", "the key is missing"),
        (&format!("{TWO}x"), "not base64"),
        ("allow=echo", "does not stand in quotes"),
        ("", "the entry is empty"),
        ("a;b", "operator of the shell"),
        ("\\", "a backslash stands alone"),
        ("revoked", "a second time"),
        ("allow=\"echo", "a quote is not closed"),
        ("allow=\"a\"b\"", "a quote is not closed"),
    ];
    let found = wrong(&text);
    for ((place, told), (expected_place, expected)) in found.iter().zip(expected) {
        assert!(told.contains(expected), "{told:?} {expected:?}");
        assert!(place.contains(expected_place), "{place} {expected_place}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn a_key_stands_on_the_list_once_and_a_name_for_one_key() {
    let twice = wrong(&format!("alice {ONE}\nbob {ONE}\n"));
    assert_eq!(twice.len(), 1);
    assert!(twice[0].1.contains("already, as `alice`"), "{twice:?}");
    let name = "x".repeat(64);
    assert!(Trust::parse(&format!("{name} {ONE}")).is_ok());
    assert!(Trust::parse(&format!("{name}x {ONE}")).is_err());
}

#[test]
fn a_key_is_added_at_the_end_and_everything_else_stays() {
    let text = format!("# ours\n\nalice   {ONE} # first");
    let allow = [r#"echo "a" \*"#.to_owned()];
    let edited = with_key(&text, "bob", &key(TWO), &allow, true).unwrap();
    let line = format!(r#"bob {TWO} allow="echo \"a\" \\*" may-revoke"#);
    assert_eq!(edited, format!("{text}\n{line}\n"));
    let trust = Trust::parse(&edited).unwrap();
    assert_eq!(trust.keys()[1].allow.as_deref(), Some(allow.as_slice()));
    assert_eq!(
        with_key(&edited, "bob", &key(TWO), &allow, true).as_ref(),
        Ok(&edited)
    );
    assert_eq!(
        with_key("", "a", &key(ONE), &[], false).unwrap(),
        format!("a {ONE}\n")
    );
}

#[test]
fn what_stands_there_in_another_way_is_not_changed_by_the_way() {
    let text = format!("alice {ONE}\nbob {TWO} revoked\n");
    let of = |name: &str, key_text: &str, allow: &[&str]| {
        let allow: Vec<String> = allow.iter().map(|&entry| entry.to_owned()).collect();
        with_key(&text, name, &key(key_text), &allow, false).unwrap_err()
    };
    let other = PublicKey::from_bytes([9; 32]).to_string();
    assert!(matches!(
        of("alice", &other, &[]),
        EditError::NameTaken { .. }
    ));
    assert!(matches!(of("ally", ONE, &[]), EditError::KeyThere { .. }));
    assert!(matches!(
        of("alice", ONE, &["echo"]),
        EditError::KeyThere { .. }
    ));
    assert!(matches!(of("bob", TWO, &[]), EditError::KeyRevoked { .. }));
    assert!(matches!(of("a b", &other, &[]), EditError::Name(_)));
    assert!(matches!(
        of("c", &other, &["a;b"]),
        EditError::Pattern { .. }
    ));
    assert!(matches!(
        of("c", &other, &["a '\nmallory'"]),
        EditError::Pattern { .. }
    ));
    let broken = with_key("x", "c", &key(ONE), &[], false).unwrap_err();
    assert_eq!(
        broken.to_string(),
        "the list has a mistake that must be mended first"
    );
}

#[test]
fn a_key_is_revoked_by_name_or_id_and_its_line_stays() {
    let text = format!("a {ONE} allow=\"x '#'\"  # first\r\nb {TWO}");
    let by_name = with_revoked(&text, "a").unwrap();
    assert_eq!(
        by_name,
        format!("a {ONE} allow=\"x '#'\" revoked  # first\r\nb {TWO}")
    );
    assert!(Trust::parse(&by_name).unwrap().keys()[0].revoked);
    assert_eq!(
        with_revoked(&text, key(ONE).id().as_str()).unwrap(),
        by_name
    );
    assert_eq!(with_revoked(&by_name, "a").unwrap(), by_name);
    assert_eq!(with_revoked(&text, "b").unwrap(), format!("{text} revoked"));
    let unknown = with_revoked(&text, "c\u{1b}").unwrap_err().to_string();
    assert!(
        unknown.contains("there are a, b") && !unknown.contains('\u{1b}'),
        "{unknown}"
    );
    let id = key(ONE).id();
    let both = format!("a {ONE}\n{id} {TWO}\n");
    assert_eq!(
        with_revoked(&both, id.as_str()),
        Err(EditError::Ambiguous(id.to_string()))
    );
    assert!(
        named("", "a")
            .unwrap_err()
            .to_string()
            .contains("it is empty")
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_list_panic(text: String, words in "[ab =\"\\\\#*\n\t;é]{0,60}") {
        for text in [text, format!("a {ONE} {words}"), format!("a {ONE} allow=\"{words}\" {words}")] {
            match Trust::parse(&text) {
                Ok(_) => { let _ = with_revoked(&text, "a"); }
                Err(mistakes) => for mistake in mistakes {
                    prop_assert!(text.get(mistake.place).is_some());
                },
            }
        }
    }

    #[test]
    fn a_line_that_is_written_is_read_as_it_was_meant(name in "[A-Za-z0-9._@-]{1,64}", bytes: [u8; 32], allow in proptest::collection::vec("[a-z]{1,5}( [a-z*\"'\\\\é#]{0,6}){0,3}", 0..3), may_revoke: bool) {
        let key = PublicKey::from_bytes(bytes);
        let written = with_key("# x\n", &name, &key, &allow, may_revoke);
        if let Ok(text) = written {
            let trust = Trust::parse(&text).unwrap();
            let allow = (!allow.is_empty()).then_some(allow);
            let expected = Trusted { name, key, allow, revoked: false, may_revoke };
            prop_assert_eq!(&trust.keys()[0], &expected);
            let revoked = with_revoked(&text, &expected.name).unwrap();
            let trust = Trust::parse(&revoked).unwrap();
            prop_assert_eq!(&trust.keys()[0], &Trusted { revoked: true, ..expected.clone() });
            prop_assert!(line_of(&trust.keys()[0]).contains(" revoked"));
        }
    }
}
