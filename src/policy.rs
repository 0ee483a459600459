//! Policy: what a gate does with the Rego language: bundles in, outcomes out.

mod answer;
mod assemble;
mod both;
mod cache;
mod data;
mod described;
mod dialect;
pub mod docs;
mod evaluate;
mod gatekeeper;
mod input;
mod kept;
mod load;
mod manifest;
mod metadata;
mod misread;
mod node;
mod options;
mod panel;
mod plain;
mod reads;
mod recognise;
mod roster;
mod rules;
mod shadow;
mod shelf;
mod source;
mod stored;
mod terraform;
pub mod tests;
mod trace;
mod trial;
mod unique;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::clock::Timestamp;
use crate::domain::decision::{DecisionId, RevisionRef};
use crate::domain::digest::Digest;
use crate::domain::enforcement::EnforcementRules;
use crate::domain::error::Error;
use crate::domain::evidence::EvidenceSet;
use crate::domain::policy::{Dialect, Outcome, PolicyMeta, Scope};
use crate::domain::release::Release;
use crate::domain::request::Request;
use crate::domain::scorecard::{NO_LEVEL, ScorecardRules};
use crate::domain::service::Environment;
use crate::domain::value::Value;

use crate::rego::engine::Circumstances;

pub use crate::rego::{Fault as BundleFault, Related};
pub use gatekeeper::suite::{CaseStatus, SelectedCases, SuiteCase, SuiteReport, run_suites};
pub use options::LoadOptions;
pub use shadow::{COMPARE_ONE_IN, Comparisons, Shadow};
pub use source::BundleSource;
pub use trace::{Fate, Step, Trace, Values};
pub use trial::{Sources, TestCounts, Trial};

/// How long policies are run before others may have the thread: less than a caller notices, more than most requests need.
const TURN: Duration = Duration::from_millis(10);

/// What built-ins answer that would be different each time: `time.now_ns`, `rand.intn`, `uuid.rfc4122`.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The decision's time.
    pub now: Timestamp,
    /// What random built-ins draw from.
    pub seed: u64,
    /// The decision, when there is one.
    pub decision: Option<DecisionId>,
}

impl Moment {
    /// The moment of a decision, which its id and time give again when it is replayed.
    pub fn of(id: DecisionId, now: Timestamp) -> Self {
        let random = id.as_bytes().last_chunk::<8>().copied().unwrap_or_default();
        Self { now, seed: u64::from_be_bytes(random), decision: Some(id) }
    }

    fn circumstances(self) -> Circumstances {
        Circumstances { now_ns: self.now.as_millis().saturating_mul(1_000_000), seed: self.seed }
    }
}

impl From<Timestamp> for Moment {
    /// Without a decision nothing is drawn from but zero.
    fn from(now: Timestamp) -> Self {
        Self { now, seed: 0, decision: None }
    }
}

/// Policies, data, enforcement and scorecard rules, loaded and checked as a whole. Immutable.
#[derive(Debug)]
pub struct Revision {
    reference: RevisionRef,
    policies: Vec<Arc<PolicyMeta>>,
    panel: Arc<panel::Panel>,
    constraints: Vec<Arc<gatekeeper::Constraint>>,
    request_budget: Duration,
    left_to_the_second: Option<BundleFault>,
    idle_bundles: Vec<String>,
    enforcement: EnforcementRules,
    scorecard: Arc<ScorecardRules>,
    was_kept: bool,
}

impl Revision {
    /// Loads bundles as one revision: later ones add to earlier ones.
    ///
    /// # Errors
    /// Every fault of every file, by file and place.
    pub fn load(sources: &[BundleSource], options: &LoadOptions) -> Result<Self, Vec<BundleFault>> {
        load::load(sources, options)
    }

    /// The revision of these sources whose compiled form `form` is, as a file of the compiled cache holds it behind its
    /// head; `None` where it is anything else.
    ///
    /// [`Revision::load`] asks for the digest first. Without it a form may be forged: it gives no revision or one that
    /// decides whatever it says, and nothing worse.
    pub fn of_compiled(
        form: &[u8],
        sources: &[BundleSource],
        options: &LoadOptions,
    ) -> Option<Self> {
        load::on_large_stack(|| load::of_compiled(form, sources, options))
    }

    /// Whether it was read from the compiled cache, and not compiled.
    pub const fn was_kept(&self) -> bool {
        self.was_kept
    }

    /// Which revision this is.
    pub fn reference(&self) -> &RevisionRef {
        &self.reference
    }

    /// Every policy, by ascending code.
    pub fn policies(&self) -> &[Arc<PolicyMeta>] {
        &self.policies
    }

    /// Whether a policy is asked about this document, which is no resource.
    pub fn judges_document(&self, document: &Value) -> bool {
        self.policies.iter().any(|policy| match policy.dialect {
            Dialect::Conftest => policy.kinds.is_empty(),
            Dialect::Goldgate
            | Dialect::Gatekeeper
            | Dialect::Opa
            | Dialect::Conforma
            | Dialect::Terraform => policy.scope == Scope::Plan && terraform::is_plan(document),
        })
    }

