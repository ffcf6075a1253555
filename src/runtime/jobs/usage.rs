//! Collecting a process and what it used.
//!
//! The route is wait4(2). The times are those of the process and of all its descendants that were waited for, to the
//! microsecond (the kernel counts exactly, not by ticks, on every Pi's kernel: `VIRT_CPU_ACCOUNTING_GEN` or the
//! scheduler's runtime scaled by ticks). What runs on in the background is not in them.
//!
//! `max_rss_kib` is the peak of the largest process, not a sum. **It has a floor**: a process that is started with
//! `posix_spawn` runs in *our* memory until its `execve`, and the kernel then books our own peak to it
//! (`exec_mmap` in the kernel's fs/exec.c calls `setmax_mm_hiwater_rss` with the old memory). So a program that needs
//! less than this process ever needed is reported with this process's peak: `/bin/true` beside a thing of 9 MB shows
//! 9 MB. `fork` instead would book our present size and cost more; a shell between would keep the floor, because it is
//! waited for too. What is larger than the thing is reported rightly, and the floor is the thing's own `VmHWM`.

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
