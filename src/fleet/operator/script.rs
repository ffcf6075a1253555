//! The pipelines as one list of steps, and what follows what.

use super::task::StepRef;
use crate::fleet::pipeline::{OnFailure, OperatorPlan, Step, StepCommand};
use std::sync::Arc;

/// One step in the list.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) at: StepRef,
    /// The command as text: what an old peer gets, and what people read.
    pub(super) text: Arc<str>,
    /// The way back from frequency steps, which only our own executors get.
    pub(super) way_back: bool,
}

/// Where a pipeline lies in the list: its steps, then its `finally` steps.
#[derive(Debug)]
struct Span {
    start: usize,
    finally: usize,
    end: usize,
    on_failure: OnFailure,
}

/// The list.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) entries: Vec<Entry>,
    spans: Vec<Span>,
}

/// What is known of a client's walk besides its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaving {
    /// A step failed and the pipeline says `stop`, or the operator was interrupted: no other pipeline follows.
    pub(super) stopped: bool,
    /// The operator was interrupted: only `finally` steps follow.
    pub(super) interrupted: bool,
}

impl Script {
    pub(super) fn of(plan: &OperatorPlan) -> Self {
        let mut entries = Vec::new();
        let mut spans = Vec::new();
        for (pipeline, of) in plan.pipelines.iter().enumerate() {
            let start = entries.len();
            let mut add = |steps: &[Step], finally| {
                entries.extend(steps.iter().enumerate().map(|(step, of)| Entry {
                    at: StepRef {
                        pipeline,
                        step,
                        finally,
                    },
                    text: text(&of.command).into(),
                    way_back: of.command.is_way_back(),
                }));
            };
            add(&of.steps, false);
            // without a step nothing was sent that `finally` would have to put right
            if !of.steps.is_empty() {
                add(&of.finally, true);
            }
            spans.push(Span {
                start,
                finally: start + of.steps.len(),
                end: entries.len(),
                on_failure: of.on_failure,
            });
        }
        Self { entries, spans }
    }

    /// Where a client begins.
    pub(super) fn first(&self, chosen: impl Fn(usize) -> bool) -> Option<usize> {
        self.from(0, chosen)
    }

    fn from(&self, pipeline: usize, chosen: impl Fn(usize) -> bool) -> Option<usize> {
        let spans = self.spans.iter().enumerate().skip(pipeline);
        let mut walked = spans.filter(|(index, span)| span.end > span.start && chosen(*index));
        walked.next().map(|(_, span)| span.start)
    }

    /// Where a client goes after the step `at`.
    pub(super) fn after(
        &self,
        at: usize,
        failed: bool,
        leaving: &mut Leaving,
        chosen: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let pipeline = self.entries[at].at.pipeline;
        let span = &self.spans[pipeline];
        let mut next = at + 1;
        if at < span.finally {
            let leaves = failed && span.on_failure != OnFailure::Continue;
            leaving.stopped |= failed && span.on_failure == OnFailure::Stop;
            if leaves || leaving.interrupted {
                next = span.finally;
            }
        }
        if next < span.end {
            return Some(next);
        }
        if leaving.stopped || leaving.interrupted {
            return None;
        }
        self.from(pipeline + 1, chosen)
    }

    /// Where a client goes that stands before the step `at` when the operator is interrupted; `begun` when it was
    /// tried already.
    pub(super) fn interrupted(&self, at: usize, begun: bool) -> Option<usize> {
        let span = &self.spans[self.entries[at].at.pipeline];
        if at >= span.finally {
            return Some(at);
        }
        let sent = at > span.start || begun;
        (sent && span.finally < span.end).then_some(span.finally)
    }

    /// Which of its pipeline's steps this is, counted from 1, and how many there are with the `finally` steps.
    pub(super) fn slot(&self, at: usize) -> usize {
        at - self.spans[self.entries[at].at.pipeline].start + 1
    }

    /// How many steps a pipeline has, with the `finally` steps.
    pub(super) fn length(&self, pipeline: usize) -> usize {
        self.spans[pipeline].end - self.spans[pipeline].start
    }
}

/// A command as text: words are quoted for a shell.
pub(super) fn text(command: &StepCommand) -> String {
    match command {
        StepCommand::Text(text) => text.clone(),
        StepCommand::Argv(words) => {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            words.join(" ")
        }
    }
}

fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_so_that_a_shell_reads_them_as_they_are() {
        let words = ["echo", "", "a b", "it's", "$(x)", "--n=1"].map(String::from);
        assert_eq!(
            text(&StepCommand::Argv(words.to_vec())),
            r"echo '' 'a b' 'it'\''s' '$(x)' --n=1"
        );
    }
}
