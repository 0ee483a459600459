//! The one thread that writes: drains the queue into batches, commits each once, answers after the commit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, oneshot};

use super::cards::{Cards, Standing};
use super::checkpoint::Checkpointer;
use super::fault::Fault;
use super::known::KnownBlobs;
use super::ledger::{Entry, Ledger, Outcome, Reckoned, Standings};
use crate::domain::decision::Decision;
use crate::domain::error::{Error, ErrorKind};

/// How many drafts may wait.
pub(super) const QUEUE: usize = 4096;

/// How many drafts share a transaction at most.
const BATCH: usize = 512;

/// While many are writing there is at most one commit in this time: the fuller a batch, the less each draft costs.
const PACE: Duration = Duration::from_millis(3);

/// How often a batch that is being gathered is looked at.
const GLANCE: Duration = Duration::from_micros(250);

/// What the writer is asked to do.
pub(super) enum Message {
    Put(Box<Put>),
    Probe(oneshot::Sender<Result<(), Error>>),
    Close,
}

/// A draft and who waits for it.
pub(super) struct Put {
    pub(super) entry: Entry,
    pub(super) answer: oneshot::Sender<Result<Arc<Decision>, Error>>,
}

/// What the writer shares with callers.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) file: PathBuf,
    pub(super) cards: Cards,
    pub(super) known: KnownBlobs,
    pub(super) events: broadcast::Sender<Arc<Decision>>,
    /// Whether the last write failed.
    pub(super) failing: AtomicBool,
}

/// Starts the writer.
pub(super) fn start(
    ledger: Ledger,
    shared: Arc<Shared>,
) -> Result<(SyncSender<Message>, JoinHandle<()>), Error> {
    let (sender, receiver) = sync_channel(QUEUE);
    let writer = Writer { ledger, shared, queue: receiver, closing: false };
    let thread = thread::Builder::new()
        .name("record-writer".to_owned())
        .spawn(move || writer.run())
        .map_err(|cause| {
            Error::new(ErrorKind::Unavailable, "the record's writer cannot be started")
                .with_source(cause)
        })?;
    Ok((sender, thread))
}

struct Writer {
    ledger: Ledger,
    shared: Arc<Shared>,
    queue: Receiver<Message>,
    closing: bool,
}

impl Writer {
    fn run(mut self) {
        let mut checkpointer = Checkpointer::new(&self.shared.file);
        let mut batch: Vec<Put> = Vec::new();
        let mut began = Instant::now();
        // How many drafts came together lately: while fewer have come, waiting for the others pays.
        let mut crowd = 0;
        while self.wait(&mut batch) {
            self.gather(&mut batch, crowd, began);
            began = Instant::now();
            crowd = batch.len().max(crowd - crowd.div_ceil(8));
            let bytes: usize = batch.iter().map(|put| put.entry.weight()).sum();
            self.commit(std::mem::take(&mut batch));
            checkpointer.written(bytes, self.ledger.connection());
        }
        checkpointer.finish();
    }

    /// Waits for the first draft of a batch; `false` when there will be none.
    fn wait(&mut self, batch: &mut Vec<Put>) -> bool {
        while batch.is_empty() {
            let message =
                if self.closing { self.queue.try_recv().ok() } else { self.queue.recv().ok() };
            match message {
                Some(message) => self.take(message, batch),
                None => return false,
            }
        }
        true
    }

    /// Adds what else is there; waits a little for a crowd, never for a lone caller.
    #[expect(clippy::disallowed_methods, reason = "the writer's own thread, no runtime's worker")]
    fn gather(&mut self, batch: &mut Vec<Put>, crowd: usize, began: Instant) {
        loop {
            while batch.len() < BATCH {
                match self.queue.try_recv() {
                    Ok(message) => self.take(message, batch),
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                }
            }
            let left = PACE.saturating_sub(began.elapsed());
            if crowd < 2 || batch.len() >= crowd.min(BATCH) || left.is_zero() || self.closing {
                return;
            }
            thread::sleep(left.min(GLANCE));
        }
    }

