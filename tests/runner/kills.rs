//! Kills of either process while a job runs: one result each, and a true one.

use crate::lab::{ANYTHING, Lab, RESPONSES, WAIT, gone};
use crate::support::wait_for;
use serde_json::json;

#[test]
fn a_killed_runner_leaves_its_job_interrupted_once_and_the_next_one_runs() {
    let Some((lab, runner, thing)) = Lab::start(ANYTHING) else {
        return;
    };
    lab.command("a", "echo $$ > pid; : > began; sleep 60");
    runner.there("began");
    let pid = runner.read("pid");
    lab.command("b", "echo next");
    let folder = runner.0.kill();
    thing.wait_err("is away");
    assert_eq!(gone(&pid), None, "its runner was killed, it was not");
    let _runner = lab.runner_in(folder, "lab.toml");
    let answer = lab.answer_of("a");
    let reason = "the runner ended while it ran; it is not run again";
    assert_eq!(
        (&answer["status"], &answer["reason"]),
        (&json!("interrupted"), &json!(reason))
    );
    wait_for("what the old runner left to be ended", || gone(&pid));
    assert_eq!(lab.answer_of("b")["output"], "next\n");
    assert_eq!(lab.answer("c", "echo on")["output"], "on\n");
    assert_eq!(lab.answers("a"), 1);
}

#[test]
fn a_killed_thing_leaves_its_job_running_and_its_next_life_tells_the_result() {
    let Some((lab, runner, thing)) = Lab::start(ANYTHING) else {
        return;
    };
    lab.command("a", &format!("echo $$ > pid; {WAIT}; echo done"));
    runner.there("began");
    let folder = thing.kill();
    runner.0.wait_err("the thing has gone");
    assert_eq!(gone(&runner.read("pid")), None, "it goes on");
    let thing = lab.thing_in(folder);
    thing.wait_err("the runner is there");
    assert_eq!(lab.answers("a"), 0);
    lab.observer
        .wait_where("progress in the new life", |m| m.text().contains("running"));
    runner.touch("go");
    let answer = lab.answer_of("a");
    assert_eq!(
        (&answer["status"], &answer["output"]),
        (&json!("succeeded"), &json!("done\n"))
    );
    assert_eq!(lab.answer("b", "echo on")["output"], "on\n");
    assert_eq!(lab.answers("a"), 1);
}

#[test]
fn a_job_that_ends_while_there_is_no_thing_is_told_by_the_next_one() {
    let Some((lab, runner, thing)) = Lab::start(ANYTHING) else {
        return;
    };
    lab.command(
        "a",
        &format!("{WAIT}; head -c 300000 /dev/zero | tr '\\0' x; exit 3"),
    );
    runner.there("began");
    let folder = thing.kill();
    runner.touch("go");
    wait_for("its output to be spooled", || {
        let spooled = runner.spooled();
        let bytes = spooled.first()?.metadata().ok()?.len();
        (bytes == 300_000).then_some(())
    });
    let _thing = lab.thing_in(folder);
    let answer = lab.answer_of("a");
    assert_eq!(
        (&answer["status"], &answer["exit_code"]),
        (&json!("failed"), &json!(3))
    );
    wait_for("the runner to have forgotten it", || {
        runner.spooled().is_empty().then_some(())
    });
}

#[test]
fn a_job_that_a_new_journal_does_not_know_is_ended_and_its_number_is_free() {
    let Some((lab, runner, thing)) = Lab::start(ANYTHING) else {
        return;
    };
    lab.command("a", "echo $$ > pid; : > began; sleep 60");
    runner.there("began");
    drop(thing.kill());
    let _thing = lab.thing();
    // the new journal gives it the same number
    assert_eq!(lab.answer("b", "echo mine")["output"], "mine\n");
    wait_for("the other to be ended", || gone(&runner.read("pid")));
    assert_eq!(lab.answers("a"), 0);
}

#[test]
fn a_job_that_is_not_to_outlive_its_thing_ends_with_it() {
    let keys = format!("{ANYTHING}, outlive_thing = false");
    let Some((lab, runner, thing)) = Lab::start(&keys) else {
        return;
    };
    lab.command("a", "echo $$ > pid; echo x; : > began; sleep 60");
    runner.there("began");
    let folder = thing.kill();
    wait_for("it to be gone", || gone(&runner.read("pid")));
    let _thing = lab.thing_in(folder);
    let answer = lab.answer_of("a");
    assert_eq!(
        (&answer["status"], &answer["output"]),
        (&json!("interrupted"), &json!("x\n"))
    );
}

#[test]
fn both_killed_is_an_interruption_as_without_a_runner() {
    let Some((lab, runner, thing)) = Lab::start(ANYTHING) else {
        return;
    };
    lab.command("a", "echo $$ > pid; : > began; sleep 60");
    runner.there("began");
    let pid = runner.read("pid");
    let (things, runners) = (thing.kill(), runner.0.kill());
    let _runner = lab.runner_in(runners, "lab.toml");
    let _thing = lab.thing_in(things);
    let answer = lab.answer_of("a");
    let reason = "the thing ended while it ran; it is not run again";
    assert_eq!(
        (&answer["status"], &answer["reason"]),
        (&json!("interrupted"), &json!(reason))
    );
    wait_for("it to be gone", || gone(&pid));
    assert_eq!(lab.observer.texts(RESPONSES).len(), 1);
}
