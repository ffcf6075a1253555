//! The runner's socket: bound, and watched for whoever comes.

use super::Shared;
use super::board::send;
use super::talk::talk;
use crate::fleet::runner_wire::ToThing;
use crate::runtime::jobs::link::Link;
use crate::system::peer_user_id;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use thiserror::Error;

/// Owner and group may come in; who they are is looked at all the same.
const SOCKET_MODE: u32 = 0o660;
const FOLDER_MODE: u32 = 0o750;
/// How long a fault of the listener is waited out, such as too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// Why there is no socket.
#[derive(Debug, Error)]
pub enum SocketError {
    /// Its folder cannot be made.
    #[error("cannot make the folder of the socket {}: {source}; as a service, `RuntimeDirectory=` makes it", path.display())]
    Folder {
        /// The socket.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Another runner has it.
    #[error("another runner listens on {}; each needs a socket of its own (--socket PATH)", .0.display())]
    InUse(PathBuf),
    /// Something else is there.
    #[error("{} is there already and is no socket; it is left alone", .0.display())]
    NoSocket(PathBuf),
    /// It cannot be made.
    #[error("cannot listen on {}: {source}", path.display())]
    Bind {
        /// The socket.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

/// Binds a socket of mode 0660 and listens. One that was left lying there is replaced, if nobody listens on it; its folder
/// is made, with mode 0750, if it is not there.
///
/// # Errors
/// It cannot be done; the text says what was found.
pub fn bind(path: &Path) -> Result<UnixListener, SocketError> {
    let failed = |source| SocketError::Bind {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(folder);
        made.map_err(|source| SocketError::Folder {
            path: path.to_owned(),
            source,
        })?;
    }
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(SocketError::NoSocket(path.to_owned()));
        }
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => return Err(SocketError::InUse(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                fs::remove_file(path).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        },
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, Permissions::from_mode(SOCKET_MODE)).map_err(failed)?;
    Ok(listener)
}

/// Lets in whoever may come in, one at a time.
pub(super) fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    let busy = Arc::<AtomicBool>::default();
    for stream in listener.incoming() {
        let began = stream.and_then(|stream| receive(stream, shared, &busy));
        if let Err(error) = began {
            tracing::warn!(%error, "a connection was not served");
            std::thread::sleep(PAUSE);
        }
    }
}

/// While it is there, a thing is served.
struct Busy(Arc<AtomicBool>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn receive(stream: UnixStream, shared: &Arc<Shared>, busy: &Arc<AtomicBool>) -> io::Result<()> {
    let (user, allowed) = (peer_user_id(&stream)?, shared.peer);
    if user != allowed {
        tracing::warn!(
            "a process of user {user} came to the socket; only user {allowed} may have jobs run"
        );
        return Ok(());
    }
    let link = Arc::new(Link::new(stream)?);
    if busy.swap(true, Ordering::Acquire) {
        // after a kill of the thing its end may not have been noticed yet: it comes again
        send(
            &link,
            &ToThing::Refused("it serves another thing now".to_owned()),
        );
        return Ok(());
    }
    let (serves, busy) = (Arc::clone(shared), Busy(Arc::clone(busy)));
    let talks = move || {
        let _busy = busy;
        talk(&serves, &link);
    };
    std::thread::Builder::new()
        .name("thing".to_owned())
        .spawn(talks)
        .map(drop)
}
