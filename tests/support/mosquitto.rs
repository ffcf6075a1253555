//! A real Mosquitto that can be killed, restarted without memory and frozen, and `mosquitto_sub` as a witness.

use super::lines::{Line, Lines};
use super::{LIMIT, free_port, skipped, until, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A broker on a free port of the loopback interface, without persistence. Killed when dropped.
pub struct Mosquitto {
    folder: TempDir,
    port: u16,
    child: Child,
    log: Lines,
    environment: Environment,
}

/// What a broker's libraries are told beside its configuration.
type Environment = Vec<(String, String)>;

impl Mosquitto {
    /// Starts one, or says that the test is skipped when Mosquitto is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with("")
    }

    /// Starts one with further lines in its configuration.
    pub fn start_with(lines: &str) -> Option<Self> {
        Self::start_in(&[], lines)
    }

    /// The same with more in its environment, as `OPENSSL_CONF`, which limits TLS where a configuration cannot.
    pub fn start_in(environment: &[(&str, &str)], lines: &str) -> Option<Self> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment: Environment = environment.iter().map(owned).collect();
        let program = program("mosquitto")?;
        program_of_clients()?;
        let folder = TempDir::new().unwrap();
        // another process may take the port between our choice and Mosquitto's bind: choose again
        for _ in 0..20 {
            let port = free_port();
            let config = format!(
                "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n\
                 log_dest stderr\nlog_type all\n{lines}\n"
            );
            std::fs::write(folder.path().join("mosquitto.conf"), config).unwrap();
            if let Some((child, log)) = run(&program, &folder, &environment) {
                return Some(Self {
                    folder,
                    port,
                    child,
                    log,
                    environment,
                });
            }
        }
        panic!("mosquitto did not start on any of twenty ports");
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut does.
    pub fn kill(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }

    /// Lets it end by itself, so that it can write down what it remembers.
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        let _status = self.child.wait();
    }

    /// Ends it at once, and returns its log to the last line.
    pub fn kill_and_read_log(&mut self) -> Vec<String> {
        self.kill();
        wait_for("the end of mosquitto's log", || {
            self.log.ended().then_some(())
        });
        self.log.all()
    }

    /// Ends it if it runs, and starts a new one on the same port that knows nothing.
    pub fn restart(&mut self) {
        self.kill();
        let program = program("mosquitto").unwrap();
        let (child, log) = wait_for("mosquitto to take its port again", || {
            run(&program, &self.folder, &self.environment)
        });
        (self.child, self.log) = (child, log);
    }

    /// Stops its process; its sockets stay open.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for a line of its log that holds `text`; every packet is in there.
    pub fn wait_log(&self, text: &str) {
        let found = self.log.wait(LIMIT, |lines| {
            lines.iter().any(|(_, l)| l.contains(text)).then_some(())
        });
        assert!(
            found.is_some(),
            "no `{text}` in mosquitto's log:\n{}",
            self.log.all().join("\n")
        );
    }

    /// How many lines of its log hold `text`.
    pub fn count_log(&self, text: &str) -> usize {
        self.log
            .all()
            .iter()
            .filter(|line| line.contains(text))
            .count()
    }

    /// Publishes with `mosquitto_pub` at QoS 1 and waits until the broker has it.
    pub fn publish(&self, topic: &str, payload: &[u8], retain: bool) {
        publish(self.port, topic, payload, retain);
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Publishes to any broker on loopback with `mosquitto_pub` at QoS 1, and waits until it is acknowledged.
pub fn publish(port: u16, topic: &str, payload: &[u8], retain: bool) {
    let mut command = Command::new("mosquitto_pub");
    command.args([
        "-h",
        "127.0.0.1",
        "-p",
        &port.to_string(),
        "-q",
        "1",
        "-t",
        topic,
    ]);
    // `-s` takes the payload from standard input and refuses an empty one
    command.arg(if payload.is_empty() { "-n" } else { "-s" });
    if retain {
        command.arg("-r");
    }
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, payload).unwrap();
    drop(stdin);
    // without an acknowledgement it would wait for good
    let status = until(|| child.try_wait().unwrap());
    if status.is_none() {
        let _already_dead = child.kill();
        let _status = child.wait();
    }
    let well = status.is_some_and(|status| status.success());
    assert!(
        well,
        "mosquitto_pub to {topic} within {LIMIT:?}: {status:?}"
    );
}

