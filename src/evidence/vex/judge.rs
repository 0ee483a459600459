//! Which statements are about which troubles of a release, and whose word stands.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bom_link::Links;
use super::product::shares;
use super::purl::Purl;
use crate::domain::advisory::AdvisoryMatch;
use crate::domain::digest::Digest;
use crate::domain::evidence::{EvidenceSet, ImageFacts};
use crate::domain::package::Component;
use crate::domain::release::Release;
use crate::domain::sbom::Sbom;
use crate::domain::vex::{
    VexDocument, VexDocumentFacts, VexNames, VexOpinion, VexProduct, VexStatement, VexTrust,
    Voucher,
};

/// Opinions that do not count and are shown all the same, of one trouble.
const MAX_SHOWN: usize = 5;

/// A document, who vouches for it, and where it was found.
#[derive(Clone, Debug)]
pub struct Held {
    /// The document.
    pub document: VexDocument,
    /// Who vouches for it.
    pub voucher: Voucher,
    /// The file, or the attestation's place.
    pub source: String,
    /// The digest that an attestation is about: the product of a statement that names none.
    pub subject: Option<Arc<str>>,
}

/// Documents, their statements found by vulnerability.
#[derive(Debug, Default)]
pub(super) struct Index {
    held: Vec<Held>,
    /// By the id in capital letters: which document, which statement.
    by_id: BTreeMap<String, Vec<(usize, usize)>>,
}

impl Index {
    pub(super) fn new(held: Vec<Held>) -> Self {
        let mut by_id: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        for (number, document) in held.iter().enumerate() {
            for (index, statement) in document.document.statements.iter().enumerate() {
                for id in ids(statement) {
                    by_id.entry(id).or_default().push((number, index));
                }
            }
        }
        Self { held, by_id }
    }

    /// The documents.
    pub(super) fn held(&self) -> impl Iterator<Item = &Held> {
        self.held.iter()
    }
}

/// The ids of a statement; of an address its last part, too.
fn ids(statement: &VexStatement) -> BTreeSet<String> {
    let last = |id: &Arc<str>| id.rsplit('/').next().unwrap_or(id).to_ascii_uppercase();
    let all = statement.vulnerabilities.iter();
    all.flat_map(|id| [id.to_ascii_uppercase(), last(id)]).filter(|id| !id.is_empty()).collect()
}

/// Gives every trouble of a release what the documents say of it, and tells what became of each document.
pub fn judge(
    held: Vec<Held>,
    trust: &VexTrust,
    release: &Release,
    evidence: &EvidenceSet,
    matches: &mut [AdvisoryMatch],
) -> Vec<VexDocumentFacts> {
    judge_by(&[&Index::new(held)], trust, release, evidence, matches)
}

pub(super) fn judge_by(
    indexes: &[&Index],
    trust: &VexTrust,
    release: &Release,
    evidence: &EvidenceSet,
    matches: &mut [AdvisoryMatch],
) -> Vec<VexDocumentFacts> {
    // A bill is read for its names only when there is a word about one of its troubles.
    let bills: Vec<OnceCell<Whole>> = release.sboms.iter().map(|_| OnceCell::new()).collect();
    let mut applied: Vec<BTreeMap<usize, BTreeSet<usize>>> = vec![BTreeMap::new(); indexes.len()];
    for found in matches.iter_mut() {
        let bill = release.sboms.get(found.sbom);
        let component = bill.and_then(|bill| bill.components.get(found.component));
        let (Some(bill), Some(component), Some(cell)) = (bill, component, bills.get(found.sbom))
        else {
            continue;
        };
        let part = Part::of(component);
        let mut opinions = Vec::new();
        for (index, applied) in indexes.iter().zip(&mut applied) {
            for (number, statement) in statements_of(index, found) {
                let said = index
                    .held
                    .get(number)
                    .and_then(|held| Some((held, held.document.statements.get(statement)?)));
                let Some((held, spoken)) = said else { continue };
                let whole = cell.get_or_init(|| Whole::of(bill, release, evidence));
                if is_about(spoken, held, whole, &part) {
                    opinions.push(opinion(spoken, held, trust));
                    applied.entry(number).or_default().insert(statement);
                }
            }
        }
        settle(found, opinions);
    }
    let mut facts: Vec<VexDocumentFacts> = indexes
        .iter()
        .zip(&applied)
        .flat_map(|(index, applied)| {
            let held = index.held.iter().enumerate();
            held.map(|(number, held)| {
                facts_of(held, trust, applied.get(&number).map_or(0, BTreeSet::len))
            })
        })
        .collect();
    facts.sort();
    facts
}

/// The statements about a trouble, whichever of its ids they name, each once.
fn statements_of(index: &Index, found: &AdvisoryMatch) -> BTreeSet<(usize, usize)> {
    let ids = found.aliases.iter().chain([&found.advisory.id]);
    ids.filter_map(|id| index.by_id.get(&id.to_ascii_uppercase())).flatten().copied().collect()
}

/// A number for everything that is said of a trouble, whichever product it is about; 0 when that is nothing.
pub(super) fn said(index: &Index, trust: &VexTrust, found: &AdvisoryMatch) -> u64 {
    let mut sum = 0_u64;
    for (number, statement) in statements_of(index, found) {
        let Some(held) = index.held.get(number) else { continue };
        let Some(statement) = held.document.statements.get(statement) else { continue };
        let said = format!("{statement:?}{:?}", opinion(statement, held, trust));
        let digest = Digest::of(said.as_bytes());
        let number = digest.as_bytes().first_chunk::<8>().copied().map_or(0, u64::from_le_bytes);
        sum = sum.wrapping_add(number);
    }
    sum
}

