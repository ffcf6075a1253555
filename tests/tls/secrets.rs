//! Users and passwords, and where a password may come from.

use crate::certificates::{Ca, Valid};
use crate::support::LIMIT;
use crate::{broker, told};
use std::fs::{Permissions, create_dir, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const PASSWORD: &str = "sesame-4711";

/// A file of that mode.
fn file(folder: &Path, name: &str, text: &str, mode: u32) -> String {
    let path = folder.join(name);
    write(&path, text).unwrap();
    set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The broker's own file of passwords, made by its own tool. `None` without it.
fn passwords(folder: &Path) -> Option<String> {
    let path = file(folder, "passwords", &format!("alice:{PASSWORD}\n"), 0o600);
    let hashed = Command::new("mosquitto_passwd")
        .args(["-U", &path])
        .status();
    let Ok(status) = hashed else {
        crate::support::skipped("mosquitto");
        return None;
    };
    assert!(status.success());
    Some(path)
}

fn send(url: &str, folder: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command
        .args(["send", "nobody", "--no-wait", "-vv", "--broker", url])
        .args(arguments)
        .args(["--", "true"])
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("STATE_DIRECTORY", folder)
        .envs(env.iter().copied())
        .stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn a_password_comes_from_a_file_the_environment_or_a_credential_and_is_never_shown() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    let ca = Ca::new(dir, "ours");
    let server = ca.server("server", &["127.0.0.1"], Valid::Now);
    let Some(passwords) = passwords(dir) else {
        return;
    };
    let more = format!("password_file {passwords}\nallow_anonymous false");
    // the settings hold for all listeners, so the harness's own port is not open to it either
    let Some((_mosquitto, port)) = broker(&server, &more) else {
        return;
    };
    let url = format!("mqtts://127.0.0.1:{port}");
    let right = file(dir, "right", &format!("{PASSWORD}\n"), 0o600);
    let wrong = file(dir, "wrong", "sesame-4712", 0o600);
    let open = file(dir, "open", PASSWORD, 0o644);
    create_dir(dir.join("credentials")).unwrap();
    let credential = dir.join("credentials");
    file(&credential, "mqtt-thing.password", PASSWORD, 0o400);
    file(
        &credential,
        "mqtt-thing.ca",
        &std::fs::read_to_string(&ca.file).unwrap(),
        0o400,
    );
    let credentials = ("CREDENTIALS_DIRECTORY", credential.to_str().unwrap());
    let ca_file = ca.file.to_str().unwrap();
    let base = ["--ca-file", ca_file, "--username", "alice"];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    let file_of = |path: &str| -> Vec<String> { vec!["--password-file".into(), path.into()] };
    let owned = |list: Vec<&str>| -> Vec<String> { list.into_iter().map(str::to_owned).collect() };
    let rows: Vec<(Vec<String>, Vec<(&str, &str)>, Result<(), &str>)> = vec![
        ([owned(with(&[])), file_of(&right)].concat(), vec![], Ok(())),
        (
            owned(with(&[])),
            vec![("MQTT_THING_PASSWORD", PASSWORD)],
            Ok(()),
        ),
        (
            owned(with(&[])),
            vec![("MQTT_THING_PASSWORD_FILE", &right)],
            Ok(()),
        ),
        (
            owned(vec!["--username", "alice"]),
            vec![credentials],
            Ok(()),
        ),
        // what is named on the command line goes before the environment
        (
            [owned(with(&[])), file_of(&right)].concat(),
            vec![("MQTT_THING_PASSWORD", "sesame-0")],
            Ok(()),
        ),
        (
            [owned(with(&[])), file_of(&wrong)].concat(),
            vec![],
            Err("not authorised"),
        ),
        (
            [owned(with(&[])), file_of(&open)].concat(),
            vec![],
            Err("chmod 600"),
        ),
        (
            owned(vec!["--ca-file", ca_file]),
            vec![],
            Err("not authorised"),
        ),
        (
            owned(vec!["--ca-file", ca_file]),
            vec![("MQTT_THING_PASSWORD", PASSWORD)],
            Err("a password is given and no user"),
        ),
    ];
    for (arguments, env, expected) in rows {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = send(&url, dir, &arguments, &env);
        let told = told(&output);
        assert!(!told.contains("sesame"), "{told}");
        match expected {
            Ok(()) => assert_eq!(output.status.code(), Some(0), "{arguments:?} {told}"),
            Err(words) => {
                assert_ne!(output.status.code(), Some(0), "{arguments:?} {told}");
                assert!(told.contains(words), "{words}:\n{told}");
            }
        }
    }
}

#[test]
fn a_url_with_a_password_is_refused_and_not_repeated() {
    let folder = TempDir::new().unwrap();
    let url = format!("mqtt://alice:{PASSWORD}@127.0.0.1");
    let output = send(&url, folder.path(), &[], &[]);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("--password-file"), "{told}");
    assert!(!told.contains("sesame"), "{told}");
}

/// A configuration's `[mqtt]` names the files, from where it stands itself.
#[test]
fn the_governors_configuration_names_the_files_relative_to_itself() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    let ca = Ca::new(dir, "ours");
    let server = ca.server("server", &["127.0.0.1"], Valid::Now);
    let Some(passwords) = passwords(dir) else {
        return;
    };
    let more = format!("password_file {passwords}\nallow_anonymous false");
    let Some((_mosquitto, port)) = broker(&server, &more) else {
        return;
    };
    file(dir, "password", PASSWORD, 0o600);
    let config = format!(
        "[mqtt]\nbroker = mqtts://127.0.0.1:{port}\nusername = alice\npassword_file = password\nca_file = ours.crt\n"
    );
    let path = file(dir, "lab.ini", &config, 0o644);
    let elsewhere = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .args([
            "send",
            "nobody",
            "--no-wait",
            "--config",
            &path,
            "--",
            "true",
        ])
        .current_dir(elsewhere.path())
        .env("XDG_CONFIG_HOME", dir)
        .env("STATE_DIRECTORY", dir)
        .env_remove("MQTT_BROKER")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let _generous = LIMIT;
}
