//! Memory in use. Source: proc(5), `/proc/self/status`, `VmRSS`.

use super::Root;

/// Resident memory of this process in KiB, if the machine tells.
#[must_use]
pub fn resident_kib(root: &Root) -> Option<u64> {
    let status = std::fs::read_to_string(root.path("/proc/self/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
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
        std::fs::write(&file, "Name:\tx\nVmRSS:\t    4321 kB\n").unwrap();
        assert_eq!(resident_kib(&Root::at(root.path())), Some(4321));
        std::fs::write(&file, "Name:\tx\n").unwrap();
        assert_eq!(resident_kib(&Root::at(root.path())), None);
    }
}
