//! `pub` and `sub` as users type them: the real binary, a real Mosquitto, and other people's clients on the other side.
#![allow(clippy::unwrap_used)]

mod access;
mod broker_away;
#[path = "../tls/certificates.rs"]
#[allow(dead_code)]
mod certificates;
mod everyday;
mod explain;
mod hostile;
mod interop;
#[path = "../tls/listener.rs"]
#[allow(dead_code)]
mod listener;
mod newcomers;
mod sessions;
#[path = "../support/mod.rs"]
mod support;

use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use support::{Lines, Mosquitto};

/// The real binary with these arguments, at this broker, and with nothing of this machine's environment.
pub(crate) fn at(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command.args(arguments).args(["--broker", url]);
    for name in ["BROKER", "USERNAME", "PASSWORD", "PASSWORD_FILE", "CA_FILE"] {
        command.env_remove(format!("MQTT_THING_{name}"));
    }
    command.stdin(Stdio::null());
    command
}

/// What became of a process.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap()
    }

    /// It must have gone well.
    pub(crate) fn well(self) -> Self {
        assert!(self.status.success(), "{}", self.err);
        self
    }
}

/// To its end, with this on standard input.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Ended {
    let mut process = Process::start(command.stdin(Stdio::piped()));
    let mut stdin = process.stdin();
    stdin.write_all(input).unwrap();
    drop(stdin);
    process.end()
}

/// Publishes, which must go well.
pub(crate) fn publish(broker: &Mosquitto, arguments: &[&str]) -> Ended {
    run(at(&broker.url(), &[&["pub"], arguments].concat()), b"").well()
}

/// A process; killed when dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    out: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    pub(crate) err: Lines,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let err = Lines::collect(child.stderr.take().unwrap());
        let shared = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&shared);
        let reader = std::thread::spawn(move || {
            let mut piece = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = out.read(&mut piece) {
                sink.lock().unwrap().extend_from_slice(&piece[..read]);
            }
        });
        Self {
            child,
            out: shared,
            reader: Some(reader),
            err,
        }
    }

    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    pub(crate) fn end(mut self) -> Ended {
        self.reader.take().unwrap().join().unwrap();
        let out = std::mem::take(&mut *self.out.lock().unwrap());
        let status = self.child.wait().unwrap();
        support::wait_for("the end of standard error", || {
            self.err.ended().then_some(())
        });
        Ended {
            status,
            out,
            err: self.err.all().join("\n"),
        }
    }

    /// Waits until it has printed this last, and interrupts it.
    pub(crate) fn interrupt_after(self, last: &str) -> Ended {
        support::wait_for(last, || {
            let out = self.out.lock().unwrap();
            out.ends_with(last.as_bytes()).then_some(())
        });
        self.signal(Signal::INT);
        self.end()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for a line on standard error that holds `text`.
    pub(crate) fn wait_said(&self, text: &str) {
        let found = self.err.wait(support::LIMIT, |lines| {
            let mut lines = lines.iter();
            lines.any(|(_, line)| line.contains(text)).then_some(())
        });
        let said = self.err.all().join("\n");
        assert!(found.is_some(), "no `{text}` in\n{said}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A client identifier that no other test has.
pub(crate) fn name() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("client-{}", NEXT.fetch_add(1, Relaxed))
}

/// A subscriber whose subscription stands. It ends by itself when what a test waits for does not come.
pub(crate) fn subscribe(broker: &Mosquitto, arguments: &[&str]) -> Process {
    subscribe_as(broker, "--client-id", &name(), arguments)
}

/// The same under this name, which is a `--client-id` or a `--session`.
pub(crate) fn subscribe_as(
    broker: &Mosquitto,
    how: &str,
    name: &str,
    arguments: &[&str],
) -> Process {
    let granted = format!("Sending SUBACK to {name}");
    let before = broker.count_log(&granted);
    let limit: &[&str] = match arguments.contains(&"--for") {
        true => &[],
        false => &["--for", "60"],
    };
    let all = [&["sub", how, name], arguments, limit].concat();
    let process = Process::start(&mut at(&broker.url(), &all));
    support::wait_for("the subscription", || {
        (broker.count_log(&granted) > before).then_some(())
    });
    process
}
