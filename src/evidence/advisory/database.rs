//! Every advisory in memory, found by package.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::lookup::{self, Compared, Hit};
use super::packed::{self, Asked, Cursor, Directory, Entries, Packed, Versions};
use super::version::Order;
use crate::domain::advisory::{Advisory, AdvisoryMatch, DatabaseFacts, MatchState};
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::package::{Component, Ecosystem};
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
    packed: Packed,
    /// The ecosystems of each family, by their number: the releases of a distribution.
    families: BTreeMap<String, Vec<usize>>,
}

impl Database {
    /// Indexes what was imported at `imported`; `digest` is that of the bytes on disk.
    ///
    /// # Errors
    /// `Internal` when there are more than 4 GiB of advisories.
    pub fn new(records: &Records, imported: Timestamp, digest: Digest) -> Result<Self, Error> {
        let fault = |cause: &str| Error::internal_fault(format!("cannot pack advisories: {cause}"));
        let bytes = packed::pack(records).map_err(|cause| fault(&cause.to_string()))?;
        Ok(Self::of(Packed::open(bytes).map_err(fault)?, imported, digest))
    }

    pub(super) fn of(packed: Packed, imported: Timestamp, digest: Digest) -> Self {
        let directory = &packed.directory;
        let mut families: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, ecosystem) in directory.ecosystems.iter().enumerate() {
            families.entry(ecosystem.family().to_owned()).or_default().push(number);
        }
        let facts = DatabaseFacts {
            digest,
            imported,
            newest: directory.newest,
            advisories: directory.counts.clone(),
        };
        Self { facts, packed, families }
    }

    /// What is known of it as a whole.
    pub const fn facts(&self) -> &DatabaseFacts {
        &self.facts
    }

    /// How many advisories there are.
    pub const fn n_advisories(&self) -> usize {
        self.packed.directory.n_advisories
    }

    /// Every trouble of every component, the same trouble under several ids once.
    pub fn matches(&self, sboms: &[Sbom]) -> Vec<AdvisoryMatch> {
        matches(Some(self), sboms)
    }

    /// Adds what the entries say of a component to its troubles; returns which version clears them.
    fn add_hits(
        &self,
        entries: &Entries<'_>,
        version: Option<&Compared<'_>>,
        order: Option<Order>,
        hits: &mut Trouble,
    ) -> Option<Arc<str>> {
        let before = hits.len();
        let mut found: Vec<(u32, Hit)> = Vec::new();
        let mut unmended: Vec<usize> = Vec::new();
        for (number, (at, is_certain, versions)) in entries.iter().enumerate() {
            let Some(mut hit) = lookup::hit(version, &versions, order) else { continue };
            if hit.fixed.is_none() {
                unmended.push(number);
            }
            if !is_certain {
                hit.state = MatchState::CannotCompare;
            }
            // What one entry is sure of, another one need not guess.
            match found.iter_mut().find(|(known, _)| *known == at) {
                Some((_, earlier)) if earlier.state <= hit.state => {}
                Some((_, earlier)) => *earlier = hit,
                None => found.push((at, hit)),
            }
        }
        hits.extend(
            found.into_iter().filter_map(|(at, hit)| Some((self.packed.advisory(at)?, hit))),
        );
        if let Some(own) = hits.get_mut(before..) {
            own.sort_by(|(left, _), (right, _)| left.id.cmp(&right.id));
        }
        if hits.is_empty() {
            return None;
        }
        // What no version mends is left aside.
        let to_clear = entries.iter().enumerate().filter(|(number, _)| !unmended.contains(number));
        let to_clear: Vec<Versions<'_, '_>> =
            to_clear.map(|(_, (.., versions))| versions).collect();
        upgrade(&to_clear, version?)
    }

    /// The ecosystems whose advisories are about a component of this one, and whether that is certain: of a distribution
    /// whose release is not known each release counts, and what an advisory says of the distribution holds for every release.
    fn asked<'d>(&'d self, ecosystem: &'d Ecosystem) -> impl Iterator<Item = (usize, bool)> {
        let family = self.families.get(ecosystem.family()).into_iter().flatten();
        family.filter_map(move |number| {
            let known = self.packed.directory.ecosystems.get(*number)?;
            let is_certain = known == ecosystem || known.release().is_none();
            (is_certain || ecosystem.release().is_none()).then_some((*number, is_certain))
        })
    }
}

