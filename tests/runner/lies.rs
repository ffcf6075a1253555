//! A thing that was taken over gets nothing run that the runner's own file does not allow, and breaks nothing.

use crate::lab::{Lab, Runner, own_user, start_runner};
use crate::liar::{Liar, job, key, program, shell};
use crate::process::Start;
use crate::support::wait_for;
use mqtt_thing::fleet::runner_wire::{LONGEST, ToRunner, ToThing, VERSION, frame};
use mqtt_thing::fleet::{Job, JobEnd, Run};
use mqtt_thing::system::cpufreq::Wish;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A runner without a broker: only its file and its socket.
struct Alone {
    files: TempDir,
    runner: Runner,
}

impl Alone {
    fn new(keys: &str) -> Self {
        let files = TempDir::new().unwrap();
        let text = format!(
            "[broker]\nurl = \"mqtt://127.0.0.1:1\"\n[things.pi]\naddress = \"c1\"\n[things.pi.resources]\n\
             executor0 = {{ kind = \"executor\", {keys} }}\n"
        );
        std::fs::write(files.path().join("lab.toml"), text).unwrap();
        let (file, socket) = (
            files.path().join("lab.toml"),
            files.path().join("jobs.sock"),
        );
        let runner = Runner(start_runner(TempDir::new().unwrap(), &file, &socket));
        Self { files, runner }
    }

    fn socket(&self) -> PathBuf {
        self.files.path().join("jobs.sock")
    }

    /// Another connection than the last, whose end may not have been noticed yet.
    fn liar(&self) -> Liar {
        wait_for("the last one to be gone", || {
            let mut liar = Liar::silent(&self.socket());
            liar.hello(VERSION);
            matches!(liar.hears(), Some(ToThing::Welcome { .. })).then_some(liar)
        })
    }

    /// Whether it still does what it is for.
    fn still_runs(&self) {
        let echo = program("/usr/bin/echo", &["echo", "on"]);
        let outcome = self.liar().runs(job(77, echo));
        assert_eq!(outcome.stdout.head, b"on\n");
    }
}

const ECHO: &str = r#"allow = ["echo *", "cpufreq-set -r -f 8*"]"#;

#[test]
fn what_the_file_does_not_allow_is_not_run_whatever_the_thing_says() {
    let alone = Alone::new(ECHO);
    let made = alone.files.path().join("made");
    let made = made.to_str().unwrap();
    let mut liar = Liar::new(&alone.socket());
    let step = |khz| {
        Run::CpuFrequency(Wish {
            governor: None,
            khz: Some(khz),
        })
    };
    for (number, (run, why)) in [
        (
            program("/usr/bin/touch", &["touch", made]),
            "rule not-in-allow",
        ),
        // by the name of what is allowed
        (
            program("/usr/bin/touch", &["echo", made]),
            "by this file it would be `/usr/bin/echo`",
        ),
        (
            program("/usr/bin/echo", &["/usr/bin/touch", made]),
            "rule not-in-allow",
        ),
        (
            program("echo", &["echo"]),
            "by this file it would be `/usr/bin/echo`",
        ),
        (program("/usr/bin/echo", &[]), "rule"),
        (
            shell(&format!("echo; touch {made}")),
            "text goes to no shell here",
        ),
        (step(800_000), "without the command"),
    ]
    .into_iter()
    .enumerate()
    {
        let told = format!("{run:?}");
        let reason = liar.refusal(job(number as u64, run));
        assert!(
            reason.starts_with("the runner's own file does not allow it: ") && reason.contains(why),
            "{told}: {reason}"
        );
        alone.runner.0.wait_err("a job was refused");
    }
    let asked = Job {
        asked: Some("cpufreq-set -r -f 800000".to_owned()),
        ..job(20, step(1_500_000))
    };
    let reason = liar.refusal(asked);
    assert!(
        reason.contains("by this file it would be a frequency step of 800000 kHz"),
        "{reason}"
    );
    let stranger = Job {
        executor: "executor9".to_owned(),
        ..job(21, shell(""))
    };
    let reason = liar.refusal(stranger);
    assert_eq!(
        reason,
        "the runner has no executor `executor9`; its file has executor0"
    );
    assert!(!std::path::Path::new(made).exists());
    assert_eq!(
        liar.runs(job(22, program("/usr/bin/echo", &["echo", "hi"])))
            .stdout
            .head,
        b"hi\n"
    );
}

