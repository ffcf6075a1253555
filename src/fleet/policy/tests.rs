use super::*;
use crate::system::cpufreq::Wish;
use std::path::Path;

/// A machine with a few programs under /usr/bin, and one that jobs could replace.
fn find(name: &str) -> Result<PathBuf, ProgramError> {
    let known = ["stress-ng", "true", "sudo", "a", "b"];
    let path = Path::new(name);
    match (
        name.starts_with('/'),
        known.iter().any(|known| path.ends_with(known)),
    ) {
        (true, true) => Ok(path.to_owned()),
        (true, false) => Err(ProgramError::Missing(path.to_owned())),
        (false, true) => Ok(Path::new("/usr/bin").join(name)),
        (false, false) => Err(ProgramError::NotFound(name.to_owned())),
    }
}

fn settings(allow: &[&str]) -> ExecutorSettings {
    ExecutorSettings {
        allow: allow.iter().map(|&entry| entry.to_owned()).collect(),
        ..ExecutorSettings::default()
    }
}

pub(super) fn policy(allow: &[&str]) -> Policy {
    Policy::new(&settings(allow), find)
}

pub(super) fn with_shell(allow: &[&str]) -> Policy {
    let settings = ExecutorSettings {
        shell: true,
        ..settings(allow)
    };
    Policy::new(&settings, find)
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn program(path: &str, argv: &str, rule: &str) -> Verdict {
    Verdict::Allowed {
        run: Run::Program {
            path: path.into(),
            argv: words(argv),
        },
        rule: rule.into(),
    }
}

/// The rule that refuses, and why.
fn refused(policy: &Policy, command: Command<'_>) -> (&'static str, String) {
    match policy.decide(&command) {
        Verdict::Refused { rule, reason } => (rule, reason),
        allowed @ Verdict::Allowed { .. } => panic!("{command:?} is allowed: {allowed:?}"),
    }
}

#[test]
fn text_and_argv_run_the_program_that_was_found_without_a_shell() {
    let policy = policy(&["true", "stress-ng --cpu *", "/opt/lab/a *"]);
    let expected = program(
        "/usr/bin/stress-ng",
        "stress-ng --cpu 4",
        "stress-ng --cpu *",
    );
    assert_eq!(
        policy.decide(&Command::Text("stress-ng  --cpu '4'")),
        expected
    );
    assert_eq!(
        policy.decide(&Command::Argv(&words("stress-ng --cpu 4"))),
        expected
    );
    let by_path = program(
        "/usr/bin/stress-ng",
        "/usr/bin/stress-ng --cpu 4",
        "stress-ng --cpu *",
    );
    assert_eq!(
        policy.decide(&Command::Text("/usr/bin/stress-ng --cpu 4")),
        by_path
    );
    let at = program("/opt/lab/a", "/opt/lab/a -x", "/opt/lab/a *");
    assert_eq!(policy.decide(&Command::Text("/opt/lab/a -x")), at);
}

#[test]
fn an_operator_in_an_argument_of_an_argv_is_a_character() {
    let argv = ["true".to_owned(), "; reboot && $(x)".to_owned()];
    let Verdict::Allowed { run, .. } = policy(&["true *"]).decide(&Command::Argv(&argv)) else {
        panic!("refused")
    };
    let expected = Run::Program {
        path: "/usr/bin/true".into(),
        argv: argv.to_vec(),
    };
    assert_eq!(run, expected);
}

#[test]
fn without_an_entry_nothing_is_allowed_and_the_missing_line_is_named() {
    for policy in [policy(&[]), with_shell(&[])] {
        let (rule, reason) = refused(&policy, Command::Text("true"));
        assert_eq!(rule, "no-policy");
        assert_eq!(
            reason,
            "nothing is allowed here: there is no `allow`; what may run is a line `allow = ...` under [sut] of config.ini, or `allow = [..]` of the executor in the topology"
        );
    }
    let (rule, reason) = refused(&policy(&["./x"]), Command::Text("true"));
    assert_eq!(rule, "no-policy");
    assert!(
        reason.contains("because `./x`: the path `./x` is not absolute"),
        "{reason}"
    );
}

#[test]
fn text_goes_to_a_shell_only_where_everything_is_allowed_and_a_shell_is() {
    let shell = |text: &str| Verdict::Allowed {
        run: Run::Shell(text.into()),
        rule: "*".into(),
    };
    let open = with_shell(&["true", "*"]);
    assert!(open.is_open());
    for text in ["", "echo hi; reboot", "true", "a\nb", "\u{202e}"] {
        assert_eq!(open.decide(&Command::Text(text)), shell(text));
    }
    assert_eq!(refused(&open, Command::Text("a\0")).0, "nul");
    // an argv never does
    let argv = open.decide(&Command::Argv(&words("true ;")));
    assert_eq!(argv, program("/usr/bin/true", "true ;", "*"));

    let listed = with_shell(&["true *"]);
    assert!(!listed.is_open());
    let expected = program("/usr/bin/true", "true x", "true *");
    assert_eq!(listed.decide(&Command::Text("true x")), expected);
    let (rule, reason) = refused(&listed, Command::Text("true x; reboot"));
    assert_eq!(rule, "shell-operator");
    assert!(
        reason.ends_with("; `shell = true` counts together with an entry `*` only"),
        "{reason}"
    );

    let no_shell = policy(&["*"]);
    assert!(!no_shell.is_open());
    assert_eq!(
        no_shell.decide(&Command::Text("true x")),
        program("/usr/bin/true", "true x", "*")
    );
    assert_eq!(
        refused(&no_shell, Command::Text("true; x")).0,
        "shell-operator"
    );
    assert_eq!(refused(&no_shell, Command::Text("")).0, "empty");
    assert_eq!(
        refused(&no_shell, Command::Text("gone")).0,
        "program-not-found"
    );
}

#[test]
fn a_refusal_says_what_was_found_and_what_is_allowed() {
    let policy = policy(&[
        "stress-ng --cpu *",
        "stress-ng --vm * --timeout *",
        "/opt/lab/a *",
        "gone *",
    ]);
    for (text, rule, reason) in [
        (
            "reboot",
            "not-in-allow",
            "the program `reboot` is not allowed; allowed are `stress-ng --cpu *`, `stress-ng --vm * --timeout *`, `/opt/lab/a *`, `gone *`",
        ),
        (
            "\u{455}tress-ng",
            "not-in-allow",
            "the program `\u{455}tress-ng` (with U+0455, which is no ASCII) is not allowed; allowed are `stress-ng --cpu *`, `stress-ng --vm * --timeout *`, `/opt/lab/a *`, `gone *`",
        ),
        (
            "stress-ng --vm 1 --job x",
            "argument",
            "argument 3 is `--job`; allowed is `--timeout` (by the entry `stress-ng --vm * --timeout *`)",
        ),
        (
            "./stress-ng",
            "program-path",
            "`./stress-ng` is no program; it takes a name without `/`, or an absolute path without `.`, `..` and empty parts",
        ),
        (
            "/tmp/stress-ng --cpu 1",
            "program-path",
            "the program `/tmp/stress-ng` is not the one of the entry `stress-ng --cpu *`; that is /usr/bin/stress-ng",
        ),
        (
            "a",
            "program-path",
            "the program `a` is not the one of the entry `/opt/lab/a *`; that is /opt/lab/a",
        ),
        (
            "gone x",
            "program-not-found",
            "there is no program `gone` in /usr/local/sbin, /usr/local/bin, /usr/sbin, /usr/bin, /sbin, /bin; install it, or name its absolute path",
        ),
    ] {
        let expected = (rule, reason.to_owned());
        assert_eq!(refused(&policy, Command::Text(text)), expected);
    }
    let nothing = refused(&policy, Command::Argv(&[]));
    assert_eq!(nothing.0, "empty");
}

#[test]
fn a_refusal_is_short_whatever_was_sent_and_is_configured() {
    let entry = format!("{} *", "p".repeat(1000));
    let policy = policy(&[entry.as_str(); 100]);
    let (_, reason) = refused(&policy, Command::Text(&"x".repeat(60_000)));
    assert!(reason.len() < 2048, "{}", reason.len());
    assert!(reason.ends_with(" and 92 more"), "{reason}");
}

#[test]
fn one_missing_program_does_not_stop_the_others_and_is_reported() {
    let policy = policy(&[
        "gone *",
        "true",
        "a;b",
        "cpufreq-set -r -f *",
        "sudo cpufreq-set *",
    ]);
    assert_eq!(
        policy.decide(&Command::Text("true")),
        program("/usr/bin/true", "true", "true")
    );
    let told: Vec<String> = policy.problems().iter().map(Problem::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("`a;b`: the entry is not only words: "),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("`gone *`: there is no program `gone` in "),
        "{told:?}"
    );
    let settings = ExecutorSettings {
        native_cpufreq: false,
        ..settings(&["cpufreq-set -r -f *"])
    };
    assert_eq!(Policy::new(&settings, find).problems().len(), 1);
}

#[test]
fn programs_are_looked_for_once_when_they_are_named_and_each_time_behind_a_star() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let looked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&looked);
    let policy = Policy::new(&settings(&["true", "*"]), move |name| {
        counted.fetch_add(1, Ordering::Relaxed);
        find(name)
    });
    for _ in 0..3 {
        let _ = policy.decide(&Command::Text("true"));
    }
    assert_eq!(looked.load(Ordering::Relaxed), 1);
    for _ in 0..3 {
        let _ = policy.decide(&Command::Text("a"));
    }
    assert_eq!(looked.load(Ordering::Relaxed), 4);
}

