//! The few packets that a trial needs, in MQTT 3.1.1 and in MQTT 5. Sources: both standards (OASIS 2014, 2019), sections
//! 2 and 3. What came from the network is read with care: anything odd is no packet.

/// Which MQTT is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// MQTT 3.1.1.
    V4,
    /// MQTT 5, which answers a publish that is denied.
    V5,
}

/// Who connects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hello<'a> {
    pub(super) client_id: &'a str,
    pub(super) user: Option<&'a str>,
    /// Empty for none.
    pub(super) password: &'a str,
}

/// What the broker sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Packet {
    ConnAck {
        code: u8,
        /// How many publishes may be open.
        receive_maximum: u16,
        maximum_qos: u8,
    },
    Publish {
        topic: String,
        payload: Vec<u8>,
        retain: bool,
    },
    /// PUBACK or PUBREC.
    Answer {
        id: u16,
        code: u8,
    },
    SubAck {
        id: u16,
        codes: Vec<u8>,
    },
    PingResp,
    /// Only in MQTT 5.
    Disconnect {
        code: u8,
    },
    Other,
}

const CLEAN: u8 = 0x02;
const USER: u8 = 0x80;
const PASSWORD: u8 = 0x40;
/// In seconds; a trial is over sooner.
const KEEP_ALIVE: u16 = 60;

fn text(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend(length.to_be_bytes());
    out.extend(&text.as_bytes()[..length.into()]);
}

/// A whole packet: its first byte, its length, its body.
fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    let mut left = body.len();
    loop {
        let digit = (left % 128) as u8;
        left /= 128;
        out.push(if left > 0 { digit | 0x80 } else { digit });
        if left == 0 {
            break;
        }
    }
    out.extend(body);
    out
}

impl Version {
    /// Properties that are none; 3.1.1 has no place for them.
    fn no_properties(self, out: &mut Vec<u8>) {
        if self == Self::V5 {
            out.push(0);
        }
    }

    pub(super) fn connect(self, hello: Hello<'_>) -> Vec<u8> {
        let mut body = Vec::new();
        text(&mut body, "MQTT");
        body.push(match self {
            Self::V4 => 4,
            Self::V5 => 5,
        });
        let user = if hello.user.is_some() { USER } else { 0 };
        let password = if hello.password.is_empty() {
            0
        } else {
            PASSWORD
        };
        body.push(CLEAN | user | password);
        body.extend(KEEP_ALIVE.to_be_bytes());
        self.no_properties(&mut body);
        text(&mut body, hello.client_id);
        if let Some(user) = hello.user {
            text(&mut body, user);
        }
        if password != 0 {
            text(&mut body, hello.password);
        }
        packet(0x10, &body)
    }

    /// At QoS 0: what comes then stays in its order.
    pub(super) fn subscribe(self, id: u16, filters: &[&str]) -> Vec<u8> {
        let mut body = id.to_be_bytes().to_vec();
        self.no_properties(&mut body);
        for filter in filters {
            text(&mut body, filter);
            body.push(0);
        }
        packet(0x82, &body)
    }

    /// Not retained.
    pub(super) fn publish(self, qos: u8, id: u16, topic: &str, payload: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        text(&mut body, topic);
        body.extend(id.to_be_bytes());
        self.no_properties(&mut body);
        body.extend(payload);
        packet(0x30 | qos << 1, &body)
    }

    pub(super) fn ping() -> Vec<u8> {
        packet(0xC0, &[])
    }

    pub(super) fn disconnect() -> Vec<u8> {
        packet(0xE0, &[])
    }

