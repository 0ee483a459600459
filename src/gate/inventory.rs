//! The inventory: what a release that is let in leaves behind, and who holds what.

mod range;
mod rebuild;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Gate;
use crate::decide::Judgement;
use crate::domain::advisory::AdvisoryMatch;
use crate::domain::clock::Timestamp;
use crate::domain::decision::Verdict;
use crate::domain::digest::Digest;
use crate::domain::evidence::{EvidenceSet, ImageFacts};
use crate::domain::finding::Finding;
use crate::domain::inventory::{
    Arrival, Departure, Holding, Judged, KeptFile, KeptRelease, Via, trouble,
};
use crate::domain::package::{Component, Package};
use crate::domain::policy::Scope;
use crate::domain::predicate::Predicate;
use crate::domain::release::{FileRead, Release};
use crate::domain::request::{Request, Stage};
use crate::domain::sbom::Sbom;
use crate::domain::secret::Secrets;
use crate::domain::service::Service;
use crate::domain::value::Value;
use crate::evidence::vex;
use crate::intake;
use crate::policy::Revision;

pub use range::ComponentRange;
pub use rebuild::{Rebuild, RebuiltRelease};

/// A package and a version of it.
type Versioned<'r> = (&'r Package, Option<&'r str>);

/// Stands for the trouble that nobody knows of any.
const WITHOUT_ADVISORIES: u64 = 1;

impl Gate {
    /// What the record keeps of a release that is let in; none of one that is not, or of which no service is known.
    pub(super) fn arrival(
        &self,
        request: &Request,
        release: &Release,
        evidence: &EvidenceSet,
        judgement: &Judgement,
        revision: &Revision,
    ) -> Option<Arrival> {
        let service = release.service.as_ref()?;
        let is_kept = self.store.is_some() && !request.options.dry_run;
        if !is_kept || judgement.verdict == Verdict::Deny {
            return None;
        }
        let part = part(request, release)?;
        let judged = Judged {
            troubles: self.troubles_of(&release.sboms, evidence),
            outcome: outcome(&judgement.findings, revision),
            due: due(&judgement.findings, self.clock.now()),
        };
        Some(arriving(part, service, request, (release, evidence), judged))
    }

    /// That somebody takes something out of the list of what runs, now.
    pub fn departure(&self, actor: &str) -> Departure {
        Departure { actor: intake::hidden(actor, &self.salt), time: self.clock.now() }
    }

    /// What troubles the packages of a release, summed up.
    fn troubles_of(&self, bills: &[Sbom], evidence: &EvidenceSet) -> u64 {
        let base = base(evidence);
        let Some(facts) = &evidence.advisories else { return base };
        let mut by_version: BTreeMap<Versioned<'_>, (usize, usize, Vec<&AdvisoryMatch>)> =
            BTreeMap::new();
        for found in &facts.matches {
            let bill = bills.get(found.sbom);
            let component = bill.and_then(|bill| bill.components.get(found.component));
            let Some(key) = component.and_then(versioned) else { continue };
            let place = (found.sbom, found.component);
            let (sbom, index, matches) =
                by_version.entry(key).or_insert_with(|| (place.0, place.1, Vec::new()));
            // Two bills may list the same version; it has the same troubles in both.
            if (*sbom, *index) == place {
                matches.push(found);
            }
        }
        by_version.into_iter().fold(base, |sum, ((package, version), (.., matches))| {
            sum.wrapping_add(self.trouble(package, version, matches))
        })
    }

    /// What troubles one version of a package, as a number.
    pub(super) fn trouble<'m>(
        &self,
        package: &Package,
        version: Option<&str>,
        matches: impl IntoIterator<Item = &'m AdvisoryMatch>,
    ) -> u64 {
        trouble(package, version, matches, |found| {
            self.sources.iter().fold(0, |sum, source| sum.wrapping_add(source.said_of(found)))
        })
    }
}

/// What the troubles of every release begin with: another number while no advisories are in force, so that the first ones
/// are news for all that runs.
pub(super) fn base(evidence: &EvidenceSet) -> u64 {
    let in_force = evidence.advisories.as_ref().is_some_and(|facts| facts.database.is_some());
    if in_force { 0 } else { WITHOUT_ADVISORIES }
}

