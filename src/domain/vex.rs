//! VEX: what suppliers say of whether a vulnerability matters in their product, and whose word counts.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;

/// Whether a vulnerability matters; the more cautious word is the greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VexStatus {
    /// It cannot be exploited there.
    NotAffected,
    /// It was mended there.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
    /// It can be exploited there.
    Affected,
}

impl VexStatus {
    /// Every status.
    pub const ALL: [Self; 4] =
        [Self::NotAffected, Self::Fixed, Self::UnderInvestigation, Self::Affected];

    /// The word in documents and inputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
            Self::Affected => "affected",
        }
    }

    /// Whether it says that there is nothing to be done.
    pub const fn clears(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VexFormat {
    /// OpenVEX 0.0.1 to 0.2.
    Openvex,
    /// CycloneDX, in the bill itself or on its own.
    Cyclonedx,
    /// CSAF 2.0 with the profile VEX.
    Csaf,
}

impl VexFormat {
    /// The word in inputs and lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Openvex => "openvex",
            Self::Cyclonedx => "cyclonedx",
            Self::Csaf => "csaf",
        }
    }
}

/// The names that a product or a part of one goes by. One that fits is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VexNames {
    /// Package URLs as written; without a version they mean every version.
    pub purls: Vec<Arc<str>>,
    /// Digests as `algorithm:hexadecimal`, in small letters without a hyphen: `sha256:…`.
    pub digests: Vec<Arc<str>>,
    /// Every other name: references of images, of parts of a bill (`urn:cdx:…`), CPEs.
    pub others: Vec<Arc<str>>,
}

impl VexNames {
    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.purls.is_empty() && self.digests.is_empty() && self.others.is_empty()
    }

    /// The first name, for messages.
    pub fn shown(&self) -> &str {
        let mut all = self.purls.iter().chain(&self.digests).chain(&self.others);
        all.next().map_or("", AsRef::as_ref)
    }
}

/// What a statement is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VexProduct {
    /// The product: an image, a service, or the component itself.
    pub names: VexNames,
    /// The parts of it that are meant; none is the whole.
    pub parts: Vec<VexNames>,
}

/// One statement: of one vulnerability in some products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VexStatement {
    /// The ids of the vulnerability: `CVE-…` and its aliases.
    pub vulnerabilities: Vec<Arc<str>>,
    /// What it is about.
    pub products: Vec<VexProduct>,
    /// Whether it matters.
    pub status: VexStatus,
    /// Why it does not, in the word that the format has for it.
    pub justification: Option<Arc<str>>,
    /// What is said beside it, or what to do about it.
    pub note: Option<Arc<str>>,
    /// Since when; none when neither the statement nor its document says so.
    pub time: Option<Timestamp>,
}

/// A document that could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VexDocument {
    /// Its name for itself.
    pub id: Arc<str>,
    /// How it is written.
    pub format: VexFormat,
    /// Who says so, by the document's own account.
    pub author: Arc<str>,
    /// When it was last changed.
    pub time: Option<Timestamp>,
    /// What is said.
    pub statements: Vec<VexStatement>,
    /// Statements that were left out, each with its place and the reason.
    pub skipped: Vec<VexFault>,
}

/// What is wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VexFault {
    /// Where: a JSON pointer, or `line 3, column 7`.
    pub place: String,
    /// What is wrong there, and what was expected.
    pub message: String,
}

impl std::fmt::Display for VexFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Who vouches for a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voucher {
    /// A verified attestation on an image, accepted by this authority of `images.yaml`.
    Authority(Arc<str>),
    /// An operator, who took it in.
    Operator,
    /// Nobody: it came with the release that it speaks for.
    Nobody,
}

/// Whose word counts, as the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VexTrust {
    /// Authorities of `images.yaml` whose attestations count. None by default: who may sign an image may not, by that
    /// alone, say that its vulnerabilities do not matter.
    pub authorities: Vec<String>,
    /// Authors whose documents count when an operator takes them in; an empty list is every one.
    pub authors: Vec<String>,
}

