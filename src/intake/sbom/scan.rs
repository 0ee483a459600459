//! What scanners report: the components in which they found something, and what.

pub(super) mod grype;
pub(super) mod sarif;
pub(super) mod trivy;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::index::Index;
use super::{Bill, purl};
use crate::domain::advisory::{Advisory, AdvisoryKind};
use crate::domain::code::Severity;
use crate::domain::package::Component;
use crate::domain::sbom::{Reported, Scan};

/// One finding of a scanner, in the words that all of them have.
#[derive(Default)]
struct Found {
    id: String,
    aliases: Vec<String>,
    title: String,
    severity: Option<Severity>,
    published: Option<String>,
    url: Option<String>,
    fixed: Option<String>,
    name: String,
    version: String,
    purl: Option<String>,
}

/// Puts the findings into the bill, a component once for all that was found in it.
fn add(bill: &mut Bill, scan: Scan, findings: impl IntoIterator<Item = Found>) {
    let mut index = Index::default();
    let mut reported = Vec::new();
    for found in findings {
        let mut component = Component {
            name: found.name.into(),
            version: (!found.version.is_empty()).then(|| Arc::from(found.version.as_str())),
            purl: found.purl.map(Arc::from),
            ..Component::default()
        };
        purl::identify(&mut component);
        let component = index.add(bill, &found.version, component);
        let advisory = Advisory {
            id: Arc::from(found.id),
            aliases: found.aliases.into_iter().map(Arc::from).collect(),
            title: Arc::from(found.title),
            kind: AdvisoryKind::Vulnerability,
            severity: found.severity,
            score: None,
            published: found.published.and_then(|time| time.parse().ok()),
            modified: None,
            url: found.url.map(Arc::from),
            affected: Vec::new(),
        };
        let fixed = found.fixed.filter(|fixed| !fixed.is_empty()).map(Arc::from);
        reported.push(Reported { component, advisory: Arc::new(advisory), fixed });
    }
    bill.scan = Some(Scan { reported, ..scan });
}

/// The predicate of a statement about a scan, or the whole statement.
///
/// Source: github.com/sigstore/cosign, `specs/COSIGN_VULN_ATTESTATION_SPEC.md`.
#[derive(Deserialize)]
struct Predicate<'t> {
    #[serde(borrow)]
    scanner: Scanner<'t>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Statement<'t> {
    #[serde(borrow)]
    predicate: Predicate<'t>,
}

#[derive(Deserialize)]
struct Scanner<'t> {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    db: Option<Knowledge>,
    #[serde(borrow)]
    result: &'t RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Knowledge {
    #[serde(default)]
    last_update: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    scan_finished_on: Option<String>,
}

/// Reads the report within a statement about a scan. None when the report is of no scanner that is known here.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(super) fn predicate(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let predicate = match serde_json::from_str::<Statement<'_>>(text) {
        Ok(statement) => statement.predicate,
        Err(_bare) => serde_json::from_str::<Predicate<'_>>(text)?,
    };
    let result = predicate.scanner.result.get();
    let read = match trivy::read(result) {
        Ok(Some(bill)) => Some(bill),
        Ok(None) | Err(_) => match grype::read(result) {
            Ok(Some(bill)) => Some(bill),
            Ok(None) | Err(_) => sarif::read(result)?,
        },
    };
    Ok(read.map(|mut bill| {
        if let Some(scan) = &mut bill.scan {
            scan.version = scan.version.take().or(predicate.scanner.version);
            let updated = predicate.scanner.db.and_then(|database| database.last_update);
            scan.database = scan.database.or_else(|| updated?.parse().ok());
        }
        bill.created = predicate.metadata.scan_finished_on.or(bill.created);
        bill
    }))
}
