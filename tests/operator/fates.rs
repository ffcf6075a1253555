//! What becomes of clients: they die, come back, come late, or have one name among two.

use crate::fleet::{
    OldPeers, Tally, ended, ends, events, json, operator, runs, steps, text, wait_event,
};
use crate::process::{Process, Start};
use crate::support::{Mosquitto, wait_for};

const ANYTHING: [&str; 3] = ["--allow", "*", "--shell"];

fn marked(tally: &Tally, marks: &[&str]) {
    wait_for("a mark", || {
        (tally.marks().len() >= marks.len()).then_some(())
    });
    assert_eq!(tally.marks(), marks);
}

#[test]
fn a_client_that_is_killed_in_a_step_and_comes_back_answers_interrupted_and_walks_on() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let tally = Tally::new();
    let slow = format!("{}; exec sleep 60", tally.mark("slow"));
    let plan = steps("", &[&tally.mark("a"), &slow, &tally.mark("c")]);
    let sut = Process::sut(&mosquitto, "pi");
    let mut operator = operator(&mosquitto, &plan, &["--json", "--expect", "pi"]).run();
    marked(&tally, &["a", "slow"]);
    let folder = sut.kill();
    wait_event(&operator, "presence", |event| event["online"] == false);
    let _again = Start::within(folder, &mosquitto.url(), "sut")
        .args(&["--client-id", "pi"])
        .args(&ANYTHING)
        .run();
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 1);
    let expected = ["pi p/1 succeeded", "pi p/2 interrupted", "pi p/3 succeeded"];
    assert_eq!(ends(&summary), expected);
    assert_eq!(tally.marks(), ["a", "slow", "c"], "nothing was run twice");
}

#[test]
fn a_client_that_dies_and_stays_away_is_lost_by_name_and_the_others_finish() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let tally = Tally::new();
    let plan = format!(
        "silence_s = 2\nclients = [\"dead\", \"good\"]\n\
         [[pipelines]]\nname = \"p\"\nclients = \"dead\"\nsteps = [{:?}, \"uptime\"]\n\
         [[pipelines]]\nname = \"q\"\nclients = \"good\"\nsteps = [{:?}]\n",
        format!("{}; exec sleep 60", tally.mark("began")),
        tally.mark("good"),
    );
    let dead = Process::sut(&mosquitto, "dead");
    let _good = Process::sut(&mosquitto, "good");
    let mut operator = operator(&mosquitto, &plan, &[]).run();
    wait_for("both to begin", || (tally.marks().len() == 2).then_some(()));
    drop(dead);
    assert_eq!(operator.ended().code(), Some(1));
    for said in [
        "dead is lost: offline, and not heard for 2 s",
        "dead p 1/2 `echo began",
        "dead p 2/2 `uptime` not sent: the client was lost",
        "1 of 3 steps of 2 clients succeeded",
    ] {
        operator.wait_out(said);
    }
    let rows = runs(operator.folder.path(), &["export", "latest", "--json"]);
    let rows: Vec<_> = rows.lines().map(json).collect();
    let lost = rows.iter().find(|row| row["client"] == "dead").unwrap();
    assert_eq!(lost["status"], "no_answer");
    assert_eq!(lost["reason"], "the client was lost");
    assert_eq!(rows.len(), 2, "what was never sent has no row");
}

#[test]
fn one_that_joins_late_walks_from_the_beginning() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let tally = Tally::new();
    let plan = steps("registration_timeout_s = 0.2", &[&tally.mark("x"), "true"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "connected", |_| true);
    peers.register("early");
    peers.command("early", 0);
    let _late = Process::sut(&mosquitto, "late");
    wait_event(&operator, "pipeline_ended", |event| {
        event["client"] == "late"
    });
    for nth in 0..2 {
        peers.serve("early", nth);
    }
    let (code, summary) = ended(&mut operator);
    assert_eq!((code, ends(&summary).len()), (0, 4));
    assert_eq!(tally.marks(), ["x"]);
    let began = events(&operator);
    assert!(
        began
            .iter()
            .any(|e| e["event"] == "joined_late" && e["client"] == "late")
    );
}

#[test]
fn those_who_are_expected_are_waited_for_and_others_take_no_part() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _good = Process::sut(&mosquitto, "good");
    let _stranger = Process::sut(&mosquitto, "stranger");
    let plan = steps("registration_timeout_s = 1\npatience_s = 3", &["true"]);
    let expect = ["--json", "--expect", "good,absent"];
    let mut operator = operator(&mosquitto, &plan, &expect).run();
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 1);
    assert_eq!(ends(&summary), ["good p/1 succeeded"]);
    assert_eq!(text(&summary["missing"][0]), "absent");
    let stranger = wait_event(&operator, "known", |event| event["client"] == "stranger");
    assert_eq!(stranger["takes_part"], false);
}

#[test]
fn two_old_clients_with_one_name_are_reported_and_advance_nothing_twice() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let plan = steps("registration_timeout_s = 0.2", &["a", "b"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "connected", |_| true);
    peers.register("twin");
    for nth in 0..2 {
        // both do it, and both say so
        peers.serve("twin", nth);
        if nth == 0 {
            peers.serve("twin", nth);
        }
    }
    wait_event(&operator, "two_with_one_name", |event| {
        event["client"] == "twin"
    });
    let (code, summary) = ended(&mut operator);
    assert_eq!((code, ends(&summary).len()), (0, 2));
    assert_eq!(peers.commands("twin"), ["a", "b"]);
}

#[test]
fn two_of_our_own_with_one_name_are_reported() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let twins = [(); 2].map(|()| Process::sut(&mosquitto, "twin"));
    let plan = steps(
        "registration_timeout_s = 0.5",
        &["true", "sleep 0.3", "sleep 0.3"],
    );
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    let (_, summary) = ended(&mut operator);
    assert_eq!(ends(&summary).len(), 3, "they are one client");
    wait_event(&operator, "two_with_one_name", |event| {
        event["client"] == "twin"
    });
    drop(twins);
}
