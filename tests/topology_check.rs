//! `mqtt-thing check` and `mqtt-thing kinds`, as a person and as a program use them.

use serde_json::{Value as Json, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const RIGHT: &str = r#"[broker]
url = "mqtt://broker"
[things.inner]
address = "10.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
rotary0 = { kind = "rotary", port = "A0" }
[things.outer]
interface = "eth0"
bus = 3
reset_gpio = 8
[things.outer.resources]
led0 = { kind = "led", port = "D5", follows = ["inner/rotary0", "inner/button0"], combine = "last", on_source_lost = 100 }
clock0 = { kind = "clock" }
"#;

const WRONG: &str =
    "[broker]\nurl = \"mqtt://broker\"\n[things.a.resources]\nlöd = 1\nled0 = { kind = \"led\" }\n";

const ODD: &str = "[broker]\nurl = \"mqtt://broker\"\nkeep_alive_s = 1\n[things.a.resources]\nc = { kind = \"clock\" }\n";

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command.current_dir(folder).args(arguments);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_LOG"] {
        command.env_remove(variable);
    }
    command
}

/// Runs it beside `right.toml`, `wrong.toml` and `odd.toml`.
fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("right", RIGHT), ("wrong", WRONG), ("odd", ODD)] {
        std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    }
    command(folder.path(), arguments).output().unwrap()
}