/// What the record keeps of a release of `service`.
fn arriving(
    part: String,
    service: &Service,
    request: &Request,
    (release, evidence): (&Release, &EvidenceSet),
    judged: Judged,
) -> Arrival {
    let has_bill = !release.sboms.is_empty();
    let references = release.images.iter().map(|image| image.image.reference.as_str());
    Arrival {
        part,
        images: references.map(|reference| shown(reference, release, evidence)).collect(),
        n_components: release.sboms.iter().map(|bill| bill.components.len()).sum(),
        holdings: holdings(&release.sboms),
        kept: has_bill.then(|| kept(service, request, release, evidence)).flatten(),
        judged,
    }
}

/// What is needed to judge a release again.
fn kept(
    service: &Service,
    request: &Request,
    release: &Release,
    evidence: &EvidenceSet,
) -> Option<String> {
    let kept = KeptRelease {
        service: service.clone(),
        trigger: request.trigger.clone(),
        images: images_of_components(evidence),
        sboms: release.sboms.clone(),
        files: vex_files(release),
    };
    // It is of our own making and has no key that JSON could not write.
    let text = serde_json::to_string(&kept).ok()?;
    if release.secrets.is_empty() {
        return Some(text);
    }
    // Text by text: in the whole a secret may look like a number, or be written with escapes.
    let kept: Value = serde_json::from_str(&text).ok()?;
    serde_json::to_string(&without_secrets(kept, &release.secrets)).ok()
}

/// The value with every secret in its texts and keys replaced.
fn without_secrets(value: Value, secrets: &Secrets) -> Value {
    let redacted = |text: &Arc<str>| match secrets.redact(text) {
        Cow::Borrowed(_) => Arc::clone(text),
        Cow::Owned(text) => Arc::from(text),
    };
    match value {
        Value::String(text) => Value::String(redacted(&text)),
        Value::Array(items) => {
            let items = items.iter().map(|item| without_secrets(item.clone(), secrets));
            Value::array(items.collect())
        }
        Value::Object(object) => {
            let entries = object.entries().iter();
            let entries = entries
                .map(|(key, value)| (redacted(key), without_secrets(value.clone(), secrets)));
            Value::object(entries.collect())
        }
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Map(_)
        | Value::Set(_)) => other,
    }
}

/// Which part of the service a request shows; none where it does not say what runs.
fn part(request: &Request, release: &Release) -> Option<String> {
    match request.stage {
        Stage::Deploy => Some(String::new()),
        Stage::Admission => {
            let workload = release.workloads.first()?;
            let resource = release.resources.get(workload.resource)?;
            // What a controller makes was seen in the controller.
            let is_made = resource.document.at(&["metadata", "ownerReferences"]).is_some();
            let id = &resource.id;
            (!is_made).then(|| format!("{}/{}/{}", id.kind, id.namespace, id.name))
        }
        Stage::Build | Stage::Plan | Stage::Audit | Stage::Watch => None,
    }
}

/// The reference to deploy, when the image was looked at.
fn shown(reference: &str, release: &Release, evidence: &EvidenceSet) -> String {
    let resolved = evidence.image(reference).and_then(|image| image.resolved.as_deref());
    release.secrets.redact(resolved.unwrap_or(reference)).into_owned()
}

/// What is known of the images that speaks of components.
fn images_of_components(evidence: &EvidenceSet) -> Vec<ImageFacts> {
    let images = evidence.images.iter().map(|image| {
        let attestations = image.attestations.iter();
        let speaks = attestations.filter(|it| matches!(it.facts, Predicate::Vex(_)));
        ImageFacts {
            attestations: speaks.cloned().collect(),
            signatures: Vec::new(),
            rejected: Vec::new(),
            configuration: None,
            ..image.clone()
        }
    });
    images.collect()
}

