//! A user's own keys: made once, seen by nobody else.

use super::{Home, mode, names, set_mode};
use mqtt_thing::fleet::signing::{PublicKey, SigningKey};
use std::fs;

#[test]
fn a_new_key_lies_where_only_its_owner_can_read_it_and_its_secret_is_not_printed() {
    let home = Home::new();
    let out = home.well(&["new"]);
    let path = home.kept("default");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let pem = fs::read_to_string(&path).unwrap();
    let key = SigningKey::from_pem(&pem).unwrap();
    let secret = pem.lines().nth(1).unwrap();
    assert!(!out.contains(&secret[22..40]), "{out}");
    let public = key.public();
    let expected = format!(
        "made        {}; who has this file can command your Pis, so it stays here\n\
         public key  {public}\n\
         id          {}\n\n\
         On each Pi that shall obey it:\n  \
         sudo mqtt-thing key trust me {public}\n\
         or, for some programs only:\n  \
         sudo mqtt-thing key trust me {public} --allow 'stress-ng *'\n",
        path.display(),
        public.id()
    );
    assert_eq!(out, expected);
}

#[test]
fn what_new_prints_makes_a_list_that_trusts_it() {
    let home = Home::new();
    let out = home.well(&["new", "alice"]);
    let trust = out
        .lines()
        .find_map(|line| line.trim().strip_prefix("sudo mqtt-thing key "));
    let mut arguments: Vec<&str> = trust.unwrap().split(' ').collect();
    arguments.extend(["--file", "list"]);
    home.well(&arguments);
    let line = format!("alice {}\n", home.public("alice"));
    assert_eq!(fs::read_to_string(home.path("list")).unwrap(), line);
}

#[test]
fn a_key_that_is_there_is_never_overwritten_nor_is_a_link() {
    let home = Home::new();
    home.well(&["new", "alice"]);
    let before = fs::read(home.kept("alice")).unwrap();
    std::os::unix::fs::symlink(home.path("elsewhere"), home.path("link.pem")).unwrap();
    for arguments in [vec!["new", "alice"], vec!["new", "--out", "link.pem"]] {
        let told = home.key(&arguments);
        assert_eq!((told.code, told.out.as_str()), (Some(1), ""));
        assert!(told.error.contains("is not overwritten"), "{}", told.error);
    }
    assert_eq!(fs::read(home.kept("alice")).unwrap(), before);
    assert!(!home.path("elsewhere").exists());
}

#[test]
fn a_key_may_lie_elsewhere_and_a_folder_that_was_open_is_closed() {
    let home = Home::new();
    let folder = home.kept("x").parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    set_mode(&folder, 0o755);
    home.well(&["new", "x"]);
    assert_eq!(mode(&folder), 0o700);
    home.well(&["new", "--out", "ci.pem"]);
    assert_eq!(mode(&home.path("ci.pem")), 0o600);
    assert_eq!(names(&folder), ["x.pem"]);
    let told = home.key(&["new", "--out", "no/such/folder.pem"]);
    assert!(
        told.error.contains("no/such/folder.pem cannot be written"),
        "{}",
        told.error
    );
    for name in ["../x", "a b", ""] {
        assert_eq!(home.key(&["new", name]).code, Some(2), "{name:?}");
    }
}

#[test]
fn a_key_is_shown_for_people_and_for_programs_without_its_secret() {
    let home = Home::new();
    home.well(&["new"]);
    home.well(&["new", "--out", "ci.pem"]);
    let public: PublicKey = home.public("default").parse().unwrap();
    let file = home.kept("default").display().to_string();
    let expected = format!(
        "public key  {public}\nid          {}\nfile        {file}\n",
        public.id()
    );
    assert_eq!(home.well(&["show"]), expected);
    assert_eq!(home.well(&["show", "default"]), expected);
    let json: serde_json::Value = serde_json::from_str(&home.well(&["show", "--json"])).unwrap();
    let expected = serde_json::json!({
        "public_key": public.to_string(), "id": public.id().as_str(), "file": file,
    });
    assert_eq!(json, expected);
    assert!(home.well(&["show", "./ci.pem"]).contains("./ci.pem"));
}

#[test]
fn a_key_that_others_may_read_is_refused_with_what_mends_it() {
    let home = Home::new();
    home.well(&["new"]);
    let path = home.kept("default");
    for open in [0o640, 0o604, 0o620, 0o666] {
        set_mode(&path, open);
        let told = home.key(&["show"]);
        let mend = format!(
            "(mode {open:04o}); mend that with: chmod 600 {}",
            path.display()
        );
        assert_eq!((told.code, told.out.as_str()), (Some(1), ""));
        assert!(told.error.contains(&mend), "{}", told.error);
    }
    set_mode(&path, 0o400);
    home.well(&["show"]);
}

#[test]
fn what_is_no_key_of_ours_is_told_with_what_to_do() {
    let home = Home::new();
    let told = home.key(&["show", "alice"]);
    assert_eq!(told.code, Some(1));
    assert!(
        told.error.contains("`mqtt-thing key new` makes one"),
        "{}",
        told.error
    );
    let told = home.key(&["show", "al ice"]);
    assert!(told.error.contains("no name of a key"), "{}", told.error);
    for (text, expected) in [
        ("hello", "no PEM"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nSECRET\n-----END RSA PRIVATE KEY-----",
            "`RSA PRIVATE KEY`",
        ),
    ] {
        fs::write(home.path("x.pem"), text).unwrap();
        set_mode(&home.path("x.pem"), 0o600);
        let told = home.key(&["show", "x.pem"]);
        assert_eq!(told.code, Some(1));
        assert!(
            told.error.contains(expected) && !told.error.contains("SECRET"),
            "{}",
            told.error
        );
    }
}
