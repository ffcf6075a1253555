//! A way to a host that breaks once, after so many bytes; from then on it holds.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Counts {
    up: AtomicU64,
    down: AtomicU64,
    broken: AtomicBool,
    ended: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

/// Which direction's bytes are counted.
#[derive(Clone, Copy, Debug)]
pub enum After {
    Never,
    /// So many bytes to the host.
    Up(u64),
    /// Whatever the test waits for, which then calls `cut`.
    Said(&'static str),
}

pub struct Cutter {
    port: u16,
    counts: Arc<Counts>,
}

impl Cutter {
    pub fn to(port: u16, after: After) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let counts = Arc::new(Counts::default());
        let theirs = Arc::clone(&counts);
        std::thread::spawn(move || accept(&listener, port, after, &theirs));
        Self { port: own, counts }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many bytes went to the host, and how many came from it.
    pub fn counted(&self) -> (u64, u64) {
        let load = |count: &AtomicU64| count.load(Ordering::SeqCst);
        (load(&self.counts.up), load(&self.counts.down))
    }

    /// Breaks it now.
    pub fn cut(&self) {
        self.counts.broken.store(true, Ordering::SeqCst);
        for stream in self.counts.open.lock().unwrap().drain(..) {
            let _already_closed = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether it broke.
    pub fn broke(&self) -> bool {
        self.counts.broken.load(Ordering::SeqCst)
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.counts.ended.store(true, Ordering::SeqCst);
        // wakes `accept`
        let _unused = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn accept(listener: &TcpListener, port: u16, after: After, counts: &Arc<Counts>) {
    for client in listener.incoming().map_while(Result::ok) {
        if counts.ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(host) = TcpStream::connect(("127.0.0.1", port)) else {
            continue;
        };
        let both = [&client, &host].map(|stream| stream.try_clone().unwrap());
        counts.open.lock().unwrap().extend(both);
        let (client2, host2) = (client.try_clone().unwrap(), host.try_clone().unwrap());
        let (up, down) = (Arc::clone(counts), Arc::clone(counts));
        std::thread::spawn(move || carry(client, host, &up, true, after));
        std::thread::spawn(move || carry(host2, client2, &down, false, after));
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, counts: &Counts, upwards: bool, after: After) {
    let (count, limit) = match (upwards, after) {
        (true, After::Up(limit)) => (&counts.up, limit),
        (true, _) => (&counts.up, u64::MAX),
        (false, _) => (&counts.down, u64::MAX),
    };
    let mut piece = vec![0; 4096];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        let total = count.fetch_add(length as u64, Ordering::SeqCst) + length as u64;
        if total >= limit && !counts.broken.swap(true, Ordering::SeqCst) {
            break;
        }
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _already_closed = to.shutdown(Shutdown::Both);
    let _already_closed = from.shutdown(Shutdown::Both);
}
