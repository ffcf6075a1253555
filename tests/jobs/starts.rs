//! How jobs start: with what around them, and why they do not.

use crate::bench::{Bench, is_root, job, output, program, sh};
use mqtt_thing::fleet::{Job, JobEnd, Run};
use std::os::unix::fs::PermissionsExt;

fn reason(bench: &Bench, job: Job) -> (String, bool) {
    let outcome = bench.outcome(job);
    assert_eq!((outcome.usage, outcome.stdout.total), (None, 0));
    match outcome.end {
        JobEnd::NotStarted { reason, not_found } => (reason, not_found),
        end => panic!("it started: {end:?}"),
    }
}

fn file(bench: &Bench, name: &str, text: &str, mode: u32) -> String {
    let path = bench.file(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_program_that_does_not_start_says_why() {
    let bench = Bench::new();
    let (said, not_found) = reason(&bench, program(1, &["/nope/nope"]));
    assert!(
        not_found && said.starts_with("there is no `/nope/nope`: No such file"),
        "{said}"
    );
    let plain = file(&bench, "plain", "x", 0o644);
    let (said, not_found) = reason(&bench, program(2, &[&plain]));
    assert!(!not_found && said.contains("may not execute"), "{said}");
    let junk = file(&bench, "junk", "junk", 0o755);
    let (said, _) = reason(&bench, program(3, &[&junk]));
    assert!(said.contains("is no program for this machine"), "{said}");
    let script = file(&bench, "script", "#!/nope\n", 0o755);
    let (said, not_found) = reason(&bench, program(4, &[&script]));
    assert!(
        !not_found && said.starts_with("the interpreter or loader"),
        "{said}"
    );
    let huge = "x".repeat(3 << 20);
    let (said, _) = reason(&bench, program(5, &["/bin/echo", &huge]));
    assert!(said.starts_with("its arguments are longer"), "{said}");
    let (said, _) = reason(&bench, program(6, &["true"]));
    assert_eq!(said, "`true` is not an absolute path");
    let (said, _) = reason(&bench, program(7, &["/bin/echo", "a\0b"]));
    assert!(said.contains("nul"), "{said}");
    let mut foreign = sh(8, ":");
    foreign.executor = "f".to_owned();
    assert_eq!(
        reason(&bench, foreign).0,
        "there is no executor `f`; there are: e"
    );
    let nowhere = Bench::with(|settings| settings.process.working_directory = Some("/nope".into()));
    let (said, not_found) = reason(&nowhere, program(9, &["/bin/true"]));
    assert!(
        !not_found && said.contains("directory `/nope` is not there"),
        "{said}"
    );
}

#[test]
fn a_job_that_runs_already_is_not_started_twice() {
    let bench = Bench::new();
    bench.runner.run(sh(1, "exec sleep 100"));
    assert_eq!(reason(&bench, sh(1, ":")).0, "job 1 is running already");
    assert!(bench.runner.cancel("e", mqtt_thing::fleet::JobNumber(1)));
    bench.done();
}

#[test]
fn arguments_arrive_as_they_are_without_a_shell() {
    let bench = Bench::new();
    let run = Run::Program {
        path: "/bin/sh".into(),
        argv: [
            "name",
            "-c",
            "echo \"$0\" \"$1\"; ps -o args= -p $$ >/dev/null; tr '\\0' '|' </proc/$$/cmdline",
            "x; y",
            "$(z) é\n",
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    let said = output(&bench.outcome(job(1, run)));
    assert!(said.starts_with("x; y $(z) é\n"), "{said}");
    assert!(said.contains("name|-c|"), "{said}");
}

#[test]
fn the_environment_is_clean_and_the_directory_its_own() {
    let bench = Bench::with(|settings| {
        let own = &mut settings.process.environment;
        own.insert("OWN".to_owned(), "a b".to_owned());
    });
    let outcome = bench.outcome(program(1, &["/usr/bin/env"]));
    let said = output(&outcome);
    let names: Vec<&str> = said
        .lines()
        .map(|line| line.split('=').next().unwrap())
        .collect();
    let known = [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "OWN",
        "MQTT_THING_JOB",
    ];
    assert!(names.iter().all(|name| known.contains(name)), "{said}");
    assert!(said.contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"));
    assert!(
        said.contains("LANG=C.UTF-8\n") && said.contains("OWN=a b\n") && said.contains("HOME=/")
    );
    let work = bench.folder.path().join("work").canonicalize().unwrap();
    assert_eq!(
        output(&bench.outcome(sh(2, "pwd -P"))).trim_end(),
        work.to_str().unwrap()
    );
    let open = Bench::with(|settings| settings.process.inherit_environment = true);
    // cargo sets it for its tests
    let said = output(&open.outcome(sh(1, "echo $CARGO_MANIFEST_DIR")));
    assert_eq!(said.trim_end(), env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn nothing_of_ours_is_open_in_a_job_and_its_input_is_at_its_end() {
    let bench = Bench::new();
    bench
        .runner
        .run(sh(1, "head -c 5000 /dev/zero; exec sleep 100"));
    let outcome = bench.outcome(sh(
        2,
        "cat; readlink /proc/self/fd/0; exec ls /proc/self/fd",
    ));
    let said = output(&outcome);
    let (input, open) = said.split_once('\n').unwrap();
    assert_eq!(input, "/dev/null");
    // what whoever started the test left open is not ours
    let listed = std::process::Command::new("/bin/sh")
        .args(["-c", "exec ls /proc/self/fd"])
        .output();
    assert_eq!(open, String::from_utf8(listed.unwrap().stdout).unwrap());
}

#[test]
fn a_job_has_its_niceness_and_the_runner_keeps_its_own() {
    let bench = Bench::with(|settings| settings.process.nice = Some(15));
    let nice = "echo $(cut -d' ' -f19 /proc/self/stat) $(sh -c 'cut -d\" \" -f19 /proc/self/stat')";
    let outcome = bench.outcome(sh(1, nice));
    assert_eq!(
        (output(&outcome).as_str(), outcome.notes.len()),
        ("15 15\n", 0)
    );
    // a thread that was nice would not be allowed to be less nice, unless it is root's
    let again = bench.outcome(sh(2, nice));
    assert_eq!((output(&again).as_str(), again.notes.len()), ("15 15\n", 0));
    let own = Bench::new().outcome(sh(1, nice));
    let ours = rustix::process::getpriority_process(None).unwrap();
    assert_eq!(output(&own), format!("{ours} {ours}\n"));
    if !is_root() {
        let bench = Bench::with(|settings| settings.process.nice = Some(-5));
        let outcome = bench.outcome(sh(1, "echo ran"));
        assert!(
            outcome.notes[0].starts_with("the niceness -5 could not be set"),
            "{outcome:?}"
        );
        assert_eq!(output(&outcome), "ran\n");
    }
}

#[test]
fn limits_hold() {
    let bench = Bench::with(|settings| {
        let process = &mut settings.process;
        process.memory = Some(100 << 20);
        process.file_size = Some(10_000);
        process.open_files = Some(33);
        process.cpu_s = Some(1);
        process.processes = Some(3_000);
    });
    // the shell may be quicker than the limits; what it starts is not
    let said = bench.outcome(sh(1, "sleep 0.1; cat /proc/self/limits"));
    let said = String::from_utf8([said.stdout.head, said.stdout.tail].concat()).unwrap();
    for (name, soft, hard) in [
        ("Max address space", "104857600", "104857600"),
        ("Max file size", "10000", "10000"),
        ("Max open files", "33", "33"),
        ("Max cpu time", "1", "2"),
        ("Max processes", "3000", "3000"),
        ("Max core file size", "0", "0"),
    ] {
        let line = said.lines().find(|line| line.starts_with(name)).unwrap();
        let fields: Vec<&str> = line[name.len()..].split_whitespace().collect();
        assert_eq!(fields[..2], [soft, hard], "{line}");
    }
    // a block of 200 MB is more than the limit allows
    let greedy = "sleep 0.1; dd if=/dev/zero of=/dev/null bs=200M count=1";
    let outcome = bench.outcome(sh(2, greedy));
    assert_eq!(outcome.end, JobEnd::Exited(1), "{outcome:?}");
    assert!(
        String::from_utf8_lossy(&outcome.stderr.head).contains("memory"),
        "{outcome:?}"
    );
    let writer = bench.outcome(sh(
        3,
        "sleep 0.1; exec dd if=/dev/zero of=file bs=20000 count=1",
    ));
    assert!(
        matches!(writer.end, JobEnd::Signalled(25) | JobEnd::Exited(1)),
        "{writer:?}"
    );
    assert_eq!(std::fs::metadata(bench.file("file")).unwrap().len(), 10_000);
    let busy = bench.outcome(sh(4, "while :; do :; done"));
    assert_eq!(busy.end, JobEnd::Signalled(24), "XCPU");
}
