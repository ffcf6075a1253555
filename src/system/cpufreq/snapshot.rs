//! The state of every policy at one moment, and going back to it.

use super::error::CpuFreqError;
use super::policy::Policy;
use super::write::USERSPACE;
use crate::system::Root;
use serde::{Deserialize, Serialize};

/// The state of every policy. It can be kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// In the order of their numbers.
    pub policies: Vec<PolicyState>,
}

/// The state of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyState {
    /// Its name. Never used as a path: what is put back is looked up among the machine's policies.
    pub policy: String,
    /// Its governor.
    pub governor: String,
    /// Its lower limit in kHz.
    pub least_khz: u64,
    /// Its upper limit in kHz: the lowered one, when a thermal limit stood at that moment.
    pub most_khz: u64,
    /// What was set by the governor `userspace`, in kHz; under another one there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_speed_khz: Option<u64>,
}

impl Snapshot {
    /// The state now.
    ///
    /// # Errors
    /// There is no policy, or one cannot be read.
    pub fn take(root: &Root) -> Result<Self, CpuFreqError> {
        Self::of(&Policy::all(root)?)
    }

    pub(super) fn of(policies: &[Policy]) -> Result<Self, CpuFreqError> {
        let states = policies.iter().map(|policy| {
            let governor = policy.governor()?;
            let (least_khz, most_khz) = policy.limits()?;
            let set = (governor == USERSPACE).then(|| policy.set_speed_khz());
            Ok(PolicyState {
                policy: policy.name.clone(),
                governor,
                least_khz,
                most_khz,
                set_speed_khz: set.flatten(),
            })
        });
        Ok(Self {
            policies: states.collect::<Result<_, _>>()?,
        })
    }

    /// The state that it has of a policy.
    pub(super) fn state(&self, policy: &Policy) -> Option<&PolicyState> {
        self.policies
            .iter()
            .find(|state| state.policy == policy.name)
    }

    /// Puts every policy back to this state, and tells what each has then, a line each. Files that say the right
    /// thing are not written. A policy that is not there any more (its processors are offline) is passed over.
    ///
    /// # Errors
    /// There is no policy, or some could not be put back: the others are.
    pub fn restore(&self, root: &Root) -> Result<Vec<String>, CpuFreqError> {
        self.restore_to(&Policy::all(root)?)
    }

    pub(super) fn restore_to(&self, policies: &[Policy]) -> Result<Vec<String>, CpuFreqError> {
        let mut told = Vec::new();
        let mut failed = Vec::new();
        for state in &self.policies {
            let Some(policy) = policies.iter().find(|policy| policy.name == state.policy) else {
                told.push(format!("{}: not there any more", state.policy));
                continue;
            };
            match state.restore(policy) {
                Ok(line) => told.push(line),
                Err(error) => failed.push(error),
            }
        }
        if failed.is_empty() {
            Ok(told)
        } else {
            Err(CpuFreqError::NotRestored(failed))
        }
    }
}

impl PolicyState {
    fn restore(&self, policy: &Policy) -> Result<String, CpuFreqError> {
        // the limits first: within them the rest is taken as it was
        policy.set_limits(self.least_khz, self.most_khz)?;
        policy.set_governor(&self.governor)?;
        if let Some(khz) = self.set_speed_khz {
            policy.set_speed(khz)?;
        }
        let (least, most) = policy.limits()?;
        let mut line = format!(
            "{}: governor {}, limits {least} to {most} kHz",
            self.policy, self.governor
        );
        if (least, most) != (self.least_khz, self.most_khz) {
            line += &format!(", before {} to {} kHz", self.least_khz, self.most_khz);
        }
        if let Some(khz) = self.set_speed_khz {
            line += &format!(", asked {khz} kHz");
        }
        Ok(line)
    }
}
