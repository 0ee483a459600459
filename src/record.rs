//! Record: decisions, scorecards and artifacts, durable before they are answered.

mod inventory;
mod page;
mod roster;
mod row;
mod shown;
pub mod sqlite;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::broadcast;

use crate::domain::clock::Timestamp;
use crate::domain::code::Code;
use crate::domain::decision::{Decision, DecisionId, Verdict};
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::inventory::{Arrival, Rejudged};
use crate::domain::scorecard::{PolicyState, Scorecard, ScorecardPoint, ScorecardRules};
use crate::domain::service::{Environment, ServiceRef};
use crate::domain::sighting::Sighting;

pub use self::inventory::{Holders, Inventory, forget};
pub use self::row::RecordedFile;
pub use self::shown::{FileText, files_with_findings};

/// The future that a store answers with.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A decision on its way into the record.
#[derive(Debug)]
pub struct Draft {
    /// The decision; its `scorecard` is filled by the store, in the order of commits.
    pub decision: Decision,
    /// How each policy came out.
    pub states: Vec<PolicyState>,
    /// The service's owner and system as this decision knows them; empty when it does not.
    pub team: String,
    /// See `team`.
    pub system: String,
    /// How the scorecard is reckoned.
    pub rules: Arc<ScorecardRules>,
    /// What was handed in, secrets already replaced.
    pub blobs: Vec<Blob>,
    /// The same request with the same key is one decision.
    pub idempotency_key: Option<String>,
    /// What was seen in the service for the first time; written with the decision.
    pub sightings: Vec<Sighting>,
    /// The release that this decision lets in, when it lets one in.
    pub arrival: Option<Arrival>,
    /// The release that was judged again, when this is what a watch found.
    pub rejudged: Option<Rejudged>,
}

/// Bytes that were handed in, kept under the digest of the original.
#[derive(Clone, Debug)]
pub struct Blob {
    /// The path by which its author knows it.
    pub path: String,
    /// Digest of the bytes as handed in.
    pub digest: Digest,
    /// The text with secrets replaced.
    pub content: String,
}

/// A page of a list, newest first unless said otherwise.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one. Opaque.
    pub next: Option<String>,
}

/// Which page is asked for.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// At most this many items; 0 means 50, the most is 500.
    pub size: u32,
    /// Empty for the first page, else what the page before said.
    pub token: String,
}

/// Which decisions are asked for; an empty condition always holds.
#[derive(Clone, Debug, Default)]
pub struct DecisionFilter {
    /// Of this service.
    pub service: Option<ServiceRef>,
    /// Of services of this owner.
    pub team: Option<String>,
    /// For this environment.
    pub environment: Option<Environment>,
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// With a finding of this code.
    pub code: Option<Code>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// Which scorecards are asked for; an empty condition always holds.
#[derive(Clone, Debug, Default)]
pub struct ScorecardFilter {
    /// Of services of this owner.
    pub team: Option<String>,
    /// Of services of this system.
    pub system: Option<String>,
    /// That have reached exactly this level.
    pub level: Option<String>,
    /// For this environment.
    pub environment: Option<Environment>,
}

/// Where decisions are kept. One contract, tested on every back end.
pub trait Store: Inventory + Send + Sync + fmt::Debug {
    /// Writes a decision with its scorecard in one transaction and answers it once it is durable.
    ///
    /// When the draft's idempotency key was used before for the same input, the earlier decision is answered.
    ///
    /// # Errors
    /// `Conflict` when the key was used for another input; `Exhausted` when too much is waiting to be written;
    /// `Unavailable` when the write failed: then nothing was recorded. Who drops the future before it is answered does
    /// not know whether the decision was recorded.
    fn put_decision(&self, draft: Draft) -> Answer<'_, Arc<Decision>>;

    /// The decision that an idempotency key stands for, where that was recorded lately. `None` may also mean that it is not
    /// known without a look into the file: [`Store::put_decision`] finds every key again.
    fn decision_of_key<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<Decision>>>;

    /// A decision.
    fn decision(&self, id: DecisionId) -> Answer<'_, Option<Arc<Decision>>>;

    /// Decisions, newest first.
    fn decisions(
        &self,
        filter: DecisionFilter,
        page: PageRequest,
    ) -> Answer<'_, Page<Arc<Decision>>>;

    /// Where a service stands in an environment.
    fn scorecard<'a>(
        &'a self,
        service: &'a ServiceRef,
        environment: &'a Environment,
    ) -> Answer<'a, Option<Arc<Scorecard>>>;

    /// Scorecards, by ascending service and environment.
    fn scorecards(
        &self,
        filter: ScorecardFilter,
        page: PageRequest,
    ) -> Answer<'_, Page<Arc<Scorecard>>>;

    /// How a service came to where it stands, newest first. Every point names its decision.
    fn scorecard_history<'a>(
        &'a self,
        service: &'a ServiceRef,
        environment: &'a Environment,
        page: PageRequest,
    ) -> Answer<'a, Page<ScorecardPoint>>;

    /// The files that a decision looked at.
    fn files(&self, id: DecisionId) -> Answer<'_, Option<Vec<RecordedFile>>>;

    /// What was handed in under `digest`, secrets replaced.
    fn blob(&self, digest: Digest) -> Answer<'_, Option<String>>;

    /// When each trouble of a component was first seen in a service.
    fn sightings<'a>(
        &'a self,
        service: &'a ServiceRef,
    ) -> Answer<'a, BTreeMap<Sighting, Timestamp>>;

    /// Every decision from now on, once it is durable. A reader that is too slow is told how many it missed.
    ///
    /// Decisions that another process writes into the same record are not told.
    fn watch(&self) -> broadcast::Receiver<Arc<Decision>>;

    /// How many decisions wait to be written.
    fn waiting(&self) -> usize;

    /// Whether the store can be read and written.
    fn health(&self) -> Answer<'_, ()>;

    /// Writes what is still waiting and closes. Drafts that come later are refused.
    fn close(&self) -> Answer<'_, ()>;
}

/// The error of an idempotency key that was used for another input.
pub fn key_conflict(key: &str, earlier: DecisionId) -> Error {
    Error::new(
        crate::domain::error::ErrorKind::Conflict,
        format!("the idempotency key `{key}` stands for another request, decided as `{earlier}`"),
    )
    .with_field("idempotencyKey")
    .with_help("use a new key for a new input")
}
