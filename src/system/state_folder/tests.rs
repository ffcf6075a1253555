use super::*;
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;
use std::path::Component;

/// An environment of these variables.
fn of<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
    |name| {
        let pair = pairs.iter().find(|(known, _)| *known == name)?;
        Some(OsString::from(pair.1))
    }
}

#[test]
fn systemds_folder_goes_before_the_users() {
    let all = [
        ("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"),
        ("XDG_STATE_HOME", "/x"),
        ("HOME", "/home/pi"),
    ];
    let places = [&all[..], &all[1..], &all[2..]].map(|pairs| state_place(of(pairs)).unwrap());
    assert_eq!(
        places,
        [
            "/var/lib/a",
            "/x/mqtt-thing",
            "/home/pi/.local/state/mqtt-thing"
        ]
        .map(PathBuf::from)
    );
}

#[test]
fn an_empty_or_relative_variable_is_passed_over_and_a_relative_state_directory_refused() {
    let pairs = [
        ("STATE_DIRECTORY", ""),
        ("XDG_STATE_HOME", "state"),
        ("HOME", "/root"),
    ];
    assert_eq!(
        state_place(of(&pairs)).unwrap(),
        Path::new("/root/.local/state/mqtt-thing")
    );
    let nowhere = state_place(of(&pairs[..2])).unwrap_err().to_string();
    assert!(nowhere.contains("StateDirectory=mqtt-thing"), "{nowhere}");
    for relative in ["state", ":/var/lib/b"] {
        let error = state_place(of(&[("STATE_DIRECTORY", relative)])).unwrap_err();
        assert!(matches!(error, StateFolderError::Relative(_)), "{error}");
    }
}

#[test]
fn the_folder_is_made_for_this_user_alone_and_found_again() {
    let home = tempfile::tempdir().unwrap();
    let pairs = [("HOME", home.path().to_str().unwrap())];
    let path = state_folder(of(&pairs)).unwrap();
    assert_eq!(path, home.path().join(".local/state/mqtt-thing"));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(state_folder(of(&pairs)).unwrap(), path);
    let executor = executor_folder(&path, "172.16.32.157/executor0").unwrap();
    assert!(executor.ends_with("executors/172.16.32.157%2Fexecutor0"));
    let mode = std::fs::metadata(executor).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_folder_that_cannot_be_made_is_named_with_the_remedy() {
    // a file in its place, which also root cannot make a folder of
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().join("state");
    let error = state_folder(of(&[("STATE_DIRECTORY", path.to_str().unwrap())])).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StateFolderError::Make { .. }), "{text}");
    assert!(
        text.contains(path.to_str().unwrap()) && text.contains("STATE_DIRECTORY"),
        "{text}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named_with_the_remedy() {
    // nobody can write to this one, not even root
    let error = state_folder(of(&[("STATE_DIRECTORY", "/proc/sys/kernel")])).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StateFolderError::Write { .. }), "{text}");
    assert!(text.contains("give it to this user"), "{text}");
}

#[test]
fn names_that_lead_elsewhere_are_spelled_out() {
    let names = ["", ".", "..", "../x", "/etc", ".hidden", "a.b", "a%2F", "é"].map(encoded);
    let expected = [
        "%",
        "%2E",
        "%2E.",
        "%2E.%2Fx",
        "%2Fetc",
        "%2Ehidden",
        "a.b",
        "a%252F",
        "%C3%A9",
    ];
    assert_eq!(names, expected.map(PathBuf::from));
}

/// What `encoded` made, read back.
fn decoded(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for component in path.components() {
        let Component::Normal(name) = component else {
            panic!("{} leads elsewhere", path.display())
        };
        let name = name.to_str().unwrap();
        assert!(name.len() <= 255);
        let mut rest = name.strip_suffix("%+").unwrap_or(name);
        while let Some(first) = rest.chars().next() {
            if first == '%' && rest.len() > 1 {
                bytes.push(u8::from_str_radix(&rest[1..3], 16).unwrap());
                rest = &rest[3..];
            } else {
                // the `%` alone is the empty id
                bytes.extend((first != '%').then_some(first as u8));
                rest = &rest[1..];
            }
        }
    }
    bytes
}

#[test]
fn a_name_that_just_fits_does_not_hold_the_longer_ones() {
    let [fits, longer] = [LONGEST, LONGEST + 1].map(|length| encoded(&"a".repeat(length)));
    assert_eq!(fits.components().count(), 1);
    assert_eq!(longer.components().count(), 2);
    assert!(!longer.starts_with(&fits));
}

proptest! {
    #[test]
    fn every_id_has_a_name_of_its_own_inside_the_folder(
        id in prop_oneof![".*", "[./%+a]{0,8}", "[a./%+]{150,450}"]
    ) {
        let path = encoded(&id);
        prop_assert!(path.components().all(|part| matches!(part, Component::Normal(_))));
        // it can be read back, so no other id has it
        prop_assert_eq!(decoded(&path), id.as_bytes());
    }

    #[test]
    fn no_ids_folder_lies_in_that_of_another(
        id in "[a.]{1,420}", cut in 0usize..420
    ) {
        let other: String = id.chars().take(cut).collect();
        if other != id {
            prop_assert!(!encoded(&id).starts_with(encoded(&other)));
        }
    }
}
