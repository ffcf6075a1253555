//! The client library's errors: what they mean for us, and in a user's words.

use super::reconnect::{Ended, Failed};
use super::{Cause, tls_reasons};
use rumqttc::mqttbytes::Error as PacketError;
use rumqttc::{ConnectReturnCode, ConnectionError, StateError};
use std::io;

pub(super) fn io_error(error: &ConnectionError) -> Option<&io::Error> {
    match error {
        ConnectionError::Io(io)
        | ConnectionError::MqttState(
            StateError::Io(io) | StateError::Deserialization(PacketError::Io(io)),
        ) => Some(io),
        _ => None,
    }
}

/// Who ended the connection.
pub(super) fn ended(error: &ConnectionError) -> Ended {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let by_peer = matches!(
        error,
        ConnectionError::MqttState(StateError::ConnectionAborted)
    ) || io_error(error).is_some_and(|io| {
        matches!(
            io.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
        )
    });
    match by_peer {
        true => Ended::ByPeer,
        false => Ended::Otherwise,
    }
}

/// Whether the broker refused us or could not be reached. An unavailable server will be back soon.
pub(super) fn failed(error: &ConnectionError) -> Failed {
    match error {
        ConnectionError::ConnectionRefused(ConnectReturnCode::ServiceUnavailable) => {
            Failed::Unreachable
        }
        ConnectionError::ConnectionRefused(_) => Failed::Refused,
        // certificates do not mend themselves within seconds
        error if tls_reasons::of(error).is_some() => Failed::Refused,
        _ => Failed::Unreachable,
    }
}

/// The same, finer.
pub(super) fn cause(error: &ConnectionError) -> Cause {
    if let Some(error) = tls_reasons::of(error) {
        return tls_reasons::cause(error);
    }
    if ended(error) == Ended::ByPeer {
        return Cause::Closed;
    }
    if let Some(io) = io_error(error) {
        return Cause::of_io(io);
    }
    match error {
        ConnectionError::NetworkTimeout => Cause::NoAnswer,
        ConnectionError::NotConnAck(_)
        | ConnectionError::MqttState(StateError::Deserialization(_)) => Cause::NotMqtt,
        ConnectionError::ConnectionRefused(code) => Cause::of_code(code_of(*code)),
        _ => Cause::Other,
    }
}

/// The code as the standard has it (section 3.2.2.3).
pub(super) const fn code_of(code: ConnectReturnCode) -> u8 {
    match code {
        ConnectReturnCode::Success => 0,
        ConnectReturnCode::RefusedProtocolVersion => 1,
        ConnectReturnCode::BadClientId => 2,
        ConnectReturnCode::ServiceUnavailable => 3,
        ConnectReturnCode::BadUserNamePassword => 4,
        ConnectReturnCode::NotAuthorized => 5,
    }
}

/// The length of the packet over the hard cap that ended the connection.
pub(super) fn too_large(error: &ConnectionError) -> Option<usize> {
    match error {
        ConnectionError::MqttState(StateError::Deserialization(
            PacketError::PayloadSizeLimitExceeded(size),
        )) => Some(*size),
        _ => None,
    }
}

/// The error as a part of a sentence.
pub(super) fn in_words(error: &ConnectionError) -> String {
    if let Some(error) = tls_reasons::of(error) {
        return tls_reasons::in_words(error);
    }
    // with or without a reset, it is the same to a user
    if ended(error) == Ended::ByPeer {
        return "the broker closed the connection".to_owned();
    }
    if let Some(io) = io_error(error) {
        return io.to_string();
    }
    if let Some(size) = too_large(error) {
        return format!("a packet of {size} bytes came in, which is over the hard cap");
    }
    let words = match error {
        ConnectionError::MqttState(StateError::AwaitPingResp) => "the broker did not answer a ping",
        ConnectionError::NetworkTimeout => "no answer in time",
        ConnectionError::FlushTimeout => "what was sent was not taken in time",
        ConnectionError::NotConnAck(_)
        | ConnectionError::MqttState(StateError::Deserialization(_)) => NOT_MQTT,
        ConnectionError::ConnectionRefused(ConnectReturnCode::Success) => {
            "refused without a reason"
        }
        ConnectionError::ConnectionRefused(code) => return refused(cause(error), code_of(*code)),
        other => return other.to_string(),
    };
    words.to_owned()
}

/// What is said of something that listens and is no broker.
pub(super) const NOT_MQTT: &str = "what answers there does not speak MQTT";

/// A refusal of the broker as a part of a sentence.
pub(super) fn refused(cause: Cause, code: u8) -> String {
    let why = match cause {
        Cause::VersionRefused => "the broker does not speak MQTT 3.1.1",
        Cause::ClientIdRefused => "the broker does not allow this client identifier",
        Cause::Unavailable => "the broker is there but not available",
        Cause::LoginRefused => "wrong user name or password",
        Cause::NotAuthorised => "not authorised",
        _ => "for another reason",
    };
    // those of MQTT 5 are known by their hexadecimal digits
    match code {
        0..0x80 => format!("refused: {why} (code {code})"),
        0x80.. => format!("refused: {why} (code 0x{code:02x})"),
    }
}