#[test]
fn the_frequency_is_set_without_the_program_where_an_entry_allows_it() {
    let step = |rule: &str| Verdict::Allowed {
        run: Run::CpuFrequency(Wish {
            governor: None,
            khz: Some(800_000),
        }),
        rule: rule.into(),
    };
    for entry in ["cpufreq-set -r -f *", "sudo cpufreq-set -r -f *", "*"] {
        for text in ["cpufreq-set -r -f 800MHz", "sudo cpufreq-set -r -f 800MHz"] {
            assert_eq!(
                policy(&[entry]).decide(&Command::Text(text)),
                step(entry),
                "{entry} {text}"
            );
        }
    }
    // no wider than the entry
    let narrow = policy(&["cpufreq-set -r -f *MHz", "true"]);
    assert_eq!(
        narrow.decide(&Command::Text("sudo cpufreq-set -r -f 800MHz")),
        step("cpufreq-set -r -f *MHz")
    );
    assert_eq!(
        refused(&narrow, Command::Text("sudo cpufreq-set -g performance")).0,
        "not-in-allow"
    );
    assert_eq!(
        refused(&narrow, Command::Text("cpufreq-set -r -f 1GHz")).0,
        "argument"
    );
    assert_eq!(
        refused(&policy(&["true"]), Command::Text("cpufreq-set -f 1GHz")).0,
        "not-in-allow"
    );
    // what is allowed and is no frequency
    let (rule, reason) = refused(&narrow, Command::Text("cpufreq-set -r -f fastMHz"));
    assert_eq!(rule, "frequency");
    assert!(
        reason.starts_with("`fastMHz` is no frequency; allowed are"),
        "{reason}"
    );
    // what it cannot do itself is for the program
    let other = policy(&["cpufreq-set *"]);
    assert_eq!(
        refused(&other, Command::Text("cpufreq-set -d 1GHz")).0,
        "program-not-found"
    );
    // sudo alone allows no frequency, and a frequency no sudo
    assert_eq!(
        refused(
            &policy(&["sudo true"]),
            Command::Text("cpufreq-set -f 1GHz")
        )
        .0,
        "not-in-allow"
    );
    assert_eq!(
        refused(&narrow, Command::Text("sudo true")).0,
        "not-in-allow"
    );
    // the way back is allowed where a step is
    for (entry, command) in [
        ("*", "cpufreq-set --restore"),
        ("cpufreq-set -r -f *", "sudo cpufreq-set --restore"),
    ] {
        let Verdict::Allowed { run, .. } = policy(&[entry]).decide(&Command::Text(command)) else {
            panic!("{entry} refuses")
        };
        assert_eq!(run, Run::CpuFrequencyRestore);
    }
    assert_eq!(
        refused(&policy(&["true"]), Command::Text("cpufreq-set --restore")).0,
        "not-in-allow"
    );
    // not by a shell, which knows no such option
    let open = with_shell(&["*"]).decide(&Command::Text("sudo cpufreq-set --restore"));
    assert!(matches!(
        open,
        Verdict::Allowed {
            run: Run::CpuFrequencyRestore,
            ..
        }
    ));
    // switched off
    let settings = ExecutorSettings {
        native_cpufreq: false,
        ..settings(&["*"])
    };
    let off = Policy::new(&settings, find);
    assert_eq!(
        refused(&off, Command::Text("cpufreq-set -r -f 800MHz")).0,
        "program-not-found"
    );
    let sudo = off.decide(&Command::Text("sudo cpufreq-set -f 1"));
    assert_eq!(sudo, program("/usr/bin/sudo", "sudo cpufreq-set -f 1", "*"));
    for restore in ["cpufreq-set --restore", "sudo cpufreq-set --restore"] {
        assert_eq!(refused(&off, Command::Text(restore)).0, "no-native-cpufreq");
    }
}
