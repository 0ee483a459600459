//! The gate: the one pipeline that every caller goes through, and the only file that names all rooms.

mod bill;
mod draft;
pub mod inventory;
mod sighting;
mod timer;
mod trial;
mod watch;

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};

use crate::decide::enforcement::{self, Circumstances};
use crate::decide::place::place;
use crate::domain::artifact::Artifact;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::code::Code;
use crate::domain::decision::{Decision, DecisionId, Timings};
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::evidence::EvidenceSet;
use crate::domain::finding::Enforcement;
use crate::domain::place::Location;
use crate::domain::policy::{PolicyMeta, PolicyResult};
use crate::domain::release::Release;
use crate::domain::request::{Request, Trigger};
use crate::domain::resource::ResourceId;
use crate::domain::service::Environment;
use crate::domain::sighting::Sighting;
use crate::evidence::Source;
use crate::intake;
use crate::intake::Limits;
use crate::policy::{Comparisons, Moment, Revision, Shadow, Trace, Trial};
use crate::record::{Draft, Store};
use draft::{Made, blobs, by_second_engine, judgement};
use timer::Timer;
pub use watch::{Lanes, WatchReport};

/// Answers one question: may this release of this service go to this environment?
#[derive(Debug)]
pub struct Gate {
    limits: Limits,
    sources: Vec<Box<dyn Source>>,
    revision: RwLock<Arc<Revision>>,
    store: Option<Arc<dyn Store>>,
    clock: Arc<dyn Clock>,
    salt: Vec<u8>,
    /// Why no image is looked at, where none is.
    unseen: &'static str,
    /// Whether the record outlives this run, so that it can tell since when something is known.
    lasting: bool,
    shadow: Option<Shadow>,
    /// The run of the policies' own tests, once there is one.
    trial: OnceLock<Arc<Trial>>,
    /// Requests that are being answered: a watch gives way to them.
    at_work: AtomicUsize,
}

/// Why no image is looked at, unless somebody says otherwise.
const NOT_CONFIGURED: &str = "no image verification is configured";

impl Gate {
    /// Makes a gate. Without a store every decision is a rehearsal.
    pub fn new(
        limits: Limits,
        sources: Vec<Box<dyn Source>>,
        revision: Arc<Revision>,
        store: Option<Arc<dyn Store>>,
        clock: Arc<dyn Clock>,
        salt: Vec<u8>,
    ) -> Self {
        let revision = RwLock::new(revision);
        Self {
            limits,
            sources,
            revision,
            store,
            clock,
            salt,
            unseen: NOT_CONFIGURED,
            lasting: false,
            shadow: None,
            trial: OnceLock::new(),
            at_work: AtomicUsize::new(0),
        }
    }

    /// Says in decisions why no image is looked at, when that is not because nothing is configured.
    #[must_use]
    pub fn with_images_left_out(self, why: &'static str) -> Self {
        Self { unseen: why, ..self }
    }

    /// Says whether the record outlives this run: only then do grace periods begin when it first saw something.
    #[must_use]
    pub fn with_lasting_record(self, lasting: bool) -> Self {
        Self { lasting, ..self }
    }

    /// The same gate, which lets `shadow` compare a sample of what its policies answer.
    #[must_use]
    pub fn with_shadow(self, shadow: Option<Shadow>) -> Self {
        Self { shadow, ..self }
    }

    /// How often the engines were compared; `None` where they are not.
    pub fn comparisons(&self) -> Option<Comparisons> {
        self.shadow.as_ref().map(Shadow::comparisons)
    }

    /// How many things keep each source of evidence from newer knowledge at the moment.
    pub fn troubles(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.sources.iter().map(|source| (source.name(), source.n_troubles()))
    }

