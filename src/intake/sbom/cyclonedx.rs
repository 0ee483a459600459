//! CycloneDX, 1.2 to 1.7: components, nested ones too, and the dependency graph.
//!
//! Source: cyclonedx.org/docs, JSON and XML reference. Keys that are not needed are skipped, so newer versions read the
//! same way.

mod parts;
mod references;
pub(super) mod xml;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Bill, named, purl};
use crate::document::text::Text;
use crate::domain::sbom::SbomFormat;
use parts::Parts;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'t> {
    #[serde(borrow)]
    bom_format: Text<'t>,
    #[serde(borrow, default)]
    spec_version: Text<'t>,
    #[serde(borrow, default)]
    serial_number: Option<Text<'t>>,
    #[serde(borrow, default)]
    metadata: Metadata<'t>,
    #[serde(borrow, default)]
    components: Parts<'t>,
    #[serde(borrow, default)]
    dependencies: Vec<Dependency<'t>>,
}

#[derive(Default, Deserialize)]
struct Metadata<'t> {
    #[serde(borrow)]
    timestamp: Option<Text<'t>>,
    #[serde(borrow)]
    tools: Option<&'t RawValue>,
    #[serde(borrow)]
    component: Option<Part<'t>>,
    #[serde(borrow, default)]
    authors: Vec<Party<'t>>,
    #[serde(borrow, default)]
    supplier: Option<Party<'t>>,
    #[serde(borrow, default, alias = "manufacture")]
    manufacturer: Option<Party<'t>>,
}

/// A person or an organisation.
#[derive(Default, Deserialize)]
struct Party<'t> {
    #[serde(borrow, default)]
    name: Text<'t>,
}

#[derive(Default, Deserialize)]
struct Part<'t> {
    #[serde(borrow, default, rename = "bom-ref")]
    reference: Option<Text<'t>>,
    #[serde(borrow, default)]
    group: Option<Text<'t>>,
    #[serde(borrow, default)]
    name: Text<'t>,
    #[serde(borrow, default)]
    version: Option<Text<'t>>,
    #[serde(borrow, default)]
    purl: Option<Text<'t>>,
    #[serde(borrow, default, rename = "type")]
    kind: Text<'t>,
    #[serde(borrow, default)]
    supplier: Option<Party<'t>>,
    #[serde(borrow, default)]
    publisher: Option<Text<'t>>,
    #[serde(borrow, default)]
    author: Option<Text<'t>>,
    #[serde(borrow, default, rename = "releaseNotes")]
    release_notes: Option<Notes<'t>>,
    #[serde(borrow, default)]
    hashes: Vec<Hash<'t>>,
    #[serde(borrow, default)]
    licenses: Vec<Choice<'t>>,
    #[serde(borrow, default)]
    components: Vec<Part<'t>>,
}

#[derive(Default, Deserialize)]
struct Notes<'t> {
    #[serde(borrow, default)]
    timestamp: Option<Text<'t>>,
}

#[derive(Default, Deserialize)]
struct Hash<'t> {
    #[serde(borrow, default)]
    alg: Text<'t>,
    #[serde(borrow, default)]
    content: Text<'t>,
}

#[derive(Default, Deserialize)]
struct Choice<'t> {
    #[serde(borrow)]
    expression: Option<Text<'t>>,
    #[serde(borrow)]
    license: Option<Named<'t>>,
}

#[derive(Default, Deserialize)]
struct Named<'t> {
    #[serde(borrow)]
    id: Option<Text<'t>>,
    #[serde(borrow)]
    name: Option<Text<'t>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'t> {
    #[serde(borrow, rename = "ref")]
    reference: Text<'t>,
    #[serde(borrow, default)]
    depends_on: Vec<Text<'t>>,
}

#[derive(Deserialize)]
struct Tools<'t> {
    #[serde(borrow, default)]
    components: Vec<Tool<'t>>,
}

#[derive(Deserialize)]
struct Tool<'t> {
    #[serde(borrow, default)]
    name: Text<'t>,
    #[serde(borrow, default)]
    version: Option<Text<'t>>,
}

/// Reads a bill in JSON.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let document: Document<'_> = serde_json::from_str(text)?;
    if document.bom_format != "CycloneDX" {
        return Ok(None);
    }
    let tools = document.metadata.tools.map(tools).unwrap_or_default();
    Ok(Some(bill(document, tools)))
}

fn bill(document: Document<'_>, tools: Vec<String>) -> Bill {
    let mut bill = Bill::new(SbomFormat::Cyclonedx, &document.spec_version);
    let mut parts = document.components;
    let metadata = document.metadata;
    bill.tools = tools;
    bill.created = metadata.timestamp.map(Text::into_owned);
    bill.claims.serial = document.serial_number.map(Text::into_owned);
    let authors =
        metadata.authors.into_iter().chain(metadata.manufacturer).chain(metadata.supplier);
    let authors = authors.map(|party| party.name.into_owned()).filter(|name| !name.is_empty());
    bill.claims.authors = authors.collect();
    let mut root = None;
    if let Some(part) = metadata.component {
        bill.subject = Some(named(&part.name, part.version.as_deref()));
        bill.claims.subject_digests = subject_digests(&part);
        root = part.reference;
        // What the bill is about may bring its parts with it.
        for nested in part.components {
            parts.take(nested);
        }
    }
    let references = parts.into_components(&mut bill);
    for dependency in document.dependencies {
        let targets = dependency.depends_on.iter().filter_map(|name| references.get(name));
        match references.get(&dependency.reference) {
            Some(index) => bill.add_edges(*index, targets.copied()),
            None if root.as_ref() == Some(&dependency.reference) => bill.direct.extend(targets),
            None => {}
        }
    }
    bill
}

/// The digests of an image stand as its hash, its version, or in its package URL.
fn subject_digests(part: &Part<'_>) -> Vec<String> {
    let hashes = part.hashes.iter().map(|hash| (&hash.alg, &hash.content));
    let mut digests: Vec<String> = super::strongest(hashes).into_iter().collect();
    let texts = [part.version.as_deref(), part.purl.as_deref(), Some(&*part.name)];
    digests.extend(texts.into_iter().flatten().filter_map(purl::digest_in));
    digests.sort();
    digests.dedup();
    digests
}

/// A list until 1.4, an object with components since 1.5.
fn tools(raw: &RawValue) -> Vec<String> {
    let list: Vec<Tool<'_>> = serde_json::from_str(raw.get())
        .or_else(|_object| {
            serde_json::from_str::<Tools<'_>>(raw.get()).map(|tools| tools.components)
        })
        .unwrap_or_default();
    list.iter().map(|tool| named(&tool.name, tool.version.as_deref()).replace('@', " ")).collect()
}
