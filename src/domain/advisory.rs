//! Advisories: what is known to be bad about which versions of which packages, and what of it concerns a release.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;
use crate::domain::code::Severity;
use crate::domain::digest::Digest;
use crate::domain::package::Package;
use crate::domain::vex::{VexFacts, VexOpinion};

/// What sort of trouble an advisory is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdvisoryKind {
    /// It can be exploited.
    Vulnerability,
    /// The package itself does harm.
    Malicious,
    /// Nobody looks after the package.
    Unmaintained,
    /// Safe code can be made to break the language's promises.
    Unsound,
    /// Worth knowing.
    Notice,
}

impl AdvisoryKind {
    /// The word in inputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vulnerability => "vulnerability",
            Self::Malicious => "malicious",
            Self::Unmaintained => "unmaintained",
            Self::Unsound => "unsound",
            Self::Notice => "notice",
        }
    }
}

/// A turning point in the versions of a package.
///
/// Source: ossf.github.io/osv-schema, "affected[].ranges[].events".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// Affected from this version on; `0` is before all versions.
    Introduced(Arc<str>),
    /// Not affected from this version on.
    Fixed(Arc<str>),
    /// Affected up to and with this version.
    LastAffected(Arc<str>),
}

/// Which versions of one package an advisory is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// The package.
    pub package: Package,
    /// Ranges, each with its events in the order of the record.
    pub ranges: Vec<Vec<Event>>,
    /// Versions named one by one; they count besides the ranges.
    pub versions: Vec<Arc<str>>,
}

/// One advisory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advisory {
    /// Its id in the database it comes from.
    pub id: Arc<str>,
    /// The same trouble in other databases: `CVE-…`, `GHSA-…`, `RUSTSEC-…`.
    pub aliases: Vec<Arc<str>>,
    /// One line.
    pub title: Arc<str>,
    /// What sort of trouble.
    pub kind: AdvisoryKind,
    /// How bad, when the database says so or a CVSS vector does.
    pub severity: Option<Severity>,
    /// The CVSS base score, 0 to 10.
    pub score: Option<f64>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// Where to read on.
    pub url: Option<Arc<str>>,
    /// What it is about; an advisory that was withdrawn is not kept.
    pub affected: Vec<Affected>,
}

/// Whether a component is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchState {
    /// Its version is among the affected ones.
    Affected,
    /// Its version is missing or cannot be ordered, so it counts as affected.
    CannotCompare,
}

/// One component that one advisory is about; the same trouble under several ids is one match.
#[derive(Clone, Debug, PartialEq)]
pub struct AdvisoryMatch {
    /// The index of the bill in the release.
    pub sbom: usize,
    /// The index of the component in the bill.
    pub component: usize,
    /// The advisory.
    pub advisory: Arc<Advisory>,
    /// Every other id of the trouble, of all databases.
    pub aliases: Vec<Arc<str>>,
    /// Whether it is hit.
    pub state: MatchState,
    /// The lowest version above the component's that is not affected, when one is known.
    pub fixed: Option<Arc<str>>,
    /// How bad, the worst of what the databases say.
    pub severity: Option<Severity>,
    /// When attackers were first seen to use it, as a catalogue of exploited vulnerabilities says.
    pub exploited_since: Option<Arc<str>>,
    /// The chance, from 0 to 1, that it is exploited within 30 days.
    pub exploit_probability: Option<f64>,
    /// What VEX says of it and counts: the newest word.
    pub vex: Option<VexOpinion>,
    /// What VEX says of it and does not count, the newest first.
    pub vex_ignored: Vec<VexOpinion>,
    /// When a lasting record first saw it in the service; none without such a record.
    pub first_seen: Option<Timestamp>,
}

/// What is known of the advisories that a release was judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseFacts {
    /// The digest of everything that was imported.
    pub digest: Digest,
    /// When it was imported.
    pub imported: Timestamp,
    /// The newest change of an advisory in it.
    pub newest: Option<Timestamp>,
    /// How many advisories of each ecosystem's family, by its name.
    pub advisories: std::collections::BTreeMap<String, usize>,
}

/// What the advisories say of a release.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdvisoryFacts {
    /// The advisories; none when nothing was imported.
    pub database: Option<DatabaseFacts>,
    /// What was found, by bill, component and id.
    pub matches: Vec<AdvisoryMatch>,
    /// Why newer advisories than these could not be read.
    pub fault: Option<String>,
    /// The documents that say whether it matters.
    pub vex: VexFacts,
}
