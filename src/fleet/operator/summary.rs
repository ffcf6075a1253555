//! What is left to say at the end.

use super::task::{Outcome, StepRef, Way};
use std::sync::Arc;

/// How everything ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Who took part.
    pub clients: Vec<ClientSummary>,
    /// Who was expected and never came.
    pub missing: Vec<Arc<str>>,
    /// Pipelines that nobody walked, by their names.
    pub unwalked: Vec<String>,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// What else came.
    pub counts: Counts,
}

/// How a client's walk ended.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientSummary {
    /// Its name.
    pub client: Arc<str>,
    /// How it was spoken to at last.
    pub way: Way,
    /// Whether it was lost and has not come back.
    pub lost: bool,
    /// Every step of every pipeline that it was to walk.
    pub steps: Vec<(StepRef, Outcome)>,
}

/// How much came that advanced nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that were not understood or not to be heeded.
    pub ignored: u64,
    /// Answers that nobody asked for.
    pub unasked: u64,
    /// Answers that had come before; they are harmless.
    pub duplicates: u64,
    /// Answers to others' commands on our own topics.
    pub foreign: u64,
    /// Registrations that were refused.
    pub refused: u64,
}

impl Summary {
    /// Whether every step of every client succeeded, every expected client was there, and every pipeline was walked.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.missing.is_empty()
            && self.unwalked.is_empty()
            && !self.interrupted
            && self.failures().next().is_none()
    }

    /// What did not succeed.
    pub fn failures(&self) -> impl Iterator<Item = (&ClientSummary, StepRef, &Outcome)> {
        self.clients.iter().flat_map(|client| {
            let failed = client
                .steps
                .iter()
                .filter(|(_, outcome)| !outcome.end.is_good());
            failed.map(move |(step, outcome)| (client, *step, outcome))
        })
    }
}
