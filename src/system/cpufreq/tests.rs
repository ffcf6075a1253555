use super::cpufreq_tree::{CpuFreqTree, Made, PI_4};
use super::*;
use crate::system::Root;

mod keeping;

/// Root may not write it either: the kernel asks the file's mode alone.
const NOT_WRITABLE: &str = "/proc/sys/kernel/osrelease";
/// The same with a number in it.
const NOT_WRITABLE_NUMBER: &str = "/proc/sys/kernel/cap_last_cap";
/// Takes a value and says it cannot.
const REFUSES: &str = "/dev/full";

fn root(tree: &CpuFreqTree) -> Root {
    Root::at(tree.root())
}

fn wish(governor: Option<&str>, khz: Option<u64>) -> Wish {
    Wish {
        governor: governor.map(str::to_owned),
        khz,
    }
}

fn hz(khz: u64) -> Wish {
    wish(None, Some(khz))
}

#[test]
fn a_frequency_is_set_by_the_governor_userspace_and_read_back() {
    let tree = CpuFreqTree::pi();
    let applied = apply(&root(&tree), &hz(800_000)).unwrap();
    assert!(applied.is_as_asked());
    assert_eq!(
        applied.to_string(),
        "policy0: governor userspace, asked 800000 kHz, kernel says 800000 kHz\n"
    );
    assert_eq!(tree.get(0, "scaling_governor"), "userspace");
    assert_eq!(tree.get(0, "scaling_setspeed"), "800000");
    assert_eq!(tree.get(0, "scaling_max_freq"), "1500000");
}

#[test]
fn what_the_kernel_does_instead_is_told() {
    let tree = CpuFreqTree::new(&[PI_4]);
    tree.put(0, "scaling_cur_freq", "600000\n");
    tree.put(0, "scaling_max_freq", "600000\n");
    let applied = apply(&root(&tree), &hz(1_500_000)).unwrap();
    assert!(!applied.is_as_asked());
    assert_eq!(
        applied.to_string(),
        "policy0: governor userspace, asked 1500000 kHz, kernel says 600000 kHz \
         (its limits are 600000 to 600000 kHz)\n"
    );
    tree.put(0, "scaling_cur_freq", "<unknown>\n");
    let applied = apply(&root(&tree), &hz(1_500_000)).unwrap();
    assert!(!applied.is_as_asked());
    let told = applied.to_string();
    assert!(told.contains("kernel does not say"), "{told}");
}

#[test]
fn every_policy_gets_the_wish() {
    let tree = CpuFreqTree::new(&[PI_4, PI_4]);
    tree.obeys(0);
    tree.obeys(1);
    let applied = apply(&root(&tree), &hz(700_000)).unwrap();
    assert_eq!(applied.to_string().lines().count(), 2);
    assert_eq!(tree.get(1, "scaling_setspeed"), "700000");
}

#[test]
fn a_governor_alone_is_set_and_the_one_before_told() {
    let tree = CpuFreqTree::pi();
    let applied = apply(&root(&tree), &wish(Some("performance"), None)).unwrap();
    assert_eq!(
        applied.to_string(),
        "policy0: governor performance, before ondemand\n"
    );
    assert!(applied.is_as_asked());
    assert_eq!(tree.get(0, "scaling_governor"), "performance");
    assert_eq!(tree.get(0, "scaling_setspeed"), "<unsupported>");
}

#[test]
fn without_userspace_both_limits_are_set_and_the_text_says_so() {
    let made = Made {
        governors: &["powersave", "performance"],
        frequencies: &[],
    };
    let tree = CpuFreqTree::new(&[made]);
    let applied = apply(&root(&tree), &hz(650_000)).unwrap();
    assert!(applied.is_as_asked());
    assert_eq!(
        applied.to_string(),
        "policy0: governor performance, userspace is not offered, limits asked 650000 to 650000 kHz, \
         kernel says 650000 to 650000 kHz, now 1500000 kHz\n"
    );
    assert_eq!(tree.get(0, "scaling_setspeed"), "<unsupported>");
}

#[test]
fn another_governor_with_a_frequency_is_held_there_by_the_limits() {
    let tree = CpuFreqTree::pi();
    let both = wish(Some("performance"), Some(900_000));
    let applied = apply(&root(&tree), &both).unwrap();
    assert_eq!(
        applied.policies[0].asked,
        Some((900_000, Method::Limits)),
        "{applied}"
    );
    let [least, most] = ["scaling_min_freq", "scaling_max_freq"].map(|file| tree.get(0, file));
    assert_eq!((least.as_str(), most.as_str()), ("900000", "900000"));
    let set = wish(Some("userspace"), Some(900_000));
    let applied = apply(&root(&tree), &set).unwrap();
    assert_eq!(applied.policies[0].asked, Some((900_000, Method::SetSpeed)));
}