fn told(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn a_right_file_shows_who_follows_whom() {
    let expected = "\
right.toml: ok
broker mqtt://broker, keep-alive 10 s

inner, 10.0.0.1
  button0  button  D3  10.0.0.1/sensors/button0  True or False
  rotary0  rotary  A0  10.0.0.1/sensors/rotary0  0..1023

outer, address of eth0, I2C bus 3, reset by GPIO 8
  led0    led    D5  <id>/actuators/led0  0..1023  <- last of inner/rotary0, inner/button0, 100 when lost
  clock0  clock  -   <id>/stuff/clock0    text
";
    let output = run(&["check", "right.toml"]);
    assert_eq!(told(&output), (Some(0), expected, ""));
}

const COMPLAINT: &str = "\
wrong.toml:4:2: error: this is not TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
 4 | löd = 1
   |  ^
   = a name has letters a to z, digits and _; text stands in quotes
wrong.toml:5:1: error: this led has no `port`
 5 | led0 = { kind = \"led\" }
   | ^^^^
   = the socket that it is plugged into: A0, A1, A2, D2, D3, D4, D5, D6, D7, D8
wrong.toml: 2 mistakes
";

#[test]
fn a_wrong_file_shows_its_mistakes_and_ends_with_1() {
    let output = run(&["check", "wrong.toml"]);
    assert_eq!(told(&output), (Some(1), "", COMPLAINT));
}

#[test]
fn a_warning_is_shown_and_is_no_mistake() {
    let output = run(&["check", "odd.toml"]);
    let (code, out, err) = told(&output);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("odd.toml: ok\n"), "{out}");
    assert!(err.starts_with("odd.toml:3:16: warning: at 1 s, "), "{err}");
}

#[test]
fn of_several_files_the_worst_gives_the_exit_code() {
    let output = run(&["check", "right.toml", "wrong.toml", "odd.toml"]);
    let (code, out, err) = told(&output);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("right.toml: ok\n") && out.contains("\n\nodd.toml: ok\n"),
        "{out}"
    );
    assert!(err.starts_with(COMPLAINT), "{err}");
    let output = run(&["check", "wrong.toml", "missing.toml"]);
    let (code, out, err) = told(&output);
    assert_eq!((code, out), (Some(2), ""));
    assert_eq!(
        err,
        format!("{COMPLAINT}mqtt-thing: there is no file missing.toml\n")
    );
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("wrong.toml"), WRONG).unwrap();
    let coloured = |variable: &str| {
        let mut command = command(folder.path(), &["check", "wrong.toml"]);
        let output = command.env(variable, "1").output().unwrap();
        output.stderr.contains(&0x1b)
    };
    assert!(coloured("CLICOLOR_FORCE"));
    assert!(!coloured("NO_COLOR"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(folder.path(), &["kinds"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(told(&output), (Some(0), "", ""));
}

#[test]
fn a_program_gets_a_list_with_places_and_things() {
    let output = run(&[
        "check",
        "--json",
        "right.toml",
        "wrong.toml",
        "missing.toml",
    ]);
    let (code, out, err) = told(&output);
    assert_eq!((code, err), (Some(2), ""));
    let list: Json = serde_json::from_str(out).unwrap();
    let [right, wrong, missing] = list.as_array().unwrap().as_slice() else {
        panic!("{list:#}");
    };
    assert_eq!(right["ok"], true);
    assert_eq!(right["things"][0]["address"], "10.0.0.1");
    assert_eq!(
        right["things"][0]["resources"][1],
        json!({
            "name": "rotary0", "kind": "rotary", "port": "A0", "topic": "10.0.0.1/sensors/rotary0",
            "value": {"type": "integer", "min": 0, "max": 1023}, "settings": {},
        })
    );
    assert_eq!(right["things"][1]["interface"], "eth0");
    assert_eq!(
        right["things"][1]["resources"][0],
        json!({
            "name": "led0", "kind": "led", "port": "D5", "topic": null,
            "value": {"type": "integer", "min": 0, "max": 1023}, "settings": {},
            "follows": ["inner/rotary0", "inner/button0"], "combine": "last", "on_source_lost": 100,
        })
    );
    assert_eq!(wrong["ok"], false);
    assert_eq!(
        wrong["mistakes"][1],
        json!({
            "line": 5, "column": 1, "end_line": 5, "end_column": 5, "message": "this led has no `port`",
            "help": "the socket that it is plugged into: A0, A1, A2, D2, D3, D4, D5, D6, D7, D8",
        })
    );
    assert_eq!(missing["ok"], false);
    assert_eq!(missing["error"], "there is no file missing.toml");
}

#[test]
fn the_kinds_are_listed_with_ports_values_settings_and_an_example() {
    let expected = r#"led: a LED; on or off, or dimmed on D3, D5 and D6 when it follows a number
  ports     A0 A1 A2 D2 D3 D4 D5 D6 D7 D8
  topic     <id>/actuators/<name>
  values    True or False; on D3 D5 D6 also the range of a number that it follows
  settings  follows                  "thing/resource"     what it shows; a list for several; { topic = "..", stale_after_s = 60 } for others
            combine = "any"          any, all, last       how several sources become one value
            on_source_lost = "rest"  rest, hold, a value  what a source counts as that went away
  example   led0 = { kind = "led", port = "D4", follows = "inner/button0" }  # on_source_lost = "rest"
"#;
    let output = run(&["kinds", "led"]);
    assert_eq!(told(&output), (Some(0), expected, ""));
    let output = run(&["kinds"]);
    let (code, all, _) = told(&output);
    assert_eq!(code, Some(0));
    assert!(all.contains(expected));
    assert!(all.contains("values    1..1293 in cm\n"), "{all}");
    for name in ["button", "rotary", "clock", "light", "relay"] {
        assert!(all.contains(&format!("\n{name}: ")) || all.starts_with(&format!("{name}: ")));
    }
}

#[test]
fn a_kind_with_several_values_that_holds_the_board_says_so() {
    let expected = r#"dht: temperature and humidity; said when two readings agree; each holds the board for 0.27 s
  ports     A0 A1 A2 D2 D3 D4 D5 D6 D7 D8
  topic     <id>/sensors/<name>/temperature: a decimal number in C
  topic     <id>/sensors/<name>/humidity: a decimal number in %
  in room   <room>/TEMP, <room>/HUM: JSON, value, unit, time
  holds     the whole board for 270 ms a reading
  settings  every_ms = 10000  10000..3600000    how often it is read; faster would stall the board
            model = 11        11, 21, 22, 2301  DHT11 (blue), DHT21, DHT22 (white) or AM2301
            retain = true     true, false       whether the broker keeps the last value
            qos = 1           0, 1              0 and retain = false are what the original app does
            room              "house/P_7/S/4"   the room of a building where its values are said as well
  example   dht0 = { kind = "dht", port = "D7" }  # model = 11, every_ms = 10000
"#;
    assert_eq!(told(&run(&["kinds", "dht"])), (Some(0), expected, ""));
    let output = run(&["kinds", "--json", "dht"]);
    let list: Json = serde_json::from_str(told(&output).1).unwrap();
    assert_eq!(list[0]["holds_board_ms"], 270.0);
    assert_eq!(list[0]["channels"][1]["name"], "humidity");
    assert_eq!(list[0]["room"], json!(["TEMP", "HUM"]));
    assert_eq!(list[0]["settings"][1]["one_of"], json!([11, 21, 22, 2301]));
    for (name, ports) in [("led_bar", "D2 D3 D4 D5 D6 D7"), ("rgb_lcd", "none")] {
        let output = run(&["kinds", name]);
        let line = format!("\n  ports     {ports}");
        assert!(told(&output).1.contains(&line), "{output:?}");
    }
}

#[test]
fn a_kind_that_speaks_on_a_topic_of_all_things_says_so() {
    let expected = "  ports    none\n  topic    cb_res\n  values   text\n  asked    on <client id>\n  example  echo0 = { kind = \"echo\" }\n";
    assert!(told(&run(&["kinds", "echo"])).1.ends_with(expected));
    let output = run(&["kinds", "--json", "heartbeat"]);
    let list: Json = serde_json::from_str(told(&output).1).unwrap();
    assert_eq!(list[0]["shared_topic"], "heartbeat");
}

#[test]
fn a_kind_that_is_not_there_is_refused_with_the_nearest() {
    let output = run(&["kinds", "buton"]);
    let expected = "mqtt-thing: there is no kind `buton`; did you mean `button`?\n";
    assert_eq!(told(&output), (Some(2), "", expected));
}

#[test]
fn a_program_gets_the_kinds_as_a_list() {
    let output = run(&["kinds", "--json", "rotary"]);
    let list: Json = serde_json::from_str(told(&output).1).unwrap();
    let rotary = &list[0];
    assert_eq!(rotary["ports"], json!(["A0", "A1", "A2"]));
    assert_eq!(
        rotary["value"],
        json!({"type": "integer", "min": 0, "max": 1023})
    );
    assert_eq!(rotary["settings"][0]["name"], "every_ms");
    assert_eq!(rotary["settings"][0]["default"], 50);
    assert_eq!(rotary["follows"], false);
    let names = |kind: &Json| -> Vec<String> {
        let settings = kind["settings"].as_array().unwrap().iter();
        settings
            .map(|setting| setting["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(names(rotary).ends_with(&["retain".to_owned(), "qos".to_owned()]));
    let output = run(&["kinds", "--json", "led"]);
    let list: Json = serde_json::from_str(told(&output).1).unwrap();
    assert_eq!(names(&list[0]), ["follows", "combine", "on_source_lost"]);
    let settings = &list[0]["settings"];
    assert_eq!(settings[0]["default"], Json::Null);
    assert_eq!(settings[2]["default"], "rest");
}

#[test]
fn the_patience_with_a_silent_source_is_told() {
    let text = "[broker]\nurl = \"mqtt://b\"\n[things.a]\naddress = \"10.0.0.1\"\n[things.a.resources]\n\
        led0 = { kind = \"led\", port = \"D4\", follows = { topic = \"x/y\", stale_after_s = 60 } }\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stale.toml"), text).unwrap();
    let output = |arguments: &[&str]| command(folder.path(), arguments).output().unwrap();
    let plain = output(&["check", "stale.toml"]);
    assert!(
        told(&plain).1.contains("<- x/y (lost after 60 s)\n"),
        "{plain:?}"
    );
    let json = output(&["check", "--json", "stale.toml"]);
    let list: Json = serde_json::from_str(told(&json).1).unwrap();
    let led = &list[0]["things"][0]["resources"][0];
    assert_eq!(led["follows"], json!(["x/y"]));
    assert_eq!(led["stale_after_s"], json!({"x/y": 60}));
}

#[test]
fn pipelines_and_the_governors_configuration_are_checked_as_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "slow.toml",
        "[[pipelines]]\nname = \"slow\"\nsteps = [[\"echo\", \"a b\"]]\nfinally = [\"date\"]\n",
    );
    write(
        "config.ini",
        "[operator]\npipeline1 = echo 'a; b'\nsave_feedback = off\nenable_realtime_mode = no\n[sut]\nallow = *\n",
    );
    write("wrong.ini", "[sut]\nalow = *\n");
    let output = command(
        folder.path(),
        &["check", "slow.toml", "config.ini", "wrong.ini"],
    )
    .output()
    .unwrap();
    let (code, out, err) = told(&output);
    assert_eq!(code, Some(1));
    assert_eq!(
        out,
        "\
slow.toml: ok
all clients that register, 5 s after the first

slow
  1        echo 'a b'
  finally  date

config.ini: ok
all clients that register, 5 s after the first

pipeline1
  1  echo 'a
  2  b'

as a SUT: may run
  *
"
    );
    assert_eq!(
        err,
        "\
config.ini:2:20: warning: this `;` stands in quotes, and cuts all the same: `echo 'a` and `b'` become two steps
 2 | pipeline1 = echo 'a; b'
   |                    ^
   = the original cuts here too; in a file of pipelines (TOML) nothing is cut
config.ini:6:9: warning: `*` allows every program with any arguments
 6 | allow = *
   |         ^
   = name what is needed, as in \"stress-ng --cpu * --timeout *s\"
wrong.ini:2:1: error: [sut] has no key `alow`
 2 | alow = *
   | ^^^^
   = did you mean `allow`?
wrong.ini: 1 mistake
"
    );
    let output = command(
        folder.path(),
        &["check", "--json", "slow.toml", "config.ini"],
    )
    .output()
    .unwrap();
    let list: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        list[0]["operator"]["pipelines"][0]["steps"][0]["argv"],
        json!(["echo", "a b"])
    );
    assert_eq!(list[1]["sut"]["allow"], json!(["*"]));
    assert_eq!(list[1]["warnings"][0]["line"], 2);
}
