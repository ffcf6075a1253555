//! Which process listens on a port of this machine. Source: proc(5), `/proc/net/tcp`, `/proc/net/tcp6` and
//! `/proc/PID/fd`: a table of sockets with their inodes, and whose those are.

use super::Root;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// `TCP_LISTEN` of the kernel's `include/net/tcp_states.h`.
const LISTENS: &str = "0A";

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The process with this number.
    Process(u32),
    /// A process that we may not look at: another user's.
    Hidden,
    /// A process that this machine does not show, as in a container.
    Elsewhere,
    /// Nobody listens there.
    Nobody,
}

/// Who listens on a port of this machine, at the address by which it is reached.
#[must_use]
pub fn listener(root: &Root, address: IpAddr, port: u16) -> Listener {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| {
        // absent where the machine does not speak IPv6
        std::fs::read_to_string(root.path(table)).unwrap_or_default()
    });
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let mut found: Vec<(u8, u64)> = lines
        .filter_map(socket)
        .filter(|socket| socket.port == port)
        .filter_map(|socket| Some((rank(socket.address, address)?, socket.inode)))
        .collect();
    found.sort_unstable();
    match found.first() {
        None => Listener::Nobody,
        Some((_, inode)) => owner(root, *inode),
    }
}

struct Socket {
    address: IpAddr,
    port: u16,
    inode: u64,
}