#[test]
fn limits_that_the_kernel_did_not_take_are_told() {
    let policy = PolicyApplied {
        policy: "policy0".to_owned(),
        governor_before: "schedutil".to_owned(),
        governor: "schedutil".to_owned(),
        asked: Some((1_500_000, Method::Limits)),
        current_khz: Some(1_200_000),
        limits_khz: (1_200_000, 1_200_000),
    };
    let applied = Applied {
        policies: vec![policy],
    };
    assert!(!applied.is_as_asked());
    assert_eq!(
        applied.to_string(),
        "policy0: governor schedutil, limits asked 1500000 to 1500000 kHz, \
         kernel says 1200000 to 1200000 kHz, now 1200000 kHz\n"
    );
}

#[test]
fn what_is_not_available_is_refused_with_what_is_and_nothing_is_changed() {
    let small = Made {
        governors: &["userspace", "ondemand"],
        frequencies: &[600_000, 1_000_000],
    };
    let tree = CpuFreqTree::new(&[PI_4, small]);
    let before = tree.all();
    let refused = |wish: &Wish| {
        let error = apply(&root(&tree), wish).unwrap_err().to_string();
        assert_eq!(check(&root(&tree), wish).unwrap_err().to_string(), error);
        error
    };
    assert_eq!(
        refused(&hz(700_000)),
        "policy1: 700000 kHz is not available; available are 600000, 1000000 kHz"
    );
    assert_eq!(
        refused(&wish(Some("turbo"), None)),
        "policy0: the governor `turbo` is not available; available are conservative, userspace, powersave, \
         performance, schedutil, ondemand"
    );
    assert_eq!(
        refused(&wish(Some("performance"), None)),
        "policy1: the governor `performance` is not available; available are userspace, ondemand"
    );
    for khz in [0, 1, u64::MAX] {
        assert!(refused(&hz(khz)).contains("is not available"));
    }
    for governor in ["", " ", "userspace\n", "ondemand userspace", "../x"] {
        assert!(refused(&wish(Some(governor), None)).contains("is not available"));
    }
    let nothing = refused(&wish(None, None));
    assert_eq!(nothing, "neither a governor nor a frequency was asked for");
    assert_eq!(tree.all(), before);
}

#[test]
fn without_a_list_the_hardwares_range_counts_and_without_that_the_kernel_decides() {
    let made = Made {
        frequencies: &[],
        ..PI_4
    };
    let tree = CpuFreqTree::new(&[made]);
    let error = apply(&root(&tree), &hz(1_500_001)).unwrap_err().to_string();
    assert!(
        error.ends_with("available are 600000 to 1500000 kHz"),
        "{error}"
    );
    apply(&root(&tree), &hz(1_234_567)).unwrap();
    tree.put(0, "cpuinfo_max_freq", "many");
    assert_eq!(
        Policy::all(&root(&tree)).unwrap()[0].frequencies,
        Frequencies::Unknown
    );
    apply(&root(&tree), &hz(9_000_000)).unwrap();
    let error = apply(&root(&tree), &hz(1 << 32)).unwrap_err().to_string();
    assert!(error.contains("does not tell"), "{error}");
}

#[test]
fn a_machine_without_cpufreq_says_what_was_looked_for() {
    let tree = CpuFreqTree::new(&[]);
    let error = apply(&root(&tree), &hz(800_000)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, CpuFreqError::NoCpuFreq(_)), "{text}");
    for path in [
        "/sys/devices/system/cpu/cpufreq/policy*",
        "/sys/devices/system/cpu/cpu*/cpufreq",
    ] {
        assert!(text.contains(path), "{text}");
    }
}

#[test]
fn on_an_old_kernel_processors_that_share_a_folder_are_one_policy() {
    let tree = CpuFreqTree::pi();
    let cpu = tree.root().join("sys/devices/system/cpu");
    for name in ["cpu0", "cpu1", "cpuidle"] {
        std::fs::create_dir(cpu.join(name)).unwrap();
    }
    std::fs::rename(tree.policy(0), cpu.join("cpu0/cpufreq")).unwrap();
    std::os::unix::fs::symlink("../cpu0/cpufreq", cpu.join("cpu1/cpufreq")).unwrap();
    let applied = apply(&root(&tree), &hz(800_000)).unwrap();
    assert_eq!(
        applied.to_string(),
        "cpu0: governor userspace, asked 800000 kHz, kernel says 800000 kHz\n"
    );
}

#[test]
fn a_file_that_may_not_be_written_is_named_with_the_remedy() {
    let tree = CpuFreqTree::pi();
    tree.link(0, "scaling_setspeed", NOT_WRITABLE);
    let error = apply(&root(&tree), &hz(800_000)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, CpuFreqError::Permission { .. }), "{text}");
    for part in ["policy0/scaling_setspeed", "root", "group", "udev"] {
        assert!(text.contains(part), "{text}");
    }
    // the governor, which had been set, is the one before
    assert_eq!(tree.get(0, "scaling_governor"), "ondemand");
}

