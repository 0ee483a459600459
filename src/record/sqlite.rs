//! The embedded record: one SQLite file in the data folder.
//!
//! One thread writes, in batches that share a commit; a few connections read beside it. Several processes may use the
//! same file at once. What was answered is on the disk: the log is synced with every commit, and a connection that
//! cannot promise that is refused.

mod answers;
mod batch;
mod cards;
mod chain;
mod checkpoint;
mod dictionary;
mod entry;
mod fault;
mod inventory;
mod keys;
mod known;
mod ledger;
mod list;
mod open;
mod posting;
mod readers;
mod rollup;
mod rows;
mod sightings;
mod turn;
mod verify;
mod writer;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{broadcast, oneshot};

pub use self::list::TrendDay;
pub use self::turn::Turn;
pub use self::verify::{Contradiction, Verification};

use self::cards::{Facts, Subject};
use self::entry::{Entry, Key, PackedBlob};
use self::inventory::PackedArrival;
use self::ledger::Ledger;
use self::readers::Readers;
use self::writer::{Answered, Message, Put, Shared};
use crate::domain::clock::Timestamp;
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::scorecard::{Scorecard, ScorecardPoint};
use crate::domain::service::{Environment, ServiceRef};
use crate::domain::sighting::Sighting;
use crate::record::row::{self, Body, RecordedFile};
use crate::record::{
    Answer, Blob, DecisionFilter, Draft, Page, PageRequest, ScorecardFilter, Store,
};

/// Artifacts beyond this many bytes are compressed where blocking is allowed.
const COMPRESSED_INLINE_BYTES: usize = 1024 * 1024;

pub use self::answers::SqliteAnswers;

/// The embedded record.
pub struct SqliteStore {
    shared: Arc<Shared>,
    readers: Readers,
    writer: Mutex<Option<JoinHandle<()>>>,
    queue: SyncSender<Message>,
}

impl SqliteStore {
    /// Opens the record in the folder `dir`; makes folder (mode 0700) and record (0600) when there is none.
    ///
    /// Blocks for a few milliseconds.
    ///
    /// # Errors
    /// `Unavailable`, with what to type next, when the file cannot be read and written, is not a record, is damaged, or
    /// was written by a newer version. What is not ours is left untouched.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let (connection, file) = open::writer(dir)?;
        let readers = Readers::new(&file, Arc::default());
        let shared = Arc::new(Shared::new(file, readers.dictionaries()));
        let ledger = Ledger::new(connection, readers.dictionaries());
        let (queue, thread) = writer::start(ledger, Arc::clone(&shared))?;
        Ok(Self { shared, readers, writer: Mutex::new(Some(thread)), queue })
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.shared.file
    }

    /// The file of the record in the folder `dir`.
    pub fn file_in(dir: &Path) -> PathBuf {
        dir.join(open::FILE_NAME)
    }

    /// How a service fared in an environment, day by day from the day of `since` on, oldest first.
    ///
    /// # Errors
    /// `Unavailable` when the record cannot be read.
    pub async fn trend(
        &self,
        service: &ServiceRef,
        environment: &Environment,
        since: Timestamp,
    ) -> Result<Vec<TrendDay>, Error> {
        let (service, environment) = (service.clone(), environment.clone());
        self.readers.read(move |image| list::trend(&image, &service, &environment, since)).await
    }

    /// Reckons every scorecard again from the decisions and compares.
    ///
    /// # Errors
    /// `Unavailable` when the record cannot be read; a contradiction is an answer.
    pub async fn verify_scorecards(&self) -> Result<Verification, Error> {
        self.readers.read(verify::scorecards).await
    }

    async fn put(&self, draft: Draft) -> Result<Arc<Decision>, Error> {
        let bytes: usize = draft.blobs.iter().map(|blob| blob.content.len()).sum();
        let entry = if bytes > COMPRESSED_INLINE_BYTES {
            let shared = Arc::clone(&self.shared);
            let packed = tokio::task::spawn_blocking(move || packed(draft, &shared)).await;
            packed.map_err(|cause| {
                Error::internal_fault("packing a decision ended early").with_source(cause)
            })??
        } else {
            packed(draft, &self.shared)?
        };
        let (answer, answered) = oneshot::channel();
        let put = Put { entry: Box::new(entry), answer };
        match put.entry.subject.clone() {
            Some(subject) => {
                self.shared
                    .cards
                    .queue(&subject, put, |put| self.shared.queue(&self.queue, put))?;
            }
            None => self.shared.queue(&self.queue, put)?,
        }
        answered.await.map_or_else(|_gone| Err(fault::closed()), Answered::into_decision)
    }
}

/// Everything of a draft that can be made before it is queued.
fn packed(mut draft: Draft, shared: &Shared) -> Result<Entry, Error> {
    let dictionary = shared.dictionaries.of_revision(&draft.decision.revision.digest);
    let body = Body::pack(&mut draft, dictionary.as_deref())?;
    let Draft {
        decision,
        states,
        team,
        system,
        rules,
        blobs,
        idempotency_key,
        sightings,
        arrival,
        rejudged,
    } = draft;
    let decision = Arc::new(decision);
    let subject = decision.service.as_ref().map(|service| {
        Arc::new(Subject { service: service.clone(), environment: decision.environment.clone() })
    });
    let new = blobs.iter().filter(|blob| !shared.known.has(&blob.digest));
    let blobs = new.map(packed_blob).collect::<Result<Vec<PackedBlob>, Error>>()?;
    Ok(Entry {
        facts: Facts { decision, states, team, system, rules },
        subject,
        step: None,
        body,
        dictionary: dictionary.map(|dictionary| dictionary.id),
        blobs,
        key: idempotency_key.map(Key::new),
        sightings,
        arrival: arrival.map(PackedArrival::new).transpose()?,
        rejudged,
    })
}

