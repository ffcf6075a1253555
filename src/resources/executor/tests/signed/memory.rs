//! What is remembered of keys: each message of a key is obeyed once, also after a restart with the clock set back.

use super::*;

impl Lab {
    /// The thing loses its power and comes back, its clock `back` behind where it was: what the journal has is there.
    /// `forgetful`: it has forgotten the ids, as it does after some days.
    fn reboot(&mut self, back: Duration, forgetful: bool) {
        let mut bench = Bench::new(trusting(&self.folder));
        bench.now = self.bench.now.saturating_sub(back);
        bench.highest.clone_from(&self.bench.highest);
        bench.revoked.clone_from(&self.bench.revoked);
        if !forgetful {
            bench.kept.clone_from(&self.bench.kept);
            bench.by_id.clone_from(&self.bench.by_id);
        }
        self.bench = bench;
    }
}

#[test]
fn the_same_message_twice_runs_once_and_gets_the_stored_answer() {
    let mut lab = Lab::new("");
    let payload = lab.run("a", "echo a");
    lab.bench.done(JobNumber(1), JobEnd::Exited(0));
    assert_eq!(lab.bench.answers.len(), 1);
    lab.bench.news(News::Delivered(JobNumber(1)));
    lab.send(&payload);
    assert_eq!(lab.bench.statuses(), [("echo a", "succeeded"); 2]);
    // signed anew, with another number: it is the same command
    lab.bench.news(News::Delivered(JobNumber(1)));
    lab.run("a", "echo a");
    assert_eq!(lab.bench.statuses(), [("echo a", "succeeded"); 3]);
    assert_eq!(lab.bench.kept.len(), 1);
}

#[test]
fn a_replay_after_a_reboot_with_the_clock_set_back_is_refused_by_its_number() {
    let mut lab = Lab::new("");
    lab.bench.now += Duration::from_secs(1000);
    let payload = lab.run("a", "echo a");
    lab.bench.done(JobNumber(1), JobEnd::Exited(0));
    // by the Pi's clock it is before the command was even signed
    for back in [0, 30, 900] {
        lab.reboot(Duration::from_secs(back), true);
        lab.send(&payload);
        lab.refused_by("signature-sequence");
        assert!(lab.bench.kept.is_empty());
    }
    // while the id is known, its answer is told again; it does not run
    let mut lab = Lab::new("");
    let payload = lab.run("a", "echo a");
    lab.bench.done(JobNumber(1), JobEnd::Exited(0));
    lab.reboot(Duration::from_secs(30), false);
    lab.send(&payload);
    assert_eq!(lab.bench.statuses(), [("echo a", "succeeded")]);
    assert!(lab.bench.running.is_empty());
}

#[test]
fn an_older_message_that_was_held_back_is_refused_once_a_newer_one_was_obeyed() {
    let mut lab = Lab::new("");
    let held_back = lab.signed(&run("a", "echo a"));
    lab.run("b", "echo b");
    lab.bench.done(JobNumber(1), JobEnd::Exited(0));
    lab.send(&held_back);
    lab.refused_by("signature-sequence");
}

#[test]
fn a_replayed_end_of_a_command_ends_no_other_and_one_that_came_twice_does_no_harm() {
    let mut lab = Lab::new("");
    lab.run("a", "echo a");
    lab.run("b", "echo b");
    let payload = lab.signed(&cancel("b"));
    lab.send(&payload);
    assert_eq!(lab.bench.statuses(), [("echo b", "cancelled")]);
    lab.bench.said("responses");
    lab.send(&payload);
    assert_eq!(lab.told().1, "signature-sequence");
    // one that runs, and takes a moment to end: an answer now would be taken for its own
    lab.bench.stubborn = true;
    let payload = lab.signed(&cancel("a"));
    lab.send(&payload);
    lab.send(&payload);
    assert_eq!(lab.bench.said("responses"), [""; 0]);
    let end = JobEnd::Cancelled { signal: Some(15) };
    lab.bench.done(JobNumber(1), end);
    assert_eq!(lab.bench.statuses()[1], ("echo a", "cancelled"));
    let audited: Vec<String> = lab
        .bench
        .audited
        .iter()
        .map(|line| format!("{line:?}"))
        .collect();
    let cancelled = audited
        .iter()
        .filter(|line| line.contains("event: Cancelled"));
    let told: Vec<&String> = cancelled.collect();
    assert_eq!(told.len(), 2, "each once: {audited:#?}");
    assert!(told.iter().all(|line| line.contains("alice")), "{told:#?}");
    assert_eq!(lab.bench.runs(), [""; 0]);
}

#[test]
fn who_waits_expires_by_the_newest_command_of_the_key_as_well() {
    let mut lab = Lab::new("");
    lab.run("a", "sleep 1");
    lab.run("b", "echo b");
    // the Pi's clock stands still, as far as it knows
    let later = lab.now() + Duration::from_secs(61);
    let payload = lab.alice.sign(&run("c", "echo c"), later);
    lab.send(&payload);
    lab.bench.done(JobNumber(1), JobEnd::Exited(0));
    assert_eq!(lab.bench.runs(), ["echo c"]);
    assert!(lab.bench.statuses().contains(&("echo b", "expired")));
}

#[test]
fn what_waits_unsigned_from_before_a_key_was_trusted_is_refused() {
    let lab = Lab::new("");
    let opened = vec![known(1, "x", Stage::Accepted)];
    let bench = Bench::with(trusting(&lab.folder), opened);
    assert!(bench.running.is_empty());
    let record = bench.kept[0].2.as_ref().unwrap();
    assert!(
        record
            .reason
            .as_ref()
            .unwrap()
            .ends_with("(rule signature-missing)")
    );
}
