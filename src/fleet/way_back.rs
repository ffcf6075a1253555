//! The way back from a pipeline's frequency steps: the step `cpufreq-set --restore`, run at its end in any case.
//!
//! It is for our own executors, which keep what held before their first frequency step. An old peer would not
//! understand it and never gets it; a client that refuses it, since its frequency is not set by the built-in step,
//! has not failed. Both end it as [`End::Skipped`](super::operator::End::Skipped).

use super::cpufreq_set::{PROGRAM, RESTORE, is_restore};
use super::pipeline::{Pipeline, Step, StepCommand};
use super::words;
use std::borrow::Cow;

/// What the step is called in tables and results.
const NAME: &str = "restore frequency";

impl StepCommand {
    /// Its words without a leading `sudo`; none when it is text for a shell.
    fn words(&self) -> Cow<'_, [String]> {
        let words = match self {
            Self::Argv(argv) => Cow::Borrowed(argv.as_slice()),
            Self::Text(text) => Cow::Owned(words::split(text).unwrap_or_default()),
        };
        match words.first() {
            Some(first) if first == "sudo" => Cow::Owned(words[1..].to_vec()),
            _ => words,
        }
    }

    /// Whether it is `[sudo] cpufreq-set --restore`.
    #[must_use]
    pub fn is_way_back(&self) -> bool {
        is_restore(&self.words())
    }

    /// Whether it is `[sudo] cpufreq-set ..`, but not the way back.
    #[must_use]
    pub fn sets_frequency(&self) -> bool {
        let words = self.words();
        words.first().is_some_and(|first| first == PROGRAM) && !is_restore(&words)
    }
}

impl Pipeline {
    /// Whether one of its steps sets the frequency. What `finally` sets is meant to stay.
    #[must_use]
    pub fn sets_frequency(&self) -> bool {
        self.steps.iter().any(|step| step.command.sets_frequency())
    }

    /// Appends the way back to `finally`, unless it is there.
    pub fn add_way_back(&mut self) {
        let finally = &mut self.finally;
        if !finally.iter().any(|step| step.command.is_way_back()) {
            finally.push(Step {
                name: NAME.to_owned(),
                command: StepCommand::Argv(vec![PROGRAM.to_owned(), RESTORE.to_owned()]),
                time_limit: None,
                retries: 0,
            });
        }
    }
}

/// Appends the way back where pipelines of the governor's configuration need it. One of them may rely on the
/// frequency that the one before has set, so it comes at the end of the last one, and before one that begins with a
/// frequency of its own.
pub fn add_to_chain(pipelines: &mut [Pipeline]) {
    let mut set = false;
    for index in 0..pipelines.len() {
        set |= pipelines[index].sets_frequency();
        let mut rest = pipelines.get(index + 1).into_iter();
        let relies = rest.any(|next| {
            !next
                .steps
                .first()
                .is_some_and(|s| s.command.sets_frequency())
        });
        if set && !relies {
            pipelines[index].add_way_back();
            set = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Choice, OnFailure};

    fn pipeline(steps: &[&str]) -> Pipeline {
        let step = |text: &&str| Step {
            name: (*text).to_owned(),
            command: StepCommand::Text((*text).to_owned()),
            time_limit: None,
            retries: 0,
        };
        Pipeline {
            name: "p".to_owned(),
            steps: steps.iter().map(step).collect(),
            finally: Vec::new(),
            on_failure: OnFailure::Continue,
            barrier: false,
            clients: Choice::All,
        }
    }

    #[test]
    fn a_frequency_step_is_known_with_and_without_sudo_and_nothing_else_is_one() {
        let text = |text: &str| StepCommand::Text(text.to_owned());
        let argv = |words: &[&str]| StepCommand::Argv(words.iter().map(|w| (*w).into()).collect());
        for command in [
            text("cpufreq-set -r -f 600MHz"),
            text(" sudo  cpufreq-set -g ondemand"),
            argv(&["sudo", "cpufreq-set", "-f", "1"]),
        ] {
            assert!(
                command.sets_frequency() && !command.is_way_back(),
                "{command:?}"
            );
        }
        for command in [
            text("cpufreq-set --restore"),
            argv(&["sudo", "cpufreq-set", "--restore"]),
        ] {
            assert!(
                !command.sets_frequency() && command.is_way_back(),
                "{command:?}"
            );
        }
        for command in [
            text("cpufreq-info"),
            text("echo cpufreq-set"),
            text("cpufreq-set -f 1; reboot"),
            text("sudo"),
            text(""),
            argv(&[]),
            argv(&["cpufreq-set -f 1"]),
        ] {
            assert!(
                !command.sets_frequency() && !command.is_way_back(),
                "{command:?}"
            );
        }
    }

    #[test]
    fn the_way_back_is_appended_once() {
        let mut one = pipeline(&["cpufreq-set -f 1", "x"]);
        one.add_way_back();
        one.add_way_back();
        assert_eq!(one.finally.len(), 1);
        assert!(one.finally[0].command.is_way_back());
    }

    #[test]
    fn in_a_chain_it_comes_where_nothing_relies_on_the_frequency_any_more() {
        let backs = |pipelines: &[&[&str]]| {
            let mut pipelines: Vec<Pipeline> = pipelines.iter().map(|p| pipeline(p)).collect();
            add_to_chain(&mut pipelines);
            let has = |p: &Pipeline| !p.finally.is_empty();
            pipelines.iter().map(has).collect::<Vec<_>>()
        };
        let set = "sudo cpufreq-set -r -f 600MHz";
        assert_eq!(backs(&[&[set, "x"], &[set, "x"]]), [true, true]);
        assert_eq!(backs(&[&[set], &["x"], &["y"]]), [false, false, true]);
        assert_eq!(backs(&[&["x"], &["x", set], &[set]]), [false, true, true]);
        assert_eq!(backs(&[&["x"], &["y"]]), [false, false]);
        assert_eq!(backs(&[]), [false; 0]);
    }
}
