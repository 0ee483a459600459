//! Every advisory in memory, found by package.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::lookup::{self, Hit};
use crate::domain::advisory::{Advisory, AdvisoryMatch, DatabaseFacts};
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::package::{Component, Package};
use crate::domain::sbom::Sbom;

/// What was imported, as it lies on disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Records {
    /// The advisories, by ascending id.
    pub advisories: Vec<Advisory>,
    /// Since when each CVE is known to be exploited (`2024-05-06`).
    pub exploited: BTreeMap<Arc<str>, Arc<str>>,
    /// The chance of each CVE to be exploited within 30 days, from 0 to 1.
    pub probabilities: BTreeMap<Arc<str>, f64>,
}

/// The advisories with their index. Immutable; new data is a new database.
#[derive(Debug)]
pub struct Database {
    facts: DatabaseFacts,
    advisories: Vec<Arc<Advisory>>,
    /// For each package the advisories and which of their entries is about it.
    by_package: BTreeMap<Package, Vec<(usize, usize)>>,
    exploited: BTreeMap<Arc<str>, Arc<str>>,
    probabilities: BTreeMap<Arc<str>, f64>,
}

impl Database {
    /// Indexes what was imported at `imported`; `digest` is that of the bytes on disk.
    pub fn new(records: Records, imported: Timestamp, digest: Digest) -> Self {
        let Records { advisories, exploited, probabilities } = records;
        let mut by_package: BTreeMap<Package, Vec<(usize, usize)>> = BTreeMap::new();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut newest = None;
        for (index, advisory) in advisories.iter().enumerate() {
            newest = newest.max(advisory.modified);
            let mut families = BTreeSet::new();
            for (entry, affected) in advisory.affected.iter().enumerate() {
                families.insert(affected.package.ecosystem.family());
                by_package.entry(affected.package.clone()).or_default().push((index, entry));
            }
            for family in families {
                *counts.entry(family.to_owned()).or_default() += 1;
            }
        }
        let facts = DatabaseFacts { digest, imported, newest, advisories: counts };
        let advisories = advisories.into_iter().map(Arc::new).collect();
        Self { facts, advisories, by_package, exploited, probabilities }
    }

    /// What is known of it as a whole.
    pub const fn facts(&self) -> &DatabaseFacts {
        &self.facts
    }

    /// How many advisories there are.
    pub fn n_advisories(&self) -> usize {
        self.advisories.len()
    }

    /// Every trouble of every component, the same trouble under several ids once.
    pub fn matches(&self, sboms: &[Sbom]) -> Vec<AdvisoryMatch> {
        let mut found = Vec::new();
        for (sbom, bill) in sboms.iter().enumerate() {
            for (index, component) in bill.components.iter().enumerate() {
                let hits = self.hits(component);
                let troubles = joined(hits);
                found
                    .extend(troubles.iter().filter_map(|trouble| self.found(sbom, index, trouble)));
            }
        }
        found
    }

    fn hits(&self, component: &Component) -> Vec<(&Arc<Advisory>, Hit)> {
        let Some(entries) =
            component.package.as_ref().and_then(|package| self.by_package.get(package))
        else {
            return Vec::new();
        };
        let mut hits: BTreeMap<usize, Hit> = BTreeMap::new();
        for (index, entry) in entries {
            let affected =
                self.advisories.get(*index).and_then(|advisory| advisory.affected.get(*entry));
            let version = component.compared_version.as_deref();
            let Some(hit) = affected.and_then(|affected| lookup::hit(version, affected)) else {
                continue;
            };
            // What one entry is sure of, another one need not guess.
            match hits.get(index) {
                Some(earlier) if earlier.state <= hit.state => {}
                Some(_) | None => {
                    hits.insert(*index, hit);
                }
            }
        }
        hits.into_iter()
            .filter_map(|(index, hit)| Some((self.advisories.get(index)?, hit)))
            .collect()
    }

    fn found(
        &self,
        sbom: usize,
        component: usize,
        trouble: &[(&Arc<Advisory>, Hit)],
    ) -> Option<AdvisoryMatch> {
        let advisories = || trouble.iter().map(|(advisory, _)| *advisory);
        let ids: BTreeSet<&Arc<str>> = advisories()
            .flat_map(|advisory| advisory.aliases.iter().chain([&advisory.id]))
            .collect();
        // The record that says most: how bad it is, then what can be done.
        let (spoken, hit) = trouble
            .iter()
            .max_by_key(|(advisory, hit)| (advisory.severity.is_some(), hit.fixed.is_some()))?;
        let others = || trouble.iter().map(|(_, hit)| hit);
        Some(AdvisoryMatch {
            sbom,
            component,
            aliases: ids.iter().filter(|id| ***id != spoken.id).map(|id| Arc::clone(id)).collect(),
            state: others().map(|hit| hit.state).min()?,
            fixed: hit.fixed.clone().or_else(|| others().find_map(|hit| hit.fixed.clone())),
            severity: advisories().filter_map(|advisory| advisory.severity).max(),
            exploited_since: ids.iter().find_map(|id| self.exploited.get(*id).cloned()),
            exploit_probability: ids
                .iter()
                .filter_map(|id| self.probabilities.get(*id).copied())
                .reduce(f64::max),
            advisory: Arc::clone(spoken),
            vex: None,
            vex_ignored: Vec::new(),
            first_seen: None,
        })
    }
}

/// Advisories about one component, each with what it says of its version.
type Trouble<'d> = Vec<(&'d Arc<Advisory>, Hit)>;

/// Groups hits of one component that name each other, or a third one, as aliases.
fn joined<'d>(hits: Trouble<'d>) -> Vec<Trouble<'d>> {
    let mut groups: Vec<(BTreeSet<&'d str>, Trouble<'d>)> = Vec::new();
    for (advisory, hit) in hits {
        let mut ids: BTreeSet<&str> =
            advisory.aliases.iter().chain([&advisory.id]).map(AsRef::as_ref).collect();
        let mut members = vec![(advisory, hit)];
        // One record may tie two groups together that did not know of each other.
        let (same, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(known, _)| !known.is_disjoint(&ids));
        for (known, earlier) in same {
            ids.extend(known);
            members.extend(earlier);
        }
        members.sort_by(|(left, _), (right, _)| left.id.cmp(&right.id));
        groups = others;
        groups.push((ids, members));
    }
    groups.sort_by(|(_, left), (_, right)| {
        let id =
            |group: &[(&'d Arc<Advisory>, Hit)]| group.first().map(|(advisory, _)| &advisory.id);
        id(left).cmp(&id(right))
    });
    groups.into_iter().map(|(_, members)| members).collect()
}

#[cfg(test)]
mod tests;
