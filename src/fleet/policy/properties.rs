//! What holds for every command.

use super::tests::policy;
use super::{Command, Verdict};
use crate::fleet::Run;
use crate::fleet::pattern::Pattern;
use crate::fleet::words::{quoted, split};
use proptest::prelude::*;

/// Commands that are near to what is allowed.
fn near() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec!["stress-ng", "a", "true", "/usr/bin/", "--cpu", "4", "x", " ", " ", " ", "sudo", "cpufreq-set", "-f"]).prop_map(str::to_owned),
        2 => r#"[;&|<>()$`*?\[{}~#='"\\/.\n-]"#,
        1 => "\\PC",
    ];
    proptest::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

const ENTRIES: [&str; 6] = [
    "*",
    "true",
    "stress-ng *",
    "stress-ng --cpu * x",
    "a x*",
    "/usr/bin/b *",
];

fn some_entries() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(ENTRIES.to_vec(), 0..=ENTRIES.len())
}

proptest! {
    #[test]
    fn what_is_allowed_without_a_shell_is_exactly_the_argv_of_its_text(
        allow in some_entries(), text in prop_oneof![near(), ".{0,40}"],
    ) {
        let policy = policy(&allow);
        let verdict = policy.decide(&Command::Text(&text));
        match (&verdict, split(&text)) {
            (Verdict::Allowed { run, rule }, Ok(words)) => {
                prop_assert!(allow.contains(&rule.as_str()));
                if let Run::Program { path, argv } = run {
                    prop_assert_eq!(argv, &words);
                    prop_assert!(path.is_absolute());
                    let pattern = Pattern::parse(rule).unwrap();
                    prop_assert!(pattern.fits(&argv[1..]).is_ok());
                    prop_assert!(path.ends_with(argv[0].rsplit('/').next().unwrap()));
                } else {
                    prop_assert!(matches!(run, Run::CpuFrequency(_)));
                }
                // the same words as an argv, and quoted, have the same verdict
                prop_assert_eq!(&policy.decide(&Command::Argv(&words)), &verdict);
                prop_assert_eq!(&policy.decide(&Command::Text(&quoted(&words))), &verdict);
            }
            (Verdict::Allowed { .. }, Err(error)) => panic!("{text:?} is allowed: {error}"),
            (Verdict::Refused { rule, reason }, _) => {
                prop_assert!(rule.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule);
                prop_assert!(!reason.is_empty() && !reason.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn an_operator_outside_quotes_is_never_allowed_without_a_shell(
        allow in some_entries(), before in near(), operator in r"[;&|<>()$`\n\r]", after in near(),
    ) {
        // whatever stands around it: without quotes and escapes it is outside of them
        let plain = |text: String| text.replace(['\'', '"', '\\'], "");
        let text = format!("{}{operator}{}", plain(before), plain(after));
        let verdict = policy(&allow).decide(&Command::Text(&text));
        prop_assert!(matches!(verdict, Verdict::Refused { .. }), "{:?} {:?}", text, verdict);
    }

    #[test]
    fn any_argv_is_allowed_as_it_is_or_refused(
        allow in some_entries(), argv in proptest::collection::vec(prop_oneof![near(), ".{0,8}"], 0..5),
    ) {
        if let Verdict::Allowed { run: Run::Program { argv: runs, .. }, .. } = policy(&allow).decide(&Command::Argv(&argv)) {
            prop_assert_eq!(runs, argv);
        }
    }
}