#[test]
fn a_read_only_sys_is_told_from_a_missing_right() {
    let of = |kind| {
        let source = std::io::Error::from(kind);
        CpuFreqError::of_write(std::path::Path::new("/sys/x"), "1", source).to_string()
    };
    let text = of(std::io::ErrorKind::ReadOnlyFilesystem);
    assert!(text.contains("ProtectKernelTunables=no"), "{text}");
    let text = of(std::io::ErrorKind::InvalidInput);
    assert!(
        text.starts_with("the kernel refused `1` for /sys/x"),
        "{text}"
    );
}

#[test]
fn when_the_second_policy_fails_the_first_is_put_back() {
    for (file, to) in [
        ("scaling_setspeed", REFUSES),
        ("scaling_governor", NOT_WRITABLE),
    ] {
        let tree = CpuFreqTree::new(&[PI_4, PI_4]);
        tree.put(0, "scaling_governor", "userspace");
        tree.put(0, "scaling_setspeed", "900000");
        tree.link(1, file, to);
        let before = tree.all();
        let error = apply(&root(&tree), &hz(700_000)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("policy1"), "{text}");
        assert!(!matches!(error, CpuFreqError::NotPutBack { .. }), "{text}");
        assert_eq!(tree.all(), before);
    }
}

#[test]
fn what_can_be_neither_done_nor_put_back_is_told_with_both_reasons() {
    let tree = CpuFreqTree::new(&[PI_4, PI_4]);
    tree.put(0, "scaling_governor", "userspace");
    tree.link(0, "scaling_setspeed", NOT_WRITABLE_NUMBER);
    tree.link(1, "scaling_governor", NOT_WRITABLE);
    let error = apply(&root(&tree), &wish(Some("performance"), None)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, CpuFreqError::NotPutBack { .. }), "{text}");
    assert!(
        text.contains("policy1/scaling_governor") && text.contains("policy0/scaling_setspeed"),
        "{text}"
    );
}

#[test]
fn a_user_who_may_write_nothing_is_not_told_of_changes() {
    let tree = CpuFreqTree::new(&[PI_4]);
    tree.put(0, "scaling_governor", "userspace");
    tree.link(0, "scaling_setspeed", NOT_WRITABLE_NUMBER);
    let error = apply(&root(&tree), &hz(800_000)).unwrap_err();
    assert!(matches!(error, CpuFreqError::Permission { .. }), "{error}");
}

#[test]
fn a_snapshot_goes_through_json_and_puts_everything_back() {
    let tree = CpuFreqTree::new(&[PI_4, PI_4]);
    tree.put(1, "scaling_governor", "userspace\n");
    tree.put(1, "scaling_setspeed", "800000\n");
    tree.put(1, "scaling_max_freq", "1000000\n");
    let before = tree.all();
    let snapshot = Snapshot::take(&root(&tree)).unwrap();
    let text = serde_json::to_string(&snapshot).unwrap();
    apply(&root(&tree), &wish(Some("performance"), Some(1_200_000))).unwrap();
    assert_ne!(tree.all(), before);
    let snapshot: Snapshot = serde_json::from_str(&text).unwrap();
    let told = snapshot.restore(&root(&tree)).unwrap();
    assert_eq!(
        told,
        [
            "policy0: governor ondemand, limits 600000 to 1500000 kHz",
            "policy1: governor userspace, limits 600000 to 1000000 kHz, asked 800000 kHz",
        ]
    );
    assert_eq!(tree.all(), before);
}

#[test]
fn restoring_goes_on_after_a_policy_that_fails_and_passes_over_one_that_is_gone() {
    let tree = CpuFreqTree::new(&[PI_4, PI_4, PI_4]);
    let snapshot = Snapshot::take(&root(&tree)).unwrap();
    apply(&root(&tree), &wish(Some("performance"), None)).unwrap();
    tree.link(0, "scaling_governor", NOT_WRITABLE);
    std::fs::remove_dir_all(tree.policy(1)).unwrap();
    let error = snapshot.restore(&root(&tree)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, CpuFreqError::NotRestored(_)), "{text}");
    assert!(
        text.contains("policy0") && !text.contains("policy1"),
        "{text}"
    );
    assert_eq!(tree.get(2, "scaling_governor"), "ondemand");
    tree.link(0, "scaling_governor", "scaling_driver");
    tree.put(0, "scaling_driver", "performance");
    let told = snapshot.restore(&root(&tree)).unwrap();
    assert_eq!(told[1], "policy1: not there any more");
}

#[test]
fn the_name_of_a_policy_in_a_snapshot_is_never_a_path() {
    let tree = CpuFreqTree::new(&[PI_4]);
    let elsewhere = tree.root().join("sys/devices/system/cpu/scaling_governor");
    std::fs::write(&elsewhere, "mine").unwrap();
    let mut snapshot = Snapshot::take(&root(&tree)).unwrap();
    snapshot.policies[0].policy = "..".to_owned();
    let told = snapshot.restore(&root(&tree)).unwrap();
    assert_eq!(told, ["..: not there any more"]);
    assert_eq!(std::fs::read_to_string(elsewhere).unwrap(), "mine");
}
