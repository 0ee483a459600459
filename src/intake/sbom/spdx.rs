//! SPDX 2.2 and 2.3: packages and the relationships between them.
//!
//! Source: spdx.github.io/spdx-spec/v2.3, clauses 6, 7 and 11.

pub(super) mod graph;
pub(super) mod tags;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use super::licence::Licences;
use super::{Bill, named, purl};
use crate::document::text::Text;
use crate::domain::package::Component;
use crate::domain::sbom::SbomFormat;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'t> {
    #[serde(borrow)]
    spdx_version: Text<'t>,
    #[serde(borrow, default, rename = "documentNamespace")]
    namespace: Option<Text<'t>>,
    #[serde(borrow, default)]
    creation_info: Creation<'t>,
    #[serde(borrow, default)]
    packages: Vec<Package<'t>>,
    #[serde(borrow, default)]
    relationships: Vec<Relationship<'t>>,
    #[serde(borrow, default, rename = "documentDescribes")]
    described: Vec<Text<'t>>,
}

#[derive(Default, Deserialize)]
struct Creation<'t> {
    #[serde(borrow)]
    created: Option<Text<'t>>,
    #[serde(borrow, default)]
    creators: Vec<Text<'t>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package<'t> {
    #[serde(borrow, rename = "SPDXID")]
    id: Text<'t>,
    #[serde(borrow, default)]
    supplier: Option<Text<'t>>,
    #[serde(borrow, default)]
    originator: Option<Text<'t>>,
    #[serde(borrow, default)]
    checksums: Vec<Checksum<'t>>,
    #[serde(borrow, default)]
    name: Text<'t>,
    #[serde(borrow, default)]
    version_info: Option<Text<'t>>,
    #[serde(borrow, default)]
    release_date: Option<Text<'t>>,
    #[serde(borrow, default)]
    built_date: Option<Text<'t>>,
    #[serde(borrow, default)]
    license_concluded: Option<Text<'t>>,
    #[serde(borrow, default)]
    license_declared: Option<Text<'t>>,
    #[serde(borrow, default)]
    external_refs: Vec<ExternalRef<'t>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checksum<'t> {
    #[serde(borrow, default)]
    algorithm: Text<'t>,
    #[serde(borrow, default, rename = "checksumValue")]
    value: Text<'t>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef<'t> {
    #[serde(borrow, default)]
    reference_type: Text<'t>,
    #[serde(borrow, default)]
    reference_locator: Text<'t>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship<'t> {
    #[serde(borrow)]
    spdx_element_id: Text<'t>,
    #[serde(borrow)]
    related_spdx_element: Text<'t>,
    #[serde(borrow, rename = "relationshipType")]
    kind: Text<'t>,
}

const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// Reads a bill in JSON.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    Ok(bill(serde_json::from_str(text)?))
}

/// None when the document is of another version.
fn bill(document: Document<'_>) -> Option<Bill> {
    let version = document.spdx_version.strip_prefix("SPDX-2.")?;
    let mut bill = Bill::new(SbomFormat::Spdx, &format!("2.{version}"));
    bill.created = document.creation_info.created.map(Text::into_owned);
    bill.claims.serial = document.namespace.map(Text::into_owned);
    for creator in &document.creation_info.creators {
        match creator.split_once(": ") {
            Some(("Tool", tool)) => bill.tools.push(spaced(tool)),
            Some((_, name)) => bill.claims.authors.push(name.trim().to_owned()),
            None => {}
        }
    }
    let described = described(&document.described, &document.relationships);
    let mut references = BTreeMap::new();
    let mut licences = Licences::default();
    for package in document.packages {
        if described.len() == 1 && described.contains(package.id.as_ref()) {
            bill.subject = Some(named(&package.name, package.version_info.as_deref()));
            bill.claims.subject_digests = subject_digests(&package);
            continue;
        }
        let id = package.id.clone().into_owned();
        let index = bill.add(component(package, &mut licences));
        references.insert(id, index);
    }
    for relationship in &document.relationships {
        let Some((from, to)) = edge(relationship) else { continue };
        let Some(to) = references.get(to).copied() else { continue };
        match references.get(from) {
            Some(from) => bill.add_edges(*from, [to]),
            None if described.contains(from) => bill.direct.push(to),
            None => {}
        }
    }
    Some(bill)
}

/// `syft-1.18.1` as `syft 1.18.1`.
fn spaced(tool: &str) -> String {
    match tool.trim().rsplit_once('-') {
        Some((name, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => {
            format!("{name} {version}")
        }
        Some(_) | None => tool.trim().to_owned(),
    }
}

/// What needs what; none where a relationship says something else.
fn edge<'r>(relationship: &'r Relationship<'_>) -> Option<(&'r str, &'r str)> {
    let (element, related) =
        (relationship.spdx_element_id.as_ref(), relationship.related_spdx_element.as_ref());
    match relationship.kind.as_ref() {
        "DEPENDS_ON" | "CONTAINS" => Some((element, related)),
        "DEPENDENCY_OF"
        | "CONTAINED_BY"
        | "RUNTIME_DEPENDENCY_OF"
        | "BUILD_DEPENDENCY_OF"
        | "DEV_DEPENDENCY_OF"
        | "TEST_DEPENDENCY_OF"
        | "PROVIDED_DEPENDENCY_OF"
        | "OPTIONAL_DEPENDENCY_OF" => Some((related, element)),
        _ => None,
    }
}

/// The digests of an image stand as its checksum, its version, or in its package URL.
fn subject_digests(package: &Package<'_>) -> Vec<String> {
    let checksums = package.checksums.iter().map(|checksum| (&checksum.algorithm, &checksum.value));
    let mut digests: Vec<String> = super::strongest(checksums).into_iter().collect();
    let locators =
        package.external_refs.iter().map(|reference| reference.reference_locator.as_ref());
    let texts = package.version_info.as_deref().into_iter().chain([package.name.as_ref()]);
    digests.extend(texts.chain(locators).filter_map(purl::digest_in));
    digests.sort();
    digests.dedup();
    digests
}

/// What the document is about.
fn described<'t>(
    listed: &'t [Text<'t>],
    relationships: &'t [Relationship<'t>],
) -> BTreeSet<&'t str> {
    let related = relationships.iter().filter_map(|relationship| {
        let (from, to) = (&relationship.spdx_element_id, &relationship.related_spdx_element);
        match relationship.kind.as_ref() {
            "DESCRIBES" if from == DOCUMENT => Some(to.as_ref()),
            "DESCRIBED_BY" if to == DOCUMENT => Some(from.as_ref()),
            _ => None,
        }
    });
    listed.iter().map(AsRef::as_ref).chain(related).collect()
}