/// Starts the broker; `None` when it ended before it was ready (its port was taken).
fn run(program: &str, folder: &TempDir, environment: &Environment) -> Option<(Child, Lines)> {
    let mut child = Command::new(program)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .arg("-c")
        .arg(folder.path().join("mosquitto.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = Lines::collect(child.stderr.take().unwrap());
    // it says so after it has bound its listener, so the port is its own and not another's
    let ready = log.wait(LIMIT, |lines| {
        let says = |text: &str| lines.iter().any(|(_, line)| line.contains(text));
        match says(" running") {
            true => Some(true),
            false => says("Error").then_some(false),
        }
    });
    if ready == Some(true) {
        return Some((child, log));
    }
    let _already_dead = child.kill();
    let _status = child.wait();
    None
}

/// The path of a program of Mosquitto's packages; `/usr/sbin` is not in every user's PATH.
fn program(name: &str) -> Option<String> {
    let found = |path: &String| Command::new(path).arg("-h").output().is_ok();
    let path = [name.to_owned(), format!("/usr/sbin/{name}")]
        .into_iter()
        .find(found);
    if path.is_none() {
        skipped("mosquitto");
    }
    path
}

fn program_of_clients() -> Option<()> {
    let found = Command::new("mosquitto_sub").arg("--help").output().is_ok();
    if !found {
        skipped("mosquitto-clients");
    }
    found.then_some(())
}

/// One message as `mosquitto_sub` saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub at: Instant,
    pub topic: String,
    pub payload: Vec<u8>,
    pub retained: bool,
    pub qos: u8,
}

impl Seen {
    fn parse(at: Instant, line: &str) -> Option<Self> {
        let mut parts = line.strip_prefix("seen\t")?.splitn(4, '\t');
        let (retained, qos, payload) = (
            parts.next()? == "1",
            parts.next()?.parse().ok()?,
            parts.next()?,
        );
        let byte = |at: usize| u8::from_str_radix(&payload[at..at + 2], 16).ok();
        let payload = (0..payload.len())
            .step_by(2)
            .map(byte)
            .collect::<Option<_>>()?;
        Some(Self {
            at,
            topic: parts.next()?.to_owned(),
            payload,
            retained,
            qos,
        })
    }

    /// The payload as text, with what is no UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}

/// A witness that has nothing to do with our code: a `mosquitto_sub` process, and what it saw. It connects again by
/// itself when the broker was away (after about a second).
pub struct Observer {
    child: Child,
    lines: Lines,
}

impl Observer {
    /// Subscribes at QoS 1; returns once the broker has granted it.
    pub fn start(mosquitto: &Mosquitto, filter: &str) -> Self {
        Self::at(mosquitto.port(), filter)
    }

    /// The same at any broker on loopback.
    pub fn at(port: u16, filter: &str) -> Self {
        Self::of(port, &[filter])
    }

    /// The same with several filters.
    pub fn of(port: u16, filters: &[&str]) -> Self {
        let filters = filters.iter().flat_map(|filter| ["-t", *filter]);
        // line by line, or "Subscribed" would stay in its buffer
        let mut child = Command::new("stdbuf")
            .args(["-oL", "mosquitto_sub"])
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1"])
            .args(filters)
            .args(["-d", "-F", "seen\\t%r\\t%q\\t%x\\t%t"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Lines::collect(child.stdout.take().unwrap());
        let observer = Self { child, lines };
        observer.wait_subscribed(1);
        observer
    }

    /// Waits until it was granted its subscription so many times, that is, has connected so often.
    pub fn wait_subscribed(&self, times: usize) {
        let granted = |lines: &[Line]| {
            let count = lines
                .iter()
                .filter(|(_, line)| line.starts_with("Subscribed "))
                .count();
            (count >= times).then_some(())
        };
        let found = self.lines.wait(LIMIT, granted);
        assert!(
            found.is_some(),
            "mosquitto_sub did not subscribe:\n{}",
            self.lines.all().join("\n")
        );
    }

    /// Everything it saw so far.
    pub fn seen(&self) -> Vec<Seen> {
        let lines = self.lines.0.0.lock().unwrap();
        lines
            .iter()
            .filter_map(|(at, line)| Seen::parse(*at, line))
            .collect()
    }

    /// Everything it saw so far on one topic, as texts.
    pub fn texts(&self, topic: &str) -> Vec<String> {
        self.seen()
            .iter()
            .filter(|seen| seen.topic == topic)
            .map(Seen::text)
            .collect()
    }

    /// Waits until it has seen `payload` on `topic`.
    pub fn wait_for(&self, topic: &str, payload: &str) -> Seen {
        self.wait_where(&format!("`{payload}` on {topic}"), |seen| {
            seen.topic == topic && seen.payload == payload.as_bytes()
        })
    }

    /// Waits until it has seen a message for which `matches` holds.
    pub fn wait_where(&self, what: &str, mut matches: impl FnMut(&Seen) -> bool) -> Seen {
        // each line is looked at once: a busy observer collects thousands
        let mut known = 0;
        let find = |lines: &[Line]| {
            let fresh = &lines[std::mem::replace(&mut known, lines.len())..];
            let mut seen = fresh.iter().filter_map(|(at, line)| Seen::parse(*at, line));
            seen.find(|seen| matches(seen))
        };
        let found = self.lines.wait(LIMIT, find);
        found.unwrap_or_else(|| panic!("never saw {what}; saw:\n{}", self.lines.all().join("\n")))
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}