/// The newest word that counts stands; what does not count is kept to be shown.
fn settle(found: &mut AdvisoryMatch, mut opinions: Vec<VexOpinion>) {
    opinions.sort_by(|left, right| right.precedence(left));
    opinions.dedup();
    let (ignored, counting): (Vec<_>, Vec<_>) =
        opinions.into_iter().partition(|opinion| opinion.objection.is_some());
    found.vex = counting.into_iter().next();
    found.vex_ignored = ignored.into_iter().take(MAX_SHOWN).collect();
}

fn opinion(statement: &VexStatement, held: &Held, trust: &VexTrust) -> VexOpinion {
    VexOpinion {
        status: statement.status,
        justification: statement.justification.clone(),
        note: statement.note.clone(),
        time: statement.time,
        author: Arc::clone(&held.document.author),
        document: Arc::clone(&held.document.id),
        objection: trust.objection(&held.voucher, &held.document.author).map(Arc::from),
    }
}

fn facts_of(held: &Held, trust: &VexTrust, n_applied: usize) -> VexDocumentFacts {
    let Held { document, voucher, source, .. } = held;
    VexDocumentFacts {
        source: source.clone(),
        id: Arc::clone(&document.id),
        author: Arc::clone(&document.author),
        n_statements: document.statements.len(),
        n_applied,
        faults: document.skipped.clone(),
        objection: trust.objection(voucher, &document.author).map(Arc::from),
    }
}

/// Whether a statement is about this component of this bill.
fn is_about(statement: &VexStatement, held: &Held, whole: &Whole, part: &Part) -> bool {
    if statement.products.is_empty() {
        // In an attestation the subject is the product that nobody had to name again.
        return held.subject.as_ref().is_some_and(|subject| whole.digests.contains(subject));
    }
    statement.products.iter().any(|product| means(product, whole, part))
}

fn means(product: &VexProduct, whole: &Whole, part: &Part) -> bool {
    let is_part = |names: &VexNames| part.is_meant_by(names, whole);
    if whole.is_meant_by(&product.names) {
        return product.parts.is_empty() || product.parts.iter().any(is_part);
    }
    // A part of something else that happens to be here, too, is no reason to be quiet.
    product.parts.is_empty() && is_part(&product.names)
}

/// What a bill is about, by all its names.
struct Whole {
    purls: Vec<Purl>,
    digests: Vec<Arc<str>>,
    others: Vec<Arc<str>>,
    /// Where links into the bill lead.
    links: BTreeMap<Arc<str>, Arc<str>>,
}

impl Whole {
    fn of(bill: &Sbom, release: &Release, evidence: &EvidenceSet) -> Self {
        let text = release.files.iter().find(|read| read.file.path == bill.source.file);
        let Links { mut subject, components } =
            text.map(|read| super::bom_link::of(&read.file.text)).unwrap_or_default();
        if let Some(name) = &bill.source.subject {
            let mut names = VexNames::default();
            super::product::add(&mut names, name);
            subject.digests.extend(names.digests);
        }
        let mut whole = Self {
            purls: subject.purls.iter().filter_map(|purl| Purl::parse(purl)).collect(),
            digests: subject.digests,
            others: subject.others,
            links: components,
        };
        for image in &evidence.images {
            // With one image the bill is of it; with several the bill must say of which.
            if evidence.images.len() == 1 || shares(&digests_of(image), &whole.digests) {
                whole.add_image(image);
            }
        }
        whole.digests.push(Arc::from(bill.source.digest.to_string()));
        whole
    }

    fn add_image(&mut self, image: &ImageFacts) {
        let repository = format!("{}/{}", image.registry, image.repository);
        let name = image.repository.rsplit('/').next().unwrap_or(&image.repository);
        if let Some(digest) = image.digest {
            let purl = format!(
                "pkg:oci/{name}@{}?repository_url={repository}",
                digest.to_string().replace(':', "%3A")
            );
            self.purls.extend(Purl::parse(&purl));
        }
        self.digests.extend(digests_of(image));
        let references = [Some(&image.requested), image.resolved.as_ref(), Some(&repository)];
        self.others.extend(references.into_iter().flatten().map(|text| Arc::from(text.as_str())));
    }

    fn is_meant_by(&self, names: &VexNames) -> bool {
        let purls = || names.purls.iter().filter_map(|purl| Purl::parse(purl));
        shares(&names.digests, &self.digests)
            || shares(&names.others, &self.others)
            || purls().any(|purl| self.purls.iter().any(|own| purl.means(own)))
    }
}

fn digests_of(image: &ImageFacts) -> Vec<Arc<str>> {
    let platforms = image.platforms.iter().map(|platform| platform.digest);
    image.digest.into_iter().chain(platforms).map(|digest| Arc::from(digest.to_string())).collect()
}

/// A component by its names.
struct Part {
    purl: Option<Purl>,
    written: Option<Arc<str>>,
}

impl Part {
    fn of(component: &Component) -> Self {
        let written = component.purl.clone();
        Self { purl: written.as_deref().and_then(Purl::parse), written }
    }

    fn is_meant_by(&self, names: &VexNames, whole: &Whole) -> bool {
        let linked = names
            .others
            .iter()
            .filter_map(|link| whole.links.get(link))
            .any(|purl| self.written.as_ref() == Some(purl));
        let Some(own) = &self.purl else { return linked };
        let mut purls = names.purls.iter().filter_map(|purl| Purl::parse(purl));
        linked || purls.any(|purl| purl.means(own))
    }
}