fn component(package: Package<'_>, licences: &mut Licences) -> Component {
    let purl =
        package.external_refs.into_iter().find(|reference| reference.reference_type == "purl");
    let said = |text: &Text<'_>| !matches!(text.as_ref(), "NOASSERTION" | "NONE" | "");
    let licence = [package.license_concluded, package.license_declared].into_iter().flatten();
    let supplier = [package.supplier, package.originator].into_iter().flatten().find(said);
    let checksums = package.checksums.iter().map(|checksum| (&checksum.algorithm, &checksum.value));
    let mut component = Component {
        name: Arc::from(package.name),
        version: package.version_info.filter(|version| !version.is_empty()).map(Arc::from),
        purl: purl.map(|reference| Arc::from(reference.reference_locator)),
        licence: licences.of(licence.filter(said).take(1)),
        supplier: supplier.map(|supplier| {
            Arc::from(supplier.split_once(": ").map_or(supplier.as_ref(), |(_, name)| name))
        }),
        digest: super::strongest(checksums).map(Arc::from),
        released: package.release_date.or(package.built_date).and_then(|date| date.parse().ok()),
        ..Component::default()
    };
    purl::identify(&mut component);
    component
}

/// The text as a lax SPDX expression: identifiers as people write them become the listed ones (`Apache 2.0`).
pub(super) fn expression(text: &str) -> Option<String> {
    let canonical = ::spdx::Expression::canonicalize(text).ok()?;
    let text = canonical.unwrap_or_else(|| text.to_owned());
    ::spdx::Expression::parse_mode(&text, ::spdx::ParseMode::LAX).ok()?;
    Some(text)
}
