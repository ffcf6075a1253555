//! The board's sockets, as types that cannot hold a wrong pin.
//!
//! The firmware checks nothing: a pin outside its tables makes it read and write wild memory while its reply looks
//! normal.

use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A Grove socket, by the name printed on the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    /// Analog socket 0; as a digital pin it is number 14.
    A0,
    /// Analog socket 1; digital pin 15.
    A1,
    /// Analog socket 2; digital pin 16.
    A2,
    /// Digital socket 2.
    D2,
    /// Digital socket 3, with PWM.
    D3,
    /// Digital socket 4.
    D4,
    /// Digital socket 5, with PWM.
    D5,
    /// Digital socket 6, with PWM.
    D6,
    /// Digital socket 7.
    D7,
    /// Digital socket 8.
    D8,
}

/// Why a port cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PortError {
    /// No socket has this name.
    #[error("there is no port `{0}`; the board has D2 to D8 and A0 to A2")]
    Unknown(String),
    /// The socket has no analog input.
    #[error("port {0} has no analog input; A0, A1 and A2 have one")]
    NotAnalog(Port),
    /// The socket has no PWM.
    #[error("port {0} has no PWM; D3, D5 and D6 have it")]
    NotPwm(Port),
}

impl Port {
    /// All sockets, in the order of their names.
    pub const ALL: [Self; 10] = [
        Self::A0,
        Self::A1,
        Self::A2,
        Self::D2,
        Self::D3,
        Self::D4,
        Self::D5,
        Self::D6,
        Self::D7,
        Self::D8,
    ];

    /// The name printed on the board.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A0 => "A0",
            Self::A1 => "A1",
            Self::A2 => "A2",
            Self::D2 => "D2",
            Self::D3 => "D3",
            Self::D4 => "D4",
            Self::D5 => "D5",
            Self::D6 => "D6",
            Self::D7 => "D7",
            Self::D8 => "D8",
        }
    }

    /// This socket as a digital input or output. Every socket can be one.
    #[must_use]
    pub const fn digital(self) -> DigitalPort {
        DigitalPort(self)
    }

    /// The socket whose pin is this one's second: a module with two signal wires takes both. D2..D7 have one: the
    /// firmware keeps its two-wire modules in tables of six.
    #[must_use]
    pub const fn neighbour(self) -> Option<Self> {
        match self {
            Self::D2 => Some(Self::D3),
            Self::D3 => Some(Self::D4),
            Self::D4 => Some(Self::D5),
            Self::D5 => Some(Self::D6),
            Self::D6 => Some(Self::D7),
            Self::D7 => Some(Self::D8),
            Self::A0 | Self::A1 | Self::A2 | Self::D8 => None,
        }
    }

    /// This socket as an analog input.
    ///
    /// # Errors
    /// A digital socket.
    pub const fn analog(self) -> Result<AnalogPort, PortError> {
        match self {
            Self::A0 | Self::A1 | Self::A2 => Ok(AnalogPort(self)),
            _ => Err(PortError::NotAnalog(self)),
        }
    }

    /// This socket as an output by pulse width.
    ///
    /// # Errors
    /// A socket whose pin has no timer.
    pub const fn pwm(self) -> Result<PwmPort, PortError> {
        match self {
            Self::D3 | Self::D5 | Self::D6 => Ok(PwmPort(self)),
            _ => Err(PortError::NotPwm(self)),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Port {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Port {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        let wanted = text.to_ascii_uppercase();
        Self::ALL
            .into_iter()
            .find(|port| port.name() == wanted)
            .ok_or_else(|| PortError::Unknown(text.to_owned()))
    }
}

/// A socket used as a digital input or output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DigitalPort(Port);

impl DigitalPort {
    /// The firmware's pin number: 2..8, or 14..16 for A0..A2.
    #[must_use]
    pub const fn pin(self) -> u8 {
        match self.0 {
            Port::A0 => 14,
            Port::A1 => 15,
            Port::A2 => 16,
            Port::D2 => 2,
            Port::D3 => 3,
            Port::D4 => 4,
            Port::D5 => 5,
            Port::D6 => 6,
            Port::D7 => 7,
            Port::D8 => 8,
        }
    }

    /// The socket.
    #[must_use]
    pub const fn port(self) -> Port {
        self.0
    }
}

/// A socket used as an analog input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnalogPort(Port);

impl AnalogPort {
    /// The firmware's channel number, 0..2.
    #[must_use]
    pub const fn channel(self) -> u8 {
        self.digital().pin() - 14
    }

    /// The socket.
    #[must_use]
    pub const fn port(self) -> Port {
        self.0
    }

    /// The same socket as a digital pin, to set its direction.
    #[must_use]
    pub const fn digital(self) -> DigitalPort {
        self.0.digital()
    }
}

/// A socket used as an output by pulse width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PwmPort(Port);

impl PwmPort {
    /// The firmware's pin number: 3, 5 or 6.
    #[must_use]
    pub const fn pin(self) -> u8 {
        self.digital().pin()
    }

    /// The socket.
    #[must_use]
    pub const fn port(self) -> Port {
        self.0
    }

    /// The same socket as a digital pin, to set its direction.
    #[must_use]
    pub const fn digital(self) -> DigitalPort {
        self.0.digital()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_socket_has_the_firmwares_pin_number() {
        let pins: Vec<u8> = Port::ALL.iter().map(|port| port.digital().pin()).collect();
        assert_eq!(pins, [14, 15, 16, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(Port::A2.analog().unwrap().channel(), 2);
        assert_eq!(Port::D6.pwm().unwrap().pin(), 6);
    }

    #[test]
    fn a_port_that_cannot_do_it_is_refused_with_those_that_can() {
        assert_eq!(
            Port::D4.pwm().unwrap_err().to_string(),
            "port D4 has no PWM; D3, D5 and D6 have it"
        );
        assert_eq!(
            Port::D4.analog().unwrap_err().to_string(),
            "port D4 has no analog input; A0, A1 and A2 have one"
        );
        let error = "D9".parse::<Port>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no port `D9`; the board has D2 to D8 and A0 to A2"
        );
        assert_eq!("d4".parse(), Ok(Port::D4));
    }
}