/// The files that say of vulnerabilities whether they matter.
fn vex_files(release: &Release) -> Vec<KeptFile> {
    let is_vex = |read: &&FileRead| {
        read.file.path.to_ascii_lowercase().ends_with("json")
            && vex::format_of(&read.file.text).is_some()
    };
    let kept = |read: &FileRead| KeptFile {
        path: read.file.path.clone(),
        text: release.secrets.redact_file(&read.file, &read.secrets),
    };
    release.files.iter().filter(is_vex).map(kept).collect()
}

/// Every package of the bills, each version once.
fn holdings(bills: &[Sbom]) -> Vec<Holding> {
    let mut holdings: BTreeMap<(Package, Option<Arc<str>>), Via> = BTreeMap::new();
    for bill in bills {
        for (index, component) in bill.components.iter().enumerate() {
            let via = via(bill, index);
            for key in names(component) {
                let known = holdings.entry(key).or_default();
                if *known == Via::Unknown || via == Via::Direct {
                    *known = via.clone();
                }
            }
        }
    }
    holdings
        .into_iter()
        .map(|((package, version), via)| Holding { package, version, via })
        .collect()
}

/// The package as advisories know it; of a distribution also under the name that is installed.
fn names(component: &Component) -> impl Iterator<Item = (Package, Option<Arc<str>>)> {
    let source = component.package.as_ref();
    let installed = source.filter(|_| is_of_distribution(component)).map(|source| {
        let package = Package::new(source.ecosystem.clone(), &component.name);
        (package, component.version.clone())
    });
    let source = source.map(|package| (package.clone(), component.compared_version.clone()));
    // A package may be built from a source of its own name, in the same version or another one.
    let installed = installed
        .filter(|installed| source.as_ref().is_some_and(|(package, _)| *package != installed.0));
    source.into_iter().chain(installed)
}

fn is_of_distribution(component: &Component) -> bool {
    let purl = component.purl.as_deref().unwrap_or_default();
    ["pkg:deb/", "pkg:apk/", "pkg:rpm/"].iter().any(|kind| purl.starts_with(kind))
}

fn via(bill: &Sbom, index: usize) -> Via {
    if bill.is_direct(index) {
        return Via::Direct;
    }
    let first = bill.path_to(index).first().copied().filter(|first| *first != index);
    let first = first.and_then(|first| bill.components.get(first));
    match first.and_then(|component| component.package.clone()) {
        Some(package) => Via::Through(package),
        None => Via::Unknown,
    }
}

fn versioned(component: &Component) -> Option<Versioned<'_>> {
    Some((component.package.as_ref()?, component.compared_version.as_deref()))
}

/// A digest of what was found in the bills, without what changes from one day to the next.
pub(super) fn outcome(findings: &[Finding], revision: &Revision) -> Digest {
    let of_bills: Vec<&str> = revision
        .policies()
        .iter()
        .filter(|policy| policy.scope == Scope::Sbom)
        .map(|policy| policy.package.as_str())
        .collect();
    let own = findings.iter().filter(|finding| of_bills.contains(&finding.policy.as_str()));
    let mut lines: Vec<String> = own.map(line).collect();
    lines.sort_unstable();
    Digest::of_parts(lines.iter().map(String::as_bytes))
}

fn line(finding: &Finding) -> String {
    let fact = |name: &str| finding.facts.get(name).map(ToString::to_string);
    format!(
        "{}\n{:?}\n{:?}\n{:?}\n{}\n{}\n{:?}\n{:?}",
        finding.code,
        finding.severity,
        finding.enforcement,
        finding.state,
        finding.location.file,
        finding.location.path,
        fact("fixed"),
        fact("exploited_since"),
    )
}

/// When the first grace period ends, a little late rather than early.
pub(super) fn due(findings: &[Finding], now: Timestamp) -> Option<Timestamp> {
    const DAY: i64 = 86_400_000;
    const HOUR: i64 = 3_600_000;
    let days_left =
        |finding: &Finding| finding.facts.get("grace_left_days")?.as_i64().filter(|days| *days > 0);
    let first = findings.iter().filter_map(days_left).min()?;
    // The last day is looked at every hour: nobody has told which hour it is.
    let wait = if first > 1 { (first - 1).saturating_mul(DAY) } else { HOUR };
    Some(Timestamp::from_millis(now.as_millis().saturating_add(wait)))
}
