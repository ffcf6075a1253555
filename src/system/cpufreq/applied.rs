//! A wish is checked, carried out for every policy, and read back.

use super::Wish;
use super::error::CpuFreqError;
use super::policy::Policy;
use super::snapshot::Snapshot;
use super::write::USERSPACE;
use crate::system::Root;
use std::fmt;

/// What became of a wish. As text: a line for each policy, which goes into the job's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// In the order of their numbers.
    pub policies: Vec<PolicyApplied>,
}

/// What became of it for one policy: what its files said afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyApplied {
    /// Its name.
    pub policy: String,
    /// The governor that it had.
    pub governor_before: String,
    /// The governor that it has.
    pub governor: String,
    /// The frequency that was asked for, in kHz, and by which way.
    pub asked: Option<(u64, Method)>,
    /// The frequency that the kernel has set, in kHz: `scaling_cur_freq`.
    pub current_khz: Option<u64>,
    /// The limits that it has, in kHz.
    pub limits_khz: (u64, u64),
}

/// How a frequency is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By the governor `userspace`: `scaling_setspeed`.
    SetSpeed,
    /// By setting both limits to it, because `userspace` is not offered.
    LimitsInstead,
    /// By setting both limits to it, because another governor was asked for as well.
    Limits,
}

impl Applied {
    /// Whether the kernel did for every policy just what was asked for. It may do less: the frequency is clamped to
    /// the limits, or a thermal limit stands.
    #[must_use]
    pub fn is_as_asked(&self) -> bool {
        self.policies.iter().all(PolicyApplied::is_as_asked)
    }
}

impl PolicyApplied {
    fn is_as_asked(&self) -> bool {
        match self.asked {
            None => true,
            Some((khz, Method::SetSpeed)) => self.current_khz == Some(khz),
            // within the limits the governor chooses, and not at once
            Some((khz, _)) => self.limits_khz == (khz, khz),
        }
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.policies
            .iter()
            .try_for_each(|policy| writeln!(f, "{policy}"))
    }
}

impl fmt::Display for PolicyApplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: governor {}", self.policy, self.governor)?;
        let (least, most) = self.limits_khz;
        match self.asked {
            None => write!(f, ", before {}", self.governor_before),
            Some((khz, Method::SetSpeed)) => {
                match self.current_khz {
                    Some(now) => write!(f, ", asked {khz} kHz, kernel says {now} kHz")?,
                    None => write!(f, ", asked {khz} kHz, kernel does not say")?,
                }
                if self.is_as_asked() {
                    return Ok(());
                }
                write!(f, " (its limits are {least} to {most} kHz)")
            }
            Some((khz, method)) => {
                if method == Method::LimitsInstead {
                    f.write_str(", userspace is not offered")?;
                }
                write!(
                    f,
                    ", limits asked {khz} to {khz} kHz, kernel says {least} to {most} kHz"
                )?;
                self.current_khz
                    .map_or(Ok(()), |now| write!(f, ", now {now} kHz"))
            }
        }
    }
}

/// What is to be done to one policy.
struct Plan<'a> {
    policy: &'a Policy,
    governor: Option<&'a str>,
    frequency: Option<(u64, Method)>,
}

impl<'a> Plan<'a> {
    /// What a wish means for a policy.
    ///
    /// # Errors
    /// It asks for nothing, or for what is not available.
    fn of(policy: &'a Policy, wish: &'a Wish) -> Result<Self, CpuFreqError> {
        let offers = |name: &str| policy.governors.iter().any(|known| known == name);
        let asked = wish.governor.as_deref();
        match asked {
            Some(governor) if !offers(governor) => {
                return Err(CpuFreqError::NoGovernor {
                    policy: policy.name.clone(),
                    asked: governor.to_owned(),
                    available: policy.governors.clone(),
                });
            }
            None if wish.khz.is_none() => return Err(CpuFreqError::NothingAsked),
            _ => {}
        }
        let Some(khz) = wish.khz else {
            return Ok(Self {
                policy,
                governor: asked,
                frequency: None,
            });
        };
        if !policy.frequencies.has(khz) {
            return Err(CpuFreqError::NoFrequency {
                policy: policy.name.clone(),
                asked: khz,
                available: policy.frequencies.to_string(),
            });
        }
        let (governor, method) = match asked {
            Some(USERSPACE) => (asked, Method::SetSpeed),
            Some(_) => (asked, Method::Limits),
            None if offers(USERSPACE) => (Some(USERSPACE), Method::SetSpeed),
            None => (None, Method::LimitsInstead),
        };
        Ok(Self {
            policy,
            governor,
            frequency: Some((khz, method)),
        })
    }

    fn carry_out(&self, base: Option<&Snapshot>) -> Result<PolicyApplied, CpuFreqError> {
        let policy = self.policy;
        let governor_before = policy.governor()?;
        if let Some(base) = base.and_then(|base| base.state(policy)) {
            policy.set_limits(base.least_khz, base.most_khz)?;
        }
        if let Some(governor) = self.governor {
            policy.set_governor(governor)?;
        }
        match self.frequency {
            Some((khz, Method::SetSpeed)) => policy.set_speed(khz)?,
            Some((khz, _)) => policy.set_limits(khz, khz)?,
            None => {}
        }
        Ok(PolicyApplied {
            policy: policy.name.clone(),
            governor_before,
            governor: policy.governor()?,
            asked: self.frequency,
            current_khz: policy.current_khz(),
            limits_khz: policy.limits()?,
        })
    }
}

/// Says whether a wish can be carried out on this machine, without changing anything: the lists of what is available
/// are read, the right to write is not tried.
///
/// # Errors
/// The frequency cannot be set here, nothing is asked for, or what is asked for is not available.
pub fn check(root: &Root, wish: &Wish) -> Result<(), CpuFreqError> {
    let policies = Policy::all(root)?;
    policies
        .iter()
        .try_for_each(|policy| Plan::of(policy, wish).map(|_| ()))
}

/// Carries out a wish for every policy, and reads back what the kernel really did. All or nothing: when one policy
/// fails, those before it are put back. [`super::Keeper::step`] does the same and keeps the state before.
///
/// # Errors
/// As [`check`]; this user may not write, or the kernel refused.
pub fn apply(root: &Root, wish: &Wish) -> Result<Applied, CpuFreqError> {
    apply_from(root, wish, None)
}

/// The same, beginning with the limits of `base`: so that an earlier step's, which set them to one frequency, do not
/// clamp this one's.
pub(super) fn apply_from(
    root: &Root,
    wish: &Wish,
    base: Option<&Snapshot>,
) -> Result<Applied, CpuFreqError> {
    let policies = Policy::all(root)?;
    let plans: Vec<Plan<'_>> = policies
        .iter()
        .map(|policy| Plan::of(policy, wish))
        .collect::<Result<_, _>>()?;
    let before = Snapshot::of(&policies)?;
    let done: Result<Vec<PolicyApplied>, CpuFreqError> =
        plans.iter().map(|plan| plan.carry_out(base)).collect();
    let cause = match done {
        Ok(policies) => return Ok(Applied { policies }),
        Err(cause) => cause,
    };
    // a user without the right to write has changed nothing, and could not put it back either
    if Snapshot::of(&policies).is_ok_and(|now| now == before) {
        return Err(cause);
    }
    match before.restore_to(&policies) {
        Ok(_) => Err(cause),
        Err(then) => Err(CpuFreqError::NotPutBack {
            cause: Box::new(cause),
            then: Box::new(then),
        }),
    }
}
