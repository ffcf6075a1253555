//! How busy the machine is. Source: proc(5), `/proc/loadavg`.

use super::{Root, sysfs};

/// The mean number of processes that ran or waited for the processor or the disk during the last minute.
pub(super) fn load(root: &Root) -> Option<f64> {
    let text = sysfs::text(&root.path("/proc/loadavg"))?;
    let load: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    // no kernel has more processes; the parser also takes words: `inf`, `nan`
    (0.0..=4_194_304.0).contains(&load).then_some(load)
}
