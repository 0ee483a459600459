//! The one thread that writes: drains the queue into batches, commits each once, answers after the commit.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, oneshot};

use super::batch::Standings;
use super::cards::{Cards, Standing};
use super::checkpoint::Checkpointer;
use super::dictionary::Dictionaries;
use super::entry::{Entry, Outcome, Reckoned};
use super::fault::{self, Fault};
use super::inventory::PackedArrival;
use super::keys::RecentKeys;
use super::known::KnownBlobs;
use super::ledger::Ledger;
use crate::domain::decision::Decision;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::inventory::{Departure, Rejudged, ReleaseFilter, RunningRelease};

/// How many drafts may wait.
const QUEUE: usize = 4096;

/// How many bytes may wait, beside a single draft of any size.
const QUEUE_BYTES: usize = 256 * 1024 * 1024;

/// How many drafts share a transaction at most, and how many bytes make it full.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 32 * 1024 * 1024;

/// While many are writing there is at most one commit in this time: the fuller a batch, the less each draft costs.
const PACE: Duration = Duration::from_millis(3);

/// How many decisions a watcher may be behind.
const EVENTS: usize = 1024;

/// How often a batch that is being gathered is looked at.
const GLANCE: Duration = Duration::from_micros(250);

/// What the writer is asked to do.
pub(super) enum Message {
    Put(Put),
    Probe(oneshot::Sender<Result<(), Error>>),
    /// Releases that were judged again without a new decision.
    Note(Vec<Rejudged>, oneshot::Sender<Result<(), Error>>),
    /// Releases that run no more.
    Forget(Box<(ReleaseFilter, Departure)>, oneshot::Sender<Result<Vec<RunningRelease>, Error>>),
    /// Releases that are put back into the list of what runs.
    Restore(Vec<(Arc<Decision>, PackedArrival)>, oneshot::Sender<Result<usize, Error>>),
    Close,
}

// The queue has room for thousands from the start, in every short run of the command line as well.
const _: () = assert!(size_of::<Message>() <= 40);

/// A draft and who waits for it.
pub(super) struct Put {
    pub(super) entry: Box<Entry>,
    pub(super) answer: oneshot::Sender<Answered>,
}

/// What a caller is told, and what is left of its draft: memory goes back to the thread that asked for it.
#[derive(Debug)]
pub(super) struct Answered {
    decision: Result<Arc<Decision>, Error>,
    left: Box<Entry>,
}

impl Answered {
    /// The answer; what is left is thrown away.
    pub(super) fn into_decision(self) -> Result<Arc<Decision>, Error> {
        drop(self.left);
        self.decision
    }
}

/// What the writer shares with callers.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) file: PathBuf,
    pub(super) cards: Cards,
    pub(super) known: KnownBlobs,
    pub(super) keys: RecentKeys,
    pub(super) dictionaries: Arc<Dictionaries>,
    pub(super) events: broadcast::Sender<Arc<Decision>>,
    /// Whether the last write failed.
    pub(super) failing: AtomicBool,
    waiting: AtomicUsize,
    waiting_bytes: AtomicUsize,
}

impl Shared {
    pub(super) fn new(file: PathBuf, dictionaries: Arc<Dictionaries>) -> Self {
        Self {
            file,
            cards: Cards::new(),
            known: KnownBlobs::default(),
            keys: RecentKeys::default(),
            dictionaries,
            events: broadcast::Sender::new(EVENTS),
            failing: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            waiting_bytes: AtomicUsize::new(0),
        }
    }

    /// Queues a draft, at once or not at all.
    pub(super) fn queue(&self, queue: &SyncSender<Message>, put: Put) -> Result<(), Error> {
        let bytes = put.entry.weight();
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let room = waiting == 0 || waiting.saturating_add(bytes) <= QUEUE_BYTES;
        let sent = if room { send(queue, Message::Put(put)) } else { Err(exhausted()) };
        match sent {
            Ok(()) => self.waiting.fetch_add(1, Ordering::Relaxed),
            Err(_) => self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed),
        };
        sent
    }

    /// How many drafts wait to be committed.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Hands the writer a message, at once or not at all.
pub(super) fn send(queue: &SyncSender<Message>, message: Message) -> Result<(), Error> {
    queue.try_send(message).map_err(|refused| match refused {
        TrySendError::Full(_) => exhausted(),
        TrySendError::Disconnected(_) => fault::closed(),
    })
}

