//! Counters for Prometheus. Labels have few values by construction: no service, no path of a caller, no message.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::desk::Face;
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::policy::{Comparisons, TestCounts};

/// The content type of the text that [`Metrics::text`] writes.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    face: &'static str,
    route: String,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FaceLabels {
    face: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoomLabels {
    room: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    face: &'static str,
    stage: &'static str,
    verdict: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    code: String,
    enforcement: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ComparisonLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    source: &'static str,
}

/// Everything that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<FaceLabels, Histogram, fn() -> Histogram>,
    room_seconds: Family<RoomLabels, Histogram, fn() -> Histogram>,
    decisions: Family<DecisionLabels, Counter>,
    findings: Family<FindingLabels, Counter>,
    in_flight: Gauge,
    watchers: Gauge,
    record_waiting: Gauge,
    engine_comparisons: Family<ComparisonLabels, Gauge>,
    policy_tests: Family<ComparisonLabels, Gauge>,
    source_troubles: Family<SourceLabels, Gauge>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// From 100 µs, where a decision is made, to 30 s, where a request is given up.
fn seconds() -> Histogram {
    Histogram::new([
        0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
        2.5, 5.0, 10.0, 30.0,
    ])
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("goldgate");
        let requests = Family::default();
        let request_seconds = Family::new_with_constructor(seconds as fn() -> Histogram);
        let room_seconds = Family::new_with_constructor(seconds as fn() -> Histogram);
        let decisions = Family::default();
        let findings = Family::default();
        let in_flight = Gauge::default();
        let watchers = Gauge::default();
        let record_waiting = Gauge::default();
        registry.register(
            "requests",
            "Requests answered, by face, route and status",
            requests.clone(),
        );
        registry.register(
            "request_seconds",
            "Time until the answer began, by face",
            request_seconds.clone(),
        );
        registry.register("room_seconds", "Time of a decision, by room", room_seconds.clone());
        registry.register("decisions", "Decisions, by face, stage and verdict", decisions.clone());
        registry.register("findings", "Findings, by code, enforcement and state", findings.clone());
        registry.register("in_flight", "Requests being answered", in_flight.clone());
        registry.register("watchers", "Streams that watch", watchers.clone());
        registry.register(
            "record_waiting",
            "Decisions that wait to be written",
            record_waiting.clone(),
        );
        let engine_comparisons = Family::<ComparisonLabels, Gauge>::default();
        registry.register(
            "engine_comparisons",
            "Answers of policies that the second engine was asked for as well since the start, by outcome",
            engine_comparisons.clone(),
        );
        let policy_tests = Family::<ComparisonLabels, Gauge>::default();
        registry.register(
            "policy_tests",
            "The policies' own tests, run on both engines since the start, by outcome",
            policy_tests.clone(),
        );
        let source_troubles = Family::<SourceLabels, Gauge>::default();
        registry.register(
            "source_troubles",
            "What keeps a source of evidence from newer knowledge at the moment, by source",
            source_troubles.clone(),
        );
        registry.register(
            "build",
            "What runs here",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        Self {
            registry,
            requests,
            request_seconds,
            room_seconds,
            decisions,
            findings,
            in_flight,
            watchers,
            record_waiting,
            engine_comparisons,
            policy_tests,
            source_troubles,
        }
    }
}

impl Metrics {
    /// Counts an answered request.
    pub(crate) fn count_request(&self, face: Face, route: String, code: String, took: Duration) {
        let face = face.as_str();
        self.requests.get_or_create(&RequestLabels { face, route, code }).inc();
        self.request_seconds.get_or_create(&FaceLabels { face }).observe(took.as_secs_f64());
    }

    /// Counts a decision, its findings and the time of each room.
    pub(crate) fn count_decision(&self, face: Face, decision: &Decision) {
        let labels = DecisionLabels {
            face: face.as_str(),
            stage: decision.stage.as_str(),
            verdict: decision.verdict.as_str(),
        };
        self.decisions.get_or_create(&labels).inc();
        for finding in &decision.findings {
            let labels = FindingLabels {
                code: finding.code.to_string(),
                enforcement: finding.enforcement.as_str(),
                state: finding.state.as_str(),
            };
            self.findings.get_or_create(&labels).inc();
        }
        let timings = &decision.timings;
        for (room, micros) in [
            ("intake", timings.intake_us),
            ("evidence", timings.evidence_us),
            ("policy", timings.policy_us),
            ("decide", timings.decide_us),
            ("record", timings.record_us),
        ] {
            let seconds = f64::from(micros) / 1_000_000.0;
            self.room_seconds.get_or_create(&RoomLabels { room }).observe(seconds);
        }
    }

    /// Counts a request as being answered for as long as the guard lives.
    pub(crate) fn enter(&self) -> Inside {
        Inside::new(&self.in_flight)
    }

    /// Counts a watcher for as long as the guard lives.
    pub(crate) fn watch(&self) -> Inside {
        Inside::new(&self.watchers)
    }

    /// Shows how often the engines were compared, and how the policies' own tests came out on both.
    pub(crate) fn show_engines(&self, comparisons: Option<Comparisons>, tests: Option<TestCounts>) {
        let show = |family: &Family<ComparisonLabels, Gauge>, outcome, n| {
            let gauge = family.get_or_create(&ComparisonLabels { outcome });
            gauge.set(i64::try_from(n).unwrap_or(i64::MAX));
        };
        if let Some(Comparisons { compared, differed, dropped }) = comparisons {
            let equal = compared.saturating_sub(differed);
            for (outcome, n) in [("equal", equal), ("different", differed), ("dropped", dropped)] {
                show(&self.engine_comparisons, outcome, n);
            }
        }
        if let Some(TestCounts { passed, failed, differed, left_out }) = tests {
            let outcomes = [
                ("passed", passed),
                ("failed", failed),
                ("different", differed),
                ("left_out", left_out),
            ];
            for (outcome, n) in outcomes {
                show(&self.policy_tests, outcome, n);
            }
        }
    }

    /// Everything in the text format of `OpenMetrics` 1.0, with `waiting` decisions on their way into the record.
    pub(crate) fn text(
        &self,
        waiting: usize,
        troubles: impl Iterator<Item = (&'static str, usize)>,
    ) -> Result<String, Error> {
        for (source, n) in troubles {
            let gauge = self.source_troubles.get_or_create(&SourceLabels { source });
            gauge.set(i64::try_from(n).unwrap_or(i64::MAX));
        }
        self.record_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)
            .map_err(|cause| Error::internal_fault("cannot write metrics").with_source(cause))?;
        Ok(text)
    }
}

/// Raises a gauge by one while it lives.
#[derive(Debug)]
pub(crate) struct Inside(Gauge);

impl Inside {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.dec();
    }
}
