//! CycloneDX VEX: `vulnerabilities` in the bill itself, or in a document of its own that points into one.
//!
//! Source: cyclonedx.org/capabilities/vex; JSON reference 1.6, "vulnerabilities" and "BOM-Link".

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{MAX_PRODUCTS, Text, digest, json_fault, kept, product, time};
use crate::domain::clock::Timestamp;
use crate::domain::vex::{
    VexDocument, VexFault, VexFormat, VexNames, VexProduct, VexStatement, VexStatus,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'t> {
    #[serde(borrow)]
    serial_number: Option<Text<'t>>,
    #[serde(borrow, default)]
    metadata: Metadata<'t>,
    #[serde(borrow, default)]
    components: Vec<Part<'t>>,
    #[serde(borrow, default)]
    vulnerabilities: Vec<&'t RawValue>,
}

#[derive(Default, Deserialize)]
struct Metadata<'t> {
    #[serde(borrow)]
    timestamp: Option<Text<'t>>,
    #[serde(borrow)]
    component: Option<Part<'t>>,
    #[serde(borrow, default)]
    authors: Vec<Party<'t>>,
    #[serde(borrow)]
    supplier: Option<Party<'t>>,
    #[serde(borrow)]
    manufacturer: Option<Party<'t>>,
    #[serde(borrow)]
    manufacture: Option<Party<'t>>,
}

#[derive(Default, Deserialize)]
struct Party<'t> {
    #[serde(borrow)]
    name: Option<Text<'t>>,
    #[serde(borrow)]
    email: Option<Text<'t>>,
}

/// A component of the document, as far as its names go.
#[derive(Deserialize)]
pub(super) struct Part<'t> {
    #[serde(borrow, rename = "bom-ref")]
    pub(super) reference: Option<Text<'t>>,
    #[serde(borrow)]
    pub(super) purl: Option<Text<'t>>,
    #[serde(borrow, default)]
    name: Text<'t>,
    #[serde(borrow)]
    version: Option<Text<'t>>,
    #[serde(borrow, default)]
    hashes: Vec<Hash<'t>>,
    #[serde(borrow, default)]
    pub(super) components: Vec<Part<'t>>,
}

#[derive(Deserialize)]
struct Hash<'t> {
    #[serde(borrow, default)]
    alg: Text<'t>,
    #[serde(borrow, default)]
    content: Text<'t>,
}

#[derive(Deserialize)]
struct Vulnerability<'t> {
    #[serde(borrow)]
    id: Option<Text<'t>>,
    #[serde(borrow, default)]
    references: Vec<Reference<'t>>,
    #[serde(borrow)]
    analysis: Option<Analysis<'t>>,
    #[serde(borrow)]
    updated: Option<Text<'t>>,
    #[serde(borrow, default)]
    affects: Vec<Affects<'t>>,
}

#[derive(Deserialize)]
struct Reference<'t> {
    #[serde(borrow)]
    id: Option<Text<'t>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Analysis<'t> {
    #[serde(borrow)]
    state: Option<Text<'t>>,
    #[serde(borrow)]
    justification: Option<Text<'t>>,
    #[serde(borrow)]
    detail: Option<Text<'t>>,
    #[serde(borrow)]
    last_updated: Option<Text<'t>>,
    #[serde(borrow)]
    first_issued: Option<Text<'t>>,
}

#[derive(Deserialize)]
struct Affects<'t> {
    #[serde(borrow, rename = "ref")]
    reference: Text<'t>,
    #[serde(borrow, default)]
    versions: Vec<Version<'t>>,
}

#[derive(Deserialize)]
struct Version<'t> {
    #[serde(borrow)]
    version: Option<Text<'t>>,
    #[serde(borrow)]
    status: Option<Text<'t>>,
}

/// Reads a document.
///
/// # Errors
/// When the text is no JSON, or a time of the document is none.
pub(super) fn read(text: &str) -> Result<VexDocument, VexFault> {
    let document: Document<'_> = serde_json::from_str(text).map_err(|cause| json_fault(&cause))?;
    let made = time(document.metadata.timestamp.as_ref(), "/metadata/timestamp")?;
    let mut known = BTreeMap::new();
    for part in &document.components {
        learn(part, &mut known);
    }
    let root = document.metadata.component.as_ref();
    let reading = Reading {
        root: root.map(names_of).filter(|names| !names.is_empty()),
        root_reference: root.and_then(|part| part.reference.as_deref()),
        known,
        made,
    };
    let (mut statements, mut skipped) = (Vec::new(), Vec::new());
    for (index, raw) in document.vulnerabilities.iter().enumerate() {
        match reading.statements(raw, &format!("/vulnerabilities/{index}")) {
            // A vulnerability without an analysis is a finding of a scanner, and no statement.
            Ok(read) => statements.extend(read),
            Err(fault) => skipped.push(fault),
        }
    }
    Ok(VexDocument {
        id: kept(document.serial_number).unwrap_or_else(|| Arc::from("(no serial number)")),
        format: VexFormat::Cyclonedx,
        author: author(document.metadata),
        time: made,
        statements,
        skipped,
    })
}

fn author(metadata: Metadata<'_>) -> Arc<str> {
    let Metadata { authors, supplier, manufacturer, manufacture, .. } = metadata;
    let mut parties = authors.into_iter().chain(supplier).chain(manufacturer).chain(manufacture);
    let name = parties.find_map(|party| kept(party.name).or(kept(party.email)));
    name.unwrap_or_else(|| Arc::from("(no author)"))
}

fn learn<'p>(part: &'p Part<'_>, known: &mut BTreeMap<&'p str, VexNames>) {
    if let Some(reference) = part.reference.as_deref() {
        known.insert(reference, names_of(part));
    }
    for nested in &part.components {
        learn(nested, known);
    }
}

