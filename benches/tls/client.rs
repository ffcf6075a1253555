//! Our session on a thread of its own, as in the product, so that its processor time is that of the thread.
//!
//! Source: the kernel's Documentation/scheduler/sched-stats.rst. The count is brought up to date when a thread goes to
//! sleep, so it is read of threads that sleep.

use crate::relay::{Bytes, Meter};
use crate::support::LIMIT;
use mqtt_thing::model::{Message, QoS, Topic};
use mqtt_thing::mqtt::{Endpoint, Options, Outbox, Receipt, Session, SessionEvent};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

pub fn options(endpoint: Endpoint, name: &str) -> Options {
    let mut options = Options::new(endpoint, name);
    // no ping among what is measured
    options.keep_alive = Duration::from_secs(600);
    options.outbox_messages = 100_000;
    options.outbox_bytes = 256 << 20;
    options
}

/// What a thread has used of the processor, once it sleeps.
fn used(schedstat: &PathBuf) -> Duration {
    std::thread::sleep(Duration::from_millis(2));
    let text = std::fs::read_to_string(schedstat).unwrap();
    let on_cpu_ns = text.split(' ').next().unwrap().parse().unwrap();
    Duration::from_nanos(on_cpu_ns)
}

fn own_schedstat() -> PathBuf {
    let thread = std::fs::read_link("/proc/thread-self").unwrap();
    PathBuf::from("/proc").join(thread).join("schedstat")
}

/// Connections that were made and closed, one after the other.
pub struct Connects {
    /// From nothing to the CONNACK.
    pub times: Vec<Duration>,
    /// Bytes until then, of the last one.
    pub bytes: Bytes,
    /// Processor time of one connection, made and closed.
    pub cpu: Duration,
}

/// Connects with each of these.
pub fn connect(endpoints: Vec<Endpoint>, meter: Option<Meter>) -> Connects {
    let work = move || {
        let schedstat = own_schedstat();
        let (runtime, count) = (runtime(), endpoints.len());
        let before = used(&schedstat);
        let (mut times, mut bytes) = (Vec::with_capacity(count), Bytes::default());
        for endpoint in endpoints {
            let (time, passed) = runtime.block_on(one(endpoint, meter.clone()));
            times.push(time);
            bytes = passed;
        }
        let cpu = (used(&schedstat) - before) / count as u32;
        Connects { times, bytes, cpu }
    };
    std::thread::spawn(work).join().unwrap()
}

async fn one(endpoint: Endpoint, meter: Option<Meter>) -> (Duration, Bytes) {
    let read = move || meter.as_ref().map(Meter::read).unwrap_or_default();
    let before = read();
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let began = Instant::now();
    let session = Session::start(options(endpoint, "bench"), move |event| match event {
        SessionEvent::Connected => {
            let at = Instant::now();
            let _connected_once = tell.take().map(|tell| tell.send((at, read())));
        }
        SessionEvent::CannotConnect { reason, .. } => panic!("{reason}"),
        _ => {}
    });
    let session = session.unwrap();
    let (at, after) = told.await.unwrap();
    assert!(session.close(Vec::new(), LIMIT).await.clean);
    (at - began, after - before)
}

/// A session that is connected.
pub struct Client {
    outbox: Outbox,
    events: Receiver<SessionEvent>,
    schedstat: PathBuf,
    close: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Client {
    pub fn connected(endpoint: Endpoint) -> Self {
        let (tell, events) = channel();
        let (give, taken) = channel();
        let (close, closing) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime().block_on(async move {
                let sink = move |event| drop(tell.send(event));
                let session = Session::start(options(endpoint, "bench"), sink).unwrap();
                give.send((session.outbox(), own_schedstat())).unwrap();
                let _asked_or_dropped = closing.await;
                session.close(Vec::new(), LIMIT).await;
            });
        });
        let (outbox, schedstat) = taken.recv().unwrap();
        let client = Self {
            outbox,
            events,
            schedstat,
            close,
            thread,
        };
        client.wait(|event| *event == SessionEvent::Connected);
        client
    }

    fn wait(&self, wanted: impl Fn(&SessionEvent) -> bool) {
        while !wanted(&self.events.recv_timeout(LIMIT).unwrap()) {}
    }

    pub fn promise(&self, topic: &Topic, payload: &[u8], number: u64) {
        let message = Message {
            topic: topic.clone(),
            payload: payload.to_vec(),
            qos: QoS::AtLeastOnce,
            retain: false,
        };
        self.outbox.promise(message, Receipt(number)).unwrap();
    }

    /// Waits until the broker has the message of that number.
    pub fn delivered(&self, number: u64) {
        self.wait(|event| *event == SessionEvent::Delivered(Receipt(number)));
    }

    /// The session's processor time so far.
    pub fn cpu(&self) -> Duration {
        used(&self.schedstat)
    }

    pub fn close(self) {
        let _already_ended = self.close.send(());
        self.thread.join().unwrap();
    }
}

/// Opens so many sessions, says so, and holds them until it is killed.
pub fn hold(endpoint: &Endpoint, count: usize) -> ! {
    let (tell, events) = channel();
    let runtime = runtime();
    let _sessions: Vec<Session> = runtime.block_on(async {
        let mut sessions = Vec::with_capacity(count);
        for nth in 0..count {
            let tell = tell.clone();
            let sink = move |event| drop(tell.send(event));
            let mut options = Options::new(endpoint.clone(), format!("held-{nth}"));
            options.keep_alive = Duration::from_secs(600);
            sessions.push(Session::start(options, sink).unwrap());
            while events.try_recv() != Ok(SessionEvent::Connected) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        sessions
    });
    println!("{HOLDING}");
    runtime.block_on(std::future::pending())
}

/// What [`hold`] says once it does.
pub const HOLDING: &str = "all are connected";
