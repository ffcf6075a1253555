//! Keys that are trusted no more: by a command, and by the list.

use super::*;

#[test]
fn a_key_revokes_itself_at_once_and_for_ever_and_is_answered_each_time_it_says_so() {
    let mut lab = Lab::new("");
    lab.run("a", "sleep 1");
    lab.run("b", "echo b");
    let payload = lab.signed(&revoke("r", lab.alice.id()));
    lab.send(&payload);
    let told = lab.bench.said("responses");
    assert_eq!(told[0]["id"], "r");
    assert_eq!(told[0]["status"], "succeeded");
    let ends = lab.bench.statuses();
    assert!(ends.contains(&("sleep 1", "cancelled")), "{ends:?}");
    assert!(ends.contains(&("echo b", "refused")), "{ends:?}");
    let audited = format!("{:?}", lab.bench.audited);
    assert!(audited.contains("KeyRevoked"), "{audited}");
    lab.run("c", "echo c");
    lab.refused_by("signature-key-revoked");
    // who heard no answer says it again, signed anew or not
    lab.send(&payload);
    assert_eq!(lab.told().0, "succeeded");
    let payload = lab.signed(&revoke("r", lab.alice.id()));
    lab.send(&payload);
    assert_eq!(lab.told().0, "succeeded");
}

#[test]
fn a_key_that_may_revokes_others_also_unknown_ones_and_one_that_may_not_does_not() {
    let mut lab = Lab::new("");
    let mut bob = Person::new("bob");
    lab.trust(&format!("{}{}", lab.alice.line("may-revoke"), bob.line("")));
    let payload = bob.sign(&revoke("r", lab.alice.id()), lab.now());
    lab.send(&payload);
    lab.refused_by("signature-may-not-revoke");
    let mallory = Person::new("mallory");
    for key in [bob.id(), mallory.id()] {
        let payload = lab.signed(&revoke("r", key));
        lab.send(&payload);
        assert_eq!(lab.told().0, "succeeded");
    }
    let payload = bob.sign(&run("a", "echo a"), lab.now());
    lab.send(&payload);
    lab.refused_by("signature-key-revoked");
    lab.trust(&format!("{}{}", lab.alice.line(""), mallory.line("")));
    let mut mallory = mallory;
    let payload = mallory.sign(&run("b", "echo b"), lab.now());
    lab.send(&payload);
    lab.refused_by("signature-key-revoked");
    lab.run("c", "echo c");
    assert_eq!(lab.bench.runs(), ["echo c"]);
}

#[test]
fn a_revoked_key_is_revoked_after_a_restart_and_what_waited_is_refused() {
    let lab = Lab::new("");
    let mut waiting = known(1, "x", Stage::Accepted);
    waiting.request.signed_by = Some(SignedBy {
        key: lab.alice.id().to_string(),
        name: "alice".to_owned(),
    });
    let restarted = |revoked: BTreeSet<KeyId>| {
        let issued = BTreeMap::new();
        let keys = JournalNews::Keys { issued, revoked };
        Bench::told(trusting(&lab.folder), Some(keys), vec![waiting.clone()])
    };
    assert_eq!(restarted(BTreeSet::new()).runs(), ["echo x"]);
    let bench = restarted(BTreeSet::from([lab.alice.id()]));
    assert_eq!(bench.runs(), [""; 0]);
    let record = bench.kept[0].2.as_ref().unwrap();
    let reason = record.reason.as_ref().unwrap();
    assert!(reason.ends_with("(rule signature-key-revoked)"), "{reason}");
}

#[test]
fn the_newest_moment_of_a_key_is_known_after_a_restart() {
    let mut lab = Lab::new("");
    let old = lab.signed(&run("a", "echo a"));
    let issued = BTreeMap::from([(lab.alice.id(), lab.now() + Duration::from_secs(60))]);
    let revoked = BTreeSet::new();
    let keys = JournalNews::Keys { issued, revoked };
    lab.bench = Bench::told(trusting(&lab.folder), Some(keys), Vec::new());
    lab.send(&old);
    assert_eq!(
        lab.told(),
        ("expired".to_owned(), "signature-expired".to_owned())
    );
}

#[test]
fn a_line_that_is_taken_out_or_marked_counts_for_the_next_command_and_for_those_that_wait() {
    for line in ["revoked", "gone"] {
        let mut lab = Lab::new("");
        let mut bob = Person::new("bob");
        lab.trust(&format!("{}{}", lab.alice.line(""), bob.line("")));
        lab.run("a", "sleep 1");
        let payload = bob.sign(&run("b", "echo b"), lab.now());
        lab.send(&payload);
        lab.trust(&match line {
            "gone" => lab.alice.line(""),
            _ => format!("{}{}", lab.alice.line(""), bob.line("revoked")),
        });
        lab.bench.done(JobNumber(1), JobEnd::Exited(0));
        assert!(lab.bench.running.is_empty(), "{line}");
        let refused = lab.bench.statuses().contains(&("echo b", "refused"));
        assert!(refused, "{line}: {:?}", lab.bench.statuses());
        lab.run("c", "echo c");
        assert_eq!(lab.bench.runs(), ["echo c"], "{line}");
    }
}

#[test]
fn what_waits_goes_on_while_the_list_cannot_be_read_since_it_was_judged_by_one_that_could() {
    let mut lab = Lab::new("");
    lab.run("a", "sleep 1");
    lab.run("b", "echo b");
    lab.trust("nonsense");
    lab.bench.done(JobNumber(1), JobEnd::Exited(0));
    assert_eq!(lab.bench.runs(), ["echo b"]);
}
