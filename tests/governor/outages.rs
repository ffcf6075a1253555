//! The broker goes and comes back: a SUT registers again, and what ended meanwhile is told.

use crate::process::{Process, Start, online};
use crate::support::{Mosquitto, Observer, Proxy, wait_for};
use crate::wire::{COMMANDS, RESPONSES, without_times};

const OWN: &str = "c1/executors/executor0";

/// A job that says when it has begun, waits for leave, and says when it is over.
const JOB: &str =
    ": > began; while [ -e began ] && [ ! -e go ]; do sleep 0.02; done; echo survived; : > ended";

fn there(sut: &Process, file: &str) {
    wait_for(file, || sut.folder.path().join(file).exists().then_some(()));
}

fn go(sut: &Process) {
    std::fs::write(sut.folder.path().join("go"), "").unwrap();
}

#[test]
fn an_acknowledged_sut_registers_again_with_a_broker_that_forgot_everything() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let sut = Process::sut(&mosquitto, "c1");
    mosquitto.wait_log("'clients/registration', ... (2 bytes)");
    mosquitto.publish("clients/acknowledgment", b"c1", false);
    sut.wait_err("registered with the operator");
    mosquitto.restart();
    mosquitto.wait_log("'clients/registration', ... (2 bytes)");
    online(&mosquitto, "c1");
    let observer = Observer::start(&mosquitto, RESPONSES);
    let answer = crate::wire::answered(&mosquitto, &observer, b"c1|echo hi");
    assert!(answer.ends_with("Output: hi\n\nError: None"), "{answer}");
}

#[test]
fn a_restarted_sut_registers_again_and_answers() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    for life in 1..=2 {
        let sut = Process::sut(&mosquitto, "c1");
        let mut seen = 0;
        observer.wait_where("another registration", |message| {
            seen += usize::from(message.topic == "clients/registration");
            seen == life
        });
        mosquitto.publish("clients/acknowledgment", b"c1", false);
        sut.wait_err("registered with the operator");
        drop(sut.kill());
    }
}

#[test]
fn feedback_that_ends_while_the_broker_is_down_is_told_afterwards_by_both_protocols() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    let observer = Observer::start(&mosquitto, "#");
    let sut = Start::within(tempfile::TempDir::new().unwrap(), &proxy.url(), "sut")
        .args(&["--client-id", "c1", "--allow", "*", "--shell"])
        .run();
    online(&mosquitto, "c1");
    let governor = format!(r#"{{"client_id": "c1", "command": "{JOB}"}}"#);
    let own = r#"{"id": "a", "client_id": "c1", "command": "echo after; : > ended2"}"#;
    mosquitto.publish(COMMANDS, governor.as_bytes(), false);
    mosquitto.publish(&format!("{OWN}/commands"), own.as_bytes(), false);
    observer.wait_where("its place in the queue", |m| {
        m.topic == format!("{OWN}/progress") && m.text().contains("queued")
    });
    there(&sut, "began");
    proxy.refuse(true);
    mosquitto.kill();
    go(&sut);
    there(&sut, "ended2");
    mosquitto.restart();
    observer.wait_subscribed(2);
    proxy.refuse(false);
    let seen = observer.wait_where("its answer", |m| m.topic == RESPONSES);
    assert_eq!(seen.qos, 0);
    let right = format!(
        r#"{{"client_id": "c1", "command": "{JOB}", "start_time": "T", "end_time": "T", "output": "survived\n", "error": "None"}}"#
    );
    assert_eq!(without_times(&seen.text()), right);
    let seen = observer.wait_where("the other answer", |m| {
        m.topic == format!("{OWN}/responses")
    });
    assert_eq!(seen.qos, 1);
    assert!(seen.text().contains(r#""output": "after\n""#));
}

#[test]
fn feedback_of_a_sut_that_was_killed_in_the_outage_is_told_by_its_next_life() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let sut = Process::sut(&mosquitto, "c1");
    mosquitto.publish(COMMANDS, format!("c1|{JOB}").as_bytes(), false);
    there(&sut, "began");
    mosquitto.kill();
    go(&sut);
    there(&sut, "ended");
    // the shell's end comes a moment after the file: until it is in the journal, the job counts as interrupted
    let folder = sut.kill();
    mosquitto.restart();
    let observer = Observer::start(&mosquitto, RESPONSES);
    let _sut = Start::within(folder, &mosquitto.url(), "sut")
        .args(&["--client-id", "c1", "--allow", "*", "--shell"])
        .run();
    let seen = observer.wait_where("its answer", |m| m.topic == RESPONSES);
    let text = without_times(&seen.text());
    let head = format!("Client: c1\nCommand: {JOB}\nStart Time: T\nEnd Time: T\nOutput: ");
    let ends = [
        "survived\n\nError: None",
        "\nError: the thing ended while it ran; it is not run again",
    ];
    let told = text.strip_prefix(&head).unwrap_or_else(|| panic!("{text}"));
    assert!(ends.contains(&told), "{told}");
}

#[test]
fn a_sut_waits_for_a_broker_that_is_not_there_yet() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.kill();
    let sut = Start::new(&mosquitto, "sut")
        .args(&["--client-id", "c1", "--allow", "echo *"])
        .run();
    sut.wait_err("starting");
    mosquitto.restart();
    mosquitto.wait_log("'clients/registration', ... (2 bytes)");
}

#[test]
fn a_job_that_outlived_its_killed_sut_is_ended_by_the_next_one() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let sut = Process::sut(&mosquitto, "c1");
    let job = br#"{"client_id": "c1", "command": "echo $$ > pid; exec sleep 300"}"#;
    mosquitto.publish("system_performance/commands", job, false);
    let file = sut.folder.path().join("pid");
    let pid = wait_for("the job to say who it is", || {
        let text = std::fs::read_to_string(&file).ok()?;
        text.ends_with('\n').then(|| text.trim().to_owned())
    });
    let process = std::path::Path::new("/proc").join(pid);
    let folder = sut.kill();
    assert!(process.exists(), "nobody has ended it yet");
    let next = Start::within(folder, &mosquitto.url(), "sut")
        .args(&["--client-id", "c1", "--allow", "*", "--shell"])
        .run();
    next.wait_err("were ended");
    wait_for("the job to be gone", || {
        let status = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
        // one that waits to be collected by the machine's first process runs no more
        (status.is_empty() || status.contains(") Z ")).then_some(())
    });
}