    /// The revision in force.
    pub fn revision(&self) -> Arc<Revision> {
        Arc::clone(&self.revision.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The record, when there is one.
    pub fn store(&self) -> Option<&Arc<dyn Store>> {
        self.store.as_ref()
    }

    /// What a failure of `policy` does in `environment` now, to a service of which nothing is known.
    pub fn enforcement_of(&self, policy: &PolicyMeta, environment: &Environment) -> Enforcement {
        enforcement_of(policy, &self.revision(), environment, self.clock.now())
    }

    /// Takes a request through every room, in order, and answers once the decision is durable.
    ///
    /// # Errors
    /// Only when it could not be decided: a deny is an answer.
    pub async fn check(&self, request: &Request) -> Result<Arc<Decision>, Error> {
        Ok(self.decide(request, false).await?.0)
    }

    /// As [`Gate::check`], and hands out the release that was judged, so that its files can be shown without being read
    /// again. `None` when an earlier decision was answered.
    ///
    /// # Errors
    /// Only when it could not be decided: a deny is an answer.
    pub async fn examine(
        &self,
        request: &Request,
    ) -> Result<(Arc<Decision>, Option<Release>), Error> {
        self.decide(request, true).await
    }

    /// The decision, and the release if it is to be kept and was judged.
    async fn decide(
        &self,
        request: &Request,
        keep_release: bool,
    ) -> Result<(Arc<Decision>, Option<Release>), Error> {
        let request = &*self.without_secrets(request);
        let _at_work = AtWork::begin(&self.at_work);
        let revision = self.revision();
        validate(request, &revision)?;
        // Hashing is the dearest part of a large input but parsing, so it is done once.
        let digests: Vec<Digest> = request.artifacts.iter().map(Artifact::digest).collect();
        let input_digest = input_digest(request, &digests);
        if let Some(earlier) = self.earlier(request, input_digest).await? {
            return Ok((earlier, None));
        }
        let now = self.clock.now();
        let mut timer = Timer::start();
        let mut release = intake::read(request, &self.limits, &self.salt)?;
        let intake_us = timer.lap();
        let mut evidence = self.gather(&mut release, EvidenceSet::default()).await?;
        let sightings = self.sightings(&release, &mut evidence, now).await;
        let evidence_us = timer.lap();
        let id = DecisionId::at(now);
        let moment = Moment::of(id, now);
        let shadow = self.shadow.as_ref();
        let outcomes =
            revision.evaluate_in_turns(request, &release, &evidence, moment, shadow).await;
        release.accept_documents(|document| revision.judges_document(document));
        let policy_us = timer.lap();
        let judgement = judgement(request, &release, &evidence, &revision, &outcomes, now);
        let decide_us = timer.lap();
        let timings = Timings { intake_us, evidence_us, policy_us, decide_us, record_us: 0 };
        let blobs = if request.options.dry_run { Vec::new() } else { blobs(&release, &digests) };
        let made = Made {
            second_engine: by_second_engine(&outcomes),
            id,
            now,
            timings,
            input_digest,
            blobs,
            unseen: self.unseen,
            sightings,
        };
        let arrival = self.arrival(request, &release, &evidence, &judgement, &revision);
        let draft = draft::draft(request, &release, &evidence, &revision, judgement, made);
        let draft = Draft { arrival, ..draft };
        // While this request waits for the disk, the next ones use the memory, which is still in the cache.
        drop((outcomes, evidence));
        let release = keep_release.then_some(release);
        Ok((self.record(draft, timer).await?, release))
    }

    /// What the policy `code` does over a request, statement by statement; nothing is decided and nothing recorded. The
    /// revision must have been loaded with [`crate::policy::LoadOptions::trace`].
    ///
    /// # Errors
    /// When the request cannot be judged at all.
    pub async fn trace(&self, request: &Request, code: &Code) -> Result<Vec<Traced>, Error> {
        let revision = self.revision();
        validate(request, &revision)?;
        let mut release = intake::read(request, &self.limits, &self.salt)?;
        let evidence = self.gather(&mut release, EvidenceSet::default()).await?;
        let now = self.clock.now();
        let moment = Moment::of(DecisionId::at(now), now);
        let traces = revision.trace(code, request, &release, &evidence, moment).into_iter();
        Ok(traces.map(|trace| Traced::of(trace, &release)).collect())
    }

    /// Asks every source in turn; bills that were attested to images are read before those are asked that judge
    /// components.
    async fn gather(
        &self,
        release: &mut Release,
        mut evidence: EvidenceSet,
    ) -> Result<EvidenceSet, Error> {
        for source in &self.sources {
            let mut known = source.gather(release, &evidence).await?;
            intake::attested(&std::mem::take(&mut known.bills), &self.limits, release);
            evidence.add(known);
        }
        Ok(evidence)
    }

    /// The request as it may be recorded: addresses of pipelines and repositories often hold a token.
    fn without_secrets<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        let Trigger { actor, pipeline_url, commit, repository } = &request.trigger;
        let parts = [actor, pipeline_url, commit, repository];
        let [actor, pipeline_url, commit, repository] =
            parts.map(|part| intake::hidden(part, &self.salt));
        let trigger = Trigger { actor, pipeline_url, commit, repository };
        if trigger == request.trigger {
            return Cow::Borrowed(request);
        }
        Cow::Owned(Request { trigger, ..request.clone() })
    }

    async fn earlier(
        &self,
        request: &Request,
        input_digest: Digest,
    ) -> Result<Option<Arc<Decision>>, Error> {
        let (Some(key), Some(store), false) =
            (&request.idempotency_key, &self.store, request.options.dry_run)
        else {
            return Ok(None);
        };
        let Some(earlier) = store.decision_of_key(key).await? else { return Ok(None) };
        if earlier.input_digest == input_digest {
            return Ok(Some(earlier));
        }
        Err(crate::record::key_conflict(key, earlier.id))
    }

    /// What a lasting record had not seen before, every trouble dated by what it had.
    async fn sightings(
        &self,
        release: &Release,
        evidence: &mut EvidenceSet,
        now: Timestamp,
    ) -> Vec<Sighting> {
        let Some(store) = self.store.as_ref().filter(|_| self.lasting) else { return Vec::new() };
        sighting::recall(store, release, evidence, now).await
    }

    async fn record(&self, draft: Draft, mut timer: Timer) -> Result<Arc<Decision>, Error> {
        let (Some(store), false) = (&self.store, draft.decision.dry_run) else {
            return Ok(Arc::new(draft.decision));
        };
        let mut decision = store.put_decision(draft).await?;
        Arc::make_mut(&mut decision).timings.record_us = timer.lap();
        Ok(decision)
    }
}

/// What a policy did over one subject, as it may be shown: without secrets.
#[derive(Clone, Debug)]
pub struct Traced {
    /// What the policy did. Its input stands beside it.
    pub trace: Trace,
    /// What the policy saw, as JSON in which secrets are replaced.
    pub input: String,
    /// What the findings say, in which secrets are replaced.
    pub messages: Vec<String>,
    /// Whom it was about; no name for the release as a whole.
    pub resource: ResourceId,
    /// Where that stands.
    pub location: Location,
}

impl Traced {
    fn of(trace: Trace, release: &Release) -> Self {
        let secrets = &release.secrets;
        let messages = match &trace.outcome.result {
            PolicyResult::Failed(violations) => {
                let messages = violations.iter().map(|violation| violation.message.as_str());
                messages.map(|message| secrets.redact(message).into_owned()).collect()
            }
            PolicyResult::Error(reason) => vec![secrets.redact(reason).into_owned()],
            PolicyResult::Passed | PolicyResult::OutOfTime(_) => Vec::new(),
        };
        let input = secrets.redact(&trace.input.to_string()).into_owned();
        let (resource, location) = place(release, trace.outcome.subject, "");
        Self { trace, input, messages, resource, location }
    }
}

/// Counts a request while it is being answered.
struct AtWork<'g>(&'g AtomicUsize);

