//! Collecting a process and what it used.
//!
//! The route is wait4(2). The times are those of the process and of all its descendants that were waited for; their sum
//! is exact, and split into user and system by ticks unless the kernel accounts exactly. What runs on in the background
//! is not in them.
//!
//! `max_rss_kib` is the peak of the largest process, not a sum. **It has a floor**: what `posix_spawn` starts runs in
//! *our* memory until its `execve`, and the kernel then books our own peak to it (fs/exec.c, `exec_mmap`:
//! `setmax_mm_hiwater_rss` with the old memory). So a program that needs less than this process ever needed is reported
//! with this process's peak, its `VmHWM`: `/bin/true` beside a thing of 9 MB shows 9 MB. What is larger is right.
//!
//! Measured on Linux 6.18 with a parent of 13 MB, then of 209 MB, then of 13 MB again, `true` was said to take:
//!
//! | by | 13 MB | 209 MB | 13 MB again |
//! |---|---|---|---|
//! | `posix_spawn` | 13 MB | 209 MB | 209 MB |
//! | `fork`, which copies page tables and is slower | 10 MB | 205 MB | 10 MB |
//! | `posix_spawn` of a shell that forks | 13 MB | 209 MB | 209 MB |
//!
//! A shell between is no remedy, for it is waited for too. `5` into `/proc/self/clear_refs` would bring the last column
//! down to 13 MB, at the price of the thing's own peak, which others look at. The remedy is to keep the thing small, or to
//! run jobs from a small process of its own, as `mqtt-thing runner` is.

use crate::fleet::Usage;
use std::io;
use std::process::{Child, ExitStatus};
use wait4::Wait4;

/// Waits for a process, collects it, and tells how it ended and what it used.
pub(super) fn collect(child: &mut Child) -> io::Result<(ExitStatus, Usage)> {
    loop {
        match child.wait4() {
            Ok(used) => {
                let usage = Usage {
                    user: used.rusage.utime,
                    system: used.rusage.stime,
                    max_rss_kib: used.rusage.maxrss / 1024,
                };
                return Ok((used.status, usage));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
