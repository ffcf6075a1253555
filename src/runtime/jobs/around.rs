//! What of the machine itself a job touches: the frequency step, which is no process.

use super::failure::whole;
use crate::fleet::{JobEnd, Run};
use crate::system::cpufreq::{CpuFreqError, Keeper};

/// Carries out a frequency step, or the way back from it: how it ended, what it says, and what it complains about.
/// `None` for what is a process.
pub(super) fn frequency(run: &Run, keeper: Option<&Keeper>) -> Option<(JobEnd, Vec<u8>, Vec<u8>)> {
    if matches!(run, Run::Program { .. } | Run::Shell(_)) {
        return None;
    }
    let Some(keeper) = keeper else {
        let error = b"there is no state folder to keep the present frequency in\n".to_vec();
        return Some((JobEnd::Exited(1), Vec::new(), error));
    };
    let outcome: Result<(bool, String), CpuFreqError> = match run {
        Run::CpuFrequency(wish) => keeper
            .step(wish)
            .map(|applied| (applied.is_as_asked(), applied.to_string())),
        Run::CpuFrequencyRestore => keeper
            .restore()
            .map(|restored| (true, restored.to_string())),
        Run::Program { .. } | Run::Shell(_) => return None,
    };
    Some(match outcome {
        Ok((true, text)) => (JobEnd::Exited(0), text.into_bytes(), Vec::new()),
        Ok((false, text)) => {
            let error = b"the kernel did not do what was asked for\n".to_vec();
            (JobEnd::Exited(1), text.into_bytes(), error)
        }
        Err(error) => {
            let told = format!("{}\n", whole(&error));
            (JobEnd::Exited(1), Vec::new(), told.into_bytes())
        }
    })
}
