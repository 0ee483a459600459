//! The inventory: which release runs where, and which packages it holds.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::advisory::AdvisoryMatch;
use crate::domain::clock::Timestamp;
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::digest::Digest;
use crate::domain::evidence::ImageFacts;
use crate::domain::package::{Ecosystem, Package};
use crate::domain::request::Trigger;
use crate::domain::sbom::Sbom;
use crate::domain::service::{Environment, Service, ServiceRef};

/// A release that runs, by its number in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseId(pub i64);

/// How a package comes into a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// The bill does not say.
    #[default]
    Unknown,
    /// It is a direct dependency.
    Direct,
    /// Through this direct dependency.
    Through(Package),
}

/// One package of a release, in one version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    /// The package as advisories know it.
    pub package: Package,
    /// The version that is compared.
    pub version: Option<Arc<str>>,
    /// How it comes in.
    pub via: Via,
}

/// What a release was judged by, short enough to tell whether it must be judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The sum of [`trouble`] over its packages.
    pub troubles: u64,
    /// The digest of what was found.
    pub outcome: Digest,
    /// When the first grace period ends.
    pub due: Option<Timestamp>,
}

/// A release that was let in.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Which part of the service it is: empty for all of it, else the object that was seen at the cluster's door.
    pub part: String,
    /// The images, as deployed when that is known.
    pub images: Vec<String>,
    /// How many components its bills have, those without a package too.
    pub n_components: usize,
    /// Its packages, each version once.
    pub holdings: Vec<Holding>,
    /// A [`KeptRelease`] as JSON, secrets replaced; none of a release without a bill, which need not be judged again.
    pub kept: Option<String>,
    /// What it was judged by.
    pub judged: Judged,
}

/// A release that was judged again.
#[derive(Clone, Copy, Debug)]
pub struct Rejudged {
    /// Which one.
    pub release: ReleaseId,
    /// The decision that let it in; when another one did meanwhile, nothing is noted.
    pub arrived: DecisionId,
    /// What it was judged by.
    pub judged: Judged,
}

/// What is kept of a release to judge it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptRelease {
    /// The service, as it was known then.
    pub service: Service,
    /// Who or what asked for it.
    pub trigger: Trigger,
    /// What was known of its images, as far as it speaks of components: digests, and attested VEX documents.
    pub images: Vec<ImageFacts>,
    /// Its bills.
    pub sboms: Vec<Sbom>,
    /// The files of it that are VEX documents.
    pub files: Vec<KeptFile>,
}

/// A file of a kept release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// The path by which its author knows it.
    pub path: String,
    /// The text, secrets replaced.
    pub text: String,
}

/// A release that runs, to be judged again.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Which one.
    pub id: ReleaseId,
    /// The environment.
    pub environment: Environment,
    /// The decision that let it in.
    pub arrived: DecisionId,
    /// What it was last judged by.
    pub judged: Judged,
    /// A [`KeptRelease`] as JSON.
    pub kept: String,
}

/// One version of a package that some release holds, by its numbers in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The number of the package.
    pub package: i64,
    /// The number of the version.
    pub version: i64,
    /// The package.
    pub name: Package,
    /// The version.
    pub text: Option<Arc<str>>,
}

/// What troubles a package in a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Troubled {
    /// The number of the package.
    pub package: i64,
    /// The number of the version.
    pub version: i64,
    /// As [`trouble`] has it.
    pub trouble: u64,
}

/// Whether a version is within a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It is missing or cannot be ordered: nobody knows.
    Unsure,
}

/// Tells whether a version is within a range.
pub type VersionTest = Arc<dyn Fn(Option<&str>) -> Within + Send + Sync>;

/// Which releases are asked for.
#[derive(Clone)]
pub struct HolderQuery {
    /// The question as it was asked.
    pub written: String,
    /// Holding this package; an ecosystem without a release stands for all of its releases.
    pub package: Package,
    /// In these versions.
    pub versions: VersionTest,
    /// In this environment.
    pub environment: Option<Environment>,
    /// Of services of this owner.
    pub team: Option<String>,
}

impl fmt::Debug for HolderQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, package, versions: _, environment, team } = self;
        f.debug_struct("HolderQuery")
            .field("written", written)
            .field("package", package)
            .field("environment", environment)
            .field("team", team)
            .finish_non_exhaustive()
    }
}

/// A release that holds what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The service.
    pub service: ServiceRef,
    /// The environment.
    pub environment: Environment,
    /// The object of the service, when a cluster's door saw it; empty for a whole release.
    pub part: String,
    /// The package's ecosystem.
    pub ecosystem: Ecosystem,
    /// The package's name.
    pub package: Arc<str>,
    /// The version; empty when the bill does not say.
    pub version: String,
    /// Whether the version is known to be within the range: one that cannot be compared is listed too.
    pub comparable: bool,
    /// Since when the service holds this version there.
    pub since: Timestamp,
    /// The direct dependency through which it comes in; empty when it is one itself, or the bill does not say.
    pub through: String,
    /// Whether it is a direct dependency.
    pub direct: bool,
    /// The owning team; empty when unknown.
    pub team: String,
    /// The decision that let the release in.
    pub decision: DecisionId,
}

/// How many there are, over all pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HolderCounts {
    /// Services in an environment that hold what was asked for.
    pub n_services: usize,
    /// Of the holders those whose version cannot be compared.
    pub n_unsure: usize,
    /// Releases that were looked through.
    pub n_releases: usize,
}

