//! What a stranger may try, each with the rule that stops it.

use super::*;

/// The payload with a text in it changed.
fn with(payload: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(payload.to_vec()).unwrap();
    let changed = text.replace(from, to);
    assert_ne!(text, changed, "{from}");
    changed.into_bytes()
}

#[test]
fn each_attack_is_answered_and_stopped_by_a_rule_of_its_own() {
    type Attack = fn(&mut Lab) -> Vec<u8>;
    let attacks: [(&str, Attack, &str); 12] = [
        (
            "tampered",
            |lab| with(&lab.signed(&run("a", "echo a")), "echo a", "reboot"),
            "signature-wrong",
        ),
        (
            "another id",
            |lab| {
                with(
                    &lab.signed(&run("a", "echo a")),
                    r#""id": "a""#,
                    r#""id": "b""#,
                )
            },
            "signature-wrong",
        ),
        (
            "a longer life",
            |lab| {
                with(
                    &lab.signed(&run("a", "echo a")),
                    "expires_at\": 1795000060",
                    "expires_at\": 1795000061",
                )
            },
            "signature-wrong",
        ),
        (
            "another executor's",
            |lab| {
                let now = lab.now();
                let other = Topic::new("10.0.0.2/executors/executor0/commands").unwrap();
                lab.alice.signer.sign(&run("a", "echo a"), &other, now)
            },
            "signature-wrong",
        ),
        (
            "unsigned",
            |_| run("a", "echo a").encode(),
            "signature-missing",
        ),
        (
            "an unsigned end",
            |_| cancel("a").encode(),
            "signature-missing",
        ),
        (
            "an unsigned revocation",
            |lab| revoke("a", lab.alice.id()).encode(),
            "signature-missing",
        ),
        (
            "an unknown key",
            |lab| {
                let now = lab.now();
                Person::new("mallory").sign(&run("a", "echo a"), now)
            },
            "signature-key-unknown",
        ),
        (
            "revoked on the list",
            |lab| {
                lab.trust(&lab.alice.line("revoked"));
                lab.signed(&run("a", "echo a"))
            },
            "signature-key-revoked",
        ),
        (
            "another program",
            |lab| {
                lab.trust(&lab.alice.line(r#"allow="true *""#));
                lab.signed(&run("a", "echo a"))
            },
            "signature-key-limit",
        ),
        (
            "a program behind another",
            |lab| {
                lab.trust(&lab.alice.line(r#"allow="true *""#));
                lab.signed(&run("a", "true; reboot"))
            },
            "signature-key-limit",
        ),
        (
            "a revocation by whom nobody asked",
            |lab| lab.signed(&revoke("a", "0123456789abcdef".parse().unwrap())),
            "signature-may-not-revoke",
        ),
    ];
    for (what, attack, rule) in attacks {
        let mut lab = Lab::new("");
        let payload = attack(&mut lab);
        lab.send(&payload);
        assert_eq!(
            lab.told(),
            ("refused".to_owned(), rule.to_owned()),
            "{what}"
        );
        assert!(lab.bench.running.is_empty(), "{what}");
        assert!(lab.bench.kept.is_empty(), "{what} is in the journal");
    }
}

#[test]
fn what_is_retained_or_for_another_client_is_refused_signed_or_not() {
    let mut lab = Lab::new("");
    let payload = lab.signed(&run("a", "echo a"));
    lab.deliver(&payload, true);
    assert!(lab.told().1.contains("retain flag"));
    let mut order = run("a", "echo a");
    if let OwnOrder::Run(command) = &mut order {
        command.client_id = "10.0.0.2".to_owned();
    }
    let payload = lab.signed(&order);
    lab.send(&payload);
    assert!(lab.told().1.contains("for another client"));
    assert!(lab.bench.kept.is_empty());
}

#[test]
fn a_limited_key_runs_what_both_lists_allow_as_its_own_list_reads_it() {
    let mut lab = Lab::new(r#"allow="true *""#);
    lab.run("a", "true --fast");
    assert_eq!(lab.bench.runs(), ["true --fast"]);
    let run = &lab.bench.running[0].run;
    assert!(matches!(run, crate::fleet::Run::Program { .. }), "{run:?}");
    // the executor's own list holds as well
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(list(&folder), lab.alice.line(r#"allow="*""#)).unwrap();
    lab.bench = Bench::new(ExecutorSettings {
        allow: vec!["true".to_owned()],
        shell: false,
        ..trusting(&folder)
    });
    lab.run("b", "reboot");
    lab.refused_by("not-in-allow");
}

#[test]
fn a_command_that_has_expired_is_told_so_by_the_clock_and_by_newer_commands_of_its_key() {
    let mut lab = Lab::new("");
    let late = lab.signed(&run("late", "echo late"));
    let later = lab.signed(&run("later", "echo later"));
    lab.bench.now += Duration::from_secs(60);
    lab.send(&late);
    assert_eq!(
        lab.told(),
        ("expired".to_owned(), "signature-expired".to_owned())
    );
    // one that is new runs, and after that the clock goes back to where both had not expired
    lab.run("new", "echo new");
    lab.bench.done(JobNumber(1), JobEnd::Exited(0));
    lab.bench.now -= Duration::from_secs(60);
    lab.send(&later);
    assert_eq!(
        lab.told(),
        ("expired".to_owned(), "signature-expired".to_owned())
    );
    assert_eq!(lab.bench.kept.len(), 1);
}

#[test]
fn a_command_from_the_future_is_refused_by_a_clock_that_is_right_and_runs_by_one_that_may_be_behind()
 {
    for synchronised in [true, false] {
        let mut lab = Lab::new("");
        if synchronised {
            lab.synchronise();
        }
        let ahead = lab.now() + Duration::from_secs(301);
        let payload = lab.alice.sign(&run("a", "echo a"), ahead);
        lab.send(&payload);
        match synchronised {
            true => lab.refused_by("signature-from-future"),
            false => assert_eq!(lab.bench.runs(), ["echo a"]),
        }
    }
}

#[test]
fn a_list_that_is_gone_or_wrong_refuses_everything_until_it_is_right_again() {
    use std::os::unix::fs::PermissionsExt;
    let mut lab = Lab::new("");
    let right = lab.alice.line("");
    std::fs::remove_file(list(&lab.folder)).unwrap();
    lab.run("a", "echo a");
    lab.refused_by("signature-list");
    lab.trust(&right);
    lab.run("b", "true");
    assert_eq!(lab.bench.runs(), ["true"]);
    lab.bench.done(JobNumber(1), JobEnd::Exited(0));
    lab.trust(&format!("{right}bob\n"));
    lab.run("c", "echo c");
    lab.refused_by("signature-list");
    lab.trust(&right);
    std::fs::set_permissions(list(&lab.folder), std::fs::Permissions::from_mode(0o666)).unwrap();
    lab.run("d", "echo d");
    lab.refused_by("signature-list");
    std::fs::set_permissions(list(&lab.folder), std::fs::Permissions::from_mode(0o644)).unwrap();
    lab.run("e", "echo e");
    assert_eq!(lab.bench.runs(), ["echo e"]);
}

#[test]
fn a_stranger_who_uses_the_id_of_a_running_command_gets_no_answer_that_could_pass_for_its_own() {
    let mut lab = Lab::new("");
    lab.run("a", "echo a");
    assert_eq!(lab.bench.runs(), ["echo a"]);
    lab.bench.said("responses");
    for payload in [
        run("a", "sleep 9").encode(),
        cancel("a").encode(),
        br#"{"id": "a", "client_id": "10.0.0.1", "argv": 7}"#.to_vec(),
    ] {
        lab.send(&payload);
        let said = lab.bench.said("responses");
        assert!(said.is_empty(), "{said:?}");
    }
    // of an id that nobody uses it is told
    lab.send(&run("b", "echo b").encode());
    assert_eq!(lab.bench.said("responses").len(), 1);
}
