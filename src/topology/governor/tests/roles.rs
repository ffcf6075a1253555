use super::super::{Environment, SutConfig, check, commander, operator, sut};
use crate::fleet::{OnFailure, OperatorPlan, StepCommand};
use crate::model::Mistake;
use std::path::Path;
use std::time::Duration;

/// As the README of the original shows it.
const USUAL: &str = "[mqtt]
broker = localhost
port = 1883
command_topic = system_performance/commands
response_topic = system_performance/responses
registration_topic = clients/registration
ack_topic = clients/acknowledgment
command_loader_topic = system_performance/command_loader

[operator]
registration_timeout = 5
enable_pipeline_mode = True
enable_realtime_mode = False
jsonify = True
colorlog = True
save_feedback = True
feedback_file = results/feedback.txt
receive_commands = True
pipeline1 = sudo cpufreq-set -r -f 600000; stress-ng --cpu 0 --timeout 60s --metrics-brief
pipeline2 = echo \"100%%\"

[commander]
jsonify = False
";

fn planned(text: &str) -> OperatorPlan {
    operator(text, &Environment::default()).unwrap().plan
}

fn steps(plan: &OperatorPlan, pipeline: usize) -> Vec<&str> {
    let steps = plan.pipelines[pipeline].steps.iter();
    steps
        .map(|step| match &step.command {
            StepCommand::Text(text) => text.as_str(),
            StepCommand::Argv(_) => panic!("config.ini has text only"),
        })
        .collect()
}

fn sut_of(text: &str, client_id: Option<&str>) -> SutConfig {
    let variables = |name: &str| client_id.filter(|_| name == "CLIENT_ID").map(str::to_owned);
    sut(text, &Environment::read(variables).unwrap()).unwrap()
}

fn messages(mistakes: Vec<Mistake>) -> Vec<String> {
    mistakes
        .into_iter()
        .map(|mistake| mistake.message)
        .collect()
}

#[test]
fn the_operator_gets_what_the_original_reads() {
    let plan = planned(USUAL);
    assert_eq!(plan.broker.as_deref(), Some("mqtt://localhost:1883"));
    assert_eq!(plan.topics, crate::fleet::GovernorTopics::default());
    assert_eq!(plan.registration_timeout, Duration::from_secs(5));
    assert!(plan.jsonify && !plan.realtime && plan.receive_commands);
    let file = Path::new("results/feedback.txt");
    assert_eq!(plan.feedback_file.as_deref(), Some(file));
    assert_eq!(plan.clients, None);
    assert_eq!(
        steps(&plan, 0),
        [
            "sudo cpufreq-set -r -f 600000",
            "stress-ng --cpu 0 --timeout 60s --metrics-brief"
        ]
    );
    assert_eq!(plan.pipelines[1].name, "pipeline2");
    assert_eq!(plan.pipelines[1].on_failure, OnFailure::Continue);
    assert_eq!(steps(&plan, 1), ["echo \"100%\""]);
}

#[test]
fn the_way_back_comes_where_no_later_pipeline_relies_on_the_frequency() {
    let backs = |more: &str| {
        let text = format!("{USUAL}\n[operator]\n{more}");
        let text = text.replacen("[operator]\nregistration", "[x]\nregistration", 1);
        let pipelines = planned(&text).pipelines;
        pipelines
            .iter()
            .map(|one| one.finally.len())
            .collect::<Vec<_>>()
    };
    let chain =
        "pipeline1 = cpufreq-set -f 1GHz; x\npipeline2 = y\npipeline3 = cpufreq-set -f 2GHz\n";
    assert_eq!(backs(chain), [0, 1, 1]);
    assert_eq!(
        backs(&format!("{chain}restore_frequency = no\n")),
        [0, 0, 0]
    );
    assert_eq!(planned(USUAL).pipelines[1].finally.len(), 1);
}

#[test]
fn what_the_file_leaves_out_is_as_the_originals_readme_says() {
    let plan = planned("[operator]\n");
    assert_eq!(plan.broker, None);
    assert!(plan.jsonify && plan.realtime && !plan.receive_commands);
    assert_eq!(plan.registration_timeout, Duration::from_secs(5));
    assert_eq!(
        plan.feedback_file.as_deref(),
        Some(Path::new("feedback.txt"))
    );
    let off = planned("[operator]\nsave_feedback = off\nfeedback_file = x\n");
    assert_eq!(off.feedback_file, None);
}

#[test]
fn pipelines_keep_the_order_of_the_file_whatever_their_numbers() {
    let text = "[DEFAULT]\npipeline0 = z\nPIPELINE2 = never\n[operator]\npipeline10 = a\nPipeline2 = b\nenable_pipeline_mode = yes\npipelines_x = c\nmy_pipeline = d\n";
    let plan = planned(text);
    let names: Vec<&str> = plan.pipelines.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        ["pipeline10", "pipeline2", "pipelines_x", "pipeline0"]
    );
    assert_eq!(steps(&plan, 1), ["b"]);
}

#[test]
fn steps_are_cut_at_each_semicolon_and_an_empty_one_is_sent_empty() {
    let text = "[operator]\npipeline1 = a;; b ;\n   c 'x;y'\n\n   d\npipeline2 =\n";
    let plan = planned(text);
    assert_eq!(steps(&plan, 0), ["a", "", "b", "c 'x", "y'\n\nd"]);
    assert_eq!(steps(&plan, 1), [""]);
}

#[test]
fn without_pipeline_mode_there_are_no_pipelines() {
    let plan = planned("[operator]\nenable_pipeline_mode = False\npipeline1 = a\n");
    assert!(plan.pipelines.is_empty());
}

