//! What of the machine itself a job touches: its state around the job, and the frequency step, which is no process.

use crate::fleet::JobEnd;
use crate::system::cpufreq::Wish;
use crate::system::{HostState, Root};

/// The state of the host.
pub(super) fn host(_root: &Root) -> HostState {
    HostState::default()
}

/// Carries out a frequency step: how it ended, what it says, and what it complains about.
pub(super) fn frequency(_wish: &Wish, _root: &Root) -> (JobEnd, Vec<u8>, Vec<u8>) {
    let error = b"this machine has no cpufreq\n".to_vec();
    (JobEnd::Exited(1), Vec::new(), error)
}
