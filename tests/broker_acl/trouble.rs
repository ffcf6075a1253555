//! Slow ways, broken connections, and everything that cannot be used.

use crate::lab::{Lab, Run, failed, private, resource, run, shipped};
use crate::support::{LIMIT, Proxy, free_port};
use std::time::{Duration, Instant};

fn through(lab: &Lab, proxy: &Proxy, more: &[&str]) -> Run {
    let (url, secrets) = (proxy.url(), lab.file("secrets"));
    let mut arguments = vec![
        "--broker",
        &url,
        "--prover",
        "prover",
        "--json",
        "--passwords",
    ];
    arguments.push(secrets.to_str().unwrap());
    arguments.extend(more);
    run(&resource("table.md"), &arguments)
}

#[test]
fn on_a_slow_way_nothing_is_taken_for_denied() {
    let Some(lab) = Lab::start("mosquitto.conf", &shipped("acl")) else {
        return;
    };
    let proxy = Proxy::to(lab.port());
    proxy.delay_downwards(Duration::from_millis(80));
    proxy.delay_upwards(Duration::from_millis(20));
    let rows = through(&lab, &proxy, &["--timeout", "60"]).rows();
    assert!(
        rows.iter().all(|row| row["passed"].is_boolean()),
        "{rows:#?}"
    );
    assert_eq!(failed(&rows), [2].into());
}

#[test]
fn what_was_tried_while_connections_broke_is_tried_again_or_undecided_and_never_wrong() {
    let Some(lab) = Lab::start("mosquitto.conf", &shipped("acl")) else {
        return;
    };
    let proxy = Proxy::to(lab.port());
    proxy.delay_downwards(Duration::from_millis(5));
    std::thread::scope(|scope| {
        let tested = scope.spawn(|| through(&lab, &proxy, &["--timeout", "10"]));
        let began = Instant::now();
        let mut cuts = 0;
        while !tested.is_finished() && began.elapsed() < LIMIT {
            // once the rows have begun
            if cuts < 12 && proxy.accepted() > 2 {
                proxy.cut();
                cuts += 1;
            }
            std::thread::sleep(Duration::from_millis(73));
        }
        let run = tested.join().unwrap();
        assert!(cuts > 3, "{cuts}");
        let found = failed(&run.rows());
        assert!(found.is_subset(&[2].into()), "{found:?} {}", run.out);
    });
}

#[test]
fn a_user_whose_password_is_wrong_is_undecided_and_a_missing_one_is_told_before() {
    let Some(lab) = Lab::start("mosquitto.conf", &shipped("acl")) else {
        return;
    };
    let secrets = std::fs::read_to_string(lab.file("secrets")).unwrap();
    let wrong: String = secrets
        .lines()
        .map(|line| match line.starts_with("carol:") {
            true => "carol:wrong-wonderland\n".to_owned(),
            false => format!("{line}\n"),
        })
        .collect();
    private(&lab.file("secrets"), &wrong);
    let run = lab.test(&resource("table.md"), &["--timeout", "5"]);
    assert_eq!(run.code, 1);
    assert!(
        run.out.contains("10 passed, 1 failed, 6 undecided"),
        "{}",
        run.out
    );
    let why = "publish is undecided: the broker does not let `carol` in: refused: not authorised (code 5)";
    assert!(run.out.contains(why), "{}", run.out);
    assert!(!run.out.contains("wonderland") && !run.err.contains("wonderland"));

    private(&lab.file("secrets"), "prover:x\nalice:y\n");
    let run = lab.test(&resource("table.md"), &[]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(
        run.err.ends_with("/secrets has no line for bob, carol\n"),
        "{}",
        run.err
    );
    private(&lab.file("secrets"), "prover:x\nalice wonderland\n");
    let run = lab.test(&resource("table.md"), &[]);
    assert!(
        run.err.contains("/secrets:2: there is no colon"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("wonderland"));
}

#[test]
fn a_prover_that_lacks_rights_is_told_with_the_lines_that_it_needs() {
    let narrow = shipped("acl").replace(
        "topic readwrite /sensor/#",
        "topic readwrite /sensor/+/data",
    );
    let Some(lab) = Lab::start("mosquitto.conf", &narrow) else {
        return;
    };
    let run = lab.test(&resource("table.md"), &[]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert_eq!(
        run.err,
        "mqtt-thing: the prover `prover` cannot read and write 3 of the table's topics, the first is \
         `/sensor/alice/temperature/data`\n\
         in the broker's ACL file it needs, and then the broker must read its files again (SIGHUP):\n\n\
         user prover\n\
         topic readwrite /sensor/alice/temperature/data\n\
         topic readwrite /sensor/bob/temperature/data\n\
         topic readwrite /sensor/carol/light/data\n\n"
    );
}

#[test]
fn a_bad_table_a_bad_acl_and_an_open_password_file_are_told_and_nothing_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let table = "| topic | user | publish | subscribe | expected |\n|--|--|--|--|--|\n| a/+ | bob | y | | n |\n| a | | | | ? |\n";
    std::fs::write(at("t.md"), table).unwrap();
    std::fs::write(at("acl"), "topic read a#\n").unwrap();
    let acl = at("acl");
    let usual = ["--broker", "mqtt://127.0.0.1:1", "--prover", "p", "--acl"];
    let bad = run(
        &at("t.md"),
        &[&usual[..], &[acl.to_str().unwrap()]].concat(),
    );
    assert_eq!((bad.code, bad.out.as_str()), (2, ""));
    let told = bad
        .err
        .replace(&format!("{}/", folder.path().display()), "");
    let heads: Vec<&str> = told
        .lines()
        .filter(|line| line.contains(": error: "))
        .collect();
    assert_eq!(
        heads,
        [
            "t.md:3:3: error: nobody can publish to `a/+`, which has a wildcard",
            "t.md:4:13: error: `?` is not understood",
            "acl:1: error: in the topic filter `a#` a `#` is not alone in the last level; it stands for all levels that \
             follow, as in `a/#`",
        ]
    );

    std::fs::write(
        at("t.csv"),
        "topic,user,publish,subscribe,expected\na,bob,y,,n\n",
    )
    .unwrap();
    std::fs::write(at("secrets"), "bob:wonderland\n").unwrap();
    let secrets = at("secrets");
    let open = [&usual[..4], &["--passwords", secrets.to_str().unwrap()]].concat();
    let refused = run(&at("t.csv"), &open);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("chmod 600"), "{}", refused.err);
    assert!(!refused.err.contains("wonderland"));
}

#[test]
fn without_a_broker_it_is_said_that_nothing_could_be_tried() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(
        at("t.csv"),
        "topic,user,publish,subscribe,expected\na,,y,,n\n",
    )
    .unwrap();
    private(&at("secrets"), "p:x\n");
    let (url, secrets) = (format!("mqtt://127.0.0.1:{}", free_port()), at("secrets"));
    let arguments = [
        "--broker",
        &url,
        "--prover",
        "p",
        "--timeout",
        "0.5",
        "--passwords",
    ];
    let gone = run(
        &at("t.csv"),
        &[&arguments[..], &[secrets.to_str().unwrap()]].concat(),
    );
    assert_eq!((gone.code, gone.out.as_str()), (2, ""));
    let why = "the prover cannot use the broker: the broker's welcome to the prover `p` did not come within 0.5 s";
    assert!(gone.err.contains(why), "{}", gone.err);
}
