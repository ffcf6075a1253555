//! Who is who on this machine, and who is at the other end of a socket.

use super::Root;
use rustix::net::sockopt::socket_peercred;
use std::io;
use std::os::fd::AsFd;

/// The number of a user: what `name` says where that is a number, else by passwd(5). Users that are kept elsewhere than
/// in `/etc/passwd` have no name here. `None` if there is none.
#[must_use]
pub fn user_id(root: &Root, name: &str) -> Option<u32> {
    if let Ok(number) = name.parse() {
        return Some(number);
    }
    let known = std::fs::read_to_string(root.path("/etc/passwd")).ok()?;
    known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let its = fields.next()? == name;
        fields.nth(1)?.parse().ok().filter(|_| its)
    })
}

/// The user, by number, of the process at the other end of a Unix socket: who connected, or who listens there. Source:
/// unix(7), `SO_PEERCRED`. The kernel noted it then; nobody can claim to be another.
///
/// # Errors
/// The system's words.
pub fn peer_user_id(socket: impl AsFd) -> io::Result<u32> {
    Ok(socket_peercred(socket)?.uid.as_raw())
}

/// Who this process acts as, by number.
#[must_use]
pub fn own_user_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_user_goes_by_name_or_number() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("etc")).unwrap();
        let users = "root:x:0:0::/root:/bin/sh\nbad\nodd:x:many:1::/:\nmqtt-thing:x:991:990::/:/bin/false\n";
        std::fs::write(folder.path().join("etc/passwd"), users).unwrap();
        let root = Root::at(folder.path());
        let asked = ["root", "mqtt-thing", "mqtt", "odd", "4711", "-1", ""];
        let found = asked.map(|name| user_id(&root, name));
        assert_eq!(
            found,
            [Some(0), Some(991), None, None, Some(4711), None, None]
        );
        assert_eq!(user_id(&Root::at("/nope"), "root"), None);
    }

    #[test]
    fn the_other_end_is_known() {
        let (one, _other) = UnixStream::pair().unwrap();
        assert_eq!(peer_user_id(&one).unwrap(), own_user_id());
    }
}