#[test]
fn the_switches_of_older_versions_are_understood_and_no_pipelines() {
    let plan = planned("[operator]\npipeline_mode = True\nrealtime_mode = False\npipeline1 = a\n");
    assert!(!plan.realtime);
    assert_eq!(plan.pipelines.len(), 1);
    // beside the new name, or with a command, it is what the original makes of it
    for both in [
        "enable_pipeline_mode = True\npipeline_mode = True\n",
        "pipeline_mode = uptime\n",
    ] {
        assert_eq!(planned(&format!("[operator]\n{both}")).pipelines.len(), 1);
    }
}

#[test]
fn the_commander_has_its_own_jsonify() {
    let config = commander(USUAL, &Environment::default()).unwrap();
    assert!(!config.jsonify);
    assert_eq!(config.broker.as_deref(), Some("mqtt://localhost:1883"));
}

#[test]
fn a_sut_without_a_policy_allows_nothing() {
    let config = sut_of(USUAL, Some("pi-1"));
    assert!(config.settings.allow.is_empty() && !config.settings.shell && config.jsonify);
    let face = config.settings.governor.unwrap();
    assert_eq!(
        (face.client_id.as_str(), face.topics),
        ("pi-1", config.topics)
    );
}

#[test]
fn the_environment_names_a_sut_before_the_file_and_without_both_it_is_client1() {
    let named = "[sut]\nclient_id = from the file\n";
    let id = |text, variable| {
        let config = sut_of(text, variable);
        (config.client_id, config.client_id_is_default)
    };
    assert_eq!(id(named, Some("c7")), ("c7".to_owned(), false));
    assert_eq!(id(named, None), ("from the file".to_owned(), false));
    assert_eq!(id(USUAL, Some("")), ("client1".to_owned(), true));
}

#[test]
fn the_policy_of_a_sut_has_a_pattern_a_line() {
    let text = "[sut]
allow = stress-ng *
    # slow
    cpufreq-set -r -f *

    echo a,b c
shell = On
parallel = 2
timeout_s = 1_500
progress_s = 0
queue = 10
keep_days = 2
spool_mib = 3
nice = -5
memory_mib = 4
environment = PATH=/usr/bin
    GREETING=a = b
working_directory = /srv/jobs
journal = no
";
    let settings = sut_of(text, None).settings;
    assert_eq!(
        settings.allow,
        ["stress-ng *", "cpufreq-set -r -f *", "echo a,b c"]
    );
    assert!(settings.shell && !settings.journal);
    assert_eq!(
        (settings.parallel, settings.queue, settings.spool_cap),
        (2, 10, 3 << 20)
    );
    assert_eq!(settings.time_limit, Some(Duration::from_secs(1_500)));
    assert_eq!(settings.keep, Duration::from_secs(2 * 86_400));
    assert_eq!(settings.progress, None);
    let process = settings.process;
    assert_eq!((process.nice, process.memory), (Some(-5), Some(4 << 20)));
    assert_eq!(process.environment["GREETING"], "a = b");
    assert_eq!(
        process.working_directory.as_deref(),
        Some(Path::new("/srv/jobs"))
    );
}

#[test]
fn a_slip_in_the_section_of_another_role_stops_nobody_else() {
    let text = "[operator]\nregistration_timeout = soon\n[sut]\nallow = *\nparalel = 2\n[commander]\njsonify = perhaps\n";
    let none = Environment::default();
    let (sut, operator, commander) = (
        sut(text, &none),
        operator(text, &none),
        commander(text, &none),
    );
    assert_eq!(messages(sut.unwrap_err()), ["[sut] has no key `paralel`"]);
    assert_eq!(operator.unwrap_err().len(), 1);
    assert_eq!(commander.unwrap_err().len(), 1);
    assert_eq!(check(text).unwrap_err().len(), 3);
}

#[test]
fn unknown_keys_and_sections_do_no_harm() {
    let text = format!("{USUAL}colour = blue\n[notes]\nanything = %% goes %\n");
    assert!(
        operator(&text, &Environment::default())
            .unwrap()
            .warnings
            .is_empty()
    );
}

#[test]
fn clients_are_named_with_commas_or_lines() {
    let plan = planned("[operator]\nclients = pi1, pi 2\n  pi3\npatience_s = 90\nsilence_s = 2\n");
    assert_eq!(plan.clients.unwrap(), ["pi1", "pi 2", "pi3"]);
    assert_eq!(
        (plan.patience, plan.silence),
        (Duration::from_secs(90), Duration::from_secs(2))
    );
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let text = format!("[mqtt]\n{}", "#".repeat(256 * 1024));
    let found = messages(check(&text).unwrap_err());
    assert_eq!(
        found,
        ["the file has 262151 bytes; at most 262144 are read"]
    );
}

/// The lines that are commented out there are what holds without them.
#[test]
fn the_shipped_file_names_the_usual_value_of_each_key() {
    let shipped = include_str!("../../../../resources/governor.ini");
    let config = check(shipped).unwrap();
    assert_eq!(config.warnings, []);
    assert_eq!(config.operator.pipelines.len(), 3);
    assert_eq!(config.executor.allow.len(), 3);
    let keys = shipped.split("[sut]").nth(2).unwrap();
    let set = |line: &str| {
        line.strip_prefix("# ")
            .filter(|line| {
                line.split(" = ")
                    .next()
                    .is_some_and(|key| key.len() < line.len() && !key.contains(' '))
            })
            .map(str::to_owned)
    };
    let written: String = keys
        .lines()
        .filter_map(set)
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(written.lines().count(), 13, "{written}");
    let usual = format!(
        "[sut]\n{}",
        written.replace("environment = NAME=value\n", "")
    );
    assert_eq!(
        check(&usual).unwrap().executor,
        crate::fleet::ExecutorSettings::default()
    );
}
