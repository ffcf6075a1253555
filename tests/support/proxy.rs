//! A TCP proxy between a client and its broker, which delays, freezes, cuts and refuses on demand.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

#[derive(Default)]
struct Mood {
    /// Added to each piece that goes to the broker.
    upwards: Duration,
    /// Added to each piece that comes from the broker.
    downwards: Duration,
    frozen: bool,
    refusing: bool,
    open: Vec<TcpStream>,
    accepted: usize,
    ended: bool,
}

#[derive(Default)]
struct Shared {
    mood: Mutex<Mood>,
    changed: Condvar,
}

/// The proxy. It listens on a port of its own until dropped.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts a proxy to a port on loopback.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || accept(&listener, port, &theirs));
        Self { port: own, shared }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Delays what comes from the broker, acknowledgements too.
    pub fn delay_downwards(&self, delay: Duration) {
        self.shared.mood.lock().unwrap().downwards = delay;
    }

    /// Delays what goes to the broker.
    pub fn delay_upwards(&self, delay: Duration) {
        self.shared.mood.lock().unwrap().upwards = delay;
    }

    /// Moves nothing any more, as a cut cable does; connections stay open.
    pub fn freeze(&self) {
        self.shared.mood.lock().unwrap().frozen = true;
    }

    pub fn thaw(&self) {
        self.shared.mood.lock().unwrap().frozen = false;
        self.shared.changed.notify_all();
    }

    /// Closes all connections that are open now.
    pub fn cut(&self) {
        for stream in self.shared.mood.lock().unwrap().open.drain(..) {
            let _already_closed = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether new connections are closed at once.
    pub fn refuse(&self, refusing: bool) {
        self.shared.mood.lock().unwrap().refusing = refusing;
    }

    /// How many connections were asked for.
    pub fn accepted(&self) -> usize {
        self.shared.mood.lock().unwrap().accepted
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut mood = self.shared.mood.lock().unwrap();
        mood.ended = true;
        mood.frozen = false;
        drop(mood);
        self.shared.changed.notify_all();
        self.cut();
        // wakes `accept`
        let _unused = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], self.port)));
    }
}

fn accept(listener: &TcpListener, port: u16, shared: &Arc<Shared>) {
    for client in listener.incoming().map_while(Result::ok) {
        let mut mood = shared.mood.lock().unwrap();
        if mood.ended {
            return;
        }
        mood.accepted += 1;
        if mood.refusing {
            continue;
        }
        let Ok(broker) = TcpStream::connect(("127.0.0.1", port)) else {
            continue;
        };
        for stream in [&client, &broker] {
            stream.set_nodelay(true).unwrap();
            mood.open.push(stream.try_clone().unwrap());
        }
        drop(mood);
        let (client2, broker2) = (client.try_clone().unwrap(), broker.try_clone().unwrap());
        let (up, down) = (Arc::clone(shared), Arc::clone(shared));
        std::thread::spawn(move || carry(client, broker, &up, |mood| mood.upwards));
        std::thread::spawn(move || carry(broker2, client2, &down, |mood| mood.downwards));
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, shared: &Shared, delay: fn(&Mood) -> Duration) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        let pause = delay(&shared.mood.lock().unwrap());
        std::thread::sleep(pause);
        let mood = shared.mood.lock().unwrap();
        drop(shared.changed.wait_while(mood, |mood| mood.frozen).unwrap());
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _already_closed = to.shutdown(Shutdown::Both);
    let _already_closed = from.shutdown(Shutdown::Both);
}
