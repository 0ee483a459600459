//! The desk: where requests of every face are taken, timed, counted and handed to the gate.

mod inventory;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, field, info, info_span};

use super::grpc::{self, HealthReporter};
use super::metrics::Metrics;
use super::refusal::RequestId;
use crate::domain::artifact::{Artifact, ArtifactOrigin};
use crate::domain::code::Code;
use crate::domain::decision::{Decision, DecisionId, Verdict};
use crate::domain::digest::Digest;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::request::Request;
use crate::domain::scorecard::Scorecard;
use crate::domain::service::{Environment, ServiceRef};
use crate::gate::Gate;
use crate::record::{self, DecisionFilter, FileText, Page, PageRequest, ScorecardFilter, Store};
pub(crate) use inventory::Forget;

/// Bounds of what a server takes on at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one request, after decompression.
    pub max_message_bytes: usize,
    /// Bytes of all requests that are being answered.
    pub max_buffered_bytes: usize,
    /// Requests that are being answered; further ones are refused at once. The webhook has as many beside them.
    pub max_in_flight: usize,
    /// Streams that stay open: watchers of decisions and scorecards, and batches.
    pub max_watchers: usize,
    /// Questions of one batch that are worked on at a time.
    pub batch_concurrency: usize,
    /// The longest that a request may take; a shorter deadline of the caller counts.
    pub deadline: Duration,
    /// Names by which the HTTP face may be addressed, beside `localhost` and IP addresses.
    pub host_names: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message_bytes: 64 * 1024 * 1024,
            max_buffered_bytes: 256 * 1024 * 1024,
            max_in_flight: 1024,
            max_watchers: 256,
            batch_concurrency: 16,
            deadline: Duration::from_secs(30),
            host_names: Vec::new(),
        }
    }
}

/// How a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// gRPC and gRPC-Web.
    Grpc,
    /// JSON over HTTP.
    Http,
    /// The Kubernetes webhook.
    Admission,
}

impl Face {
    /// The word in logs and metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http",
            Self::Admission => "admission",
        }
    }
}

/// A question whose artifacts may still lie in the record.
#[derive(Debug)]
pub(crate) struct Question {
    /// The request, without artifacts.
    pub(crate) request: Request,
    /// The artifacts.
    pub(crate) artifacts: Vec<Handed>,
}

/// An artifact as a face receives it.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) path: String,
    pub(crate) source: Source,
    pub(crate) origin: ArtifactOrigin,
}

/// Where an artifact's bytes are.
#[derive(Debug)]
pub(crate) enum Source {
    /// Here.
    Content(Bytes),
    /// In the record, under this digest.
    Recorded(Digest),
}

/// Which decisions to watch; an empty condition always holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchFilter {
    pub(crate) service: Option<ServiceRef>,
    pub(crate) team: Option<String>,
    pub(crate) environment: Option<Environment>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) code: Option<Code>,
}

/// What the faces share: the gate, the limits, the counters, and whether requests are still taken.
pub struct Desk {
    gate: Arc<Gate>,
    limits: Limits,
    metrics: Metrics,
    health: HealthReporter,
    told_ready: Mutex<Option<bool>>,
    in_flight: Arc<Semaphore>,
    at_the_door: Arc<Semaphore>,
    in_batches: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    draining: AtomicBool,
    stop: CancellationToken,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("gate", &self.gate)
            .field("limits", &self.limits)
            .field("draining", &self.draining)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk in front of `gate`.
    pub fn new(gate: Arc<Gate>, limits: Limits) -> Self {
        Self {
            gate,
            metrics: Metrics::default(),
            health: grpc::health_reporter(),
            told_ready: Mutex::new(None),
            in_flight: Arc::new(Semaphore::new(limits.max_in_flight)),
            at_the_door: Arc::new(Semaphore::new(limits.max_in_flight)),
            in_batches: Arc::new(Semaphore::new((limits.max_in_flight / 2).max(1))),
            streams: Arc::new(Semaphore::new(limits.max_watchers)),
            draining: AtomicBool::new(false),
            stop: CancellationToken::new(),
            limits,
        }
    }

