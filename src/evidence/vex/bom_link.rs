//! What a CycloneDX bill calls itself and its components, so that a document elsewhere can point into it.
//!
//! Source: cyclonedx.org/capabilities/bomlink.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::Text;
use super::cyclonedx::{Part, names_of};
use crate::domain::vex::VexNames;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'t> {
    #[serde(borrow)]
    serial_number: Option<Text<'t>>,
    #[serde(default = "first")]
    version: u64,
    #[serde(borrow, default)]
    metadata: Metadata<'t>,
    #[serde(borrow, default)]
    components: Vec<Part<'t>>,
}

const fn first() -> u64 {
    1
}

#[derive(Default, Deserialize)]
struct Metadata<'t> {
    #[serde(borrow)]
    component: Option<Part<'t>>,
}

/// What a bill is about, and where links into it lead.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    /// The names of what it is about; links to the whole bill are among the others.
    pub(super) subject: VexNames,
    /// The package URL that a link to a component leads to.
    pub(super) components: BTreeMap<Arc<str>, Arc<str>>,
}

/// Reads the links of a bill; a text that is no such bill has none.
pub(super) fn of(text: &str) -> Links {
    let text = text.trim_start_matches('\u{feff}');
    if !text.contains("\"CycloneDX\"") {
        return Links::default();
    }
    let Ok(document) = serde_json::from_str::<Document<'_>>(text) else { return Links::default() };
    let Document { serial_number, version, metadata, components } = document;
    let mut links = Links::default();
    if let Some(root) = &metadata.component {
        links.subject = names_of(root);
    }
    let Some(serial) = serial_number.as_deref().and_then(|text| text.strip_prefix("urn:uuid:"))
    else {
        return links;
    };
    let bill = format!("urn:cdx:{serial}/{version}");
    if let Some(reference) = metadata.component.as_ref().and_then(|part| part.reference.as_deref())
    {
        links.subject.others.push(Arc::from(format!("{bill}#{reference}")));
    }
    for part in &components {
        learn(part, &bill, &mut links.components);
    }
    links.subject.others.push(Arc::from(bill));
    links
}

fn learn(part: &Part<'_>, bill: &str, links: &mut BTreeMap<Arc<str>, Arc<str>>) {
    if let (Some(reference), Some(purl)) = (&part.reference, &part.purl) {
        links.insert(Arc::from(format!("{bill}#{reference}")), Arc::from(purl.as_ref()));
    }
    for nested in &part.components {
        learn(nested, bill, links);
    }
}
