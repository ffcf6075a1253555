//! Rules from a file: checked without a broker, and watched by together with those of the command line.

use crate::guard::{Guard, building};
use crate::support::Mosquitto;
use std::path::Path;
use tempfile::TempDir;

const SHIPPED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/resources/building/alarms.toml"
);

fn written(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("alarms.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What `building alarm --check` says of a file, with its exit code.
fn checked(arguments: &[&str]) -> (i32, String, String) {
    let arguments = [&["alarm", "--check"], arguments].concat();
    let output = building("mqtt://127.0.0.1:1", &arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn the_shipped_rules_are_right_by_both_ways_of_checking() {
    let (code, out, told) = checked(&["--rules", SHIPPED]);
    assert_eq!((code, told.as_str()), (0, ""));
    assert_eq!(
        out,
        "\
building/+/+/+/TEMP    above 30          hysteresis 0.5          -> 10.0.0.2/buzzer0, 10.0.0.2/led0
building/+/+/+/TEMP    below 15          hysteresis 0.5          -> 10.0.0.2/buzzer0, 10.0.0.2/led0
building/P_7/S/4/TEMP  above 24          hysteresis 1, for 10 s  -> 10.0.0.2/buzzer0, 10.0.0.2/led0, 10.0.0.3/relay0
building/+/+/+/HUM     above 70          hysteresis 3            -> 10.0.0.2/buzzer0, 10.0.0.2/led0
building/+/+/+/HUM     below 20          hysteresis 3            -> 10.0.0.2/buzzer0, 10.0.0.2/led0
building/+/+/+/TEMP    silent for 300 s                          -> 10.0.0.2/buzzer0, 10.0.0.2/led0
building/P_7/S/4/TEMP  silent for 300 s                          -> 10.0.0.2/buzzer0, 10.0.0.2/led0, 10.0.0.3/relay0
building/+/+/+/HUM     silent for 300 s                          -> 10.0.0.2/buzzer0, 10.0.0.2/led0
building/P_2/O/+/+     silent for 60 s                           -> 10.0.0.2/buzzer0, 10.0.0.2/led0
"
    );
    let program = Path::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    let check = |arguments: &[&str]| {
        let mut command = std::process::Command::new(program);
        let output = command.arg("check").args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(check(&[SHIPPED]).contains("ok\nbroker mqtt://localhost:1883\n  building/+/+/+/TEMP"));
    let json: serde_json::Value = serde_json::from_str(&check(&["--json", SHIPPED])).unwrap();
    assert_eq!(json[0]["rules"][2]["above"], 24.0);
    assert_eq!(json[0]["rules"][8]["silent_s"], 60.0);
}

#[test]
fn mistakes_are_shown_with_their_places_and_nothing_is_watched() {
    let folder = TempDir::new().unwrap();
    let file = written(
        &folder,
        "[[rules]]\nsensor = \"TEMP\"\nabov = 30\nflor = 7\n",
    );
    let wrong = format!(
        "{file}:1:1: error: this rule names nothing that would be an alarm\n 1 | [[rules]]\n   | ^^^^^^^^^\n   \
         = write above = 30, below = 20, or silent_s = 300\n"
    );
    let (code, out, told) = checked(&["--rules", &file]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        told.contains(":3:1: error: a rule has no key `abov`"),
        "{told}"
    );
    assert!(told.contains("did you mean `floor`?"), "{told}");
    assert!(!told.contains(&wrong), "it follows from the slip: {told}");
    let (code, _, told) = checked(&[]);
    assert_eq!(code, 2);
    assert!(told.contains("there is nothing to watch for"), "{told}");
    let (code, _, told) = checked(&["--above", "TEMP=30", "--actuator", "10.0.0.2/sensors/x"]);
    assert_eq!(code, 2);
    assert!(told.contains("an alarm drives actuators"), "{told}");
}

#[test]
fn limits_that_cannot_be_meant_are_refused_by_both_ways() {
    let folder = TempDir::new().unwrap();
    for (typed, rule, told, code) in [
        (
            &["--above", "TEMP=20", "--below", "TEMP=30"][..],
            "above = 20\nbelow = 30\n",
            "every value is an alarm: above 20, and below 30",
            2,
        ),
        (
            &[
                "--above",
                "TEMP=30",
                "--below",
                "TEMP=29",
                "--hysteresis",
                "2",
            ],
            "above = 30\nbelow = 29\nhysteresis = 2\n",
            "with a hysteresis of 2 an alarm above 30 is over at 28 only",
            2,
        ),
        (
            &["--below", "TEMP=-300"],
            "below = -300\n",
            "TEMP is never below -300",
            0,
        ),
        (
            &["--above", "TEMP=1e300"],
            "above = 1e300\n",
            "1000000000",
            2,
        ),
        (
            &["--above", "TEMP=30", "--hysteresis", "1e300"],
            "above = 30\nhysteresis = 1e300\n",
            "1000000000",
            2,
        ),
    ] {
        let file = written(&folder, &format!("[[rules]]\nsensor = \"TEMP\"\n{rule}"));
        for arguments in [typed, &["--rules", &file]] {
            let (found, _, text) = checked(arguments);
            assert_eq!(found, code, "{arguments:?}: {text}");
            assert!(text.contains(told), "{arguments:?}: {text}");
            assert!(text.len() < 500, "{text}");
        }
    }
}

#[test]
fn what_a_file_does_not_take_from_the_command_line_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = written(&folder, "[[rules]]\nsensor = \"TEMP\"\nabove = 24\n");
    for (option, value) in [
        ("--building", "house"),
        ("--floor", "2"),
        ("--wing", "N"),
        ("--room", "4"),
        ("--hysteresis", "1"),
        ("--hold", "1"),
    ] {
        let (code, _, told) = checked(&["--rules", &file, option, value]);
        assert_eq!(code, 2, "{option}");
        let wanted = format!("{option} is about thresholds of the command line");
        assert!(told.contains(&wanted), "{told}");
        let typed = ["--rules", &file, option, value, "--below", "HUM=20"];
        assert_eq!(checked(&typed).0, 0, "{option}");
    }
    assert_eq!(checked(&["--rules", &file, "--every"]).0, 0);
    for key in [
        "hysteresis = 1",
        "hold_s = 1",
        "silent_s = 9",
        "actuators = [\"10.0.0.2/led0\"]",
    ] {
        let rule = format!("[[rules]]\nsensor = \"TEMP\"\nabove = 24\n{key}\n");
        let file = written(&folder, &rule);
        let (code, _, told) = checked(&["--rules", &file, "--every"]);
        assert_eq!(code, 2, "{key}");
        let name = key.split(' ').next().unwrap();
        assert!(told.contains(&format!("has `{name}`")), "{told}");
    }
    let (code, _, told) = checked(&["--rules", folder.path().to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(told.contains("is a folder; one file is read"), "{told}");
}

#[test]
fn rules_of_a_file_and_of_the_command_line_count_together() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let file = written(
        &folder,
        "[[rules]]\nsensor = \"TEMP\"\nabove = 24\nfloor = 7\nroom = 4\nhold_s = 0.2\n[[rules]]\nsensor = \"HUM\"\nbelow = 20\n\
         field = \"h\"\n",
    );
    let guard = Guard::alarm(
        &broker,
        &["--rules", &file, "--above", "TEMP=30", "--floor", "2"],
    );
    for (place, value) in [
        ("P_7/S/4/TEMP", "25"),
        ("P_7/S/5/TEMP", "99"),
        ("P_2/S/5/TEMP", "31"),
        ("P_2/S/5/HUM", "{\"h\": 19}"),
        ("P_2/S/6/HUM", "{\"h\": 21}"),
    ] {
        broker.publish(&format!("house/{place}"), value.as_bytes(), false);
    }
    // that one is held for a while
    guard.wait_out("house P_7 S 4 TEMP 25 above 24");
    let lines = guard.out.all();
    assert_eq!(
        lines,
        [
            "house P_2 S 5 TEMP 31 above 30",
            "house P_2 S 5 HUM 19 below 20",
            "house P_7 S 4 TEMP 25 above 24"
        ]
    );
}
