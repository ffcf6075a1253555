//! What executors allow: programs that are not there, or that a job could replace.

use crate::doctor::case::Case;
use crate::doctor::unit::{Account, VARIABLES};
use crate::doctor::{Cure, Findings, Severity};
use crate::fleet::Policy;
use crate::fleet::policy::Problem;
use crate::system::{Programs, User};
use crate::thing::Class;

/// Which package of Raspberry Pi OS (bookworm) brings what labs run.
const PACKAGES: &[(&str, &str)] = &[
    ("stress-ng", "stress-ng"),
    ("stress", "stress"),
    ("cpufreq-set", "cpufrequtils"),
    ("cpufreq-info", "cpufrequtils"),
    ("cpupower", "linux-cpupower"),
    ("sysbench", "sysbench"),
    ("iperf3", "iperf3"),
    ("fio", "fio"),
    ("perf", "linux-perf"),
    ("i2cdetect", "i2c-tools"),
    ("mosquitto_pub", "mosquitto-clients"),
    ("mosquitto_sub", "mosquitto-clients"),
    ("vcgencmd", "raspi-utils"),
    ("sudo", "sudo"),
];

/// What is wrong with one program, or with one entry that names none.
struct Wrong {
    rule: &'static str,
    program: String,
    executor: String,
    first: Problem,
    entries: usize,
}

pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    let account = case.jobs_account();
    let mut all: Vec<Wrong> = Vec::new();
    for executor in case.executors() {
        let Some(settings) = &executor.executor else {
            continue;
        };
        let user = User {
            uid: account.uid,
            groups: account.groups.clone(),
        };
        let programs = Programs::new(case.root().clone(), user);
        let policy = Policy::new(settings, move |name| programs.find(name));
        for problem in policy.problems() {
            gather(&mut all, &executor.name, problem);
        }
    }
    for wrong in &all {
        judge(wrong, &account, findings);
    }
    which_things_runner(case, findings);
}

/// A program that many entries allow is told once.
fn gather(all: &mut Vec<Wrong>, executor: &str, problem: Problem) {
    let rule = match problem.rule {
        "program-not-found" => "policy-program-missing",
        "program-writable" => "policy-program-writable",
        "program-not-executable" | "program-unreadable" => "policy-program-forbidden",
        _ => "policy-broken",
    };
    let program = program(&problem.entry).to_owned();
    let same = |wrong: &&mut Wrong| wrong.rule == rule && wrong.program == program;
    match all.iter_mut().find(same) {
        Some(wrong) => wrong.entries += 1,
        None => all.push(Wrong {
            rule,
            program,
            executor: executor.to_owned(),
            first: problem,
            entries: 1,
        }),
    }
}

fn judge(wrong: &Wrong, account: &Account, findings: &mut Findings) {
    let Wrong {
        rule,
        program,
        executor,
        first,
        entries,
    } = wrong;
    let mut cause = format!("the executor {executor} allows {first}");
    match entries {
        0 | 1 => {}
        2 => cause.push_str("; so does 1 more entry"),
        more => cause.push_str(&format!("; so do {} more entries", more - 1)),
    }
    let mut cures = Vec::new();
    if *rule == "policy-program-missing" {
        let known = PACKAGES.iter().find(|(name, _)| name == program);
        cures.push(match known {
            Some((_, package)) => Cure::run(format!("sudo apt install {package}")),
            None => Cure::advise(format!(
                "`apt-file search bin/{program}` tells which package brings it"
            )),
        });
        // programs are looked for at the start
        cures.push(Cure::run(
            "sudo systemctl restart mqtt-thing mqtt-thing-runner",
        ));
    } else {
        cures.push(Cure::advise(match *rule {
            "policy-broken" => "correct the entry in the topology file".to_owned(),
            _ => format!("do what stands there; jobs run as {}", account.words()),
        }));
    }
    findings.tell(rule, Severity::Warning, cause, cures);
}

/// The program of an entry, as it is written.
fn program(entry: &str) -> &str {
    let first = entry.split_ascii_whitespace().next().unwrap_or_default();
    first.rsplit('/').next().unwrap_or(first)
}

/// The runner has no network, so it cannot tell by addresses which of several things it works for.
fn which_things_runner(case: &Case<'_>, findings: &mut Findings) {
    let Some(topology) = &case.topology else {
        return;
    };
    if case.runner.is_none() || case.named_by_file {
        return;
    }
    let runs = |plan: &&crate::topology::ThingPlan| {
        let mut resources = plan.resources.iter();
        resources.any(|resource| resource.kind.class == Class::Executors)
    };
    let names: Vec<&str> = topology
        .things
        .iter()
        .filter(runs)
        .map(|plan| plan.name.as_str())
        .collect();
    if names.len() < 2 {
        return;
    }
    let cause = format!(
        "{} have executors in {}, and {VARIABLES} does not say which this machine is; the runner has no network, so that it \
         cannot tell by its address, and does not start",
        names.join(", "),
        case.patient.file.display()
    );
    let this = case.plan.as_ref().map_or(names[0], |plan| &plan.name);
    let cures = [
        Cure::run(format!(
            "echo MQTT_THING_THING={this} | sudo tee -a {VARIABLES}"
        )),
        Cure::run("sudo systemctl restart mqtt-thing-runner mqtt-thing"),
    ];
    findings.tell("runner-thing-unset", Severity::Broken, cause, cures);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_of_an_entry_is_named_without_its_path_and_arguments() {
        assert_eq!(program("stress-ng --cpu N"), "stress-ng");
        assert_eq!(program("/opt/bin/burn"), "burn");
        assert_eq!(program(""), "");
    }

    #[test]
    fn a_program_that_several_entries_allow_is_told_once() {
        let mut all = Vec::new();
        for (entry, rule) in [
            ("stress-ng --cpu 1", "program-not-found"),
            ("stress-ng --vm 1", "program-not-found"),
            ("fio", "program-not-found"),
            ("fio", "program-writable"),
        ] {
            let problem = Problem {
                entry: entry.to_owned(),
                rule,
                reason: "it is gone".to_owned(),
            };
            gather(&mut all, "jobs", problem);
        }
        let mut findings = Findings::default();
        let account = crate::doctor::tests::account(7);
        all.iter()
            .for_each(|wrong| judge(wrong, &account, &mut findings));
        let found = findings.sorted();
        assert_eq!(found.len(), 3);
        assert!(
            found[0].cause.ends_with("it is gone; so does 1 more entry"),
            "{found:?}"
        );
        assert_eq!(found[0].cures[0], Cure::run("sudo apt install stress-ng"));
    }
}
