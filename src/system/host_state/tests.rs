use super::*;
use std::path::Path;
use std::time::Instant;

/// Files under a root of their own.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        put(root.path(), path, text);
    }
    root
}

fn put(root: &Path, path: &str, text: &str) {
    let file = root.join(path.trim_start_matches('/'));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

const POLICY0: &str = "/sys/devices/system/cpu/cpufreq/policy0";
const THROTTLED: &str = "/sys/devices/platform/soc/soc:firmware/get_throttled";

/// What a Pi 4 has, with the texts that its kernel writes.
const PI: &[(&str, &str)] = &[
    ("/proc/loadavg", "0.52 0.58 0.59 1/123 4567\n"),
    ("/sys/class/hwmon/hwmon0/name", "cpu_thermal\n"),
    ("/sys/class/hwmon/hwmon0/temp1_input", "48199\n"),
    ("/sys/class/hwmon/hwmon1/name", "rpi_volt\n"),
    ("/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n"),
    ("/sys/class/thermal/thermal_zone0/temp", "48686\n"),
    (THROTTLED, "50005\n"),
    (
        "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor",
        "userspace\n",
    ),
    (
        "/sys/devices/system/cpu/cpufreq/policy0/scaling_setspeed",
        "800000\n",
    ),
    (
        "/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq",
        "900000\n",
    ),
    (
        "/sys/devices/system/cpu/cpufreq/policy0/cpuinfo_cur_freq",
        "600000\n",
    ),
    (
        "/sys/devices/system/cpu/cpufreq/policy4/scaling_governor",
        "performance\n",
    ),
];

#[test]
fn everything_that_a_pi_offers_is_told() {
    let root = tree(PI);
    let state = HostState::read(&Root::at(root.path()));
    assert_eq!(
        serde_json::to_string(&state).unwrap(),
        r#"{"frequency_khz":800000,"measured_khz":600000,"governor":"userspace","temperature_c":48.686,"#.to_owned()
            + r#""throttled":327685,"under_voltage":true,"load":0.52}"#
    );
}

#[test]
fn a_machine_that_offers_nothing_tells_nothing() {
    let root = tree(&[]);
    let state = HostState::read(&Root::at(root.path()));
    assert_eq!(state, HostState::default());
    assert_eq!(serde_json::to_string(&state).unwrap(), "{}");
    assert_eq!(serde_json::from_str::<HostState>("{}").unwrap(), state);
}

#[test]
fn what_another_governor_asks_for_is_the_current_frequency() {
    let root = tree(PI);
    put(
        root.path(),
        &format!("{POLICY0}/scaling_governor"),
        "ondemand\n",
    );
    put(
        root.path(),
        &format!("{POLICY0}/scaling_setspeed"),
        "<unsupported>\n",
    );
    let state = HostState::read(&Root::at(root.path()));
    assert_eq!(state.governor.as_deref(), Some("ondemand"));
    assert_eq!(state.frequency_khz, Some(900_000));
    // what was set once does not count under another governor
    put(
        root.path(),
        &format!("{POLICY0}/scaling_setspeed"),
        "800000\n",
    );
    let state = HostState::read(&Root::at(root.path()));
    assert_eq!(state.frequency_khz, Some(900_000));
}

#[test]
fn the_older_folders_of_single_processors_are_read_too() {
    let root = tree(&[
        (
            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
            "powersave\n",
        ),
        (
            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
            "700000\n",
        ),
        ("/sys/devices/system/cpu/cpuidle/current_driver", "none\n"),
    ]);
    let state = HostState::read(&Root::at(root.path()));
    assert_eq!(state.frequency_khz, Some(700_000));
    assert_eq!(state.governor.as_deref(), Some("powersave"));
}

#[test]
fn a_processors_chip_stands_in_for_a_missing_zone_and_a_disks_does_not() {
    let files = [
        ("/sys/class/hwmon/hwmon0/name", "nvme\n"),
        ("/sys/class/hwmon/hwmon0/temp1_input", "71000\n"),
        ("/sys/class/hwmon/hwmon1/name", "cpu_thermal\n"),
        ("/sys/class/hwmon/hwmon1/temp1_input", "-1500\n"),
    ];
    let told = |count| {
        let root = tree(&files[..count]);
        HostState::read(&Root::at(root.path())).temperature_c
    };
    assert_eq!(told(4), Some(-1.5));
    assert_eq!(told(2), None);
}

#[test]
fn the_flags_are_found_by_the_driver_on_a_pi_with_another_address() {
    let root = tree(&[(
        "/sys/bus/platform/drivers/raspberrypi-firmware/soc@107c000000:firmware/get_throttled",
        "e0008\n",
    )]);
    let state = HostState::read(&Root::at(root.path()));
    assert_eq!(state.throttled, Some(0xe_0008));
}

#[test]
fn nonsense_in_any_file_is_absent_and_harms_nothing_else() {
    let nonsense = [
        "",
        "\n",
        "-",
        "x",
        "1e999999999",
        "nan inf",
        "-1e3",
        "+ffffffff0",
        "99999999999999999999999999",
        "<unknown>",
        "\u{0}\u{0}",
    ];
    for (path, _) in PI {
        for text in nonsense {
            let root = tree(PI);
            put(root.path(), path, text);
            // each file but the one is still told
            let state = HostState::read(&Root::at(root.path()));
            let told = serde_json::to_value(&state).unwrap();
            assert!(
                told.as_object().unwrap().len() >= 5,
                "{path} {text:?} {told}"
            );
            assert!(state.load.is_none_or(|load| load == 0.52), "{text:?}");
            assert!(
                state.throttled.is_none_or(|flags| flags == 0x5_0005),
                "{text:?}"
            );
        }
    }
    let root = tree(PI);
    for (path, text) in [
        ("/sys/class/thermal/thermal_zone0/temp", "300000"),
        ("/sys/class/hwmon/hwmon0/temp1_input", "-274000"),
        ("/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "7"),
        (THROTTLED, "+5"),
        ("/proc/loadavg", "inf 0 0"),
    ] {
        put(root.path(), path, text);
    }
    put(root.path(), &format!("{POLICY0}/cpuinfo_cur_freq"), "0\n");
    let state = HostState::read(&Root::at(root.path()));
    assert_eq!((state.temperature_c, state.load), (None, None));
    assert_eq!(
        (state.under_voltage, state.throttled, state.measured_khz),
        (None, None, None)
    );
}

fn state(temperature_c: Option<f64>, throttled: Option<u32>) -> HostState {
    HostState {
        temperature_c,
        throttled,
        ..HostState::default()
    }
}

#[test]
fn around_a_job_the_flags_of_both_ends_count_and_the_rest_is_that_of_the_end() {
    let before = HostState {
        load: Some(0.5),
        under_voltage: Some(true),
        governor: Some("ondemand".to_owned()),
        ..state(Some(40.0), Some(0x1_0001))
    };
    let after = HostState {
        load: Some(3.5),
        under_voltage: Some(false),
        ..state(Some(60.0), Some(0x4_0000))
    };
    let told = HostState::around(before, after);
    let expected = HostState {
        temperature_before_c: Some(40.0),
        throttled_before: Some(0x1_0001),
        under_voltage: Some(true),
        load: Some(3.5),
        load_before: Some(0.5),
        ..state(Some(60.0), Some(0x5_0001))
    };
    assert_eq!(told, expected);
}

#[test]
fn a_flag_seen_only_while_the_job_ran_is_told_as_not_there_before() {
    let [before, between, after] =
        [(1.0, 0), (2.0, 0x4), (3.0, 0)].map(|(degrees, flags)| state(Some(degrees), Some(flags)));
    let told = HostState::around(HostState::around(before, between), after);
    assert_eq!((told.throttled, told.throttled_before), (Some(4), Some(0)));
    assert_eq!(
        (told.temperature_before_c, told.temperature_c),
        (Some(1.0), Some(3.0))
    );
    // what only one side knows is told
    let told = HostState::around(state(None, None), state(None, Some(2)));
    assert_eq!((told.throttled, told.throttled_before), (Some(2), None));
}

#[test]
fn reading_it_is_cheap() {
    let root = tree(PI);
    let root = Root::at(root.path());
    // the best of many, since others use this machine too
    let best = (0..50)
        .map(|_| {
            let began = Instant::now();
            std::hint::black_box(HostState::read(&root));
            began.elapsed()
        })
        .min()
        .unwrap();
    println!("reading the host's state took {best:?}");
    assert!(best.as_micros() < 1000, "{best:?}");
}
