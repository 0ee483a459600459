//! SPDX JSON, 2.2 and 2.3: packages and the relationships between them.
//!
//! Source: spdx.github.io/spdx-spec/v2.3, clauses 7 and 11.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use super::{Bill, purl};
use crate::domain::package::{Component, Licence};
use crate::domain::sbom::SbomFormat;

type Text<'t> = Cow<'t, str>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'t> {
    #[serde(borrow)]
    spdx_version: Text<'t>,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package<'t> {
    #[serde(borrow, rename = "SPDXID")]
    id: Text<'t>,
    #[serde(borrow, default)]
    name: Text<'t>,
    #[serde(borrow, default)]
    version_info: Option<Text<'t>>,
    #[serde(borrow, default)]
    license_concluded: Option<Text<'t>>,
    #[serde(borrow, default)]
    license_declared: Option<Text<'t>>,
    #[serde(borrow, default)]
    external_refs: Vec<ExternalRef<'t>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef<'t> {
    #[serde(borrow, default)]
    reference_type: Text<'t>,
    #[serde(borrow, default)]
    reference_locator: Text<'t>,
}

#[derive(Deserialize)]
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

/// Reads a bill.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let document: Document<'_> = serde_json::from_str(text)?;
    let Some(version) = document.spdx_version.strip_prefix("SPDX-2.") else { return Ok(None) };
    let mut bill = Bill::new(SbomFormat::Spdx, &format!("2.{version}"));
    bill.created = document.creation_info.created.map(Text::into_owned);
    let creators = document.creation_info.creators.iter();
    bill.tools = creators
        .filter_map(|creator| creator.strip_prefix("Tool: "))
        .map(|tool| tool.replacen('-', " ", 1))
        .collect();
    let described = described(&document.described, &document.relationships);
    let mut references = BTreeMap::new();
    for package in document.packages {
        if described.len() == 1 && described.contains(package.id.as_ref()) {
            bill.subject = Some(match &package.version_info {
                Some(version) if !version.is_empty() => format!("{}@{version}", package.name),
                Some(_) | None => package.name.clone().into_owned(),
            });
            continue;
        }
        let id = package.id.clone().into_owned();
        let index = bill.add(component(package));
        references.insert(id, index);
    }
    for relationship in &document.relationships {
        let (from, to) = match relationship.kind.as_ref() {
            "DEPENDS_ON" | "CONTAINS" => {
                (&relationship.spdx_element_id, &relationship.related_spdx_element)
            }
            "DEPENDENCY_OF"
            | "CONTAINED_BY"
            | "RUNTIME_DEPENDENCY_OF"
            | "BUILD_DEPENDENCY_OF"
            | "DEV_DEPENDENCY_OF"
            | "OPTIONAL_DEPENDENCY_OF" => {
                (&relationship.related_spdx_element, &relationship.spdx_element_id)
            }
            _ => continue,
        };
        let Some(to) = references.get(to.as_ref()).copied() else { continue };
        match references.get(from.as_ref()) {
            Some(from) => bill.add_edges(*from, [to]),
            None if described.contains(from.as_ref()) => bill.direct.push(to),
            None => {}
        }
    }
    Ok(Some(bill))
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

fn component(package: Package<'_>) -> Component {
    let purl =
        package.external_refs.into_iter().find(|reference| reference.reference_type == "purl");
    let said = [package.license_concluded, package.license_declared]
        .into_iter()
        .flatten()
        .find(|licence| !matches!(licence.as_ref(), "NOASSERTION" | "NONE" | ""));
    let mut component = Component {
        name: package.name.into_owned(),
        version: package.version_info.filter(|version| !version.is_empty()).map(Arc::from),
        purl: purl.map(|reference| Arc::from(reference.reference_locator)),
        licence: said.map_or(Licence::None, |licence| super::licence([licence.into_owned()])),
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
