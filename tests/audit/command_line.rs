//! `mqtt-thing audit` as a person types it.

use crate::log::{audit, good, head, other_verifier, told};
use mqtt_thing::fleet::audit::{Entry, Event, Subject};
use mqtt_thing::fleet::{Face, SignedBy};
use mqtt_thing::store::{Audit, AuditOptions};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A log of so many commands in this folder, which is made.
fn write(folder: &Path, count: u64) {
    std::fs::create_dir_all(folder).unwrap();
    let options = AuditOptions {
        version: "1.2.3".to_owned(),
        file_bytes: 20_000,
        ..AuditOptions::default()
    };
    let audit = Audit::open(folder, options, |_| {}).unwrap();
    let by = SignedBy {
        key: "k1".to_owned(),
        name: "anna".to_owned(),
    };
    for n in 0..count {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000 + n);
        let refused = Event::Refused { status: None };
        audit.write([
            Entry::new(at, Event::Cancelled)
                .by("executor0")
                .about(Subject::named(
                    Face::Own,
                    Some(&format!("id{n}")),
                    Some(&by),
                )),
            Entry::new(at, refused)
                .about(Subject::of_payload(b"rm \x1b[2J"))
                .because("not allowed (rule 3)"),
        ]);
    }
}

fn text(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

#[test]
fn a_good_log_is_told_with_its_head_and_with_what_nobody_can_see() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 3);
    let (code, said) = told(&["verify", text(folder.path())]);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("good: 8 lines, "), "{said}");
    assert!(said.contains("\nhead 8:"), "{said}");
    assert!(
        said.contains("nobody can see whether its end was cut off"),
        "{said}"
    );
    let head = head(&good(folder.path(), None));
    let (code, said) = told(&["verify", "--head", &head, text(folder.path())]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.ends_with("The line of the head that you gave is in it.\n"),
        "{said}"
    );
    // by its hash alone, and of the file rather than the folder
    let file = folder.path().join("audit.log");
    let hash = head.split_once(':').unwrap().1;
    assert_eq!(told(&["verify", "--head", hash, text(&file)]).0, 0);
}

#[test]
fn a_log_of_two_files_is_verified_as_one_and_says_what_was_rotated_away() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..20 {
        write(folder.path(), 10);
    }
    let verified = good(folder.path(), None);
    let (code, said) = told(&["verify", text(folder.path())]);
    assert!(
        code == 0 && said.contains("was rotated away, or cut off"),
        "{said}"
    );
    let files = ["audit.log.1", "audit.log"].map(|name| folder.path().join(name));
    if let Some(other) = other_verifier(&files) {
        assert_eq!(other, head(&verified));
    }
    let gone = format!("1:{}", "0".repeat(64));
    let (code, said) = told(&["verify", "--head", &gone, text(folder.path())]);
    assert!(
        code == 1 && said.contains("proves nothing any more"),
        "{said}"
    );
    std::fs::remove_file(&files[0]).unwrap();
    assert_eq!(
        told(&["verify", text(folder.path())]).0,
        0,
        "a beginning may be gone"
    );
}

#[test]
fn tampering_is_told_with_file_and_line_and_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 3);
    let head = head(&good(folder.path(), None));
    let file = folder.path().join("audit.log");
    let whole = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let verify = |log: &str, head: &[&str]| {
        std::fs::write(&file, log).unwrap();
        told(&[&["verify", text(folder.path())], head].concat())
    };
    let (code, said) = verify(&whole.replace("id1", "id9"), &[]);
    let place = format!(
        "faulty: {}, line 4: line number 4 has hash ",
        file.display()
    );
    assert!(code == 1 && said.starts_with(&place), "{said}");
    if let Some(other) = other_verifier(std::slice::from_ref(&file)) {
        assert!(other.ends_with("AssertionError: 4"), "{other}");
    }
    let (code, said) = verify(&[&lines[..2], &lines[3..]].concat().concat(), &[]);
    assert!(
        code == 1 && said.contains(", line 3: number 3 was expected and 4 found"),
        "{said}"
    );
    let cut = lines[..6].concat();
    assert_eq!(verify(&cut, &[]).0, 0, "without the head nobody sees it");
    let (code, said) = verify(&cut, &["--head", &head]);
    assert!(code == 1 && said.contains("the end was cut off"), "{said}");
    // a torn line is no tampering, and still not the head
    let torn = &whole[..whole.len() - 9];
    let (code, said) = verify(torn, &[]);
    assert!(code == 0 && said.contains("a power cut tore it"), "{said}");
    assert_eq!(verify(torn, &["--head", &head]).0, 1);
    let (code, said) = verify("", &["--json"]);
    assert!(
        code == 1 && said.starts_with(r#"{"#) && said.contains(r#""good":false"#),
        "{said}"
    );
}

#[test]
fn the_log_is_found_in_the_state_folder_and_the_choice_is_told_if_there_are_several() {
    let state = tempfile::tempdir().unwrap();
    let (code, said) = told(&["verify", "--state", text(state.path())]);
    assert!(
        code == 2 && said.contains("there is no audit.log below"),
        "{said}"
    );
    write(&state.path().join("executors/inner"), 1);
    assert_eq!(told(&["verify", "--state", text(state.path())]).0, 0);
    write(&state.path().join("sut/executors/c1"), 1);
    let (code, said) = told(&["verify", "--state", text(state.path())]);
    assert!(code == 2 && said.contains("executors/inner, ") && said.contains("sut/executors/c1"));
    let of = |thing| told(&["verify", "--state", text(state.path()), "--thing", thing]);
    assert_eq!((of("inner").0, of("c1").0, of("../inner").0), (0, 0, 2));
    assert!(of("c2").1.contains("there are "));
    let nowhere = told(&["verify"]);
    assert!(
        nowhere.0 == 2 && nowhere.1.contains("STATE_DIRECTORY"),
        "{}",
        nowhere.1
    );
    assert_eq!(told(&["verify", "/nowhere/audit.log"]).0, 2);
    let (code, said) = told(&["verify", "--head", "7:abc"]);
    assert!(
        code == 2 && said.contains("64 hexadecimal digits"),
        "{said}"
    );
}

#[test]
fn lines_are_shown_without_what_does_something_to_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 2);
    let show = |more: &[&str]| told(&[&["show", text(folder.path())], more].concat()).1;
    let all = show(&[]);
    assert_eq!(all.lines().count(), 6);
    let expected = "     2 2026-11-18T11:06:40.000Z";
    assert!(all.lines().nth(1).unwrap().starts_with(expected), "{all}");
    assert!(
        all.contains("cancelled executor0 id id0 by anna key k1\n"),
        "{all}"
    );
    let refused = show(&["--refused", "--last", "1"]);
    let expected = "refused \"rm \\u{1b}[2J\" because not allowed (rule 3)\n";
    assert!(
        refused.lines().count() == 1 && refused.ends_with(expected),
        "{refused}"
    );
    let json = show(&["--json", "--last", "2"]);
    let file = std::fs::read_to_string(folder.path().join("audit.log")).unwrap();
    assert!(json.lines().count() == 2 && file.ends_with(&json), "{json}");
    // what was tampered with is shown escaped, whatever it is
    std::fs::write(folder.path().join("audit.log"), b"\x1b]0;x\x07\n\xff\n{}").unwrap();
    let output = audit(&["show", text(folder.path())]);
    assert!(output.status.success());
    assert!(!output.stdout.contains(&0x1b));
}
