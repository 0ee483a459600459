//! The source of VEX: documents that an operator took in, verified attestations on the images, and what came with the
//! release.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use super::judge::{self, Held, Index, judge_by};
use super::store::{self, Taken};
use crate::domain::advisory::AdvisoryMatch;
use crate::domain::error::Error;
use crate::domain::evidence::EvidenceSet;
use crate::domain::predicate::Predicate;
use crate::domain::release::Release;
use crate::domain::vex::{VexDocumentFacts, VexFacts, VexFault, VexTrust, Voucher};
use crate::evidence::Source;
use crate::evidence::advisory::edition_of;

/// Which file was read: another import has another time or length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    n_bytes: u64,
}

#[derive(Clone, Debug, Default)]
struct Opened {
    stamp: Option<Stamp>,
    index: Arc<Index>,
    imported: BTreeMap<String, usize>,
    fault: Option<String>,
}

/// Says of the troubles that the sources before it found whether they matter.
#[derive(Debug)]
pub struct VexSource {
    /// What an operator took in.
    path: Option<PathBuf>,
    /// What the operator named beside it, for this process alone.
    named: Vec<Held>,
    trust: VexTrust,
    opened: RwLock<Opened>,
}

impl VexSource {
    /// Makes a source of the file that `goldgate vex import` writes, which need not exist yet, and of documents that
    /// an operator named.
    pub fn new(path: Option<PathBuf>, named: Vec<Held>, trust: VexTrust) -> Self {
        Self { path, named, trust, opened: RwLock::default() }
    }

    /// What was taken in, read again when it changed. A damaged file keeps the last good one in force and says so.
    fn current(&self) -> Opened {
        let Some(path) = &self.path else { return Opened::default() };
        let stamp = fs::metadata(path)
            .ok()
            .map(|file| Stamp { modified: file.modified().ok(), n_bytes: file.len() });
        {
            let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
            if opened.stamp == stamp {
                return opened.clone();
            }
        }
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        if opened.stamp != stamp {
            match store::read(path) {
                Ok(taken) => *opened = indexed(taken, stamp),
                Err(error) => {
                    tracing::error!(error = error.internal(), "Cannot read the VEX documents");
                    opened.stamp = stamp;
                    opened.fault = Some(error.external().to_owned());
                }
            }
        }
        opened.clone()
    }
}

fn indexed(taken: Vec<Taken>, stamp: Option<Stamp>) -> Opened {
    let mut imported = BTreeMap::new();
    for taken in &taken {
        *imported.entry(taken.document.format.as_str().to_owned()).or_default() += 1;
    }
    let held = taken.into_iter().map(|taken| Held {
        document: taken.document,
        voucher: Voucher::Operator,
        source: taken.source,
        subject: None,
    });
    Opened { stamp, index: Arc::new(Index::new(held.collect())), imported, fault: None }
}

impl Source for VexSource {
    fn name(&self) -> &'static str {
        "vex"
    }

    fn edition(&self) -> Option<u64> {
        edition_of(self.path.as_ref()?)
    }

    fn said_of(&self, found: &AdvisoryMatch) -> u64 {
        let said = judge::said(&self.current().index, &self.trust, found);
        said.wrapping_add(judge::said(&Index::new(self.named.clone()), &self.trust, found))
    }

    fn gather<'a>(
        &'a self,
        release: &'a Release,
        known: &'a EvidenceSet,
    ) -> Pin<Box<dyn Future<Output = Result<EvidenceSet, Error>> + Send + 'a>> {
        Box::pin(async move {
            let Some(facts) = &known.advisories else { return Ok(EvidenceSet::default()) };
            let mut facts = facts.clone();
            let Opened { index, imported, fault, .. } = self.current();
            let mut unread = Vec::new();
            let attested = attested(known, &mut unread);
            let handed_in = handed_in(release, &mut unread);
            let own = self.named.iter().cloned().chain(attested).chain(handed_in).collect();
            let own = Index::new(own);
            let told = judge_by(&[&index, &own], &self.trust, release, known, &mut facts.matches);
            // Of what an operator took in only what is about this release is worth a line.
            let mut documents: Vec<VexDocumentFacts> = told
                .into_iter()
                .filter(|document| document.n_applied > 0 || !is_taken_in(document, &index))
                .chain(unread)
                .collect();
            documents.sort();
            facts.vex = VexFacts { documents, imported, fault };
            Ok(EvidenceSet { advisories: Some(facts), ..EvidenceSet::default() })
        })
    }
}

fn is_taken_in(document: &VexDocumentFacts, index: &Index) -> bool {
    index.held().any(|held| held.source == document.source && held.document.id == document.id)
}

/// The documents that verified attestations hold.
fn attested(known: &EvidenceSet, unread: &mut Vec<VexDocumentFacts>) -> Vec<Held> {
    let mut held = Vec::new();
    for attestation in known.images.iter().flat_map(|image| &image.attestations) {
        let Predicate::Vex(vex) = &attestation.facts else { continue };
        let source = format!("the attestation {} on {}", attestation.id, attestation.location);
        let read = if attestation.predicate_truncated {
            let message = "the predicate is too large to be looked at".to_owned();
            Err(VexFault { place: "/".to_owned(), message })
        } else {
            super::read_openvex(&attestation.predicate.to_string())
        };
        match read {
            Ok(document) => held.push(Held {
                document,
                voucher: Voucher::Authority(Arc::from(attestation.authority.as_str())),
                source,
                subject: Some(Arc::from(attestation.signed_digest.to_string())),
            }),
            Err(fault) => unread.push(unreadable(source, &vex.id, &vex.author, fault)),
        }
    }
    held
}

/// The documents among the files of the release, and those in its bills. Nobody vouches for them.
fn handed_in(release: &Release, unread: &mut Vec<VexDocumentFacts>) -> Vec<Held> {
    let mut held = Vec::new();
    for read in &release.files {
        let text = &read.file.text;
        if !read.file.path.to_ascii_lowercase().ends_with("json")
            || super::format_of(text).is_none()
        {
            continue;
        }
        let source = read.file.path.clone();
        match super::read(text) {
            // A bill that lists what a scanner found, without a word of whether it matters, is no VEX document.
            Ok(document) if document.statements.is_empty() && document.skipped.is_empty() => {}
            Ok(document) => {
                held.push(Held { document, voucher: Voucher::Nobody, source, subject: None });
            }
            Err(fault) => unread.push(unreadable(source, "", "", fault)),
        }
    }
    held
}

fn unreadable(source: String, id: &str, author: &str, fault: VexFault) -> VexDocumentFacts {
    VexDocumentFacts {
        source,
        id: Arc::from(id),
        author: Arc::from(author),
        n_statements: 0,
        n_applied: 0,
        objection: Some(Arc::from(format!("it cannot be read: {fault}"))),
        faults: vec![fault],
    }
}
