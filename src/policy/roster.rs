//! Who is asked about what: found once when a revision is loaded, so that policies of other kinds cost a request nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::terraform::is_plan;
use crate::domain::evidence::{EvidenceSet, ImageFacts, VerificationStatus};
use crate::domain::policy::{Dialect, Needs, PolicyMeta, Scope, Subject};
use crate::domain::release::Release;
use crate::domain::request::{Request, Stage};
use crate::domain::resource::ResourceId;

/// One thing to ask policies about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Workload(usize),
    Resource(usize),
    /// A resource as it is written, for policies that know nothing of goldgate.
    Document(usize),
    /// A resource under review, as Gatekeeper shows it.
    Review(usize),
    /// A document that is no resource.
    Stranger(usize),
    Image(usize),
    Release,
    /// Everything at once as it is written.
    Combined,
    Sbom(usize),
    /// A plan among the documents that are no resource.
    Plan(usize),
    /// The same with its run, as Terraform Cloud shows it.
    Run(usize),
    /// What is attested of an image, as Conforma shows it.
    Attested(usize),
}

/// The policies of a revision by what they want to see; numbers are those of the revision's policies.
#[derive(Debug, Default)]
pub(super) struct Roster {
    workloads: Audience,
    resources: Audience,
    documents: Audience,
    reviews: Audience,
    strangers: Vec<usize>,
    combined: Vec<usize>,
    images: Vec<(usize, Needs)>,
    releases: Vec<usize>,
    sboms: Vec<usize>,
    plans: Vec<usize>,
    runs: Vec<usize>,
    attested: Vec<(usize, Needs)>,
}

/// Policies over things that have a kind.
#[derive(Debug, Default)]
struct Audience {
    of_every_kind: Vec<usize>,
    /// By the kind's name without its group.
    by_kind: BTreeMap<String, Vec<usize>>,
    /// The kinds as METADATA has them, for those whose group matters too.
    wanted: BTreeMap<usize, Vec<String>>,
}

impl Roster {
    pub(super) fn of<'m>(policies: impl Iterator<Item = &'m PolicyMeta>) -> Self {
        let mut roster = Self::default();
        for (number, meta) in policies.enumerate() {
            match (meta.scope, meta.dialect) {
                (Scope::Workload, _) => roster.workloads.add(number, meta),
                (
                    Scope::Resource,
                    Dialect::Goldgate | Dialect::Opa | Dialect::Terraform | Dialect::Conforma,
                ) => roster.resources.add(number, meta),
                (Scope::Resource, Dialect::Conftest) => {
                    roster.documents.add(number, meta);
                    // Policies of goldgate's own form are about resources; plain ones are about any document.
                    if meta.kinds.is_empty() {
                        roster.strangers.push(number);
                    }
                }
                (Scope::Resource, Dialect::Gatekeeper) => roster.reviews.add(number, meta),
                (Scope::Image, Dialect::Conforma) => roster.attested.push((number, meta.needs)),
                (Scope::Image, _) => roster.images.push((number, meta.needs)),
                (Scope::Release, Dialect::Conftest) => roster.combined.push(number),
                (Scope::Release, _) => roster.releases.push(number),
                (Scope::Sbom, _) => roster.sboms.push(number),
                (Scope::Plan, Dialect::Terraform) => roster.runs.push(number),
                (Scope::Plan, _) => roster.plans.push(number),
            }
        }
        roster
    }

    /// Everything that a release shows, and the stage lets policies look at.
    pub(super) fn topics(request: &Request, release: &Release) -> Vec<Topic> {
        let mut topics: Vec<Topic> = (0..release.workloads.len()).map(Topic::Workload).collect();
        for index in 0..release.resources.len() {
            topics.extend([Topic::Resource(index), Topic::Document(index), Topic::Review(index)]);
        }
        topics.extend((0..release.documents.len()).map(Topic::Stranger));
        for (index, document) in release.documents.iter().enumerate() {
            if is_plan(&document.document) {
                topics.extend([Topic::Plan(index), Topic::Run(index)]);
            }
        }
        for index in 0..release.images.len() {
            topics.extend([Topic::Image(index), Topic::Attested(index)]);
        }
        // An API server shows one object at a time: what goes with it in the release is not to be seen there, and
        // "there is no NetworkPolicy" would be untrue of every Deployment.
        // A watch sees bills alone.
        if !matches!(request.stage, Stage::Admission | Stage::Watch) {
            topics.extend([Topic::Release, Topic::Combined]);
        }
        topics.extend((0..release.sboms.len()).map(Topic::Sbom));
        topics
    }

    /// The policies that are asked about a topic, ascending.
    pub(super) fn audience(
        &self,
        topic: Topic,
        release: &Release,
        evidence: &EvidenceSet,
    ) -> Vec<usize> {
        let resource = |index: usize| release.resources.get(index).map(|resource| &resource.id);
        match topic {
            Topic::Workload(index) => {
                let of = release.workloads.get(index).and_then(|it| resource(it.resource));
                self.workloads.of(of)
            }
            Topic::Resource(index) => self.resources.of(resource(index)),
            Topic::Document(index) => self.documents.of(resource(index)),
            Topic::Review(index) => self.reviews.of(resource(index)),
            Topic::Stranger(_) => self.strangers.clone(),
            Topic::Combined => self.combined.clone(),
            Topic::Image(index) | Topic::Attested(index) => {
                let Some(used) = release.images.get(index) else { return Vec::new() };
                let known = known(evidence.image(&used.image.reference));
                let is_attested = matches!(topic, Topic::Attested(_));
                let policies = if is_attested { &self.attested } else { &self.images };
                let enough = policies.iter().filter(|(_, needs)| known >= *needs);
                enough.map(|(number, _)| *number).collect()
            }
            Topic::Plan(_) => self.plans.clone(),
            Topic::Run(_) => self.runs.clone(),
            Topic::Release => self.releases.clone(),
            Topic::Sbom(_) => self.sboms.clone(),
        }
    }
}

