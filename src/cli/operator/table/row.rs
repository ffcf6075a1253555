//! One client in the table: what became of each of its steps, and what it is at.

use crate::cli::operator::lines::order;
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{StepRef, Way};
use std::sync::Arc;
use std::time::Instant;

/// How a client is doing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Doing {
    Waits,
    Asked(Instant),
    Queued(Instant),
    Runs(Instant),
    Lost,
    Done,
}

impl Doing {
    /// One word, and since when.
    pub(super) const fn told(&self) -> (&'static str, Option<Instant>) {
        match self {
            Self::Waits => ("waits", None),
            Self::Asked(since) => ("asked", Some(*since)),
            Self::Queued(since) => ("queued", Some(*since)),
            Self::Runs(since) => ("runs", Some(*since)),
            Self::Lost => ("lost", None),
            Self::Done => ("done", None),
        }
    }
}

/// What became of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Not begun.
    Ahead,
    /// Asked of the client.
    Now,
    Good,
    Bad,
    /// Not for this client.
    Skipped,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: Arc<str>,
    /// What it is sorted by.
    pub(super) order: String,
    pub(super) way: Way,
    pub(super) doing: Doing,
    /// By pipeline, its steps and then its `finally` steps; empty for a pipeline that it does not walk.
    pub(super) marks: Vec<Vec<Mark>>,
    /// The name of its step, or the line that was typed.
    pub(super) step: String,
    /// What that said last.
    pub(super) last: String,
}

impl Row {
    pub(super) fn new(name: &Arc<str>, plan: &OperatorPlan) -> Self {
        let pipelines = plan.pipelines.iter();
        let marks = pipelines.map(|its| match its.clients.takes(name) {
            true => vec![Mark::Ahead; its.steps.len() + its.finally.len()],
            false => Vec::new(),
        });
        Self {
            name: Arc::clone(name),
            order: order(name),
            way: Way::Governor,
            doing: Doing::Waits,
            marks: marks.collect(),
            step: String::new(),
            last: String::new(),
        }
    }

    pub(super) fn mark(&mut self, plan: &OperatorPlan, at: StepRef, mark: Mark) {
        let before = match (at.finally, plan.pipelines.get(at.pipeline)) {
            (true, Some(pipeline)) => pipeline.steps.len(),
            _ => 0,
        };
        let pipeline = self.marks.get_mut(at.pipeline);
        if let Some(place) = pipeline.and_then(|marks| marks.get_mut(before + at.step)) {
            *place = mark;
        }
    }

    pub(super) fn count(&self, mark: Mark) -> usize {
        let marks = self.marks.iter().flatten();
        marks.filter(|its| **its == mark).count()
    }

    /// How many steps are behind it, and how many there are in all.
    pub(super) fn progress(&self) -> (usize, usize) {
        let behind = self.count(Mark::Good) + self.count(Mark::Bad);
        let all = self.marks.iter().map(Vec::len).sum::<usize>() - self.count(Mark::Skipped);
        (behind, all)
    }
}
