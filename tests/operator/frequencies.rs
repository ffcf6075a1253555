//! The same load at three frequencies, with real `stress-ng` and a made cpufreq tree: `resources/pipelines/three-frequencies.toml`
//! with short times.

use crate::fleet::{OldPeers, ended, ends, json, operator, runs, steps, text, wait_event};
use crate::process::{Process, Start};
use crate::support::cpufreq_tree::{Made, PI_4};
use crate::support::{CpuFreqTree, Mosquitto, skipped, wait_for};
use mqtt_thing::fleet::stress_ng::metrics;
use rustix::process::Signal;
use serde_json::Value as Json;
use std::path::PathBuf;
use std::process::Command;

const SHIPPED: &str = include_str!("../../resources/pipelines/three-frequencies.toml");

/// The file as it is shipped, for a machine that ends at 1500 MHz, with a second of load each.
fn three() -> String {
    let short = SHIPPED.replace("--timeout 60s", "--timeout 1s");
    short.replace("1800", "1500")
}

fn stress_ng() -> bool {
    let there = Command::new("stress-ng").arg("--version").output().is_ok();
    if !there {
        skipped("stress-ng");
    }
    there
}

/// A client whose frequency is that of the tree.
fn sut(mosquitto: &Mosquitto, id: &str, tree: &CpuFreqTree, more: &str) -> Process {
    let start = Start::new(mosquitto, "sut").args(&["--client-id", id]);
    let root = tree.root().display();
    let config = format!(
        "[sut]\nsystem_root = {root}\nallow =\n  cpufreq-set -r -f *\n  stress-ng *\n  sleep *\n{more}\n"
    );
    let sut = start.config(&config).run();
    sut.wait_err("connected");
    sut
}

/// Every file but `scaling_setspeed`, which a kernel resets by itself when another governor takes over.
fn state(tree: &CpuFreqTree) -> Vec<(PathBuf, String)> {
    let mut all = tree.all();
    all.retain(|(path, _)| !path.ends_with("scaling_setspeed"));
    all
}

fn rows(operator: &Process) -> Vec<Json> {
    let exported = runs(operator.folder.path(), &["export", "latest", "--json"]);
    exported.lines().map(json).collect()
}

#[test]
fn three_frequencies_on_two_clients_end_to_end() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    if !stress_ng() {
        return;
    }
    let trees = [CpuFreqTree::pi(), CpuFreqTree::new(&[PI_4, PI_4])];
    trees[1].obeys(0);
    trees[1].obeys(1);
    let before = [state(&trees[0]), state(&trees[1])];
    let suts = [0, 1].map(|n| sut(&mosquitto, &format!("pi{n}"), &trees[n], ""));
    let mut operator = operator(&mosquitto, &three(), &["--json", "--expect", "pi0,pi1"]).run();
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 0, "{summary:#}");
    assert_eq!(ends(&summary).len(), 2 * 3 * 3);
    let rows = rows(&operator);
    for client in ["pi0", "pi1"] {
        let of = |step: &str| {
            let rows = rows.iter().filter(|row| row["client"] == client);
            rows.filter(|row| text(&row["step"]).starts_with(step))
                .collect::<Vec<_>>()
        };
        let set: Vec<&str> = of("cpufreq-set")
            .iter()
            .map(|row| text(&row["output"]))
            .collect();
        for (told, mhz) in set.iter().zip([600, 1200, 1500]) {
            assert!(
                told.contains(&format!("{mhz}000")) || told.contains(&format!("{mhz} MHz")),
                "{told}"
            );
        }
        let loads = of("load");
        let asked: Vec<&Json> = loads
            .iter()
            .map(|row| &row["host"]["frequency_khz"])
            .collect();
        assert_eq!(asked, [600_000, 1_200_000, 1_500_000], "in their order");
        for load in loads {
            assert_eq!(load["host"]["governor"], "userspace");
            let told = format!("{}{}", text(&load["output"]), text(&load["error"]));
            let figures = metrics(&told);
            assert!(
                figures
                    .iter()
                    .any(|m| m.stressor == "cpu" && m.bogo_ops > 0),
                "{told}"
            );
        }
        assert_eq!(of("restore frequency").len(), 3);
    }
    let feedback = std::fs::read_to_string(operator.folder.path().join("feedback.txt")).unwrap();
    assert_eq!(
        feedback
            .lines()
            .filter(|line| line.contains("bogo ops"))
            .count(),
        6
    );
    assert_eq!(
        [state(&trees[0]), state(&trees[1])],
        before,
        "as before, while the clients go on"
    );
    drop(suts);
}

