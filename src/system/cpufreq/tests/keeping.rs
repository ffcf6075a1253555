//! The state before, kept in a file.

use super::*;
use std::path::Path;

const BOOT: &str = "proc/sys/kernel/random/boot_id";

/// A machine that obeys, with a state folder.
fn machine() -> (CpuFreqTree, tempfile::TempDir) {
    let tree = CpuFreqTree::pi();
    start_anew(&tree, "first");
    (tree, tempfile::tempdir().unwrap())
}

/// Gives the machine the number of another start.
fn start_anew(tree: &CpuFreqTree, boot: &str) {
    let file = tree.root().join(BOOT);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, boot).unwrap();
}

fn keeper(tree: &CpuFreqTree, state: &tempfile::TempDir) -> Keeper {
    Keeper::new(root(tree), state.path())
}

fn kept(state: &tempfile::TempDir) -> bool {
    state.path().join("cpufreq.json").exists()
}

#[test]
fn after_many_steps_the_state_before_the_first_is_put_back() {
    let (tree, state) = machine();
    let before = tree.all();
    let keeper = keeper(&tree, &state);
    assert_eq!(keeper.restore().unwrap(), Restored::Nothing);
    for khz in [600_000, 800_000, 1_500_000] {
        keeper.step(&hz(khz)).unwrap();
        assert!(kept(&state));
    }
    let restored = keeper.restore().unwrap();
    assert_eq!(
        restored.to_string(),
        "policy0: governor ondemand, limits 600000 to 1500000 kHz\n"
    );
    let now: Vec<_> = tree.all();
    let differ: Vec<_> = now.iter().filter(|file| !before.contains(file)).collect();
    // under another governor a kernel shows no speed; a plain file keeps what was written
    assert!(
        differ
            .iter()
            .all(|(path, _)| ["scaling_setspeed", "scaling_cur_freq"]
                .iter()
                .any(|name| path.ends_with(name))),
        "{differ:?}"
    );
    assert!(!kept(&state));
    assert_eq!(keeper.restore().unwrap(), Restored::Nothing);
}

#[test]
fn a_limit_that_one_step_set_does_not_clamp_the_next() {
    let (tree, state) = machine();
    let keeper = keeper(&tree, &state);
    keeper
        .step(&wish(Some("performance"), Some(600_000)))
        .unwrap();
    assert_eq!(tree.get(0, "scaling_max_freq"), "600000");
    let applied = keeper.step(&hz(1_500_000)).unwrap();
    assert!(applied.is_as_asked());
    assert_eq!(applied.policies[0].limits_khz, (600_000, 1_500_000));
}

#[test]
fn the_state_is_on_the_disk_before_the_first_change() {
    let (tree, state) = machine();
    // where it cannot be kept, nothing is changed
    let before = tree.all();
    let nowhere = Keeper::new(root(&tree), state.path().join("not-there"));
    let error = nowhere.step(&hz(800_000)).unwrap_err();
    assert!(matches!(error, CpuFreqError::Keep { .. }), "{error}");
    std::fs::create_dir(state.path().join("cpufreq.json.new")).unwrap();
    let error = keeper(&tree, &state).step(&hz(800_000)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("cpufreq.json") && text.contains("write"),
        "{text}"
    );
    assert_eq!(tree.all(), before);
}

#[test]
fn a_step_that_was_refused_leaves_nothing_behind() {
    let (tree, state) = machine();
    let keeper = keeper(&tree, &state);
    keeper.step(&hz(1)).unwrap_err();
    assert!(!kept(&state));
    tree.link(0, "scaling_governor", NOT_WRITABLE);
    keeper.step(&wish(Some("performance"), None)).unwrap_err();
    assert!(!kept(&state));
}

#[test]
fn a_later_step_that_fails_leaves_the_one_before_and_the_way_back() {
    let (tree, state) = machine();
    let keeper = keeper(&tree, &state);
    keeper
        .step(&wish(Some("performance"), Some(900_000)))
        .unwrap();
    let before = tree.all();
    tree.link(0, "scaling_setspeed", REFUSES);
    keeper.step(&hz(800_000)).unwrap_err();
    std::fs::remove_file(tree.policy(0).join("scaling_setspeed")).unwrap();
    tree.put(0, "scaling_setspeed", "<unsupported>");
    assert_eq!(tree.all(), before);
    keeper.restore().unwrap();
    assert_eq!(tree.get(0, "scaling_governor"), "ondemand");
    assert_eq!(tree.get(0, "scaling_max_freq"), "1500000");
}

