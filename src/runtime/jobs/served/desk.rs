//! What the runner's own file lets a thing have run. The thing, which the network reaches, is trusted with nothing.

use crate::fleet::{ExecutorSettings, Job, JobKey, Policy};
use crate::model::escaped;
use crate::system::{Programs, Root, User};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The executors of the thing that is served.
pub(super) struct Desk(BTreeMap<String, Its>);

struct Its {
    policy: Policy,
    settings: Arc<ExecutorSettings>,
}

impl Desk {
    pub(super) fn new(executors: &BTreeMap<String, Arc<ExecutorSettings>>) -> Self {
        let programs = Arc::new(Programs::new(Root::default(), User::effective()));
        let its = |(name, settings): (&String, &Arc<ExecutorSettings>)| {
            let programs = Arc::clone(&programs);
            let policy = Policy::new(settings, move |name| programs.find(name));
            for problem in policy.problems() {
                tracing::warn!(executor = name, "{problem}");
            }
            let settings = Arc::clone(settings);
            (name.clone(), Its { policy, settings })
        };
        Self(executors.iter().map(its).collect())
    }

    /// The job as it may run: within the bounds of the file, whatever was asked for.
    ///
    /// # Errors
    /// It may not, and why.
    pub(super) fn permitted(&self, job: &Job) -> Result<Job, String> {
        let Some(Its { policy, settings }) = self.0.get(&job.executor) else {
            let asked = escaped(job.executor.as_bytes(), 64);
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let known = known.join(", ");
            return Err(format!(
                "the runner has no executor `{asked}`; its file has {known}"
            ));
        };
        let permitted = policy.permits(&job.run, job.asked.as_deref());
        permitted.map_err(|why| format!("the runner's own file does not allow it: {why}"))?;
        let time_limit = match (job.time_limit, settings.time_limit) {
            (Some(asked), Some(own)) => Some(asked.min(own)),
            (asked, own) => asked.or(own),
        };
        Ok(Job {
            time_limit,
            kept: job.kept.min(settings.kept),
            ..job.clone()
        })
    }

    /// How many jobs of an executor may run at a time; none of one that is not there.
    pub(super) fn parallel(&self, executor: &str) -> usize {
        let its = self.0.get(executor);
        its.map_or(0, |its| its.settings.parallel)
    }

    /// Whether a job goes on when the thing is killed.
    pub(super) fn outlives(&self, key: &JobKey) -> bool {
        let its = self.0.get(&key.executor);
        its.is_some_and(|its| its.settings.outlive_thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{JobNumber, Run};
    use std::time::Duration;

    fn desk(time_limit: Option<u64>) -> Desk {
        let settings = ExecutorSettings {
            allow: vec!["*".to_owned()],
            shell: true,
            time_limit: time_limit.map(Duration::from_secs),
            ..ExecutorSettings::default()
        };
        Desk::new(&[("e".to_owned(), Arc::new(settings))].into())
    }

    fn job(time_limit: Option<u64>) -> Job {
        Job {
            executor: "e".to_owned(),
            number: JobNumber(1),
            run: Run::Shell("true".to_owned()),
            time_limit: time_limit.map(Duration::from_secs),
            kept: usize::MAX,
            asked: None,
        }
    }

    #[test]
    fn what_is_asked_for_is_bounded_by_the_file() {
        for (own, asked, holds) in [
            (None, None, None),
            (None, Some(9), Some(9)),
            (Some(5), None, Some(5)),
            (Some(5), Some(9), Some(5)),
            (Some(5), Some(2), Some(2)),
        ] {
            let may = desk(own).permitted(&job(asked)).unwrap();
            assert_eq!(may.time_limit, holds.map(Duration::from_secs));
            assert_eq!(may.kept, ExecutorSettings::default().kept);
        }
    }

    #[test]
    fn an_executor_that_the_file_lacks_runs_nothing() {
        let job = Job {
            executor: "f\n".repeat(100),
            ..job(None)
        };
        let reason = desk(None).permitted(&job).unwrap_err();
        assert!(
            reason.ends_with("its file has e") && !reason.contains('\n'),
            "{reason}"
        );
        assert_eq!(desk(None).parallel(&job.executor), 0);
    }
}
