//! SPDX 3.0 as JSON-LD: one list of elements that point to each other.
//!
//! Source: spdx.github.io/spdx-spec/v3.0.1, "Core", "Software", "Simple Licensing" and the JSON-LD serialisation.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Checksum, ExternalRef, Package, component, subject_digests};
use crate::document::text::Text;
use crate::domain::sbom::SbomFormat;
use crate::intake::sbom::licence::Licences;
use crate::intake::sbom::{Bill, named};

#[derive(Deserialize)]
struct Document<'t> {
    #[serde(borrow, rename = "@graph")]
    elements: Vec<Element<'t>>,
}

/// Any element; what it has depends on its type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element<'t> {
    #[serde(borrow, rename = "type", alias = "@type", default)]
    kind: Text<'t>,
    #[serde(borrow, rename = "spdxId", alias = "@id", default)]
    id: Text<'t>,
    #[serde(borrow, default)]
    name: Option<Text<'t>>,
    #[serde(borrow, default, rename = "software_packageVersion")]
    version: Option<Text<'t>>,
    #[serde(borrow, default, rename = "software_packageUrl")]
    purl: Option<Text<'t>>,
    #[serde(borrow, default)]
    release_time: Option<Text<'t>>,
    #[serde(borrow, default)]
    built_time: Option<Text<'t>>,
    #[serde(borrow, default)]
    supplied_by: Option<Text<'t>>,
    #[serde(borrow, default)]
    verified_using: Vec<Hash<'t>>,
    #[serde(borrow, default)]
    external_identifier: Vec<Identifier<'t>>,
    #[serde(borrow, default, rename = "rootElement")]
    roots: Vec<Text<'t>>,
    #[serde(borrow, default)]
    from: Option<Text<'t>>,
    /// A list, or one element alone.
    #[serde(borrow, default)]
    to: Option<&'t RawValue>,
    #[serde(borrow, default)]
    relationship_type: Text<'t>,
    #[serde(borrow, default)]
    spec_version: Option<Text<'t>>,
    #[serde(borrow, default)]
    created: Option<Text<'t>>,
    #[serde(borrow, default)]
    created_by: Vec<Text<'t>>,
    #[serde(borrow, default)]
    created_using: Vec<Text<'t>>,
    #[serde(borrow, default, rename = "simplelicensing_licenseExpression")]
    expression: Option<Text<'t>>,
}

#[derive(Deserialize)]
struct Hash<'t> {
    #[serde(borrow, default)]
    algorithm: Text<'t>,
    #[serde(borrow, default, rename = "hashValue")]
    value: Text<'t>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identifier<'t> {
    #[serde(borrow, default)]
    external_identifier_type: Text<'t>,
    #[serde(borrow, default)]
    identifier: Text<'t>,
}

impl<'t> Element<'t> {
    fn is(&self, kind: &str) -> bool {
        self.kind == kind || self.kind.rsplit(['/', '_']).next() == Some(kind)
    }

    fn targets(&self) -> Vec<Text<'t>> {
        let Some(raw) = self.to else { return Vec::new() };
        serde_json::from_str(raw.get())
            .or_else(|_one| serde_json::from_str(raw.get()).map(|Target(one)| vec![one]))
            .unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Target<'t>(#[serde(borrow)] Text<'t>);