/// The lowest version above a component's that none of these entries is about.
fn upgrade(entries: &[Versions<'_, '_>], version: &Compared<'_>) -> Option<Arc<str>> {
    let order = version.order?;
    let is_above = |fix: &&str| version.to(fix).is_ok_and(Ordering::is_lt);
    let mut fixes: Vec<&str> = entries.iter().flat_map(lookup::fixes).filter(is_above).collect();
    fixes.sort_by(|left, right| order.compare(left, right).unwrap_or(Ordering::Equal));
    let is_clear = |fix: &&str| {
        let fix = Compared::new(fix, Some(order));
        entries.iter().all(|versions| lookup::state(Some(&fix), versions).is_none())
    };
    fixes.into_iter().find(is_clear).map(Arc::from)
}

/// Components that are looked up in one go: enough to wait for the memory seldom, few enough for what is found to stay near.
const N_AT_ONCE: usize = 256;

/// What the advisories and the scanners' own reports say of every component, the same trouble under several ids once.
pub(super) fn matches(database: Option<&Database>, sboms: &[Sbom]) -> Vec<AdvisoryMatch> {
    let mut matches = Vec::new();
    let directory = database.map(|database| &database.packed.directory);
    let mut lookup = Lookup::new(database);
    let mut entries = Entries::default();
    for (sbom, bill) in sboms.iter().enumerate() {
        let mut reported = reported(bill);
        for (number, components) in bill.components.chunks(N_AT_ONCE).enumerate() {
            lookup.find(components);
            for (place, component) in components.iter().enumerate() {
                let index = number * N_AT_ONCE + place;
                // What a scanner says is the same trouble where the ids say so.
                let mut hits = reported.remove(&index).unwrap_or_default();
                let mut mended = None;
                if let (Some(database), Some(package)) = (database, component.package.as_ref()) {
                    lookup.take_next(&mut entries);
                    if !entries.is_empty() || !hits.is_empty() {
                        let order = Order::of(package.ecosystem.as_str());
                        let version = component.compared_version.as_deref();
                        let version = version.map(|version| Compared::new(version, order));
                        mended = database.add_hits(&entries, version.as_ref(), order, &mut hits);
                    }
                }
                let found = joined(hits).into_iter().filter_map(|trouble| {
                    let found = found(directory, sbom, index, &trouble)?;
                    Some(AdvisoryMatch { upgrade: mended.clone(), ..found })
                });
                matches.extend(found);
            }
        }
    }
    matches
}

/// The packages of several components, looked up in one go and taken one by one.
struct Lookup<'d, 'c> {
    database: Option<&'d Database>,
    /// A bill has components of one or two ecosystems, so that of the last one is nearly always asked again.
    last: Option<(&'c Ecosystem, Vec<(usize, bool)>)>,
    asked: Vec<Asked<'c>>,
    /// As long as `asked`.
    found: Vec<Option<Cursor<'d>>>,
    /// How many packages each component may be.
    n_packages: Vec<usize>,
    /// How many components and packages were taken.
    taken: (usize, usize),
}

impl<'d, 'c> Lookup<'d, 'c> {
    const fn new(database: Option<&'d Database>) -> Self {
        Self {
            database,
            last: None,
            asked: Vec::new(),
            found: Vec::new(),
            n_packages: Vec::new(),
            taken: (0, 0),
        }
    }

    /// Looks up those of the components that are a package.
    fn find(&mut self, components: &'c [Component]) {
        let Some(database) = self.database else { return };
        self.asked.clear();
        self.n_packages.clear();
        self.taken = (0, 0);
        for package in components.iter().filter_map(|component| component.package.as_ref()) {
            let ecosystem = &package.ecosystem;
            if self.last.as_ref().is_none_or(|(last, _)| *last != ecosystem) {
                self.last = Some((ecosystem, database.asked(ecosystem).collect()));
            }
            let ecosystems = self.last.as_ref().map(|(_, list)| list.as_slice());
            let ecosystems = ecosystems.unwrap_or_default();
            self.asked.extend(ecosystems.iter().map(|(ecosystem, is_certain)| Asked {
                ecosystem: *ecosystem,
                name: &package.name,
                is_certain: *is_certain,
            }));
            self.n_packages.push(ecosystems.len());
        }
        database.packed.locate(&self.asked, &mut self.found);
    }