/// The names of a component of a document. A bare name is none: many products are called `app`.
pub(super) fn names_of(part: &Part<'_>) -> VexNames {
    let mut names = VexNames::default();
    if let Some(purl) = &part.purl {
        product::add(&mut names, purl);
    }
    if let Some(version) = &part.version {
        let mut of_version = VexNames::default();
        product::add(&mut of_version, &format!("{}@{version}", part.name));
        names.digests.extend(of_version.digests);
    }
    let hashes = part.hashes.iter().filter_map(|hash| digest(&hash.alg, &hash.content));
    names.digests.extend(hashes);
    names
}

struct Reading<'d> {
    /// What the document is about.
    root: Option<VexNames>,
    root_reference: Option<&'d str>,
    /// The names of its components, by `bom-ref`.
    known: BTreeMap<&'d str, VexNames>,
    made: Option<Timestamp>,
}

impl Reading<'_> {
    fn statements(&self, raw: &RawValue, place: &str) -> Result<Vec<VexStatement>, VexFault> {
        let at =
            |field: &str, message: String| VexFault { place: format!("{place}{field}"), message };
        let vulnerability: Vulnerability<'_> =
            serde_json::from_str(raw.get()).map_err(|cause| at("", json_fault(&cause).message))?;
        let Some(analysis) = vulnerability.analysis else { return Ok(Vec::new()) };
        let Some(state) = analysis.state.as_deref() else { return Ok(Vec::new()) };
        let Some(status) = status(state) else {
            let words = "`resolved`, `resolved_with_pedigree`, `exploitable`, `in_triage`, `false_positive`, `not_affected`";
            return Err(at("/analysis/state", format!("`{state}` is none of {words}")));
        };
        let references = vulnerability.references.into_iter().map(|reference| reference.id);
        let ids = [vulnerability.id].into_iter().chain(references).filter_map(kept);
        let vulnerabilities: Vec<Arc<str>> = ids.collect();
        if vulnerabilities.is_empty() {
            return Err(at("/id", "it names no vulnerability".to_owned()));
        }
        if vulnerability.affects.len() > MAX_PRODUCTS {
            return Err(at("/affects", format!("there are more than {MAX_PRODUCTS} products")));
        }
        let updated =
            time(analysis.last_updated.as_ref(), &format!("{place}/analysis/lastUpdated"))?
                .or(time(analysis.first_issued.as_ref(), &format!("{place}/analysis/firstIssued"))?)
                .or(time(vulnerability.updated.as_ref(), &format!("{place}/updated"))?);
        let statement = VexStatement {
            vulnerabilities,
            products: Vec::new(),
            status,
            justification: kept(analysis.justification),
            note: kept(analysis.detail),
            time: updated.or(self.made),
        };
        let products = |status| {
            let affects = vulnerability.affects.iter();
            affects.flat_map(|affects| self.products(affects, status, statement.status)).collect()
        };
        let mut statements: Vec<VexStatement> = Vec::new();
        for said in VexStatus::ALL {
            let products: Vec<VexProduct> = products(said);
            if !products.is_empty() {
                statements.push(VexStatement { products, status: said, ..statement.clone() });
            }
        }
        if statements.is_empty() {
            let message = "no component that it affects can be told: write `affects` with `ref`, versions one by one";
            return Err(at("/affects", message.to_owned()));
        }
        Ok(statements)
    }

    /// The products of which an entry of `affects` says `wanted`, where the analysis says `analysed`.
    fn products(
        &self,
        affects: &Affects<'_>,
        wanted: VexStatus,
        analysed: VexStatus,
    ) -> Vec<VexProduct> {
        let reference = affects.reference.as_ref();
        if affects.versions.is_empty() {
            return (wanted == analysed)
                .then(|| self.product(reference, None))
                .into_iter()
                .collect();
        }
        // A range is left out: nobody may be cleared by a guess of how versions are ordered.
        let versions = affects.versions.iter().filter_map(|entry| {
            let said = match entry.status.as_deref() {
                Some("unaffected") => VexStatus::NotAffected,
                Some("unknown") => VexStatus::UnderInvestigation,
                Some(_) | None => analysed,
            };
            let version = entry.version.as_deref().filter(|_| said == wanted)?;
            Some(self.product(reference, Some(version)))
        });
        versions.collect()
    }

    fn product(&self, reference: &str, version: Option<&str>) -> VexProduct {
        let whole = |names: &VexNames| VexProduct { names: names.clone(), parts: Vec::new() };
        if let (Some(root), true) = (&self.root, self.root_reference == Some(reference)) {
            return whole(root);
        }
        let mut part = self.known.get(reference).cloned().unwrap_or_default();
        if part.is_empty() {
            product::add(&mut part, reference);
        }
        if let Some(version) = version {
            for purl in &mut part.purls {
                let versionless = purl.split(['@', '?', '#']).next().unwrap_or(purl);
                // The `@` of an npm scope is written `%40` in a package URL, so the first one begins a version.
                *purl = Arc::from(format!("{versionless}@{version}"));
            }
        }
        match &self.root {
            // What is said of a component of one product says nothing of the same component elsewhere.
            Some(root) if self.known.contains_key(reference) => {
                VexProduct { names: root.clone(), parts: vec![part] }
            }
            Some(_) | None => VexProduct { names: part, parts: Vec::new() },
        }
    }
}

fn status(state: &str) -> Option<VexStatus> {
    match state {
        "resolved" | "resolved_with_pedigree" => Some(VexStatus::Fixed),
        "exploitable" => Some(VexStatus::Affected),
        "in_triage" => Some(VexStatus::UnderInvestigation),
        "false_positive" | "not_affected" => Some(VexStatus::NotAffected),
        _ => None,
    }
}
