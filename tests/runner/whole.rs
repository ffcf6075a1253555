//! A command from the broker through the thing to the runner and back.

use crate::lab::{ANYTHING, GOVERNOR_COMMANDS, GOVERNOR_RESPONSES, Lab, PROGRESS, WAIT};
use crate::process::{Start, online};
use crate::support::{CpuFreqTree, wait_for};
use rustix::process::Signal;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// An answer without what differs from run to run.
fn alike(answer: &Json) -> Json {
    let mut answer = answer.clone();
    let object = answer.as_object_mut().unwrap();
    for key in ["start_time", "end_time", "duration_s", "usage", "host"] {
        object.remove(key);
    }
    answer
}

#[test]
fn a_job_runs_in_the_runner_and_its_answer_is_that_of_one_in_the_things_own_process() {
    let Some((lab, runner, thing)) = Lab::start(ANYTHING) else {
        return;
    };
    let commands = [
        ("a", "printf 'a\\377b'; echo oops >&2; exit 3"),
        ("b", "echo $MQTT_THING_JOB | sed 's/.*executors/executors/'"),
        ("c", "kill -9 $$"),
        ("d", "head -c 300000 /dev/zero | tr '\\0' x"),
    ];
    let parent = lab.answer("parent", "cut -d' ' -f4 /proc/$$/stat")["output"].clone();
    let there: Vec<Json> = commands.map(|(id, text)| lab.answer(id, text)).into();
    assert_eq!(
        parent,
        format!("{}\n", runner.0.child.id()),
        "its parent is the runner"
    );
    drop(thing);
    let said = lab.mosquitto.count_log("'c1/status', ... (6 bytes)");
    let file = lab.file("lab.toml");
    let _here = Start::within(TempDir::new().unwrap(), &lab.mosquitto.url(), "run")
        .args(&[file.to_str().unwrap(), "--thing", "pi"])
        .run();
    wait_for("it to be online", || {
        (lab.mosquitto.count_log("'c1/status', ... (6 bytes)") > said).then_some(())
    });
    for ((id, text), there) in commands.iter().zip(&there) {
        let again = format!("{id}-here");
        let mut here = alike(&lab.answer(&again, text));
        here["id"] = json!(id);
        assert_eq!(alike(there), here, "{text}");
    }
}

#[test]
fn progress_comes_and_a_cancel_goes_through_the_socket() {
    let Some((lab, runner, _thing)) = Lab::start(ANYTHING) else {
        return;
    };
    lab.command("a", "echo $$ > pid; echo so far; : > began; sleep 60");
    runner.there("began");
    let seen = lab.observer.wait_where("progress", |m| {
        m.topic == PROGRESS && m.text().contains("so far")
    });
    let progress: Json = serde_json::from_slice(&seen.payload).unwrap();
    assert_eq!(
        (&progress["id"], &progress["state"]),
        (&json!("a"), &json!("running"))
    );
    lab.send(&json!({"cancel": "a"}));
    let answer = lab.answer_of("a");
    assert_eq!(
        (&answer["status"], &answer["output"]),
        (&json!("cancelled"), &json!("so far\n"))
    );
    wait_for("it to be gone", || crate::lab::gone(&runner.read("pid")));
}

#[test]
fn a_stop_of_the_thing_ends_its_jobs_and_tells_them_as_without_a_runner() {
    let Some((lab, runner, mut thing)) = Lab::start(ANYTHING) else {
        return;
    };
    lab.command("a", "echo x; echo $$ > pid; : > began; sleep 60");
    runner.there("began");
    thing.signal(Signal::TERM);
    let answer = lab.answer_of("a");
    assert_eq!(
        (&answer["status"], &answer["reason"], &answer["output"]),
        (
            &json!("interrupted"),
            &json!("the thing ended while it ran"),
            &json!("x\n")
        )
    );
    wait_for("it to be gone", || crate::lab::gone(&runner.read("pid")));
    assert_eq!(thing.ended().code(), Some(0));
    let _thing = lab.thing_in(thing.kill());
    assert_eq!(lab.answer("b", "echo on")["output"], "on\n");
    assert_eq!(lab.answers("a"), 1);
}

