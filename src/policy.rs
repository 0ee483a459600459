//! Policy: what a gate does with the Rego language: bundles in, outcomes out.

mod answer;
mod data;
mod dialect;
pub mod docs;
mod evaluate;
mod input;
mod load;
mod manifest;
mod metadata;
mod node;
mod rules;
mod source;
pub mod tests;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::domain::decision::RevisionRef;
use crate::domain::digest::Digest;
use crate::domain::enforcement::EnforcementRules;
use crate::domain::evidence::EvidenceSet;
use crate::domain::policy::{Outcome, PolicyMeta};
use crate::domain::release::Release;
use crate::domain::request::Request;
use crate::domain::scorecard::ScorecardRules;

pub use crate::rego::{Fault as BundleFault, Related};
pub use load::LoadOptions;
pub use source::BundleSource;

/// Policies, data, enforcement and scorecard rules, loaded and checked as a whole. Immutable.
#[derive(Debug)]
pub struct Revision {
    reference: RevisionRef,
    policies: Vec<Arc<PolicyMeta>>,
    runnables: Vec<evaluate::Runnable>,
    request_budget: Duration,
    enforcement: EnforcementRules,
    scorecard: Arc<ScorecardRules>,
}

impl Revision {
    /// Loads bundles as one revision: later ones add to earlier ones.
    ///
    /// # Errors
    /// Every fault of every file, by file and place.
    pub fn load(sources: &[BundleSource], options: &LoadOptions) -> Result<Self, Vec<BundleFault>> {
        load::load(sources, options)
    }

    /// Which revision this is.
    pub fn reference(&self) -> &RevisionRef {
        &self.reference
    }

    /// Every policy, by ascending code.
    pub fn policies(&self) -> &[Arc<PolicyMeta>] {
        &self.policies
    }

    /// What a failed policy does.
    pub fn enforcement(&self) -> &EnforcementRules {
        &self.enforcement
    }

    /// Weights and levels.
    pub fn scorecard_rules(&self) -> Arc<ScorecardRules> {
        Arc::clone(&self.scorecard)
    }

    /// Runs every policy that applies over `release`, at the time `now`.
    ///
    /// A policy that fails, runs out of time or answers the wrong shape is an outcome of its own, and so is one whose turn
    /// comes when the time of the request is used up. Call it on a thread
    /// with a stack of at least 16 MiB: chains of rules recurse.
    pub fn evaluate(
        &self,
        request: &Request,
        release: &Release,
        evidence: &EvidenceSet,
        now: Timestamp,
    ) -> Vec<Outcome> {
        evaluate::run(&self.runnables, self.request_budget, request, release, evidence, now)
    }

    /// A revision without any policy.
    pub fn empty() -> Self {
        Self {
            reference: RevisionRef { id: "empty".to_owned(), digest: Digest::of(b"") },
            policies: Vec::new(),
            runnables: Vec::new(),
            request_budget: Duration::MAX,
            enforcement: EnforcementRules::default(),
            scorecard: Arc::default(),
        }
    }
}