    fn take(&mut self, message: Message, batch: &mut Vec<Put>) {
        match message {
            Message::Put(put) => batch.push(*put),
            Message::Probe(answer) => {
                let failing = self.shared.failing.load(Ordering::Relaxed);
                let probed = self.ledger.probe(failing);
                if probed.is_ok() {
                    self.shared.failing.store(false, Ordering::Relaxed);
                }
                // Whoever asked may have gone.
                let _gone =
                    answer.send(probed.map_err(|fault| fault.into_error(&self.shared.file)));
            }
            Message::Close => self.closing = true,
        }
    }

    /// Commits a batch and answers. A draft that cannot be written takes none of the others with it.
    fn commit(&mut self, batch: Vec<Put>) {
        let entries = batch.iter().map(|put| &put.entry);
        match self.ledger.write(entries, &self.shared.cards) {
            Ok((outcomes, standings)) => self.answer(batch, outcomes, &standings),
            Err(fault) if batch.len() == 1 || fault.concerns_every_write() => {
                self.refuse(batch, fault);
            }
            Err(_) => {
                for put in batch {
                    self.commit(vec![put]);
                }
            }
        }
    }

    fn answer(&self, batch: Vec<Put>, outcomes: Vec<Outcome>, standings: &Standings) {
        self.shared.failing.store(false, Ordering::Relaxed);
        // Settled before the first answer, so that who asks again at once finds the scorecard here.
        let mut answers = Vec::with_capacity(batch.len());
        for (put, outcome) in batch.into_iter().zip(outcomes) {
            let Put { entry, answer } = put;
            let as_reckoned = matches!(&outcome, Outcome::Written(_, Reckoned::ByCaller));
            settle(&self.shared.cards, &entry, standings, as_reckoned);
            self.shared.known.add(entry.blobs.iter().map(|blob| blob.digest));
            let answered = match outcome {
                Outcome::Written(delta, _) => {
                    let mut decision = entry.facts.decision;
                    decision.scorecard = delta;
                    let decision = Arc::new(decision);
                    if self.shared.events.receiver_count() > 0 {
                        // The last receiver may have gone meanwhile.
                        let _nobody = self.shared.events.send(Arc::clone(&decision));
                    }
                    Ok(decision)
                }
                Outcome::Earlier(decision) => Ok(decision),
                Outcome::Refused(error) => Err(error),
            };
            answers.push((answer, answered));
        }
        for (answer, answered) in answers {
            // Whoever asked may have gone; the decision stands all the same.
            let _gone = answer.send(answered);
        }
    }

    fn refuse(&self, batch: Vec<Put>, fault: Fault) {
        self.shared.failing.store(true, Ordering::Relaxed);
        let error = fault.into_error(&self.shared.file);
        let n_decisions = batch.len();
        tracing::error!(
            n_decisions,
            cause = error.internal(),
            "Could not record: {}",
            error.external()
        );
        for put in batch {
            settle(&self.shared.cards, &put.entry, &Standings::new(), false);
            // Whoever asked may have gone.
            let _gone = put.answer.send(Err(again(&error)));
        }
    }
}

fn settle(cards: &Cards, entry: &Entry, standings: &Standings, as_reckoned: bool) {
    let Some(subject) = &entry.subject else { return };
    let standing: Option<&Standing> = standings.get(subject);
    cards.settle(subject, standing, as_reckoned || entry.step.is_none());
}

/// The same error for the next of a batch that failed as a whole.
fn again(error: &Error) -> Error {
    let copy = Error::new(error.kind(), error.external()).with_internal(error.internal());
    match error.help() {
        Some(help) => copy.with_help(help),
        None => copy,
    }
}

impl Entry {
    /// About how many bytes it adds to the log.
    fn weight(&self) -> usize {
        const PAGES_BESIDE: usize = 4 * 4096;
        let blobs: usize = self.blobs.iter().map(|blob| blob.content.len()).sum();
        self.body.len() + blobs + PAGES_BESIDE
    }
}

/// The log of the record at `file`.
pub(super) fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}
