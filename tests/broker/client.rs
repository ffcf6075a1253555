//! A small MQTT client that does one thing after the other, over TCP or TLS, and so knows what the broker had done when.
//! Packet layouts: MQTT 3.1.1, section 3.

use crate::support::LIMIT;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};

pub trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

/// Who connects.
#[derive(Clone, Copy, Default)]
pub struct Who<'a> {
    pub client_id: &'a str,
    pub user: Option<&'a str>,
    pub password: Option<&'a str>,
}

/// Why the broker did not take it.
#[derive(Debug)]
pub enum Refused {
    /// CONNACK's code.
    Code(u8),
    /// Before that: no TLS, or no connection.
    Wire(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Wire(error)
    }
}

pub struct Client {
    wire: Box<dyn Wire>,
    next: u16,
    /// What came and was not asked for yet: topic and payload.
    pub came: Vec<(String, String)>,
}

pub fn plain(port: u16) -> io::Result<Box<dyn Wire>> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

pub fn tls(port: u16, name: &str, config: Arc<ClientConfig>) -> io::Result<Box<dyn Wire>> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let session = ClientConnection::new(config, name).map_err(io::Error::other)?;
    Ok(Box::new(StreamOwned::new(session, stream)))
}

impl Client {
    pub fn connect(mut wire: Box<dyn Wire>, who: Who<'_>) -> Result<Self, Refused> {
        let flags = 2
            | if who.user.is_some() { 0x80 } else { 0 }
            | if who.password.is_some() { 0x40 } else { 0 };
        let mut body = [&text("MQTT")[..], &[4, flags, 0, 60], &text(who.client_id)].concat();
        for part in [who.user, who.password].into_iter().flatten() {
            body.extend(text(part));
        }
        wire.write_all(&packet(0x10, &body))?;
        wire.flush()?;
        let mut client = Self {
            wire,
            next: 0,
            came: Vec::new(),
        };
        let (kind, body) = client.read()?;
        assert_eq!(kind, 0x20, "CONNACK comes first");
        match body[1] {
            0 => Ok(client),
            code => Err(Refused::Code(code)),
        }
    }

    /// Without a user, where anybody may come in.
    pub fn anonymous(port: u16, client_id: &str) -> Self {
        let who = Who {
            client_id,
            ..Who::default()
        };
        Self::connect(plain(port).unwrap(), who).unwrap()
    }

    /// Publishes at QoS 1, and returns once the broker has it and has passed it on.
    pub fn publish(&mut self, topic: &str, payload: &str) {
        let id = self.id();
        let body = [&text(topic)[..], &id, payload.as_bytes()].concat();
        self.send(0x32, &body);
        self.until(|kind, body| kind == 0x40 && body[..2] == id);
    }

    /// Subscribes at QoS 0, so that nothing has to be acknowledged. Returns the broker's codes.
    pub fn subscribe(&mut self, filters: &[&str]) -> Vec<u8> {
        let id = self.id();
        let mut body = id.to_vec();
        for filter in filters {
            body.extend(text(filter));
            body.push(0);
        }
        self.send(0x82, &body);
        let body = self.until(|kind, body| kind == 0x90 && body[..2] == id);
        body[2..].to_vec()
    }

    /// Returns once the broker has done everything that was asked before, and what it sent until then is in `came`.
    pub fn settle(&mut self) {
        self.send(0xC0, &[]);
        self.until(|kind, _| kind == 0xD0);
    }

    /// Whether the broker still holds this connection.
    pub fn is_there(&mut self) -> bool {
        let asked = self
            .wire
            .write_all(&packet(0xC0, &[]))
            .and_then(|()| self.wire.flush());
        asked.is_ok() && {
            loop {
                match self.read() {
                    Ok((0xD0, _)) => return true,
                    Ok(_) => {}
                    Err(_) => return false,
                }
            }
        }
    }

    /// Takes what came.
    pub fn take(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.came)
    }

    fn id(&mut self) -> [u8; 2] {
        self.next += 1;
        self.next.to_be_bytes()
    }

    fn send(&mut self, kind: u8, body: &[u8]) {
        self.wire.write_all(&packet(kind, body)).unwrap();
        self.wire.flush().unwrap();
    }

    fn until(&mut self, is_it: impl Fn(u8, &[u8]) -> bool) -> Vec<u8> {
        loop {
            let (kind, body) = self.read().expect("the broker answers");
            if is_it(kind, &body) {
                return body;
            }
        }
    }

    fn read(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut byte = [0];
        self.wire.read_exact(&mut byte)?;
        let kind = byte[0];
        let (mut length, mut shift) = (0, 0);
        loop {
            self.wire.read_exact(&mut byte)?;
            length |= usize::from(byte[0] & 0x7F) << shift;
            shift += 7;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.wire.read_exact(&mut body)?;
        if kind & 0xF0 == 0x30 {
            assert_eq!(kind & 0b110, 0, "subscribed at QoS 0");
            let end = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
            let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            self.came.push((words(&body[2..end]), words(&body[end..])));
        }
        Ok((kind, body))
    }
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![kind];
    let mut left = body.len();
    loop {
        let low = u8::try_from(left & 0x7F).unwrap();
        left >>= 7;
        packet.push(if left > 0 { low | 0x80 } else { low });
        if left == 0 {
            break;
        }
    }
    packet.extend(body);
    packet
}
