//! The hands of a node's executors: journal, audit log, processes and answers. They carry out orders and tell what became of them;
//! they decide nothing.

use super::Inbox;
use super::anywhere::AnyRunner;
use super::jobs::{JobNews, JobSettings, RunnerOptions, RunnerPlace};
use super::node_options::NodeError;
use super::whole;
use crate::fleet::own::{ExecutorTopics, Response};
use crate::fleet::{ExecutorSettings, Face, JobNumber, JournalNews, News, Order, Record, governor};
use crate::model::{Message, QoS, Topic};
use crate::mqtt::{Outbox, PublishError, Receipt};
use crate::resources::Spec;
use crate::store::{Audit, AuditOptions, AuditState, Journal, JournalOptions, Limits, WriteError};
use crate::system::Root;
use crate::thing::Class;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Where the answers of one executor go.
struct Way {
    settings: Arc<ExecutorSettings>,
    own: Topic,
}

/// Who carries out what the executors of a node want done.
pub(super) struct Hands {
    ways: HashMap<String, Way>,
    journal: Journal,
    audit: Audit,
    runner: Arc<AnyRunner>,
    inbox: Arc<Inbox>,
    outbox: OnceLock<Outbox>,
    /// Answers of an earlier life, from before there was an outbox.
    early: Mutex<Vec<(String, JobNumber, Record)>>,
    receipts: Mutex<HashMap<Receipt, (String, JobNumber)>>,
    next_receipt: AtomicU64,
}

impl Hands {
    /// Opens journal and audit log in `state` and gets ready to run the jobs of those of `specs` that are executors, or
    /// to have them run by the runner at that place.
    ///
    /// # Errors
    /// One of them cannot be opened, or the operating system gave no thread.
    pub(super) fn open(
        state: &Path,
        specs: &[Spec],
        place: Option<RunnerPlace>,
        inbox: Arc<Inbox>,
    ) -> Result<Self, NodeError> {
        let executors = || {
            let its = |spec: &Spec| Some((spec.name.clone(), spec.executor.clone()?));
            let own = |spec: &Spec| ExecutorTopics::of(&spec.id, &spec.name).ok();
            specs
                .iter()
                .filter_map(move |spec| Some((its(spec)?, own(spec)?)))
        };
        let ways = executors().map(|((name, settings), own)| {
            let own = own.responses;
            (name, Way { settings, own })
        });
        let limits = executors().map(|((name, settings), _)| {
            let limits = Limits {
                keep: settings.keep,
                keep_bytes: settings.keep_bytes,
                ..Limits::default()
            };
            (name, limits)
        });
        let sync = executors().any(|((_, settings), _)| settings.journal);
        let options = JournalOptions {
            executors: limits.collect(),
            sync,
            ..JournalOptions::default()
        };
        let told = Arc::clone(&inbox);
        let runner = Arc::<OnceLock<Arc<AnyRunner>>>::default();
        let its_runner = Arc::clone(&runner);
        let news = move |executor: String, news| {
            if let (JournalNews::Ended(number), Some(runner)) = (&news, its_runner.get()) {
                runner.journalled(&executor, *number);
            }
            told.tell(executor, News::Journal(news));
        };
        let journal = Journal::open(state, options, news)?;
        let moved = executors().find_map(|((_, settings), _)| settings.system_root.clone());
        let root = moved.map_or_else(Root::default, Root::at);
        let options = AuditOptions {
            sync,
            root: root.clone(),
            ..AuditOptions::default()
        };
        let told = Arc::clone(&inbox);
        let names: Vec<String> = executors().map(|((name, _), _)| name).collect();
        let audit = Audit::open(state, options, move |trouble| {
            names
                .iter()
                .for_each(|name| told.tell(name.clone(), News::Audit(trouble.clone())));
        })?;
        let settings = executors().map(|((name, settings), _)| {
            let folder = state.join(&name);
            (name, JobSettings::new(&settings, folder))
        });
        let options = RunnerOptions {
            executors: settings.collect(),
            state: Some(state.to_owned()),
            root,
        };
        let told = Arc::clone(&inbox);
        let started = AnyRunner::start(place, options, move |news| match news {
            JobNews::Progress(progress) => {
                told.tell(progress.executor.clone(), News::Progress(progress));
            }
            JobNews::Done(outcome) => {
                told.tell(outcome.executor.clone(), News::Done(outcome));
            }
            JobNews::Lost(key) => told.tell(key.executor, News::Lost(key.number)),
        })?;
        let runner = Arc::clone(runner.get_or_init(|| Arc::new(started)));
        Ok(Self {
            ways: ways.collect(),
            journal,
            audit,
            runner,
            inbox,
            outbox: OnceLock::new(),
            early: Mutex::default(),
            receipts: Mutex::default(),
            next_receipt: AtomicU64::new(1),
        })
    }

