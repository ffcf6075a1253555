//! Memory in use. Source: proc(5), `/proc/PID/status`: `VmRSS`, `VmHWM`.

use super::Root;

/// Resident memory of this process in KiB, if the machine tells.
#[must_use]
pub fn resident_kib(root: &Root) -> Option<u64> {
    status(root, "self", "VmRSS:")
}

/// The most resident memory that this process has had so far, in KiB, if the machine tells.
#[must_use]
pub fn peak_resident_kib(root: &Root) -> Option<u64> {
    status(root, "self", "VmHWM:")
}

/// Resident memory of another process in KiB, if the machine tells.
pub(super) fn resident_kib_of(root: &Root, pid: u32) -> Option<u64> {
    status(root, &pid.to_string(), "VmRSS:")
}

fn status(root: &Root, process: &str, key: &str) -> Option<u64> {
    let status = std::fs::read_to_string(root.path(&format!("/proc/{process}/status"))).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_size_is_read_in_kib_and_a_foreign_format_is_none() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("proc/self/status");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(
            &file,
            "Name:\tx\nVmHWM:\t    5000 kB\nVmRSS:\t    4321 kB\n",
        )
        .unwrap();
        assert_eq!(resident_kib(&Root::at(root.path())), Some(4321));
        assert_eq!(peak_resident_kib(&Root::at(root.path())), Some(5000));
        std::fs::write(&file, "Name:\tx\nVmHWM:\t5000\n").unwrap();
        assert_eq!(resident_kib(&Root::at(root.path())), None);
        assert_eq!(peak_resident_kib(&Root::at(root.path())), None);
    }

    #[test]
    fn the_peak_of_this_process_is_no_less_than_what_it_has_now() {
        let now = resident_kib(&Root::default()).unwrap();
        assert!(peak_resident_kib(&Root::default()).unwrap() >= now);
    }
}
