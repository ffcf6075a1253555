//! How a runner starts, or says why it does not.

use crate::lab::{own_user, start_runner};
use crate::process::{Process, Start};
use crate::support::Mosquitto;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const TWO: &str = r#"[broker]
url = "mqtt://127.0.0.1:1"
[things.inner]
address = "c1"
[things.inner.resources]
e = { kind = "executor", allow = ["true"] }
[things.outer]
address = "c2"
[things.outer.resources]
e = { kind = "executor", allow = ["true"] }
[things.plain]
address = "c3"
[things.plain.resources]
clock0 = { kind = "clock" }
"#;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        std::fs::write(place.path("lab.toml"), TWO).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A runner with these arguments more, that ends by itself.
    fn ends(&self, socket: &Path, arguments: &[&str]) -> (Option<i32>, String) {
        let mut runner = Start::without_broker(TempDir::new().unwrap(), "runner")
            .arg(self.path("lab.toml").to_str().unwrap())
            .args(&["--socket", socket.to_str().unwrap()])
            .args(arguments)
            .run();
        let code = runner.ended().code();
        while !runner.err.ended() {
            std::thread::yield_now();
        }
        (code, runner.err.all().join("\n"))
    }

    fn runs(&self, socket: &Path, thing: &str) -> Process {
        let runner = Start::without_broker(TempDir::new().unwrap(), "runner")
            .arg(self.path("lab.toml").to_str().unwrap())
            .args(&["--socket", socket.to_str().unwrap(), "--thing", thing])
            .args(&["--peer", &own_user()])
            .run();
        runner.wait_err("starting");
        runner
    }
}

#[test]
fn what_it_cannot_be_told_is_said_with_what_it_takes() {
    let place = Place::new();
    let socket = place.path("jobs.sock");
    for (arguments, code, said) in [
        (
            &[][..],
            2,
            "several things have executors: inner, outer; say with --thing NAME or MQTT_THING_THING which",
        ),
        (
            &["--thing", "plain"],
            0,
            "there is no executor, so there is nothing to run",
        ),
        (
            &["--thing", "iner"],
            2,
            "there is no thing `iner` in the file; it has inner, outer, plain",
        ),
        (
            &["--thing", "inner", "--peer", "no-such-user"],
            2,
            "--peer: there is no user `no-such-user`",
        ),
    ] {
        let (its, err) = place.ends(&socket, arguments);
        assert!(
            its == Some(code) && err.contains(said),
            "{arguments:?}: {its:?} {err}"
        );
        assert!(!socket.exists());
    }
}

#[test]
fn the_variable_names_the_thing_as_well() {
    let place = Place::new();
    let runner = Start::without_broker(TempDir::new().unwrap(), "runner")
        .env(
            "MQTT_THING_TOPOLOGY",
            place.path("lab.toml").to_str().unwrap(),
        )
        .env("MQTT_THING_THING", "outer")
        .args(&["--socket", place.path("jobs.sock").to_str().unwrap()])
        .run();
    runner.wait_err("starting thing=outer");
}

#[test]
fn the_socket_is_for_its_user_and_group_and_its_folder_is_made() {
    let place = Place::new();
    let socket = place.path("run/jobs.sock");
    let runner = place.runs(&socket, "inner");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    // its mode is set a moment after it is there, and before anybody is let in
    crate::support::wait_for("the socket's mode", || {
        (mode(&socket) == 0o660).then_some(())
    });
    assert_eq!(mode(socket.parent().unwrap()), 0o750);
    let (code, err) = place.ends(&socket, &["--thing", "inner"]);
    assert!(
        code == Some(1) && err.contains("another runner listens on"),
        "{err}"
    );
    // killed, it leaves its socket lying there
    drop(runner);
    assert!(socket.exists());
    let again = place.runs(&socket, "inner");
    drop(again);
}

#[test]
fn what_lies_there_and_is_no_dead_socket_is_left_alone() {
    let place = Place::new();
    let file = place.path("file");
    std::fs::write(&file, "precious").unwrap();
    let (code, err) = place.ends(&file, &["--thing", "inner"]);
    assert!(
        code == Some(1) && err.contains("is there already and is no socket"),
        "{err}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    let (code, err) = place.ends(&file.join("jobs.sock"), &["--thing", "inner"]);
    assert!(
        code == Some(1) && err.contains("cannot make the folder of the socket"),
        "{err}"
    );
    let others = place.path("others.sock");
    let _listens = UnixListener::bind(&others).unwrap();
    let (code, err) = place.ends(&others, &["--thing", "inner"]);
    assert!(
        code == Some(1) && err.contains("another runner listens on"),
        "{err}"
    );
}

#[test]
fn a_thing_says_which_user_it_does_not_know() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let place = Place::new();
    let mut thing = Start::new(&mosquitto, "run")
        .arg(place.path("lab.toml").to_str().unwrap())
        .args(&["--thing", "inner", "--runner", "/nowhere/jobs.sock"])
        .args(&["--runner-user", "no-such-user"])
        .run();
    assert_eq!(thing.ended().code(), Some(2));
    thing.wait_err("--runner-user: there is no user `no-such-user`");
}

#[test]
fn what_an_earlier_life_spooled_is_thrown_away() {
    let place = Place::new();
    let state = TempDir::new().unwrap();
    let spool = state.path().join("state/runner/executors/inner/e/spool");
    std::fs::create_dir_all(&spool).unwrap();
    for file in ["1.out", "1.err", "notes.txt"] {
        std::fs::write(spool.join(file), "x").unwrap();
    }
    std::fs::write(
        place.path("one.toml"),
        TWO.split("[things.outer]").next().unwrap(),
    )
    .unwrap();
    let _runner = start_runner(state, &place.path("one.toml"), &place.path("jobs.sock"));
    crate::support::wait_for("it to be cleared", || {
        (crate::lab::files(&spool) == [spool.join("notes.txt")]).then_some(())
    });
}