    /// What a failed policy does.
    pub fn enforcement(&self) -> &EnforcementRules {
        &self.enforcement
    }

    /// Refuses a name that nothing can have: asking for it is a slip, and an empty list would hide it.
    ///
    /// # Errors
    /// `Invalid`, with the names that there are.
    pub fn know(
        &self,
        environment: Option<&Environment>,
        level: Option<&str>,
    ) -> Result<(), Error> {
        let known = &self.enforcement.environments;
        if let Some(name) = environment.filter(|name| !known.is_empty() && !known.contains(name)) {
            let others = known.iter().map(Environment::as_str);
            let help =
                format!("{}, or add it to `environments` in `enforcement.yaml`", one_of(others));
            return Err(Error::invalid(format!("there is no environment `{name}`"))
                .with_field("environment")
                .with_help(help));
        }
        let levels = || {
            let levels = self.scorecard.levels.iter().map(|level| level.name.as_str());
            std::iter::once(NO_LEVEL).chain(levels)
        };
        match level.filter(|name| levels().all(|level| level != *name)) {
            Some(name) => Err(Error::invalid(format!("there is no level `{name}`"))
                .with_field("level")
                .with_help(one_of(levels()))),
            None => Ok(()),
        }
    }

    /// Weights and levels.
    pub fn scorecard_rules(&self) -> Arc<ScorecardRules> {
        Arc::clone(&self.scorecard)
    }

    /// Runs every policy that applies over `release`.
    ///
    /// A policy that fails, runs out of time or answers the wrong shape is an outcome of its own, and so is one whose turn
    /// comes when the time of the request is used up. Call it on a thread
    /// with a stack of at least 16 MiB: chains of rules recurse.
    pub fn evaluate(
        &self,
        request: &Request,
        release: &Release,
        evidence: &EvidenceSet,
        moment: impl Into<Moment>,
    ) -> Vec<Outcome> {
        let (began, moment) = (Instant::now(), moment.into());
        let mut round = self.round(request, release, evidence, moment, None);
        while !round.advance(TURN) {}
        let mut outcomes = round.outcomes();
        if !self.constraints.is_empty() {
            let ground = gatekeeper::Ground::new(request, release);
            let mut round = self.constraint_round(&ground, began, moment, None);
            while !round.advance(TURN) {}
            outcomes.extend(round.outcomes());
        }
        outcomes
    }

    /// As [`Revision::evaluate`], and lets others have the thread now and then, so that a caller that has gone is noticed.
    /// A sample is compared by `shadow`.
    pub async fn evaluate_in_turns(
        &self,
        request: &Request,
        release: &Release,
        evidence: &EvidenceSet,
        moment: Moment,
        shadow: Option<&Shadow>,
    ) -> Vec<Outcome> {
        let began = Instant::now();
        let mut round = self.round(request, release, evidence, moment, shadow);
        while !round.advance(TURN) {
            tokio::task::yield_now().await;
        }
        let mut outcomes = round.outcomes();
        if !self.constraints.is_empty() {
            let ground = gatekeeper::Ground::new(request, release);
            let mut round = self.constraint_round(&ground, began, moment, shadow);
            while !round.advance(TURN) {
                tokio::task::yield_now().await;
            }
            outcomes.extend(round.outcomes());
        }
        outcomes
    }

    fn constraint_round<'g>(
        &'g self,
        ground: &'g gatekeeper::Ground<'_>,
        began: Instant,
        moment: Moment,
        shadow: Option<&'g Shadow>,
    ) -> gatekeeper::Round<'g> {
        ground.round(&self.constraints, began, self.request_budget, moment).compared_by(shadow)
    }

    fn round<'r>(
        &'r self,
        request: &Request,
        release: &'r Release,
        evidence: &'r EvidenceSet,
        moment: Moment,
        shadow: Option<&'r Shadow>,
    ) -> evaluate::Round<'r> {
        let budget = self.request_budget;
        evaluate::Round::new(&self.panel, shadow, budget, request, release, evidence, moment)
    }

    /// Why the second engine runs the policies and not the own evaluator, when it does.
    pub const fn left_to_the_second(&self) -> Option<&BundleFault> {
        self.left_to_the_second.as_ref()
    }

    /// The bundles that hold rules, none of which any policy asks.
    pub fn idle_bundles(&self) -> &[String] {
        &self.idle_bundles
    }

    /// A revision without any policy.
    pub fn empty() -> Self {
        Self {
            reference: RevisionRef { id: "empty".to_owned(), digest: Digest::of(b"") },
            policies: Vec::new(),
            panel: Arc::default(),
            constraints: Vec::new(),
            request_budget: Duration::MAX,
            left_to_the_second: None,
            idle_bundles: Vec::new(),
            enforcement: EnforcementRules::default(),
            scorecard: Arc::default(),
            was_kept: false,
        }
    }
}

fn one_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    format!("name one of {}", names.join(", "))
}
