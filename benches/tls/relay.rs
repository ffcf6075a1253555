//! A relay to the broker that counts bytes and makes the way longer. What is under TCP (its own handshake, headers,
//! acknowledgements) is not seen here; all entrances have it alike.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Bytes that were taken in so far.
#[derive(Debug, Default)]
struct Counted {
    up: AtomicU64,
    down: AtomicU64,
    ended: AtomicBool,
}

/// Bytes to the broker and from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bytes {
    pub up: u64,
    pub down: u64,
}

impl std::ops::Sub for Bytes {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            up: self.up - other.up,
            down: self.down - other.down,
        }
    }
}

pub struct Relay {
    port: u16,
    counted: Arc<Counted>,
}

/// Reads the counters from anywhere.
#[derive(Clone)]
pub struct Meter(Arc<Counted>);

impl Meter {
    pub fn read(&self) -> Bytes {
        Bytes {
            up: self.0.up.load(SeqCst),
            down: self.0.down.load(SeqCst),
        }
    }
}

impl Relay {
    /// Starts one to a port on loopback; everything takes so long each way, however much it is.
    pub fn to(port: u16, one_way: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let counted = Arc::<Counted>::default();
        let theirs = Arc::clone(&counted);
        std::thread::spawn(move || accept(&listener, port, one_way, &theirs));
        Self { port: own, counted }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn meter(&self) -> Meter {
        Meter(Arc::clone(&self.counted))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.counted.ended.store(true, SeqCst);
        // wakes `accept`
        let _unused = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], self.port)));
    }
}

fn accept(listener: &TcpListener, port: u16, one_way: Duration, counted: &Arc<Counted>) {
    for client in listener.incoming().map_while(Result::ok) {
        if counted.ended.load(SeqCst) {
            return;
        }
        let broker = TcpStream::connect(("127.0.0.1", port)).unwrap();
        for stream in [&client, &broker] {
            stream.set_nodelay(true).unwrap();
        }
        let (client2, broker2) = (client.try_clone().unwrap(), broker.try_clone().unwrap());
        let (up, down) = (Arc::clone(counted), Arc::clone(counted));
        carry(client, broker, one_way, move |len| {
            up.up.fetch_add(len, SeqCst);
        });
        carry(broker2, client2, one_way, move |len| {
            down.down.fetch_add(len, SeqCst);
        });
    }
}

/// Two threads, so that one piece does not wait for another that is on its way.
fn carry(
    mut from: TcpStream,
    to: TcpStream,
    one_way: Duration,
    count: impl Fn(u64) + Send + 'static,
) {
    let (send, pieces): (Sender<(Instant, Vec<u8>)>, _) = channel();
    std::thread::spawn(move || deliver(&pieces, to));
    std::thread::spawn(move || {
        let mut piece = vec![0; 64 << 10];
        while let Ok(len @ 1..) = from.read(&mut piece) {
            count(len as u64);
            let due = Instant::now() + one_way;
            if send.send((due, piece[..len].to_vec())).is_err() {
                break;
            }
        }
    });
}

fn deliver(pieces: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    while let Ok((due, piece)) = pieces.recv() {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&piece).is_err() {
            break;
        }
    }
    let _already_closed = to.shutdown(Shutdown::Both);
}
