//! The operator on a terminal: a real pseudo terminal, keys in, a table out, and the terminal as it was.

use crate::fleet::{OldPeers, assert_harmless, steps};
use crate::process::Process;
use crate::support::{Mosquitto, Terminal, wait_for};
use tempfile::TempDir;

/// An operator on a terminal, with its plan and its state in a folder of its own; `None` without `script`.
fn open(mosquitto: &Mosquitto, plan: &str, environment: &[(&str, &str)]) -> Option<Terminal> {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("pipelines.toml"), plan).unwrap();
    let arguments = format!("operator pipelines.toml --broker {}", mosquitto.url());
    let terminal = Terminal::run(&Terminal::watched(&arguments), |command| {
        command
            .current_dir(folder.path())
            .env("STATE_DIRECTORY", folder.path().join("state"))
            .envs(environment.iter().copied());
    });
    terminal.map(|terminal| terminal.keep(folder))
}

const AT_ONCE: &str = "registration_timeout_s = 0.3";

#[test]
fn a_table_shows_each_step_of_each_client_and_the_summary_follows_it() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let _sut = Process::sut(&mosquitto, "pi");
    let plan = steps(
        "clients = [\"pi\", \"old\"]",
        &["echo one; sleep 0.5", "exit 3"],
    );
    let Some(mut terminal) = open(&mosquitto, &plan, &[]) else {
        return;
    };
    terminal.wait("waiting");
    // what is typed meanwhile is not shown
    terminal.press("typed meanwhile\n");
    peers.register("old");
    terminal.wait("  old     gov  >.  0/2  asked");
    terminal.wait("  pi      own  +x  2/2  done");
    peers.serve("old", 0);
    peers.serve("old", 1);
    terminal.wait("3 of 4 steps of 2 clients succeeded");
    let last = terminal.wait("2 of 2 clients done, 1 step failed");
    assert!(last.contains("  old     gov  ++  2/2  done"), "{last}");
    assert!(
        last.contains("pi p 2/2 `exit 3` failed: exit code 3"),
        "{last}"
    );
    assert_eq!(terminal.ended(), "1");
    let (during, _) = terminal
        .text()
        .split_once("code 1")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert!(!during.contains("typed"), "{during}");
}

#[test]
fn control_c_ends_in_order_and_gives_the_terminal_back() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "pi");
    let plan = steps(AT_ONCE, &["sleep 60"]) + "finally = [\"echo finally\"]\n";
    let Some(mut terminal) = open(&mosquitto, &plan, &[("NO_COLOR", "1")]) else {
        return;
    };
    terminal.wait("runs ");
    terminal.press("\x03");
    terminal.wait("ending in order");
    terminal.wait("it was interrupted");
    assert_eq!(terminal.ended(), "1");
    let raw = terminal.raw();
    let colour = raw.split('m').any(|part| {
        let code = part.rsplit_once("\x1b[").map(|(_, code)| code);
        code.is_some_and(|code| code.chars().all(|c| c.is_ascii_digit() || c == ';'))
    });
    assert!(!colour, "a colour, in spite of NO_COLOR: {raw:?}");
    assert!(raw.contains("\x1b[?7l"), "and a table all the same");
}

#[test]
fn hostile_names_and_output_are_escaped_in_the_table() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let plan = steps(AT_ONCE, &["a"]);
    let Some(terminal) = open(&mosquitto, &plan, &[]) else {
        return;
    };
    terminal.wait("waiting for the first client");
    peers.register(evil);
    let failed = serde_json::json!({
        "client_id": evil, "command": "a", "start_time": "1.0", "end_time": "2.0",
        "error": format!("Failed to execute command: {evil}"),
    });
    peers.command(evil, 0);
    mosquitto.publish(
        crate::fleet::RESPONSES,
        failed.to_string().as_bytes(),
        false,
    );
    assert_eq!(terminal.ended(), "1");
    let raw = terminal.raw();
    assert!(raw.contains("\\u{1b}]0;owned"), "{raw:?}");
    for bad in ["\x1b]", "\u{7}", "\u{9b}", "\u{202e}"] {
        assert!(!raw.contains(bad), "{bad:?} in {raw:?}");
    }
    assert_harmless(&terminal.text().replace(['\r', '\u{8}'], ""));
}

#[test]
fn realtime_mode_edits_lines_prints_above_them_and_leaves_by_exit() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "pi");
    let plan = steps(&format!("{AT_ONCE}\nrealtime = true"), &["true"]);
    let Some(mut terminal) = open(&mosquitto, &plan, &[]) else {
        return;
    };
    terminal.wait("all> ");
    // pasted at once, with a slip that is mended: left, backspace
    terminal.press("echo hallXo\x1b[D\x7f\rsleep 0.5\r");
    terminal.wait("line: echo hallo: succeeded");
    terminal.press("half a line");
    let behind = terminal.wait("line: sleep 0.5: succeeded");
    let _whole = wait_for("the half line behind it", || {
        let behind = terminal.wait("line: sleep 0.5: succeeded");
        behind
            .contains("all> half a line")
            .then_some(behind.clone())
    });
    drop(behind);
    // gone with Ctrl-U; the line before the last one from the history
    terminal.press("\x15\x1b[A\x1b[A\r");
    wait_for("the line from the history", || {
        (terminal
            .text()
            .matches("line: echo hallo: succeeded")
            .count()
            == 2)
            .then_some(())
    });
    terminal.press("exit\r");
    assert_eq!(terminal.ended(), "0");
}

#[test]
fn control_c_at_the_prompt_gives_the_terminal_back_too() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "pi");
    let plan = steps(&format!("{AT_ONCE}\nrealtime = true"), &["true"]);
    let Some(mut terminal) = open(&mosquitto, &plan, &[]) else {
        return;
    };
    terminal.wait("all> ");
    terminal.press("half a line\x03");
    // all was done, so that it is no interruption
    terminal.wait("1 of 1 steps");
    assert_eq!(terminal.ended(), "0");
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "pi");
    let plan = steps(AT_ONCE, &["echo hi"]);
    let Some(terminal) = open(&mosquitto, &plan, &[("TERM", "dumb"), ("NO_COLOR", "1")]) else {
        return;
    };
    terminal.wait("pi -> p 1/1: echo hi: succeeded");
    assert_eq!(terminal.ended(), "0");
    assert!(!terminal.raw().contains('\x1b'), "{:?}", terminal.raw());
}