/// Reads a bill. None when no element says that it is SPDX 3.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(in crate::intake::sbom) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let document: Document<'_> = serde_json::from_str(text)?;
    let elements = document.elements;
    let Some(creation) = elements.iter().find(|element| element.is("CreationInfo")) else {
        return Ok(None);
    };
    let version = creation.spec_version.as_deref().unwrap_or_default();
    if !version.starts_with("3.") {
        return Ok(None);
    }
    let mut bill = Bill::new(SbomFormat::Spdx, version);
    bill.created = creation.created.as_deref().map(str::to_owned);
    let by_id: BTreeMap<&str, &Element<'_>> =
        elements.iter().map(|element| (element.id.as_ref(), element)).collect();
    let names = |ids: &[Text<'_>]| -> Vec<String> {
        let found = ids.iter().filter_map(|id| by_id.get(id.as_ref())?.name.as_deref());
        found.map(str::to_owned).collect()
    };
    bill.tools = names(&creation.created_using).iter().map(|tool| super::spaced(tool)).collect();
    bill.claims.authors = names(&creation.created_by);
    let document = elements.iter().find(|element| element.is("SpdxDocument"));
    bill.claims.serial = document.map(|document| document.id.clone().into_owned());
    let licences = licences(&elements, &by_id);
    let roots = roots(&elements);
    let mut references = BTreeMap::new();
    let mut known = Licences::default();
    for element in elements.iter().filter(|element| element.is("Package")) {
        let package = package(element, &by_id, &licences);
        // What the bill is about, and not a part of it.
        if roots.len() == 1 && roots.contains(element.id.as_ref()) {
            bill.subject = Some(named(&package.name, package.version_info.as_deref()));
            bill.claims.subject_digests = subject_digests(&package);
        } else {
            references.insert(element.id.as_ref(), bill.add(component(package, &mut known)));
        }
    }
    for relationship in elements.iter().filter(|element| element.from.is_some()) {
        let from = relationship.from.as_deref().unwrap_or_default();
        if !matches!(relationship.relationship_type.as_ref(), "dependsOn" | "contains") {
            continue;
        }
        let targets = relationship.targets();
        let targets = targets.iter().filter_map(|to| references.get(to.as_ref()).copied());
        match references.get(from) {
            Some(from) => bill.add_edges(*from, targets),
            None if roots.contains(from) => bill.direct.extend(targets),
            None => {}
        }
    }
    Ok(Some(bill))
}

/// The packages that the bills in the document are about.
fn roots<'e>(elements: &'e [Element<'_>]) -> BTreeSet<&'e str> {
    let packages: BTreeSet<&str> = elements
        .iter()
        .filter(|element| element.is("Package"))
        .map(|element| element.id.as_ref())
        .collect();
    let named = elements
        .iter()
        .filter(|element| element.is("Sbom") || element.is("SpdxDocument") || element.is("Bom"))
        .flat_map(|element| &element.roots)
        .map(AsRef::as_ref);
    named.filter(|id| packages.contains(id)).collect()
}

/// The licence expression of each package; what was concluded counts more than what was declared.
fn licences<'e>(
    elements: &'e [Element<'_>],
    by_id: &BTreeMap<&str, &'e Element<'_>>,
) -> BTreeMap<&'e str, &'e str> {
    let mut licences = BTreeMap::new();
    for kind in ["hasDeclaredLicense", "hasConcludedLicense"] {
        for relationship in elements.iter().filter(|element| element.relationship_type == kind) {
            let expressions = relationship.targets();
            let expression = expressions.iter().find_map(|to| {
                let element = by_id.get(to.as_ref())?;
                element.expression.as_deref().or(element.name.as_deref())
            });
            let said = expression.filter(|text| !matches!(*text, "NOASSERTION" | "NONE"));
            if let (Some(from), Some(expression)) = (relationship.from.as_deref(), said) {
                licences.insert(from, expression);
            }
        }
    }
    licences
}

fn package<'e>(
    element: &'e Element<'_>,
    by_id: &BTreeMap<&str, &'e Element<'_>>,
    licences: &BTreeMap<&str, &'e str>,
) -> Package<'e> {
    let text = |text: &'e Option<Text<'_>>| text.as_deref().map(Text::from);
    let identifiers = element.external_identifier.iter();
    let of_identifier = identifiers
        .filter(|identifier| {
            identifier.external_identifier_type.to_lowercase().contains("packageurl")
        })
        .map(|identifier| identifier.identifier.as_ref())
        .next();
    let purl = element.purl.as_deref().or(of_identifier);
    let supplier = element.supplied_by.as_deref().and_then(|id| by_id.get(id)?.name.as_deref());
    Package {
        id: Text::from(element.id.as_ref()),
        name: text(&element.name).unwrap_or_default(),
        version_info: text(&element.version),
        release_date: text(&element.release_time),
        built_date: text(&element.built_time),
        supplier: supplier.map(Text::from),
        license_concluded: licences.get(element.id.as_ref()).map(|text| Text::from(*text)),
        checksums: element
            .verified_using
            .iter()
            .map(|hash| Checksum {
                algorithm: Text::from(hash.algorithm.as_ref()),
                value: Text::from(hash.value.as_ref()),
            })
            .collect(),
        external_refs: purl
            .map(|purl| ExternalRef {
                reference_type: Text::from("purl"),
                reference_locator: Text::from(purl),
            })
            .into_iter()
            .collect(),
        ..Package::default()
    }
}
