//! What an operator is to have done: pipelines of steps, and how they are walked.

use super::governor::GovernorTopics;
use std::path::PathBuf;
use std::time::Duration;

/// One command of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is called in tables and results; the command itself when the file gives no name.
    pub name: String,
    /// What is sent.
    pub command: StepCommand,
    /// Its time limit, sent along on our own topics.
    pub time_limit: Option<Duration>,
    /// How often it is tried again, under a new id, when it failed or timed out.
    pub retries: u32,
}

/// A command as text, or as words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepCommand {
    /// Text; may be empty in the governor's configuration.
    Text(String),
    /// A program and its arguments. Towards an old peer it goes as text, quoted for a shell.
    Argv(Vec<String>),
}

/// What becomes of a client's walk when a step failed for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// This client's walk is over, save for the `finally` steps of this pipeline.
    Stop,
    /// The next step follows, as with the original.
    #[default]
    Continue,
    /// The next pipeline follows, after the `finally` steps of this one.
    NextPipeline,
}

/// Which clients walk a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    /// All.
    #[default]
    All,
    /// Those whose id matches one of these: a name, or a pattern with `*` and `?`.
    Matching(Vec<String>),
}

/// Steps that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Steps that are run in any case, once one of `steps` was sent: also after a failure or an interrupt.
    pub finally: Vec<Step>,
    /// What follows a failure.
    pub on_failure: OnFailure,
    /// Whether no client begins a step before all have ended the one before.
    pub barrier: bool,
    /// Who walks it.
    pub clients: Choice,
}

/// Everything that an operator's configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorPlan {
    /// The broker's host and port as a URL, where the configuration names one.
    pub broker: Option<String>,
    /// The governor's topics.
    pub topics: GovernorTopics,
    /// Whether commands to old peers, and the loader's, are JSON; else text.
    pub jsonify: bool,
    /// How long registrations are waited for after the first one.
    pub registration_timeout: Duration,
    /// The clients that are expected: no others take part, and the wait ends when all are there.
    pub clients: Option<Vec<String>>,
    /// The pipelines, in their order. Empty when pipeline mode is off.
    pub pipelines: Vec<Pipeline>,
    /// Whether realtime mode follows.
    pub realtime: bool,
    /// Whether the loader's topic is served.
    pub receive_commands: bool,
    /// Where feedback is appended, one payload a line, in the original's form.
    pub feedback_file: Option<PathBuf>,
    /// How long an old peer's answer is waited for.
    pub patience: Duration,
    /// How long our own executors may be silent (no answer, no progress, no `online`) before they count as lost.
    pub silence: Duration,
}

impl Default for OperatorPlan {
    fn default() -> Self {
        Self {
            broker: None,
            topics: GovernorTopics::default(),
            jsonify: true,
            registration_timeout: Duration::from_secs(5),
            clients: None,
            pipelines: Vec::new(),
            realtime: false,
            receive_commands: false,
            feedback_file: None,
            patience: Duration::from_secs(3600),
            silence: Duration::from_secs(60),
        }
    }
}
