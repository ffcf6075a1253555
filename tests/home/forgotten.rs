//! `home-assistant list` and `forget`: things that a file has no more.

use crate::running::Running;
use crate::support::{Mosquitto, Observer, mqtt_thing, well};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::process::Output;
use tempfile::TempDir;

const BOTH: &str = r#"
[broker]
url = "mqtt://127.0.0.1"
[home_assistant]
discovery = true
[things.a]
address = "10.0.0.1"
[things.a.resources]
button0 = { kind = "button", port = "D3" }
[things.b]
address = "10.0.0.2"
[things.b.resources]
led0 = { kind = "led", port = "D4" }
"#;

const B: &str = "homeassistant/device/mqtt_thing-b/config";

struct Stage {
    mosquitto: Mosquitto,
    folder: TempDir,
    observer: Observer,
}

impl Stage {
    fn new() -> Option<Self> {
        Self::on(Mosquitto::start()?)
    }

    fn on(mosquitto: Mosquitto) -> Option<Self> {
        let observer = Observer::start(&mosquitto, "#");
        let folder = TempDir::new().unwrap();
        Some(Self {
            mosquitto,
            folder,
            observer,
        })
    }

    /// A thing of a file, running and announced.
    fn thing(&self, text: &str, name: &str, topic: &str) -> Running {
        let before = self.observer.texts(topic).len();
        let thing = Running::start(text, name, &self.mosquitto.url());
        let mut count = 0;
        self.observer.wait_where("its announcement", |seen| {
            count += usize::from(seen.topic == topic && !seen.payload.is_empty());
            count > before
        });
        thing
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("lab.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    fn home(&self, text: &str, arguments: &[&str]) -> Output {
        let file = self.file(text);
        let (command, rest) = arguments.split_first().unwrap();
        let url = self.mosquitto.url();
        let mut all = vec!["home-assistant", *command];
        all.extend(["--topology", file.to_str().unwrap(), "--broker", &url]);
        all.extend(rest);
        mqtt_thing(&all)
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The file without `b`.
fn only_a() -> &'static str {
    BOTH.split("[things.b]").next().unwrap()
}

#[test]
fn a_thing_that_is_gone_from_the_file_is_forgotten_and_the_others_stay() {
    let Some(stage) = Stage::new() else { return };
    let a = stage.thing(BOTH, "a", "homeassistant/device/mqtt_thing-a/config");
    let b = stage.thing(BOTH, "b", B);
    let north = BOTH
        .replace("discovery = true", "discovery = true\nlab = \"north\"")
        .replace("10.0.0.", "10.0.1.");
    let other = stage.thing(
        &north,
        "b",
        "homeassistant/device/mqtt_thing-north-b/config",
    );
    // another program's, which is none of ours
    stage.mosquitto.publish(
        "homeassistant/device/x/config",
        b"{\"origin\":{\"name\":\"x\"}}",
        true,
    );
    assert_eq!(
        well(&stage.home(only_a(), &["list"])),
        "device              status  entities  it is\n\
         mqtt_thing-a        online  3         in the file\n\
         mqtt_thing-b        online  2         not in the file\n\
         mqtt_thing-north-b  online  2         another lab's\n"
    );
    // its Pi may have a newer file
    let careful = stage.home(only_a(), &["forget"]);
    assert_eq!(careful.status.code(), Some(1));
    assert!(
        said(&careful).contains("mqtt_thing-b is not in the file, and online"),
        "{}",
        said(&careful)
    );
    b.stop();
    stage.observer.wait_for("10.0.0.2/status", "offline");
    assert_eq!(
        well(&stage.home(only_a(), &["forget"])),
        "forgotten: mqtt_thing-b\n"
    );
    stage.observer.wait_for(B, "");
    let list: Json =
        serde_json::from_str(&well(&stage.home(only_a(), &["list", "--json"]))).unwrap();
    let ids: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["mqtt_thing-a", "mqtt_thing-north-b"]);
    assert_eq!(list[0]["entities"][0], "binary_sensor-button0");
    let again = stage.home(only_a(), &["forget"]);
    assert!(
        again.status.success() && said(&again) == "mqtt-thing: nothing is to be forgotten\n",
        "{}",
        said(&again)
    );
    a.stop();
    other.stop();
}

#[test]
fn a_thing_that_is_named_is_forgotten_and_one_that_is_not_announced_is_told() {
    let Some(stage) = Stage::new() else { return };
    let _b = stage.thing(BOTH, "b", B);
    let output = stage.home(BOTH, &["forget", "b", "\u{1b}[2Jc"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "forgotten: mqtt_thing-b\n"
    );
    assert!(
        said(&output).contains("there is no mqtt_thing-\\u{1b}[2Jc among"),
        "{}",
        said(&output)
    );
    stage.observer.wait_for(B, "");
}

#[test]
fn a_file_whose_section_was_removed_has_its_things_forgotten_although_they_run() {
    let Some(stage) = Stage::new() else { return };
    let without = BOTH.replace("[home_assistant]\ndiscovery = true\n", "");
    stage.thing(BOTH, "b", B).stop();
    let _b = Running::start(&without, "b", &stage.mosquitto.url());
    stage
        .observer
        .wait_where("it to be back", |seen| seen.topic == "10.0.0.2/about");
    assert_eq!(
        well(&stage.home(&without, &["forget"])),
        "forgotten: mqtt_thing-b\n"
    );
    stage.observer.wait_for(B, "");
    let list = stage.home(&without, &["list"]);
    assert!(
        said(&list).contains("no thing is announced below homeassistant"),
        "{}",
        said(&list)
    );
}

/// A broker where these lines say who may do what, and its folder.
fn with_rights(acl: &str) -> Option<(Stage, TempDir)> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("acl");
    std::fs::write(&file, acl).unwrap();
    // as root Mosquitto becomes another user, who may not read what is ours
    let lines = format!("user root\nacl_file {}", file.display());
    Some((Stage::on(Mosquitto::start_with(&lines)?)?, folder))
}

const HINT: &str = "; or this account may not read it, and `homeassistant` of `broker init` may\n";

#[test]
fn an_account_that_may_not_write_is_told_that_nothing_was_forgotten() {
    let all = "topic readwrite #\n";
    let rights = format!("{all}user observer\ntopic read #\nuser homeassistant\n{all}");
    let Some((stage, folder)) = with_rights(&rights) else {
        return;
    };
    stage.thing(BOTH, "b", B).stop();
    stage.observer.wait_for("10.0.0.2/status", "offline");
    let password = folder.path().join("password");
    std::fs::write(&password, "secret\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&password, mode).unwrap();
    let password = password.to_str().unwrap();
    let forget = |user| {
        let account = ["--username", user, "--password-file", password];
        stage.home(only_a(), &[&["forget"], &account[..]].concat())
    };
    let output = forget("observer");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(output.stdout, b"");
    let left =
        format!("mqtt-thing: mqtt_thing-b is left: the broker still keeps {B}. This account");
    assert!(said(&output).starts_with(&left), "{}", said(&output));
    assert_eq!(well(&forget("homeassistant")), "forgotten: mqtt_thing-b\n");
    stage.observer.wait_for(B, "");
}

#[test]
fn an_account_that_may_not_read_is_told_that_there_may_be_more() {
    let Some((stage, _folder)) = with_rights("topic readwrite #\nuser operator\ntopic read x\n")
    else {
        return;
    };
    stage.thing(BOTH, "b", B).stop();
    for (arguments, code, told) in [
        (
            &["list"][..],
            0,
            "no thing is announced below homeassistant",
        ),
        (&["forget"], 0, "nothing is to be forgotten"),
        (
            &["forget", "b"],
            1,
            "there is no mqtt_thing-b among what is announced",
        ),
    ] {
        let output = stage.home(only_a(), &[arguments, &["--username", "operator"]].concat());
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(said(&output), format!("mqtt-thing: {told}{HINT}"));
    }
    assert_eq!(
        stage.observer.texts(B).last().map(String::is_empty),
        Some(false)
    );
}

#[test]
fn a_broker_that_is_not_there_and_a_file_that_is_none_are_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("lab.toml");
    std::fs::write(&path, BOTH.replace("127.0.0.1", "127.0.0.1:1")).unwrap();
    let path = path.to_str().unwrap();
    let output = mqtt_thing(&["home-assistant", "list", "--topology", path]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let output = mqtt_thing(&["home-assistant", "forget", "--topology", "/no/such/file"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}