impl Topic {
    /// Whom the outcome is about.
    pub(super) fn subject(self, release: &Release) -> Subject {
        match self {
            Self::Workload(index) => {
                let workload = release.workloads.get(index);
                Subject::Resource(workload.map_or(index, |workload| workload.resource))
            }
            Self::Resource(index) | Self::Document(index) | Self::Review(index) => {
                Subject::Resource(index)
            }
            Self::Stranger(index) | Self::Plan(index) | Self::Run(index) => {
                Subject::Document(index)
            }
            Self::Image(index) | Self::Attested(index) => Subject::Image(index),
            Self::Release | Self::Combined => Subject::Release,
            Self::Sbom(index) => Subject::Sbom(index),
        }
    }
}

impl Audience {
    fn add(&mut self, number: usize, meta: &PolicyMeta) {
        if meta.kinds.is_empty() {
            self.of_every_kind.push(number);
            return;
        }
        let names = meta.kinds.iter().map(|kind| kind.rsplit('/').next().unwrap_or(kind));
        for name in names.collect::<BTreeSet<_>>() {
            self.by_kind.entry(name.to_owned()).or_default().push(number);
        }
        self.wanted.insert(number, meta.kinds.clone());
    }

    fn of(&self, id: Option<&ResourceId>) -> Vec<usize> {
        let Some(id) = id else { return Vec::new() };
        let wants = |number: &&usize| {
            let kinds = self.wanted.get(*number);
            kinds.is_some_and(|kinds| kinds.iter().any(|kind| id.is_kind(kind)))
        };
        let named = self.by_kind.get(&id.kind).into_iter().flatten().filter(wants);
        let mut audience: Vec<usize> = self.of_every_kind.iter().chain(named).copied().collect();
        audience.sort_unstable();
        audience
    }
}

/// How much is known of an image; a rule of `images.yaml` that asks for nothing leaves it unknown.
fn known(facts: Option<&ImageFacts>) -> Needs {
    match facts.map(|facts| facts.verification.status) {
        None | Some(VerificationStatus::Skipped) => Needs::Reference,
        Some(VerificationStatus::Error) => Needs::Verification,
        Some(VerificationStatus::Verified | VerificationStatus::Unverified) => Needs::Facts,
    }
}