#[test]
fn after_a_kill_in_the_middle_the_next_start_goes_back() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let tree = CpuFreqTree::pi();
    let before = state(&tree);
    let first = sut(&mosquitto, "pi", &tree, "");
    let plan = steps("silence_s = 60", &["cpufreq-set -r -f 600MHz", "sleep 60"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "progress", |_| true);
    assert_eq!(tree.get(0, "scaling_cur_freq"), "600000");
    let folder = first.kill();
    assert_eq!(
        tree.get(0, "scaling_governor"),
        "userspace",
        "nobody was there to go back"
    );
    let second = Start::within(folder, &mosquitto.url(), "sut")
        .args(&["--client-id", "pi"])
        .run();
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 1);
    let expected = ["pi p/1 succeeded", "pi p/2 interrupted", "pi p/3 succeeded"];
    assert_eq!(ends(&summary), expected);
    assert_eq!(state(&tree), before);
    drop(second);
}

#[test]
fn after_a_failure_and_after_control_c_the_client_goes_back_too() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    for interrupt in [false, true] {
        let tree = CpuFreqTree::pi();
        let before = state(&tree);
        let _sut = sut(&mosquitto, "pi", &tree, "");
        let second = if interrupt {
            "sleep 60"
        } else {
            "sleep nonsense"
        };
        let plan = steps("", &["cpufreq-set -r -f 600MHz", second]) + "on_failure = \"stop\"\n";
        let mut operator = operator(&mosquitto, &plan, &["--json", "--expect", "pi"]).run();
        if interrupt {
            wait_event(&operator, "sent", |event| event["step_number"] == 2);
            operator.signal(Signal::INT);
        }
        let (code, summary) = ended(&mut operator);
        let how = if interrupt { "cancelled" } else { "failed" };
        let expected = [
            "pi p/1 succeeded",
            &format!("pi p/2 {how}"),
            "pi p/3 succeeded",
        ];
        assert_eq!(ends(&summary), expected);
        assert_eq!(code, 1);
        assert_eq!(state(&tree), before);
    }
}

#[test]
fn a_client_without_the_built_in_step_refuses_to_go_back_and_that_is_no_failure() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let tree = CpuFreqTree::pi();
    let _sut = sut(&mosquitto, "pi", &tree, "  echo *\nnative_cpufreq = false");
    // cpufreq-set itself may not be installed; what follows it is the same
    let plan = steps("", &["cpufreq-set -r -f 600MHz", "echo hi"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    let (_, summary) = ended(&mut operator);
    let ends = ends(&summary);
    assert_eq!(ends[1..], ["pi p/2 succeeded", "pi p/3 skipped"]);
    let way_back = &summary["clients"][0]["steps"][2]["why"];
    assert!(text(way_back).contains("no-native-cpufreq"), "{way_back}");
}

#[test]
fn a_kernel_that_does_something_else_fails_the_step_and_an_old_client_never_hears_of_the_way_back()
{
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    // its current frequency stays what it is
    let tree = CpuFreqTree::new(&[Made {
        governors: &["userspace", "ondemand"],
        frequencies: &[600_000, 1_500_000],
    }]);
    let _sut = sut(&mosquitto, "pi", &tree, "");
    let plan = steps("clients = [\"old\", \"pi\"]", &["cpufreq-set -r -f 600MHz"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "connected", |_| true);
    peers.register("old");
    peers.serve("old", 0);
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 1);
    assert_eq!(
        ends(&summary),
        [
            "old p/1 succeeded",
            "old p/2 skipped",
            "pi p/1 failed",
            "pi p/2 succeeded"
        ]
    );
    assert_eq!(peers.commands("old"), ["cpufreq-set -r -f 600MHz"]);
    wait_for("the way back", || {
        (tree.get(0, "scaling_governor") == "ondemand").then_some(())
    });
}
