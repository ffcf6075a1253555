//! What an operator gets from a file of pipelines; and that any text gives a plan or mistakes inside it.

use super::parse;
use crate::fleet::{Choice, GovernorTopics, OnFailure, OperatorPlan, Pipeline, Step, StepCommand};
use crate::topology::report;
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;

const THREE: &str = include_str!("../../../resources/pipelines/three-frequencies.toml");
const EVERY_KEY: &str = include_str!("../../../resources/pipelines/every-key.toml");

fn planned(text: &str) -> OperatorPlan {
    let file = parse(text).unwrap();
    assert!(file.warnings.is_empty());
    file.plan
}

fn step(text: &str) -> Step {
    Step {
        name: text.to_owned(),
        command: StepCommand::Text(text.to_owned()),
        time_limit: None,
        retries: 0,
    }
}

#[test]
fn a_file_with_steps_alone_is_a_plan() {
    let plan = planned("[[pipelines]]\nsteps = [\"uptime\"]\n");
    let pipeline = Pipeline {
        name: "pipeline 1".to_owned(),
        steps: vec![step("uptime")],
        finally: Vec::new(),
        on_failure: OnFailure::Continue,
        barrier: false,
        clients: Choice::All,
    };
    let expected = OperatorPlan {
        pipelines: vec![pipeline],
        ..OperatorPlan::default()
    };
    assert_eq!(plan, expected);
}

#[test]
fn a_step_is_an_element_and_nothing_is_split() {
    let text = r#"[[pipelines]]
steps = [
    "echo 'a; b'; date",
    ["echo", "a; b", "it's"],
    { name = "load", argv = ["stress-ng", "--cpu", "0"], timeout_s = 1.5, retries = 2 },
    { command = "uptime" },
]
"#;
    let plan = planned(text);
    let words =
        |words: &[&str]| StepCommand::Argv(words.iter().map(|word| (*word).to_owned()).collect());
    let steps = &plan.pipelines[0].steps;
    assert_eq!(steps[0], step("echo 'a; b'; date"));
    assert_eq!(steps[1].command, words(&["echo", "a; b", "it's"]));
    assert_eq!(steps[1].name, r"echo 'a; b' 'it'\''s'");
    assert_eq!(
        steps[2],
        Step {
            name: "load".to_owned(),
            command: words(&["stress-ng", "--cpu", "0"]),
            time_limit: Some(Duration::from_millis(1500)),
            retries: 2,
        }
    );
    assert_eq!(steps[3], step("uptime"));
}

#[test]
fn the_shipped_pipelines_are_what_they_are_called() {
    let plan = planned(THREE);
    assert_eq!(plan.pipelines.len(), 3);
    for pipeline in &plan.pipelines {
        assert_eq!(pipeline.steps.len(), 2);
        assert_eq!(pipeline.on_failure, OnFailure::NextPipeline);
        assert!(pipeline.steps[1].time_limit.is_some());
        assert!(pipeline.finally[0].command.is_way_back());
    }
}

#[test]
fn the_way_back_follows_frequency_steps_unless_it_is_switched_off_or_there() {
    let finally = |text: &str| {
        let finally = planned(&format!("[[pipelines]]\n{text}"))
            .pipelines
            .remove(0)
            .finally;
        finally
            .into_iter()
            .map(|step| step.name)
            .collect::<Vec<_>>()
    };
    let steps = "steps = [[\"sudo\", \"cpufreq-set\", \"-f\", \"1GHz\"]]\n";
    let last = "finally = [\"date\"]\n";
    assert_eq!(finally(steps), ["restore frequency"]);
    assert_eq!(
        finally(&format!("{steps}{last}")),
        ["date", "restore frequency"]
    );
    assert_eq!(
        finally(&format!("{steps}restore_frequency = false\n")),
        [""; 0]
    );
    assert_eq!(
        finally("steps = [\"uptime\"]\nrestore_frequency = true\n"),
        [""; 0]
    );
    let own = "finally = [\"cpufreq-set --restore\", \"date\"]\n";
    assert_eq!(
        finally(&format!("{steps}{own}")),
        ["cpufreq-set --restore", "date"]
    );
}

#[test]
fn the_file_with_every_key_has_every_key() {
    let plan = planned(EVERY_KEY);
    let usual = OperatorPlan::default();
    assert!(plan.broker.is_some() && plan.clients.is_some() && plan.feedback_file.is_some());
    assert_eq!(plan.topics, GovernorTopics::default());
    assert!(plan.realtime && plan.receive_commands && plan.jsonify);
    assert_eq!(
        (plan.patience, plan.silence),
        (usual.patience, usual.silence)
    );
    let full = &plan.pipelines[0];
    assert!(full.barrier && !full.finally.is_empty() && full.on_failure == OnFailure::Stop);
    assert!(matches!(&full.clients, Choice::Matching(names) if names.len() == 2));
    for key in [
        "registration_timeout_s",
        "timeout_s",
        "retries",
        "argv",
        "command",
        "restore_frequency",
    ] {
        assert!(
            EVERY_KEY.contains(&format!("{key} = ")),
            "{key} is not shown"
        );
    }
}

#[test]
fn all_or_a_star_chooses_all() {
    for all in ["\"all\"", "\"*\""] {
        let plan = planned(&format!(
            "[[pipelines]]\nsteps = [\"uptime\"]\nclients = {all}\n"
        ));
        assert_eq!(plan.pipelines[0].clients, Choice::All);
    }
    let plan = planned("[[pipelines]]\nsteps = [\"uptime\"]\nclients = \"pi?\"\n");
    assert_eq!(
        plan.pipelines[0].clients,
        Choice::Matching(vec!["pi?".to_owned()])
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "realtime = 1\n[[pipelines]]\nsteps = [1, \"\"]\non_failure = \"\"\n[[pipelines]]\n[topics]\ncommands = \"+\"\n";
    assert_eq!(parse(text).unwrap_err().len(), 6);
}

fn holds(text: &str) {
    if let Err(mistakes) = parse(text) {
        assert!(!mistakes.is_empty(), "refused without a word:\n{text}");
        for mistake in &mistakes {
            assert!(
                text.get(mistake.place.clone()).is_some(),
                "{mistake:?}\n{text}"
            );
        }
        let told = report("slow.toml", text, &mistakes, false);
        assert!(!told.chars().any(|c| c.is_control() && c != '\n'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_file_with_slips_gives_a_plan_or_mistakes_inside_it(
        file in select(vec![THREE, EVERY_KEY]),
        slips in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..12, select(vec![
            "\"", "[", "]", "{", "}", "=", ",", "\n", "[[pipelines]]\n", "steps = [", "-1", "1e400", "nan", "true", "ü", "\u{202e}",
            "clients = \"\"", "[]", "{}", "\\u0000", "argv = []", "name = \"\"", "pipelines = 1",
        ])), 1..4),
    ) {
        let mut chars: Vec<char> = file.chars().collect();
        for (at, gone, slip) in slips {
            let start = at.index(chars.len() + 1);
            let end = (start + gone).min(chars.len());
            chars.splice(start..end, slip.chars());
        }
        holds(&chars.into_iter().collect::<String>());
    }

    #[test]
    fn any_text_is_read_or_refused_with_words(text in "\\PC{0,200}|[ -~\n]{0,200}") {
        holds(&text);
    }
}
