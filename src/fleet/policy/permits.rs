//! The same question from the other side: is this, which somebody says is allowed, what this policy makes of it?
//!
//! Whoever runs jobs in a process of his own asks it, so that the thing, which the network reaches, cannot have anything
//! run that the Pi's own file does not allow.

use super::{Command, Policy, Run, Verdict, shown};
use crate::fleet::words;

impl Policy {
    /// Whether the policy would have exactly that run. A frequency step has lost the words that asked for it, which an
    /// entry may name one by one: `asked` is that command, as text or as words quoted for a shell.
    ///
    /// # Errors
    /// It would not. What is allowed, or what it would have run instead.
    pub fn permits(&self, run: &Run, asked: Option<&str>) -> Result<(), String> {
        match run {
            Run::Program { argv, .. } => self.gives(run, argv),
            Run::Shell(_) if self.is_open() => Ok(()),
            Run::Shell(_) => Err(
                "text goes to no shell here: that takes `shell = true` and an entry `*` of `allow`"
                    .to_owned(),
            ),
            Run::CpuFrequency(_) => {
                let text =
                    asked.ok_or("a frequency step came without the command that asks for it")?;
                let argv = words::split(text).map_err(|error| error.to_string())?;
                self.gives(run, &argv)
            }
            Run::CpuFrequencyRestore => {
                let argv = [super::PROGRAM, super::RESTORE].map(str::to_owned);
                self.gives(run, &argv)
            }
        }
    }

    fn gives(&self, wanted: &Run, argv: &[String]) -> Result<(), String> {
        match self.decide(&Command::Argv(argv)) {
            Verdict::Allowed { run, .. } if run == *wanted => Ok(()),
            Verdict::Allowed { run, .. } => Err(format!(
                "{} is asked for, but by this file it would be {}",
                told(wanted),
                told(&run)
            )),
            Verdict::Refused { rule, reason } => Err(format!("{reason} (rule {rule})")),
        }
    }
}

/// What is run, for a sentence.
fn told(run: &Run) -> String {
    match run {
        Run::Program { path, .. } => {
            let path = path.display().to_string();
            format!("`{}`", shown(&path, 256))
        }
        Run::Shell(_) => "text for a shell".to_owned(),
        Run::CpuFrequency(wish) => {
            let khz = wish
                .khz
                .map_or_else(String::new, |khz| format!(" of {khz} kHz"));
            format!("a frequency step{khz}")
        }
        Run::CpuFrequencyRestore => "the way back to the frequency before".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{policy, with_shell};
    use super::*;
    use crate::system::cpufreq::Wish;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn program(path: &str, argv: &str) -> Run {
        let (path, argv) = (path.into(), words(argv));
        Run::Program { path, argv }
    }

    fn step(khz: u64) -> Run {
        let governor = None;
        Run::CpuFrequency(Wish {
            governor,
            khz: Some(khz),
        })
    }

    #[track_caller]
    fn refused(policy: &Policy, run: &Run, asked: Option<&str>) -> String {
        policy.permits(run, asked).unwrap_err()
    }

    #[test]
    fn what_the_policy_decides_is_permitted_and_nothing_beside_it() {
        let policy = policy(&["stress-ng --cpu *", "/opt/a"]);
        let right = program("/usr/bin/stress-ng", "stress-ng --cpu 4");
        assert_eq!(policy.permits(&right, None), Ok(()));
        assert_eq!(policy.permits(&program("/opt/a", "/opt/a"), None), Ok(()));
        for (run, why) in [
            (
                program("/usr/bin/stress-ng", "stress-ng --vm 4"),
                "rule argument",
            ),
            (program("/usr/bin/true", "true"), "rule not-in-allow"),
            // the name of an allowed program with the path of another
            (program("/usr/bin/sudo", "stress-ng --cpu 4"), "would be"),
            (program("stress-ng", "stress-ng --cpu 4"), "would be"),
            (
                Run::Program {
                    path: "/usr/bin/true".into(),
                    argv: Vec::new(),
                },
                "rule",
            ),
            (Run::Shell("true".to_owned()), "no shell here"),
            (step(800_000), "without the command"),
            (Run::CpuFrequencyRestore, "rule"),
        ] {
            let reason = refused(&policy, &run, None);
            assert!(reason.contains(why), "{run:?}: {reason}");
        }
    }

    #[test]
    fn a_shell_is_permitted_only_where_everything_is_open() {
        let text = Run::Shell("anything; at all".to_owned());
        assert_eq!(with_shell(&["*"]).permits(&text, None), Ok(()));
        assert!(with_shell(&["true"]).permits(&text, None).is_err());
        assert!(policy(&["*"]).permits(&text, None).is_err());
    }

    #[test]
    fn a_frequency_step_is_judged_by_the_words_that_ask_for_it() {
        let policy = policy(&["cpufreq-set -r -f 800MHz"]);
        let asked = Some("sudo cpufreq-set -r -f 800MHz");
        assert_eq!(policy.permits(&step(800_000), asked), Ok(()));
        assert_eq!(policy.permits(&Run::CpuFrequencyRestore, None), Ok(()));
        let reason = refused(&policy, &step(900_000), asked);
        assert!(
            reason.contains("900000 kHz is asked for, but by this file it would be"),
            "{reason}"
        );
        let other = Some("cpufreq-set -r -f 900MHz");
        refused(&policy, &step(900_000), other);
        refused(&policy, &step(800_000), Some("'"));
    }
}