impl<'g> AtWork<'g> {
    fn begin(count: &'g AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a failure of `policy` does in `environment`, to a service of which nothing is known.
pub fn enforcement_of(
    policy: &PolicyMeta,
    revision: &Revision,
    environment: &Environment,
    now: Timestamp,
) -> Enforcement {
    let circumstances = Circumstances { environment, service: None, now };
    let PolicyMeta { code, pack, severity, .. } = policy;
    enforcement::enforcement_of(revision.enforcement(), code, pack, *severity, &circumstances)
}

/// Refuses what cannot be decided, before any work is done.
fn validate(request: &Request, revision: &Revision) -> Result<(), Error> {
    revision.know(Some(&request.environment), None)?;
    if request.artifacts.is_empty() && request.images.is_empty() {
        return Err(Error::invalid("the request has neither an artifact nor an image")
            .with_field("artifacts")
            .with_help("hand in at least one manifest, e.g. `goldgate check deploy/`"));
    }
    if request.idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > 128) {
        return Err(Error::invalid("the idempotency key has no or more than 128 bytes")
            .with_field("idempotencyKey")
            .with_help("use the pipeline run's id, or leave it out"));
    }
    Ok(())
}

/// The digest over everything that was handed in, and over what it was asked for.
fn input_digest(request: &Request, digests: &[Digest]) -> Digest {
    let service = request.service.as_ref().map(ToString::to_string).unwrap_or_default();
    let head =
        [service.as_str(), request.environment.as_str(), request.stage.as_str()].map(str::as_bytes);
    let files = request
        .artifacts
        .iter()
        .zip(digests)
        .flat_map(|(artifact, digest)| [artifact.path.as_bytes(), digest.as_bytes()]);
    let images = request.images.iter().map(String::as_bytes);
    // Who does what to the object may decide as well.
    let review = request.review.as_ref().map(|review| Digest::of(&review.0));
    let review = review.iter().map(|digest| digest.as_bytes().as_slice());
    Digest::of_parts(head.into_iter().chain(files).chain(images).chain(review))
}