    /// Reads a packet by its first byte and its body; nothing if it is none.
    pub(super) fn read(self, first: u8, body: &[u8]) -> Option<Packet> {
        let mut body = Body(body);
        Some(match first >> 4 {
            2 => {
                let (_, code) = (body.byte()?, body.byte()?);
                let (mut receive_maximum, mut maximum_qos) = (u16::MAX, 2);
                // a broker that does not know MQTT 5 answers without properties
                if self == Self::V5 && !body.0.is_empty() {
                    let mut properties = body.properties()?;
                    while !properties.0.is_empty() {
                        match properties.property()? {
                            (0x21, [high, low]) => {
                                receive_maximum = u16::from_be_bytes([*high, *low]);
                            }
                            (0x24, [qos]) => maximum_qos = *qos,
                            _ => {}
                        }
                    }
                }
                Packet::ConnAck {
                    code,
                    receive_maximum,
                    maximum_qos,
                }
            }
            3 => {
                let topic = std::str::from_utf8(body.text()?).ok()?.to_owned();
                if first & 0b110 != 0 {
                    body.number()?;
                }
                if self == Self::V5 {
                    body.properties()?;
                }
                Packet::Publish {
                    topic,
                    payload: body.0.to_vec(),
                    retain: first & 1 != 0,
                }
            }
            4 | 5 => Packet::Answer {
                id: body.number()?,
                code: body.byte().unwrap_or(0),
            },
            9 => {
                let id = body.number()?;
                if self == Self::V5 {
                    body.properties()?;
                }
                Packet::SubAck {
                    id,
                    codes: body.0.to_vec(),
                }
            }
            13 => Packet::PingResp,
            14 => Packet::Disconnect {
                code: body.byte().unwrap_or(0),
            },
            0 | 1 | 8 | 10 | 12 => return None,
            _ => Packet::Other,
        })
    }
}

/// What is left of a body.
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(length)?;
        self.0 = left;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn number(&mut self) -> Option<u16> {
        let bytes = self.take(2)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length.into())
    }

    /// At most four bytes, seven bits in each (section 1.5.5 of MQTT 5).
    fn length(&mut self) -> Option<usize> {
        let mut length = 0;
        for place in 0..4 {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7F) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(length);
            }
        }
        None
    }

    fn properties(&mut self) -> Option<Self> {
        let length = self.length()?;
        self.take(length).map(Body)
    }

    /// A property with its value (section 2.2.2.2 of MQTT 5).
    fn property(&mut self) -> Option<(u8, &'a [u8])> {
        let name = self.byte()?;
        let value = match name {
            0x01 | 0x17 | 0x19 | 0x24 | 0x25 | 0x28..=0x2A => self.take(1)?,
            0x13 | 0x21..=0x23 => self.take(2)?,
            0x02 | 0x11 | 0x18 | 0x27 => self.take(4)?,
            0x03 | 0x08 | 0x09 | 0x12 | 0x15 | 0x16 | 0x1A | 0x1C | 0x1F => self.text()?,
            0x26 => {
                self.text()?;
                self.text()?
            }
            0x0B => {
                self.length()?;
                &[]
            }
            _ => return None,
        };
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HELLO: Hello<'_> = Hello {
        client_id: "c",
        user: Some("u"),
        password: "p",
    };

    #[test]
    fn both_versions_connect_as_their_standards_say() {
        let v4 = b"\x10\x13\0\x04MQTT\x04\xc2\0\x3c\0\x01c\0\x01u\0\x01p";
        let v5 = b"\x10\x14\0\x04MQTT\x05\xc2\0\x3c\0\0\x01c\0\x01u\0\x01p";
        assert_eq!(Version::V4.connect(HELLO), v4);
        assert_eq!(Version::V5.connect(HELLO), v5);
        let nobody = Hello {
            user: None,
            password: "",
            ..HELLO
        };
        assert_eq!(Version::V4.connect(nobody)[9], CLEAN);
    }

    #[test]
    fn a_long_packet_has_a_long_length() {
        let long = Version::V4.publish(2, 7, "t", &[b'x'; 300]);
        assert_eq!(long[..8], [0x34, 0xB1, 0x02, 0, 1, b't', 0, 7]);
    }

    #[test]
    fn a_brokers_limits_are_found_among_its_properties() {
        let properties = b"\x22\0\x0a\x26\0\x01a\0\x01b\x21\0\x14\x24\x01";
        let mut body = vec![0, 0, properties.len() as u8];
        body.extend(properties);
        let read = Version::V5.read(0x20, &body);
        let expected = Packet::ConnAck {
            code: 0,
            receive_maximum: 20,
            maximum_qos: 1,
        };
        assert_eq!(read, Some(expected));
        let old = Version::V5.read(0x20, &[0, 1]);
        assert!(matches!(old, Some(Packet::ConnAck { code: 1, .. })));
    }

    proptest! {
        #[test]
        fn nothing_from_the_network_makes_it_panic(first: u8, body: Vec<u8>) {
            let _ = Version::V4.read(first, &body);
            let _ = Version::V5.read(first, &body);
        }
    }
}