    /// Takes what the advisories say of the versions of the next component that is a package.
    fn take_next(&mut self, entries: &mut Entries<'d>) {
        entries.clear();
        let (component, package) = self.taken;
        let n_packages = self.n_packages.get(component).copied().unwrap_or_default();
        let range = package..package + n_packages;
        self.taken = (component + 1, range.end);
        let asked = self.asked.get(range.clone()).unwrap_or_default();
        let found = self.found.get_mut(range).unwrap_or_default();
        for (asked, found) in asked.iter().zip(found) {
            if let Some(cursor) = found
                && entries.read(cursor, asked.is_certain).is_none()
            {
                // The digest of the whole was that of what we wrote ourselves.
                tracing::error!(name = asked.name, "Cannot decode the advisories of a package");
            }
        }
    }
}

/// What a scanner reported of each component.
fn reported(bill: &Sbom) -> BTreeMap<usize, Trouble> {
    let mut reported: BTreeMap<usize, Trouble> = BTreeMap::new();
    for one in bill.scan.iter().flat_map(|scan| &scan.reported) {
        let hit = Hit { state: MatchState::Affected, fixed: one.fixed.clone() };
        reported.entry(one.component).or_default().push((Arc::clone(&one.advisory), hit));
    }
    reported
}

fn found(
    directory: Option<&Directory>,
    sbom: usize,
    component: usize,
    trouble: &[(Arc<Advisory>, Hit)],
) -> Option<AdvisoryMatch> {
    let advisories = || trouble.iter().map(|(advisory, _)| advisory);
    let ids = advisories().flat_map(|advisory| advisory.aliases.iter().chain([&advisory.id]));
    let mut ids: Vec<&Arc<str>> = ids.collect();
    ids.sort();
    ids.dedup();
    // The record that says most: how bad it is, then what can be done.
    let (spoken, hit) = trouble
        .iter()
        .max_by_key(|(advisory, hit)| (advisory.severity.is_some(), hit.fixed.is_some()))?;
    let others = || trouble.iter().map(|(_, hit)| hit);
    let exploited = |id: &Arc<str>| directory?.exploited.get(id).cloned();
    let probability = |id: &Arc<str>| directory?.probabilities.get(id).copied();
    Some(AdvisoryMatch {
        sbom,
        component,
        aliases: ids.iter().filter(|id| ***id != spoken.id).map(|id| Arc::clone(id)).collect(),
        state: others().map(|hit| hit.state).min()?,
        fixed: hit.fixed.clone().or_else(|| others().find_map(|hit| hit.fixed.clone())),
        severity: advisories().filter_map(|advisory| advisory.severity).max(),
        upgrade: None,
        exploited_since: ids.iter().find_map(|id| exploited(id)),
        exploit_probability: ids.iter().filter_map(|id| probability(id)).reduce(f64::max),
        advisory: Arc::clone(spoken),
        vex: None,
        vex_ignored: Vec::new(),
        first_seen: None,
    })
}

/// Advisories about one component, each with what it says of its version.
type Trouble = Vec<(Arc<Advisory>, Hit)>;

/// Groups hits of one component that name each other, or a third one, as aliases.
fn joined(hits: Trouble) -> Vec<Trouble> {
    if hits.len() < 2 {
        return if hits.is_empty() { Vec::new() } else { vec![hits] };
    }
    let mut groups: Vec<(BTreeSet<Arc<str>>, Trouble)> = Vec::new();
    for (advisory, hit) in hits {
        let mut ids: BTreeSet<Arc<str>> =
            advisory.aliases.iter().chain([&advisory.id]).cloned().collect();
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
        let id = |group: &Trouble| group.first().map(|(advisory, _)| Arc::clone(&advisory.id));
        id(left).cmp(&id(right))
    });
    groups.into_iter().map(|(_, members)| members).collect()
}

#[cfg(test)]
mod tests;