#[test]
fn what_a_crash_left_is_put_back_at_the_next_start() {
    let (tree, state) = machine();
    // dropped without a word, as a kill ends a process: its locks go with it
    drop({
        let keeper = keeper(&tree, &state);
        keeper.step(&hz(800_000)).unwrap();
        keeper
    });
    let next = keeper(&tree, &state);
    assert!(matches!(
        next.restore_left_over().unwrap(),
        Restored::Done(_)
    ));
    assert_eq!(tree.get(0, "scaling_governor"), "ondemand");
    assert_eq!(next.restore_left_over().unwrap(), Restored::Nothing);
    assert!(!kept(&state));
}

#[test]
fn a_start_leaves_alone_what_a_running_process_uses_and_a_command_does_not() {
    let (tree, state) = machine();
    let running = keeper(&tree, &state);
    running.step(&hz(800_000)).unwrap();
    let other = keeper(&tree, &state);
    assert_eq!(other.restore_left_over().unwrap(), Restored::InUse);
    assert_eq!(tree.get(0, "scaling_governor"), "userspace");
    // the second one's steps belong to the same way back
    other.step(&hz(900_000)).unwrap();
    other.restore().unwrap();
    assert_eq!(tree.get(0, "scaling_governor"), "ondemand");
    // the first goes on with a new file, and holds that one
    running.step(&hz(800_000)).unwrap();
    assert_eq!(other.restore_left_over().unwrap(), Restored::InUse);
}

#[test]
fn after_a_restart_of_the_machine_its_own_state_stands() {
    let (tree, state) = machine();
    drop({
        let keeper = keeper(&tree, &state);
        keeper.step(&hz(800_000)).unwrap();
        keeper
    });
    start_anew(&tree, "second");
    tree.put(0, "scaling_governor", "schedutil");
    let next = keeper(&tree, &state);
    assert_eq!(next.restore_left_over().unwrap(), Restored::OtherBoot);
    assert_eq!(tree.get(0, "scaling_governor"), "schedutil");
    assert!(!kept(&state));
}

#[test]
fn a_step_after_a_restart_of_the_machine_keeps_the_new_state() {
    let (tree, state) = machine();
    drop({
        let keeper = keeper(&tree, &state);
        keeper.step(&hz(800_000)).unwrap();
        keeper
    });
    start_anew(&tree, "second");
    tree.put(0, "scaling_governor", "schedutil");
    let next = keeper(&tree, &state);
    next.step(&hz(900_000)).unwrap();
    next.restore().unwrap();
    assert_eq!(tree.get(0, "scaling_governor"), "schedutil");
}

#[test]
fn a_file_with_something_else_in_it_is_put_aside_and_told() {
    let (tree, state) = machine();
    let file = state.path().join("cpufreq.json");
    for text in [
        "",
        "{",
        "[]",
        r#"{"boot":"first","before":{"policies":[{}]}}"#,
    ] {
        std::fs::write(&file, text).unwrap();
        let next = keeper(&tree, &state);
        let error = next.restore_left_over().unwrap_err();
        let told = error.to_string();
        assert!(matches!(error, CpuFreqError::Kept { .. }), "{told}");
        assert!(told.contains("cpufreq.json.unreadable"), "{told}");
        // and the way is free
        next.step(&hz(800_000)).unwrap();
        next.restore().unwrap();
    }
}

#[test]
fn what_could_not_be_put_back_can_be_tried_again() {
    let (tree, state) = machine();
    let keeper = keeper(&tree, &state);
    keeper.step(&wish(Some("performance"), None)).unwrap();
    tree.link(0, "scaling_governor", NOT_WRITABLE);
    keeper.restore().unwrap_err();
    assert!(kept(&state));
    let file = tree.policy(0).join("scaling_governor");
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "performance").unwrap();
    keeper.restore().unwrap();
    assert_eq!(tree.get(0, "scaling_governor"), "ondemand");
}

#[test]
fn steps_of_many_threads_take_turns_and_keep_the_state_before_all_of_them() {
    let (tree, state) = machine();
    let keeper = &keeper(&tree, &state);
    std::thread::scope(|scope| {
        for khz in [600_000, 700_000, 800_000, 900_000] {
            scope.spawn(move || {
                for _ in 0..5 {
                    assert!(keeper.step(&hz(khz)).unwrap().is_as_asked());
                }
            });
        }
    });
    keeper.restore().unwrap();
    assert_eq!(tree.get(0, "scaling_governor"), "ondemand");
}

#[test]
fn a_machine_without_cpufreq_keeps_nothing() {
    let tree = CpuFreqTree::new(&[]);
    let state = tempfile::tempdir().unwrap();
    let keeper = keeper(&tree, &state);
    let error = keeper.step(&hz(800_000)).unwrap_err();
    assert!(matches!(error, CpuFreqError::NoCpuFreq(_)), "{error}");
    assert!(!kept(&state));
    assert_eq!(keeper.restore().unwrap(), Restored::Nothing);
    assert!(Path::new(state.path()).read_dir().unwrap().count() <= 1);
}
