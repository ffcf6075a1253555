//! Whether this machine's clock can be trusted: a Pi has no battery for it and starts with the time of its last stop.
//!
//! Source: systemd-timesyncd.service(8), which Raspberry Pi OS runs: `/run/systemd/timesync/` is there while it runs,
//! and in it `synchronized` once a server has set the clock. The kernel's own flag (adjtimex(2), `STA_UNSYNC`) would
//! also tell of chrony and ntpd, but is reached through no file and no safe call of the crates that are used here.

use super::Root;

/// Whether the clock has been set by a time server since the start; `None` if timesyncd does not keep it.
#[must_use]
pub fn clock_synchronised(root: &Root) -> Option<bool> {
    let folder = root.path("/run/systemd/timesync");
    if !folder.is_dir() {
        return None;
    }
    folder.join("synchronized").try_exists().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_synchronised_once_timesyncd_says_so_and_unknown_without_it() {
        let root = tempfile::tempdir().unwrap();
        let told = || clock_synchronised(&Root::at(root.path()));
        assert_eq!(told(), None);
        let folder = root.path().join("run/systemd/timesync");
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(told(), Some(false));
        std::fs::write(folder.join("synchronized"), "").unwrap();
        assert_eq!(told(), Some(true));
    }
}