    /// The way to the broker. What was to be answered before there was one is answered now.
    pub(super) fn goes_out_by(&self, outbox: Outbox) {
        let _ = self.outbox.set(outbox);
        let early = std::mem::take(&mut *self.early());
        for (executor, number, record) in early {
            self.answer(executor, number, &record);
        }
    }

    fn early(&self) -> MutexGuard<'_, Vec<(String, JobNumber, Record)>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out one order. Called on the executors' thread; does not wait for the network.
    pub(super) fn carry(&self, executor: String, order: Order) {
        match order {
            Order::Write(entries) => {
                for error in self.journal.write_together(entries) {
                    let reason = error.to_string();
                    let (WriteError::Full(entry) | WriteError::Closed(entry)) = error;
                    let news = JournalNews::Failed { entry, reason };
                    self.inbox.tell(executor.clone(), News::Journal(news));
                }
            }
            Order::Run(job) => self.runner.run(*job),
            Order::Resume(numbers) => self.runner.resume(&executor, &numbers),
            Order::Cancel(number) => {
                // one that has just ended tells of that anyhow
                let _running = self.runner.cancel(&executor, number);
            }
            Order::Answer(number, record) => self.answer(executor, number, &record),
            Order::Audit(entries) => self.audit.write(entries),
        }
    }

    /// How the audit log is doing, once there is something to tell.
    pub(super) fn audit(&self) -> Option<AuditState> {
        self.audit.state()
    }

    fn answer(&self, executor: String, number: JobNumber, record: &Record) {
        let Some(way) = self.ways.get(&executor) else {
            return;
        };
        let Some(outbox) = self.outbox.get() else {
            // the journal is read before the session starts; looked at again under the lock, so that none is forgotten
            let mut early = self.early();
            if self.outbox.get().is_none() {
                early.push((executor, number, record.clone()));
                return;
            }
            drop(early);
            return self.answer(executor, number, record);
        };
        let Some(message) = way.message(record) else {
            // the governor's face was switched off since
            self.inbox.tell(executor, News::Delivered(number));
            return;
        };
        let receipt = Receipt(self.next_receipt.fetch_add(1, Ordering::Relaxed));
        self.receipts().insert(receipt, (executor.clone(), number));
        if let Err(error) = outbox.promise(message, receipt) {
            self.receipts().remove(&receipt);
            let news = match error {
                PublishError::TooLarge { size, .. } => News::TooLarge(number, size),
                _ => News::NoRoom(number),
            };
            tracing::debug!(executor, %number, %error, "an answer waits");
            self.inbox.tell(executor, news);
        }
    }

    /// The broker has what was sent with that receipt.
    pub(super) fn delivered(&self, receipt: Receipt) {
        if let Some((executor, number)) = self.receipts().remove(&receipt) {
            self.inbox.tell(executor, News::Delivered(number));
        }
    }

