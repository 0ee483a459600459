//! Enforcement: what a failed policy does, as `enforcement.yaml` says it. The decision itself is `decide`'s.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::clock::Timestamp;
use crate::domain::code::{Code, Severity};
use crate::domain::finding::Enforcement;
use crate::domain::service::Environment;

/// `enforcement.yaml`, checked.
#[derive(Clone, Debug)]
pub struct EnforcementRules {
    /// The environments that exist; a request for another one is refused. Empty: every name is taken.
    pub environments: BTreeSet<Environment>,
    /// In order; the first that matches decides.
    pub rules: Vec<EnforcementRule>,
    /// By severity, when no rule matches.
    pub default: BTreeMap<Severity, Enforcement>,
}

/// One rule of `enforcement.yaml`. An empty condition always holds.
#[derive(Clone, Debug)]
pub struct EnforcementRule {
    /// The codes it speaks of.
    pub codes: BTreeSet<Code>,
    /// The packs it speaks of.
    pub packs: BTreeSet<String>,
    /// Where it holds.
    pub environments: BTreeSet<Environment>,
    /// For services of which tiers.
    pub tiers: BTreeSet<String>,
    /// For services of which owners.
    pub teams: BTreeSet<String>,
    /// Before this moment a `deny` of this rule only warns.
    pub effective_on: Option<Timestamp>,
    /// What a failed policy does.
    pub action: Enforcement,
}

impl Default for EnforcementRules {
    /// High and critical deny, the rest warns, every environment exists.
    fn default() -> Self {
        let default = [
            (Severity::Critical, Enforcement::Deny),
            (Severity::High, Enforcement::Deny),
            (Severity::Medium, Enforcement::Warn),
            (Severity::Low, Enforcement::Warn),
        ];
        Self {
            environments: BTreeSet::new(),
            rules: Vec::new(),
            default: default.into_iter().collect(),
        }
    }
}
