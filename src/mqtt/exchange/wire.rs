//! One connection's bytes. Everything here may be dropped while it waits, and nothing is lost.

use super::Breach;
use super::frames::{self, Frames, Malformed};
use super::glimpse::Sizes;
use crate::mqtt::opening::{Failure, Stream, Way};
use bytes::BytesMut;
use rumqttc::mqttbytes::v4::Packet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::time::{Instant, timeout, timeout_at};

/// So much is read at once, and so much may wait to be written before no more is taken.
pub(super) const CHUNK: usize = 64 * 1024;
/// How long the other side may take to hang up after our goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection.
pub(super) struct Wire {
    reader: ReadHalf<Stream>,
    writer: WriteHalf<Stream>,
    pub(super) frames: Frames,
    out: BytesMut,
    /// What was written may still lie in a buffer of TLS or of a WebSocket.
    unflushed: bool,
}

/// What the network did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// Bytes came.
    In,
    /// Bytes went.
    Out,
}

impl Wire {
    pub(super) fn new(stream: Stream, frames: Frames) -> Self {
        let (reader, writer) = split(stream);
        Self {
            reader,
            writer,
            frames,
            out: BytesMut::new(),
            unflushed: false,
        }
    }

    /// Puts a packet behind what is to be written.
    pub(super) fn put(&mut self, packet: &Packet) -> Result<Sizes, Malformed> {
        frames::write(packet, &mut self.out)
    }

    /// Whether more may be put.
    pub(super) fn has_room(&self) -> bool {
        self.out.len() < CHUNK
    }

    pub(super) fn has_unsent(&self) -> bool {
        self.unflushed || !self.out.is_empty()
    }

    /// Reads or writes once.
    pub(super) async fn turn(&mut self) -> Result<Moved, Breach> {
        let Self {
            reader,
            writer,
            frames,
            out,
            unflushed,
        } = self;
        // doubled by itself where a large packet comes, so memory is taken for bytes that are there
        frames.buffer.reserve(CHUNK / 2);
        tokio::select! {
            read = reader.read_buf(&mut frames.buffer) => match read {
                Ok(0) => Err(Breach::Closed),
                Ok(_) => Ok(Moved::In),
                Err(error) => Err(Failure::io(Way::In, &error).into()),
            },
            written = write(writer, out, unflushed), if *unflushed || !out.is_empty() => match written {
                Ok(()) => Ok(Moved::Out),
                // whoever closed may have said why before: the reader finds it
                Err(_) => {
                    out.clear();
                    *unflushed = false;
                    match timeout(GOODBYE, reader.read_buf(&mut frames.buffer)).await {
                        Ok(Ok(1..)) => Ok(Moved::In),
                        Ok(Err(error)) => Err(Failure::io(Way::In, &error).into()),
                        Ok(Ok(0)) | Err(_) => Err(Breach::Closed),
                    }
                }
            },
        }
    }

    /// Writes once, and reads nothing.
    pub(super) async fn write(&mut self) -> Result<(), Breach> {
        let written = write(&mut self.writer, &mut self.out, &mut self.unflushed).await;
        written.map_err(|error| Failure::io(Way::In, &error).into())
    }

    /// Writes what is left, says that nothing follows, and waits until the other side hangs up: if we did so with
    /// unread bytes about, the system would reset the connection, and our last packets could be lost.
    pub(super) async fn close(mut self, patience: Duration) -> Result<(), Breach> {
        let limit = Instant::now() + patience;
        while self.has_unsent() {
            match timeout_at(limit, self.write()).await {
                Ok(written) => written?,
                Err(_) => return Err(Breach::Silent),
            }
        }
        let _gone_either_way = timeout(GOODBYE, self.writer.shutdown()).await;
        let drained = async {
            let mut rest = vec![0; CHUNK];
            while let Ok(1..) = self.reader.read(&mut rest).await {}
        };
        let _hung_up = timeout(GOODBYE, drained).await;
        Ok(())
    }
}

async fn write(
    writer: &mut WriteHalf<Stream>,
    out: &mut BytesMut,
    unflushed: &mut bool,
) -> std::io::Result<()> {
    if !out.is_empty() {
        *unflushed = true;
        if writer.write_buf(out).await? == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        if !out.is_empty() {
            return Ok(());
        }
    }
    writer.flush().await?;
    *unflushed = false;
    Ok(())
}
