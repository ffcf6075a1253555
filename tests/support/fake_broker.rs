//! A broker that misbehaves on purpose, where Mosquitto cannot be made to: raw bytes on a TCP listener.
//! Packet layouts: MQTT 3.1.1, section 3.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

pub const CONNECT: u8 = 1;
pub const PUBLISH: u8 = 3;
pub const SUBSCRIBE: u8 = 8;
pub const UNSUBSCRIBE: u8 = 10;
pub const PINGREQ: u8 = 12;
pub const DISCONNECT: u8 = 14;

/// A packet that a client sent.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Its type, one of the constants above.
    pub kind: u8,
    pub flags: u8,
    pub body: Vec<u8>,
    /// The how many-th connection it came on, from 1.
    pub connection: usize,
}

impl Packet {
    fn read(stream: &mut TcpStream, connection: usize) -> Option<Self> {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        let (kind, flags) = (byte[0] >> 4, byte[0] & 0x0F);
        let (mut length, mut shift) = (0, 0);
        loop {
            stream.read_exact(&mut byte).ok()?;
            length |= usize::from(byte[0] & 0x7F) << shift;
            shift += 7;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        Some(Self {
            kind,
            flags,
            body,
            connection,
        })
    }

    fn number(&self, at: usize) -> usize {
        usize::from(self.body[at]) << 8 | usize::from(self.body[at + 1])
    }

    /// The packet identifier of a QoS 1 PUBLISH, a SUBSCRIBE or an UNSUBSCRIBE.
    pub fn id(&self) -> [u8; 2] {
        let at = if self.kind == PUBLISH {
            2 + self.number(0)
        } else {
            0
        };
        [self.body[at], self.body[at + 1]]
    }

    /// The payload of a PUBLISH as text.
    pub fn payload(&self) -> String {
        let id = if self.flags & 0b110 == 0 { 0 } else { 2 };
        String::from_utf8_lossy(&self.body[2 + self.number(0) + id..]).into_owned()
    }

    /// The filters of a SUBSCRIBE.
    pub fn filters(&self) -> Vec<String> {
        let (mut at, mut filters) = (2, Vec::new());
        while at < self.body.len() {
            let length = self.number(at);
            filters.push(String::from_utf8_lossy(&self.body[at + 2..at + 2 + length]).into_owned());
            at += 2 + length + 1;
        }
        filters
    }
}

/// What the broker does about a packet.
pub enum Reply {
    Nothing,
    Send(Vec<u8>),
    Close,
}

pub fn connack(code: u8) -> Reply {
    Reply::Send(vec![0x20, 2, 0, code])
}

pub fn puback(id: [u8; 2]) -> Vec<u8> {
    vec![0x40, 2, id[0], id[1]]
}

pub fn suback(id: [u8; 2], codes: &[u8]) -> Reply {
    let length = u8::try_from(2 + codes.len()).unwrap();
    Reply::Send([&[0x90, length, id[0], id[1]], codes].concat())
}

/// Does what a broker should, without delivering anything.
pub fn polite(packet: &Packet) -> Reply {
    match packet.kind {
        CONNECT => connack(0),
        PUBLISH if packet.flags & 0b110 != 0 => Reply::Send(puback(packet.id())),
        SUBSCRIBE => suback(packet.id(), &vec![1; packet.filters().len()]),
        UNSUBSCRIBE => Reply::Send(vec![0xB0, 2, packet.id()[0], packet.id()[1]]),
        PINGREQ => Reply::Send(vec![0xD0, 0]),
        DISCONNECT => Reply::Close,
        _ => Reply::Nothing,
    }
}

/// The broker, until dropped.
pub struct FakeBroker {
    port: u16,
    connections: Arc<AtomicUsize>,
    packets: Arc<Mutex<Vec<Packet>>>,
    ended: Arc<AtomicBool>,
}

impl FakeBroker {
    /// Answers each packet as `answer` says, one connection after the other or side by side.
    pub fn start(answer: impl Fn(&Packet) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let broker = Self {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            packets: Arc::default(),
            ended: Arc::default(),
        };
        let (connections, packets) = (Arc::clone(&broker.connections), Arc::clone(&broker.packets));
        let (ended, answer) = (Arc::clone(&broker.ended), Arc::new(answer));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                if ended.load(SeqCst) {
                    return;
                }
                let connection = connections.fetch_add(1, SeqCst) + 1;
                let (packets, answer) = (Arc::clone(&packets), Arc::clone(&answer));
                std::thread::spawn(move || {
                    stream.set_nodelay(true).unwrap();
                    while let Some(packet) = Packet::read(&mut stream, connection) {
                        let reply = answer(&packet);
                        packets.lock().unwrap().push(packet);
                        let sent = match reply {
                            Reply::Nothing => Ok(()),
                            Reply::Send(bytes) => stream.write_all(&bytes),
                            Reply::Close => break,
                        };
                        if sent.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        broker
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    /// Everything that clients sent so far.
    pub fn packets(&self) -> Vec<Packet> {
        self.packets.lock().unwrap().clone()
    }

    /// The payloads of all PUBLISH packets so far.
    pub fn payloads(&self) -> Vec<String> {
        self.packets()
            .iter()
            .filter(|packet| packet.kind == PUBLISH)
            .map(Packet::payload)
            .collect()
    }
}

impl Drop for FakeBroker {
    fn drop(&mut self) {
        self.ended.store(true, SeqCst);
        let _wakes_the_listener = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], self.port)));
    }
}