fn packed_blob(blob: &Blob) -> Result<PackedBlob, Error> {
    let content = row::compress(blob.content.as_bytes(), None)?;
    Ok(PackedBlob { digest: blob.digest, size: blob.content.len(), content })
}

impl Store for SqliteStore {
    fn put_decision(&self, draft: Draft) -> Answer<'_, Arc<Decision>> {
        Box::pin(self.put(draft))
    }

    fn decision_of_key<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<Decision>>> {
        Box::pin(async move {
            let key = Key::digest_of(key);
            if !self.shared.keys.may_hold(&key) {
                return Ok(None);
            }
            self.readers.look_up(|image| Ok(rows::decision_of_key(image, &key)?.map(Arc::new)))
        })
    }

    fn decision(&self, id: DecisionId) -> Answer<'_, Option<Arc<Decision>>> {
        Box::pin(
            self.readers
                .read(move |image| Ok(rows::body(image, id)?.map(|body| Arc::new(body.decision)))),
        )
    }

    fn decisions(
        &self,
        filter: DecisionFilter,
        page: PageRequest,
    ) -> Answer<'_, Page<Arc<Decision>>> {
        Box::pin(async move {
            let list = format!("decisions {filter:?}");
            let (before, limit) = (position(&page, &list)?, page.limit());
            let found = self
                .readers
                .read(move |image| list::decisions(image, &filter, before, limit + 1))
                .await?;
            Ok(page.cut(&list, found, |seq| seq.to_be_bytes().to_vec()))
        })
    }

    fn scorecard<'a>(
        &'a self,
        service: &'a ServiceRef,
        environment: &'a Environment,
    ) -> Answer<'a, Option<Arc<Scorecard>>> {
        let subject = Subject { service: service.clone(), environment: environment.clone() };
        Box::pin(
            self.readers.read(move |image| {
                Ok(rows::standing(&image, &subject)?.map(|standing| standing.card))
            }),
        )
    }

    fn scorecards(
        &self,
        filter: ScorecardFilter,
        page: PageRequest,
    ) -> Answer<'_, Page<Arc<Scorecard>>> {
        Box::pin(async move {
            let list = format!("scorecards {filter:?}");
            let after = match page.cursor(&list)? {
                Some(cursor) => {
                    serde_json::from_slice(&cursor).map_err(|_sealed| row::damaged())?
                }
                None => (String::new(), String::new()),
            };
            let limit = page.limit();
            let found = self
                .readers
                .read(move |image| list::scorecards(&image, &filter, after, limit + 1))
                .await?;
            Ok(page.cut(&list, found, |key| serde_json::to_vec(key).unwrap_or_default()))
        })
    }

    fn scorecard_history<'a>(
        &'a self,
        service: &'a ServiceRef,
        environment: &'a Environment,
        page: PageRequest,
    ) -> Answer<'a, Page<ScorecardPoint>> {
        Box::pin(async move {
            let list = format!("history {service} {environment}");
            let (before, limit) = (position(&page, &list)?, page.limit());
            let (service, environment) = (service.clone(), environment.clone());
            let found = self
                .readers
                .read(move |image| list::history(&image, &service, &environment, before, limit + 1))
                .await?;
            Ok(page.cut(&list, found, |seq| seq.to_be_bytes().to_vec()))
        })
    }

    fn files(&self, id: DecisionId) -> Answer<'_, Option<Vec<RecordedFile>>> {
        Box::pin(self.readers.read(move |image| Ok(rows::body(image, id)?.map(|body| body.files))))
    }

    fn blob(&self, digest: Digest) -> Answer<'_, Option<String>> {
        Box::pin(self.readers.read(move |image| rows::blob(&image, digest)))
    }

    fn sightings<'a>(
        &'a self,
        service: &'a ServiceRef,
    ) -> Answer<'a, BTreeMap<Sighting, Timestamp>> {
        let service = service.to_string();
        Box::pin(
            async move { self.readers.look_up(|image| sightings::of_service(&image, &service)) },
        )
    }

    fn watch(&self) -> broadcast::Receiver<Arc<Decision>> {
        self.shared.events.subscribe()
    }

    fn waiting(&self) -> usize {
        self.shared.waiting()
    }

    fn health(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.readers
                .read(|image| Ok(image.query_row("SELECT n FROM probe", [], |_| Ok(()))?))
                .await?;
            let (answer, answered) = oneshot::channel();
            writer::send(&self.queue, Message::Probe(answer))?;
            answered.await.unwrap_or_else(|_gone| Err(fault::closed()))
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(thread) = thread else { return Ok(()) };
            let queue = self.queue.clone();
            let closing = tokio::task::spawn_blocking(move || {
                // The writer may have gone already; then joining it is all there is to do.
                let _gone = queue.send(Message::Close);
                thread.join().is_ok()
            });
            let written = closing.await.unwrap_or(false);
            self.readers.close();
            if written {
                return Ok(());
            }
            Err(Error::internal_fault("the record's writer ended early"))
        })
    }
}

/// Where a page of rows begins that are found by position: before every one for the first page.
fn position(page: &PageRequest, list: &str) -> Result<i64, Error> {
    let Some(cursor) = page.cursor(list)? else { return Ok(i64::MAX) };
    let bytes = cursor.try_into().map_err(|_sealed| row::damaged())?;
    Ok(i64::from_be_bytes(bytes))
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("file", &self.shared.file).finish_non_exhaustive()
    }
}