#[test]
fn bounds_are_those_of_the_runners_file() {
    let keys = r#"allow = ["*"], shell = true, timeout_s = 1, kill_after_s = 0, parallel = 2"#;
    let alone = Alone::new(keys);
    let mut liar = Liar::new(&alone.socket());
    let sleeps = Job {
        time_limit: Some(Duration::from_secs(3600)),
        kept: usize::MAX,
        ..job(1, shell("head -c 400000 /dev/zero; sleep 60"))
    };
    let outcome = liar.runs(sleeps);
    assert!(
        matches!(outcome.end, JobEnd::TimedOut { .. }),
        "{:?}",
        outcome.end
    );
    assert_eq!(outcome.stdout.head.len(), 64 << 10);
    let waits = "while [ ! -e go ]; do sleep 0.02; done";
    for number in [2, 3] {
        liar.says(&ToRunner::Run(job(number, shell(waits))));
    }
    let reason = liar.refusal(job(4, shell("true")));
    assert!(reason.starts_with("2 jobs run already"), "{reason}");
    alone.runner.touch("go");
    for _ in [2, 3] {
        liar.outcome();
    }
    // thousands that nobody journals take no more than so much
    for number in 100..400 {
        liar.runs(job(number, shell("head -c 200000 /dev/zero")));
    }
    let kept = alone.runner.spooled().len();
    assert!((1..=20).contains(&kept), "{kept} files");
    alone.runner.0.wait_err("was never journalled is forgotten");
}

