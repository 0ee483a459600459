//! Every advisory in memory, found by package.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::lookup::{self, Hit};
use crate::domain::advisory::{Advisory, AdvisoryMatch, DatabaseFacts, MatchState};
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::package::{Component, Ecosystem, Package};
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
    /// The ecosystems of each family: the releases of a distribution.
    families: BTreeMap<String, BTreeSet<Ecosystem>>,
    exploited: BTreeMap<Arc<str>, Arc<str>>,
    probabilities: BTreeMap<Arc<str>, f64>,
}

impl Database {
    /// Indexes what was imported at `imported`; `digest` is that of the bytes on disk.
    pub fn new(records: Records, imported: Timestamp, digest: Digest) -> Self {
        let Records { advisories, exploited, probabilities } = records;
        let mut by_package: BTreeMap<Package, Vec<(usize, usize)>> = BTreeMap::new();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut ecosystems: BTreeMap<String, BTreeSet<Ecosystem>> = BTreeMap::new();
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
        for package in by_package.keys() {
            let family = package.ecosystem.family();
            match ecosystems.get_mut(family) {
                Some(known) if known.contains(&package.ecosystem) => {}
                Some(known) => {
                    known.insert(package.ecosystem.clone());
                }
                None => {
                    let known = BTreeSet::from([package.ecosystem.clone()]);
                    ecosystems.insert(family.to_owned(), known);
                }
            }
        }
        let facts = DatabaseFacts { digest, imported, newest, advisories: counts };
        let advisories = advisories.into_iter().map(Arc::new).collect();
        Self { facts, advisories, by_package, families: ecosystems, exploited, probabilities }
    }

    /// One that knows nothing; what scanners report is told all the same.
    pub fn empty() -> Self {
        Self::new(Records::default(), Timestamp::from_millis(0), Digest::of(b""))
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
            let mut reported: BTreeMap<usize, Trouble<'_>> = BTreeMap::new();
            for one in bill.scan.iter().flat_map(|scan| &scan.reported) {
                let hit = Hit { state: MatchState::Affected, fixed: one.fixed.clone() };
                reported.entry(one.component).or_default().push((&one.advisory, hit));
            }
            for (index, component) in bill.components.iter().enumerate() {
                let mut hits = self.hits(component);
                // What a scanner says besides is the same trouble where the ids say so.
                hits.extend(reported.remove(&index).into_iter().flatten());
                let troubles = joined(hits);
                found
                    .extend(troubles.iter().filter_map(|trouble| self.found(sbom, index, trouble)));
            }
        }
        found
    }

    fn hits(&self, component: &Component) -> Vec<(&Arc<Advisory>, Hit)> {
        let Some(package) = component.package.as_ref() else { return Vec::new() };
        let version = component.compared_version.as_deref();
        let mut hits: BTreeMap<usize, Hit> = BTreeMap::new();
        for (ecosystem, is_certain) in self.asked(&package.ecosystem) {
            let known = Package { ecosystem: ecosystem.clone(), name: Arc::clone(&package.name) };
            for (index, entry) in self.by_package.get(&known).into_iter().flatten() {
                let affected =
                    self.advisories.get(*index).and_then(|advisory| advisory.affected.get(*entry));
                let hit = affected.and_then(|affected| lookup::hit(version, affected));
                let Some(mut hit) = hit else { continue };
                if !is_certain {
                    hit.state = MatchState::CannotCompare;
                }
                // What one entry is sure of, another one need not guess.
                match hits.get(index) {
                    Some(earlier) if earlier.state <= hit.state => {}
                    Some(_) | None => {
                        hits.insert(*index, hit);
                    }
                }
            }
        }
        hits.into_iter()
            .filter_map(|(index, hit)| Some((self.advisories.get(index)?, hit)))
            .collect()
    }

    /// The ecosystems whose advisories are about a component of this one, and whether that is certain: of a distribution
    /// whose release is not known each release counts, and what an advisory says of the distribution holds for every release.
    fn asked<'d>(
        &'d self,
        ecosystem: &'d Ecosystem,
    ) -> impl Iterator<Item = (&'d Ecosystem, bool)> {
        let family = self.families.get(ecosystem.family()).into_iter().flatten();
        family.filter_map(move |known| {
            let is_certain = known == ecosystem || known.release().is_none();
            (is_certain || ecosystem.release().is_none()).then_some((known, is_certain))
        })
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