/// A line of the table: number, local and remote address and port, state, .., the tenth field is the inode.
fn socket(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    if *fields.get(3)? != LISTENS {
        return None;
    }
    let (address, port) = fields.get(1)?.split_once(':')?;
    Some(Socket {
        address: self::address(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        inode: fields.get(9)?.parse().ok()?,
    })
}

/// Words of 32 bits, as they lie in the machine's memory, each written as a number.
fn address(text: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = text.get(at * 8..at * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    match text.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
            let bytes: [u8; 16] = words.try_into().ok()?;
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

/// How well a socket fits, the lower the better: one for every address takes what none takes by name.
fn rank(listens: IpAddr, asked: IpAddr) -> Option<u8> {
    if listens == asked.to_canonical() {
        return Some(0);
    }
    let same_family = listens.is_ipv4() == asked.is_ipv4();
    match listens.is_unspecified() {
        true if same_family => Some(1),
        // one of IPv6 may take IPv4 as well
        true if listens.is_ipv6() => Some(2),
        _ => None,
    }
}

fn owner(root: &Root, inode: u64) -> Listener {
    let wanted = format!("socket:[{inode}]");
    let Ok(processes) = std::fs::read_dir(root.path("/proc")) else {
        return Listener::Elsewhere;
    };
    let mut hidden = false;
    for process in processes.flatten() {
        let name = process.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        match has(&process.path().join("fd"), &wanted) {
            Ok(true) => return Listener::Process(pid),
            Ok(false) => {}
            // others have ended meanwhile
            Err(error) => hidden |= error.kind() == ErrorKind::PermissionDenied,
        }
    }
    if hidden {
        Listener::Hidden
    } else {
        Listener::Elsewhere
    }
}

fn has(folder: &Path, wanted: &str) -> std::io::Result<bool> {
    for file in std::fs::read_dir(folder)?.flatten() {
        if std::fs::read_link(file.path()).is_ok_and(|link| link == Path::new(wanted)) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn line(local: &str, state: &str, inode: u64) -> String {
        format!(
            "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  0  0 {inode} 1 0 100 0\n"
        )
    }

    /// A machine with these sockets, and processes that hold one each.
    fn machine(
        v4: &[String],
        v6: &[String],
        processes: &[(u32, u64)],
    ) -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().unwrap();
        let proc = folder.path().join("proc");
        std::fs::create_dir_all(proc.join("net")).unwrap();
        std::fs::write(proc.join("net/tcp"), format!("{HEAD}{}", v4.concat())).unwrap();
        std::fs::write(proc.join("net/tcp6"), format!("{HEAD}{}", v6.concat())).unwrap();
        std::fs::create_dir_all(proc.join("self/fd")).unwrap();
        for (pid, inode) in processes {
            let fd = proc.join(format!("{pid}/fd"));
            std::fs::create_dir_all(&fd).unwrap();
            symlink("/dev/null", fd.join("0")).unwrap();
            symlink(format!("socket:[{inode}]"), fd.join("5")).unwrap();
        }
        let root = Root::at(folder.path());
        (folder, root)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// An address as this machine's kernel writes it.
    fn written(text: &str, port: u16) -> String {
        let bytes = match ip(text) {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let words = bytes
            .chunks(4)
            .map(|word| u32::from_ne_bytes(word.try_into().unwrap()));
        let text: String = words.map(|word| format!("{word:08X}")).collect();
        format!("{text}:{port:04X}")
    }

    #[test]
    fn the_process_with_the_listening_socket_is_found() {
        let v4 = [
            line(&written("127.0.0.1", 1883), "01", 11),
            line(&written("127.0.0.1", 1884), "0A", 12),
            line(&written("127.0.0.1", 1883), "0A", 13),
        ];
        let (_folder, root) = machine(&v4, &[], &[(101, 11), (102, 12), (103, 13)]);
        assert_eq!(
            listener(&root, ip("127.0.0.1"), 1883),
            Listener::Process(103)
        );
        assert_eq!(listener(&root, ip("127.0.0.1"), 1885), Listener::Nobody);
        assert_eq!(listener(&root, ip("10.0.0.1"), 1883), Listener::Nobody);
    }

    #[test]
    fn the_socket_of_the_address_goes_before_one_of_every_address() {
        let v4 = [
            line(&written("0.0.0.0", 1883), "0A", 11),
            line(&written("10.0.0.1", 1883), "0A", 12),
        ];
        let v6 = [
            line(&written("::", 1883), "0A", 13),
            line(&written("::1", 1883), "0A", 14),
            line(&written("::ffff:10.0.0.2", 1883), "0A", 15),
            line(&written("::", 1884), "0A", 16),
        ];
        let processes: Vec<(u32, u64)> = (11..=16).map(|n| (n, u64::from(n))).collect();
        let (_folder, root) = machine(&v4, &v6, &processes);
        for (address, port, pid) in [
            ("10.0.0.1", 1883, 12),
            ("10.0.0.2", 1883, 15),
            ("10.0.0.3", 1883, 11),
            ("::1", 1883, 14),
            ("fd00::1", 1883, 13),
            ("127.0.0.1", 1884, 16),
        ] {
            assert_eq!(
                listener(&root, ip(address), port),
                Listener::Process(pid),
                "{address}"
            );
        }
    }

    #[test]
    fn a_process_that_may_not_be_seen_is_told_from_one_that_is_not_there() {
        let v4 = [line(&written("127.0.0.1", 1883), "0A", 11)];
        let (folder, root) = machine(&v4, &[], &[(101, 12)]);
        assert_eq!(listener(&root, ip("127.0.0.1"), 1883), Listener::Elsewhere);
        let fd = folder.path().join("proc/101/fd");
        std::fs::set_permissions(&fd, std::fs::Permissions::from_mode(0o000)).unwrap();
        // root may look everywhere
        if std::fs::read_dir(&fd).is_err() {
            assert_eq!(listener(&root, ip("127.0.0.1"), 1883), Listener::Hidden);
        }
        std::fs::set_permissions(&fd, std::fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn a_table_that_makes_no_sense_lists_nobody() {
        for bad in [
            "",
            "x",
            "0: 1:2 3 0A",
            "0: ÄÖÜß:075B 0 0A 0 0 0 0 0 1",
            "0: 0100007F:FFFFF 0 0A 0 0 0 0 0 1",
        ] {
            let (_folder, root) = machine(&[format!("{bad}\n")], &[], &[]);
            assert_eq!(
                listener(&root, ip("127.0.0.1"), 1883),
                Listener::Nobody,
                "{bad}"
            );
        }
    }

    #[test]
    fn this_process_is_found_by_a_port_of_its_own() {
        let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let found = listener(&Root::default(), address.ip(), address.port());
        assert_eq!(found, Listener::Process(std::process::id()));
    }
}