    /// Takes no new requests for granted: readiness is false from now on, and watchers are sent home.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.stop.cancel();
    }

    /// Whether the gate can decide and record.
    ///
    /// # Errors
    /// `Unavailable` while the server shuts down, or when the record cannot be reached within two seconds.
    pub async fn ready(&self) -> Result<(), Error> {
        if self.draining.load(Ordering::Acquire) {
            return Err(Error::unavailable("the gate is shutting down", "draining"));
        }
        let Some(store) = self.gate.store() else { return Ok(()) };
        match tokio::time::timeout(Duration::from_secs(2), store.health()).await {
            Ok(health) => health,
            Err(elapsed) => Err(Error::unavailable(
                "the record cannot be reached",
                "the record's health took more than two seconds",
            )
            .with_source(elapsed)),
        }
    }

    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn health(&self) -> &HealthReporter {
        &self.health
    }

    /// Whether `ready` is something else than was told before: watchers of health are told of changes only.
    pub(crate) fn is_news(&self, ready: bool) -> bool {
        let mut told = self.told_ready.lock().unwrap_or_else(PoisonError::into_inner);
        told.replace(ready) != Some(ready)
    }

    /// Ends when watchers shall go home.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// The record.
    ///
    /// # Errors
    /// `Unavailable` when this gate keeps none.
    pub(crate) fn store(&self) -> Result<&Arc<dyn Store>, Error> {
        self.gate.store().ok_or_else(|| {
            Error::unavailable("this gate keeps no record", "no store is configured")
                .with_help("start it with `goldgate serve --data DIR`")
        })
    }

    /// Decisions, newest first.
    ///
    /// # Errors
    /// Those of the record; `Invalid` when there is none since the filter names what does not exist.
    pub(crate) async fn decisions(
        &self,
        filter: DecisionFilter,
        page: PageRequest,
    ) -> Result<Page<Arc<Decision>>, Error> {
        let environment = filter.environment.clone();
        let found = self.store()?.decisions(filter, page).await?;
        if found.items.is_empty() {
            self.gate.revision().know(environment.as_ref(), None)?;
        }
        Ok(found)
    }

    /// A decision.
    ///
    /// # Errors
    /// Those of the record; `Invalid` for what is no id, `NotFound` when there is none.
    pub(crate) async fn decision(&self, id: &str) -> Result<Arc<Decision>, Error> {
        let id: DecisionId = id.parse()?;
        let decision = self.store()?.decision(id).await?;
        decision.ok_or_else(|| Error::not_found("decision", id))
    }

    /// The files that the findings of a decision point into, secrets replaced.
    ///
    /// # Errors
    /// As [`Self::decision`].
    pub(crate) async fn files(&self, id: &str) -> Result<Vec<FileText>, Error> {
        let decision = self.decision(id).await?;
        record::files_with_findings(&**self.store()?, &decision).await
    }

    /// Scorecards, by service and environment.
    ///
    /// # Errors
    /// As [`Self::decisions`].
    pub(crate) async fn scorecards(
        &self,
        filter: ScorecardFilter,
        page: PageRequest,
    ) -> Result<Page<Arc<Scorecard>>, Error> {
        let (environment, level) = (filter.environment.clone(), filter.level.clone());
        let found = self.store()?.scorecards(filter, page).await?;
        if found.items.is_empty() {
            self.gate.revision().know(environment.as_ref(), level.as_deref())?;
        }
        Ok(found)
    }

    /// Room for one more request, or a refusal at once: waiting in line would only make every answer late.
    ///
    /// A cluster's door has room of its own, which no pipeline can take.
    pub(crate) fn take_place(&self, face: Face) -> Result<OwnedSemaphorePermit, Error> {
        let room = match face {
            Face::Grpc | Face::Http => &self.in_flight,
            Face::Admission => &self.at_the_door,
        };
        Arc::clone(room).try_acquire_owned().map_err(|cause| {
            let limit = self.limits.max_in_flight;
            Error::new(
                ErrorKind::Exhausted,
                format!("the gate is answering {limit} requests already; try again in a second"),
            )
            .with_source(cause)
        })
    }

    /// Waits until one more question of a batch may be worked on: batches have time, and half of the room.
    pub(crate) async fn wait_for_place(&self) -> Result<OwnedSemaphorePermit, Error> {
        let room = Arc::clone(&self.in_batches).acquire_owned().await;
        room.map_err(|cause| Error::internal_fault("a semaphore was closed").with_source(cause))
    }

    /// Room for one more stream that stays open.
    pub(crate) fn take_stream(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.streams).try_acquire_owned().map_err(|cause| {
            let limit = self.limits.max_watchers;
            Error::new(
                ErrorKind::Exhausted,
                format!("{limit} streams are open already; close one or try again later"),
            )
            .with_source(cause)
        })
    }

    /// Takes a question to the gate and tells of its decision.
    ///
    /// # Errors
    /// Those of the gate, and `NotFound` for an artifact that the record does not hold.
    pub(crate) async fn check(
        &self,
        question: Question,
        face: Face,
        request: &RequestId,
    ) -> Result<Arc<Decision>, Error> {
        let started = Instant::now();
        let span = info_span!("decide", request.id = %request, face = face.as_str());
        let decision = self.decide(question, face).instrument(span).await?;
        // Outside the span, whose fields would be read back from JSON for every line.
        info!(
            request.id = %request,
            face = face.as_str(),
            decision.id = %decision.id,
            decision.verdict = %decision.verdict,
            decision.dry_run = decision.dry_run,
            service = decision.service.as_ref().map(field::display),
            environment = %decision.environment,
            stage = %decision.stage,
            policy.bundle = %decision.revision.id,
            n_findings = decision.findings.len(),
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "Decided: {}",
            decision.verdict,
        );
        Ok(decision)
    }

    /// A bill that the record keeps, to be judged with what is handed in.
    ///
    /// # Errors
    /// Those of [`Gate::kept_bill`].
    pub(super) async fn kept_bill(&self, digest: Digest) -> Result<Handed, Error> {
        let Artifact { path, content, origin } = self.gate.kept_bill(digest).await?;
        Ok(Handed { path, source: Source::Content(content), origin })
    }

    async fn decide(&self, question: Question, face: Face) -> Result<Arc<Decision>, Error> {
        let request = self.gather(question).await?;
        let decision = self.gate.check(&request).await?;
        self.metrics.count_decision(face, &decision);
        Ok(decision)
    }

    /// Fetches what lies in the record.
    async fn gather(&self, question: Question) -> Result<Request, Error> {
        let Question { mut request, artifacts } = question;
        request.artifacts.reserve(artifacts.len());
        for (index, handed) in artifacts.into_iter().enumerate() {
            if handed.path.is_empty() {
                return Err(Error::invalid("an artifact has no path")
                    .with_field(format!("artifacts[{index}].path"))
                    .with_help("name it as its author knows it, e.g. `deploy/app.yaml`"));
            }
            let content = match handed.source {
                Source::Content(content) => content,
                Source::Recorded(digest) => match self.store()?.blob(digest).await? {
                    Some(text) => Bytes::from(text),
                    None => {
                        return Err(Error::not_found("recorded artifact", digest)
                            .with_field(format!("artifacts[{index}].digest"))
                            .with_help("hand in its content"));
                    }
                },
            };
            request.artifacts.push(Artifact { path: handed.path, content, origin: handed.origin });
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::domain::clock::{FixedClock, Timestamp};
    use crate::policy::Revision;

    /// Log lines, kept.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_decision_is_one_line_of_the_log_and_none_of_its_input() {
        let gate = Gate::new(
            crate::intake::Limits::default(),
            Vec::new(),
            Arc::new(Revision::empty()),
            None,
            Arc::new(FixedClock(Timestamp::from_millis(0))),
            b"salt".to_vec(),
        );
        let desk = Desk::new(Arc::new(gate), Limits::default());
        let text =
            "apiVersion: v1\nkind: Secret\nmetadata: {name: hunter2}\nstringData: {a: hunter2}\n";
        let question = Question {
            request: Request { service: "checkout".parse().ok(), ..Request::default() },
            artifacts: vec![Handed {
                path: "deploy/secret.yaml".to_owned(),
                source: Source::Content(text.into()),
                origin: ArtifactOrigin::Named,
            }],
        };
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let decision = tracing::subscriber::with_default(subscriber.finish(), || {
            let id = RequestId::of_caller("ci-17").unwrap();
            runtime.block_on(desk.check(question, Face::Http, &id)).unwrap()
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        for part in [
            "Decided: allow",
            &format!("\"decision.id\":\"{}\"", decision.id),
            "\"decision.verdict\":\"allow\"",
            "\"request.id\":\"ci-17\"",
            "\"service\":\"component:default/checkout\"",
            "\"policy.bundle\":\"empty\"",
            "\"n_findings\":0",
            "\"duration_ms\":",
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(!text.contains("hunter2"), "{text}");
        // Its id and face are its own, and not those of a span around it.
        assert!(!text.contains("\"span\""), "{text}");
    }
}