impl VexTrust {
    /// Why a document does not count; none when it does.
    pub fn objection(&self, voucher: &Voucher, author: &str) -> Option<String> {
        let names = |list: &[String], name: &str| list.iter().any(|known| known == name);
        match voucher {
            Voucher::Nobody => Some(
                "nobody vouches for it: it was handed in with the release that it speaks for"
                    .to_owned(),
            ),
            Voucher::Authority(authority) => (!names(&self.authorities, authority))
                .then(|| format!("`vex.authorities` does not name `{authority}`, which signed it")),
            Voucher::Operator => (!self.authors.is_empty() && !names(&self.authors, author))
                .then(|| format!("`vex.authors` does not name its author `{author}`")),
        }
    }
}

/// What one statement says of one component with one vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexOpinion {
    /// Whether it matters.
    pub status: VexStatus,
    /// Why not.
    pub justification: Option<Arc<str>>,
    /// What is said beside it.
    pub note: Option<Arc<str>>,
    /// Since when.
    pub time: Option<Timestamp>,
    /// Who says so.
    pub author: Arc<str>,
    /// The document.
    pub document: Arc<str>,
    /// Why it does not count; none when it does.
    pub objection: Option<Arc<str>>,
}

impl VexOpinion {
    /// Which of two opinions stands: the newer one; of equally new ones the more cautious one.
    ///
    /// One without a time is older than every other. The names decide between equals, so that the order in which
    /// documents are read never does.
    pub fn precedence(&self, other: &Self) -> Ordering {
        let key = |opinion: &Self| (opinion.time, opinion.status);
        let names = |opinion: &Self| {
            (
                Arc::clone(&opinion.document),
                Arc::clone(&opinion.author),
                opinion.justification.clone(),
                opinion.note.clone(),
                opinion.objection.clone(),
            )
        };
        key(self).cmp(&key(other)).then_with(|| names(self).cmp(&names(other)))
    }
}

/// A document and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VexDocumentFacts {
    /// The file, or the attestation's place.
    pub source: String,
    /// Its name for itself; empty when it could not be read.
    pub id: Arc<str>,
    /// Who says so; empty when it could not be read.
    pub author: Arc<str>,
    /// How many statements it has.
    pub n_statements: usize,
    /// How many of them are about a trouble of this release.
    pub n_applied: usize,
    /// What was left out, or why the whole could not be read.
    pub faults: Vec<VexFault>,
    /// Why it does not count; none when it does.
    pub objection: Option<Arc<str>>,
}

/// What documents came with the evidence of a release.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VexFacts {
    /// Every document, by source and id.
    pub documents: Vec<VexDocumentFacts>,
    /// How many documents of each format an operator took in.
    pub imported: BTreeMap<String, usize>,
    /// Why newer documents than these could not be read.
    pub fault: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(authorities: &[&str], authors: &[&str]) -> VexTrust {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        VexTrust { authorities: owned(authorities), authors: owned(authors) }
    }

    #[test]
    fn a_document_of_nobody_never_counts() {
        for trust in [trust(&[], &[]), trust(&["all"], &["acme"])] {
            assert!(trust.objection(&Voucher::Nobody, "acme").is_some());
        }
    }

    #[test]
    fn an_attestation_counts_only_for_a_named_authority() {
        let voucher = Voucher::Authority(Arc::from("release"));
        assert!(trust(&[], &[]).objection(&voucher, "acme").is_some());
        assert!(trust(&["other"], &["acme"]).objection(&voucher, "acme").is_some());
        assert_eq!(trust(&["release"], &[]).objection(&voucher, "acme"), None);
    }

    #[test]
    fn an_import_counts_for_every_author_unless_some_are_named() {
        assert_eq!(trust(&[], &[]).objection(&Voucher::Operator, "acme"), None);
        assert_eq!(trust(&[], &["acme"]).objection(&Voucher::Operator, "acme"), None);
        let objection = trust(&[], &["acme"]).objection(&Voucher::Operator, "mallory");
        assert_eq!(objection.as_deref(), Some("`vex.authors` does not name its author `mallory`"));
    }
}