    /// The broker does not take what was sent with that receipt.
    pub(super) fn too_large(&self, receipt: Receipt, size: usize) {
        if let Some((executor, number)) = self.receipts().remove(&receipt) {
            self.inbox.tell(executor, News::TooLarge(number, size));
        }
    }

    /// Ends what runs.
    pub(super) async fn stop(&self, patience: Duration) {
        self.ways
            .keys()
            .for_each(|executor| self.inbox.tell(executor.clone(), News::Closing));
        let runner = Arc::clone(&self.runner);
        // it waits for processes, on a thread of its own
        let stopped = tokio::task::spawn_blocking(move || runner.stop(patience)).await;
        if !matches!(stopped, Ok(true)) {
            tracing::warn!("jobs did not end in time");
        }
    }

    fn receipts(&self) -> MutexGuard<'_, HashMap<Receipt, (String, JobNumber)>> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hands of the executors among `specs`. If their journal cannot be opened, a thing that is more than that goes on
/// without them: a full disk must stop no button.
pub(super) fn with_hands(
    state: Option<&Path>,
    specs: Vec<Spec>,
    place: Option<RunnerPlace>,
    commands: &Arc<Inbox>,
) -> Result<(Vec<Spec>, Option<Arc<Hands>>), NodeError> {
    let (executors, others): (Vec<Spec>, Vec<Spec>) = specs
        .iter()
        .cloned()
        .partition(|spec| spec.kind.class == Class::Executors);
    if executors.is_empty() {
        return Ok((specs, None));
    }
    let state = state.ok_or(NodeError::NoState)?;
    match Hands::open(state, &executors, place, Arc::clone(commands)) {
        Ok(hands) => Ok((specs, Some(Arc::new(hands)))),
        Err(error) if !others.is_empty() => {
            tracing::error!(%error, "the thing goes on without its executors");
            Ok((others, None))
        }
        Err(error) => Err(error),
    }
}

impl Way {
    fn message(&self, record: &Record) -> Option<Message> {
        match record.face {
            Face::Own => Some(Message {
                topic: self.own.clone(),
                payload: Response::encode(record),
                qos: QoS::AtLeastOnce,
                retain: false,
            }),
            Face::GovernorJson | Face::GovernorText => {
                let topic = self.settings.governor.as_ref()?.topics.responses.clone();
                let (stdout, stderr) = (
                    whole::spooled(&record.stdout),
                    whole::spooled(&record.stderr),
                );
                Some(Message::event(
                    topic,
                    governor::feedback(record, &stdout, &stderr),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Request, Run, Status};
    use crate::mqtt::{BrokerUrl, Options, Session};
    use crate::resources::kind;
    use std::time::SystemTime;

    #[tokio::test]
    async fn an_answer_from_before_there_is_a_way_to_the_broker_goes_out_once_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let id = Topic::new("c1").unwrap();
        let kind = kind("executor").unwrap();
        let mut spec = Spec::new(id, "executor0".to_owned(), kind, None);
        spec.executor = Some(Arc::default());
        let hands = Hands::open(folder.path(), &[spec], None, Arc::default()).unwrap();
        let request = Request {
            face: Face::Own,
            id: Some("a".to_owned()),
            command: String::new(),
            run: Run::Shell(String::new()),
            time_limit: None,
            expires: None,
            signed_by: None,
        };
        let epoch = SystemTime::UNIX_EPOCH;
        let record = Record::without_running(&request, "c1", Status::Interrupted, "", epoch);
        let answer = Order::Answer(JobNumber(1), Box::new(record));
        hands.carry("executor0".to_owned(), answer);
        // nobody listens there, so what is promised waits
        let nowhere = BrokerUrl::new("127.0.0.1", 1).unwrap();
        let session = Session::start(Options::new(nowhere, "c1"), |_| {}).unwrap();
        hands.goes_out_by(session.outbox());
        assert_eq!(session.counters().queue_depth(), 1);
    }
}
