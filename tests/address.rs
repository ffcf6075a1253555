//! A thing whose address comes from an interface, and changes: in a network namespace of its own, with a pair of
//! virtual interfaces, a real Mosquitto and the real binary.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::{Child, Command, Stdio};
use support::{Mosquitto, Observer, skipped, wait_for};

/// Set inside of the namespace.
const INSIDE: &str = "MQTT_THING_TEST_NAMESPACE";

/// Runs the named test of this file again, inside a network namespace; `true` if this is that run.
fn inside_namespace(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let works = Command::new("unshare")
        .args(["-rn", "ip", "link"])
        .stdout(Stdio::null())
        .status();
    if !works.is_ok_and(|status| status.success()) {
        skipped("iproute2 and util-linux, and allow user namespaces");
        return false;
    }
    let status = Command::new("unshare")
        .arg("-rn")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(
        status.success(),
        "{test} failed inside its network namespace"
    );
    false
}

fn ip(arguments: &str) {
    let status = Command::new("ip")
        .args(arguments.split(' '))
        .status()
        .unwrap();
    assert!(status.success(), "ip {arguments}");
}

/// The real binary; ended with the test.
struct Thing(Child);

impl Thing {
    fn run(file: &str, mosquitto: &Mosquitto) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        command.args(["run", file, "--broker", &mosquitto.url()]);
        Self(command.spawn().unwrap())
    }
}

/// A second network namespace, which lasts as long as a process in it.
struct Elsewhere(Child);

impl Elsewhere {
    fn new() -> Self {
        let child = Command::new("unshare")
            .args(["-n", "sleep", "3600"])
            .spawn();
        let elsewhere = Self(child.unwrap());
        let network =
            |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).unwrap();
        wait_for("the second network namespace", || {
            (network(&elsewhere.pid()) != network("self")).then_some(())
        });
        elsewhere
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }

    /// A program in there.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.pid(), "-n", program]);
        command
    }

    fn ip(&self, arguments: &str) {
        let status = self.command("ip").args(arguments.split(' ')).status();
        assert!(status.unwrap().success(), "ip {arguments}");
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const FILE: &str = r#"
[broker]
url = "mqtt://127.0.0.1"
[home_assistant]
discovery = true
[things.roaming]
interface = "v0"
[things.roaming.resources]
clock0 = { kind = "clock", every_ms = 100 }
echo0 = { kind = "echo" }
"#;

#[test]
fn a_thing_whose_address_changed_leaves_nothing_behind_and_goes_on_under_the_new_one() {
    let name = "a_thing_whose_address_changed_leaves_nothing_behind_and_goes_on_under_the_new_one";
    if !inside_namespace(name) {
        return;
    }
    ip("link set lo up");
    ip("link add v0 type veth peer name v1");
    ip("link set v0 up");
    ip("link set v1 up");
    // a namespace knows no other user than the one who made it
    let Some(mosquitto) = Mosquitto::start_with("user root\n") else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roaming.toml");
    std::fs::write(&file, FILE).unwrap();

    // the interface has no address yet: it is waited for
    let _thing = Thing::run(file.to_str().unwrap(), &mosquitto);
    ip("addr add 10.9.9.1/24 dev v0");
    observer.wait_for("10.9.9.1/status", "online");
    observer.wait_where("the clock", |seen| seen.topic == "10.9.9.1/stuff/clock0");

    ip("addr del 10.9.9.1/24 dev v0");
    ip("addr add 10.9.9.2/24 dev v0");
    observer.wait_for("10.9.9.1/status", "offline");
    observer.wait_for("10.9.9.2/status", "online");

    // it is asked by its new id, and by that alone
    mosquitto.publish("10.9.9.1", b"?", false);
    mosquitto.publish("10.9.9.2", b"?", false);
    observer.wait_where("an answer", |seen| {
        seen.topic == "cb_res" && seen.text().starts_with("CB_RES: 10.9.9.2 at ")
    });
    assert_eq!(observer.texts("cb_res").len(), 1);

    // the same device, which says where it is now
    let announced = observer.wait_where("the announcement", |seen| {
        seen.topic == "homeassistant/device/mqtt_thing-roaming/config"
            && seen.text().contains("10.9.9.2/status")
    });
    assert!(
        !announced.text().contains("10.9.9.1"),
        "{}",
        announced.text()
    );

    // what the broker still keeps is seen by who comes late
    let late = Observer::start(&mosquitto, "#");
    late.wait_for("10.9.9.2/status", "online");
    late.wait_where("the clock", |seen| seen.topic == "10.9.9.2/stuff/clock0");
    let left: Vec<_> = late
        .seen()
        .into_iter()
        .filter(|seen| seen.topic.starts_with("10.9.9.1/"))
        .collect();
    assert_eq!(left, [], "nothing of the old address is kept");
}

#[test]
fn what_is_kept_under_the_old_id_is_cleared_although_the_connection_died_with_its_address() {
    let name =
        "what_is_kept_under_the_old_id_is_cleared_although_the_connection_died_with_its_address";
    if !inside_namespace(name) {
        return;
    }
    let elsewhere = Elsewhere::new();
    ip("link set lo up");
    ip("link add v0 type veth peer name v1");
    ip(&format!("link set v0 netns {}", elsewhere.pid()));
    ip("addr add 10.9.9.254/24 dev v1");
    ip("link set v1 up");
    elsewhere.ip("link set v0 up");
    elsewhere.ip("addr add 10.9.9.1/24 dev v0");
    let Some(mosquitto) = Mosquitto::start_with("user root\nlistener 1883 10.9.9.254\n") else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roaming.toml");
    let text = FILE.replace("127.0.0.1\"", "10.9.9.254\"\nkeep_alive_s = 4");
    std::fs::write(&file, text).unwrap();
    let mut command = elsewhere.command(env!("CARGO_BIN_EXE_mqtt-thing"));
    let _thing = Thing(command.arg("run").arg(&file).spawn().unwrap());
    observer.wait_for("10.9.9.1/status", "online");

    elsewhere.ip("addr del 10.9.9.1/24 dev v0");
    elsewhere.ip("addr add 10.9.9.2/24 dev v0");
    observer.wait_for("10.9.9.2/status", "online");
    observer.wait_for("10.9.9.1/status", "offline");
    observer.wait_for("10.9.9.1/about", "");
    // now the broker notices that the old connection is dead, and says and keeps its last will
    mosquitto.wait_log("Client 10.9.9.1 has exceeded timeout");
    wait_for("the last will to be cleared as well", || {
        let said = observer.texts("10.9.9.1/status");
        (said.iter().filter(|text| text.is_empty()).count() >= 2).then_some(())
    });
    let said = observer.texts("10.9.9.1/status");
    assert_eq!(said.last().unwrap(), "", "{said:?}");
    let late = Observer::start(&mosquitto, "#");
    late.wait_for("10.9.9.2/status", "online");
    late.wait_where("the clock", |seen| seen.topic == "10.9.9.2/stuff/clock0");
    let mut left = late.seen();
    left.retain(|seen| seen.topic.starts_with("10.9.9.1/"));
    assert_eq!(left, [], "nothing of the old address is kept");
}