#[test]
fn what_is_no_message_ends_the_connection_and_nothing_else() {
    let alone = Alone::new(ECHO);
    let huge = u32::try_from(LONGEST + 1).unwrap().to_be_bytes();
    let inner = [8_u32.to_be_bytes(), 9_u32.to_be_bytes()].concat();
    let json = |text: &str| {
        let inner = u32::try_from(text.len()).unwrap();
        [
            &(inner + 4).to_be_bytes()[..],
            &inner.to_be_bytes(),
            text.as_bytes(),
        ]
        .concat()
    };
    let nested = json(&"[".repeat(100_000));
    let numbers = json(r#"{"Run": {"executor": "executor0", "number": -1}}"#);
    let forever = json(r#"{"Stop": {"secs": 18446744073709551615, "nanos": 4000000000}}"#);
    let second = frame(
        &ToRunner::Hello {
            version: VERSION,
            first: true,
            jobs: vec![],
        },
        &[],
    )
    .unwrap();
    for (bytes, said) in [
        (&huge[..], "at most 4194304 are allowed"),
        (&inner, "a message of 9 bytes within 8"),
        (&json("{}"), "no message that is known"),
        (&json("\"Nothing\""), "no message that is known"),
        (&nested, "no message that is known"),
        (&numbers, "no message that is known"),
        (&forever, "no message that is known"),
        (&second, "hello twice"),
        (
            b"GET / HTTP/1.1\r\n\r\n".as_slice(),
            "at most 4194304 are allowed",
        ),
    ] {
        let mut liar = alone.liar();
        liar.throws(bytes);
        assert_eq!(liar.hears(), None, "{said}");
        alone.runner.0.wait_err(said);
        alone.still_runs();
    }
    let mut liar = alone.liar();
    let twice = job(5, program("/usr/bin/echo", &["echo"]));
    liar.runs(twice.clone());
    liar.says(&ToRunner::Run(twice));
    assert_eq!(liar.hears(), None);
    alone.still_runs();
}

#[test]
fn the_first_word_is_a_hello_of_the_right_version() {
    let alone = Alone::new(ECHO);
    let mut liar = Liar::silent(&alone.socket());
    liar.hello(VERSION + 1);
    match liar.hears() {
        Some(ToThing::Refused(why)) => assert!(why.contains("both come with one package"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(liar.hears(), None);
    alone.still_runs();
    let mut liar = wait_for("its turn", || {
        let mut liar = Liar::silent(&alone.socket());
        liar.says(&ToRunner::Cancel(key(1)));
        // a refusal means that the last one had not gone yet
        liar.hears().is_none().then_some(liar)
    });
    assert_eq!(liar.hears(), None);
    alone.runner.0.wait_err("was no hello");
    wait_for(
        "one that says nothing to be let in, and to be let go of",
        || {
            Liar::silent(&alone.socket())
                .hears()
                .is_none()
                .then_some(())
        },
    );
    alone.runner.0.wait_err("said nothing in time");
    alone.still_runs();
}

#[test]
fn one_thing_is_served_at_a_time_and_nobody_gets_anothers_files() {
    let alone = Alone::new(r#"allow = ["*"], shell = true"#);
    let mut first = Liar::new(&alone.socket());
    let mut second = Liar::silent(&alone.socket());
    match second.hears() {
        Some(ToThing::Refused(why)) => assert_eq!(why, "it serves another thing now"),
        other => panic!("{other:?}"),
    }
    for (job, from) in [(key(9), 0), (key(1), u64::MAX)] {
        let stream = mqtt_thing::fleet::Stream::Output;
        first.says(&ToRunner::Fetch { job, stream, from });
        match first.hears() {
            Some(ToThing::Piece { error: Some(_) }) => {}
            other => panic!("{other:?}"),
        }
    }
    first.says(&ToRunner::Journalled(key(3)));
    first.says(&ToRunner::Cancel(key(3)));
    assert_eq!(first.runs(job(4, shell("echo on"))).stdout.head, b"on\n");
}

#[test]
fn a_process_of_another_user_is_not_served() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can be somebody else");
        return;
    }
    let alone = Alone::new(ECHO);
    // let anybody come as far as the socket
    for path in [alone.files.path(), &alone.socket()] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let talk = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\nprint(len(s.recv(9)))";
    let ask = |user: &str| {
        let asked = Command::new("setpriv")
            .args([
                "--reuid",
                user,
                "--clear-groups",
                "/usr/bin/env",
                "python3",
                "-c",
                talk,
            ])
            .arg(alone.socket())
            .stderr(Stdio::null())
            .output();
        String::from_utf8(asked.unwrap().stdout).unwrap()
    };
    assert_eq!(ask("4711"), "0\n");
    alone
        .runner
        .0
        .wait_err("a process of user 4711 came to the socket; only user 0 may have jobs run");
    alone.still_runs();
}

#[test]
fn a_socket_of_another_user_is_not_believed_to_be_the_runner() {
    let Some(lab) = Lab::new(ECHO) else { return };
    let _runner = lab.runner();
    let (file, socket) = (lab.file("lab.toml"), lab.socket());
    let thing = Start::new(&lab.mosquitto, "run")
        .args(&[file.to_str().unwrap(), "--thing", "pi"])
        .args(&[
            "--runner",
            socket.to_str().unwrap(),
            "--runner-user",
            "4711",
        ])
        .run();
    let own = own_user();
    thing.wait_err(&format!(
        "a process of user {own} listens there; only one of user 4711 is believed"
    ));
}

#[test]
fn the_things_own_policy_may_be_wider_and_the_answer_says_what_the_runner_says() {
    let Some(lab) = Lab::new(r#"allow = ["*"], shell = true"#) else {
        return;
    };
    lab.write("narrow.toml", ECHO);
    let runner = lab.runner_in(TempDir::new().unwrap(), "narrow.toml");
    let _thing = lab.thing();
    let answer = lab.answer("a", "id; echo");
    assert_eq!(answer["status"], "failed");
    let reason = answer["reason"].as_str().unwrap();
    assert!(
        reason.contains("the runner's own file does not allow it: text goes to no shell"),
        "{reason}"
    );
    runner.0.wait_err("a job was refused");
    let argv = serde_json::json!({"id": "b", "client_id": "c1", "argv": ["echo", "fine"]});
    lab.send(&argv);
    assert_eq!(lab.answer_of("b")["output"], "fine\n");
}
