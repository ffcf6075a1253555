//! A building over a set-up: simulated and asked by its own account, watched by the operator, and nothing is denied.

use crate::lab::Lab;
use crate::support::{LIMIT, Lines, well};
use std::process::{Child, Command, Stdio};

const LAB: &str = r#"
buildings = ["house"]
[broker]
url = "mqtt://broker.lab"
[things.outer]
address = "10.0.0.2"
[things.outer.resources]
buzzer0 = { kind = "buzzer", port = "D8" }
"#;

/// `mqtt-thing building` as that account.
fn building(lab: &Lab, user: &str, arguments: &[&str]) -> Command {
    let its = |file: &str| lab.file(&format!("clients/{user}/{file}"));
    let url = format!("mqtts://localhost:{}", lab.people);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command
        .arg("building")
        .args(arguments)
        .args(["--broker", &url, "--username", user])
        .arg("--password-file")
        .arg(its("password"))
        .arg("--ca-file")
        .arg(its("ca.crt"))
        .stdin(Stdio::null());
    command
}

struct Running(Child, Lines, Lines);

impl Running {
    fn start(mut command: Command) -> Self {
        let pipes = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let out = Lines::collect(child.stdout.take().unwrap());
        let told = Lines::collect(child.stderr.take().unwrap());
        Self(child, out, told)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _already_dead = self.0.kill();
        let _status = self.0.wait();
    }
}

fn wait(lines: &Lines, text: &str) {
    let found = lines.wait(LIMIT, |lines| {
        let mut texts = lines.iter().map(|(_, line)| line);
        texts.any(|line| line.contains(text)).then_some(())
    });
    assert!(
        found.is_some(),
        "no `{text}` in\n{}",
        lines.all().join("\n")
    );
}

#[test]
fn a_building_is_simulated_asked_and_watched_over_a_set_up_and_nothing_is_denied() {
    let Some(lab) = Lab::new(LAB) else { return };
    let mut witness = lab.witness();
    witness.subscribe(&["#"]);
    let watch = Running::start(building(
        &lab,
        "operator",
        &[
            "alarm",
            "--above",
            "TEMP=-200",
            "--actuator",
            "10.0.0.2/buzzer0",
        ],
    ));
    wait(&watch.2, "while an alarm stands, 10.0.0.2/buzzer0 is on");
    let asked = Running::start(building(
        &lab,
        "building",
        &["query", "--building", "house"],
    ));
    wait(&asked.2, "subscribed to house/+/+/+/+");
    let simulated = building(
        &lab,
        "building",
        &[
            "simulate",
            "--building",
            "house",
            "--every",
            "0.01..0.02",
            "--count",
            "50",
        ],
    );
    well(&{ simulated }.output().unwrap());
    wait(&asked.1, "house P_");
    wait(&watch.1, "above -200");
    wait(&watch.2, "10.0.0.2/buzzer0 is told to be on");
    witness.settle();
    let seen = witness.take();
    let has = |part: &str| seen.iter().any(|(topic, _)| topic.contains(part));
    assert!(has("house/alarms/P_"), "{seen:?}");
    assert!(has("10.0.0.2/actuators/buzzer0/set"), "{seen:?}");
    let log = lab.broker.log.all();
    let denied: Vec<&String> = log.iter().filter(|line| line.contains("Denied")).collect();
    assert!(denied.is_empty(), "{denied:?}");
}
