//! The programs themselves over a set-up: two Pis with a button and LEDs, commands by both ways, and a death. The
//! broker's log must know of nothing that it denied: then what was derived is enough.

use crate::client::Client;
use crate::lab::{LAB, Lab};
use crate::support::{LIMIT, SimBus, Target, skipped};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Timing;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;
use tempfile::TempDir;

struct Pi {
    bus: SimBus,
    child: Child,
    folder: TempDir,
}

impl Pi {
    /// Switches a thing on, with what the set-up has for it, installed as it says.
    fn start(lab: &Lab, name: &str, id: &str) -> Self {
        let folder = TempDir::new().unwrap();
        for file in ["ca.crt", "client.crt", "client.key", "password"] {
            let from = lab.file(&format!("clients/{id}/{file}"));
            std::fs::copy(from, folder.path().join(file)).unwrap();
        }
        let keys = format!(
            "url = \"mqtts://localhost:{}\"\nca_file = \"ca.crt\"\ncert_file = \"client.crt\"\nkey_file = \"client.key\"\n\
             password_file = \"password\"\n",
            lab.things
        );
        let text = LAB.replace("url = \"mqtt://broker.lab\"\n", &keys);
        let file = folder.path().join("lab.toml");
        std::fs::write(&file, text).unwrap();
        let bus = SimBus::start(Timing::Bus);
        let program = Path::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        let mut command = bus.command(Target::Host, program);
        command.arg("run").arg(&file).args(["--thing", name]);
        command.env("STATE_DIRECTORY", folder.path().join("state"));
        std::fs::create_dir(folder.path().join("state")).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        command
            .env_remove("MQTT_THING_BROKER")
            .stdout(Stdio::null());
        let child = command.stderr(log).spawn().unwrap();
        Self { bus, child, folder }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Pi {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}

/// What everybody said last, by topic.
struct Said {
    witness: Client,
    last: BTreeMap<String, String>,
}

impl Said {
    /// Waits until that was said last.
    fn wait(&mut self, topic: &str, payload: &str, pis: &[&Pi]) {
        self.wait_where(topic, |last| last == payload, pis);
    }

    /// Waits until something was said last that is meant.
    fn wait_where(&mut self, topic: &str, is_meant: impl Fn(&str) -> bool, pis: &[&Pi]) {
        let began = Instant::now();
        while !self.last.get(topic).is_some_and(|last| is_meant(last)) {
            let logs: Vec<String> = pis.iter().map(|pi| pi.log()).collect();
            let (logs, last) = (logs.join("\n"), self.last.get(topic));
            assert!(began.elapsed() < LIMIT, "{last:?} on {topic}\n{logs}");
            std::thread::sleep(std::time::Duration::from_millis(5));
            self.witness.settle();
            self.last.extend(self.witness.take());
        }
    }
}

fn send(lab: &Lab, arguments: &[&str]) -> Output {
    let folder = TempDir::new().unwrap();
    let its = |file: &str| lab.file(&format!("clients/operator/{file}"));
    Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .current_dir(folder.path())
        .args([
            "send",
            "--broker",
            &format!("mqtts://localhost:{}", lab.people),
        ])
        .args(["--username", "operator", "--wait", "20"])
        .arg("--password-file")
        .arg(its("password"))
        .arg("--ca-file")
        .arg(its("ca.crt"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_lab_works_over_a_set_up_and_nothing_of_it_is_denied() {
    if let Some(package) = Target::Host.missing_package() {
        return skipped(package);
    }
    let Some(lab) = Lab::new(LAB) else { return };
    let mut said = Said {
        witness: lab.witness(),
        last: BTreeMap::new(),
    };
    said.witness.subscribe(&["#"]);
    let inner = Pi::start(&lab, "inner", "10.0.0.1");
    let outer = Pi::start(&lab, "outer", "pi-2.lab");
    let pis = [&inner, &outer];
    said.wait("pi-2.lab/actuators/led0", "False", &pis);
    said.wait("10.0.0.1/sensors/button0", "False", &pis);
    inner.bus.pins().set_digital(Port::D3, true);
    said.wait("pi-2.lab/actuators/led0", "True", &pis);
    let mut operator = lab.connect("operator").unwrap();
    operator.publish("pi-2.lab/actuators/relay0/set", "True");
    said.wait("pi-2.lab/actuators/relay0", "True", &pis);
    operator.publish("pi-2.lab", "are you there?");
    for (topic, beginning) in [
        ("heartbeat", "PING: pi-2.lab at "),
        ("cb_res", "CB_RES: pi-2.lab at "),
        ("house/P_7/S/4/VIBR", "{\"value\": 0.0, "),
    ] {
        said.wait_where(topic, |text| text.starts_with(beginning), &pis);
    }
    for way in [&["--via", "own"][..], &["--via", "governor"]] {
        let output = send(&lab, &[way, &["pi-2.lab", "--", "echo hello"]].concat());
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && told.contains("hello"),
            "{output:?}\n{}",
            outer.log()
        );
    }
    drop(inner);
    said.wait("10.0.0.1/status", "offline", &[&outer]);
    said.wait("pi-2.lab/actuators/led0", "False", &[&outer]);
    drop(outer);
    let log = lab.broker.log.all();
    let denied: Vec<&String> = log.iter().filter(|line| line.contains("Denied")).collect();
    assert!(denied.is_empty(), "{denied:?}");
    // that it would say so
    operator.publish("nowhere", "");
    let told = |lines: &[(Instant, String)]| {
        lines
            .iter()
            .any(|(_, line)| line.contains("Denied"))
            .then_some(())
    };
    assert!(lab.broker.log.wait(LIMIT, told).is_some());
}