#[test]
fn a_stop_of_the_runner_ends_its_jobs_and_commands_wait_for_the_next_one() {
    let Some((lab, mut runner, thing)) = Lab::start(ANYTHING) else {
        return;
    };
    lab.command("a", "echo x; : > began; sleep 60");
    runner.there("began");
    runner.0.signal(Signal::TERM);
    let answer = lab.answer_of("a");
    let reason = "the runner ended while it ran; it is not run again";
    assert_eq!(
        (&answer["status"], &answer["reason"], &answer["output"]),
        (&json!("interrupted"), &json!(reason), &json!("x\n"))
    );
    assert_eq!(runner.0.ended().code(), Some(0));
    assert!(!lab.socket().exists(), "nobody listens there");
    thing.wait_err("is away");
    lab.command("b", "echo ran >> effects; cat effects");
    let _runner = lab.runner_in(runner.0.kill(), "lab.toml");
    assert_eq!(lab.answer_of("b")["output"], "ran\n");
    thing.wait_err("the runner is there");
}

#[test]
fn a_thing_that_starts_before_its_runner_waits_for_it() {
    let Some(lab) = Lab::new(ANYTHING) else {
        return;
    };
    let thing = lab.thing();
    thing.wait_err("is away");
    lab.command("a", "echo there");
    lab.observer
        .wait_where("it to be taken", |m| m.topic == super::lab::COMMANDS);
    let _runner = lab.runner();
    assert_eq!(lab.answer_of("a")["output"], "there\n");
}

#[test]
fn several_jobs_run_there_at_a_time_and_no_more_than_the_file_allows() {
    let keys = r#"allow = ["*"], shell = true, parallel = 3"#;
    let Some((lab, runner, _thing)) = Lab::start(keys) else {
        return;
    };
    for id in ["a", "b", "c", "d"] {
        lab.command(
            id,
            &format!(": > {id}; while [ ! -e go ]; do sleep 0.02; done"),
        );
    }
    ["a", "b", "c"].iter().for_each(|id| runner.there(id));
    assert!(!runner.work().join("d").exists());
    runner.touch("go");
    for id in ["a", "b", "c", "d"] {
        assert_eq!(lab.answer_of(id)["status"], "succeeded");
    }
}

#[test]
fn the_governors_face_answers_by_the_runner() {
    let Some((lab, _runner, _thing)) = Lab::start(ANYTHING) else {
        return;
    };
    online(&lab.mosquitto, "c1");
    lab.mosquitto.publish(
        GOVERNOR_COMMANDS,
        b"c1|echo $((20 + 3)); echo oops >&2",
        false,
    );
    let seen = lab
        .observer
        .wait_where("an answer", |m| m.topic == GOVERNOR_RESPONSES);
    let text = seen.text();
    assert!(text.ends_with("Output: 23\n\nError: oops\n"), "{text}");
}

#[test]
fn a_frequency_step_is_made_by_the_runner_and_taken_back_when_the_thing_stops() {
    let tree = CpuFreqTree::pi();
    let root = tree.root().display();
    let keys = format!(
        r#"allow = ["cpufreq-set -r -f 800MHz", "cpufreq-set -r -f 9*"], system_root = "{root}""#
    );
    let Some((lab, runner, mut thing)) = Lab::start(&keys) else {
        return;
    };
    let answer = lab.answer("a", "cpufreq-set -r -f 800MHz");
    assert_eq!(answer["status"], "succeeded", "{answer}");
    assert_eq!(tree.get(0, "scaling_cur_freq"), "800000");
    let answer = lab.answer("b", "cpufreq-set --restore");
    assert_eq!(answer["status"], "succeeded", "{answer}");
    assert_eq!(tree.get(0, "scaling_governor"), "ondemand");
    assert_eq!(
        lab.answer("c", "cpufreq-set -r -f 900000")["status"],
        "succeeded"
    );
    assert_eq!(tree.get(0, "scaling_governor"), "userspace");
    thing.signal(Signal::TERM);
    assert_eq!(thing.ended().code(), Some(0));
    assert_eq!(tree.get(0, "scaling_governor"), "ondemand");
    drop(runner);
}

#[test]
fn what_waits_in_the_runner_is_a_job_of_the_runners_user_and_folder() {
    let Some((lab, runner, _thing)) = Lab::start(ANYTHING) else {
        return;
    };
    lab.command("a", WAIT);
    runner.there("began");
    runner.touch("go");
    assert_eq!(lab.answer_of("a")["status"], "succeeded");
}