fn exhausted() -> Error {
    Error::new(ErrorKind::Exhausted, "too many decisions wait to be recorded")
        .with_help("ask again in a moment")
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

/// Drafts that are gathered for one transaction.
#[derive(Default)]
struct Gathered {
    puts: Vec<Put>,
    bytes: usize,
}

impl Gathered {
    fn is_full(&self) -> bool {
        self.puts.len() >= BATCH || self.bytes >= BATCH_BYTES
    }
}

impl Writer {
    fn run(mut self) {
        let mut checkpointer = Checkpointer::new(&self.shared.file);
        let mut batch = Gathered::default();
        let mut began = Instant::now();
        // How many callers are about, by two batches in a row: one half writes its rows while the other is synced, so
        // a batch is worth waiting for until it holds half of them.
        let (mut callers, mut last) = (0, 0);
        while self.wait(&mut batch) {
            self.gather(&mut batch, callers / 2, began);
            began = Instant::now();
            let Gathered { puts, bytes } = std::mem::take(&mut batch);
            callers = (last + puts.len()).max(callers - callers.div_ceil(8));
            last = puts.len();
            let n = puts.len();
            self.commit(puts);
            self.shared.waiting.fetch_sub(n, Ordering::Relaxed);
            checkpointer.written(bytes, self.ledger.connection());
        }
        checkpointer.finish(self.ledger.connection());
    }

    /// Waits for the first draft of a batch; `false` when there will be none.
    fn wait(&mut self, batch: &mut Gathered) -> bool {
        while batch.puts.is_empty() {
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
    fn gather(&mut self, batch: &mut Gathered, enough: usize, began: Instant) {
        loop {
            while !batch.is_full() {
                match self.queue.try_recv() {
                    Ok(message) => self.take(message, batch),
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                }
            }
            let left = PACE.saturating_sub(began.elapsed());
            if batch.puts.len() >= enough || batch.is_full() || left.is_zero() || self.closing {
                return;
            }
            thread::sleep(left.min(GLANCE));
        }
    }

    fn take(&mut self, message: Message, batch: &mut Gathered) {
        match message {
            Message::Put(put) => {
                let bytes = put.entry.weight();
                self.shared.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
                batch.bytes = batch.bytes.saturating_add(bytes);
                batch.puts.push(put);
            }
            Message::Probe(answer) => {
                let failing = self.shared.failing.load(Ordering::Relaxed);
                let probed = self.ledger.probe(failing);
                if probed.is_ok() {
                    self.shared.failing.store(false, Ordering::Relaxed);
                }
                self.tell(answer, probed);
            }
            Message::Note(rejudged, answer) => {
                let noted = self.ledger.note(&rejudged);
                self.tell(answer, noted);
            }
            Message::Forget(asked, answer) => {
                let (filter, departure) = &*asked;
                let forgotten = self.ledger.forget(filter, departure);
                self.tell(answer, forgotten);
            }
            Message::Restore(releases, answer) => {
                let restored = self.ledger.restore(&releases);
                self.tell(answer, restored);
            }
            Message::Close => self.closing = true,
        }
    }

    fn tell<T>(&self, answer: oneshot::Sender<Result<T, Error>>, told: Result<T, Fault>) {
        // Whoever asked may have gone.
        let _gone = answer.send(told.map_err(|fault| fault.into_error(&self.shared.file)));
    }

    /// Commits a batch and answers. A draft that cannot be written takes none of the others with it.
    fn commit(&mut self, batch: Vec<Put>) {
        let entries = batch.iter().map(|put| &*put.entry);
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

    fn answer(&mut self, batch: Vec<Put>, outcomes: Vec<Outcome>, standings: &Standings) {
        self.shared.failing.store(false, Ordering::Relaxed);
        // Settled before the first answer, so that who asks again at once finds the scorecard here.
        let mut answers = Vec::with_capacity(batch.len());
        let mut sampled = false;
        for (put, outcome) in batch.into_iter().zip(outcomes) {
            let Put { mut entry, answer } = put;
            let as_reckoned = matches!(&outcome, Outcome::Written(Reckoned::ByCaller));
            settle(&self.shared.cards, &entry, standings, as_reckoned);
            self.shared.known.add(&entry.blobs);
            if let Some(key) =
                entry.key.as_ref().filter(|_| !matches!(outcome, Outcome::Refused(_)))
            {
                self.shared.keys.add(&key.digest);
            }
            let decision = match outcome {
                Outcome::Written(reckoned) => {
                    sampled |= self.ledger.sample(&entry.facts);
                    let delta = match reckoned {
                        Reckoned::ByCaller => {
                            entry.step.as_mut().map(|step| std::mem::take(&mut step.delta))
                        }
                        Reckoned::ByWriter(delta) => delta,
                    };
                    Arc::make_mut(&mut entry.facts.decision).scorecard = delta;
                    let decision = Arc::clone(&entry.facts.decision);
                    if self.shared.events.receiver_count() > 0 {
                        // The last receiver may have gone meanwhile.
                        let _nobody = self.shared.events.send(Arc::clone(&decision));
                    }
                    Ok(decision)
                }
                Outcome::Earlier(decision) => Ok(decision),
                Outcome::Refused(error) => Err(error),
            };
            answers.push((answer, Answered { decision, left: entry }));
        }
        for (answer, answered) in answers {
            // Whoever asked may have gone; the decision stands all the same.
            let _gone = answer.send(answered);
        }
        if sampled {
            self.ledger.store_dictionary();
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
            let answered = Answered { decision: Err(again(&error)), left: put.entry };
            let _gone = put.answer.send(answered);
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
        let arrival = self.arrival.as_ref().map_or(0, PackedArrival::weight);
        self.body.len() + blobs + arrival + PAGES_BESIDE
    }
}
