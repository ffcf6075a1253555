//! The programs that are deployed: ours without what only a debugger reads, copies that differ, and some that are broken.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// A folder of this test's builds.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// Ours.
pub fn ours() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let path = folder().join("deployed");
        run(Command::new("strip")
            .arg("-o")
            .arg(&path)
            .arg(env!("CARGO_BIN_EXE_mqtt-thing")));
        path
    };
    MADE.get_or_init(make).clone()
}

/// Ours with a few bytes behind it, which make it another one.
pub fn newer() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let path = folder().join("deployed-newer");
        let mut content = fs::read(ours()).unwrap();
        content.extend(b"newer");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        path
    };
    MADE.get_or_init(make).clone()
}

/// Where one that is broken finds ours on the host, for what it can do.
pub const REAL: &str = "/var/real-mqtt-thing";

/// What `run` does in a program that is broken; everything else is as in ours.
#[derive(Clone, Copy)]
pub enum Broken {
    /// Ends with 1.
    Ends,
    /// Stays, and never says that it is ready.
    Hangs,
    /// Runs, and speaks to a broker that is not there.
    Deaf,
    /// Does whatever that one does, and nothing where it is not there.
    Relays,
    /// Runs, and is healthy but for one fault.
    Faulty,
    /// Dies by a signal whatever it is asked.
    Crashes,
}

/// A broken one.
pub fn broken(how: Broken) -> PathBuf {
    let (name, does) = match how {
        Broken::Ends => ("ends", "return 1;"),
        Broken::Hangs => ("hangs", "for (;;) pause();"),
        Broken::Deaf => (
            "deaf",
            "{ char *deaf[] = {argv[0], \"run\", argv[2], \"--broker\", \"mqtt://127.0.0.1:1\", 0}; execv(real, deaf); return 1; }",
        ),
        Broken::Relays => ("relays", "execv(real, argv);"),
        Broken::Faulty => ("faulty", ""),
        Broken::Crashes => ("crashes", ""),
    };
    // what `health` says of one that has nothing wrong with it but a fault
    let (command, does) = match how {
        Broken::Faulty => ("health", "return 1;"),
        _ => ("run", does),
    };
    let always = match how {
        Broken::Crashes => "raise(SIGSEGV);",
        _ => "",
    };
    let source = format!(
        "#include <signal.h>\n#include <string.h>\n#include <unistd.h>\nstatic const char *real = \"{REAL}\";\n\
         int main(int argc, char **argv) {{\n {always} if (argc > 2 && !strcmp(argv[1], \"{command}\")) {does}\n \
         execv(real, argv); return 1; }}\n"
    );
    let own = std::process::id();
    let (beside, path) = (
        folder().join(format!("{name}.{own}.{:?}.c", std::thread::current().id())),
        folder().join(format!("deployed-{name}")),
    );
    fs::write(&beside, source).unwrap();
    let built = beside.with_extension("built");
    run(Command::new("cc").arg("-o").arg(&built).arg(&beside));
    fs::remove_file(&beside).unwrap();
    fs::rename(&built, &path).unwrap();
    path
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}