/// A component of a service that runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunningComponent {
    /// The package's name.
    pub package: Arc<str>,
    /// The version; empty when the bill does not say.
    pub version: String,
    /// The package's ecosystem.
    pub ecosystem: Ecosystem,
    /// Whether it is a direct dependency.
    pub direct: bool,
    /// The direct dependency through which it comes in; empty when it is one itself, or the bill does not say.
    pub through: String,
}

/// A release that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunningRelease {
    /// The service.
    pub service: ServiceRef,
    /// The environment.
    pub environment: Environment,
    /// The object of the service, when a cluster's door saw it; empty for a whole release.
    pub part: String,
    /// The owning team; empty when unknown.
    pub team: String,
    /// The images.
    pub images: Vec<String>,
    /// How many components its bills have; none when it came without a bill.
    pub n_components: usize,
    /// The decision that let it in.
    pub decision: DecisionId,
    /// When that was.
    pub time: Timestamp,
}

/// Which releases are listed; an empty condition always holds.
#[derive(Clone, Debug, Default)]
pub struct ReleaseFilter {
    /// Of this service.
    pub service: Option<ServiceRef>,
    /// In this environment.
    pub environment: Option<Environment>,
    /// Of services of this owner.
    pub team: Option<String>,
    /// This part: empty for whole releases, else an object that was seen at a cluster's door.
    pub part: Option<String>,
}

/// Who takes releases out of the list of what runs, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// Who asked for it; empty when nobody said.
    pub actor: String,
    /// When.
    pub time: Timestamp,
}

/// A release that is put back into the list of what runs, as its decision let it in.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The decision.
    pub decision: Arc<Decision>,
    /// What is known of the release.
    pub arrival: Arrival,
}

/// What matters of the troubles of one version of a package, as a number; none is 0.
///
/// `said` is what else is known of a trouble by its ids: what VEX documents say.
pub fn trouble<'m>(
    package: &Package,
    version: Option<&str>,
    matches: impl IntoIterator<Item = &'m AdvisoryMatch>,
    said: impl Fn(&AdvisoryMatch) -> u64,
) -> u64 {
    let mut lines: Vec<String> =
        matches.into_iter().map(|found| line(found, said(found))).collect();
    if lines.is_empty() {
        return 0;
    }
    lines.sort_unstable();
    let head = [package.ecosystem.as_str(), &package.name, version.unwrap_or_default()];
    let parts = head.into_iter().chain(lines.iter().map(String::as_str));
    let digest = Digest::of_parts(parts.map(str::as_bytes));
    digest.as_bytes().first_chunk::<8>().copied().map_or(0, u64::from_le_bytes)
}

/// Everything of a match that a policy may look at, apart from what is the release's own.
fn line(found: &AdvisoryMatch, said: u64) -> String {
    let advisory = &found.advisory;
    format!(
        "{}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{said}",
        advisory.id,
        found.aliases,
        advisory.kind,
        advisory.published,
        advisory.score,
        found.state,
        found.fixed,
        found.upgrade,
        found.severity,
        found.exploited_since,
        found.exploit_probability,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::advisory::{Advisory, AdvisoryKind, MatchState};

    fn found(id: &str, fixed: Option<&str>) -> AdvisoryMatch {
        AdvisoryMatch {
            sbom: 0,
            component: 0,
            advisory: Arc::new(Advisory {
                id: Arc::from(id),
                aliases: Vec::new(),
                title: Arc::from("title"),
                kind: AdvisoryKind::Vulnerability,
                severity: None,
                score: None,
                published: None,
                modified: None,
                url: None,
                affected: Vec::new(),
            }),
            aliases: Vec::new(),
            state: MatchState::Affected,
            fixed: fixed.map(Arc::from),
            upgrade: None,
            severity: None,
            exploited_since: None,
            exploit_probability: None,
            vex: None,
            vex_ignored: Vec::new(),
            first_seen: None,
        }
    }

    fn sum(matches: &[AdvisoryMatch], said: u64) -> u64 {
        let package = Package::new(Ecosystem::new("npm"), "a");
        trouble(&package, Some("1.0.0"), matches, |_| said)
    }

    #[test]
    fn no_trouble_is_zero_and_every_change_of_one_is_another_number() {
        let one = found("GHSA-1", None);
        assert_eq!(sum(&[], 0), 0);
        let numbers = [
            sum(std::slice::from_ref(&one), 0),
            sum(std::slice::from_ref(&one), 1),
            sum(&[found("GHSA-2", None)], 0),
            sum(&[found("GHSA-1", Some("1.1.0"))], 0),
            sum(&[one.clone(), found("GHSA-2", None)], 0),
        ];
        for (index, number) in numbers.iter().enumerate() {
            assert!(*number != 0 && !numbers[..index].contains(number), "{index}");
        }
    }

    #[test]
    fn neither_the_order_nor_what_is_the_release_s_own_makes_another_number() {
        let (one, two) = (found("GHSA-1", None), found("GHSA-2", None));
        assert_eq!(sum(&[one.clone(), two.clone()], 0), sum(&[two, one.clone()], 0));
        let own = AdvisoryMatch {
            sbom: 3,
            component: 9,
            first_seen: Some(Timestamp::from_millis(1)),
            ..one.clone()
        };
        assert_eq!(sum(&[own], 0), sum(&[one], 0));
    }
}
